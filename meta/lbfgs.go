package meta

import (
	"context"
	"math"
)

// minimise moves w to where f is least: L-BFGS with a memory of ten steps and
// backtracking, until the largest slope is at most tolerance, a step no longer
// helps, or steps are spent. f writes the gradient and gives the value.
func minimise(ctx context.Context, w []float64, f func(grad, w []float64) float64, steps int, tolerance float64) error {
	const memory = 10
	var moved, turned [][]float64
	n := len(w)
	grad, dir := make([]float64, n), make([]float64, n)
	value := f(grad, w)
	for range steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		if largest(grad) <= tolerance {
			return nil
		}
		descend(dir, grad, moved, turned)
		to, grad2, step := make([]float64, n), make([]float64, n), 1.0
		if len(moved) == 0 {
			step = 1 / math.Sqrt(inner(grad, grad))
		}
		next, ok := 0.0, false
		for range 30 {
			for i := range to {
				to[i] = w[i] + step*dir[i]
			}
			if next = f(grad2, to); next <= value+1e-4*step*inner(grad, dir) {
				ok = true
				break
			}
			step /= 2
		}
		if !ok {
			return nil
		}
		s, y := make([]float64, n), make([]float64, n)
		for i := range s {
			s[i], y[i] = to[i]-w[i], grad2[i]-grad[i]
		}
		if inner(s, y) > 1e-12*inner(y, y) {
			if moved, turned = append(moved, s), append(turned, y); len(moved) > memory {
				moved, turned = moved[1:], turned[1:]
			}
		}
		copy(w, to)
		grad, value = grad2, next
	}
	return nil
}

// descend writes −H·grad, H the inverse curvature that the last moves (s) and
// turns of the gradient (y) tell: the two-loop recursion.
func descend(dir, grad []float64, moved, turned [][]float64) {
	for i, g := range grad {
		dir[i] = -g
	}
	share := make([]float64, len(moved))
	for k := len(moved) - 1; k >= 0; k-- {
		share[k] = inner(moved[k], dir) / inner(moved[k], turned[k])
		addScaled(dir, turned[k], -share[k])
	}
	if k := len(moved) - 1; k >= 0 {
		scale := inner(moved[k], turned[k]) / inner(turned[k], turned[k])
		for i := range dir {
			dir[i] *= scale
		}
	}
	for k := range moved {
		addScaled(dir, moved[k], share[k]-inner(turned[k], dir)/inner(moved[k], turned[k]))
	}
}

func inner(a, b []float64) float64 {
	sum := 0.0
	for i, v := range a {
		sum += v * b[i]
	}
	return sum
}

func addScaled(dst, a []float64, by float64) {
	for i, v := range a {
		dst[i] += by * v
	}
}

func largest(a []float64) float64 {
	most := 0.0
	for _, v := range a {
		most = max(most, math.Abs(v))
	}
	return most
}
