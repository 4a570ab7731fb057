package tensor

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// [4 2; 2 3] has the inverse [3 −2; −2 4]/8.
func TestSolveByHand(t *testing.T) {
	a := From([]float32{4, 99, 2, 3}, 2, 2) // what is above the diagonal is not read
	x := From([]float32{8, 0, 0, 8}, 2, 2)
	SolveTo(x, a, x)
	for i, want := range []float32{3, -2, -2, 4} {
		if math.Abs(float64(x.Data[i]-want)) > 1e-6 {
			t.Fatalf("%v, want [3 -2 -2 4]", x.Data)
		}
	}
}

func TestSolve(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 2, 7, 40} {
		r, b := New(n, n), New(n, 3)
		for i := range r.Data {
			r.Data[i] = float32(rng.NormFloat64())
		}
		for i := range b.Data {
			b.Data[i] = float32(rng.NormFloat64())
		}
		a, x, back := New(n, n), New(n, 3), New(n, 3)
		MatMulATo(a, r, r)
		for i := range n {
			a.Data[i*n+i]++
		}
		SolveTo(x, a, b)
		MatMulTo(back, a, x)
		for i, v := range back.Data {
			if math.Abs(float64(v-b.Data[i])) > 1e-4 {
				t.Fatalf("%d rows: a·x is %v where b is %v", n, v, b.Data[i])
			}
		}
	}
}

// A row that follows from those before it counts for nothing.
func TestSolveWithoutAnInverse(t *testing.T) {
	for _, c := range []struct{ a, want []float32 }{
		{[]float32{1, 1, 1, 1}, []float32{3, 0}},
		{[]float32{0, 0, 0, 2}, []float32{0, 1.5}},
		{[]float32{0, 0, 0, 0}, []float32{0, 0}},
		{[]float32{-1, 0, 0, 1}, []float32{0, 3}},
	} {
		x := New(2, 1)
		SolveTo(x, From(c.a, 2, 2), From([]float32{3, 3}, 2, 1))
		if !slices.Equal(x.Data, c.want) {
			t.Errorf("%v gives %v, want %v", c.a, x.Data, c.want)
		}
	}
}

// 60 columns that are sums of ten: what rounding leaves of the others must not
// count. a's first column is what the first unit vector gives.
func TestSolveOfFewDirections(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	r, mix, x := New(80, 10), New(10, 60), New(80, 60)
	for _, m := range []*Tensor{r, mix} {
		for i := range m.Data {
			m.Data[i] = float32(1e4 * rng.NormFloat64())
		}
	}
	MatMulTo(x, r, mix)
	a, b := New(60, 60), New(60, 1)
	MatMulATo(a, x, x)
	for i := range b.Data {
		b.Data[i] = a.Data[i*60]
	}
	SolveTo(b, a, b)
	b.Data[0]--
	for i, v := range b.Data {
		if math.Abs(float64(v)) > 0.01 || i >= 20 && v != 0 {
			t.Fatalf("x differs from the first unit vector by %v", b.Data)
		}
	}
}

func TestSolveShapes(t *testing.T) {
	defer func() {
		if err, ok := recover().(error); !ok || !errors.As(err, new(*Error)) {
			t.Errorf("panic %v", err)
		}
	}()
	SolveTo(New(3, 1), New(3, 2), New(3, 1))
}
