package tensor

import (
	"math"
	"math/rand/v2"
	"testing"
)

// logEdges are at the ends of what the logarithm's steps are for.
var logEdges = []float64{0, 1, 3, 1 << 52, 1 << 53, 1 << 60, math.Sqrt2 - 1, 1. / (1 << 29), 1. / (1 << 54), 1 - 1./(1<<52), 7 - 1./(1<<50),
	math.SmallestNonzeroFloat64, math.MaxFloat32, math.MaxFloat64, math.Inf(1), math.NaN()}

// Numbers are shown as one by one, to the bit, on every path: of any size, at the ends of what the logarithm's steps are for, and
// what no number is.
func TestLogs(t *testing.T) {
	onEachPath(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(71, 72))
		for round := range 3000 {
			n := rng.IntN(40)
			l, x := &Logs{Most: 8}, make([]float64, n)
			for i := range x {
				switch rng.IntN(4) {
				case 0:
					x[i] = logEdges[rng.IntN(len(logEdges))]
				case 1:
					x[i] = float64(rng.IntN(2000))
				case 2:
					x[i] = math.Ldexp(rng.Float64(), rng.IntN(160)-80)
				default:
					x[i] = math.Nextafter(logEdges[rng.IntN(len(logEdges))], float64(rng.IntN(2))*1e300)
				}
				if rng.IntN(2) == 0 {
					x[i] = -x[i]
				}
				unit := 1.
				if rng.IntN(2) == 0 {
					unit = math.Exp(-rng.Float64())
				}
				l.Unit, l.Mean, l.Dev = append(l.Unit, unit), append(l.Mean, 3*rng.NormFloat64()), append(l.Dev, .01+rng.Float64())
			}
			if round%2 == 0 {
				l.Most = math.MaxFloat64 // nothing is cut
			}
			got := make([]float32, n+1)
			got[n] = 7
			from := rng.IntN(n + 1)
			l.To(got[:from], x[:from], 0)
			l.To(got[from:n], x[from:], from)
			for i, v := range x {
				if want := l.One(i, v); !sameBits(got[i], want) && !(want != want && got[i] != got[i]) {
					t.Fatalf("number %d of %d: %g in %g is %g, want %g", i, n, v, l.Unit[i], got[i], want)
				}
			}
			if got[n] != 7 {
				t.Fatalf("%d numbers: one more was written", n)
			}
		}
	})
}

// Negative logarithms are those of one after the other, to the bit, on every path, also in place.
func TestNegLog(t *testing.T) {
	onEachPath(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(73, 74))
		some := hard(rng, math.MaxFloat32, 1e-6, 1, .70710678, .7071068)
		for round := range 3000 {
			x := make([]float32, rng.IntN(20))
			for i := range x {
				if x[i] = some(); round%2 == 0 {
					x[i] = float32(math.Ldexp(1+rng.Float64(), rng.IntN(60)-30))
				}
			}
			got, place := make([]float32, len(x)+1), append([]float32{}, x...)
			got[len(x)] = 7
			NegLogTo(got[:len(x)], x, 1e-6)
			NegLogTo(place, place, 1e-6)
			for i, v := range x {
				if want := -float32(math.Log(max(float64(v), 1e-6))); !(sameBits(got[i], want) || want != want && got[i] != got[i]) || !(sameBits(place[i], got[i]) || got[i] != got[i] && place[i] != place[i]) {
					t.Fatalf("number %d of %d: %g gives %g, in place %g, want %g", i, len(x), v, got[i], place[i], want)
				}
			}
			if got[len(x)] != 7 {
				t.Fatalf("%d numbers: one more was written", len(x))
			}
		}
	})
}

func TestLog1p(t *testing.T) {
	onEachPath(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(75, 76))
		for range 3000 {
			x, got := make([]float64, rng.IntN(20)), make([]float64, 20)
			for i := range x {
				switch rng.IntN(3) {
				case 0:
					x[i] = logEdges[rng.IntN(len(logEdges))]
				case 1:
					x[i] = math.Exp(-20 * rng.Float64())
				default:
					x[i] = math.Ldexp(rng.Float64(), rng.IntN(160)-80)
				}
			}
			got[len(x)%20] = 7
			Log1pTo(got[:len(x)], x)
			for i, v := range x {
				if want := math.Log1p(v); math.Float64bits(got[i]) != math.Float64bits(want) && want == want {
					t.Fatalf("number %d of %d: %g gives %g, want %g", i, len(x), v, got[i], want)
				}
			}
			if got[len(x)%20] != 7 {
				t.Fatalf("%d numbers: one more was written", len(x))
			}
		}
	})
}
