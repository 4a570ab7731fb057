package tensor

import "math"

// GeluTo writes a·Φ(a), Φ the normal distribution function (Hendrycks and
// Gimpel 2016, the exact form). The kernels' Φ is off by less than 4e-7
// (Abramowitz and Stegun 7.1.26); the plain path rounds once. Above 1e18 it is
// not a number.
func GeluTo(dst, a *Tensor) {
	same("GeluTo", dst, a)
	if use == plain {
		apply(func(x float64) float64 { return x * phi(x) }, dst, a)
		return
	}
	geluSIMD(dst.Data, a.Data)
}

// GeluSlopeTo writes the derivative of a·Φ(a): Φ(a) + a·φ(a).
func GeluSlopeTo(dst, a *Tensor) {
	same("GeluSlopeTo", dst, a)
	if use == plain {
		apply(func(x float64) float64 { return phi(x) + x*bell(x) }, dst, a)
		return
	}
	var g gelu
	for from := 0; from < len(dst.Data); from += geluBlock {
		to := min(from+geluBlock, len(dst.Data))
		out, x := dst.Data[from:to], a.Data[from:to]
		_, r, e := g.tail(x)
		g.slope(out, x, r, e)
	}
}

// GeluBothTo writes what GeluTo and GeluSlopeTo write, to the last bit, in one pass.
func GeluBothTo(dst, slope, a *Tensor) {
	same("GeluBothTo", dst, slope, a)
	if use == plain {
		GeluSlopeTo(slope, a)
		GeluTo(dst, a)
		return
	}
	var g gelu
	for from := 0; from < len(dst.Data); from += geluBlock {
		to := min(from+geluBlock, len(dst.Data))
		out, x := dst.Data[from:to], a.Data[from:to]
		y, r, e := g.tail(x)
		g.slope(slope.Data[from:to], x, r, e)
		mulSIMD(r, r, y)
		reluSIMD(out, x)
		addScaledSIMD(out, out, r, -math.Sqrt2/2)
	}
}

// slope writes the derivative at x, of what tail gave; it overwrites e.
func (g *gelu) slope(out, x, r, e []float32) {
	t := g.t[:len(x)]
	mulSIMD(e, e, x)
	scaleSIMD(t, r, -1) // Φ is r/2 up to 0 and 1−r/2 above
	offsetSIMD(t, t, 1)
	gateSIMD(t, t, x)
	addScaledSIMD(t, t, r, .5)
	addScaledSIMD(out, t, e, 1/math.Sqrt2/math.SqrtPi)
}

func phi(x float64) float64  { return .5 * math.Erfc(-x/math.Sqrt2) }
func bell(x float64) float64 { return math.Exp(-x*x/2) / math.Sqrt2 / math.SqrtPi }

// geluBlock is how many elements are taken through all sweeps together: their
// scratch stays in the first-level cache.
const geluBlock = 512

type gelu struct{ y, t, r, e [geluBlock]float32 }

// tail gives y = |x|/√2, r = erfc(y) and e to the power −y².
func (g *gelu) tail(x []float32) (y, r, e []float32) {
	n := len(x)
	t := g.t[:n]
	y, r, e = g.y[:n], g.r[:n], g.e[:n]
	mulSIMD(t, x, x)
	scaleSIMD(e, t, -.5)
	expSIMD(e, e)
	scaleSIMD(t, t, .5)
	sqrtSIMD(y, t)
	fillSIMD(r, 1)
	addScaledSIMD(t, r, y, 0.3275911)
	divSIMD(t, r, t)
	scaleSIMD(r, t, 1.061405429)
	for _, c := range [...]float32{-1.453152027, 1.421413741, -0.284496736, 0.254829592} {
		offsetSIMD(r, r, c)
		mulSIMD(r, r, t)
	}
	mulSIMD(r, r, e)
	return y, r, e
}
