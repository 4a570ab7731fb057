package tensor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// A loop with kernels. Its operands are made for n rows of d columns: m is
// [n, d], t [d, n], r a row [d], c a column [n, 1] and s one element; x and w,
// [n, k] and [k, d], are factors of a product. The first of them are results.
type loop struct {
	name    string
	kinds   string
	results int
	run     func(x []*Tensor)
	alias   bool // a result may be an operand
}

// exact lists the loops that give the same bits on every path.
var exact = []loop{
	{"FillTo", "m", 1, func(x []*Tensor) { FillTo(x[0], 1.5) }, false},
	{"AddTo", "mmm", 1, func(x []*Tensor) { AddTo(x[0], x[1], x[2]) }, true},
	{"SubTo", "mmm", 1, func(x []*Tensor) { SubTo(x[0], x[1], x[2]) }, true},
	{"MinTo", "mmm", 1, func(x []*Tensor) { MinTo(x[0], x[1], x[2]) }, true},
	{"MulTo", "mmm", 1, func(x []*Tensor) { MulTo(x[0], x[1], x[2]) }, true},
	{"DivTo", "mmm", 1, func(x []*Tensor) { DivTo(x[0], x[1], x[2]) }, true},
	{"ScaleTo", "mm", 1, func(x []*Tensor) { ScaleTo(x[0], x[1], -0.3) }, true},
	{"OffsetTo", "mm", 1, func(x []*Tensor) { OffsetTo(x[0], x[1], -0.3) }, true},
	{"AddScaledTo", "mmm", 1, func(x []*Tensor) { AddScaledTo(x[0], x[1], x[2], -0.3) }, true},
	{"ReluTo", "mm", 1, func(x []*Tensor) { ReluTo(x[0], x[1]) }, true},
	{"GateTo", "mmm", 1, func(x []*Tensor) { GateTo(x[0], x[1], x[2]) }, true},
	{"SqrtTo", "mm", 1, func(x []*Tensor) { SqrtTo(x[0], x[1]) }, true},
	{"RsqrtTo", "mm", 1, func(x []*Tensor) { RsqrtTo(x[0], x[1]) }, true},
	{"SpreadTo", "ms", 1, func(x []*Tensor) { SpreadTo(x[0], x[1]) }, false},
	{"SpreadRowTo", "mr", 1, func(x []*Tensor) { SpreadRowTo(x[0], x[1]) }, false},
	{"SpreadColTo", "mc", 1, func(x []*Tensor) { SpreadColTo(x[0], x[1]) }, false},
	{"AddRowTo", "mmr", 1, func(x []*Tensor) { AddRowTo(x[0], x[1], x[2]) }, true},
	{"MulRowTo", "mmr", 1, func(x []*Tensor) { MulRowTo(x[0], x[1], x[2]) }, true},
	{"AddColTo", "mmc", 1, func(x []*Tensor) { AddColTo(x[0], x[1], x[2]) }, true},
	{"MulColTo", "mmc", 1, func(x []*Tensor) { MulColTo(x[0], x[1], x[2]) }, true},
	{"AffineRowsTo", "mmrr", 1, func(x []*Tensor) { AffineRowsTo(x[0], x[1], x[2], x[3]) }, true},
	{"AddMulRowTo", "mmmr", 1, func(x []*Tensor) { AddMulRowTo(x[0], x[1], x[2], x[3]) }, true},
	{"BiasReluTo", "mmr", 1, func(x []*Tensor) { BiasReluTo(x[0], x[1], x[2]) }, true},
	{"TransposeTo", "mt", 1, func(x []*Tensor) { TransposeTo(x[0], x[1]) }, false},
	{"SumRowsTo", "rm", 1, func(x []*Tensor) { SumRowsTo(x[0], x[1]) }, false},
	{"DotColsTo", "rmm", 1, func(x []*Tensor) { DotColsTo(x[0], x[1], x[2]) }, false},
	{"SumColsTo", "cm", 1, func(x []*Tensor) { SumColsTo(x[0], x[1]) }, false},
	{"CentreRowsTo", "mm", 1, func(x []*Tensor) { CentreRowsTo(x[0], x[1]) }, true},
	{"RstdRowsTo", "cm", 1, func(x []*Tensor) { RstdRowsTo(x[0], x[1], 0.1) }, false},
	{"NormRowsTo", "mm", 1, func(x []*Tensor) { NormRowsTo(x[0], x[1], 0.1) }, true},
	{"Sum", "sm", 1, func(x []*Tensor) { x[0].Data[0] = float32(math.Mod(Sum(x[1]), 1)) }, false},
	{"SumSquares", "sm", 1, func(x []*Tensor) { x[0].Data[0] = float32(math.Mod(SumSquares(x[1]), 1)) }, false},
	{"MomentumTo", "mmm", 2, func(x []*Tensor) { MomentumTo(x[0], x[1], x[2], 0.01, 0.9) }, false},
	{"AdamTo", "mmmm", 3, func(x []*Tensor) { AdamTo(x[0], x[1], x[2], x[3], AdamStep{0.01, 0.9, 0.999, 1e-8}) }, false},
}

func (l *loop) shape(i, n, d int) []int {
	switch l.kinds[i] {
	case 'r':
		return []int{d}
	case 'c':
		return []int{n, 1}
	case 's':
		return nil
	case 't':
		return []int{d, n}
	case 'x':
		return []int{n, d % 9}
	case 'w':
		return []int{d % 9, d}
	}
	return []int{n, d}
}

// operands makes them at any alignment, and a check that nothing beside them changes.
func (l *loop) operands(rng *rand.Rand, value func() float32, n, d int) (x []*Tensor, kept func() bool) {
	var checks []func() bool
	for i := range l.kinds {
		t, check := within(rng, value, l.shape(i, n, d)...)
		x, checks = append(x, t), append(checks, check)
	}
	return x, func() bool {
		return !slices.ContainsFunc(checks, func(f func() bool) bool { return !f() })
	}
}

// matrices gives all small sizes and some larger ones.
func matrices(rng *rand.Rand, f func(n, d int)) {
	for n := range 4 {
		for d := range 70 {
			f(n, d)
		}
	}
	for range 30 {
		f(rng.IntN(100), rng.IntN(200))
	}
	for _, s := range [][2]int{{75, 64}, {75, 5}, {25, 41}, {700, 3}, {1100, 17}, {3, 2000}} {
		f(s[0], s[1])
	}
}

// hard gives mostly normal numbers, and those on which careless code fails.
func hard(rng *rand.Rand, more ...float32) func() float32 {
	inf := float32(math.Inf(1))
	rare := append(more, float32(math.NaN()), inf, -inf, 0, float32(math.Copysign(0, -1)), 1e-45, -1e-39, -1)
	return func() float32 {
		if rng.IntN(20) == 0 {
			return rare[rng.IntN(len(rare))]
		}
		return float32(rng.NormFloat64())
	}
}

func clones(x []*Tensor) (y []*Tensor) {
	for _, t := range x {
		y = append(y, t.Clone())
	}
	return y
}

func TestLoopsGiveTheSameBitsOnEveryPath(t *testing.T) {
	for p := plain + 1; p <= fastest(); p++ {
		for _, l := range exact {
			t.Run(fmt.Sprint(l.name, "/", pathNames[p]), func(t *testing.T) {
				rng := rand.New(rand.NewPCG(21, 22))
				for _, value := range []func() float32{normal(rng), hard(rng, math.MaxFloat32)} {
					matrices(rng, func(n, d int) {
						x, kept := l.operands(rng, value, n, d)
						want := clones(x)
						on(plain, func() { l.run(want) })
						on(p, func() { l.run(x) })
						for i := range x {
							if !slices.EqualFunc(x[i].Data, want[i].Data, sameBits) {
								t.Fatalf("[%d, %d]: operand %d is %v, want %v", n, d, i, x[i].Data, want[i].Data)
							}
						}
						if !kept() {
							t.Fatalf("[%d, %d]: writes beside its operands", n, d)
						}
					})
				}
			})
		}
	}
}

func TestLoopsMayWriteOverAnOperand(t *testing.T) {
	onEachPath(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(23, 24))
		for _, l := range slices.Concat(exact, near) {
			if !l.alias {
				continue
			}
			matrices(rng, func(n, d int) {
				for i := 1; i < len(l.kinds); i++ {
					if l.kinds[i] != 'm' {
						continue
					}
					x, _ := l.operands(rng, normal(rng), n, d)
					over := clones(x)
					over[0] = over[i]
					l.run(x)
					l.run(over)
					if !slices.EqualFunc(x[0].Data, over[0].Data, sameBits) {
						t.Fatalf("%s [%d, %d]: over operand %d the result is another", l.name, n, d, i)
					}
				}
			})
		}
	})
}

// BenchmarkLoops times the loops on the sides of a small task.
func BenchmarkLoops(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, s := range [][2]int{{75, 64}, {75, 5}} {
		for _, l := range slices.Concat(exact, near) {
			for p := plain; p <= fastest(); p++ {
				b.Run(fmt.Sprintf("%s/%dx%d/%s", l.name, s[0], s[1], pathNames[p]), func(b *testing.B) {
					x, _ := l.operands(rng, normal(rng), s[0], s[1])
					b.ReportAllocs()
					on(p, func() {
						for b.Loop() {
							l.run(x)
						}
					})
					b.ReportMetric(float64(s[0]*s[1])*float64(b.N)/1e9/b.Elapsed().Seconds(), "G/s")
				})
			}
		}
	}
}
