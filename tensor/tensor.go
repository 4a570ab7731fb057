// Package tensor holds dense float32 arrays, row-major, and their loops.
//
// A loop named XTo(dst, …) overwrites dst, which has the shape of the result;
// it allocates nothing. Element-wise loops let dst be one of the operands, all
// others need it apart. The loops see every array as a matrix: a scalar is
// [1, 1], a vector [d] is the row [1, d], and of more axes the first one
// counts the rows. A shape that does not fit is the caller's bug: the loops
// panic with an [*Error]. A row of a result depends on nothing but its own row
// of the operands, to the last bit, where the mathematics says so.
package tensor

import (
	"fmt"
	"math"
)

// Tensor is a dense array. Data has the product of Shape elements, row-major.
// A scalar has an empty Shape.
type Tensor struct {
	Shape []int
	Data  []float32
}

// New gives an array of zeros.
func New(shape ...int) *Tensor {
	s := append([]int(nil), shape...)
	return &Tensor{Shape: s, Data: make([]float32, elements("New", s))}
}

// elements gives the product of the sides, which wraps round to no other number.
func elements(op string, shape []int) int {
	n := 1
	for _, d := range shape {
		switch {
		case d < 0:
			panic(&Error{Op: op, Problem: "has a negative side", Shapes: [][]int{shape}})
		case d > 0 && n > math.MaxInt/4/d:
			panic(&Error{Op: op, Problem: "is more than memory can hold", Shapes: [][]int{shape}})
		}
		n *= d
	}
	return n
}

// From wraps data, which it does not copy, in a shape of as many elements.
func From(data []float32, shape ...int) *Tensor {
	t := &Tensor{Shape: append([]int(nil), shape...), Data: data}
	if elements("From", t.Shape) != len(data) {
		panic(&Error{Op: "From", Problem: fmt.Sprintf("does not hold %d elements", len(data)), Shapes: [][]int{t.Shape}})
	}
	return t
}

// FromRows copies rows, all of one length, into a matrix.
func FromRows(rows [][]float32) *Tensor {
	if len(rows) == 0 {
		return New(0, 0)
	}
	t := New(len(rows), len(rows[0]))
	for i, r := range rows {
		if len(r) != t.Cols() {
			panic(&Error{Op: "FromRows", Problem: "differ", Shapes: [][]int{{t.Cols()}, {len(r)}}})
		}
		copy(t.Row(i), r)
	}
	return t
}

// Rows gives the first side of a matrix; it is 1 for a vector and a scalar.
func (t *Tensor) Rows() int {
	if len(t.Shape) < 2 {
		return 1
	}
	return t.Shape[0]
}

// Cols gives the number of elements in a row.
func (t *Tensor) Cols() int {
	switch len(t.Shape) {
	case 0:
		return 1
	case 1:
		return t.Shape[0]
	case 2:
		return t.Shape[1]
	}
	n := 1
	for _, d := range t.Shape[1:] {
		n *= d
	}
	return n
}

// Row gives row i; it shares memory with t.
func (t *Tensor) Row(i int) []float32 {
	c := t.Cols()
	return t.Data[i*c : (i+1)*c : (i+1)*c]
}

// RowRange gives rows from to to-1 as a matrix that shares memory with t.
func (t *Tensor) RowRange(from, to int) *Tensor {
	c := t.Cols()
	return &Tensor{Shape: []int{to - from, c}, Data: t.Data[from*c : to*c : to*c]}
}

// Clone gives a copy.
func (t *Tensor) Clone() *Tensor {
	return &Tensor{Shape: append([]int(nil), t.Shape...), Data: append([]float32(nil), t.Data...)}
}

// Error is what a loop panics with when shapes do not fit.
type Error struct {
	Op      string  // the loop, such as MulTo
	Shapes  [][]int // of its operands, dst first
	Problem string  // ends the sentence: differ, do not fit
}

// Error gives a text such as "tensor: MulTo: shapes [3] and [4] differ".
func (e *Error) Error() string {
	text := "tensor: " + e.Op + ": shape"
	if len(e.Shapes) > 1 {
		text += "s"
	}
	for i, s := range e.Shapes {
		switch {
		case i == 0:
			text += " "
		case i == len(e.Shapes)-1:
			text += " and "
		default:
			text += ", "
		}
		text += fmt.Sprint(s)
	}
	return text + " " + e.Problem
}

// same panics unless all are matrices of one shape.
func same(op string, a *Tensor, rest ...*Tensor) {
	for _, b := range rest {
		if len(a.Data) != len(b.Data) || a.Cols() != b.Cols() {
			fail(op, "differ", a, b)
		}
	}
}

// fit panics unless ok.
func fit(op string, ok bool, ts ...*Tensor) {
	if !ok {
		fail(op, "do not fit", ts...)
	}
}

func fail(op, problem string, ts ...*Tensor) {
	e := &Error{Op: op, Problem: problem}
	for _, t := range ts {
		e.Shapes = append(e.Shapes, append([]int{}, t.Shape...))
	}
	panic(e)
}
