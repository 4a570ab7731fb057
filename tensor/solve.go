package tensor

import (
	"math"
	"sync"
)

// SolveTo writes to dst [n, m] the x of a·x = b, with a [n, n] symmetric and
// positive definite, of which it reads the lower half, and b [n, m]: by
// Cholesky's decomposition in float64. A row of a that follows from those before
// it, as far as float32 can tell, counts for nothing and its row of x is 0: so any a
// that is finite gives a finite answer. dst may be b.
func SolveTo(dst, a, b *Tensor) {
	n, m := a.Rows(), b.Cols()
	fit("SolveTo", a.Cols() == n && b.Rows() == n, a, b)
	same("SolveTo", dst, b)
	room := wideRooms.Get().(*[]float64)
	defer wideRooms.Put(room)
	if cap(*room) < n*(n+1+m) {
		*room = make([]float64, n*(n+1+m))
	}
	l, inverse, x := (*room)[:n*n], (*room)[n*n:n*(n+1)], (*room)[n*(n+1):n*(n+1+m)]
	cholesky(l, inverse, a.Data, n)
	for i, v := range b.Data {
		x[i] = float64(v)
	}
	for i := range n { // l·y = b
		for k, f := range l[i*n:][:i] {
			addRow(x[i*m:][:m], x[k*m:][:m], -f)
		}
		scaleRow(x[i*m:][:m], inverse[i])
	}
	for i := n - 1; i >= 0; i-- { // lᵀ·x = y
		for k := i + 1; k < n; k++ {
			addRow(x[i*m:][:m], x[k*m:][:m], -l[k*n+i])
		}
		scaleRow(x[i*m:][:m], inverse[i])
	}
	for i, v := range x {
		dst.Data[i] = float32(v)
	}
}

var wideRooms = sync.Pool{New: func() any { return new([]float64) }}

// cholesky writes to the lower half of l the matrix with l·lᵀ = a, and 1 over its
// diagonal to inverse. Where a pivot is but rounding of a's diagonal, the inverse is 0 and so is
// the column below: further steps would only blow the rounding up.
func cholesky(l, inverse []float64, a []float32, n int) {
	const rounding = 0x1p-19
	for i := range n {
		row := l[i*n:][:i+1]
		for j := range row {
			s := float64(a[i*n+j])
			for k, v := range l[j*n:][:j] {
				s -= row[k] * v
			}
			if j < i {
				row[j] = s * inverse[j]
				continue
			}
			row[j], inverse[j] = 0, 0
			if s > rounding*float64(a[i*n+i]) {
				row[j] = math.Sqrt(s)
				inverse[j] = 1 / row[j]
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
