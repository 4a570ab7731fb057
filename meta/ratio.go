package meta

import (
	"context"
	"fmt"

	"github.com/inkling-sec/inkling/tensor"
)

// manyRows is from how many rows on a class is a cloud with a density rather
// than a few examples.
const manyRows = 50

// Ratio asks whether a row lies nearer to the taught rows than is usual where
// it lies: d₅(benign) / (d₅(benign) + d₁(taught)), d₅ the mean distance to the
// five nearest benign rows and d₁ the distance to the nearest taught one. The
// score of a class is −log of its distance, so the softmax of a row's scores
// is that ratio. With more ways each class of 50 rows and more is measured by
// its five nearest, a smaller one by its nearest.
type Ratio struct {
	Neighbours int // of a class of 50 rows and more; 0 means 5
}

var _ Learner = (*Ratio)(nil)

// Name gives "ratio".
func (*Ratio) Name() string { return "ratio" }

// Adapt indexes the support rows by class.
func (l *Ratio) Adapt(ctx context.Context, t *Task) (Scorer, error) {
	_, d, err := ready(l, t)
	if err != nil {
		return nil, fmt.Errorf("ratio: %w", err)
	}
	s := &ratioScorer{d: d}
	for _, rows := range rowsOf(t) {
		k := 1
		if len(rows) >= manyRows*d {
			k = l.Neighbours
			if k == 0 {
				k = 5
			}
			k = min(k, len(rows)/d)
		}
		s.class = append(s.class, newNearIndex(rows, d))
		s.k = append(s.k, k)
	}
	return s, ctx.Err()
}

type ratioScorer struct {
	class []*nearIndex
	k     []int
	d     int
}

func (s *ratioScorer) Ways() int { return len(s.class) }

func (s *ratioScorer) Score(dst []float32, x *tensor.Tensor) { s.score(dst, x, nil) }

// score is Score where the rows' distances to class 0 are known, if far is not nil.
func (s *ratioScorer) score(dst []float32, x *tensor.Tensor, far []float32) {
	n, ways := checkScore(dst, x, len(s.class), s.d), len(s.class)
	buf := borrow(n)
	defer giveBack(buf)
	for c, ix := range s.class {
		near := far
		if c > 0 || far == nil {
			near = *buf
			ix.meanTo(near, x.Data, s.k[c], -1)
		}
		negLogTo(*buf, near)
		for i, v := range *buf {
			dst[i*ways+c] = v
		}
	}
}

// ScoreSelf leaves each benign row out of its own neighbours.
func (s *ratioScorer) ScoreSelf() []float32 {
	own, ways := s.class[0], len(s.class)
	dst, dist := make([]float32, own.n*ways), make([]float32, own.n)
	for c, ix := range s.class {
		near := dist
		if c == 0 {
			near = own.selfMeans(s.k[0])
		} else {
			ix.meanTo(dist, own.rows.Data, s.k[c], -1)
		}
		for i, v := range near {
			dst[i*ways+c] = negLog(v)
		}
	}
	return dst
}
