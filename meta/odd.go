package meta

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/inkling-sec/inkling/tensor"
)

// Odd asks only how unlike a class a row is; no taught row is needed. It is the mean of two surprises, each −log
// of the share of the class's own rows that are as far out, judged without themselves: the distance to the five
// nearest rows (Ramaswamy et al. 2000), and −log of the tail that a value lies in, summed over columns (as in
// ECOD, Li et al. 2022, but two-sided).
//
// In a detection task it looks at the benign rows alone: the score of class 1 is how odd a row is among them, that
// of class 0 is 0. With more ways a row belongs where it is least odd.
type Odd struct{}

var _ Unlabelled = (*Odd)(nil)

// Unlabelled is a Learner that needs no taught rows.
type Unlabelled interface {
	Learner
	// Unlike learns from benign rows [n, d] alone, n at least 1; it gives the Scorer of a detection task.
	Unlike(ctx context.Context, benign *tensor.Tensor) (Scorer, error)
}

// Name gives "odd".
func (*Odd) Name() string { return "odd" }

// Adapt learns what is usual in each class, in a detection task in the benign one.
func (l *Odd) Adapt(ctx context.Context, t *Task) (Scorer, error) {
	_, d, err := ready(l, t)
	if err != nil {
		return nil, fmt.Errorf("odd: %w", err)
	}
	rows := rowsOf(t)
	if t.Ways == 2 {
		rows = rows[:1]
	}
	s := &oddScorer{ways: t.Ways, d: d}
	for _, r := range rows {
		s.class = append(s.class, newUsual(r, d))
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	return s, ctx.Err()
}

// Unlike is the detector for when nothing was taught yet; see [Unlabelled].
func (l *Odd) Unlike(ctx context.Context, benign *tensor.Tensor) (Scorer, error) {
	if len(benign.Shape) != 2 || benign.Shape[0] == 0 || benign.Shape[1] == 0 {
		return nil, fmt.Errorf("odd: no benign rows: shape %v", benign.Shape)
	}
	s := &oddScorer{ways: 2, d: benign.Shape[1], class: []*usual{newUsual(benign.Data, benign.Shape[1])}}
	return s, ctx.Err()
}

// usual is what is usual in a class.
type usual struct {
	near   *nearIndex
	k      int
	sorted [][]float32 // values of each column
	scale  [2]*surprise
}

func newUsual(rows []float32, d int) *usual {
	rows = rowsAt(rows, d, spaced(len(rows)/d, matcherPool))
	u := &usual{near: newNearIndex(rows, d), k: 5}
	far, tails := slices.Clone(u.near.selfMeans(u.k)), make([]float32, u.near.n)
	for i, v := range far {
		far[i] = -negLog(v)
	}
	for j := range d {
		column := make([]float32, u.near.n)
		for i := range column {
			column[i] = finite32(rows[i*d+j])
		}
		slices.Sort(column)
		u.sorted = append(u.sorted, column)
	}
	for i := range tails {
		tails[i] = u.tails(rows[i*d:(i+1)*d], 0)
	}
	u.scale = [2]*surprise{newSurprise(far), newSurprise(tails)}
	return u
}

// tails sums −log of the share of rows as far out as x, over columns; more is 1 for a row that is not of the class, else 0.
func (u *usual) tails(x []float32, more int) (sum float32) {
	n := u.near.n
	for j, v := range x {
		v, column := finite32(v), u.sorted[j]
		lo := sort.Search(n, func(i int) bool { return column[i] >= v })
		hi := lo + sort.Search(n-lo, func(i int) bool { return column[lo+i] > v })
		share := float64(min(hi, n-lo)+more) / float64(n+more)
		sum -= float32(math.Log(min(2*share, 1)))
	}
	return sum
}

// oddTo writes how odd rows are.
func (u *usual) oddTo(dst []float32, x *tensor.Tensor, d int) {
	u.near.meanTo(dst, x.Data[:len(dst)*d], u.k, -1)
	for i, v := range dst {
		dst[i] = (soften(u.scale[0].of(-negLog(v))) + soften(u.scale[1].of(u.tails(x.Row(i), 1)))) / 2
	}
}

type oddScorer struct {
	ways, d int
	class   []*usual
}

func (s *oddScorer) Ways() int { return s.ways }

func (s *oddScorer) Score(dst []float32, x *tensor.Tensor) {
	n := checkScore(dst, x, s.ways, s.d)
	buf := borrow(n)
	defer giveBack(buf)
	clear(dst[:n*s.ways])
	for c, u := range s.class {
		u.oddTo(*buf, x, s.d)
		for i, v := range *buf {
			if s.ways == 2 {
				dst[2*i+1] = v
			} else {
				dst[i*s.ways+c] = -v
			}
		}
	}
}
