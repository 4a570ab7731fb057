package eval

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/inkling-sec/inkling"
)

// Episode is one problem of protocol new-attack. Its numbers are row numbers.
type Episode struct {
	Class       string `json:"class"`
	Shots       int    `json:"shots"`
	Draw        int    `json:"draw"`
	Benign      []int  `json:"benign"`
	Support     []int  `json:"support"`
	Known       []int  `json:"known"`
	QueryBenign []int  `json:"query_benign"`
	QueryAttack []int  `json:"query_attack"`
	QueryOther  []int  `json:"query_other"` // of other attacks: how often they are taken for the class

	drawn []int // rows of the class that Support is drawn from
}

// NewAttack is the protocol that leaves one attack class out of everything: a
// pool of benign rows and K examples from one half of the class are what a
// learner gets, with up to KnownRows rows of each other class; it is judged on
// other benign rows and the class's other half.
type NewAttack struct {
	Benign      string   // the benign class
	Classes     []string // attacks to hold out in turn; nil means every one with MinRows rows
	Never       []string // attacks that are held out but never known either: what a model was not trained on stays unseen
	Shots       []int    // nil means 1, 5, 10
	Draws       int      // 0 means 10
	Seed        uint64
	Forward     bool // cut every class by its order in the files, not at random: examples and pool come first, what is judged later
	Apart       bool // cut by whole files: what is judged comes from other captures or patients than what is learned from
	MinRows     int  // 0 means 50
	Pool        int  // benign rows to learn from; 0 means 1000
	QueryBenign int  // 0 means 10000
	QueryAttack int  // 0 means 500
	KnownRows   int  // rows of each known attack; 0 means 500
	QueryOther  int  // rows of each other attack to judge; 0 means 50
}

func (p NewAttack) withDefaults() NewAttack {
	set := func(v *int, zero int) {
		if *v == 0 {
			*v = zero
		}
	}
	set(&p.Draws, 10)
	set(&p.MinRows, 50)
	set(&p.Pool, 1000)
	set(&p.QueryBenign, 10000)
	set(&p.QueryAttack, 500)
	set(&p.KnownRows, 500)
	set(&p.QueryOther, 50)
	if p.Shots == nil {
		p.Shots = []int{1, 5, 10}
	}
	p.Shots, p.Classes = unique(p.Shots), unique(p.Classes)
	return p
}

// unique leaves repetitions out: the same episodes once more would pass for further draws.
func unique[T comparable](v []T) []T {
	seen := map[T]bool{}
	return slices.DeleteFunc(slices.Clone(v), func(x T) bool {
		had := seen[x]
		seen[x] = true
		return had
	})
}

// half is a class cut in two: examples come from have, the rest is judged.
type half struct{ have, rest []int }

// Episodes draws the episodes, those of one class together; the numbers are rows of d.
func (p NewAttack) Episodes(d *Data) ([]Episode, error) {
	if err := cmp.Or(someShots(p.Shots), noLess(count{"Draws", p.Draws}, count{"MinRows", p.MinRows}, count{"Pool", p.Pool}, count{"QueryBenign", p.QueryBenign},
		count{"QueryAttack", p.QueryAttack}, count{"KnownRows", p.KnownRows}, count{"QueryOther", p.QueryOther})); err != nil {
		return nil, err
	}
	p = p.withDefaults()
	rng := rand.New(rand.NewPCG(p.Seed, 0x6e6577))
	benign := d.Of(p.Benign)
	if len(benign) < 40 {
		what := fmt.Sprintf("%d rows of the benign class %q", len(benign), p.Benign)
		if d.Duplicates > 0 {
			what += fmt.Sprintf(", %d exact duplicates dropped", d.Duplicates)
		}
		return nil, &inkling.Error{Code: inkling.Invalid, Place: d.Name, What: what, Remedy: "name the class of benign rows with --benign; at least 40 are needed; " + d.thereAre()}
	}
	if p.Apart {
		return p.episodesApart(d)
	}
	pool, query := p.cutBenign(rng, benign)
	classes, hold := p.classes(d)
	halves := map[string]half{}
	for _, c := range classes {
		halves[c] = p.cut(rng, d.Of(c))
	}
	var out []Episode
	for _, c := range hold {
		h, ok := halves[c]
		if !ok {
			return nil, p.noClass(d, c, classes)
		}
		var known, other []int
		for _, k := range classes {
			if k == c {
				continue
			}
			other = append(other, head(halves[k].rest, p.QueryOther)...)
			if !slices.Contains(p.Never, k) {
				known = append(known, head(halves[k].have, p.KnownRows)...)
			}
		}
		out = p.draw(out, Episode{Class: c, Benign: pool, Known: known, QueryBenign: query, QueryOther: other}, h)
	}
	if len(out) == 0 {
		return nil, &inkling.Error{Code: inkling.Invalid, Place: d.Name, What: "no class has enough rows to be held out", Remedy: fmt.Sprintf("an attack needs %d rows", max(p.MinRows, 2*slices.Min(p.Shots)+2))}
	}
	return out, nil
}

// classes gives the attacks with rows enough, and those to hold out.
func (p NewAttack) classes(d *Data) (all, hold []string) {
	for _, c := range d.Classes() {
		if c != p.Benign && len(d.Of(c)) >= p.MinRows {
			all = append(all, c)
		}
	}
	if p.Classes != nil {
		return all, p.Classes
	}
	return all, all
}

// Left is a class of MinRows rows or more that is not held out, and why.
type Left struct {
	Class, Why string
	Shots      int // from this number of examples on; 0 at none
}

// LeftOut tells which of the classes that were to be held out have no episode among those that p drew of d.
func (p NewAttack) LeftOut(d *Data, episodes []Episode) (out []Left) {
	p = p.withDefaults()
	drawn := map[string]map[int]bool{}
	for i := range episodes {
		if e := &episodes[i]; drawn[e.Class] == nil {
			drawn[e.Class] = map[int]bool{e.Shots: true}
		} else {
			drawn[e.Class][e.Shots] = true
		}
	}
	classes := p.Classes
	if classes == nil {
		classes = d.Classes()
	}
	for _, c := range classes {
		rows, groups := d.Of(c), map[int]bool{}
		for _, i := range rows {
			groups[d.Group[i]] = true
		}
		missing := slices.DeleteFunc(slices.Clone(p.Shots), func(k int) bool { return drawn[c][k] })
		switch {
		case c == p.Benign || len(missing) == 0 || len(rows) < p.MinRows:
		case !p.Apart:
			out = append(out, Left{c, fmt.Sprintf("half of its %d rows are too few to draw them from", len(rows)), slices.Min(missing)})
		case len(groups) == 1:
			out = append(out, Left{Class: c, Why: "all its rows are of one group, which cannot be learned from and judged"})
		default:
			out = append(out, Left{Class: c, Why: fmt.Sprintf("no cut of its %d groups was found that leaves more than %d of its rows to learn from and %d to judge, and %d benign ones on either side", len(groups), slices.Max(p.Shots), leastJudged, leastPool)})
		}
	}
	return out
}

func (p NewAttack) noClass(d *Data, c string, classes []string) error {
	return &inkling.Error{Code: inkling.Invalid, Place: d.Name, What: fmt.Sprintf("no attack class %q with %d rows or more", c, p.MinRows), Remedy: "there are " + strings.Join(classes, ", ")}
}

// draw appends the episodes like e: examples from h.have, by shots and draw.
func (p NewAttack) draw(out []Episode, e Episode, h half) []Episode {
	e.QueryAttack, e.drawn = head(h.rest, p.QueryAttack), h.have
	for _, shots := range p.Shots {
		for draw := range p.Draws {
			if len(h.have) <= shots {
				continue
			}
			rng := rand.New(rand.NewPCG(p.Seed, uint64(shots)<<32|uint64(draw)))
			e.Shots, e.Draw, e.Support = shots, draw, head(shuffled(rng, h.have), shots)
			out = append(out, e)
		}
	}
	return out
}

// cutBenign gives the pool and the rows to be judged.
func (p NewAttack) cutBenign(rng *rand.Rand, rows []int) (pool, query []int) {
	if p.Forward {
		h := p.cut(rng, rows)
		return head(h.have, p.Pool), head(h.rest, p.QueryBenign)
	}
	rows = shuffled(rng, rows)
	n := min(p.Pool, len(rows)/2)
	return rows[:n], head(rows[n:], p.QueryBenign)
}

// cut gives the two halves of rows, each in random order.
func (p NewAttack) cut(rng *rand.Rand, rows []int) half {
	if !p.Forward {
		rows = shuffled(rng, rows)
	}
	n := len(rows) / 2
	return half{shuffled(rng, rows[:n]), shuffled(rng, rows[n:])}
}

// Export writes the episodes as JSON lines with the row numbers of the files.
func Export(w io.Writer, d *Data, episodes []Episode) error {
	e := json.NewEncoder(w)
	for _, ep := range episodes {
		for _, rows := range []*[]int{&ep.Benign, &ep.Support, &ep.Known, &ep.QueryBenign, &ep.QueryAttack, &ep.QueryOther} {
			numbers := make([]int, len(*rows))
			for i, r := range *rows {
				numbers[i] = d.Number[r]
			}
			*rows = numbers
		}
		if err := e.Encode(ep); err != nil {
			return err
		}
	}
	return nil
}

func shuffled(rng *rand.Rand, rows []int) []int {
	out := slices.Clone(rows)
	rng.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

func head(rows []int, n int) []int { return rows[:min(n, len(rows))] }
