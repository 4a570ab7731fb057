package tensor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// What is found are the first elements of the sorted row, on every path.
func TestLeast(t *testing.T) {
	onEachPath(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(41, 42))
		none := float32(math.Inf(1))
		rare := []float32{float32(math.NaN()), -float32(math.NaN()), none, 0, math.MaxFloat32, 1e-45, .5}
		value := func() float32 {
			if rng.IntN(6) == 0 {
				return rare[rng.IntN(len(rare))]
			}
			return float32(rng.ExpFloat64())
		}
		for d := range 140 {
			a, _ := within(rng, value, 1, d) // numbers that do not belong to it lie on both sides
			want := slices.DeleteFunc(slices.Clone(a.Data), func(v float32) bool { return v != v })
			slices.Sort(want)
			want = append(want, none, none, none, none, none)[:LeastCount]
			got := [LeastCount]float32{-1, -1, -1, -1, -1}
			if Least(&got, a.Data); !slices.Equal(got[:], want) {
				t.Fatalf("of %v: %v, want %v", a.Data, got, want)
			}
		}
	})
}

func BenchmarkLeast(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, d := range []int{32, 128, 1000} {
		a, dst := New(64, d), [LeastCount]float32{}
		for i := range a.Data {
			a.Data[i] = float32(rng.ExpFloat64())
		}
		b.Run(fmt.Sprint(d), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for i := range 64 {
					Least(&dst, a.Row(i))
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/64, "ns/row")
		})
	}
}
