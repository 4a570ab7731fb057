package prior

import (
	"math"
	"testing"
)

// What is lent twice overlaps nowhere, also where it does not fit a block.
func TestScratchDoesNotOverlap(t *testing.T) {
	g := testGen(t, 51)
	var lent [][]float64
	for i, n := range []int{10, blockSize - 5, 3, 2 * blockSize, 100, 7} {
		x := g.floats(n)
		if len(x) != n || cap(x) != n {
			t.Fatalf("%d of %d values", len(x), n)
		}
		for k := range x {
			x[k] = float64(i)
		}
		lent = append(lent, x)
	}
	block, used := g.borrow()
	x := g.floats(20)
	g.giveBack(block, used)
	if y := g.floats(20); &y[0] != &x[0] {
		t.Error("what was given back is not lent again")
	}
	for i, x := range lent {
		if share(x, float64(i)) != 1 {
			t.Errorf("values lent as number %d were overwritten", i)
		}
	}
}

func TestDraws(t *testing.T) {
	g := testGen(t, 52)
	for _, a := range []float64{.4, 1, 5} {
		x := make([]float64, 20000)
		for i := range x {
			x[i] = g.gamma(a)
		}
		if mean, std := moments(x); math.Abs(mean-a) > .05*a+.02 || math.Abs(std-math.Sqrt(a)) > .1*math.Sqrt(a) {
			t.Errorf("gamma(%v): mean %v, deviation %v", a, mean, std)
		}
		sum := 0.0
		for _, v := range g.dirichlet(7, a) {
			sum += v
		}
		if math.Abs(sum-1) > 1e-9 {
			t.Errorf("dirichlet(%v) adds up to %v", a, sum)
		}
	}
	var seen [3]float64
	for range 10000 {
		seen[g.weighted(1, 0, 3)] += 1.0 / 10000
	}
	if math.Abs(seen[0]-.25) > .03 || seen[1] != 0 {
		t.Errorf("weighted draws %v of 1, 0 and 3", seen)
	}
	for v, want := range map[float64]float64{0: .5, 1.959964: .975, -1: .1586553} { // the normal table
		if got := normalShare(v); math.Abs(got-want) > 1e-6 {
			t.Errorf("normalShare(%v) is %v, not %v", v, got, want)
		}
	}
}
