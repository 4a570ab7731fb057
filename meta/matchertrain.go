package meta

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/inkling-sec/inkling/grad"
	"github.com/inkling-sec/inkling/tensor"
)

// Train starts from the parameters of l if it has some. The tasks may have any
// number of columns; of more than two ways, one is taught and all others are its pool.
func (l *Matcher) Train(ctx context.Context, src Source, run Run) (Trainer, error) {
	if err := checkSettings(l); err != nil {
		return nil, fmt.Errorf("matcher: %w", err)
	}
	c := l.sized(cmp.Or(run.Seed, l.Seed))
	c.Outer.Rate = cmp.Or(l.Outer.Rate, 2e-3)
	c.Outer.Decay = cmp.Or(l.Outer.Decay, 1e-3)
	return trainModel(ctx, c, func(ctx context.Context, params []*grad.Node, t *Task) (outcome, error) {
		n := t.Classes[0]
		return c.episode(ctx, params, against(src(uint64(n)), n))
	}, numbered(src), run)
}

// numbered gives tasks of one column that say which task of src they stand
// for: the outer loop wants all rows to be of one width. The first holds all
// of its rows, so that a checkpoint knows the source by them.
func numbered(src Source) Source {
	two := Set{X: tensor.New(2, 1), Y: []int{0, 1}}
	return func(n uint64) *Task {
		t := &Task{Ways: 2, Support: two, Query: two, Classes: []int{int(n)}}
		if n == 0 {
			first := src(0)
			all := slices.Concat(first.Support.X.Data, first.Query.X.Data)
			t.Query = Set{X: tensor.From(all, len(all), 1), Y: make([]int, len(all))}
		}
		return t
	}
}

// episode teaches the support rows and judges the query rows.
func (l *Matcher) episode(ctx context.Context, params []*grad.Node, t *Task) (o outcome, err error) {
	if _, _, err := dims(t); err != nil {
		return o, err
	}
	rows, counts, err := rowsToJudge(t)
	if err != nil {
		return o, err
	}
	by := rowsOf(t)
	les, err := l.lesson(ctx, t, by[1], by[0])
	if err != nil {
		return o, err
	}
	p := taped{les, params[0].Tape(), params}
	c := p.judge(rows)
	if err := ctx.Err(); err != nil {
		return o, err
	}
	loss, right := ranking(p.scores(c), counts)
	return outcome{loss: float64(loss.Scalar()), accuracy: right, grads: grad.Grad(loss, params...)}, nil
}

// against gives a task of two ways: way n of t, counted round, against all others.
func against(t *Task, n int) *Task {
	if t.Ways <= 2 {
		return t
	}
	two := *t
	two.Ways = 2
	for _, s := range []*Set{&two.Support, &two.Query} {
		y := make([]int, len(s.Y))
		for i, c := range s.Y {
			if c == n%t.Ways {
				y[i] = 1
			}
		}
		s.Y = y
	}
	return &two
}

// rowsToJudge gives a task's query rows, the benign ones first, then those of the
// taught attack, then others, and how many of each.
func rowsToJudge(t *Task) (*tensor.Tensor, [3]int, error) {
	var counts [3]int
	if t.Ways != 2 || t.Query.X == nil || len(t.Query.X.Shape) != 2 || t.Query.X.Cols() != t.Support.X.Cols() {
		return nil, counts, errors.New("query set: want rows of as many columns as the support set")
	}
	d := t.Query.X.Cols()
	var data []float32
	for way := range 2 {
		for i, c := range t.Query.Y {
			if c == way {
				data = append(data, t.Query.X.Row(i)...)
				counts[way]++
			}
		}
	}
	if counts[0] == 0 || counts[1] == 0 {
		return nil, counts, errors.New("query set: want benign rows and taught ones")
	}
	if t.Other.X != nil && t.Other.Len() > 0 {
		data = append(data, t.Other.X.Data...)
		counts[2] = t.Other.Len()
	}
	return tensor.From(data, len(data)/d, d), counts, nil
}

// Weights of the loss's terms.
const (
	hardest     = .1 // share of the benign rows that count again
	calibration = .25
	otherAttack = .025
)

// ranking is the loss: the mean over pairs of softplus(benign − taught), once
// over all and once over the hardest benign rows; a share of binary cross-entropy;
// and a small one of pairs of other attacks. right is the share of pairs in order.
func ranking(scores *grad.Node, counts [3]int) (loss *grad.Node, right float64) {
	b, p := counts[0], counts[0]+counts[1]
	benign, taught := grad.Slice(scores, 0, b), grad.Slice(scores, b, p)
	all := pairs(benign, taught)
	for _, v := range all.Value().Data {
		if v < 0 {
			right += 1 / float64(len(all.Value().Data))
		}
	}
	loss = grad.Add(meanSoftplus(all), meanSoftplus(pairs(top(benign), taught)))
	loss = grad.AddScaled(loss, grad.Add(meanSoftplus(benign), meanSoftplus(grad.Neg(taught))), calibration)
	if counts[2] > 0 {
		loss = grad.AddScaled(loss, meanSoftplus(pairs(grad.Slice(scores, p, scores.Rows()), taught)), otherAttack)
	}
	return loss, right
}

// pairs gives a − b for each element of the columns a [n, 1] and b [m, 1], as [n, m].
func pairs(a, b *grad.Node) *grad.Node {
	row := grad.Neg(grad.Reshape(b, 1, b.Rows()))
	return grad.AddRow(grad.SpreadCol(a, b.Rows()), row)
}

func meanSoftplus(a *grad.Node) *grad.Node {
	return grad.Scale(grad.Sum(softplusNode(a)), 1/float32(len(a.Value().Data)))
}

// top gives the highest tenth of a column, two rows at least.
func top(a *grad.Node) *grad.Node {
	at := make([]int, a.Rows())
	for i := range at {
		at[i] = i
	}
	v := a.Value().Data
	slices.SortStableFunc(at, func(i, j int) int { return cmp.Compare(v[j], v[i]) })
	k := min(len(at), max(2, int(hardest*float64(len(at)))))
	numbers := a.Tape().Zeros(k, 1)
	for i, r := range at[:k] {
		numbers.Value().Data[i] = float32(r)
	}
	return grad.Gather(a, numbers)
}
