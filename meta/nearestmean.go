package meta

import (
	"context"
	"fmt"
	"math"

	"github.com/inkling-sec/inkling/tensor"
)

// NearestMean scores a class by −‖row − mean of its rows‖: a prototypical
// network (Snell et al. 2017) whose embedding is the row itself.
type NearestMean struct{}

var _ Learner = (*NearestMean)(nil)

// Name gives "nearest-mean".
func (*NearestMean) Name() string { return "nearest-mean" }

// Adapt takes the means.
func (l *NearestMean) Adapt(ctx context.Context, t *Task) (Scorer, error) {
	_, d, err := ready(l, t)
	if err = allNumbers(t, err); err != nil {
		return nil, fmt.Errorf("nearest-mean: %w", err)
	}
	s := &meanScorer{ways: t.Ways, d: d}
	for _, rows := range rowsOf(t) {
		s.mean = append(s.mean, meanOf(rows, d)...)
	}
	return s, ctx.Err()
}

type meanScorer struct {
	ways, d int
	mean    []float32 // [ways, d]
}

func (s *meanScorer) Ways() int { return s.ways }

func (s *meanScorer) Score(dst []float32, x *tensor.Tensor) {
	n := checkScore(dst, x, s.ways, s.d)
	for i := range n {
		row := x.Data[i*s.d : (i+1)*s.d]
		for c := range s.ways {
			d2 := tensor.SquaredDistance(row, s.mean[c*s.d:(c+1)*s.d])
			dst[i*s.ways+c] = -float32(math.Sqrt(float64(d2)))
		}
	}
}
