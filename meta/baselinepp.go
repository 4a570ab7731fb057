package meta

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/inkling-sec/inkling/grad"
	"github.com/inkling-sec/inkling/nn"
	"github.com/inkling-sec/inkling/tensor"
)

// BaselinePP is the control that does no meta-learning (Baseline++ of Chen et al., A
// Closer Look at Few-shot Classification, 2019, section 3.2): it learns to
// tell the classes of training apart, all at once, by the cosine between an embedding and a
// weight vector for each class; for a task it keeps the embedding and learns new
// weight vectors from the support set. Any number of classes will do.
//
// Which class of training a way is, Task.Classes says; a task without them, as
// a detection task is, counts its ways as the classes, so that all attacks
// are one. We differ in that classes weigh equally whatever their numbers of
// rows, that the scale is fixed, where theirs is learned for each class, and
// that Adapt makes whole-set steps of Adam, where theirs makes mini-batch steps of SGD.
type BaselinePP struct {
	Model           // Out is the number of sides of the embedding; 0 means 64
	Classes int     // of training; 0 means as many as its first 300 tasks show
	Scale   float32 // of the cosine, to become a logit; 0 means 10
	Steps   int     // of Adapt; 0 means 100
	Rate    float32 // step size of Adapt; 0 means 0.02
}

var _ Trainer = (*BaselinePP)(nil)

// Name gives "baseline++".
func (*BaselinePP) Name() string { return "baseline++" }

// Config gives the settings.
func (b *BaselinePP) Config() any { return *b }

// Params gives the parameters by name, those of the classes of training among
// them; it is empty before training. They are the learner's own and must not be changed.
func (b *BaselinePP) Params() map[string]*tensor.Tensor { return paramsOf(&b.Model, b.groups()) }

func (b *BaselinePP) groups() []group {
	_, d := b.net().Sides()
	return append(b.Model.groups(), group{"class.", cosines{b.Classes, d}})
}

// cosines are the weight vectors of a cosine classifier, one a row.
type cosines struct{ classes, d int }

func (cosines) Names() []string { return []string{"weight"} }

// Init draws directions at random, their lengths being about 1.
func (c cosines) Init(seed uint64) []*tensor.Tensor {
	rng, w := rand.New(rand.NewPCG(seed, 0x636f73)), tensor.New(c.classes, c.d)
	for i := range w.Data {
		w.Data[i] = float32(rng.NormFloat64() / math.Sqrt(float64(c.d)))
	}
	return []*tensor.Tensor{w}
}

func (c cosines) Check(params []*tensor.Tensor) error {
	w := params[0]
	if w == nil {
		return fmt.Errorf("the weight of the classes is missing")
	}
	if len(w.Shape) != 2 || w.Shape[0] != c.classes || w.Shape[1] != c.d {
		return fmt.Errorf("the weight of the classes has shape %v, the learner wants %v", w.Shape, []int{c.classes, c.d})
	}
	return nil
}

func (b *BaselinePP) sized(t *Task, seed uint64) (*BaselinePP, error) {
	c := *b
	c.Classes, c.Scale = cmp.Or(b.Classes, t.Ways), cmp.Or(b.Scale, 10)
	c.Steps, c.Rate = cmp.Or(b.Steps, 100), cmp.Or(b.Rate, 0.02)
	c.Outer.Iterations = cmp.Or(b.Outer.Iterations, fewIterations)
	return &c, fit(&c, t, c.defaultOut(), seed)
}

// Train starts from the parameters of b if it has some. The seed of its start
// is run's, or b's if run has none.
func (b *BaselinePP) Train(ctx context.Context, src Source, run Run) (Trainer, error) {
	c := *b
	for n := uint64(0); b.Classes == 0 && n < 300 && ctx.Err() == nil; n++ {
		t := src(n)
		for way := range t.Ways {
			c.Classes = max(c.Classes, classOf(t, way)+1)
		}
	}
	l, err := c.sized(src(0), cmp.Or(run.Seed, b.Seed))
	if err != nil {
		return nil, fmt.Errorf("baseline++: %w", err)
	}
	return trainModel(ctx, l, l.episode, src, run)
}

// classOf gives the class of training that a way is.
func classOf(t *Task, way int) int {
	if way < len(t.Classes) {
		return t.Classes[way]
	}
	return way
}

// episode tells the classes of all the task's rows, among all classes of training.
func (b *BaselinePP) episode(ctx context.Context, params []*grad.Node, t *Task) (o outcome, err error) {
	tape, net := params[0].Tape(), b.net()
	want, err := b.classes(tape, t)
	if err != nil {
		return o, err
	}
	x := grad.Concat(tape.Leaf(t.Support.X), tape.Leaf(t.Query.X))
	last := len(params) - 1
	x = nn.Apply(net, params[:last:last], x)
	if err := ctx.Err(); err != nil {
		return o, err
	}
	logits := cosine(grad.UnitRows(x, unitEps), params[last], b.Scale)
	loss := nn.CrossEntropy(logits, want)
	return outcome{
		loss:     float64(loss.Scalar()),
		accuracy: nn.Accuracy(logits.Value(), want.Value()),
		grads:    grad.Grad(loss, params...),
	}, nil
}

// classes gives the weighted one-hot rows of the support and the query set.
func (b *BaselinePP) classes(tape *grad.Tape, t *Task) (*grad.Node, error) {
	n := t.Support.Len()
	want := tape.Zeros(n+t.Query.Len(), b.Classes)
	for way := range t.Ways {
		c, rows := classOf(t, way), 0
		if c < 0 || c >= b.Classes {
			return nil, fmt.Errorf("class %d, the learner has %d: set Classes", c, b.Classes)
		}
		for _, y := range [2][]int{t.Support.Y, t.Query.Y} {
			for _, v := range y {
				if v == way {
					rows++
				}
			}
		}
		for k, y := range [2][]int{t.Support.Y, t.Query.Y} {
			for i, v := range y {
				if v == way {
					want.Value().Row(i + k*n)[c] = 1 / float32(rows*t.Ways)
				}
			}
		}
	}
	return want, nil
}

// cosine gives scale times the cosines of the rows of x, of length 1, with those of w.
func cosine(x, w *grad.Node, scale float32) *grad.Node {
	return grad.Scale(grad.MatMulB(x, grad.UnitRows(w, unitEps)), scale)
}

const unitEps = 1e-6 // keeps a row of zeros one of zeros

// Adapt embeds the support set and learns a cosine classifier for it.
func (b *BaselinePP) Adapt(ctx context.Context, t *Task) (Scorer, error) {
	c, err := b.sized(t, b.Seed)
	if err = allNumbers(t, err); err != nil {
		return nil, fmt.Errorf("baseline++: %w", err)
	}
	net := c.net()
	params := c.params[:len(net.Names())]
	x := forward(net, params, t.Support.X)
	tape := tapes.Get().(*grad.Tape)
	defer tapes.Put(tape)
	tape.Reset()
	x = grad.UnitRows(tape.Leaf(x), unitEps).Value().Clone()
	w := cosines{t.Ways, x.Cols()}.Init(c.Seed)
	adam := nn.Adam{Rate: c.Rate}
	for range c.Steps {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		tape.Reset()
		at := tape.Leaf(w[0])
		loss := nn.CrossEntropy(cosine(tape.Leaf(x), at, c.Scale), targets(tape, t.Support.Y, t.Ways))
		adam.Step(w, []*tensor.Tensor{grad.Grad(loss, at)[0].Value()})
	}
	tape.Reset()
	head := &cosineScorer{grad.UnitRows(tape.Leaf(w[0]), unitEps).Value().Clone(), c.Scale}
	return &embedScorer{net, params, head}, ctx.Err()
}

// cosineScorer scores by the cosine with each class's weight vector.
type cosineScorer struct {
	w     *tensor.Tensor // [ways, d], rows of length 1
	scale float32
}

func (s *cosineScorer) Ways() int { return s.w.Rows() }

func (s *cosineScorer) Score(dst []float32, x *tensor.Tensor) {
	n, ways := checkScore(dst, x, s.Ways(), s.w.Cols()), s.Ways()
	scores := tensor.From(dst[:n*ways], n, ways)
	tensor.MatMulBTo(scores, x, s.w)
	for i := range n {
		sum := float32(unitEps)
		for _, v := range x.Row(i) {
			sum += v * v
		}
		f := s.scale / float32(math.Sqrt(float64(sum)))
		for c := range scores.Row(i) {
			scores.Row(i)[c] *= f
		}
	}
}
