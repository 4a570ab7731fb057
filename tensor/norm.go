package tensor

// CentreRowsTo takes from each row its mean.
func CentreRowsTo(dst, a *Tensor) {
	same("CentreRowsTo", dst, a)
	d := a.Cols()
	if use != plain {
		centreRowsSIMD(dst.Data, a.Data, a.Rows(), d)
		return
	}
	for i := range a.Rows() {
		x, out := a.Data[i*d:][:d], dst.Data[i*d:][:d]
		m := mean(x)
		for j := range out {
			out[j] = x[j] - m
		}
	}
}

// RstdRowsTo writes 1/√(variance + eps) of each row of a [n, d], the variance
// being the mean squared distance from the mean, to the column dst [n, 1].
func RstdRowsTo(dst, a *Tensor, eps float32) {
	fit("RstdRowsTo", len(dst.Data) == a.Rows(), dst, a)
	d := a.Cols()
	if use != plain {
		rstdRowsSIMD(dst.Data, a.Data, a.Rows(), d, eps)
		return
	}
	for i := range dst.Data {
		x := a.Data[i*d:][:d]
		dst.Data[i] = rstd(x, mean(x), eps)
	}
}

// NormRowsTo takes from each row its mean and divides by √(variance + eps):
// the layer norm of Ba et al. 2016 before its scale and shift.
func NormRowsTo(dst, a *Tensor, eps float32) {
	same("NormRowsTo", dst, a)
	d := a.Cols()
	if use != plain {
		normRowsSIMD(dst.Data, a.Data, a.Rows(), d, eps)
		return
	}
	for i := range a.Rows() {
		x, out := a.Data[i*d:][:d], dst.Data[i*d:][:d]
		m := mean(x)
		r := rstd(x, m, eps)
		for j := range out {
			out[j] = (x[j] - m) * r
		}
	}
}

// mean and rstd add in eight lanes, as SumColsTo does.
func mean(x []float32) float32 {
	return lanes8(x, func(v float32) float32 { return v }) / float32(len(x))
}

func rstd(x []float32, mean, eps float32) float32 {
	s := lanes8(x, func(v float32) float32 { return float32((v - mean) * (v - mean)) })
	return 1 / root(s/float32(len(x))+eps)
}
