// Package prior makes synthetic detection tasks on tables: what a small network
// is meta-trained on that is to learn any table from a few rows. No row of a
// user or of a public data set is in them.
//
// A task is drawn from the outside in. A world ([Worlds]) gives the joint
// distribution of what is benign, marginals ([Marginals], mixed by [Profiles])
// turn its smooth features into the columns of security, finance and sensor
// tables, attacks ([Attacks]) change rows before and after that, and the rows
// are then shown as the pipeline shows them to learners: a number as its
// standardised logarithm, a category as one column a level. Everything is a
// pure function of the seed and the number of the task.
package prior

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/inkling-sec/inkling/meta"
)

// Config says which tasks are drawn. The zero value draws from everything.
// Names are those of [Worlds], [Profiles], [Marginals], [Attacks] and
// [Relations]; nil means all, in their usual shares, and a list leaves only
// those. [Config.Check] tells names that do not exist.
type Config struct {
	Seed      uint64
	Worlds    []string
	Profiles  []string
	Marginals []string // without them the profile says
	Attacks   []string
	Relations []string // of known attacks to the taught one; see KnownShare

	Shots       []int   // K is drawn from these; nil means the usual few, now and then up to 50
	Pools       []int   // M is drawn from these; nil means 64 to 1000
	MaxColumns  int     // columns of a row, at most; 0 means 64
	KnownShare  float64 // share of the tasks with known attacks; 0 means a half, negative none, 1 all
	QueryBenign int     // benign rows to be judged; 0 means 128
	QueryTaught int     // rows of the taught class to be judged; 0 means 32
	OtherRows   int     // rows of other attacks to be judged, where there are any; 0 means 24, negative none
	Plain       bool    // no bursts, derived columns, missing values, label noise or mixed families: for pictures and tests
}

// Story says what a task was made of: for reports by kind of attack, for
// pictures and for tests, not for learners.
type Story struct {
	World     string   `json:"world"`
	Profile   string   `json:"profile,omitempty"` // "" where Config.Marginals were given
	Marginals []string `json:"marginals"`         // of each column of the raw table
	Attacks   []string `json:"attacks"`           // of each family of the taught class
	Relation  string   `json:"relation,omitempty"`
	Known     []string `json:"known,omitempty"` // the first family of each known class
	Noise     int      `json:"noise,omitempty"` // benign rows among the taught
	Missing   int      `json:"missing,omitempty"`
	Derived   int      `json:"derived,omitempty"` // columns that follow from others
	Burst     bool     `json:"burst,omitempty"`   // benign rows that repeat
	Raw       []int    `json:"raw"`               // which column of the raw table each column of the task shows
}

// Source gives the stream of tasks. Each has two ways, the benign pool and the
// taught rows, in this order. Known, where there is any, holds 1 to 6 other
// attacks; Other holds rows that are of neither way, numbered by class: those
// below the number of known classes are of the known ones. It panics where
// [Config.Check] gives an error.
func Source(c Config) meta.Source {
	p := c.plan()
	return func(n uint64) *meta.Task {
		t, _ := p.draw(n)
		return t
	}
}

// Draw gives task n of the source, and what it was made of.
func Draw(c Config, n uint64) (*meta.Task, *Story) { return c.plan().draw(n) }

// Check tells whether tasks can be drawn.
func (c Config) Check() error {
	for what, list := range map[string][2][]string{
		"world": {c.Worlds, names(Worlds)}, "profile": {c.Profiles, names(Profiles)}, "marginal": {c.Marginals, names(Marginals)},
		"attack": {c.Attacks, names(Attacks)}, "relation": {c.Relations, names(Relations)},
	} {
		if list[0] != nil && len(list[0]) == 0 {
			return fmt.Errorf("prior: no %s to draw from: choose from %s", what, strings.Join(list[1], ", "))
		}
		for _, name := range list[0] {
			if !slices.Contains(list[1], name) {
				return fmt.Errorf("prior: unknown %s %q: choose from %s", what, name, strings.Join(list[1], ", "))
			}
		}
	}
	if c.Shots != nil && len(c.Shots) == 0 || c.Pools != nil && len(c.Pools) == 0 {
		return fmt.Errorf("prior: shots %v and pools %v: one number of each at least", c.Shots, c.Pools)
	}
	if slices.ContainsFunc(c.Shots, func(k int) bool { return k < 1 }) || slices.ContainsFunc(c.Pools, func(m int) bool { return m < 2 }) {
		return fmt.Errorf("prior: shots %v and pools %v: at least 1 and 2 rows", c.Shots, c.Pools)
	}
	if c.MaxColumns < 0 || c.QueryBenign < 0 || c.QueryTaught < 0 {
		return fmt.Errorf("prior: a number of columns or rows is below 0")
	}
	return nil
}

// A Kind is one of a list to draw from.
type Kind struct {
	Name, Doc string
	Share     float64 // of the draws; what they add up to does not matter
}

func (k Kind) kind() Kind { return k }

// Part is one list of kinds.
type Part struct {
	Name  string
	Kinds []Kind
}

// Parts gives the lists that tasks are drawn from.
func Parts() []Part {
	return []Part{{"worlds", kinds(Worlds)}, {"profiles", kinds(Profiles)}, {"marginals", kinds(Marginals)}, {"attacks", kinds(Attacks)}, {"relations", kinds(Relations)}}
}

func kinds[T interface{ kind() Kind }](list []T) []Kind {
	var out []Kind
	for _, x := range list {
		out = append(out, x.kind())
	}
	return out
}

func names[T interface{ kind() Kind }](list []T) []string {
	var out []string
	for _, k := range kinds(list) {
		out = append(out, k.Name)
	}
	return out
}

// choice is a list with its rising shares.
type choice[T any] struct {
	of    []T
	upTo  []float64
	total float64
}

// among leaves of list what is named; nil leaves all. Kinds that are named weigh as in the list, and one whose share is 0 weighs 1.
func among[T interface{ kind() Kind }](list []T, named []string) choice[T] {
	var c choice[T]
	for _, x := range list {
		k := x.kind()
		if named != nil && !slices.Contains(named, k.Name) {
			continue
		}
		if named != nil && k.Share == 0 {
			k.Share = 1
		}
		c.add(x, k.Share)
	}
	return c
}

func (c *choice[T]) add(x T, share float64) {
	c.total += share
	c.of, c.upTo = append(c.of, x), append(c.upTo, c.total)
}

func (c *choice[T]) draw(g *gen) T {
	return c.of[pick(c.upTo, g.Float64()*c.total)]
}

// plan is a Config with its defaults and lists made ready; it is not changed.
type plan struct {
	Config
	worlds    choice[WorldKind]
	profiles  choice[Profile]
	marginals choice[MarginalKind] // empty where profiles say
	attacks   choice[AttackKind]
	relations choice[Relation]
}

func (c Config) plan() *plan {
	if err := c.Check(); err != nil {
		panic(err)
	}
	set := func(v *int, def int) {
		if *v == 0 {
			*v = def
		}
	}
	set(&c.MaxColumns, 64)
	set(&c.QueryBenign, 128)
	set(&c.QueryTaught, 32)
	set(&c.OtherRows, 24)
	if c.KnownShare == 0 {
		c.KnownShare = .5
	}
	p := &plan{Config: c, worlds: among(Worlds, c.Worlds), profiles: among(Profiles, c.Profiles), attacks: among(Attacks, c.Attacks), relations: among(Relations, c.Relations)}
	if c.Marginals != nil {
		p.marginals = among(Marginals, c.Marginals)
	}
	return p
}

// draw gives task n. Now and then a drawn table says nothing, such as one of a
// single constant flag: it is drawn again.
func (p *plan) draw(n uint64) (*meta.Task, *Story) {
	g := newGen(rand.New(rand.NewPCG(p.Seed, n)))
	defer g.release()
	for {
		if t, story := p.task(g); t != nil {
			return t, story
		}
	}
}

// shots draws K.
func (p *plan) shots(g *gen) int {
	switch {
	case p.Shots != nil:
		return of(g, p.Shots...)
	case g.chance(.06):
		return int(g.logUniform(11, 51))
	}
	return of(g, 1, 1, 2, 3, 5, 5, 7, 10)
}

// columns draws how many columns the raw table has.
func (p *plan) columns(g *gen) int {
	most := max(1, .9*float64(p.MaxColumns))
	return int(math.Floor(g.logUniform(min(3.5, most), most)))
}
