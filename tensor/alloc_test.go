//go:build !race

package tensor

import (
	"math/rand/v2"
	"testing"
)

// Under the race detector a sync.Pool drops values at random.
func TestConvAllocatesNothing(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 2))
	for _, c := range []*Conv{&convs[2], &convs[4]} {
		oh, ow := c.Out()
		x, w, g := random(rng, 3*c.Height*c.Width, c.Channels), random(rng, c.Window(), 16), random(rng, 3*oh*ow, 16)
		dx, dw, dg := x.Clone(), w.Clone(), g.Clone()
		step := func() {
			ConvTo(dg, x, w, c, 1)
			ConvBackTo(dx, g, w, c, 1)
			ConvWeightsTo(dw, x, g, c, 1)
		}
		step()
		if n := testing.AllocsPerRun(20, step); n != 0 {
			t.Errorf("%v: %v allocations", *c, n)
		}
	}
}

func TestForestAllocatesNothing(t *testing.T) {
	rng := rand.New(rand.NewPCG(53, 54))
	f := NewForest(5)
	growTest(rng, 4, 5, rng.Float32).addTo(f, Root)
	x, dst := random(rng, 100, 5), New(100, 2)
	step := func() { f.SumTo(dst, x) }
	step()
	if n := testing.AllocsPerRun(20, step); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
