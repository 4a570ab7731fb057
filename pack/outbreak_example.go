package pack

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
)

// makeCounts makes four years of weekly counts of twelve districts: seasonal, overdispersed, with outbreaks of two kinds. From a point
// source, such as a meal, many fall ill within two weeks; one that is propagated from person to person doubles slowly and
// ebbs over two months.
func makeCounts(seed uint64) ([]byte, error) {
	const weeks, first = 208, 2022
	rng := rand.New(rand.NewPCG(seed, 0x636f756e74))
	var b bytes.Buffer
	b.WriteString("series,time,count,label\n")
	for district := range 12 {
		level, swing, peak := math.Exp(0.3+1.8*rng.Float64()), 0.2+0.6*rng.Float64(), 52*rng.Float64()
		extra, label := [weeks]float64{}, [weeks]string{}
		put := func(at int, kind string, shape []float64) {
			for i, v := range shape {
				if at+i < weeks {
					extra[at+i] += v
					label[at+i] = kind
				}
			}
		}
		for year := range 4 {
			start := 52*year + 6 + rng.IntN(16)
			size := 3 + 5*math.Sqrt(level)*(0.6+rng.Float64())
			put(start, "point-source", []float64{size, size * (0.3 + 0.4*rng.Float64())})
			if (year+district)%2 == 0 {
				growth := 0.8 + 1.2*rng.Float64()
				var wave []float64
				for _, v := range []float64{1, 1.5, 2.2, 3, 3.2, 2.2, 1.2} {
					wave = append(wave, growth*v*math.Sqrt(level))
				}
				put(start+24, "propagated", wave)
			}
		}
		for w := range weeks {
			mean := level*(1+swing*math.Cos(2*math.Pi*(float64(w)-peak)/52))*math.Exp(0.3*rng.NormFloat64()) + extra[w]
			kind := label[w]
			if kind == "" {
				kind = "benign"
			}
			fmt.Fprintf(&b, "district-%02d,%d-W%02d,%d,%s\n", district+1, first+w/52, w%52+1, poisson(rng, mean), kind)
		}
	}
	return b.Bytes(), nil
}

// poisson draws by Knuth's product of uniform numbers; mean is below some hundreds.
func poisson(rng *rand.Rand, mean float64) int {
	n, end := 0, math.Exp(-mean)
	for p := rng.Float64(); p > end; p *= rng.Float64() {
		n++
	}
	return n
}
