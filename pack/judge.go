package pack

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/inkling-sec/inkling/dataset"
	"github.com/inkling-sec/inkling/eval"
	"github.com/inkling-sec/inkling/meta"
)

// Baselines are what a pack's default is held against.
var Baselines = []string{"ratio", "extra-trees", "random-forest", "logistic-regression"}

// Outcome is what a learner made of one episode of a set.
type Outcome struct {
	Set, Part, Class string
	Shots, Draw      int
	Learner          string
	eval.Metrics
	Teach, Score time.Duration
	Judged       int // rows scored
	Development  bool
}

// Judging says how packs are judged.
type Judging struct {
	Data     string // folder of data sets
	Learners []meta.Learner
	Shots    []int // in place of the sets' own; nil leaves these
	Draws    int   // of each class and number of examples, each with a cut of its own; 0 means 10
	Seed     uint64
	Note     func(string) // told what is under way; may be nil
	// Spare says whether a set that could not be loaded may be left out, as long as another is judged; nil spares none.
	Spare func(*Judged, error) bool
	// Each is told each episode's outcome as it comes, and what it was made of; may be nil.
	Each func(Outcome, eval.Outcome)
	// Drawn is told the episodes of a draw before they are played; may be nil.
	Drawn func(*Judged, dataset.Part, *eval.Plan, []eval.Episode) error
}

// Judge plays all sets of a pack. The outcomes are in an order that follows from the call alone.
func (p *Pack) Judge(ctx context.Context, o Judging) ([]Outcome, error) {
	var out []Outcome
	var spared error
	for i := range p.Judged {
		j := &p.Judged[i]
		parts, err := j.Load(ctx, filepath.Join(o.Data, j.Folder))
		if err != nil {
			err = fmt.Errorf("pack %s: %s: %w", p.Name, j.Name, err)
			if o.Spare == nil || !o.Spare(j, err) {
				return nil, err
			}
			spared = err
			continue
		}
		for n := range cmp.Or(o.Draws, 10) {
			for _, part := range parts {
				if o.Note != nil {
					o.Note(fmt.Sprintf("%s: %s %s, draw %d", p.Name, j.Name, part.Name, n+1))
				}
				plan := eval.Plan{Protocol: j.protocol(o.Seed, n), Trained: o.Learners}
				if o.Shots != nil {
					plan.Protocol.Shots = o.Shots
				}
				plan.Each = func(e eval.Outcome) {
					of := OutcomeOf(j.Name, part.Name, n, e)
					of.Development = slices.Contains(j.Development, e.Episode.Class)
					if o.Each != nil {
						o.Each(of, e)
					}
					out = append(out, of)
				}
				episodes, err := plan.Protocol.Episodes(part.Data)
				if !slices.ContainsFunc(episodes, func(e eval.Episode) bool { return len(e.Known) > 0 }) {
					plan.Trained = withoutKnown(plan.Trained)
				}
				if err == nil && o.Drawn != nil {
					err = o.Drawn(j, part, &plan, episodes)
				}
				if err == nil {
					_, err = plan.Play(ctx, part.Data, episodes)
				}
				if err != nil {
					return nil, fmt.Errorf("pack %s: %s %s: %w", p.Name, j.Name, part.Name, err)
				}
			}
		}
	}
	if len(out) == 0 && spared != nil {
		return nil, spared
	}
	Sort(out)
	return out, nil
}

// withoutKnown leaves out learners that are others over again where no attack is known.
func withoutKnown(learners []meta.Learner) []meta.Learner {
	return slices.DeleteFunc(slices.Clone(learners), func(l meta.Learner) bool { return strings.HasSuffix(l.Name(), "-known") })
}

// OutcomeOf gives the outcome of an episode of a part of a set.
func OutcomeOf(set, part string, draw int, e eval.Outcome) Outcome {
	return Outcome{
		Set: set, Part: part, Class: e.Episode.Class, Shots: e.Episode.Shots, Draw: draw, Learner: e.Learner, Metrics: e.Metrics,
		Teach: e.Teach, Score: e.Score, Judged: len(e.Benign) + len(e.Attack) + len(e.Other),
	}
}

// Sort puts outcomes in the order that [Compare] and [Means] want.
func Sort(outcomes []Outcome) {
	slices.SortFunc(outcomes, func(a, b Outcome) int {
		return cmp.Or(cmp.Compare(a.Set, b.Set), cmp.Compare(a.Part, b.Part), cmp.Compare(a.Class, b.Class), a.Shots-b.Shots, a.Draw-b.Draw, cmp.Compare(a.Learner, b.Learner))
	})
}

// Estimate is a mean with its 95 % interval, whose ends are NaN where a class has a single draw.
type Estimate struct{ Mean, Low, High float64 }

// MarshalJSON writes null for what is not known.
func (e Estimate) MarshalJSON() ([]byte, error) {
	known := func(v float64) *float64 {
		if math.IsNaN(v) {
			return nil
		}
		return &v
	}
	return json.Marshal(struct {
		Mean *float64 `json:"mean"`
		Low  *float64 `json:"low"`
		High *float64 `json:"high"`
	}{known(e.Mean), known(e.Low), known(e.High)})
}

// none is the estimate of what was not judged.
var none = Estimate{math.NaN(), math.NaN(), math.NaN()}

// Comparison is a pack at one number of examples.
type Comparison struct {
	Shots   int
	Classes int                 // held out, over all sets and parts
	AP      map[string]Estimate // of each learner that judged all classes
	Recall1 map[string]Estimate // at 1 % false alarms
	Top     string              // of all learners, by average precision
	Best    string              // of Baselines; empty where none was judged
	Ahead   Estimate            // of average precision: the default's less Best's, on the same episodes; NaN where either was not judged
	Wins    int                 // classes in which the default is ahead of Best
}

// Compare sums outcomes up over classes and draws: those of development classes or those of the others. Intervals are over draws
// of these classes; how far another class may be from them, Wins and the classes' own figures tell. From [ManyClasses] on they are over classes.
func Compare(outcomes []Outcome, learner string, development bool) (out []Comparison) {
	var shots []int
	for _, o := range outcomes {
		if o.Development == development {
			shots = append(shots, o.Shots)
		}
	}
	slices.Sort(shots)
	for _, k := range slices.Compact(shots) {
		c := Comparison{Shots: k, AP: map[string]Estimate{}, Recall1: map[string]Estimate{}, Ahead: none}
		ap, recall := unitsOf(outcomes, k, development, func(o *Outcome) float64 { return o.AP }), unitsOf(outcomes, k, development, func(o *Outcome) float64 { return o.Recall1 })
		for _, u := range ap {
			c.Classes = max(c.Classes, len(u))
		}
		for l, u := range ap {
			if len(u) == c.Classes {
				c.AP[l], c.Recall1[l] = u.share(), recall[l].share()
			}
		}
		c.Top = slices.MaxFunc(slices.Sorted(maps.Keys(c.AP)), func(a, b string) int { return cmp.Compare(c.AP[a].Mean, c.AP[b].Mean) })
		for _, b := range Baselines {
			if _, has := c.AP[b]; has && (c.Best == "" || c.AP[b].Mean > c.AP[c.Best].Mean) {
				c.Best = b
			}
		}
		if own := ap[learner]; len(own) == c.Classes && c.Best != "" {
			less := own.less(ap[c.Best])
			c.Ahead, c.Wins = less.estimate(), less.above()
		}
		out = append(out, c)
	}
	return out
}

// Means estimates a figure of each learner as [Compare] does.
func Means(outcomes []Outcome, shots int, development bool, of func(*Outcome) float64) map[string]Estimate {
	out := map[string]Estimate{}
	for l, u := range unitsOf(outcomes, shots, development, of) {
		out[l] = u.share()
	}
	return out
}

// units are figures by class, each with its draws.
type units [][]float64

func unitsOf(outcomes []Outcome, shots int, development bool, of func(*Outcome) float64) map[string]units {
	out := map[string]units{}
	last := map[string]string{}
	for i := range outcomes {
		o := &outcomes[i]
		if o.Shots != shots || o.Development != development {
			continue
		}
		key := o.Set + "\x00" + o.Part + "\x00" + o.Class
		u := out[o.Learner]
		if last[o.Learner] != key || u == nil {
			u, last[o.Learner] = append(u, nil), key
		}
		u[len(u)-1] = append(u[len(u)-1], of(o))
		out[o.Learner] = u
	}
	return out
}

func (u units) less(v units) units {
	out := make(units, len(u))
	for c := range u {
		for d := range min(len(u[c]), len(v[c])) {
			out[c] = append(out[c], u[c][d]-v[c][d])
		}
	}
	return out
}

// ManyClasses is how many classes tell something of others: from so many on the interval is over classes. Fewer are taken as
// given, and the interval is over draws: an interval from a handful that means to hold for others is either useless or false.
const ManyClasses = 8

// estimate gives the mean over classes of means over draws.
func (u units) estimate() Estimate {
	if len(u) == 0 {
		return none
	}
	e := meta.MeanOfMeans(u)
	if len(u) >= ManyClasses {
		means := make([]float64, len(u))
		for i, draws := range u {
			means[i] = meta.MeanOf(draws).Mean
		}
		e = meta.MeanOf(means)
	}
	return Estimate{e.Mean, e.Low, e.High}
}

// share is the estimate of what lies between 0 and 1.
func (u units) share() Estimate {
	e := u.estimate()
	return Estimate{e.Mean, max(e.Low, 0), min(e.High, 1)}
}

// above counts the classes whose mean is above 0.
func (u units) above() (n int) {
	for _, draws := range u {
		if meta.MeanOf(draws).Mean > 0 {
			n++
		}
	}
	return n
}
