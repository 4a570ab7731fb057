package meta_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/tensor"
)

// spread is a learner of one's own: the nearest mean, each column measured by
// how much it varies within classes (naive Bayes with shared variances).
type spread struct{}

func (spread) Name() string { return "spread" }

func (spread) Adapt(ctx context.Context, t *meta.Task) (meta.Scorer, error) {
	x := t.Support.X
	if x == nil || x.Rows() != t.Support.Len() {
		return nil, errors.New("spread: rows and classes do not match")
	}
	s := &spreadScorer{mean: tensor.New(t.Ways, x.Cols()), weight: make([]float32, x.Cols())}
	count := make([]float32, t.Ways)
	for i, c := range t.Support.Y {
		if c < 0 || c >= t.Ways {
			return nil, fmt.Errorf("spread: row %d: class %d of %d", i, c, t.Ways)
		}
		count[c]++
		for j, v := range x.Row(i) {
			s.mean.Row(c)[j] += (v - s.mean.Row(c)[j]) / count[c]
		}
	}
	for c, n := range count {
		if n == 0 {
			return nil, fmt.Errorf("spread: class %d has no row", c)
		}
	}
	for j := range s.weight {
		sum := float32(0.01)
		for i, c := range t.Support.Y {
			d := x.Row(i)[j] - s.mean.Row(c)[j]
			sum += d * d
		}
		s.weight[j] = float32(x.Rows()) / sum
	}
	return s, ctx.Err()
}

type spreadScorer struct {
	mean   *tensor.Tensor // [ways, d]
	weight []float32      // one over the variance of each column
}

func (s *spreadScorer) Ways() int { return s.mean.Rows() }

func (s *spreadScorer) Score(dst []float32, x *tensor.Tensor) {
	for i := range x.Rows() {
		for c := range s.Ways() {
			var far float32
			for j, v := range x.Row(i) {
				d := v - s.mean.Row(c)[j]
				far += s.weight[j] * d * d
			}
			dst[i*s.Ways()+c] = -far
		}
	}
}

// A learner of one's own is two methods, and two of the scorer it gives; it is judged on the same episodes as those of the list.
// Where it is to join the list, metatest.Check runs the battery over it.
func Example_learner() {
	src := meta.NWay(flowers(2, 30), meta.Episodes{Ways: 5, Shots: []int{10}})
	mine := rightOf(spread{}, src, 50)
	for _, name := range []string{"nearest-mean", "knn"} {
		e, err := meta.Find(name)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("better than %s: %v\n", name, mine > rightOf(e.New(1), src, 50)+0.1)
	}
	// Output:
	// better than nearest-mean: true
	// better than knn: true
}
