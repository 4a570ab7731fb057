package tensor

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// near lists the loops whose paths differ by roundings.
var near = []loop{
	{"DenseTo", "mxwr", 1, func(x []*Tensor) { DenseTo(x[0], x[1], x[2], x[3], false) }, false},
	{"DenseTo with ReLU", "mxwr", 1, func(x []*Tensor) { DenseTo(x[0], x[1], x[2], x[3], true) }, false},
	{"ExpTo", "mm", 1, func(x []*Tensor) { ExpTo(x[0], x[1]) }, true},
	{"LogTo", "mm", 1, func(x []*Tensor) { LogTo(x[0], x[1]) }, true},
	{"TanhTo", "mm", 1, func(x []*Tensor) { TanhTo(x[0], x[1]) }, true},
	{"SigmoidTo", "mm", 1, func(x []*Tensor) { SigmoidTo(x[0], x[1]) }, true},
	{"SoftmaxTo", "mm", 1, func(x []*Tensor) { SoftmaxTo(x[0], x[1]) }, true},
	{"LogSoftmaxTo", "mm", 1, func(x []*Tensor) { LogSoftmaxTo(x[0], x[1]) }, true},
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

// The kernels keep to what the plain path promises, for all kinds of numbers.
func TestFunctions(t *testing.T) {
	const step = 1201 // of the 2³² numbers; prime to the powers of 2
	for _, f := range []struct {
		name string
		to   func(dst, a *Tensor)
		most float64
	}{{"ExpTo", ExpTo, 1}, {"LogTo", LogTo, 1}, {"TanhTo", TanhTo, 2}, {"SigmoidTo", SigmoidTo, 2}} {
		x, want := New(1<<32/step), New(1<<32/step)
		for i := range x.Data {
			x.Data[i] = math.Float32frombits(uint32(i) * step)
		}
		copy(x.Data, []float32{0, float32(math.Copysign(0, -1)), float32(math.Inf(1)), float32(math.Inf(-1)), 1, -1})
		on(plain, func() { f.to(want, x) })
		for p := plain + 1; p <= fastest(); p++ {
			got := New(len(x.Data))
			on(p, func() { f.to(got, x) })
			worst, at := 0.0, float32(0)
			for i, v := range got.Data {
				if d := distance(v, want.Data[i]); d > worst {
					worst, at = d, x.Data[i]
				}
			}
			t.Logf("%s on %s: off by %v units at most, at %v", f.name, pathNames[p], worst, at)
			if worst > f.most {
				t.Errorf("%s on %s: off by %v units at %v", f.name, pathNames[p], worst, at)
			}
		}
	}
}

// distance gives how many float32 lie between x and y; NaN is far from all others.
func distance(x, y float32) float64 {
	if sameBits(x, y) {
		return 0
	}
	place := func(v float32) float64 {
		if b := int64(int32(math.Float32bits(v))); b < 0 {
			return float64(-1 - (b & math.MaxInt32))
		} else {
			return float64(b)
		}
	}
	if x != x || y != y {
		return math.Inf(1)
	}
	return math.Abs(place(x) - place(y))
}

func TestNearLoops(t *testing.T) {
	for p := plain + 1; p <= fastest(); p++ {
		rng := rand.New(rand.NewPCG(29, 30))
		for _, value := range []func() float32{normal(rng), hard(rng)} {
			for _, l := range near {
				matrices(rng, func(n, d int) {
					x, kept := l.operands(rng, value, n, d)
					want := clones(x)
					on(plain, func() { l.run(want) })
					on(p, func() { l.run(x) })
					if !kept() {
						t.Fatalf("%s [%d, %d]: writes beside its operands", l.name, n, d)
					}
					for i, v := range x[0].Data {
						if w := want[0].Data[i]; !alike(v, w) {
							t.Fatalf("%s on %s: [%d, %d]: %v, want %v", l.name, pathNames[p], n, d, v, w)
						}
					}
				})
			}
		}
	}
}

func alike(v, w float32) bool {
	return sameBits(v, w) || math.Abs(float64(v)-float64(w)) <= 1e-4*(1+math.Abs(float64(w)))
}

func TestSoftmaxOfHardRows(t *testing.T) {
	inf := float32(math.Inf(1))
	nan := float32(math.NaN())
	for _, row := range [][]float32{{1000, 0, -1000}, {-inf, 0, 1}, {-inf, -inf}, {inf, 0}, {nan, 0}, {0, nan}, {0, nan, inf}, {5}, {-90, -91, 0}} {
		for p := plain + 1; p <= fastest(); p++ {
			for name, f := range map[string]func(dst, a *Tensor){"SoftmaxTo": SoftmaxTo, "LogSoftmaxTo": LogSoftmaxTo} {
				a, got, want := From(row, 1, len(row)), New(1, len(row)), New(1, len(row))
				on(plain, func() { f(want, a) })
				on(p, func() { f(got, a) })
				if !slices.EqualFunc(got.Data, want.Data, alike) {
					t.Errorf("%s on %s of %v is %v, want %v", name, pathNames[p], row, got.Data, want.Data)
				}
			}
		}
	}
}
