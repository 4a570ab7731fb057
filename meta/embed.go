package meta

import (
	"context"
	"fmt"
	"math"

	"github.com/inkling-sec/inkling/grad"
	"github.com/inkling-sec/inkling/nn"
	"github.com/inkling-sec/inkling/tensor"
)

// What the learners share that judge rows by where they lie in an embedding.

// defaultOut is the choice of a learner that embeds.
func (m *Model) defaultOut() int {
	if m.Filters != nil {
		return AsConvolved
	}
	return 64
}

// forward gives a network's output for x as a new array.
func forward(net nn.Net, params []*tensor.Tensor, x *tensor.Tensor) *tensor.Tensor {
	_, out := net.Sides()
	y := tensor.New(x.Rows(), out)
	net.Forward(y, params, x)
	return y
}

// lengthEps is added to the squared length of a row before it is divided by it.
const lengthEps = 1e-8

// judging is how a learner judges in its embedding.
type judging struct {
	name    string // the learner's
	unit    bool   // rows are given length 1
	ratio   bool   // by Ratio
	nearest bool   // by the nearest support row of a class; else by the mean of its rows
}

// scorer embeds t's support set.
func (h judging) scorer(ctx context.Context, m *Model, t *Task) (Scorer, error) {
	net := m.net()
	in := &Task{Ways: t.Ways, Support: Set{X: forward(net, m.params, t.Support.X), Y: t.Support.Y}}
	if h.unit {
		unitRows(in.Support.X)
	}
	var by Scorer
	var err error
	switch {
	case h.ratio:
		by, err = new(Ratio).Adapt(ctx, in)
	case h.nearest:
		by, err = new(Contrast).Adapt(ctx, in)
	default:
		by, err = prototypes(in), allNumbers(t, nil)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", h.name, err)
	}
	if h.unit {
		by = &unitScorer{by, in.Support.X.Cols()}
	}
	return &embedScorer{net, m.params, by}, ctx.Err()
}

func unitRows(x *tensor.Tensor) {
	for i := range x.Rows() {
		row := x.Row(i)
		var s float64
		for _, v := range row {
			s += float64(v) * float64(v)
		}
		f := float32(1 / math.Sqrt(s+lengthEps))
		for j := range row {
			row[j] *= f
		}
	}
}

// embedScorer judges rows in an embedding.
type embedScorer struct {
	net    nn.Net
	params []*tensor.Tensor
	head   Scorer
}

func (s *embedScorer) Ways() int { return s.head.Ways() }

func (s *embedScorer) Score(dst []float32, x *tensor.Tensor) {
	in, out := s.net.Sides()
	n := checkScore(dst, x, s.head.Ways(), in)
	buf := borrow(n * out)
	defer giveBack(buf)
	y := tensor.From(*buf, n, out)
	s.net.Forward(y, s.params, x)
	s.head.Score(dst, y)
}

// ScoreSelf is the head's; the embedding did not learn from the support set.
func (s *embedScorer) ScoreSelf() []float32 {
	if h, ok := s.head.(interface{ ScoreSelf() []float32 }); ok {
		return h.ScoreSelf()
	}
	return nil
}

// unitScorer gives rows length 1 before they are judged.
type unitScorer struct {
	Scorer
	d int
}

func (s *unitScorer) Score(dst []float32, x *tensor.Tensor) {
	n := checkScore(dst, x, s.Ways(), s.d)
	buf := borrow(n * s.d)
	defer giveBack(buf)
	y := tensor.From(*buf, n, s.d)
	tensor.CopyTo(y, x)
	unitRows(y)
	s.Scorer.Score(dst, y)
}

// ScoreSelf is the judge's, whose rows have length 1.
func (s *unitScorer) ScoreSelf() []float32 {
	if h, ok := s.Scorer.(interface{ ScoreSelf() []float32 }); ok {
		return h.ScoreSelf()
	}
	return nil
}

// tapeScorer judges rows by ops on what the network gives for them.
type tapeScorer struct {
	net    nn.Net
	params []*tensor.Tensor
	ways   int
	judge  func(y *grad.Node) *grad.Node // from embedded rows to scores [n, ways], each row by itself
}

func (s *tapeScorer) Ways() int { return s.ways }

func (s *tapeScorer) Score(dst []float32, x *tensor.Tensor) {
	const block = 64 // rows whose nodes stay in the cache
	in, out := s.net.Sides()
	n := checkScore(dst, x, s.ways, in)
	tape := tapes.Get().(*grad.Tape)
	defer tapes.Put(tape)
	for from := 0; from < n; from += block {
		to := min(from+block, n)
		tape.Reset()
		y := tape.Zeros(to-from, out)
		s.net.Forward(y.Value(), s.params, x.RowRange(from, to))
		copy(dst[from*s.ways:], s.judge(y).Value().Data)
	}
}

// rows are the rows of a task's support set and after them those of its query set, embedded.
type rows struct {
	task *Task
	x    *grad.Node
}

// together embeds both sets as one batch.
func together(net nn.Net, params []*grad.Node, t *Task) rows {
	tape := params[0].Tape()
	return rows{t, nn.Apply(net, params, grad.Concat(tape.Leaf(t.Support.X), tape.Leaf(t.Query.X)))}
}

func (r rows) len() int { return r.x.Rows() }

// sets gives the embedded rows of the support set and of the query set.
func (r rows) sets() (support, query *grad.Node) {
	n := r.task.Support.Len()
	return grad.Slice(r.x, 0, n), grad.Slice(r.x, n, r.len())
}

// class gives the class of row i.
func (r rows) class(i int) int {
	if n := r.task.Support.Len(); i >= n {
		return r.task.Query.Y[i-n]
	}
	return r.task.Support.Y[i]
}

// counts gives the number of rows of each class, in the tape's memory.
func (r rows) counts() []float32 {
	count := r.x.Tape().Zeros(1, r.task.Ways).Value().Data
	for i := range r.len() {
		count[r.class(i)]++
	}
	return count
}

// nearestOwn gives the row of i's class that is nearest to it by the distances d [n, n], or −1.
func (r rows) nearestOwn(i int, d []float32) int {
	best := -1
	for j, v := range d {
		if j != i && r.class(j) == r.class(i) && (best < 0 || v < d[best]) {
			best = j
		}
	}
	return best
}

// accuracy gives the share of query rows, classes weighing the same, whose
// nearest support row is of their class, by the squared distances d2 of all rows.
func (r rows) accuracy(d2 *tensor.Tensor) float64 {
	tape, n := r.x.Tape(), r.task.Support.Len()
	scores := tape.Fill(r.task.Query.Len(), r.task.Ways, float32(math.Inf(-1))).Value()
	for i := range scores.Rows() {
		to := scores.Row(i)
		for j, v := range d2.Row(n + i)[:n] {
			to[r.class(j)] = max(to[r.class(j)], -v)
		}
	}
	return nn.Accuracy(scores, targets(tape, r.task.Query.Y, r.task.Ways).Value())
}

// squaredDistances gives those of all rows from each other, as numbers that no gradient goes through.
func (r rows) squaredDistances() *tensor.Tensor {
	d2 := r.x.Tape().Zeros(r.len(), r.len()).Value()
	tensor.SquaredDistancesTo(d2, r.x.Value(), r.x.Value())
	return d2
}

// number is a learner's parameter of one element.
type number struct {
	name  string
	start float32
}

func (p number) Names() []string { return []string{p.name} }

func (p number) Init(uint64) []*tensor.Tensor {
	return []*tensor.Tensor{tensor.From([]float32{p.start}, 1)}
}

func (p number) Check(params []*tensor.Tensor) error {
	if len(params) != 1 || params[0] == nil || len(params[0].Data) != 1 {
		return fmt.Errorf("%s is missing or not one number", p.name)
	}
	return nil
}

// places gives where each group's parameters begin among those of all, and their number at last.
func places(groups []group) []int {
	at := []int{0}
	for i, g := range groups {
		at = append(at, at[i]+len(g.of.Names()))
	}
	return at
}
