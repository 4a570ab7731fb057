package tensor

// SpreadTo writes the only element of a everywhere.
func SpreadTo(dst, a *Tensor) {
	fit("SpreadTo", len(a.Data) == 1, dst, a)
	FillTo(dst, a.Data[0])
}

// SpreadRowTo writes the row v [d] to every row of dst [n, d].
func SpreadRowTo(dst, v *Tensor) {
	d := dst.Cols()
	fit("SpreadRowTo", len(v.Data) == d, dst, v)
	if use != plain {
		spreadRowSIMD(dst.Data, v.Data, dst.Rows(), d)
		return
	}
	for i := range dst.Rows() {
		copy(dst.Data[i*d:][:d], v.Data)
	}
}

// SpreadColTo writes the column v [n, 1] to every column of dst [n, d].
func SpreadColTo(dst, v *Tensor) {
	d := dst.Cols()
	fit("SpreadColTo", len(v.Data) == dst.Rows(), dst, v)
	if use != plain {
		spreadColSIMD(dst.Data, v.Data, dst.Rows(), d)
		return
	}
	for i, f := range v.Data {
		row := dst.Data[i*d:][:d]
		for j := range row {
			row[j] = f
		}
	}
}

// AddRowTo writes a + v, the row v [d] being added to every row of a [n, d].
func AddRowTo(dst, a, v *Tensor) {
	d := a.Cols()
	same("AddRowTo", dst, a)
	fit("AddRowTo", len(v.Data) == d, dst, a, v)
	if use != plain {
		addRowSIMD(dst.Data, a.Data, v.Data, a.Rows(), d)
		return
	}
	for i := range a.Rows() {
		row, x, y := dst.Data[i*d:][:d], a.Data[i*d:][:d], v.Data[:d]
		for j := range row {
			row[j] = x[j] + y[j]
		}
	}
}

// MulRowTo writes a·v, every row of a [n, d] being multiplied by the row v [d].
func MulRowTo(dst, a, v *Tensor) {
	d := a.Cols()
	same("MulRowTo", dst, a)
	fit("MulRowTo", len(v.Data) == d, dst, a, v)
	if use != plain {
		mulRowSIMD(dst.Data, a.Data, v.Data, a.Rows(), d)
		return
	}
	for i := range a.Rows() {
		row, x, y := dst.Data[i*d:][:d], a.Data[i*d:][:d], v.Data[:d]
		for j := range row {
			row[j] = x[j] * y[j]
		}
	}
}

// AddColTo writes a + v, v[i] being added to all of row i of a [n, d].
func AddColTo(dst, a, v *Tensor) {
	d := a.Cols()
	same("AddColTo", dst, a)
	fit("AddColTo", len(v.Data) == a.Rows(), dst, a, v)
	if use != plain {
		addColSIMD(dst.Data, a.Data, v.Data, a.Rows(), d)
		return
	}
	for i, f := range v.Data {
		row, x := dst.Data[i*d:][:d], a.Data[i*d:][:d]
		for j := range row {
			row[j] = x[j] + f
		}
	}
}

// MulColTo writes a·v, all of row i of a [n, d] being multiplied by v[i].
func MulColTo(dst, a, v *Tensor) {
	d := a.Cols()
	same("MulColTo", dst, a)
	fit("MulColTo", len(v.Data) == a.Rows(), dst, a, v)
	if use != plain {
		mulColSIMD(dst.Data, a.Data, v.Data, a.Rows(), d)
		return
	}
	for i, f := range v.Data {
		row, x := dst.Data[i*d:][:d], a.Data[i*d:][:d]
		for j := range row {
			row[j] = x[j] * f
		}
	}
}

// TransposeTo writes aᵀ.
func TransposeTo(dst, a *Tensor) {
	n, m := a.Rows(), a.Cols()
	fit("TransposeTo", dst.Rows() == m && dst.Cols() == n, dst, a)
	if use != plain && n >= 8 && m > 0 {
		transposeSIMD(&dst.Data[0], &a.Data[0], n, m, n)
		return
	}
	for i := range n {
		for j, v := range a.Data[i*m:][:m] {
			dst.Data[j*n+i] = v
		}
	}
}
