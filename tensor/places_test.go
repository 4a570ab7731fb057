package tensor

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Places are those that a search by comparing gives, on every path: among few and many values, for some below, among
// and above them, just below one of them, infinite ones, both zeros and no numbers.
func TestPlaces(t *testing.T) {
	onEachPath(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(61, 62))
		some := hard(rng, 1e30, -1e30)
		value := func() float32 {
			for {
				if v := some(); v == v {
					return v
				}
			}
		}
		for _, n := range []int{0, 1, 7, 100} {
			for _, m := range []int{1, 2, 3, 4, 5, 17, 31, 32, 33, 64, 65, 1000, 1024, 1025, 1057, 5000} {
				at := make([]float32, m)
				for i := range at {
					at[i] = value()
				}
				slices.Sort(at)
				at = slices.Compact(at)
				x := make([]float32, n)
				for i := range x {
					switch x[i] = some(); i % 3 {
					case 0:
						x[i] = at[rng.IntN(len(at))]
					case 1:
						x[i] = math.Nextafter32(at[rng.IntN(len(at))], float32(math.Inf(-1)))
					}
				}
				got := make([]int32, n+1)
				got[n] = -1
				NewPlaces(at).FindTo(got[:n], x)
				for i, v := range x {
					want := int32(0)
					for k, a := range at {
						if a <= v {
							want = int32(2*k + 2)
						}
						if a == v {
							want--
						}
					}
					if got[i] != want {
						t.Fatalf("%d values among %d: %v is at %d, want %d", n, m, v, got[i], want)
					}
				}
				if got[n] != -1 {
					t.Fatalf("%d values: one more was written", n)
				}
			}
		}
	})
}
