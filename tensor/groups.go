package tensor

// The rows of a [g·n, d] are g groups of n rows that stand together; a row of
// v [g, d] belongs to all rows of its group.

// AffineGroupsTo writes a·scale + shift, scale and shift [g, d].
func AffineGroupsTo(dst, a, scale, shift *Tensor) {
	same("AffineGroupsTo", dst, a)
	same("AffineGroupsTo", scale, shift)
	each("AffineGroupsTo", a, scale, func(rows, group, n, d int) {
		out, x, f, v := dst.Data[rows*d:][:n*d], a.Data[rows*d:][:n*d], scale.Data[group*d:][:d], shift.Data[group*d:][:d]
		if use != plain {
			affineRowsSIMD(out, v, x, f, n, d)
			return
		}
		for i := range out {
			out[i] = float32(x[i]*f[i%d]) + v[i%d]
		}
	})
}

// MulGroupsTo writes a·v.
func MulGroupsTo(dst, a, v *Tensor) {
	same("MulGroupsTo", dst, a)
	each("MulGroupsTo", a, v, func(rows, group, n, d int) {
		out, x, f := dst.Data[rows*d:][:n*d], a.Data[rows*d:][:n*d], v.Data[group*d:][:d]
		if use != plain {
			mulRowSIMD(out, x, f, n, d)
			return
		}
		for i := range out {
			out[i] = x[i] * f[i%d]
		}
	})
}

// SpreadGroupsTo writes v.
func SpreadGroupsTo(dst, v *Tensor) {
	each("SpreadGroupsTo", dst, v, func(rows, group, n, d int) {
		for i := range n {
			copy(dst.Data[(rows+i)*d:][:d], v.Data[group*d:][:d])
		}
	})
}

// SumGroupsTo writes the sum of each group's rows to dst [g, d].
func SumGroupsTo(dst, a *Tensor) {
	if a.Rows() == 0 {
		clear(dst.Data)
	}
	each("SumGroupsTo", a, dst, func(rows, group, n, d int) {
		sum, x := dst.Data[group*d:][:d], a.Data[rows*d:][:n*d]
		if use != plain {
			sumRowsSIMD(sum, x, n, d)
			return
		}
		for j := range sum {
			sum[j] = blockwise(n, func(i int) float32 { return x[i*d+j] })
		}
	})
}

// DotGroupsTo writes the inner products of the columns of each group of a with
// those of b to dst [g, d].
func DotGroupsTo(dst, a, b *Tensor) {
	same("DotGroupsTo", a, b)
	if a.Rows() == 0 {
		clear(dst.Data)
	}
	each("DotGroupsTo", a, dst, func(rows, group, n, d int) {
		sum, x, y := dst.Data[group*d:][:d], a.Data[rows*d:][:n*d], b.Data[rows*d:][:n*d]
		if use != plain {
			dotColsSIMD(sum, x, y, n, d)
			return
		}
		for j := range sum {
			sum[j] = blockwise(n, func(i int) float32 { return x[i*d+j] * y[i*d+j] })
		}
	})
}

// each calls f for each group with its first row, its number, rows and columns.
func each(op string, a, v *Tensor, f func(rows, group, n, d int)) {
	g, d := v.Rows(), v.Cols()
	fit(op, a.Cols() == d && g > 0 && a.Rows()%g == 0, a, v)
	n := a.Rows() / g
	for i := range g {
		if n > 0 {
			f(i*n, i, n, d)
		}
	}
}
