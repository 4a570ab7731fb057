package grad

import (
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling/tensor"
)

// rules has a row for each op: the shapes of its operands and a call. Positive
// operands lie in [0.5, 1.5], the others are normal and at least 0.1 from 0.
var rules = []struct {
	op       string
	positive bool
	shapes   [][2]int
	call     func(in []*Node) *Node
}{
	{"Add", false, [][2]int{{3, 4}, {3, 4}}, func(in []*Node) *Node { return Add(in[0], in[1]) }},
	{"Sub", false, [][2]int{{3, 4}, {3, 4}}, func(in []*Node) *Node { return Sub(in[0], in[1]) }},
	{"AddScaled", false, [][2]int{{3, 4}, {3, 4}}, func(in []*Node) *Node { return AddScaled(in[0], in[1], -0.7) }},
	{"Mul", false, [][2]int{{3, 4}, {3, 4}}, func(in []*Node) *Node { return Mul(in[0], in[1]) }},
	{"Div", true, [][2]int{{3, 4}, {3, 4}}, func(in []*Node) *Node { return Div(in[0], in[1]) }},
	{"Neg", false, [][2]int{{3, 4}}, func(in []*Node) *Node { return Neg(in[0]) }},
	{"Scale", false, [][2]int{{3, 4}}, func(in []*Node) *Node { return Scale(in[0], 1.7) }},
	{"Offset", false, [][2]int{{3, 4}}, func(in []*Node) *Node { return Offset(in[0], 0.3) }},
	{"Exp", false, [][2]int{{3, 4}}, func(in []*Node) *Node { return Exp(in[0]) }},
	{"Log", true, [][2]int{{3, 4}}, func(in []*Node) *Node { return Log(in[0]) }},
	{"Sqrt", true, [][2]int{{3, 4}}, func(in []*Node) *Node { return Sqrt(in[0]) }},
	{"Rsqrt", true, [][2]int{{3, 4}}, func(in []*Node) *Node { return Rsqrt(in[0]) }},
	{"Tanh", false, [][2]int{{3, 4}}, func(in []*Node) *Node { return Tanh(in[0]) }},
	{"Sigmoid", false, [][2]int{{3, 4}}, func(in []*Node) *Node { return Sigmoid(in[0]) }},
	{"Relu", false, [][2]int{{3, 4}}, func(in []*Node) *Node { return Relu(in[0]) }},
	{"Gate", false, [][2]int{{3, 4}, {3, 4}}, func(in []*Node) *Node { return Gate(in[0], in[1]) }},
	{"MatMul", false, [][2]int{{3, 5}, {5, 4}}, func(in []*Node) *Node { return MatMul(in[0], in[1]) }},
	{"MatMulA", false, [][2]int{{5, 3}, {5, 4}}, func(in []*Node) *Node { return MatMulA(in[0], in[1]) }},
	{"MatMulB", false, [][2]int{{3, 5}, {4, 5}}, func(in []*Node) *Node { return MatMulB(in[0], in[1]) }},
	{"Transpose", false, [][2]int{{3, 4}}, func(in []*Node) *Node { return Transpose(in[0]) }},
	{"Sum", false, [][2]int{{3, 4}}, func(in []*Node) *Node { return Sum(in[0]) }},
	{"Spread", false, [][2]int{{1, 1}}, func(in []*Node) *Node { return Spread(in[0], 3, 4) }},
	{"SumRows", false, [][2]int{{3, 4}}, func(in []*Node) *Node { return SumRows(in[0]) }},
	{"SpreadRow", false, [][2]int{{1, 4}}, func(in []*Node) *Node { return SpreadRow(in[0], 3) }},
	{"SumCols", false, [][2]int{{3, 4}}, func(in []*Node) *Node { return SumCols(in[0]) }},
	{"SpreadCol", false, [][2]int{{3, 1}}, func(in []*Node) *Node { return SpreadCol(in[0], 4) }},
	{"AddRow", false, [][2]int{{3, 4}, {1, 4}}, func(in []*Node) *Node { return AddRow(in[0], in[1]) }},
	{"MulRow", false, [][2]int{{3, 4}, {1, 4}}, func(in []*Node) *Node { return MulRow(in[0], in[1]) }},
	{"AddCol", false, [][2]int{{3, 4}, {3, 1}}, func(in []*Node) *Node { return AddCol(in[0], in[1]) }},
	{"MulCol", false, [][2]int{{3, 4}, {3, 1}}, func(in []*Node) *Node { return MulCol(in[0], in[1]) }},
	{"DotRows", false, [][2]int{{3, 4}, {3, 4}}, func(in []*Node) *Node { return DotRows(in[0], in[1]) }},
	{"Reshape", false, [][2]int{{3, 4}}, func(in []*Node) *Node { return Reshape(in[0], 2, 6) }},
	{"Slice", false, [][2]int{{5, 3}}, func(in []*Node) *Node { return Slice(in[0], 1, 3) }},
	{"Pad", false, [][2]int{{2, 3}}, func(in []*Node) *Node { return Pad(in[0], 1, 5) }},
	{"Concat", false, [][2]int{{2, 3}, {3, 3}}, func(in []*Node) *Node { return Concat(in[0], in[1]) }},
	{"LogSoftmax", false, [][2]int{{3, 4}}, func(in []*Node) *Node { return LogSoftmax(in[0]) }},
	{"Softmax", false, [][2]int{{3, 4}}, func(in []*Node) *Node { return Softmax(in[0]) }},
	{"CentreRows", false, [][2]int{{3, 4}}, func(in []*Node) *Node { return CentreRows(in[0]) }},
	{"NormRows", false, [][2]int{{3, 4}}, func(in []*Node) *Node { return NormRows(in[0], 0.1) }},
	{"RstdRows", false, [][2]int{{3, 4}}, func(in []*Node) *Node { return RstdRows(in[0], 0.1) }},
	{"AffineRows", false, [][2]int{{3, 4}, {1, 4}, {1, 4}}, func(in []*Node) *Node { return AffineRows(in[0], in[1], in[2]) }},
	{"AddMulRow", false, [][2]int{{3, 4}, {3, 4}, {1, 4}}, func(in []*Node) *Node { return AddMulRow(in[0], in[1], in[2]) }},
	{"DotCols", false, [][2]int{{3, 4}, {3, 4}}, func(in []*Node) *Node { return DotCols(in[0], in[1]) }},
	{"Conv", false, [][2]int{{24, 2}, {18, 3}}, func(in []*Node) *Node { return Conv(in[0], in[1], picture) }},
	{"Conv", false, [][2]int{{24, 2}, {18, 3}}, func(in []*Node) *Node { return Conv(in[0], in[1], strided) }},
	{"Conv", false, [][2]int{{10, 2}, {6, 3}}, func(in []*Node) *Node { return Conv(in[0], in[1], series) }},
	{"ConvBack", false, [][2]int{{24, 3}, {18, 3}}, func(in []*Node) *Node { return ConvBack(in[0], in[1], picture) }},
	{"ConvBack", false, [][2]int{{8, 3}, {18, 3}}, func(in []*Node) *Node { return ConvBack(in[0], in[1], strided) }},
	{"ConvWeights", false, [][2]int{{24, 2}, {24, 3}}, func(in []*Node) *Node { return ConvWeights(in[0], in[1], picture) }},
	{"ConvWeights", false, [][2]int{{24, 2}, {8, 3}}, func(in []*Node) *Node { return ConvWeights(in[0], in[1], strided) }},
	{"NormPool", false, [][2]int{{7, 3}, {1, 3}}, func(in []*Node) *Node { return NormPool(in[0], in[1], 0.1, tensor.Pool{}) }},
	{"NormPool", false, [][2]int{{24, 3}, {1, 3}}, func(in []*Node) *Node { return NormPool(in[0], in[1], 0.1, windows) }},
	{"NormPool", false, [][2]int{{10, 3}, {1, 3}}, func(in []*Node) *Node {
		return NormPool(in[0], in[1], 0.1, tensor.Pool{Height: 1, Width: 5, High: 1, Wide: 2})
	}},
	{"SquaredDistances", false, [][2]int{{3, 5}, {4, 5}}, func(in []*Node) *Node { return SquaredDistances(in[0], in[1]) }},
	{"UnitRows", false, [][2]int{{3, 4}}, func(in []*Node) *Node { return UnitRows(in[0], 0.1) }},
	{"Cosine", false, [][2]int{{3, 5}, {4, 5}}, func(in []*Node) *Node { return Cosine(in[0], in[1], 0.1) }},
	{"Solve", false, [][2]int{{4, 3}, {3, 2}}, func(in []*Node) *Node { return Solve(definite(in[0]), in[1]) }},
	{"Gather", false, [][2]int{{4, 3}}, func(in []*Node) *Node { return Gather(in[0], numbers(in[0].Tape(), 2, 0, 2)) }},
	{"Scatter", false, [][2]int{{3, 2}}, func(in []*Node) *Node { return Scatter(in[0], numbers(in[0].Tape(), 2, 0, 2), 4) }},
	{"Beside", false, [][2]int{{3, 2}, {3, 4}}, func(in []*Node) *Node { return Beside(in[0], in[1]) }},
	{"Columns", false, [][2]int{{3, 5}}, func(in []*Node) *Node { return Columns(in[0], 1, 3) }},
	{"PadColumns", false, [][2]int{{3, 2}}, func(in []*Node) *Node { return PadColumns(in[0], 1, 5) }},
	{"Gelu", false, [][2]int{{3, 4}}, func(in []*Node) *Node { return Gelu(in[0]) }},
	{"GeluSlope", false, [][2]int{{3, 4}}, func(in []*Node) *Node { return GeluSlope(in[0]) }},
	{"AffineGroups", false, [][2]int{{6, 3}, {2, 3}, {2, 3}}, func(in []*Node) *Node { return AffineGroups(in[0], in[1], in[2]) }},
	{"MulGroups", false, [][2]int{{6, 3}, {2, 3}}, func(in []*Node) *Node { return MulGroups(in[0], in[1]) }},
	{"DotGroups", false, [][2]int{{6, 3}, {6, 3}}, func(in []*Node) *Node { return DotGroups(in[0], in[1], 2) }},
	{"SumGroups", false, [][2]int{{6, 3}}, func(in []*Node) *Node { return SumGroups(in[0], 2) }},
	{"SpreadGroups", false, [][2]int{{2, 3}}, func(in []*Node) *Node { return SpreadGroups(in[0], 6) }},
}

// Two images of 4 by 3 pixels, two series of 5.
var (
	picture = tensor.Conv{Height: 4, Width: 3, Channels: 2, High: 3, Wide: 3, Stride: 1}
	strided = tensor.Conv{Height: 4, Width: 3, Channels: 2, High: 3, Wide: 3, Stride: 2}
	series  = tensor.Conv{Height: 1, Width: 5, Channels: 2, High: 1, Wide: 3, Stride: 1}
	windows = tensor.Pool{Height: 4, Width: 3, High: 2, Wide: 2}
)

// definite gives rᵀ·r + 1: Solve wants a symmetric matrix, so its derivative is held to differences by way of r.
func definite(r *Node) *Node {
	one := r.Tape().Zeros(r.Cols(), r.Cols())
	for i := range r.Cols() {
		one.Value().Row(i)[i] = 1
	}
	return Add(MatMulA(r, r), one)
}

func numbers(t *Tape, at ...float32) *Node { return t.Leaf(tensor.From(at, len(at), 1)) }

// For y = op(x), f(x) = Σ w·y³ is differentiated, and h(x) = Σ v·∇f(x)³ again:
// the cubes give ops that are linear a second derivative to get right. The
// sums are taken in float64, so that the differences keep their digits.
func TestRules(t *testing.T) {
	for _, c := range rules {
		t.Run(c.op, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(11, 12))
			var at []*tensor.Tensor
			for _, s := range c.shapes {
				at = append(at, operand(rng, s, c.positive))
			}
			var w *tensor.Tensor
			var v []*tensor.Tensor
			for range at {
				v = append(v, nil)
			}
			var tape Tape
			f := func() (node *Node, in []*Node, exact float64) {
				in = leaves(&tape, at)
				y := c.call(in)
				w = weights(rng, w, y)
				return cube(tape.Leaf(w), y), in, exactCube(w, y)
			}
			h := func() (node *Node, in []*Node, exact float64) {
				y, in, _ := f()
				for i, g := range Grad(y, in...) {
					v[i] = weights(rng, v[i], g)
					if term := cube(tape.Leaf(v[i]), g); node == nil {
						node = term
					} else {
						node = Add(node, term)
					}
					exact += exactCube(v[i], g)
				}
				return node, in, exact
			}
			checkGrad(t, "first order", &tape, at, f)
			checkGrad(t, "second order", &tape, at, h)
		})
	}
}

func operand(rng *rand.Rand, s [2]int, positive bool) *tensor.Tensor {
	x := tensor.New(s[0], s[1])
	for i := range x.Data {
		if positive {
			x.Data[i] = 0.5 + rng.Float32()
		} else {
			u := rng.NormFloat64()
			x.Data[i] = float32(u + math.Copysign(0.1, u))
		}
	}
	return x
}

func leaves(t *Tape, xs []*tensor.Tensor) (in []*Node) {
	for _, x := range xs {
		in = append(in, t.Leaf(x))
	}
	return in
}

// weights gives w, or on the first call new weights of y's shape.
func weights(rng *rand.Rand, w *tensor.Tensor, y *Node) *tensor.Tensor {
	if w == nil {
		w = operand(rng, [2]int{y.Rows(), y.Cols()}, true)
	}
	return w
}

// cube gives Σ w·y³, and exactCube its value without further rounding.
func cube(w, y *Node) *Node { return Sum(Mul(w, Mul(y, Mul(y, y)))) }

func exactCube(w *tensor.Tensor, y *Node) (s float64) {
	for i, v := range y.Value().Data {
		s += float64(w.Data[i]) * math.Pow(float64(v), 3)
	}
	return s
}

// checkGrad holds Grad of the function f of the operands at to differences.
func checkGrad(t *testing.T, name string, tape *Tape, at []*tensor.Tensor, f func() (*Node, []*Node, float64)) {
	t.Helper()
	tape.Reset()
	y, in, exact := f()
	if d := math.Abs(float64(y.Scalar()) - exact); d > 1e-4*(1+math.Abs(exact)) {
		t.Fatalf("%s: value %v, want %v", name, y.Scalar(), exact)
	}
	var got [][]float32
	var scale float64
	for _, g := range Grad(y, in...) {
		got = append(got, append([]float32(nil), g.Value().Data...))
		for _, v := range g.Value().Data {
			scale = max(scale, math.Abs(float64(v)))
		}
	}
	value := func() float64 {
		tape.Reset()
		_, _, e := f()
		return e
	}
	for k, x := range at {
		for i := range x.Data {
			if want := difference(&x.Data[i], value); math.Abs(float64(got[k][i])-want) > 1e-3*(1e-2+scale) {
				t.Errorf("%s: operand %d [%d]: %v, differences give %v", name, k, i, got[k][i], want)
			}
		}
	}
}

// difference gives the derivative of f at *x by central differences of fourth order.
func difference(x *float32, f func() float64) float64 {
	const step = 1.0 / 64
	x0 := *x
	at := func(k float32) float64 { *x = x0 + k*step; return f() }
	d := (8*(at(1)-at(-1)) - (at(2) - at(-2))) / (12 * step)
	*x = x0
	return d
}

// Every exported function from nodes to a node is an op and needs a row, Stop
// excepted, whose gradient is none by intent.
func TestRulesCoverEveryOp(t *testing.T) {
	have := map[string]bool{"Stop": true}
	for _, c := range rules {
		have[c.op] = true
	}
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	ops := 0
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv != nil || !f.Name.IsExported() || !givesNode(f) {
				continue
			}
			if ops++; !have[f.Name.Name] {
				t.Errorf("%s has no row in rules", f.Name.Name)
			}
		}
	}
	if ops != len(have) {
		t.Errorf("found %d ops in the source, know of %d", ops, len(have))
	}
}

func givesNode(f *ast.FuncDecl) bool {
	if f.Type.Results == nil || len(f.Type.Results.List) != 1 {
		return false
	}
	star, ok := f.Type.Results.List[0].Type.(*ast.StarExpr)
	if !ok {
		return false
	}
	id, ok := star.X.(*ast.Ident)
	return ok && id.Name == "Node"
}
