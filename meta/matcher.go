package meta

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/inkling-sec/inkling/tensor"
)

// Matcher is one small network for every table: meta-trained on tasks of any
// columns, it judges rows of columns that it never saw by what a value looks
// like among the benign values of its column and beside those of the taught
// rows. It is ours; its parts are those of deep sets (Zaheer et al. 2017),
// FiLM (Perez et al. 2018) and matching networks (Vinyals et al. 2016):
//
// A column is told to the network as a token, a value as a cell (see
// matchercode.go, matcherpair.go and matchertoken.go). A cell and its column's
// token give evidence, and evidence is added up over the columns. Beside that
// stand whole-row distances: in a metric that the tokens weigh, in normal scores, and in the rows
// as they came; and votes of learners that need no training, each calibrated on the
// benign rows (see matchervotes.go). A last layer sees all of it; and the ratios of benign to taught
// distances and the votes are added with gains that depend on the task, so that an untrained
// matcher is about what [PlainVote] is. Rows of known attacks, where there are some, are a third context.
//
// A column that is a [View] is left out, as are constants and copies; of more
// than Columns it takes those in which the taught rows stand out. Of a large
// pool it takes 2,000 rows, of taught and of known rows 32; its votes take all taught rows and 600 known ones. There must be a
// taught row: without, [Odd] judges. With more than two classes each is
// judged against all others as its pool.
type Matcher struct {
	Model             // Hidden is the units of five layers; nil means 64, 48, 48, 32 and 48
	Width     float32 `json:",omitempty"` // multiplies these; 0 means 1
	NoMetric  bool    `json:",omitempty"` // no learned metric
	NoDerived bool    `json:",omitempty"` // no derived columns
	NoKnown   bool    `json:",omitempty"` // known attacks are not looked at
	NoRatio   bool    `json:",omitempty"` // no plain distances and no ratios beside the last layer
	NoVotes   bool    `json:",omitempty"` // no votes of learners that need no training
	Columns   int     `json:",omitempty"` // most columns to look at; 0 means 64

	noTables bool // see Brief
}

var _ Trainer = (*Matcher)(nil)

// Name gives "matcher".
func (*Matcher) Name() string { return "matcher" }

// Config gives the settings.
func (l *Matcher) Config() any { return *l }

// Params gives the parameters by name; it is empty before training.
func (l *Matcher) Params() map[string]*tensor.Tensor { return paramsOf(&l.Model, l.groups()) }

func (l *Matcher) groups() []group { return []group{{"", matcherNet{l.form()}}} }

func (l *Matcher) form() form {
	u := []int{64, 48, 48, 32, 48}
	if len(l.Hidden) == len(u) {
		u = l.Hidden
	} else if l.Width > 0 {
		for i := range u {
			u[i] = max(1, int(float32(u[i])*l.Width))
		}
	}
	f := form{withKnown: !l.NoKnown, withDerived: !l.NoDerived, withRatio: !l.NoRatio, withVotes: !l.NoVotes, heads: 2,
		token: u[0], width: u[1], cell: u[2], pool: u[3], last: u[4]}
	if l.NoMetric {
		f.heads = 0
	}
	return f
}

// sized gives a copy with parameters. In and Out say nothing: tasks have any number of columns.
func (l *Matcher) sized(seed uint64) *Matcher {
	c := *l
	f := c.form()
	c.Hidden = []int{f.token, f.width, f.cell, f.pool, f.last}
	c.In, c.Out = 1, 1
	c.built = matcherNet{f}
	if c.params == nil {
		c.params = matcherNet{f}.Init(seed)
	}
	return &c
}

// Adapt encodes the support set.
func (l *Matcher) Adapt(ctx context.Context, t *Task) (Scorer, error) {
	_, d, err := ready(l, t)
	if err != nil {
		return nil, fmt.Errorf("matcher: %w", err)
	}
	c, s, rows := l.sized(l.Seed), &matcherScorer{ways: t.Ways, d: d}, rowsOf(t)
	for way := range rows {
		if t.Ways == 2 && way == 0 {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		les, err := c.lesson(ctx, t, rows[way], rest(rows, way))
		if err != nil {
			return nil, fmt.Errorf("matcher: %w", err)
		}
		g := newJudge(les, c.params)
		if !l.noTables {
			g.tables = g.tabulate()
		}
		s.judges = append(s.judges, g)
	}
	return s, ctx.Err()
}

// lesson makes that of taught rows among those of a pool.
func (l *Matcher) lesson(ctx context.Context, t *Task, taught, pool []float32) (*lesson, error) {
	d := t.Support.X.Shape[1]
	f := l.form()
	var known []float32
	if t.Known.X != nil && f.withKnown {
		known = t.Known.X.Data
	}
	p := pick(pool, taught, known, d, t.Columns, max(1, cmp.Or(l.Columns, matcherColumns)))
	les := newLesson(f, p, len(taught)/d, nil, nil)
	if f.withVotes {
		var set Set
		if f.withKnown {
			set = t.Known
		}
		var err error
		if les.votes, err = castVotes(ctx, pool, taught, set, d, l.Seed); err != nil {
			return nil, err
		}
	}
	return les, nil
}

// rest gives the rows of all classes but one.
func rest(rows [][]float32, way int) []float32 {
	if len(rows) == 2 {
		return rows[1-way]
	}
	return slices.Concat(slices.Concat(rows[:way]...), slices.Concat(rows[way+1:]...))
}
