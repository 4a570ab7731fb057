package feature

import (
	"fmt"
	"math"
)

var ecgColumns = func() (names []string) {
	for i := range ecgSamples {
		names = append(names, fmt.Sprintf("x%d", i+1))
	}
	return names
}()

// beat is a window about its median.
type beat struct {
	x      [ecgSamples]float64
	peak   int     // its sample
	height float64 // there, signed
}

func beatOf(x *[ecgSamples]float64) beat {
	b := beat{x: *x, peak: ecgMiddle}
	base := median(x[:])
	for i := range b.x {
		b.x[i] -= base
	}
	for i := ecgMiddle - ecgReach; i <= ecgMiddle+ecgReach; i++ {
		if math.Abs(b.x[i]) > math.Abs(b.x[b.peak]) {
			b.peak = i
		}
	}
	b.height = b.x[b.peak]
	return b
}

func (b *beat) energy() float64 {
	sum := 0.0
	for _, v := range b.x {
		sum += v * v
	}
	return math.Sqrt(sum / ecgSamples)
}

const sampleMS = 1000 / ecgRate

// row fills in what the window itself tells. A flat one has no shape: what is relative to its peak is 0.
func (b *beat) row(dst []float64) {
	clear(dst[:eRR])
	dst[eAmplitude] = b.height
	if math.Abs(b.height) < ecgFlat {
		return
	}
	for i := range b.x {
		b.x[i] /= b.height // upright, the peak 1
	}
	dst[eEnergy] = 100 * b.energy()
	dst[eWidth25], dst[eWidth50], dst[eWidth75] = b.width(0.25), b.width(0.5), b.width(0.75)
	b.slopes(dst)
	b.sides(dst)
	b.waves(dst)
	b.bands(dst[eBand:eBlock])
	const size = ecgSamples / ecgBlocks
	for i, v := range b.x {
		dst[eBlock+i/size] += 100 * v / size
	}
	for i := range b.x {
		b.x[i] *= b.height
	}
}

// width is how long the peak stays above a share of its height.
func (b *beat) width(share float64) float64 {
	from, to := b.peak, b.peak
	for from > 0 && b.x[from-1] >= share {
		from--
	}
	for to < ecgSamples-1 && b.x[to+1] >= share {
		to++
	}
	return float64(to-from+1) * sampleMS
}

// slopes looks 110 ms to either side.
func (b *beat) slopes(dst []float64) {
	first, last := b.peak-ecgReach, b.peak+ecgReach
	rise, fall, steepest := 0.0, 0.0, 0.0
	for i := first; i < last; i++ {
		d := b.x[i+1] - b.x[i]
		if i < b.peak {
			rise = max(rise, d)
		} else {
			fall = max(fall, -d)
		}
		steepest = max(steepest, math.Abs(d))
	}
	dst[eRise], dst[eFall] = 100*rise/sampleMS, 100*fall/sampleMS
	from, to := b.peak, b.peak
	for i := first; i < last; i++ {
		if math.Abs(b.x[i+1]-b.x[i]) >= steepest/5 {
			from, to = min(from, i), max(to, i+1)
		}
	}
	dst[eQRS] = float64(to-from) * sampleMS
}

// sides compares what is before and after the peak, counts extremes, and finds the dips beside it.
func (b *beat) sides(dst []float64) {
	var before, after, dot float64
	for k := 1; k <= 18; k++ {
		l, r := b.x[b.peak-k], b.x[b.peak+k] // the peak is 44 samples or more from either end
		before, after, dot = before+l*l, after+r*r, dot+l*r
		if k <= 12 {
			dst[eBefore], dst[eAfter] = min(dst[eBefore], 100*l), min(dst[eAfter], 100*r)
		}
	}
	if before+after > 0 {
		dst[eAsymmetry] = 100 * (after - before) / (after + before)
	}
	if before > 0 && after > 0 {
		dst[eSymmetry] = 100 * dot / math.Sqrt(before*after)
	}
	// An extreme is counted when the curve has come back by a fifth of the peak's height since.
	low, high, up := b.x[0], b.x[0], true
	for _, v := range b.x {
		low, high = min(low, v), max(high, v)
		if up && v < high-0.2 || !up && v > low+0.2 {
			dst[ePeaks]++
			low, high, up = v, v, !up
		}
	}
}

// waves looks where P, ST and T are in a usual beat.
func (b *beat) waves(dst []float64) {
	largest := func(from, to int) (v, at float64) {
		for i := max(b.peak+from, 0); i <= min(b.peak+to, ecgSamples-1); i++ {
			if math.Abs(b.x[i]) > math.Abs(v) {
				v, at = b.x[i], math.Abs(float64(i-b.peak))*sampleMS
			}
		}
		return 100 * v, at
	}
	dst[eP], dst[ePAt] = largest(-45, -14)
	dst[eT], dst[eTAt] = largest(24, 60)
	for k := 14; k < 22; k++ {
		dst[eST] += 100 * b.x[b.peak+k] / 8
	}
}

// bands gives shares of the energy but for the constant, by Goertzel's algorithm.
func (b *beat) bands(dst []float64) {
	total, mean := 0.0, 0.0
	for _, v := range b.x {
		mean += v / ecgSamples
	}
	for _, v := range b.x {
		total += (v - mean) * (v - mean)
	}
	if total == 0 {
		return
	}
	bin := 1
	for i, to := range ecgBands {
		for ; bin <= to; bin++ {
			c, s1, s2 := 2*math.Cos(2*math.Pi*float64(bin)/ecgSamples), 0.0, 0.0
			for _, v := range b.x {
				s1, s2 = v+c*s1-s2, s1
			}
			dst[i] += 100 * 2 * (s1*s1 + s2*s2 - c*s1*s2) / ecgSamples / total
		}
	}
}
