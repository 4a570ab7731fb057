package tensor

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// Places are those that a search by comparing gives, on every path: among few and many values, for some below, among
// and above them, infinite ones and both zeros.
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
		for _, n := range []int{0, 1, 7, 31, 32, 33, 64, 65, 100} {
			for _, m := range []int{1, 2, 3, 4, 5, 17, 1000} {
				at := make([]float32, m)
				for i := range at {
					at[i] = value()
				}
				slices.Sort(at)
				at = slices.Compact(at)
				x := make([]float32, n)
				for i := range x {
					if x[i] = value(); i%3 == 0 {
						x[i] = at[rng.IntN(len(at))]
					}
				}
				got := make([]int32, n+1)
				got[n] = -1
				PlacesTo(got[:n], x, at)
				for i, v := range x {
					want := int32(0)
					for k, a := range at {
						if a <= v {
							want = int32(k)
						}
					}
					if got[i] != want {
						t.Fatalf("%d values among %d: %v is at %d, want %d of %v", n, m, v, got[i], want, at)
					}
				}
				if got[n] != -1 {
					t.Fatalf("%d values: one more was written", n)
				}
			}
		}
	})
}

func TestAddPieces(t *testing.T) {
	onEachPath(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(63, 64))
		value := hard(rng)
		for n := range 40 {
			pieces := make([]Piece, 1+rng.IntN(9))
			for i := range pieces {
				p := &pieces[i]
				p.X, p.Y = value(), value()
				for k := range p.From {
					p.From[k], p.Slope[k], p.Turn[k] = value(), value(), value()
				}
			}
			sums, kept := within(rng, value, n, PieceSides)
			want, which, x, y := sums.Clone(), make([]int32, n), make([]float32, n), make([]float32, n)
			for i := range n {
				which[i], x[i], y[i] = int32(rng.IntN(len(pieces))), value(), value()
				for k := range PieceSides {
					p := &pieces[which[i]]
					slope, turn := p.Slope[k]*(x[i]-p.X), p.Turn[k]*(y[i]-p.Y)
					want.Row(i)[k] += p.From[k] + slope + turn
				}
			}
			if AddPieces(sums, pieces, which, x, y); !slices.EqualFunc(sums.Data, want.Data, sameBits) || !kept() {
				t.Fatalf("%d rows: %v, want %v", n, sums.Data, want.Data)
			}
		}
	})
}
