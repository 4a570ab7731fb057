package tensor

import "math"

// LogSoftmaxTo writes the log-softmax of each row: x − log Σ exp x, with the
// row's maximum taken out first, so that no finite row overflows.
func LogSoftmaxTo(dst, a *Tensor) {
	same("LogSoftmaxTo", dst, a)
	d := a.Cols()
	if use != plain {
		room := borrowRoom(a.Rows())
		defer returnRoom(room)
		topOffSIMD(dst.Data, *room, a.Data, a.Rows(), d)
		logSIMD(*room, *room)
		subColSIMD(dst.Data, dst.Data, *room, a.Rows(), d)
		return
	}
	for i := range len(a.Data) / max(d, 1) {
		x, out := a.Data[i*d:][:d], dst.Data[i*d:][:d]
		top := x[ArgMax(x)]
		var sum float64
		for _, v := range x {
			sum += math.Exp(float64(v - top))
		}
		shift := float32(math.Log(sum))
		for j, v := range x {
			out[j] = v - top - shift
		}
	}
}

// SoftmaxTo writes the softmax of each row: positive values whose sum is 1.
func SoftmaxTo(dst, a *Tensor) {
	same("SoftmaxTo", dst, a)
	d := a.Cols()
	if use != plain {
		softmaxSIMD(dst.Data, a.Data, a.Rows(), d)
		return
	}
	for i := range len(a.Data) / max(d, 1) {
		x, out := a.Data[i*d:][:d], dst.Data[i*d:][:d]
		top := x[ArgMax(x)]
		var sum float32
		for j, v := range x {
			out[j] = float32(math.Exp(float64(v - top)))
			sum += out[j]
		}
		for j := range out {
			out[j] /= sum
		}
	}
}
