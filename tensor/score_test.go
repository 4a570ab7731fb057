package tensor

import (
	"math/rand/v2"
	"testing"
)

// BenchmarkScore times what a prototype's scorer does to a row: a perceptron of
// 64-128-64 and the distances to 32 prototypes, in blocks of 64 rows.
func BenchmarkScore(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	x, w1, b1, h := random(rng, 64, 64), random(rng, 64, 128), random(rng, 128), New(64, 128)
	w2, b2, z, protos, d := random(rng, 128, 64), random(rng, 64), New(64, 64), random(rng, 32, 64), New(64, 32)
	for p := plain; p <= fastest(); p++ {
		b.Run(pathNames[p], func(b *testing.B) {
			b.ReportAllocs()
			on(p, func() {
				for b.Loop() {
					DenseTo(h, x, w1, b1, true)
					DenseTo(z, h, w2, b2, false)
					SquaredDistancesTo(d, z, protos)
				}
			})
			b.ReportMetric(64*float64(b.N)/1e6/b.Elapsed().Seconds(), "Mrows/s")
		})
	}
}
