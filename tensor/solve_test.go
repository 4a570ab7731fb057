package tensor

import (
	"errors"
	"math"
	"math/rand/v2"
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

// Two rows the same: no inverse, but a number.
func TestSolveWithoutAnInverse(t *testing.T) {
	for _, a := range []*Tensor{From([]float32{1, 1, 1, 1}, 2, 2), New(2, 2), From([]float32{-1, 0, 0, -1}, 2, 2)} {
		x := New(2, 1)
		SolveTo(x, a, From([]float32{1, 1}, 2, 1))
		for _, v := range x.Data {
			if math.IsNaN(float64(v)) {
				t.Errorf("%v gives %v", a.Data, x.Data)
			}
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
