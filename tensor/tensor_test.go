package tensor

import (
	"math"
	"math/rand/v2"
	"testing"
)

func random(rng *rand.Rand, shape ...int) *Tensor {
	t := New(shape...)
	for i := range t.Data {
		t.Data[i] = float32(rng.NormFloat64())
	}
	return t
}

func at(t *Tensor, i, j int) float64 { return float64(t.Data[i*t.Cols()+j]) }

// want checks dst against the definition f, given in float64.
func want(t *testing.T, dst *Tensor, f func(i, j int) float64) {
	t.Helper()
	for i := range dst.Rows() {
		for j := range dst.Cols() {
			got, w := at(dst, i, j), f(i, j)
			if !(math.Abs(got-w) <= 1e-5*(1+math.Abs(w))) {
				t.Fatalf("[%d, %d] is %v, want %v", i, j, got, w)
			}
		}
	}
}

func sum(n int, f func(k int) float64) (s float64) {
	for k := range n {
		s += f(k)
	}
	return s
}

func TestMatMul(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, s := range [][3]int{{1, 1, 1}, {3, 4, 5}, {2, 7, 3}, {9, 17, 6}, {5, 0, 3}, {33, 30, 64}} {
		n, k, m := s[0], s[1], s[2]
		a, b := random(rng, n, k), random(rng, k, m)
		at_, bt, dst := New(k, n), New(m, k), random(rng, n, m)
		TransposeTo(at_, a)
		TransposeTo(bt, b)
		def := func(i, j int) float64 { return sum(k, func(p int) float64 { return at(a, i, p) * at(b, p, j) }) }
		MatMulTo(dst, a, b)
		want(t, dst, def)
		MatMulATo(dst, at_, b)
		want(t, dst, def)
		MatMulBTo(dst, a, bt)
		want(t, dst, def)
	}
}

func TestMaps(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	a, b, row, col := random(rng, 5, 7), random(rng, 5, 7), random(rng, 7), random(rng, 5, 1)
	pos := New(5, 7)
	MulTo(pos, a, a)
	type op = func(dst *Tensor)
	type def = func(i, j int) float64
	x := func(i, j int) float64 { return at(a, i, j) }
	y := func(i, j int) float64 { return at(b, i, j) }
	for _, c := range []struct {
		name string
		op   op
		def  def
	}{
		{"copy", func(d *Tensor) { CopyTo(d, a) }, x},
		{"fill", func(d *Tensor) { FillTo(d, 3) }, func(i, j int) float64 { return 3 }},
		{"add", func(d *Tensor) { AddTo(d, a, b) }, func(i, j int) float64 { return x(i, j) + y(i, j) }},
		{"sub", func(d *Tensor) { SubTo(d, a, b) }, func(i, j int) float64 { return x(i, j) - y(i, j) }},
		{"mul", func(d *Tensor) { MulTo(d, a, b) }, func(i, j int) float64 { return x(i, j) * y(i, j) }},
		{"div", func(d *Tensor) { DivTo(d, a, b) }, func(i, j int) float64 { return x(i, j) / y(i, j) }},
		{"scale", func(d *Tensor) { ScaleTo(d, a, 3) }, func(i, j int) float64 { return 3 * x(i, j) }},
		{"add scaled", func(d *Tensor) { AddScaledTo(d, a, b, 3) }, func(i, j int) float64 { return x(i, j) + 3*y(i, j) }},
		{"offset", func(d *Tensor) { OffsetTo(d, a, 3) }, func(i, j int) float64 { return x(i, j) + 3 }},
		{"relu", func(d *Tensor) { ReluTo(d, a) }, func(i, j int) float64 { return max(x(i, j), 0) }},
		{"gate", func(d *Tensor) { GateTo(d, a, b) }, func(i, j int) float64 {
			if y(i, j) > 0 {
				return x(i, j)
			}
			return 0
		}},
		{"exp", func(d *Tensor) { ExpTo(d, a) }, func(i, j int) float64 { return math.Exp(x(i, j)) }},
		{"log", func(d *Tensor) { LogTo(d, pos) }, func(i, j int) float64 { return math.Log(at(pos, i, j)) }},
		{"sqrt", func(d *Tensor) { SqrtTo(d, pos) }, func(i, j int) float64 { return math.Sqrt(at(pos, i, j)) }},
		{"rsqrt", func(d *Tensor) { RsqrtTo(d, pos) }, func(i, j int) float64 { return 1 / math.Sqrt(at(pos, i, j)) }},
		{"tanh", func(d *Tensor) { TanhTo(d, a) }, func(i, j int) float64 { return math.Tanh(x(i, j)) }},
		{"sigmoid", func(d *Tensor) { SigmoidTo(d, a) }, func(i, j int) float64 { return 1 / (1 + math.Exp(-x(i, j))) }},
		{"spread", func(d *Tensor) { SpreadTo(d, From([]float32{7})) }, func(i, j int) float64 { return 7 }},
		{"spread row", func(d *Tensor) { SpreadRowTo(d, row) }, func(i, j int) float64 { return at(row, 0, j) }},
		{"spread col", func(d *Tensor) { SpreadColTo(d, col) }, func(i, j int) float64 { return at(col, i, 0) }},
		{"add row", func(d *Tensor) { AddRowTo(d, a, row) }, func(i, j int) float64 { return x(i, j) + at(row, 0, j) }},
		{"mul row", func(d *Tensor) { MulRowTo(d, a, row) }, func(i, j int) float64 { return x(i, j) * at(row, 0, j) }},
		{"add col", func(d *Tensor) { AddColTo(d, a, col) }, func(i, j int) float64 { return x(i, j) + at(col, i, 0) }},
		{"mul col", func(d *Tensor) { MulColTo(d, a, col) }, func(i, j int) float64 { return x(i, j) * at(col, i, 0) }},
		{"softmax", func(d *Tensor) { SoftmaxTo(d, a) }, func(i, j int) float64 {
			return math.Exp(x(i, j)) / sum(7, func(k int) float64 { return math.Exp(x(i, k)) })
		}},
		{"log-softmax", func(d *Tensor) { LogSoftmaxTo(d, a) }, func(i, j int) float64 {
			return x(i, j) - math.Log(sum(7, func(k int) float64 { return math.Exp(x(i, k)) }))
		}},
		{"centre rows", func(d *Tensor) { CentreRowsTo(d, a) }, func(i, j int) float64 {
			return x(i, j) - sum(7, func(k int) float64 { return x(i, k) })/7
		}},
		{"norm rows", func(d *Tensor) { NormRowsTo(d, a, 0.1) }, func(i, j int) float64 {
			m, v := moments(a, i)
			return (x(i, j) - m) / math.Sqrt(v+0.1)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := [2]*Tensor{a.Clone(), b.Clone()}
			dst := random(rng, 5, 7)
			c.op(dst)
			want(t, dst, c.def)
			want(t, a, func(i, j int) float64 { return at(before[0], i, j) })
			want(t, b, func(i, j int) float64 { return at(before[1], i, j) })
		})
	}
}

func moments(a *Tensor, i int) (mean, variance float64) {
	d := a.Cols()
	mean = sum(d, func(k int) float64 { return at(a, i, k) }) / float64(d)
	variance = sum(d, func(k int) float64 { return (at(a, i, k) - mean) * (at(a, i, k) - mean) }) / float64(d)
	return mean, variance
}

func TestReductions(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	a, b, c := random(rng, 5, 7), random(rng, 5, 7), random(rng, 6, 7)
	row, col, dist := New(7), New(5, 1), New(5, 6)
	SumRowsTo(row, a)
	want(t, row, func(_, j int) float64 { return sum(5, func(i int) float64 { return at(a, i, j) }) })
	SumColsTo(col, a)
	want(t, col, func(i, _ int) float64 { return sum(7, func(j int) float64 { return at(a, i, j) }) })
	DotRowsTo(col, a, b)
	want(t, col, func(i, _ int) float64 { return sum(7, func(j int) float64 { return at(a, i, j) * at(b, i, j) }) })
	RstdRowsTo(col, a, 0.1)
	want(t, col, func(i, _ int) float64 { _, v := moments(a, i); return 1 / math.Sqrt(v+0.1) })
	SquaredDistancesTo(dist, a, c)
	want(t, dist, func(i, j int) float64 {
		return sum(7, func(k int) float64 { return math.Pow(at(a, i, k)-at(c, j, k), 2) })
	})
	if got := Sum(From([]float32{1, 2, 3.5}, 3)); got != 6.5 {
		t.Errorf("Sum is %v", got)
	}
	if got := ArgMax([]float32{1, 3, 3, 2}); got != 1 {
		t.Errorf("ArgMax is %v, want the first of equals", got)
	}
}

// A sum over no rows is 0, whatever stood there before.
func TestSumsOfNoRows(t *testing.T) {
	none := New(0, 3)
	for name, f := range map[string]func(dst *Tensor){
		"SumRowsTo":   func(dst *Tensor) { SumRowsTo(dst, none) },
		"DotColsTo":   func(dst *Tensor) { DotColsTo(dst, none, none) },
		"SumGroupsTo": func(dst *Tensor) { SumGroupsTo(dst, none) },
		"DotGroupsTo": func(dst *Tensor) { DotGroupsTo(dst, none, none) },
		"MatMulATo":   func(dst *Tensor) { MatMulATo(dst, New(0, 1), none) },
	} {
		dst := New(1, 3)
		FillTo(dst, float32(math.NaN()))
		f(dst)
		for _, v := range dst.Data {
			if v != 0 {
				t.Errorf("%s: %v", name, dst.Data)
			}
		}
	}
}

func TestLargeLogits(t *testing.T) {
	a := From([]float32{1000, 0, -1000}, 1, 3)
	LogSoftmaxTo(a, a)
	want(t, a, func(_, j int) float64 { return []float64{0, -1000, -2000}[j] })
}

// A scorer may judge one row or many at once: the scores have to agree.
func TestRowsDoNotDependOnOthers(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	a, b, c := random(rng, 11, 30), random(rng, 30, 13), random(rng, 13, 30)
	for name, op := range map[string]func(dst, a *Tensor){
		"MatMulTo":           func(dst, a *Tensor) { MatMulTo(dst, a, b) },
		"MatMulBTo":          func(dst, a *Tensor) { MatMulBTo(dst, a, c) },
		"SquaredDistancesTo": func(dst, a *Tensor) { SquaredDistancesTo(dst, a, c) },
	} {
		all, one := New(11, 13), New(1, 13)
		op(all, a)
		for i := range 11 {
			op(one, a.RowRange(i, i+1))
			for j, v := range one.Data {
				if v != all.Row(i)[j] {
					t.Fatalf("%s: row %d alone gives %v, among others %v", name, i, v, all.Row(i)[j])
				}
			}
		}
	}
}

func TestPanics(t *testing.T) {
	for text, f := range map[string]func(){
		"tensor: MulTo: shapes [3] and [4] differ":                                 func() { MulTo(New(3), New(3), New(4)) },
		"tensor: MatMulTo: shapes [2 2], [2 3] and [4 2] do not fit":               func() { MatMulTo(New(2, 2), New(2, 3), New(4, 2)) },
		"tensor: New: shape [2 -1] has a negative side":                            func() { New(2, -1) },
		"tensor: New: shape [4294967296 4294967296] is more than memory can hold":  func() { New(1<<32, 1<<32) },
		"tensor: From: shape [-1 -3] has a negative side":                          func() { From(make([]float32, 3), -1, -3) },
		"tensor: From: shape [4294967296 4294967296] is more than memory can hold": func() { From(nil, 1<<32, 1<<32) },
		"tensor: From: shape [2 2] does not hold 3 elements":                       func() { From(make([]float32, 3), 2, 2) },
		"tensor: FromRows: shapes [1] and [2] differ":                              func() { FromRows([][]float32{{1}, {1, 2}}) },
		"tensor: AddRowTo: shapes [2 3], [2 3] and [2] do not fit":                 func() { AddRowTo(New(2, 3), New(2, 3), New(2)) },
		"tensor: SquaredDistancesTo: shapes [2 2], [2 3] and [2 4] do not fit": func() {
			SquaredDistancesTo(New(2, 2), New(2, 3), New(2, 4))
		},
	} {
		func() {
			defer func() {
				e, ok := recover().(*Error)
				if !ok || e.Error() != text {
					t.Errorf("panic %q, want %q", e, text)
				}
			}()
			f()
		}()
	}
}

func TestShape(t *testing.T) {
	for _, c := range []struct {
		shape      []int
		rows, cols int
	}{{nil, 1, 1}, {[]int{3}, 1, 3}, {[]int{2, 3}, 2, 3}, {[]int{2, 3, 4}, 2, 12}, {[]int{0, 5}, 0, 5}} {
		a := New(c.shape...)
		if a.Rows() != c.rows || a.Cols() != c.cols || len(a.Data) != c.rows*c.cols {
			t.Errorf("%v is [%d, %d] with %d elements", c.shape, a.Rows(), a.Cols(), len(a.Data))
		}
	}
	a := FromRows([][]float32{{1, 2}, {3, 4}, {5, 6}})
	b := a.Clone()
	b.RowRange(1, 3).Row(1)[0] = 9
	if a.Data[4] != 5 || b.Data[4] != 9 {
		t.Error("Clone shares memory, or RowRange does not")
	}
}

// Half a million equal rows, whose roundings all go one way, keep near five digits;
// one after the other they would keep two.
func TestLongSums(t *testing.T) {
	a, sum, dot := New(500_000, 3), New(3), New(3)
	FillTo(a, 0.1)
	onEachPath(t, func(t *testing.T) {
		SumRowsTo(sum, a)
		DotColsTo(dot, a, a)
		f := float64(float32(0.1))
		for j := range 3 {
			if got, want := float64(sum.Data[j]), 5e5*f; math.Abs(got/want-1) > 2e-5 {
				t.Errorf("sum %v, want %v", got, want)
			}
			if got, want := float64(dot.Data[j]), 5e5*f*f; math.Abs(got/want-1) > 2e-5 {
				t.Errorf("inner product %v, want %v", got, want)
			}
		}
	})
}

func BenchmarkMatMul(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	x, w, y := random(rng, 75, 64), random(rng, 64, 64), New(75, 64)
	g := New(64, 64)
	for name, f := range map[string]func(){
		"AB":  func() { MatMulTo(y, x, w) },
		"AtB": func() { MatMulATo(g, x, y) },
		"ABt": func() { MatMulBTo(x, y, w) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f()
			}
			b.ReportMetric(2*75*64*64*float64(b.N)/1e9/b.Elapsed().Seconds(), "GFLOP/s")
		})
	}
}
