package meta

import (
	"math"
	"sort"
	"sync"

	"github.com/inkling-sec/inkling/tensor"
)

// A cell is what a value of a column looks like among the benign values of
// that column: numbers that mean the same in every table.
const (
	cellNormal = iota // half the normal score of its rank
	cellRank          // rank, −1 to 1
	cellAtom          // ln(1 + benign rows of the same value)/7
	cellTail          // ln(1 + benign rows at least as far out)/7
	cellScale         // distance from the median in spreads, logarithmic
	cellLog           // standardised logarithm
	cellAbove         // 1 above all benign values
	cellBelow
	cellOver // how far above
	cellUnder
	cellNew // 1 between benign values, equal to none
	cellSides
)

// slog is the logarithm that keeps signs: sign(x)·ln(1+|x|).
func slog(x float64) float64 { return math.Copysign(math.Log1p(math.Abs(x)), x) }

func clip(x, low, high float64) float64 { return min(max(x, low), high) }

// ranks are functions of a rank among m benign values.
type ranks struct {
	m      int
	normal []float32 // [2m+1], at lo+hi
	log    []float32 // [m+1], ln(1+i)/7
}

var rankTables sync.Map // of *ranks by m

func ranksOf(m int) *ranks {
	if r, ok := rankTables.Load(m); ok {
		return r.(*ranks)
	}
	r := &ranks{m, make([]float32, 2*m+1), make([]float32, m+1)}
	for i := range r.normal {
		u := clip(2*r.share(i)-1, -.9999, .9999)
		r.normal[i] = float32(math.Erfinv(u) * math.Sqrt2 / 2)
	}
	for i := range r.log {
		r.log[i] = float32(math.Log1p(float64(i)) / 7)
	}
	rankTables.Store(m, r)
	return r
}

// share gives the rank lo+hi as a share, half a row away from the ends.
func (r *ranks) share(both int) float64 {
	m := float64(r.m)
	return clip(float64(both)/(2*m), .5/m, 1-.5/m)
}

// code is what cells are made by: the benign values of a column.
type code struct {
	*ranks
	sorted           []float32 // rising
	median, spread   float64
	unit             float64 // the median of the sizes of those that are not 0
	logMean, logSpan float64 // of slog(x/unit)
	perUnit, perSpan float32 // 1 over these
}

// newCode keeps sorted, which has one value at least.
func newCode(sorted []float32) code {
	m := len(sorted)
	c := code{ranks: ranksOf(m), sorted: sorted, median: float64(sorted[m/2]), spread: 1, unit: 1}
	c.fitSpread()
	if size := medianSize(sorted); size > 0 {
		c.unit = max(size, 1e-12)
	}
	c.perUnit = float32(1 / c.unit)
	c.perSpan = 1
	if c.logMean, c.logSpan = spanOf(c.slogs()); !(c.logSpan > 1e-6) {
		c.logSpan = 1
	}
	c.perSpan = float32(1 / c.logSpan)
	return c
}

// medianSize gives the lower median of the sizes of the values that are not 0,
// which rise on either side of it; 0 where there are none.
func medianSize(sorted []float32) float64 {
	up := sort.Search(len(sorted), func(i int) bool { return sorted[i] > 0 })
	down := sort.Search(len(sorted), func(i int) bool { return sorted[i] >= 0 }) - 1
	n, size := down+1+len(sorted)-up, float32(0)
	for range (n + 1) / 2 {
		if up == len(sorted) || down >= 0 && -sorted[down] <= sorted[up] {
			size = -sorted[down]
			down--
		} else {
			size = sorted[up]
			up++
		}
	}
	return float64(size)
}

// fitSpread takes half the way from the first to the last tenth for the
// spread, or the standard deviation where that is nothing.
func (c *code) fitSpread() {
	tenth, last := c.sorted[int(.1*float64(c.m))], c.sorted[min(c.m-1, int(.9*float64(c.m)))]
	if q := float64(last) - float64(tenth); q > 1e-9*(1+math.Abs(c.median)) {
		c.spread = q / 2
	} else if _, dev := spanOf(c.sorted); dev > 0 {
		c.spread = dev
	}
}

// slogs gives slog(x/unit) of the benign values.
func (c *code) slogs() []float32 {
	out := &tensor.Tensor{Shape: []int{1, c.m}, Data: make([]float32, c.m)}
	for i, x := range c.sorted {
		out.Data[i] = c.size(x)
	}
	tensor.LogTo(out, out)
	for i, x := range c.sorted {
		if x < 0 {
			out.Data[i] = -out.Data[i]
		}
	}
	return out.Data
}

// spanOf gives mean and standard deviation.
func spanOf(xs []float32) (mean, dev float64) {
	for _, x := range xs {
		mean += float64(x)
	}
	mean /= float64(len(xs))
	for _, x := range xs {
		dev += (float64(x) - mean) * (float64(x) - mean)
	}
	return mean, math.Sqrt(dev / float64(len(xs)))
}

// rank gives the number of benign values below x and of those up to it.
func (c *code) rank(x float32) (lo, hi int) {
	lo = sort.Search(c.m, func(i int) bool { return c.sorted[i] >= x })
	if lo == c.m || c.sorted[lo] > x {
		return lo, lo
	}
	return lo, lo + sort.Search(c.m-lo, func(i int) bool { return c.sorted[lo+i] > x })
}

// size gives 1 + |x|/unit, finite whatever x.
func (c *code) size(x float32) float32 { return min(1+c.perUnit*abs32(x), math.MaxFloat32) }

// logCell gives a cell's cellLog of x and the logarithm of its size. Wherever
// it is needed it comes this way, to the last bit: derived columns tell by its
// bits whether a row is one of the pool.
func (c *code) logCell(x, log float32) float32 {
	if x < 0 {
		log = -log
	}
	return clip32((log-float32(c.logMean))*c.perSpan, 8) / 3
}

// logCells gives the cellLog of values.
func (c *code) logCells(xs []float32) []float32 {
	out := &tensor.Tensor{Shape: []int{1, len(xs)}, Data: make([]float32, len(xs))}
	for i, x := range xs {
		out.Data[i] = c.size(x)
	}
	tensor.LogTo(out, out)
	for i, x := range xs {
		out.Data[i] = c.logCell(x, out.Data[i])
	}
	return out.Data
}

// scaleCell gives a cell's cellScale of x.
func (c *code) scaleCell(x float32) float32 {
	return float32(clip(slog(clip((float64(x)-c.median)/c.spread, -1e6, 1e6)), -6, 6) / 3)
}

// scaleCells gives the cellScale of values, nearly.
func (c *code) scaleCells(xs []float32) []float32 {
	out := &tensor.Tensor{Shape: []int{1, len(xs)}, Data: make([]float32, len(xs))}
	for i, x := range xs {
		out.Data[i] = 1 + float32(min(math.Abs(float64(x)-c.median)/c.spread, 1e6))
	}
	tensor.LogTo(out, out)
	for i, x := range xs {
		if out.Data[i] = min(out.Data[i], 6) / 3; float64(x) < c.median {
			out.Data[i] = -out.Data[i]
		}
	}
	return out.Data
}

// cellTo writes the cell of x, of that rank, scale and logarithm, to dst [cellSides].
func (c *code) cellTo(dst []float32, x float32, lo, hi int, scale, log float32) {
	dst = dst[:cellSides]
	clear(dst)
	dst[cellNormal] = c.normal[lo+hi]
	dst[cellRank] = float32(2*c.share(lo+hi) - 1)
	dst[cellAtom] = c.log[hi-lo]
	dst[cellTail] = c.log[min(hi, c.m-lo)]
	dst[cellScale], dst[cellLog] = scale, log
	v := float64(x)
	low, high := float64(c.sorted[0]), float64(c.sorted[c.m-1])
	switch {
	case v > high:
		dst[cellAbove] = 1
		dst[cellOver] = float32(min(slog(min((v-high)/c.spread, 1e6)), 6) / 3)
	case v < low:
		dst[cellBelow] = 1
		dst[cellUnder] = float32(min(slog(min((low-v)/c.spread, 1e6)), 6) / 3)
	case lo == hi:
		dst[cellNew] = 1
	}
}
