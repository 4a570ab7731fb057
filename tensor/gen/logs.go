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

// logs writes a kernel that shows numbers as standardised logarithms, four at a time. The logarithm is Go's math.Log1p
// step by step (FreeBSD's s_log1p.c), both ways of each branch, so that it is the same to the bit.
func logs() {
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
	series := []float64{
		6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01, 2.222219843214978396e-01,
		1.818357216161805012e-01, 1.531383769920937332e-01, 1.479819860511658591e-01,
	}
	r := do(VMULPD, z, double(series[6]))
	for i := 5; i >= 0; i-- {
		VADDPD(double(series[i]), r, r)
		VMULPD(z, r, r)
	}
	VADDPD(r, half, r)
	VMULPD(s, r, r)
	plain := do(VSUBPD, half, r)
	VSUBPD(plain, f, plain)
	full := do(VMULPD, times, double(1.90821492927058770002e-10))
	VADDPD(c, full, full)
	VADDPD(full, r, full)
	VSUBPD(full, half, full)
	VSUBPD(f, full, full)
	much := do(VMULPD, times, double(6.93147180369123816490e-01))
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
