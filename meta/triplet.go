package meta

import (
	"cmp"
	"context"
	"fmt"

	"github.com/inkling-sec/inkling/grad"
	"github.com/inkling-sec/inkling/nn"
)

// Triplet learns an embedding in which a row, the anchor, is nearer to a row of
// its class than to one of another (Schroff, Kalenichenko and Philbin, FaceNet: A
// Unified Embedding for Face Recognition and Clustering, 2015), by triplets mined
// among a task's rows, support and query set together:
//
// Semi-hard (FaceNet, section 3.2), the default: for each pair of a class the
// nearest row of another class that is farther than the pair, or the farthest
// one if none is; squared distances on the unit sphere and max(0, d⁺² − d⁻² + margin).
//
// Batch-hard (Hermans, Beyer and Leibe, In Defense of the Triplet Loss for
// Person Re-Identification, 2017): for each anchor the farthest row of its class
// and the nearest of any other. As they found best, distances are not squared,
// embeddings are of any length, and the margin is soft, log(1 + exp(d⁺ − d⁻)). From
// a random start, which they did not have, it takes thousands of steps to get away from embedding all
// rows alike: Omniglot's 5-way 1-shot accuracy after 600 was 0.85 where semi-hard's was 0.95.
//
// Of a class of 50 rows and more, a detection task's benign one, an anchor goes
// by its nearest row instead: such a class is no single cloud. For the
// same reason two classes are judged as by [Ratio] in the embedding, and more by the distance
// to the mean of a class's support rows. Classes weigh the same.
type Triplet struct {
	Model              // Out is the number of sides of the embedding; 0 means 64
	BatchHard  bool    // else semi-hard
	Margin     float32 // of max(0, …); 0 means 0.2, with BatchHard the soft margin
	Unit       bool    // gives embedded rows length 1; semi-hard always does
	Nearest    bool    // judges by a class's nearest support row instead of the mean
	Prototypes bool    // judges two classes as it does more
}

var _ Trainer = (*Triplet)(nil)

// Name gives "triplet".
func (*Triplet) Name() string { return "triplet" }

// Config gives the settings.
func (l *Triplet) Config() any { return *l }

func (l *Triplet) sized(t *Task, seed uint64) (*Triplet, error) {
	c := *l
	err := fit(&c, t, c.defaultOut(), seed)
	if !l.BatchHard {
		c.Margin, c.Unit = cmp.Or(l.Margin, 0.2), true
	}
	c.Outer.Iterations = cmp.Or(l.Outer.Iterations, fewIterations)
	return &c, err
}

// Train starts from the parameters of l if it has some. The seed of its start
// is run's, or l's if run has none.
func (l *Triplet) Train(ctx context.Context, src Source, run Run) (Trainer, error) {
	c, err := l.sized(src(0), cmp.Or(run.Seed, l.Seed))
	if err != nil {
		return nil, fmt.Errorf("triplet: %w", err)
	}
	return trainModel(ctx, c, c.episode, src, run)
}

// episode takes the loss over mined triplets of the task's rows.
func (l *Triplet) episode(ctx context.Context, params []*grad.Node, t *Task) (o outcome, err error) {
	r := together(l.net(), params, t)
	if err := ctx.Err(); err != nil {
		return o, err
	}
	if l.Unit {
		r.x = grad.UnitRows(r.x, lengthEps)
	}
	d2 := r.squaredDistances()
	m := mining{rows: r, d2: d2.Data, count: r.counts(), semi: !l.BatchHard}
	loss := l.loss(r.x, m.triplets())
	return outcome{loss: float64(loss.Scalar()), accuracy: r.accuracy(d2), grads: grad.Grad(loss, params...)}, nil
}

// loss gives that of the triplets t of rows of x.
func (l *Triplet) loss(x *grad.Node, t triplets) *grad.Node {
	anchor := grad.Gather(x, t.anchor)
	near, far := l.distance(anchor, grad.Gather(x, t.positive)), l.distance(anchor, grad.Gather(x, t.negative))
	if l.Margin > 0 {
		return grad.Sum(grad.Mul(grad.Relu(grad.Offset(grad.Sub(near, far), l.Margin)), t.weight))
	}
	// log(1 + exp(near − far)) is the cross-entropy of choosing near by negative distances.
	want := grad.Beside(t.weight, t.weight.Tape().Zeros(t.weight.Rows(), 1))
	return nn.CrossEntropy(grad.Neg(grad.Beside(near, far)), want)
}

// distance gives that of each row of a from the same row of b: squared but for batch-hard.
func (l *Triplet) distance(a, b *grad.Node) *grad.Node {
	const eps = 1e-8 // keeps the root's derivative finite where rows are equal
	d := grad.Sub(a, b)
	d2 := grad.DotRows(d, d)
	if !l.BatchHard {
		return d2
	}
	return grad.Sqrt(grad.Offset(d2, eps))
}

// triplets are columns: row numbers, and weights whose sum is 1.
type triplets struct{ anchor, positive, negative, weight *grad.Node }

// mining looks for triplets.
type mining struct {
	rows
	d2    []float32 // [n, n]
	count []float32 // rows of each class
	semi  bool

	out triplets
	n   int
}

// triplets counts them first, then writes them.
func (m *mining) triplets() triplets {
	total := 0
	var classes float32 // that give triplets
	for _, k := range m.count {
		if k > 1 {
			total += int(k) * m.pairs(k)
			classes++
		}
	}
	tape := m.x.Tape()
	m.out = triplets{tape.Zeros(total, 1), tape.Zeros(total, 1), tape.Zeros(total, 1), tape.Zeros(total, 1)}
	for i := range m.len() {
		k, d := m.count[m.class(i)], m.d2[i*m.len():][:m.len()]
		if k < 2 {
			continue
		}
		weight := 1 / (classes * k * float32(m.pairs(k)))
		switch {
		case k >= manyRows:
			m.add(i, m.nearestOwn(i, d), d, weight)
		case m.semi:
			for j := range d {
				if j != i && m.class(j) == m.class(i) {
					m.add(i, j, d, weight)
				}
			}
		default:
			m.add(i, m.farthestOwn(i, d), d, weight)
		}
	}
	return m.out
}

// pairs gives with how many rows of its class of k a row makes triplets.
func (m *mining) pairs(k float32) int {
	if m.semi && k < manyRows {
		return int(k) - 1
	}
	return 1
}

func (m *mining) farthestOwn(i int, d []float32) int {
	best := -1
	for j, v := range d {
		if j != i && m.class(j) == m.class(i) && (best < 0 || v > d[best]) {
			best = j
		}
	}
	return best
}

// add writes the triplet of i and j; d are i's distances.
func (m *mining) add(i, j int, d []float32, weight float32) {
	limit := float32(-1)
	if m.semi {
		limit = d[j]
	}
	m.out.anchor.Value().Data[m.n] = float32(i)
	m.out.positive.Value().Data[m.n] = float32(j)
	m.out.negative.Value().Data[m.n] = float32(m.other(i, d, limit))
	m.out.weight.Value().Data[m.n] = weight
	m.n++
}

// other gives the nearest row of another class than i's that is farther than
// limit, or the farthest one if none is.
func (m *mining) other(i int, d []float32, limit float32) int {
	near, far := -1, -1
	for j, v := range d {
		if m.class(j) == m.class(i) {
			continue
		}
		if v > limit && (near < 0 || v < d[near]) {
			near = j
		}
		if far < 0 || v > d[far] {
			far = j
		}
	}
	if near < 0 {
		return far
	}
	return near
}

// Adapt embeds the support set.
func (l *Triplet) Adapt(ctx context.Context, t *Task) (Scorer, error) {
	c, err := l.sized(t, l.Seed)
	if err != nil {
		return nil, fmt.Errorf("triplet: %w", err)
	}
	return judging{name: "triplet", unit: c.Unit, ratio: t.Ways == 2 && !l.Prototypes, nearest: l.Nearest}.scorer(ctx, &c.Model, t)
}
