package report

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/inkling-sec/inkling/dataset"
	"github.com/inkling-sec/inkling/eval"
	"github.com/inkling-sec/inkling/feature"
	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/pack"
)

// Recorder makes a card while episodes are played.
type Recorder struct {
	card     *Card
	outcomes []pack.Outcome
	played   map[traceKey][]played
	order    []traceKey
}

// played is the curves of an episode.
type played struct {
	draw        int
	part, class string
	curves
}

type traceKey struct {
	set, learner string
	shots        int
	development  bool
}

// NewRecorder begins with what is known before.
func NewRecorder(c Card) *Recorder {
	return &Recorder{card: &c, played: map[traceKey][]played{}}
}

// explained is the number of classes of a set whose features are looked into.
const explained = 6

// Begin is told the episodes that are about to be played, of a part of a set. The first time it looks at the data.
func (r *Recorder) Begin(ctx context.Context, about Set, part dataset.Part, plan *eval.Plan, episodes []eval.Episode) error {
	s := r.set(about)
	if i := slices.IndexFunc(s.Parts, func(p *Part) bool { return p.Name == part.Name }); i >= 0 {
		s.Parts[i].hold(episodes) // a further draw, whose cut of groups may be of more classes
		return nil
	}
	p, err := describe(s, part, plan, episodes)
	if err != nil {
		return err
	}
	if p.Leakage, err = eval.Leaks(part.Data, plan.Protocol, episodes); err != nil {
		return err
	}
	s.Parts = append(s.Parts, p)
	return r.explain(ctx, s, part, plan, episodes)
}

func (r *Recorder) set(about Set) *Set {
	for _, s := range r.card.Sets {
		if s.Name == about.Name {
			return s
		}
	}
	r.card.Sets = append(r.card.Sets, &about)
	return &about
}

// Missing is told a set that is not judged, for want of data.
func (r *Recorder) Missing(set string) { r.card.Missing = append(r.card.Missing, set) }

// Each is told each outcome as it comes.
func (r *Recorder) Each(o pack.Outcome, e eval.Outcome) {
	r.outcomes = append(r.outcomes, o)
	if o.Learner != r.card.Learner && !slices.Contains(pack.Baselines, o.Learner) || len(e.Benign) == 0 || len(e.Attack) == 0 {
		return
	}
	k := traceKey{o.Set, o.Learner, o.Shots, o.Development}
	if r.played[k] == nil {
		r.order = append(r.order, k)
	}
	r.played[k] = append(r.played[k], played{o.Draw, o.Part, o.Class, curvesOf(&e)})
}

// draws sums the curves of each draw up over classes, in an order that does not depend on which came first.
func draws(all []played) (out []curves) {
	slices.SortFunc(all, func(a, b played) int {
		return cmp.Or(a.draw-b.draw, cmp.Compare(a.part, b.part), cmp.Compare(a.class, b.class))
	})
	for i, p := range all {
		if i == 0 || p.draw != all[i-1].draw {
			out = append(out, curves{})
		}
		out[len(out)-1].add(p.curves)
	}
	return out
}

// Card gives the card of all that was told.
func (r *Recorder) Card() *Card {
	pack.Sort(r.outcomes)
	r.card.Outcomes = nil
	for i := range r.outcomes {
		r.card.Outcomes = append(r.card.Outcomes, outcomeOf(&r.outcomes[i]))
	}
	slices.SortFunc(r.order, func(a, b traceKey) int { return cmp.Or(a.shots-b.shots, cmp.Compare(a.learner, b.learner)) })
	for _, s := range r.card.Sets {
		s.Traces = nil
		for _, k := range r.order {
			if k.set != s.Name {
				continue
			}
			draws := draws(r.played[k])
			s.Traces = append(s.Traces, &Trace{k.learner, k.shots, k.development,
				bandOf(alarmRates, draws, func(c *curves) []float64 { return c.roc }),
				bandOf(recalls, draws, func(c *curves) []float64 { return c.pr }),
				bandOf(promises, draws, func(c *curves) []float64 { return c.kept })})
		}
	}
	return r.card
}

// describe says what a part holds.
func describe(s *Set, part dataset.Part, plan *eval.Plan, episodes []eval.Episode) (*Part, error) {
	d, e := part.Data, &episodes[0]
	p := &Part{Name: part.Name, Rows: len(d.Label), Duplicates: d.Duplicates, Skipped: d.Skipped, Fingerprint: d.Fingerprint(), Omitted: d.Omitted(),
		Pool: len(e.Benign), Judged: len(e.QueryBenign), Known: plan.KnownRows(e)}
	groups := map[int]bool{}
	for _, name := range d.Classes() {
		of := map[int]bool{}
		for _, i := range d.Of(name) {
			of[d.Group[i]], groups[d.Group[i]] = true, true
		}
		p.Classes = append(p.Classes, Class{Name: name, Rows: len(d.Of(name)), Groups: len(of), Development: slices.Contains(s.Development, name)})
	}
	p.hold(episodes)
	p.Groups = len(groups)
	fit := slices.Concat(e.Benign, e.Known)
	c, raw, err := d.Features(fit)
	if err != nil {
		return nil, err
	}
	p.Contract = fmt.Sprintf("%s %.12s", c.Name, c.Hash())
	p.Features = slices.Clone(c.Features)
	for f := range p.Features {
		if constant(raw, f) {
			p.Constant = append(p.Constant, p.Features[f].Name)
		}
		if p.Features[f].Kind == feature.Category {
			p.Features[f].Levels = slices.Clone(head(p.Features[f].Levels, shownLevels+1)) // one more tells that there are more
		}
	}
	return p, nil
}

// hold marks the classes that episodes hold out.
func (p *Part) hold(episodes []eval.Episode) {
	for i := range p.Classes {
		c := &p.Classes[i]
		c.HeldOut = c.HeldOut || slices.ContainsFunc(episodes, func(e eval.Episode) bool { return e.Class == c.Name })
	}
}

func constant(raw [][]float64, f int) bool {
	return !slices.ContainsFunc(raw, func(row []float64) bool {
		return row[f] != raw[0][f] && !(math.IsNaN(row[f]) && math.IsNaN(raw[0][f]))
	})
}

// explain looks into the features with the default learner, where it needs no training for the episodes.
func (r *Recorder) explain(ctx context.Context, s *Set, part dataset.Part, plan *eval.Plan, episodes []eval.Episode) error {
	l := r.learner(plan)
	if l == nil {
		return nil
	}
	shots := 0
	for i := range episodes {
		shots = max(shots, episodes[i].Shots)
	}
	for i := range episodes {
		e := &episodes[i]
		if e.Shots != shots || e.Draw != 0 || len(s.Contributions) == explained {
			continue
		}
		features, err := plan.Importance(ctx, part.Data, *e, l)
		if err != nil {
			return err
		}
		faithful, err := plan.Faithful(ctx, part.Data, *e, l)
		if err != nil {
			return err
		}
		s.Contributions = append(s.Contributions, Contribution{part.Name, e.Class, shots, features[:min(len(features), shownFeatures)], faithful})
	}
	return nil
}

func (r *Recorder) learner(plan *eval.Plan) meta.Learner {
	for _, l := range plan.Trained {
		if l.Name() == r.card.Learner {
			return l
		}
	}
	for _, l := range plan.Learners {
		if _, trains := l.(meta.Trainer); l.Name() == r.card.Learner && !trains {
			return l
		}
	}
	return nil
}
