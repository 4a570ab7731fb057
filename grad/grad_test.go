package grad

import (
	"fmt"
	"testing"

	"github.com/inkling-sec/inkling/tensor"
)

// The derivatives of x⁴ at 2: 4·8, 12·4, 24·2, 24 and 0.
func ExampleGrad() {
	var t Tape
	x := t.Leaf(tensor.From([]float32{2}, 1))
	y := Mul(Mul(x, x), Mul(x, x))
	for range 5 {
		y = Grad(y, x)[0]
		fmt.Println(y.Scalar())
	}
	// Output:
	// 32
	// 48
	// 48
	// 24
	// 0
}

func TestGradOfWhatIsNotReached(t *testing.T) {
	var tape Tape
	x, z := tape.Leaf(tensor.From([]float32{3}, 1)), tape.Leaf(tensor.New(2, 3))
	y := Mul(x, x)
	late := Scale(x, 2)
	for i, c := range []struct {
		y    *Node
		wrt  *Node
		want float32
	}{{y, z, 0}, {y, late, 0}, {x, x, 1}, {y, y, 1}, {Stop(y), x, 0}, {Mul(Stop(x), x), x, 3}} {
		g := Grad(c.y, c.wrt)[0]
		if g.Rows() != c.wrt.Rows() || g.Cols() != c.wrt.Cols() || g.Value().Data[0] != c.want {
			t.Errorf("case %d: %v, want %v", i, g.Value(), c.want)
		}
	}
}

func TestGradWithRespectToAnIntermediate(t *testing.T) {
	var tape Tape
	x := tape.Leaf(tensor.From([]float32{3}, 1))
	u := Mul(x, x)
	g := Grad(Mul(u, x), x, u) // u·x with u = x²: 3x² = 27 along all paths, and x = 3
	if g[0].Scalar() != 27 || g[1].Scalar() != 3 {
		t.Errorf("%v and %v, want 27 and 3", g[0].Scalar(), g[1].Scalar())
	}
}

func TestPanics(t *testing.T) {
	var tape Tape
	a, b := tape.Zeros(2, 3), tape.Zeros(2, 4)
	for want, f := range map[string]func(){
		"tensor: MulTo: shapes [2 3] and [2 4] differ":        func() { Mul(a, b) },
		"tensor: Grad: shape [2 3] is not a scalar":           func() { Grad(a, a) },
		"tensor: Reshape: shapes [4 2] and [2 3] do not fit":  func() { Reshape(a, 4, 2) },
		"tensor: Concat: shapes [2 3] and [2 4] do not fit":   func() { Concat(a, b) },
		"tensor: SpreadTo: shapes [2 2] and [2 3] do not fit": func() { Spread(a, 2, 2) },
	} {
		func() {
			defer func() {
				if e, ok := recover().(*tensor.Error); !ok || e.Error() != want {
					t.Errorf("panic %v, want %q", e, want)
				}
			}()
			f()
		}()
	}
}

func TestSteadyLoopAllocatesNothing(t *testing.T) {
	var tape Tape
	x, w := tensor.New(20, 30), tensor.New(30, 40)
	tensor.FillTo(x, 0.5)
	tensor.FillTo(w, 0.25)
	step := func() {
		tape.Reset()
		p := tape.Leaf(w)
		for range 3 {
			g := Grad(Sum(Tanh(MatMul(tape.Leaf(x), p))), p)
			p = AddScaled(p, g[0], -0.1)
		}
		Grad(Sum(p), p)
	}
	step()
	if n := testing.AllocsPerRun(20, step); n != 0 {
		t.Errorf("%v allocations a step, want none", n)
	}
}

func TestZerosAfterReset(t *testing.T) {
	var tape Tape
	tensor.FillTo(tape.Zeros(4, 4).Value(), 7)
	tape.Reset()
	for _, v := range tape.Zeros(4, 4).Value().Data {
		if v != 0 {
			t.Fatal("memory of before Reset shows")
		}
	}
}
