package tensor

// What follows gives the bits of the loops it joins, and takes one pass.

// AffineRowsTo writes a·scale + shift, every row of a [n, d] being multiplied
// by the row scale [d] and added to the row shift [d].
func AffineRowsTo(dst, a, scale, shift *Tensor) {
	d := a.Cols()
	same("AffineRowsTo", dst, a)
	fit("AffineRowsTo", len(scale.Data) == d && len(shift.Data) == d, dst, a, scale, shift)
	if use != plain {
		affineRowsSIMD(dst.Data, shift.Data, a.Data, scale.Data, a.Rows(), d)
		return
	}
	for i := range a.Rows() {
		row, x, f, v := dst.Data[i*d:][:d], a.Data[i*d:][:d], scale.Data[:d], shift.Data[:d]
		for j := range row {
			row[j] = float32(x[j]*f[j]) + v[j]
		}
	}
}

// AddMulRowTo writes acc + x·v, every row of x [n, d] being multiplied by the
// row v [d].
func AddMulRowTo(dst, acc, x, v *Tensor) {
	d := x.Cols()
	same("AddMulRowTo", dst, acc, x)
	fit("AddMulRowTo", len(v.Data) == d, dst, acc, x, v)
	if use != plain {
		addMulRowSIMD(dst.Data, acc.Data, x.Data, v.Data, x.Rows(), d)
		return
	}
	for i := range x.Rows() {
		row, a, b, f := dst.Data[i*d:][:d], acc.Data[i*d:][:d], x.Data[i*d:][:d], v.Data[:d]
		for j := range row {
			row[j] = a[j] + float32(b[j]*f[j])
		}
	}
}

// BiasReluTo writes max(a + bias, 0), the row bias [d] being added to every row
// of a [n, d].
func BiasReluTo(dst, a, bias *Tensor) {
	d := a.Cols()
	same("BiasReluTo", dst, a)
	fit("BiasReluTo", len(bias.Data) == d, dst, a, bias)
	if use != plain {
		biasReluSIMD(dst.Data, a.Data, bias.Data, a.Rows(), d)
		return
	}
	for i := range a.Rows() {
		row, x, v := dst.Data[i*d:][:d], a.Data[i*d:][:d], bias.Data[:d]
		for j := range row {
			row[j] = max(x[j]+v[j], 0)
		}
	}
}
