package tensor

// Sum adds all elements, in float64.
func Sum(a *Tensor) float64 {
	var s float64
	for _, v := range a.Data {
		s += float64(v)
	}
	return s
}

// SumRowsTo adds the rows of a [n, d] to one row, dst [d].
func SumRowsTo(dst, a *Tensor) {
	d := a.Cols()
	fit("SumRowsTo", len(dst.Data) == d, dst, a)
	clear(dst.Data)
	for i := range a.Rows() {
		row := a.Data[i*d:][:d]
		for j := range dst.Data[:len(row)] {
			dst.Data[j] += row[j]
		}
	}
}

// SumColsTo adds the columns of a [n, d] to one column, dst [n, 1].
func SumColsTo(dst, a *Tensor) {
	d := a.Cols()
	fit("SumColsTo", len(dst.Data) == a.Rows(), dst, a)
	for i := range dst.Data {
		var s float32
		for _, v := range a.Data[i*d:][:d] {
			s += v
		}
		dst.Data[i] = s
	}
}

// DotRowsTo writes the inner product of each row of a [n, d] with the same row
// of b to the column dst [n, 1].
func DotRowsTo(dst, a, b *Tensor) {
	same("DotRowsTo", a, b)
	d := a.Cols()
	fit("DotRowsTo", len(dst.Data) == a.Rows(), dst, a)
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
