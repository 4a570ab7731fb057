package meta

import (
	"cmp"
	"context"
	"fmt"
	"math"

	"github.com/inkling-sec/inkling/grad"
	"github.com/inkling-sec/inkling/nn"
	"github.com/inkling-sec/inkling/tensor"
)

// R2D2 fits a ridge regression of the classes to the embedded support set, in
// closed form, and learns the embedding through it (Bertinetto, Henriques, Torr
// and Vedaldi, Meta-learning with differentiable closed-form solvers, 2019,
// section 3.2): with X the embedded rows and Y their one-hot classes
//
//	W = (XᵀX + λ)⁻¹·XᵀY = Xᵀ·(XXᵀ + λ)⁻¹·Y   (eq. 4; the second, by Woodbury, for fewer rows than sides)
//
// and the logits of a row x are scale·x·W. λ and the scale are learned, each by
// its logarithm. It learns from tasks of any number of classes and judges two of them
// as more.
//
// We differ in that rows weigh so that classes weigh the same (all weights are 1
// where classes have the same number of rows), in embeddings divided by the root of their
// sides, so that one λ to start from fits any width, and in leaving out the
// paper's bias, one number added to all logits, of which a softmax knows nothing.
type R2D2 struct {
	Model         // Out is the number of sides of the embedding; 0 means 64
	Ridge float32 // λ to start from; 0 means 1
	Scale float32 // of the logits, to start from; 0 means 20

	at []int // places of the groups
}

var _ Trainer = (*R2D2)(nil)

// Name gives "r2d2".
func (*R2D2) Name() string { return "r2d2" }

// Config gives the settings.
func (l *R2D2) Config() any { return *l }

func (l *R2D2) groups() []group {
	return []group{{"", l.net()}, {"", number{"log_ridge", logOf(l.Ridge)}}, {"", number{"log_scale", logOf(l.Scale)}}}
}

func logOf(v float32) float32 { return float32(math.Log(float64(v))) }

// Params gives the parameters by name.
func (l *R2D2) Params() map[string]*tensor.Tensor { return paramsOf(&l.Model, l.groups()) }

func (l *R2D2) sized(t *Task, seed uint64) (*R2D2, error) {
	c := *l
	c.Ridge, c.Scale = cmp.Or(l.Ridge, 1), cmp.Or(l.Scale, 20)
	c.Outer.Iterations = cmp.Or(l.Outer.Iterations, fewIterations)
	err := fit(&c, t, c.defaultOut(), seed)
	c.at = places(c.groups())
	return &c, err
}

// Train starts from the parameters of l if it has some. The seed of its start
// is run's, or l's if run has none.
func (l *R2D2) Train(ctx context.Context, src Source, run Run) (Trainer, error) {
	c, err := l.sized(src(0), cmp.Or(run.Seed, l.Seed))
	if err != nil {
		return nil, fmt.Errorf("r2d2: %w", err)
	}
	return trainModel(ctx, c, c.episode, src, run)
}

// episode fits to the support set and judges the query set.
func (l *R2D2) episode(ctx context.Context, params []*grad.Node, t *Task) (o outcome, err error) {
	tape, net := params[0].Tape(), l.net()
	w := l.fit(params, nn.Apply(net, params, tape.Leaf(t.Support.X)), t)
	if err := ctx.Err(); err != nil {
		return o, err
	}
	logits := grad.MatMul(nn.Apply(net, params, tape.Leaf(t.Query.X)), w)
	want := targets(tape, t.Query.Y, t.Ways)
	loss := nn.CrossEntropy(logits, want)
	return outcome{
		loss:     float64(loss.Scalar()),
		accuracy: nn.Accuracy(logits.Value(), want.Value()),
		grads:    grad.Grad(loss, params...),
	}, nil
}

// fit gives the weights [sides, ways] that lead from embedded rows to logits; x is t's support set embedded.
func (l *R2D2) fit(params []*grad.Node, x *grad.Node, t *Task) *grad.Node {
	tape, side := x.Tape(), 1/float32(math.Sqrt(float64(x.Cols())))
	weight, y := tape.Zeros(x.Rows(), 1), targets(tape, t.Support.Y, t.Ways).Value()
	rooted := tape.Zeros(x.Rows(), t.Ways) // one-hot classes times the root of their row's weight
	for i, c := range t.Support.Y {
		// A target is 1 over its class's rows and over the classes.
		root := float32(math.Sqrt(float64(y.Row(i)[c]) * float64(x.Rows())))
		weight.Value().Data[i], rooted.Value().Row(i)[c] = root*side, root
	}
	ridge, scale := grad.Exp(params[l.at[1]]), grad.Exp(params[l.at[2]])
	x = grad.MulCol(x, weight)
	var w *grad.Node
	if x.Rows() <= x.Cols() {
		w = grad.MatMulA(x, grad.Solve(addDiagonal(grad.MatMulB(x, x), ridge), rooted))
	} else {
		w = grad.Solve(addDiagonal(grad.MatMulA(x, x), ridge), grad.MatMulA(x, rooted))
	}
	return grad.Mul(w, grad.Spread(grad.Scale(scale, side), w.Rows(), w.Cols()))
}

// addDiagonal gives a + f·1.
func addDiagonal(a, f *grad.Node) *grad.Node {
	one := a.Tape().Zeros(a.Rows(), a.Rows())
	for i := range a.Rows() {
		one.Value().Row(i)[i] = 1
	}
	return grad.Add(a, grad.Mul(one, grad.Spread(f, a.Rows(), a.Rows())))
}

// Adapt fits to the support set.
func (l *R2D2) Adapt(ctx context.Context, t *Task) (Scorer, error) {
	c, err := l.sized(t, l.Seed)
	if err = allNumbers(t, err); err != nil {
		return nil, fmt.Errorf("r2d2: %w", err)
	}
	tape := tapes.Get().(*grad.Tape)
	defer tapes.Put(tape)
	tape.Reset()
	x := tape.Leaf(forward(c.net(), c.params, t.Support.X))
	w := tensor.New(t.Ways, x.Cols())
	tensor.TransposeTo(w, c.fit(leaves(tape, c.params), x, t).Value())
	by := &linearScorer{weight: w, bias: make([]float32, t.Ways)}
	return &embedScorer{net: c.net(), params: c.params, head: by}, ctx.Err()
}
