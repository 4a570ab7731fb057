package tensor

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
)

// onEachPath runs f on every path that this processor has.
func onEachPath(t *testing.T, f func(t *testing.T)) {
	for p := plain; p <= fastest(); p++ {
		t.Run(pathNames[p], func(t *testing.T) { on(p, func() { f(t) }) })
	}
}

func on(p path, f func()) {
	defer func(old path) { use = old }(use)
	use = p
	f()
}

// A product is one of the loops that have kernels; it makes operands for a
// result [n, m] of sums of k terms.
type product struct {
	name     string
	to       func(dst, a, b *Tensor)
	operands func(n, k, m int) (a, b []int)
	rows     bool // a result's row belongs to a row of a
}

var products = []product{
	{"MatMulTo", MatMulTo, func(n, k, m int) ([]int, []int) { return []int{n, k}, []int{k, m} }, true},
	{"MatMulATo", MatMulATo, func(n, k, m int) ([]int, []int) { return []int{k, n}, []int{k, m} }, false},
	{"MatMulBTo", MatMulBTo, func(n, k, m int) ([]int, []int) { return []int{n, k}, []int{m, k} }, true},
	{"SquaredDistancesTo", SquaredDistancesTo, func(n, k, m int) ([]int, []int) { return []int{n, k}, []int{m, k} }, true},
}

// terms gives the k pairs of factors whose products make element i, j.
func (p *product) terms(a, b *Tensor, k, i, j int) (x, y []float32) {
	x, y = make([]float32, 0, k), make([]float32, 0, k)
	for q := range k {
		u, v := 0, 0
		switch p.name {
		case "MatMulTo":
			u, v = i*k+q, q*b.Cols()+j
		case "MatMulATo":
			u, v = q*a.Cols()+i, q*b.Cols()+j
		default:
			u, v = i*k+q, j*k+q
		}
		x, y = append(x, a.Data[u]), append(y, b.Data[v])
	}
	if p.name == "SquaredDistancesTo" {
		for q := range x {
			x[q] -= y[q]
		}
		y = x
	}
	return x, y
}

// within gives a tensor in the midst of a larger array, at any alignment, and
// a check that the rest of the array keeps its values.
func within(rng *rand.Rand, value func() float32, shape ...int) (*Tensor, func() bool) {
	size := New(shape...).Rows() * New(shape...).Cols()
	at := 16 + rng.IntN(16)
	all := make([]float32, at+size+32)
	for i := range all {
		all[i] = value()
	}
	before := slices.Clone(all)
	return From(all[at:at+size:at+size], shape...), func() bool {
		return slices.EqualFunc(all[:at], before[:at], sameBits) && slices.EqualFunc(all[at+size:], before[at+size:], sameBits)
	}
}

// sameBits takes all NaNs for one.
func sameBits(x, y float32) bool {
	return math.Float32bits(x) == math.Float32bits(y) || x != x && y != y
}

func normal(rng *rand.Rand) func() float32 {
	return func() float32 { return float32(rng.NormFloat64()) }
}

// someSizes gives all small sizes and a draw of larger ones.
func someSizes(rng *rand.Rand, f func(n, k, m int)) {
	for n := range 5 {
		for k := range 10 {
			for m := range 10 {
				f(n, k, m)
			}
		}
	}
	for range 100 {
		f(rng.IntN(71), rng.IntN(71), rng.IntN(71))
	}
	for _, s := range [][3]int{{75, 64, 64}, {75, 64, 5}, {3, 150, 1000}, {9, 700, 70}, {64, 128, 128}, {70, 33, 200}} {
		f(s[0], s[1], s[2])
	}
}

func TestKernelsAgreeWithTheDefinition(t *testing.T) {
	onEachPath(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for _, p := range products {
			someSizes(rng, func(n, k, m int) {
				as, bs := p.operands(n, k, m)
				a, _ := within(rng, normal(rng), as...)
				b, _ := within(rng, normal(rng), bs...)
				dst, kept := within(rng, normal(rng), n, m)
				p.to(dst, a, b)
				if !kept() {
					t.Fatalf("%s %d×%d×%d writes outside its result", p.name, n, k, m)
				}
				for i := range n {
					for j := range m {
						x, y := p.terms(a, b, k, i, j)
						sum, size := 0.0, 0.0
						for q := range x {
							sum += float64(x[q]) * float64(y[q])
							size += math.Abs(float64(x[q]) * float64(y[q]))
						}
						if got := at(dst, i, j); !(math.Abs(got-sum) <= 1e-6*size*(1+float64(k)/16)) {
							t.Fatalf("%s %d×%d×%d: [%d, %d] is %v, want %v", p.name, n, k, m, i, j, got, sum)
						}
					}
				}
			})
		}
	})
}

// fused is x·y + z, rounded once.
func fused(x, y, z float32) float32 {
	exact := func(v float32) *big.Float { return new(big.Float).SetPrec(600).SetFloat64(float64(v)) }
	f, _ := new(big.Float).SetPrec(600).Add(new(big.Float).SetPrec(600).Mul(exact(x), exact(y)), exact(z)).Float32()
	return f
}

// Sums are taken in the order that the type path promises.
func TestOrderOfSummation(t *testing.T) {
	if fastest() == plain {
		t.Skip("no kernels for this processor")
	}
	rng := rand.New(rand.NewPCG(3, 4))
	for _, p := range products {
		for _, s := range [][3]int{{1, 1, 1}, {5, 7, 9}, {4, 8, 8}, {7, 29, 19}, {9, 66, 18}} {
			n, k, m := s[0], s[1], s[2]
			as, bs := p.operands(n, k, m)
			a, b := random(rng, as...), random(rng, bs...)
			want := New(n, m)
			for i := range n {
				for j := range m {
					want.Data[i*m+j] = inOrder(&p, a, b, k, i, j)
				}
			}
			for use := avx2; use <= fastest(); use++ {
				dst := New(n, m)
				on(use, func() { p.to(dst, a, b) })
				if !slices.EqualFunc(dst.Data, want.Data, sameBits) {
					t.Errorf("%s on %s: %d×%d×%d: another order", p.name, pathNames[use], n, k, m)
				}
			}
		}
	}
}

func inOrder(p *product, a, b *Tensor, k, i, j int) float32 {
	x, y := p.terms(a, b, k, i, j)
	var l [8]float32
	for q := range x {
		at := q % 8
		if p.name == "MatMulTo" || p.name == "MatMulATo" || p.name == "MatMulBTo" && b.Rows() >= wideB {
			at = 0
		}
		l[at] = fused(x[q], y[q], l[at])
	}
	return ((l[0] + l[2]) + (l[1] + l[3])) + ((l[4] + l[6]) + (l[5] + l[7]))
}

func TestAVX2AndAVX512GiveTheSameBits(t *testing.T) {
	if fastest() != avx512 {
		t.Skip("no AVX-512 here")
	}
	rng := rand.New(rand.NewPCG(5, 6))
	for _, p := range products {
		someSizes(rng, func(n, k, m int) {
			as, bs := p.operands(n, k, m)
			a, b, x, y := random(rng, as...), random(rng, bs...), New(n, m), New(n, m)
			on(avx2, func() { p.to(x, a, b) })
			on(avx512, func() { p.to(y, a, b) })
			if !slices.EqualFunc(x.Data, y.Data, sameBits) {
				t.Fatalf("%s %d×%d×%d differs", p.name, n, k, m)
			}
		})
	}
}

// A row alone and among any others has the same result, and so has a column.
func TestElementsDoNotDependOnTheBlock(t *testing.T) {
	onEachPath(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(7, 8))
		for _, p := range products {
			if !p.rows {
				continue
			}
			for _, s := range [][3]int{{256, 150, 40}, {75, 64, 70}, {23, 7, 65}, {70, 33, 5}, {12, 900, 30}} {
				n, k, m := s[0], s[1], s[2]
				as, bs := p.operands(n, k, m)
				a, b, all := random(rng, as...), random(rng, bs...), New(n, m)
				p.to(all, a, b)
				for range 60 {
					from := rng.IntN(n)
					to := from + 1 + rng.IntN(min(n-from, 9))
					part := New(to-from, m)
					p.to(part, a.RowRange(from, to), b)
					if !slices.EqualFunc(part.Data, all.RowRange(from, to).Data, sameBits) {
						t.Fatalf("%s %d×%d×%d: rows %d to %d alone differ", p.name, n, k, m, from, to)
					}
					if p.name != "SquaredDistancesTo" {
						continue
					}
					from = rng.IntN(m)
					to = from + 1 + rng.IntN(min(m-from, 9))
					part = New(n, to-from)
					p.to(part, a, b.RowRange(from, to))
					for i := range n {
						if !slices.EqualFunc(part.Row(i), all.Row(i)[from:to], sameBits) {
							t.Fatalf("%s %d×%d×%d: columns %d to %d alone differ", p.name, n, k, m, from, to)
						}
					}
				}
			}
		}
	})
}

func TestOneRowAgreesWithMany(t *testing.T) {
	onEachPath(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(9, 10))
		for k := range 70 {
			a, b, dots, d2, col := random(rng, 5, k), random(rng, 5, k), New(5, 5), New(5, 5), New(5, 1)
			MatMulBTo(dots, a, b)
			SquaredDistancesTo(d2, a, b)
			DotRowsTo(col, a, b)
			for i := range 5 {
				if !sameBits(col.Data[i], dots.Row(i)[i]) {
					t.Fatalf("length %d: the product of a row is %v, of many %v", k, col.Data[i], dots.Row(i)[i])
				}
				if got := SquaredDistance(a.Row(i), b.Row(i)); !sameBits(got, d2.Row(i)[i]) {
					t.Fatalf("length %d: the distance of a row is %v, of many %v", k, got, d2.Row(i)[i])
				}
			}
		}
	})
}

// NaN and infinity come out where the plain twin has them, and nowhere else.
func TestKernelsKeepNaNAndInf(t *testing.T) {
	rare := []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), 0, 0, float32(math.Copysign(0, -1)), 1e-45}
	for p := avx2; p <= fastest(); p++ {
		rng := rand.New(rand.NewPCG(11, 12))
		value := func() float32 {
			if rng.IntN(40) == 0 {
				return rare[rng.IntN(len(rare))]
			}
			return float32(rng.NormFloat64())
		}
		class := func(v float32) string {
			if v != v || math.IsInf(float64(v), 0) {
				return fmt.Sprint(v)
			}
			return "finite"
		}
		for _, op := range products {
			someSizes(rng, func(n, k, m int) {
				as, bs := op.operands(n, k, m)
				a, _ := within(rng, value, as...)
				b, _ := within(rng, value, bs...)
				got, _ := within(rng, value, n, m)
				want := New(n, m)
				on(p, func() { op.to(got, a, b) })
				on(plain, func() { op.to(want, a, b) })
				for i, v := range want.Data {
					if class(v) != class(got.Data[i]) {
						t.Fatalf("%s on %s: %d×%d×%d: %v, want %v", op.name, pathNames[p], n, k, m, got.Data[i], v)
					}
				}
			})
		}
	}
}

func TestChoose(t *testing.T) {
	for _, c := range []struct {
		name       string
		best, want path
	}{
		{"", avx512, avx512}, {"go", avx512, plain}, {"avx2", avx512, avx2}, {"avx512", avx512, avx512},
		{"avx512", avx2, avx2}, {"avx2", plain, plain}, {"neon", avx2, avx2},
	} {
		if got := choose(c.name, c.best); got != c.want {
			t.Errorf("choose(%q, %s) is %s, want %s", c.name, pathNames[c.best], pathNames[got], pathNames[c.want])
		}
	}
}

func BenchmarkKernels(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, s := range [][3]int{{75, 64, 64}, {25, 64, 64}, {25, 41, 64}, {64, 75, 64}, {41, 25, 64}, {75, 5, 64}, {25, 64, 5}, {75, 64, 5},
		{64, 75, 5}, {75, 128, 128}, {256, 256, 256}, {256, 150, 1000}, {1, 150, 1000}} {
		n, k, m := s[0], s[1], s[2]
		for _, op := range products {
			as, bs := op.operands(n, k, m)
			x, y, dst := random(rng, as...), random(rng, bs...), New(n, m)
			for p := plain; p <= fastest(); p++ {
				b.Run(fmt.Sprintf("%dx%dx%d/%s/%s", n, k, m, op.name, pathNames[p]), func(b *testing.B) {
					on(p, func() {
						for b.Loop() {
							op.to(dst, x, y)
						}
					})
					b.ReportMetric(2*float64(n*k*m)*float64(b.N)/1e9/b.Elapsed().Seconds(), "GFLOP/s")
				})
			}
		}
	}
}
