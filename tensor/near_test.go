package tensor

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// near lists the loops whose paths differ by roundings.
var near = []loop{
	{"DenseTo", "mxwr", 1, func(x []*Tensor) { DenseTo(x[0], x[1], x[2], x[3], false) }, false},
	{"DenseTo with ReLU", "mxwr", 1, func(x []*Tensor) { DenseTo(x[0], x[1], x[2], x[3], true) }, false},
	{"DotRowsTo", "cmm", 1, func(x []*Tensor) { DotRowsTo(x[0], x[1], x[2]) }, false},
}

func TestDenseGivesTheBitsOfItsParts(t *testing.T) {
	onEachPath(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(27, 28))
		for _, value := range []func() float32{normal(rng), hard(rng)} {
			someSizes(rng, func(n, k, m int) {
				x, _ := within(rng, value, n, k)
				w, _ := within(rng, value, k, m)
				bias, _ := within(rng, value, m)
				got, kept := within(rng, value, n, m)
				want := New(n, m)
				for _, relu := range []bool{false, true} {
					DenseTo(got, x, w, bias, relu)
					MatMulTo(want, x, w)
					AddRowTo(want, want, bias)
					if relu {
						ReluTo(want, want)
					}
					if !slices.EqualFunc(got.Data, want.Data, sameBits) || !kept() {
						t.Fatalf("%d×%d×%d, relu %v: %v, want %v", n, k, m, relu, got.Data, want.Data)
					}
				}
			})
		}
	})
}
