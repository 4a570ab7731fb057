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

// Matching judges a row by attention over the support set, a softmax over how
// alike their embeddings are: a class's probability is the attention its rows
// get (Vinyals, Blundell, Lillicrap, Kavukcuoglu and Wierstra, Matching
// Networks for One Shot Learning, 2016, eq. 1). Alike is by the cosine, or with
// Squared by the negative squared distance; either is multiplied by a scale that
// is learned, by its logarithm. It learns from tasks of any number of classes.
//
// We differ in the scale, which the paper leaves at 1, so that a softmax of
// cosines can hardly decide, and in that a support row weighs 1 over the number of rows of its
// class, which changes nothing where classes have the same number. Attention needs no
// class to be one cloud, so it judges two classes as more, the
// benign one of a detection task too.
//
// With FullContext the embeddings know each other (section 2.1.2 and appendix A of
// the paper): a bidirectional LSTM reads the support set, in the order of
// its rows, and an LSTM with attention over that reads each row to be judged in so many steps.
type Matching struct {
	Model               // Out is the number of sides of the embedding; 0 means 64
	Squared     bool    // squared distances instead of the cosine
	Scale       float32 // of what the softmax is taken of, to start from; 0 means 20, or 1 with Squared
	Fixed       bool    // leaves the scale as it is
	FullContext bool    // full context embeddings (FCE)
	Steps       int     // with FullContext: of reading a row; 0 means 5

	at []int // places of the groups
}

var _ Trainer = (*Matching)(nil)

// Name gives "matching".
func (*Matching) Name() string { return "matching" }

// Config gives the settings.
func (l *Matching) Config() any { return *l }

// Groups of Matching.
const (
	matchScale = 1 + iota
	matchForward
	matchBackward
	matchRead
)

func (l *Matching) groups() []group {
	g := []group{{"", l.net()}, {"", number{"log_scale", logOf(l.Scale)}}}
	if l.FullContext {
		along, read := l.cells()
		g = append(g, group{"forward.", along}, group{"backward.", along}, group{"read.", read})
	}
	return g
}

// cells gives the LSTM that goes along the support set and the one that reads a row.
func (l *Matching) cells() (along, read nn.LSTM) {
	_, d := l.net().Sides()
	return nn.LSTM{In: d, Hidden: d}, nn.LSTM{In: d, Back: 2 * d, Hidden: d}
}

// Params gives the parameters by name.
func (l *Matching) Params() map[string]*tensor.Tensor { return paramsOf(&l.Model, l.groups()) }

const maxReads = 100 // steps that a model file may ask for

func (l *Matching) sized(t *Task, seed uint64) (*Matching, error) {
	c := *l
	c.Scale, c.Steps = cmp.Or(l.Scale, 20), cmp.Or(l.Steps, 5)
	if l.Squared {
		c.Scale = cmp.Or(l.Scale, 1)
	}
	if c.Steps < 1 || c.Steps > maxReads {
		return nil, fmt.Errorf("%d steps of reading; 1 to %d are possible", c.Steps, maxReads)
	}
	c.Outer.Iterations = cmp.Or(l.Outer.Iterations, fewIterations)
	err := fit(&c, t, c.defaultOut(), seed)
	c.at = places(c.groups())
	return &c, err
}

// Train starts from the parameters of l if it has some. The seed of its start
// is run's, or l's if run has none.
func (l *Matching) Train(ctx context.Context, src Source, run Run) (Trainer, error) {
	c, err := l.sized(src(0), cmp.Or(run.Seed, l.Seed))
	if err != nil {
		return nil, fmt.Errorf("matching: %w", err)
	}
	return trainModel(ctx, c, c.episode, src, run)
}

// episode judges the query set by attention over the support set.
func (l *Matching) episode(ctx context.Context, params []*grad.Node, t *Task) (o outcome, err error) {
	tape, net := params[0].Tape(), l.net()
	support := l.context(params, nn.Apply(net, params, tape.Leaf(t.Support.X)))
	if err := ctx.Err(); err != nil {
		return o, err
	}
	alike := l.alike(params, nn.Apply(net, params, tape.Leaf(t.Query.X)), support)
	const least = 1e-30 // keeps the logarithm finite
	return attend(params, alike, t, least), nil
}

// context gives the embedded support set as its rows see each other:
// each its own embedding and what the LSTM says there in either direction (appendix A.2).
func (l *Matching) context(params []*grad.Node, x *grad.Node) *grad.Node {
	if !l.FullContext {
		return x
	}
	along, _ := l.cells()
	n := x.Rows()
	forth, back := x.Tape().Nodes(n), x.Tape().Nodes(n)
	var h, c *grad.Node
	for i := range n {
		h, c = along.Step(params[l.at[matchForward]:], grad.Slice(x, i, i+1), h, c)
		forth[i] = h
	}
	h, c = nil, nil
	for i := n - 1; i >= 0; i-- {
		h, c = along.Step(params[l.at[matchBackward]:], grad.Slice(x, i, i+1), h, c)
		back[i] = h
	}
	return grad.Add(x, grad.Add(stack(forth), stack(back)))
}

// stack gives rows one below the other, in halves, so that none is copied often.
func stack(rows []*grad.Node) *grad.Node {
	if len(rows) == 1 {
		return rows[0]
	}
	half := len(rows) / 2
	return grad.Concat(stack(rows[:half]), stack(rows[half:]))
}

// alike gives how alike embedded rows x [n, d] and the support set [m, d] are, as [n, m].
func (l *Matching) alike(params []*grad.Node, x, support *grad.Node) *grad.Node {
	x = l.read(params, x, support)
	scale := params[l.at[matchScale]]
	if l.Fixed {
		scale = grad.Stop(scale)
	}
	var a *grad.Node
	if l.Squared {
		a = grad.Neg(grad.SquaredDistances(x, support))
	} else {
		a = grad.Cosine(x, support, lengthEps)
	}
	return grad.MulCol(a, grad.Spread(grad.Exp(scale), a.Rows(), 1))
}

// read lets each row x look at the support set some times (appendix A.1, eq. 3 to 6).
func (l *Matching) read(params []*grad.Node, x, support *grad.Node) *grad.Node {
	if !l.FullContext {
		return x
	}
	_, cell := l.cells()
	var back, c *grad.Node
	h := x
	for range l.Steps {
		h, c = cell.Step(params[l.at[matchRead]:], x, back, c)
		h = grad.Add(h, x)
		seen := grad.MatMul(grad.Softmax(grad.MatMulB(h, support)), support)
		back = grad.Beside(h, seen)
	}
	return h
}

// Adapt embeds the support set.
func (l *Matching) Adapt(ctx context.Context, t *Task) (Scorer, error) {
	c, err := l.sized(t, l.Seed)
	if err = allNumbers(t, err); err != nil {
		return nil, fmt.Errorf("matching: %w", err)
	}
	net := c.net()
	tape := tapes.Get().(*grad.Tape)
	defer tapes.Put(tape)
	tape.Reset()
	support := c.context(leaves(tape, c.params), tape.Leaf(forward(net, c.params, t.Support.X))).Value().Clone()
	prior := logPrior(t)
	judge := func(y *grad.Node) *grad.Node {
		tape := y.Tape()
		a := c.alike(leaves(tape, c.params), y, tape.Leaf(support)).Value()
		scores := tape.Zeros(a.Rows(), t.Ways)
		for i := range a.Rows() {
			attentionTo(scores.Value().Row(i), a.Row(i), prior, t.Support.Y)
		}
		return scores
	}
	return &tapeScorer{net, c.params, t.Ways, judge}, ctx.Err()
}

// logPrior gives the logarithm of each support row's weight, 1 over the rows of its class and over the classes.
func logPrior(t *Task) []float32 {
	w := tensor.New(t.Support.Len(), t.Ways)
	nn.TargetsTo(w, t.Support.Y)
	prior := make([]float32, t.Support.Len())
	for i, c := range t.Support.Y {
		prior[i] = logOf(w.Row(i)[c])
	}
	return prior
}

// attentionTo writes the logarithm of each class's attention, but for the logarithm of their sum: exact where
// the attention itself is too small a number.
func attentionTo(dst, alike, prior []float32, y []int) {
	for c := range dst {
		top := float32(math.Inf(-1))
		for j, own := range y {
			if own == c {
				top = max(top, alike[j]+prior[j])
			}
		}
		var sum float64
		for j, own := range y {
			if own == c {
				sum += math.Exp(float64(alike[j] + prior[j] - top))
			}
		}
		dst[c] = top + float32(math.Log(sum))
	}
}
