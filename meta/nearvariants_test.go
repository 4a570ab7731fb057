package meta

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/inkling-sec/inkling/tensor"
)

// Variants of a row are as far as if all distances were measured, to the bit: few columns and too many changed, one after the other
// and each anew, among rows of which many are the same or lie close, of any scale, and with numbers that are none.
func TestVariants(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for round := range 60 {
		n, d := manyNear+rng.IntN(100), variantWide+rng.IntN(40)
		scale := float32(math.Pow(10, float64(rng.IntN(7)-3)))
		row := func() []float32 {
			x := make([]float32, d)
			for c := range x {
				if x[c] = float32(rng.IntN(3)); round%2 == 0 {
					x[c] = scale * float32(rng.NormFloat64())
				}
			}
			return x
		}
		var pool [][]float32
		for i := range n {
			x := row()
			if i > 0 && rng.IntN(3) == 0 { // close to another
				x = append([]float32{}, pool[rng.IntN(i)]...)
				x[rng.IntN(d)] += scale * float32(rng.IntN(2)) / 1e5
			}
			pool = append(pool, x)
		}
		hard := []float32{float32(math.NaN()), float32(math.Inf(1)), 1e19, 1e30, 0}
		if round%5 == 0 {
			pool[rng.IntN(n)][rng.IntN(d)] = hard[rng.IntN(len(hard))]
		}
		ix := newNearIndex(flat(pool), d)
		var x [][]float32
		for range 1 + rng.IntN(3) {
			x = append(x, row())
			for range rng.IntN(40) {
				of := x[len(x)-1-rng.IntN(min(2, len(x)))]
				v := append([]float32{}, of...)
				for range rng.IntN(variantColumns + 3) {
					v[rng.IntN(d)] = row()[0]
				}
				if rng.IntN(30) == 0 {
					v[rng.IntN(d)] = hard[rng.IntN(len(hard))]
				}
				x = append(x, v)
			}
		}
		for k := 1; k <= tensor.LeastCount; k += 2 {
			got, want := make([]float32, len(x)), make([]float32, len(x))
			ix.meanTo(got, flat(x), k, -1)
			ix.wholeTo(want, flat(x), k)
			for i := range want {
				if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
					t.Fatalf("round %d, %d nearest, row %d of %d: %g, want %g", round, k, i, len(x), got[i], want[i])
				}
			}
		}
	}
}
