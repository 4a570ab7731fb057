package tensor

import "math"

// CentreRowsTo takes from each row its mean.
func CentreRowsTo(dst, a *Tensor) {
	same("CentreRowsTo", dst, a)
	d := a.Cols()
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
	for i := range a.Rows() {
		x, out := a.Data[i*d:][:d], dst.Data[i*d:][:d]
		m := mean(x)
		r := rstd(x, m, eps)
		for j := range out {
			out[j] = (x[j] - m) * r
		}
	}
}

func mean(x []float32) float32 {
	var s float32
	for _, v := range x {
		s += v
	}
	return s / float32(len(x))
}

func rstd(x []float32, mean, eps float32) float32 {
	var s float32
	for _, v := range x {
		s += (v - mean) * (v - mean)
	}
	return 1 / float32(math.Sqrt(float64(s/float32(len(x))+eps)))
}
