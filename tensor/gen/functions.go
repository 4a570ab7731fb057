package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// functions writes the set. The polynomials are Taylor's, long enough that what
// they leave out is below the rounding of their last step.
func functions() {
	for _, w := range []sweep{
		{name: "expSIMD", doc: "writes e to the power a.", in: operands("a each"), make: each1(expOf)},
		{name: "logSIMD", doc: "writes the natural logarithm.", in: operands("a each"), make: each1(logOf)},
		{name: "tanhSIMD", doc: "writes the hyperbolic tangent.", in: operands("a each"), make: each1(tanhOf)},
		{name: "sigmoidSIMD", doc: "writes 1/(1 + e to the power −a).", in: operands("a each"), make: each1(sigmoidOf)},
		{name: "geluSIMD", doc: "writes a·Φ(a).", in: operands("a each, z zero"), make: geluOf},
	} {
		w.narrow = true
		w.write()
	}
	softmax("softmaxSIMD", false)
	softmax("topOffSIMD", true)
}

func each1(f func(isa, reg.VecVirtual) reg.VecVirtual) func(isa, vecs) vecs {
	return func(s isa, x vecs) vecs { return vecs{f(s, x[0])} }
}

// in puts a constant in a register.
func in(s isa, m Mem) reg.VecVirtual {
	v := s.vec()
	VMOVUPS(m, v)
	return v
}

// with gives x op m, m being a constant.
func with(op instruction, s isa, x reg.VecVirtual, m Mem) reg.VecVirtual {
	v := s.vec()
	op(m, x, v)
	return v
}

// polynomial gives c[0] + c[1]·x + c[2]·x² and so on.
func polynomial(s isa, x reg.VecVirtual, c ...float64) reg.VecVirtual {
	p := in(s, number(c[len(c)-1]))
	for i := len(c) - 2; i >= 0; i-- {
		VFMADD213PS(number(c[i]), x, p)
	}
	return p
}

// log 2 in two parts; a whole number up to 2⁸ times the first is exact.
const (
	ln2      = 355. / 512
	ln2Rest  = math.Ln2 - ln2
	toWhole  = 3 << 22 // adding this to a small float32 leaves its whole part in the last bits
	wholeBit = 127 << 23
)

// reduce splits x = n·ln 2 + r with |r| ≤ ½ ln 2; whole is n + toWhole.
func reduce(s isa, x reg.VecVirtual) (whole, n, r reg.VecVirtual) {
	whole = in(s, number(toWhole))
	VFMADD231PS(number(math.Log2E), x, whole)
	n = with(VSUBPS, s, whole, number(toWhole))
	r = s.vec()
	VMOVAPS(x, r)
	VFNMADD231PS(number(ln2), n, r)
	VFNMADD231PS(number(ln2Rest), n, r)
	return whole, n, r
}

// limit gives min(max(x, low), high), and NaN for NaN.
func limit(s isa, x reg.VecVirtual, low, high float64) reg.VecVirtual {
	x = apply(VMAXPS, s, in(s, number(low)), x)
	return apply(VMINPS, s, in(s, number(high)), x)
}

// expOf gives e to the power x. Beyond its limits the result is 0 or infinity.
func expOf(s isa, x reg.VecVirtual) reg.VecVirtual {
	whole, n, r := reduce(s, limit(s, x, -104, 89))
	p := polynomial(s, r, 1, 1, 1./2, 1./6, 1./24, 1./120, 1./720, 1./5040)
	return s.scale(p, n, whole)
}

// sigmoidOf gives 1/(1+e) or e/(1+e), where e is e to the power −|x|.
func sigmoidOf(s isa, x reg.VecVirtual) reg.VecVirtual {
	zero := s.vec()
	VXORPS(zero, zero, zero)
	e := expOf(s, with(VORPS, s, x, bits(1<<31)))
	up := s.either(above, zero, x, e, in(s, number(1)))
	return apply(VDIVPS, s, up, with(VADDPS, s, e, number(1)))
}

// geluOf gives x·Φ(x), Φ the normal distribution function, as max(x, 0) − |x|·erfc(|x|/√2)/2 (Abramowitz and Stegun
// 7.1.26). It rounds as the steps of tensor.GeluBothTo do, one after the other.
func geluOf(s isa, x vecs) vecs {
	square := apply(VMULPS, s, x[0], x[0])
	e := expOf(s, with(VMULPS, s, square, number(-.5)))
	y := sqrt(s, vecs{with(VMULPS, s, square, number(.5))})[0]
	t := with(VADDPS, s, with(VMULPS, s, y, number(0.3275911)), number(1))
	t = apply(VDIVPS, s, in(s, number(1)), t)
	r := with(VMULPS, s, t, number(1.061405429))
	for _, c := range [...]float64{-1.453152027, 1.421413741, -0.284496736, 0.254829592} {
		r = apply(VMULPS, s, with(VADDPS, s, r, number(c)), t)
	}
	r = apply(VMULPS, s, apply(VMULPS, s, r, e), y)
	r = with(VMULPS, s, r, number(-math.Sqrt2/2))
	return vecs{apply(VADDPS, s, relu(s, x)[0], r)}
}

// tanhOf gives t/(t+2), where t is e to the power 2|x|, less 1, with x's sign.
func tanhOf(s isa, x reg.VecVirtual) reg.VecVirtual {
	z := with(VANDPS, s, x, bits(1<<31-1))
	z = limit(s, apply(VADDPS, s, z, z), 0, 20)
	whole, _, r := reduce(s, z)
	p := polynomial(s, r, 1./2, 1./6, 1./24, 1./120, 1./720, 1./5040, 1./40320)
	q := apply(VMULPS, s, r, r)
	VFMADD213PS(r, p, q) // e to the power r, less 1
	power := with(VPADDD, s, whole, bits(wholeBit>>23-math.Float32bits(toWhole)))
	VPSLLD(Imm(23), power, power)
	t := with(VSUBPS, s, power, number(1))
	VFMADD231PS(power, q, t)
	y := apply(VDIVPS, s, t, with(VADDPS, s, t, number(2)))
	sign := with(VANDPS, s, x, bits(1<<31))
	return apply(VORPS, s, y, sign)
}

// logOf gives the natural logarithm in the way of FreeBSD's e_logf.c: with
// x = 2ᵏ·(1+f), √½ ≤ 1+f < √2, and s = f/(2+f),
//
//	log(1+f) = f − f²/2 + s·(f²/2 + r),   r = 2s²/3 + 2s⁴/5 + …
func logOf(s isa, x reg.VecVirtual) reg.VecVirtual {
	// What has no full precision is first made larger.
	small := in(s, number(0x1p-126))
	y := s.either(above, small, x, with(VMULPS, s, x, number(0x1p25)), x)
	k := apply(VPSUBD, s, y, in(s, number(math.Sqrt2/2)))
	VPSRAD(Imm(23), k, k)
	shifted := s.vec()
	VPSLLD(Imm(23), k, shifted)
	f := with(VSUBPS, s, apply(VPSUBD, s, y, shifted), number(1))
	VCVTDQ2PS(k, k)
	k = apply(VSUBPS, s, k, s.where(above, small, x, in(s, number(25))))

	q := apply(VDIVPS, s, f, with(VADDPS, s, f, number(2)))
	z := apply(VMULPS, s, q, q)
	r := apply(VMULPS, s, z, polynomial(s, z, 2./3, 2./5, 2./7, 2./9))
	half := apply(VMULPS, s, f, with(VMULPS, s, f, number(0.5)))
	low := apply(VMULPS, s, q, apply(VADDPS, s, half, r))
	VFMADD231PS(number(ln2Rest), k, low)
	v := apply(VSUBPS, s, apply(VSUBPS, s, half, low), f)
	VFMSUB231PS(number(ln2), k, v)
	return logEdges(s, x, v)
}

// logEdges puts in what v cannot be: infinity of infinity, minus infinity of 0
// and NaN of what is less.
func logEdges(s isa, x, v reg.VecVirtual) reg.VecVirtual {
	zero := s.vec()
	VXORPS(zero, zero, zero)
	edge := s.either(equals, x, zero, in(s, number(math.Inf(-1))), in(s, number(math.NaN())))
	v = s.either(above, in(s, number(math.Inf(1))), x, v, x)
	return s.either(above, x, zero, v, edge)
}

// softmax writes a kernel that takes rows of a one by one: their maximum off,
// then e to that power, divided by the sum. With logs dst is what e is raised
// to, and the sums go to a column.
func softmax(name string, logs bool) {
	signature, doc := "func(dst, a []float32, n, d int)", "writes the softmax of each row."
	if logs {
		signature, doc = "func(dst, sums, a []float32, n, d int)", "takes from each row its maximum and sums up e to the power of that."
	}
	TEXT(name, NOSPLIT, signature)
	Pragma("noescape")
	Doc(name + " " + doc)
	p := newRowLoop("a", "dst")
	s, sums := p.avx2, GP64()
	if logs {
		Load(Param("sums").Base(), sums)
	}
	p.rows(func() {
		top := p.top()
		acc := zero8()
		p.along("exp", func(tail bool) {
			v := apply(VSUBPS, s, p.get(0, tail), top)
			e := expOf(s, v)
			if logs {
				p.put(v, 1, tail)
			} else {
				p.put(e, 1, tail)
			}
			if tail {
				VANDPS(p.mask, e, e)
			}
			VADDPS(e, acc, acc)
		})
		sum := sum8(acc)
		if logs {
			VMOVSS(sum.AsX(), Mem{Base: sums})
			ADDQ(Imm(4), sums)
			return
		}
		sum = everywhere(sum)
		p.along("put", func(tail bool) { p.put(apply(VDIVPS, s, p.get(1, tail), sum), 1, tail) })
	})
}

// top gives the row's maximum everywhere.
func (p *rowLoop) top() reg.VecVirtual {
	least := number(math.Inf(-1))
	top := in(p.avx2, least)
	p.along("max", func(tail bool) {
		v := p.get(0, tail)
		if tail {
			VBLENDVPS(p.mask, v, in(p.avx2, least), v)
		}
		VMAXPS(v, top, top)
	})
	return highest(top)
}

// highest gives the largest of eight lanes in all.
func highest(v reg.VecVirtual) reg.VecVirtual {
	for _, turn := range []func(w reg.VecVirtual){
		func(w reg.VecVirtual) { VPERM2F128(Imm(1), v, v, w) },
		func(w reg.VecVirtual) { VSHUFPS(Imm(0b01001110), v, v, w) },
		func(w reg.VecVirtual) { VSHUFPS(Imm(0b10110001), v, v, w) },
	} {
		w := YMM()
		turn(w)
		VMAXPS(w, v, v)
	}
	return v
}
