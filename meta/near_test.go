package meta

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Rows far from the origin and close together: the case in which the quick form
// of a distance is all rounding error.
func TestNearIndexIsExact(t *testing.T) {
	const n, d, k = 203, 17, 5
	r := rand.New(rand.NewPCG(1, 1))
	x := make([]float32, n*d)
	for i := range x {
		x[i] = 1000 + float32(r.NormFloat64())*.01
	}
	copy(x[7*d:8*d], x[:d])
	got := make([]float32, n)
	newNearIndex(x, d).meanTo(got, x, k, 0)
	for i := range n {
		var all []float64
		for j := range n {
			sum := 0.0
			for c := range d {
				sum += math.Pow(float64(x[i*d+c])-float64(x[j*d+c]), 2)
			}
			if j != i {
				all = append(all, math.Sqrt(sum))
			}
		}
		slices.Sort(all)
		want := (all[0] + all[1] + all[2] + all[3] + all[4]) / 5
		if math.Abs(float64(got[i])-want) > 1e-5*want {
			t.Fatalf("row %d: %v, want %v", i, got[i], want)
		}
	}
}

func TestNearestOrder(t *testing.T) {
	got := nearest(nil, []float32{4, 1, 3, 1, 0, 9}, 3, 4)
	want := []near{{1, 1}, {1, 3}, {3, 2}}
	if !slices.Equal(got, want) {
		t.Errorf("nearest = %v, want %v", got, want)
	}
	if got := nearest(nil, []float32{2, 1}, 3, -1); len(got) != 2 {
		t.Errorf("of two rows the three nearest are %v", got)
	}
}

// Folding finds what looking at every element does: with ties, with infinities, and with one that does not count.
func TestFoldFindsTheNearest(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for range 2000 {
		n := manyNear + r.IntN(100)
		f := newFold(n, make([]float32, n/2))
		d2 := make([]float32, n)
		for i := range d2 {
			switch d2[i] = float32(r.IntN(1 + n/(1+r.IntN(n)))); {
			case r.IntN(5) == 0:
				d2[i] = float32(math.Inf(1))
			case r.IntN(3) == 0:
				d2[i] += r.Float32()
			}
		}
		k, skip := 1+r.IntN(7), r.IntN(n+1)-1
		if got, want := f.nearest(nil, d2, k, skip), nearest(nil, d2, k, skip); !slices.Equal(got, want) {
			t.Fatalf("%d nearest of %d but %d: %v, want %v", k, n, skip, got, want)
		}
	}
}
