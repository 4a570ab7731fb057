package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// isa is an instruction set: its vectors, how they move, and what it writes in
// its own way.
type isa interface {
	vec() reg.VecVirtual
	bytes() int
	maskType() string
	loadMask(name string) reg.Register
	// tail makes a mask of the last n%lanes elements of n.
	tail(n reg.Register) reg.Register
	maskedLoad(m Mem, mask reg.Register, v reg.VecVirtual)
	maskedStore(v reg.VecVirtual, mask reg.Register, m Mem)
	// where gives x where the comparison of y with bound holds, else 0.
	where(c comparison, y, bound, x reg.VecVirtual) reg.VecVirtual
	// either gives yes where the comparison of y with bound holds, else no.
	either(c comparison, y, bound, yes, no reg.VecVirtual) reg.VecVirtual
	// scale gives x·2ⁿ rounded once, n being whole and whole n + toWhole.
	scale(x, n, whole reg.VecVirtual) reg.VecVirtual
}

// A comparison is the predicate of VCMPPS.
type comparison uint64

const (
	equals    comparison = 0x00
	notAtMost comparison = 0x16 // or not a number
	above     comparison = 0x1e
)

type avx2 struct{}

func (avx2) vec() reg.VecVirtual { return YMM() }
func (avx2) bytes() int          { return 32 }
func (avx2) maskType() string    { return "*int32" }

func (avx2) loadMask(name string) reg.Register {
	m := YMM()
	VMOVUPS(Mem{Base: param(name)}, m)
	return m
}

func (avx2) tail(n reg.Register) reg.Register {
	table, at, m := GP64(), GP64(), YMM()
	LEAQ(lanes(), table)
	MOVQ(n, at)
	ANDQ(Imm(7), at)
	NEGQ(at)
	VMOVUPS(Mem{Base: table, Disp: 64, Index: at, Scale: 4}, m)
	return m
}

func (avx2) maskedLoad(m Mem, mask reg.Register, v reg.VecVirtual)  { VMASKMOVPS(m, mask, v) }
func (avx2) maskedStore(v reg.VecVirtual, mask reg.Register, m Mem) { VMASKMOVPS(v, mask, m) }

func (avx2) where(c comparison, y, bound, x reg.VecVirtual) reg.VecVirtual {
	m := YMM()
	VCMPPS(Imm(uint64(c)), bound, y, m)
	VANDPS(x, m, m)
	return m
}

func (avx2) either(c comparison, y, bound, yes, no reg.VecVirtual) reg.VecVirtual {
	m, v := YMM(), YMM()
	VCMPPS(Imm(uint64(c)), bound, y, m)
	VBLENDVPS(m, yes, no, v)
	return v
}

// scale goes in two steps, for n may be too much for one.
func (s avx2) scale(x, _, whole reg.VecVirtual) reg.VecVirtual {
	rest, half := with(VPSUBD, s, whole, bits(math.Float32bits(toWhole))), YMM()
	VPSRAD(Imm(1), rest, half)
	VPSUBD(half, rest, rest)
	for _, n := range []reg.VecVirtual{half, rest} {
		VPSLLD(Imm(23), n, n)
		x = apply(VMULPS, s, x, with(VPADDD, s, n, number(1)))
	}
	return x
}

type avx512 struct{}

func (avx512) vec() reg.VecVirtual { return ZMM() }
func (avx512) bytes() int          { return 64 }
func (avx512) maskType() string    { return "uint32" }

func (avx512) loadMask(name string) reg.Register {
	r, k := GP32(), K()
	Load(Param(name), r)
	KMOVW(r, k)
	return k
}

func (avx512) tail(n reg.Register) reg.Register {
	r, k := GP32(), K()
	MOVQ(n, reg.RCX)
	ANDQ(Imm(15), reg.RCX)
	MOVL(U32(1), r)
	SHLL(reg.CL, r)
	DECL(r)
	KMOVW(r, k)
	return k
}

func (avx512) maskedLoad(m Mem, mask reg.Register, v reg.VecVirtual)  { VMOVUPS_Z(m, mask, v) }
func (avx512) maskedStore(v reg.VecVirtual, mask reg.Register, m Mem) { VMOVUPS(v, mask, m) }

func (avx512) where(c comparison, y, bound, x reg.VecVirtual) reg.VecVirtual {
	k, v := K(), ZMM()
	VCMPPS(Imm(uint64(c)), bound, y, k)
	VMOVAPS_Z(x, k, v)
	return v
}

func (avx512) either(c comparison, y, bound, yes, no reg.VecVirtual) reg.VecVirtual {
	k, v := K(), ZMM()
	VCMPPS(Imm(uint64(c)), bound, y, k)
	VBLENDMPS(yes, no, k, v)
	return v
}

func (s avx512) scale(x, n, _ reg.VecVirtual) reg.VecVirtual { return apply(VSCALEFPS, s, x, n) }

// onBest writes the body of a kernel once for each instruction set, and the
// jump to the one that tensor's variable use names.
func onBest(body func(s isa, label string)) {
	CMPB(NewDataAddr(Symbol{Name: "·use"}, 0), Imm(2))
	JNE(LabelRef("avx2"))
	body(avx512{}, "wide")
	VZEROUPPER()
	RET()
	Label("avx2")
	body(avx2{}, "half")
	VZEROUPPER()
	RET()
}
