package tensor

import "math"

// CopyTo writes a to dst, which may be of another shape with as many elements.
func CopyTo(dst, a *Tensor) {
	fit("CopyTo", len(dst.Data) == len(a.Data), dst, a)
	copy(dst.Data, a.Data)
}

// FillTo writes f everywhere.
func FillTo(dst *Tensor, f float32) {
	if use != plain {
		fillSIMD(dst.Data, f)
		return
	}
	for i := range dst.Data {
		dst.Data[i] = f
	}
}

// AddTo writes a + b.
func AddTo(dst, a, b *Tensor) {
	same("AddTo", dst, a, b)
	x, y := a.Data[:len(dst.Data)], b.Data[:len(dst.Data)]
	if use != plain {
		addSIMD(dst.Data, x, y)
		return
	}
	for i := range dst.Data {
		dst.Data[i] = x[i] + y[i]
	}
}

// SubTo writes a − b.
func SubTo(dst, a, b *Tensor) {
	same("SubTo", dst, a, b)
	x, y := a.Data[:len(dst.Data)], b.Data[:len(dst.Data)]
	if use != plain {
		subSIMD(dst.Data, x, y)
		return
	}
	for i := range dst.Data {
		dst.Data[i] = x[i] - y[i]
	}
}

// MulTo writes a·b, element by element.
func MulTo(dst, a, b *Tensor) {
	same("MulTo", dst, a, b)
	x, y := a.Data[:len(dst.Data)], b.Data[:len(dst.Data)]
	if use != plain {
		mulSIMD(dst.Data, x, y)
		return
	}
	for i := range dst.Data {
		dst.Data[i] = x[i] * y[i]
	}
}

// DivTo writes a/b, element by element.
func DivTo(dst, a, b *Tensor) {
	same("DivTo", dst, a, b)
	x, y := a.Data[:len(dst.Data)], b.Data[:len(dst.Data)]
	if use != plain {
		divSIMD(dst.Data, x, y)
		return
	}
	for i := range dst.Data {
		dst.Data[i] = x[i] / y[i]
	}
}

// MinTo writes the lesser of a and b, element by element; b where one is not a number.
func MinTo(dst, a, b *Tensor) {
	same("MinTo", dst, a, b)
	x, y := a.Data, b.Data
	if use != plain {
		minSIMD(dst.Data, x, y)
		return
	}
	for i, v := range x {
		if w := y[i]; v < w {
			dst.Data[i] = v
		} else {
			dst.Data[i] = w
		}
	}
}

// ScaleTo writes f·a.
func ScaleTo(dst, a *Tensor, f float32) {
	same("ScaleTo", dst, a)
	x := a.Data[:len(dst.Data)]
	if use != plain {
		scaleSIMD(dst.Data, x, f)
		return
	}
	for i := range dst.Data {
		dst.Data[i] = f * x[i]
	}
}

// AddScaledTo writes a + f·b, the product rounded first.
func AddScaledTo(dst, a, b *Tensor, f float32) {
	same("AddScaledTo", dst, a, b)
	x, y := a.Data[:len(dst.Data)], b.Data[:len(dst.Data)]
	if use != plain {
		addScaledSIMD(dst.Data, x, y, f)
		return
	}
	for i := range dst.Data {
		dst.Data[i] = x[i] + float32(f*y[i])
	}
}

// OffsetTo writes a + f.
func OffsetTo(dst, a *Tensor, f float32) {
	same("OffsetTo", dst, a)
	x := a.Data[:len(dst.Data)]
	if use != plain {
		offsetSIMD(dst.Data, x, f)
		return
	}
	for i := range dst.Data {
		dst.Data[i] = x[i] + f
	}
}

// ReluTo writes max(a, 0).
func ReluTo(dst, a *Tensor) {
	same("ReluTo", dst, a)
	x := a.Data[:len(dst.Data)]
	if use != plain {
		reluSIMD(dst.Data, x)
		return
	}
	for i := range dst.Data {
		dst.Data[i] = max(x[i], 0)
	}
}

// GateTo writes a where b > 0 and 0 elsewhere.
func GateTo(dst, a, b *Tensor) {
	same("GateTo", dst, a, b)
	x, y := a.Data[:len(dst.Data)], b.Data[:len(dst.Data)]
	if use != plain {
		gateSIMD(dst.Data, x, y)
		return
	}
	for i := range dst.Data {
		v := x[i]
		if !(y[i] > 0) {
			v = 0
		}
		dst.Data[i] = v
	}
}

// SqrtTo writes √a.
func SqrtTo(dst, a *Tensor) {
	same("SqrtTo", dst, a)
	x := a.Data[:len(dst.Data)]
	if use != plain {
		sqrtSIMD(dst.Data, x)
		return
	}
	for i := range dst.Data {
		dst.Data[i] = root(x[i])
	}
}

// RsqrtTo writes 1/√a, the root rounded first.
func RsqrtTo(dst, a *Tensor) {
	same("RsqrtTo", dst, a)
	x := a.Data[:len(dst.Data)]
	if use != plain {
		rsqrtSIMD(dst.Data, x)
		return
	}
	for i := range dst.Data {
		dst.Data[i] = 1 / root(x[i])
	}
}

// root is √x, rounded once.
func root(x float32) float32 { return float32(math.Sqrt(float64(x))) }
