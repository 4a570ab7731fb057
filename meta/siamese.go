package meta

import (
	"cmp"
	"context"
	"fmt"

	"github.com/inkling-sec/inkling/grad"
	"github.com/inkling-sec/inkling/tensor"
)

// Siamese learns an embedding from pairs of rows: two of one class are to be
// near, two of different classes at least a margin apart (Koch, Zemel and
// Salakhutdinov, Siamese Neural Networks for One-shot Image Recognition, 2015),
// by the contrastive loss (Hadsell, Chopra and LeCun, Dimensionality Reduction by
// Learning an Invariant Mapping, 2006, eq. 4):
//
//	L = (1 − y)·d² + y·max(0, margin − d)²,  y = 1 for a pair of different classes
//
// with d the root of the mean squared difference of the embedding's sides, so
// that one margin fits embeddings of any width. Its pairs are all of a task's
// rows, support and query set together; pairs alike and pairs that differ weigh
// the same, and within either the classes.
//
// Koch et al. learn a weighted L1 distance with a logistic loss instead, and draw
// pairs from all classes. We differ too in that of a class of 50 rows and more, a
// detection task's benign one, only each row and its nearest are pulled together: such a
// class is no single cloud. For the same reason two classes are judged as by
// [Ratio] in the embedding, and more by the distance to the mean of a class's support rows.
type Siamese struct {
	Model              // Out is the number of sides of the embedding; 0 means 64
	Margin     float32 // 0 means 2
	Nearest    bool    // judges by a class's nearest support row instead of the mean
	Prototypes bool    // judges two classes as it does more
}

var _ Trainer = (*Siamese)(nil)

// Name gives "siamese".
func (*Siamese) Name() string { return "siamese" }

// Config gives the settings.
func (s *Siamese) Config() any { return *s }

func (s *Siamese) sized(t *Task, seed uint64) (*Siamese, error) {
	c := *s
	err := fit(&c, t, c.defaultOut(), seed)
	c.Margin = cmp.Or(s.Margin, 2)
	c.Outer.Iterations = cmp.Or(s.Outer.Iterations, fewIterations)
	return &c, err
}

// Train starts from the parameters of s if it has some. The seed of its start
// is run's, or s's if run has none.
func (s *Siamese) Train(ctx context.Context, src Source, run Run) (Trainer, error) {
	c, err := s.sized(src(0), cmp.Or(run.Seed, s.Seed))
	if err != nil {
		return nil, fmt.Errorf("siamese: %w", err)
	}
	return trainModel(ctx, c, c.episode, src, run)
}

// episode takes the loss over the pairs of the task's rows.
func (s *Siamese) episode(ctx context.Context, params []*grad.Node, t *Task) (o outcome, err error) {
	r := together(s.net(), params, t)
	if err := ctx.Err(); err != nil {
		return o, err
	}
	loss, d2 := s.contrast(r)
	return outcome{loss: float64(loss.Scalar()), accuracy: r.accuracy(d2), grads: grad.Grad(loss, params...)}, nil
}

// contrast gives the loss and the squared distances it goes by.
func (s *Siamese) contrast(r rows) (*grad.Node, *tensor.Tensor) {
	const eps = 1e-8 // keeps the root's derivative finite where rows are equal
	d2 := grad.Scale(grad.SquaredDistances(r.x, r.x), 1/float32(r.x.Cols()))
	short := grad.Relu(grad.Offset(grad.Neg(grad.Sqrt(grad.Offset(d2, eps))), s.Margin))
	tape, n := r.x.Tape(), r.len()
	alike, apart := tape.Zeros(n, n), tape.Zeros(n, n)
	r.pairsTo(alike.Value(), apart.Value(), d2.Value())
	return grad.Add(grad.Sum(grad.Mul(d2, alike)), grad.Sum(grad.Mul(grad.Mul(short, short), apart))), d2.Value()
}

// pairsTo writes the weights of pairs alike and apart, half of all each, by the squared distances d2.
func (r rows) pairsTo(alike, apart, d2 *tensor.Tensor) {
	count := r.counts()
	var several, classes float32 // classes of several rows, and all that are there
	for _, k := range count {
		if k > 0 {
			classes++
		}
		if k > 1 {
			several++
		}
	}
	for i := range r.len() {
		own := r.class(i)
		k := count[own]
		for j := range r.len() {
			switch {
			case r.class(j) != own:
				apart.Row(i)[j] = 0.5 / (k * count[r.class(j)] * classes * (classes - 1))
			case i != j && k < manyRows:
				alike.Row(i)[j] = 0.5 / (k * (k - 1) * several)
			}
		}
		if k >= manyRows {
			alike.Row(i)[r.nearestOwn(i, d2.Row(i))] = 0.5 / (k * several)
		}
	}
}

// Adapt embeds the support set.
func (s *Siamese) Adapt(ctx context.Context, t *Task) (Scorer, error) {
	c, err := s.sized(t, s.Seed)
	if err != nil {
		return nil, fmt.Errorf("siamese: %w", err)
	}
	return judging{name: "siamese", ratio: t.Ways == 2 && !s.Prototypes, nearest: s.Nearest}.scorer(ctx, &c.Model, t)
}
