package meta

import (
	"context"
	"fmt"
	"math"

	"github.com/inkling-sec/inkling/tensor"
)

// Logistic is logistic regression with an L2 penalty: it minimises
// ½‖w‖² + C·Σ weight·loss, every class weighing the same in all and all classes
// together 1,000, with the intercept free. Two ways have one weight vector, more
// have one each (softmax). Solved by L-BFGS (Nocedal & Wright 2006, 7.2).
type Logistic struct {
	C     float64 // 0 means 0.1
	Steps int     // at most; 0 means 200

	near  *linearScorer // the search starts here; nil starts at 0
	joins bool          // a vote, which of missing values is worth nothing and spoils no other
}

var _ Learner = (*Logistic)(nil)

// Name gives "logistic-regression".
func (*Logistic) Name() string { return "logistic-regression" }

// Adapt finds the weights.
func (l *Logistic) Adapt(ctx context.Context, t *Task) (Scorer, error) {
	n, d, err := ready(l, t)
	if !l.joins {
		err = allNumbers(t, err)
	}
	if err != nil {
		return nil, fmt.Errorf("logistic-regression: %w", err)
	}
	c, steps := l.C, l.Steps
	if c == 0 {
		c = .1
	}
	if steps == 0 {
		steps = 200
	}
	p := &logisticLoss{n: n, d: d, ways: t.Ways, y: t.Support.Y, heads: t.Ways, centre: meanOf(t.Support.X.Data, d)}
	if t.Ways == 2 {
		p.heads = 1
	}
	p.x, p.logit = blank(n, d), blank(n, p.heads)
	p.z, p.tail, p.log = make([]float64, n), make([]float64, n), make([]float64, n)
	p.head, p.turn = blank(p.heads, d), blank(p.heads, d)
	for i, v := range t.Support.X.Data[:n*d] {
		p.x.Data[i] = v - p.centre[i%d]
	}
	count := make([]float64, t.Ways)
	for _, y := range p.y {
		count[y]++
	}
	for _, y := range p.y {
		p.weight = append(p.weight, c*1000/float64(t.Ways)/count[y])
	}
	w := p.start(l.near)
	if err := minimise(ctx, w, p.at, steps, 1e-4); err != nil {
		return nil, err
	}
	return p.scorer(w), nil
}

// startNear gives one that finds the weights quicker where they are near those of s, as without a few of its rows.
func (l *Logistic) startNear(s Scorer) Learner {
	c := *l
	c.near = s.(*linearScorer)
	return &c
}

// logisticLoss is the loss of weights laid out as heads times d weights and an
// intercept. Rows are about their mean: the intercept is free, so this changes
// only how well the problem is conditioned.
type logisticLoss struct {
	n, d, ways, heads int
	centre            []float32
	x                 *tensor.Tensor // [n, d]
	head, turn        *tensor.Tensor // [heads, d]: weights, gradient
	logit             *tensor.Tensor // [n, heads]
	y                 []int
	weight            []float64
	z, tail, log      []float64 // of each row with one head: the logit away from its class, e^−|z|, log(1 + that)
}

// at gives the loss at w and writes its gradient.
func (p *logisticLoss) at(grad, w []float64) float64 {
	d, k, loss := p.d, p.heads, 0.0
	for h := range k {
		for j, v := range w[h*(d+1) : h*(d+1)+d] {
			loss += v * v / 2
			p.head.Data[h*d+j] = float32(v)
		}
	}
	tensor.MatMulBTo(p.logit, p.x, p.head)
	clear(grad)
	if k == 1 {
		loss = p.oneHead(loss, w[d], &grad[d])
	} else {
		loss = p.softmax(loss, grad, w)
	}
	tensor.MatMulATo(p.turn, p.logit, p.x)
	for h := range k {
		for j := range d {
			grad[h*(d+1)+j] = w[h*(d+1)+j] + float64(p.turn.Data[h*d+j])
		}
	}
	return loss
}

// oneHead turns the logits into their derivatives, of two classes, adds these to the bias's slope and gives the loss with that of all rows.
func (p *logisticLoss) oneHead(loss, bias float64, slope *float64) float64 {
	for i, v := range p.logit.Data {
		z := float64(v) + bias
		if p.y[i] == 1 {
			z = -z
		}
		p.z[i], p.tail[i] = z, math.Exp(-math.Abs(z))
	}
	tensor.Log1pTo(p.log, p.tail)
	for i, z := range p.z {
		loss += p.weight[i] * (max(z, 0) + p.log[i])
		s := 1 / (1 + math.Exp(-z))
		if p.y[i] == 1 {
			s = -s
		}
		p.logit.Data[i] = float32(s * p.weight[i])
		*slope += s * p.weight[i]
	}
	return loss
}

// softmax is oneHead of a head a class.
func (p *logisticLoss) softmax(loss float64, grad, w []float64) float64 {
	d, k := p.d, p.heads
	slope := make([]float64, k)
	for i := range p.n {
		for h := range slope {
			slope[h] = float64(p.logit.Data[i*k+h]) + w[h*(d+1)+d]
		}
		loss += p.weight[i] * slopes(slope, p.y[i])
		for h, s := range slope {
			p.logit.Data[i*k+h] = float32(s * p.weight[i])
			grad[h*(d+1)+d] += s * p.weight[i]
		}
	}
	return loss
}

// slopes turns the logits of a row of class y into their derivatives and gives its loss.
func slopes(logit []float64, y int) float64 {
	top, sum := logit[0], 0.0
	for _, z := range logit {
		top = max(top, z)
	}
	loss := top - logit[y]
	for h, z := range logit {
		logit[h] = math.Exp(z - top)
		sum += logit[h]
	}
	for h := range logit {
		logit[h] /= sum
	}
	logit[y]--
	return loss + math.Log(sum)
}

// start gives weights to begin with.
func (p *logisticLoss) start(near *linearScorer) []float64 {
	w := make([]float64, p.heads*(p.d+1))
	if near == nil {
		return w
	}
	for h := range p.heads {
		of := w[h*(p.d+1) : (h+1)*(p.d+1)]
		of[p.d] = float64(near.bias[h+p.ways-p.heads])
		for j, v := range near.weight.Row(h + p.ways - p.heads) {
			of[j] = float64(v)
			of[p.d] += float64(v) * float64(p.centre[j])
		}
	}
	return w
}

func (p *logisticLoss) scorer(w []float64) Scorer {
	weight, bias := make([]float32, p.ways*p.d), make([]float32, p.ways)
	skip := p.ways - p.heads // of two ways the first scores 0
	for h := range p.heads {
		for j := range p.d {
			weight[(h+skip)*p.d+j] = float32(w[h*(p.d+1)+j])
		}
		bias[h+skip] = float32(w[h*(p.d+1)+p.d])
	}
	return newLinearScorer(weight, bias, p.centre)
}

func blank(n, d int) *tensor.Tensor {
	return &tensor.Tensor{Shape: []int{n, d}, Data: make([]float32, n*d)}
}
