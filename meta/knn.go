package meta

import (
	"context"
	"fmt"
	"math"

	"github.com/inkling-sec/inkling/tensor"
)

// KNN lets the nearest support rows vote. A vote weighs 1/distance² and the
// votes of a class are divided by its rows, so that a thousand benign rows do
// not outvote five taught ones. Besides the nearest rows over all, the nearest
// of each class votes, so that no two rows are level for want of a vote. The
// score of a class is the log of its votes.
type KNN struct {
	Neighbours int // 0 means 5
}

var _ Learner = (*KNN)(nil)

// Name gives "knn".
func (*KNN) Name() string { return "knn" }

// Adapt indexes the support rows by class.
func (l *KNN) Adapt(ctx context.Context, t *Task) (Scorer, error) {
	n, d, err := ready(l, t)
	if err != nil {
		return nil, fmt.Errorf("knn: %w", err)
	}
	s := &knnScorer{k: l.Neighbours, d: d}
	if s.k == 0 {
		s.k = 5
	}
	s.k = min(s.k, n) // all of them vote
	for _, rows := range rowsOf(t) {
		s.class = append(s.class, newNearIndex(rows, d))
	}
	return s, ctx.Err()
}

type knnScorer struct {
	class []*nearIndex
	k, d  int
}

func (s *knnScorer) Ways() int { return len(s.class) }

func (s *knnScorer) Score(dst []float32, x *tensor.Tensor) {
	ways := len(s.class)
	n := checkScore(dst, x, ways, s.d)
	const block = 64
	buf := borrow(block * ways * s.k)
	defer giveBack(buf)
	for lo := 0; lo < n; lo += block {
		hi := min(n, lo+block)
		dist := (*buf)[:(hi-lo)*ways*s.k] // squared, of row i to the j-th nearest of class c
		for c, ix := range s.class {
			ix.each(x.Data[lo*s.d:hi*s.d], s.k, -1, func(i int, best []near) {
				to := dist[(i*ways+c)*s.k : (i*ways+c+1)*s.k]
				for j := range to {
					to[j] = float32(math.Inf(1))
				}
				for j, b := range best {
					to[j] = b.d2
				}
			})
		}
		for i := range hi - lo {
			s.vote(dst[(lo+i)*ways:(lo+i+1)*ways], dist[i*ways*s.k:(i+1)*ways*s.k])
		}
	}
}

// vote counts the votes of one row.
func (s *knnScorer) vote(dst, dist []float32) {
	limit := kthOf(dist, s.k)
	for c, ix := range s.class {
		votes := 0.0
		for j, d2 := range dist[c*s.k : (c+1)*s.k] {
			if j == 0 || d2 <= limit {
				votes += 1 / (float64(d2) + 1e-9)
			}
		}
		dst[c] = float32(math.Log(votes / float64(ix.n)))
	}
}

// kthOf gives the k-th smallest of the distances, k at most their number.
func kthOf(dist []float32, k int) float32 {
	limit := float32(-1)
	for left := k; left > 0; {
		next, times := float32(math.Inf(1)), 0
		for _, v := range dist {
			if v > limit && v < next {
				next, times = v, 1
			} else if v == next {
				times++
			}
		}
		if times == 0 {
			break
		}
		limit, left = next, left-times
	}
	return limit
}
