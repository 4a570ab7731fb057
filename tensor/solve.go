package tensor

import (
	"math"
	"sync"
)

// SolveTo writes to dst [n, m] the x of a·x = b, with a [n, n] symmetric and
// positive definite, of which it reads the lower half, and b [n, m]: by
// Cholesky's decomposition in float64. A pivot below 10⁻¹² of the largest on
// the diagonal is taken for that, so that rows that only rounding tells apart give
// a finite answer. dst may be b.
func SolveTo(dst, a, b *Tensor) {
	n, m := a.Rows(), b.Cols()
	fit("SolveTo", a.Cols() == n && b.Rows() == n, a, b)
	same("SolveTo", dst, b)
	room := wideRooms.Get().(*[]float64)
	defer wideRooms.Put(room)
	if cap(*room) < n*n+n*m {
		*room = make([]float64, n*n+n*m)
	}
	l, x := (*room)[:n*n], (*room)[n*n:n*n+n*m]
	cholesky(l, a.Data, n)
	for i, v := range b.Data {
		x[i] = float64(v)
	}
	for i := range n { // l·y = b
		for k, f := range l[i*n:][:i] {
			addRow(x[i*m:][:m], x[k*m:][:m], -f)
		}
		scaleRow(x[i*m:][:m], 1/l[i*n+i])
	}
	for i := n - 1; i >= 0; i-- { // lᵀ·x = y
		for k := i + 1; k < n; k++ {
			addRow(x[i*m:][:m], x[k*m:][:m], -l[k*n+i])
		}
		scaleRow(x[i*m:][:m], 1/l[i*n+i])
	}
	for i, v := range x {
		dst.Data[i] = float32(v)
	}
}

var wideRooms = sync.Pool{New: func() any { return new([]float64) }}

// cholesky writes to the lower half of l the matrix with l·lᵀ = a.
func cholesky(l []float64, a []float32, n int) {
	var top float64
	for i := range n {
		top = max(top, float64(a[i*n+i]))
	}
	for i := range n {
		row := l[i*n:][:i+1]
		for j := range row {
			other := l[j*n:][:j+1]
			s := float64(a[i*n+j])
			for k, v := range other[:j] {
				s -= row[k] * v
			}
			if j == i {
				row[j] = math.Sqrt(max(s, 1e-12*top, math.SmallestNonzeroFloat32))
			} else {
				row[j] = s / other[j]
			}
		}
	}
}

func addRow(dst, x []float64, f float64) {
	x = x[:len(dst)]
	for j := range dst {
		dst[j] += f * x[j]
	}
}

func scaleRow(x []float64, f float64) {
	for j := range x {
		x[j] *= f
	}
}
