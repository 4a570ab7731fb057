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

// ProtoNet learns an embedding in which a class is near the mean of its support
// rows, its prototype (Snell, Swersky and Zemel, Prototypical Networks for
// Few-shot Learning, 2017, eq. 1 and 2: squared Euclidean distance). It trains
// on tasks of any number of classes, also differing ones.
//
// With more than two classes it judges by distance to the prototypes, as the
// paper does. A detection task's benign class is no single cloud, so with two
// classes it judges in the embedding as [Ratio] does.
type ProtoNet struct {
	Model           // Out is the number of sides of the embedding; 0 means 64
	Prototypes bool // judges by prototypes with two classes too
}

var _ Trainer = (*ProtoNet)(nil)

// Name gives "protonet".
func (*ProtoNet) Name() string { return "protonet" }

// Config gives the settings.
func (p *ProtoNet) Config() any { return *p }

func (p *ProtoNet) sized(t *Task, seed uint64) (*ProtoNet, error) {
	c := *p
	err := fit(&c, t, c.defaultOut(), seed)
	c.Outer.Iterations = cmp.Or(p.Outer.Iterations, fewIterations)
	return &c, err
}

// Train starts from the parameters of p if it has some. The seed of its start
// is run's, or p's if run has none.
func (p *ProtoNet) Train(ctx context.Context, src Source, run Run) (Trainer, error) {
	c, err := p.sized(src(0), cmp.Or(run.Seed, p.Seed))
	if err != nil {
		return nil, fmt.Errorf("protonet: %w", err)
	}
	return trainModel(ctx, c, c.episode, src, run)
}

// episode makes prototypes of the support set and judges the query set by them.
func (p *ProtoNet) episode(ctx context.Context, params []*grad.Node, t *Task) (o outcome, err error) {
	tape, net := params[0].Tape(), p.net()
	all := together(net, params, t)
	if err := ctx.Err(); err != nil {
		return o, err
	}
	support, query := all.sets()
	if p.ratio(t) {
		return neighbourly(params, query, support, t), nil
	}
	// A target is 1 over its class's rows and over the classes.
	means := grad.Scale(grad.MatMulA(targets(tape, t.Support.Y, t.Ways), support), float32(t.Ways))
	logits := grad.Neg(grad.SquaredDistances(query, means))
	want := targets(tape, t.Query.Y, t.Ways)
	loss := nn.CrossEntropy(logits, want)
	return outcome{
		loss:     float64(loss.Scalar()),
		accuracy: nn.Accuracy(logits.Value(), want.Value()),
		grads:    grad.Grad(loss, params...),
	}, nil
}

// ratio tells whether a task is judged by the ratio of neighbours' distances.
func (p *ProtoNet) ratio(t *Task) bool { return t.Ways == 2 && !p.Prototypes }

// neighbourly is the loss for the ratio: it judges a query row by the share of each class in a softmax over
// the negative squared distances to all support rows, a class's rows weighing
// 1 over their number (neighbourhood components, Goldberger et al. 2004, with
// the support set as the neighbourhood). A class of many kinds, as the benign one
// is, need not gather about one mean.
func neighbourly(params []*grad.Node, query, support *grad.Node, t *Task) outcome {
	return attend(params, grad.Neg(grad.SquaredDistances(query, support)), t, 1e-6)
}

// attend is the loss of judging each query row by the share of each class in a softmax over alike [queries,
// support rows], a class's rows weighing 1 over their number. least is added to shares.
func attend(params []*grad.Node, alike *grad.Node, t *Task, least float32) outcome {
	tape := params[0].Tape()
	weights := targets(tape, t.Support.Y, t.Ways).Value()
	one, prior := tape.Zeros(len(t.Support.Y), t.Ways), tape.Zeros(1, len(t.Support.Y))
	for i, c := range t.Support.Y {
		one.Value().Row(i)[c] = 1
		prior.Value().Data[i] = float32(math.Log(float64(weights.Row(i)[c])))
	}
	share := grad.MatMul(grad.Softmax(grad.AddRow(alike, prior)), one)
	logits := grad.Log(grad.Offset(share, least))
	want := targets(tape, t.Query.Y, t.Ways)
	loss := grad.Neg(grad.Sum(grad.Mul(logits, want)))
	return outcome{
		loss:     float64(loss.Scalar()),
		accuracy: nn.Accuracy(logits.Value(), want.Value()),
		grads:    grad.Grad(loss, params...),
	}
}

// Adapt embeds the support set.
func (p *ProtoNet) Adapt(ctx context.Context, t *Task) (Scorer, error) {
	c, err := p.sized(t, p.Seed)
	if err != nil {
		return nil, fmt.Errorf("protonet: %w", err)
	}
	return judging{name: "protonet", ratio: p.ratio(t)}.scorer(ctx, &c.Model, t)
}

// prototypeScorer scores by squared distance to each class's prototype.
type prototypeScorer struct {
	means *tensor.Tensor // [ways, d]
}

func prototypes(t *Task) *prototypeScorer {
	d := t.Support.X.Cols()
	s := &prototypeScorer{tensor.New(t.Ways, d)}
	for c, rows := range rowsOf(t) {
		copy(s.means.Row(c), meanOf(rows, d))
	}
	return s
}

func (s *prototypeScorer) Ways() int { return s.means.Rows() }

func (s *prototypeScorer) Score(dst []float32, x *tensor.Tensor) {
	n, ways := checkScore(dst, x, s.Ways(), s.means.Cols()), s.Ways()
	scores := tensor.From(dst[:n*ways], n, ways)
	tensor.SquaredDistancesTo(scores, x, s.means)
	tensor.ScaleTo(scores, scores, -1)
}
