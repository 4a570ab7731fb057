package meta

import (
	"context"
	"fmt"
)

// LDA is linear discriminant analysis with equal class priors and one
// covariance for all classes, shrunk as Ledoit & Wolf 2004 find best for its
// rows. Where every class has a single row nothing is known of the covariance,
// and LDA is the nearest mean.
type LDA struct {
	Least float64 // least shrinkage; 0 means 0.001
}

var _ Learner = (*LDA)(nil)

// Name gives "lda".
func (*LDA) Name() string { return "lda" }

// Adapt solves for the discriminants.
func (l *LDA) Adapt(ctx context.Context, t *Task) (Scorer, error) {
	_, d, err := ready(l, t)
	if err = allNumbers(t, err); err != nil {
		return nil, fmt.Errorf("lda: %w", err)
	}
	least := l.Least
	if least == 0 {
		least = .001
	}
	within, classes := scatter{d: d}, rowsOf(t)
	for _, rows := range classes {
		within.add(rows)
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	factor := within.shrunk(least)
	cholesky(factor, d)
	centre := meanOf(classes[0], d)
	var weight, bias []float32
	for _, rows := range classes {
		mean := make([]float64, d)
		for j, m := range meanOf(rows, d) {
			mean[j] = float64(m - centre[j])
		}
		w := solve(factor, mean)
		half := 0.0
		for j, v := range w {
			weight = append(weight, float32(v))
			half += v * mean[j] / 2
		}
		bias = append(bias, float32(-half))
	}
	return newLinearScorer(weight, bias, centre), ctx.Err()
}

// solve gives (LLᵀ)⁻¹b for the lower triangle L.
func solve(l, b []float64) []float64 {
	d := len(b)
	x := append([]float64(nil), b...)
	for i := range d {
		for k, u := range l[i*d : i*d+i] {
			x[i] -= u * x[k]
		}
		x[i] /= l[i*d+i]
	}
	for i := d - 1; i >= 0; i-- {
		x[i] /= l[i*d+i]
		for k, u := range l[i*d : i*d+i] {
			x[k] -= u * x[i]
		}
	}
	return x
}
