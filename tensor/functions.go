package tensor

import "math"

// The plain path computes these in float64 and rounds once; the kernels are off
// by 2 units in the last place at most. Both have the same zeros, infinities
// and NaNs, and numbers too small for full precision.

// ExpTo writes e to the power a.
func ExpTo(dst, a *Tensor) {
	same("ExpTo", dst, a)
	if use != plain {
		expSIMD(dst.Data, a.Data)
		return
	}
	apply(math.Exp, dst, a)
}

// LogTo writes the natural logarithm.
func LogTo(dst, a *Tensor) {
	same("LogTo", dst, a)
	if use != plain {
		logSIMD(dst.Data, a.Data)
		return
	}
	apply(math.Log, dst, a)
}

// TanhTo writes the hyperbolic tangent.
func TanhTo(dst, a *Tensor) {
	same("TanhTo", dst, a)
	if use != plain {
		tanhSIMD(dst.Data, a.Data)
		return
	}
	apply(math.Tanh, dst, a)
}

// SigmoidTo writes 1/(1 + e to the power −a).
func SigmoidTo(dst, a *Tensor) {
	same("SigmoidTo", dst, a)
	if use != plain {
		sigmoidSIMD(dst.Data, a.Data)
		return
	}
	apply(func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }, dst, a)
}

// apply maps f over a, each value computed in float64 and rounded once.
func apply(f func(float64) float64, dst, a *Tensor) {
	x := a.Data[:len(dst.Data)]
	for i := range dst.Data {
		dst.Data[i] = float32(f(float64(x[i])))
	}
}
