package tensor

import "math"

// rowBlock is the number of rows that a sum of columns takes from the first to
// the last; the sums of blocks are then added in the same way. So the error of
// a long sum stays small.
const rowBlock = 256

// Sum adds all elements in float64: sixteen lanes, lane l taking the elements
// l, l+16 and so on, which [lanes16] puts together.
func Sum(a *Tensor) float64 {
	if use != plain {
		return sumSIMD(a.Data)
	}
	return lanes16(a.Data, func(v float64) float64 { return v })
}

// SumSquares adds the squares of all elements, as Sum does.
func SumSquares(a *Tensor) float64 {
	if use != plain {
		return sumSquaresSIMD(a.Data)
	}
	return lanes16(a.Data, func(v float64) float64 { return v * v })
}

func lanes16(x []float32, f func(float64) float64) float64 {
	var l [16]float64
	for i, v := range x {
		l[i%16] += f(float64(v))
	}
	for q := range 4 {
		l[q] = (l[q] + l[q+8]) + (l[q+4] + l[q+12])
	}
	return (l[0] + l[2]) + (l[1] + l[3])
}

// SumRowsTo adds the rows of a [n, d] to one row, dst [d].
func SumRowsTo(dst, a *Tensor) {
	n, d := a.Rows(), a.Cols()
	fit("SumRowsTo", len(dst.Data) == d, dst, a)
	if use != plain {
		sumRowsSIMD(dst.Data, a.Data, n, d)
		return
	}
	for j := range dst.Data {
		dst.Data[j] = blockwise(n, func(i int) float32 { return a.Data[i*d+j] })
	}
}

// DotColsTo writes the inner product of each column of a [n, d] with the same
// column of b to the row dst [d]. Products are rounded, then added.
func DotColsTo(dst, a, b *Tensor) {
	same("DotColsTo", a, b)
	n, d := a.Rows(), a.Cols()
	fit("DotColsTo", len(dst.Data) == d, dst, a)
	if use != plain {
		dotColsSIMD(dst.Data, a.Data, b.Data, n, d)
		return
	}
	for j := range dst.Data {
		dst.Data[j] = blockwise(n, func(i int) float32 { return a.Data[i*d+j] * b.Data[i*d+j] })
	}
}

// blockwise adds f(0) to f(n-1), rowBlock of them at a time.
func blockwise(n int, f func(i int) float32) (sum float32) {
	for from := 0; from < n; from += rowBlock {
		var s float32
		for i := from; i < min(from+rowBlock, n); i++ {
			s += f(i)
		}
		sum += s
	}
	return sum
}

// SumColsTo adds the columns of a [n, d] to one column, dst [n, 1]. Each row is
// added in eight lanes, as a·bᵀ is.
func SumColsTo(dst, a *Tensor) {
	d := a.Cols()
	fit("SumColsTo", len(dst.Data) == a.Rows(), dst, a)
	if use != plain {
		sumColsSIMD(dst.Data, a.Data, a.Rows(), d)
		return
	}
	for i := range dst.Data {
		dst.Data[i] = lanes8(a.Data[i*d:][:d], func(v float32) float32 { return v })
	}
}

// lanes8 adds f of the elements, lane l taking those at l, l+8 and so on.
func lanes8(x []float32, f func(float32) float32) float32 {
	var l [8]float32
	for i, v := range x {
		l[i%8] += f(v)
	}
	return ((l[0] + l[2]) + (l[1] + l[3])) + ((l[4] + l[6]) + (l[5] + l[7]))
}

// DotRowsTo writes the inner product of each row of a [n, d] with the same row
// of b to the column dst [n, 1].
func DotRowsTo(dst, a, b *Tensor) {
	same("DotRowsTo", a, b)
	d := a.Cols()
	fit("DotRowsTo", len(dst.Data) == a.Rows(), dst, a)
	if use != plain {
		dotRowsSIMD(dst.Data, a.Data, b.Data, a.Rows(), d)
		return
	}
	for i := range dst.Data {
		dst.Data[i] = dot(a.Data[i*d:][:d], b.Data[i*d:][:d])
	}
}

// ArgMax gives the place of the largest value, the first of equals.
func ArgMax(row []float32) int {
	best := 0
	for i, v := range row {
		if v > row[best] {
			best = i
		}
	}
	return best
}

// LeastCount is how many [Least] finds.
const LeastCount = 5

// Least writes the least of some numbers, rising, which must not be negative; NaN and infinity do not count. Where there
// are fewer, infinity takes their place.
func Least(dst *[LeastCount]float32, x []float32) {
	if use != plain {
		leastSIMD(dst[:], x)
		return
	}
	for k := range dst {
		dst[k] = float32(math.Inf(1))
	}
	for _, v := range x {
		if !(v < dst[LeastCount-1]) {
			continue
		}
		k := LeastCount - 1
		for ; k > 0 && dst[k-1] > v; k-- {
			dst[k] = dst[k-1]
		}
		dst[k] = v
	}
}
