package main

import (
	"math"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// double is four float64 f.
func double(f float64) Mem { return long(math.Float64bits(f)) }

// long is four of b.
func long(b uint64) Mem {
	name := "long" + Imm(b).Asm()[1:]
	if m, ok := data[name]; ok {
		return m
	}
	m := GLOBL(name, attr.RODATA|attr.NOPTR)
	for i := range 4 {
		DATA(8*i, U64(b))
	}
	data[name] = m
	return m
}

// do gives op of x and of what stands right of it: x − right, x / right and so on.
func do(op func(...Op), x reg.VecVirtual, right Op) reg.VecVirtual {
	v := YMM()
	op(right, x, v)
	return v
}

// logs writes the set: logarithms in float64, to the bit those of package math.
func logs() {
	standardLogs()
	logs1p()
	negLogs()
}

// series are FreeBSD's, of the logarithm.
var series = []float64{
	6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01, 2.222219843214978396e-01,
	1.818357216161805012e-01, 1.531383769920937332e-01, 1.479819860511658591e-01,
}

const ln2High, ln2Low = 6.93147180369123816490e-01, 1.90821492927058770002e-10

// standardLogs writes a kernel that shows numbers as standardised logarithms, four at a time.
func standardLogs() {
	TEXT("logsSIMD", NOSPLIT, "func(dst *float32, x, unit, mean, dev *float64, n int, most float64)")
	Pragma("noescape")
	Doc("logsSIMD shows numbers as standardised logarithms, not a number where that takes another way. n is a multiple of 4.")
	dst, x, unit, mean, dev, left := param("dst"), param("x"), param("unit"), param("mean"), param("dev"), param("n")
	most, least := YMM(), YMM()
	top, _ := Param("most").Resolve()
	VBROADCASTSD(top.Addr, most)
	VXORPD(double(math.Copysign(0, -1)), most, least)
	Label("four")
	raw := YMM()
	VMOVUPD(Mem{Base: x}, raw)
	sign := do(VANDPD, raw, double(math.Copysign(0, -1)))
	size := do(VDIVPD, do(VANDPD, raw, long(1<<63-1)), Mem{Base: unit})

	full := log1p(size)
	VORPD(sign, full, full)
	VSUBPD(Mem{Base: mean}, full, full)
	VDIVPD(Mem{Base: dev}, full, full)
	VMINPD(full, most, full) // the second where one is not a number
	VMAXPD(full, least, full)
	out := XMM()
	VCVTPD2PSY(full, out)
	VMOVUPS(out, Mem{Base: dst})
	for _, at := range []reg.GPVirtual{x, unit, mean, dev} {
		ADDQ(Imm(32), at)
	}
	ADDQ(Imm(16), dst)
	SUBQ(Imm(4), left)
	JG(LabelRef("four"))
	VZEROUPPER()
	RET()
}

// log1p gives the logarithm of 1 + size, which is not below 0, step by step as Go's math.Log1p (FreeBSD's s_log1p.c), both ways of each
// branch, so that it is the same to the bit; not a number where that takes another way.
func log1p(size reg.VecVirtual) reg.VecVirtual {
	// u = 1 + size is 2ᵏ·(1 + f), c what was lost in rounding it
	u := do(VADDPD, size, double(1))
	k := YMM()
	VPSRLQ(Imm(52), u, k)
	VPSUBQ(long(1023), k, k)
	lost, lostLess, c := YMM(), YMM(), YMM()
	VSUBPD(size, u, lost)
	VMOVUPD(double(1), c)
	VSUBPD(lost, c, lost)
	VSUBPD(double(1), u, lostLess)
	VSUBPD(lostLess, size, lostLess)
	positive := YMM()
	VPCMPGTQ(long(0), k, positive)
	VBLENDVPD(positive, lost, lostLess, c)
	VDIVPD(u, c, c)
	part, low := do(VANDPD, u, long(1<<52-1)), YMM()
	VMOVDQU(long(0x6a09e667f3bcd), low)
	VPCMPGTQ(part, low, low) // below √2
	exponent, rare := YMM(), YMM()
	VMOVDQU(long(0x3fe<<52), exponent)
	VPBLENDVB(low, long(0x3ff<<52), exponent, exponent)
	VPADDQ(long(1), k, k)
	VPADDQ(low, k, k)
	VPCMPGTQ(long(1<<52-4), part, rare)
	f := do(VSUBPD, do(VORPD, part, exponent), double(1))
	mid := YMM()
	VCMPPD(Imm(0x11), double(math.Sqrt2-1), size, mid)
	VBLENDVPD(mid, size, f, f)
	VANDNPD(c, mid, c)
	VPANDN(k, mid, k)

	// the logarithm of 1 + f by a polynomial in s = f/(2 + f)
	times := do(VPADDQ, k, long(0x4338<<48))
	VSUBPD(long(0x4338<<48), times, times) // k as a number
	half := do(VMULPD, do(VMULPD, f, double(.5)), f)
	two := do(VADDPD, f, double(2))
	s := do(VDIVPD, f, two)
	z := do(VMULPD, s, s)
	r := do(VMULPD, z, double(series[6]))
	for i := 5; i >= 0; i-- {
		VADDPD(double(series[i]), r, r)
		VMULPD(z, r, r)
	}
	VADDPD(r, half, r)
	VMULPD(s, r, r)
	plain := do(VSUBPD, half, r)
	VSUBPD(plain, f, plain)
	full := do(VMULPD, times, double(ln2Low))
	VADDPD(c, full, full)
	VADDPD(full, r, full)
	VSUBPD(full, half, full)
	VSUBPD(f, full, full)
	much := do(VMULPD, times, double(ln2High))
	VSUBPD(full, much, full)
	is := YMM()
	VCMPPD(Imm(0), double(0), times, is)
	VBLENDVPD(is, plain, full, full)
	VCMPPD(Imm(0x11), double(1./(1<<29)), size, is)
	small := do(VMULPD, do(VMULPD, size, size), double(.5))
	VSUBPD(small, size, small)
	VBLENDVPD(is, small, full, full)
	VCMPPD(Imm(0x15), double(1<<53), size, is) // or not a number
	VORPD(rare, is, is)
	VORPD(is, full, full)
	return full
}

// logs1p writes a kernel of log1p alone.
func logs1p() {
	TEXT("log1pSIMD", NOSPLIT, "func(dst, x *float64, n int)")
	Pragma("noescape")
	Doc("log1pSIMD writes the logarithm of 1 + each of x, none below 0, not a number where that takes another way. n is a multiple of 4.")
	dst, x, left := param("dst"), param("x"), param("n")
	Label("four")
	v := YMM()
	VMOVUPD(Mem{Base: x}, v)
	VMOVUPD(log1p(v), Mem{Base: dst})
	ADDQ(Imm(32), x)
	ADDQ(Imm(32), dst)
	SUBQ(Imm(4), left)
	JG(LabelRef("four"))
	VZEROUPPER()
	RET()
}

// negLogs writes a kernel of −log, by the steps of math.Log's own assembly.
func negLogs() {
	TEXT("negLogsSIMD", NOSPLIT, "func(dst, x *float32, n int, least float64)")
	Pragma("noescape")
	Doc("negLogsSIMD writes −log of each of x, of least for what is less. n is a multiple of 4.")
	dst, x, left := param("dst"), param("x"), param("n")
	least := YMM()
	bound, _ := Param("least").Resolve()
	VBROADCASTSD(bound.Addr, least)
	Label("four")
	v, rare := YMM(), YMM()
	VCVTPS2PD(Mem{Base: x}, v)
	VMAXPD(v, least, v)                             // the second where one is not a number
	VCMPPD(Imm(0x15), double(math.Inf(1)), v, rare) // not less: or not a number
	k := YMM()
	VPSRLQ(Imm(52), v, k)
	VPADDQ(long(0x4338<<48), k, k)
	VSUBPD(double(3<<51+0x3fe), k, k) // as a number
	f := do(VORPD, do(VANDPD, v, long(1<<52-1)), double(.5))
	low := YMM()
	VCMPPD(Imm(0x12), double(7.07106781186547524401e-01), f, low) // at most √½
	one := do(VANDPD, low, double(1))
	VSUBPD(one, k, k)
	VADDPD(double(1), one, one)
	VMULPD(one, f, f)
	VSUBPD(double(1), f, f)
	s := do(VDIVPD, f, do(VADDPD, f, double(2)))
	s2 := do(VMULPD, s, s)
	s4 := do(VMULPD, s2, s2)
	// every gives from[0] + s4·(from[1] + …), of every other of the series.
	every := func(from int) reg.VecVirtual {
		t := YMM()
		VMOVUPD(double(series[from+2*((len(series)-1-from)/2)]), t)
		for i := from + 2*((len(series)-1-from)/2) - 2; i >= 0; i -= 2 {
			VMULPD(s4, t, t)
			VADDPD(double(series[i]), t, t)
		}
		return t
	}
	r := do(VMULPD, s2, every(0))
	VADDPD(do(VMULPD, s4, every(1)), r, r)
	half := do(VMULPD, do(VMULPD, f, double(.5)), f)
	VADDPD(half, r, r)
	VMULPD(s, r, r)
	VADDPD(do(VMULPD, k, double(ln2Low)), r, r)
	VSUBPD(r, half, half)
	VSUBPD(f, half, half)
	log := do(VMULPD, k, double(ln2High))
	VSUBPD(half, log, log)
	VBLENDVPD(rare, v, log, log)
	out := XMM()
	VCVTPD2PSY(log, out)
	VXORPS(bits(1<<31), out, out)
	VMOVUPS(out, Mem{Base: dst})
	ADDQ(Imm(16), x)
	ADDQ(Imm(16), dst)
	SUBQ(Imm(4), left)
	JG(LabelRef("four"))
	VZEROUPPER()
	RET()
}
