package feature

import "math"

// window is what a few values in a row tell.
type window struct {
	mean, dev, low, high   float64
	rough, jerk, crossings float64 // of the differences of neighbours: root mean square, largest; crossings of the mean
}

// windowOf looks at x, which is not empty; a value that is missing makes all NaN.
func windowOf(x []float64) (w window) {
	w.low, w.high = x[0], x[0]
	for _, v := range x {
		w.mean += v / float64(len(x))
		w.low, w.high = min(w.low, v), max(w.high, v)
	}
	for i, v := range x {
		w.dev += (v - w.mean) * (v - w.mean) / float64(len(x))
		if i > 0 {
			d := v - x[i-1]
			w.rough += d * d / float64(len(x)-1)
			w.jerk = max(w.jerk, math.Abs(d))
			if (v > w.mean) != (x[i-1] > w.mean) {
				w.crossings++
			}
		}
	}
	w.dev, w.rough = math.Sqrt(w.dev), math.Sqrt(w.rough)
	if math.IsNaN(w.mean) {
		w.crossings = math.NaN()
	}
	return w
}

// correlation is 0 where one of the two does not change, but for rounding.
func correlation(x, y []float64) float64 {
	a, b := windowOf(x), windowOf(y)
	sum := 0.0
	for i := range x {
		sum += (x[i] - a.mean) * (y[i] - b.mean) / float64(len(x))
	}
	const rounding = 1e-12
	if a.dev <= rounding*math.Abs(a.mean) || b.dev <= rounding*math.Abs(b.mean) {
		return 0
	}
	return sum / (a.dev * b.dev)
}

// finite makes NaN of what is infinite: missing.
func finite(v float64) float64 {
	if math.IsInf(v, 0) {
		return math.NaN()
	}
	return v
}
