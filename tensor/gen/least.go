package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// leastCount is tensor's LeastCount.
const leastCount = 5

// least writes a kernel that finds the least of some numbers. Each of eight lanes keeps its own, rising; then halves,
// quarters and single lanes are put together. Numbers that are not negative are in the order of their bits, and NaN is
// above infinity, which stands for none.
func least() {
	TEXT("leastSIMD", NOSPLIT, "func(dst, a []float32)")
	Pragma("noescape")
	Doc("leastSIMD finds the least elements.")
	a, left, none, higher := base("a"), GP64(), YMM(), YMM()
	Load(Param("a").Len(), left)
	mask := avx2{}.tail(left)
	VMOVUPS(bits(math.Float32bits(float32(math.Inf(1)))), none)
	kept := make(vecs, leastCount)
	for k := range kept {
		kept[k] = YMM()
		VMOVAPS(none, kept[k])
	}
	take := func(v reg.VecVirtual) { keep(kept, v, 0, higher) }
	Label("eight")
	CMPQ(left, Imm(8))
	JL(LabelRef("tail"))
	v := YMM()
	VMOVUPS(Mem{Base: a}, v)
	take(v)
	ADDQ(Imm(32), a)
	SUBQ(Imm(8), left)
	JMP(LabelRef("eight"))
	Label("tail")
	TESTQ(left, left)
	JZ(LabelRef("join"))
	VMASKMOVPS(Mem{Base: a}, mask, v)
	VBLENDVPS(mask, v, none, v)
	take(v)
	Label("join")
	for _, swap := range []func(from, to reg.VecVirtual){
		func(from, to reg.VecVirtual) { VPERM2F128(Imm(0x01), from, from, to) },
		func(from, to reg.VecVirtual) { VPERMILPS(Imm(0x4e), from, to) },
		func(from, to reg.VecVirtual) { VPERMILPS(Imm(0xb1), from, to) },
	} {
		others := make(vecs, leastCount)
		for k, v := range kept {
			others[k] = YMM()
			swap(v, others[k])
		}
		for k, v := range others {
			keep(kept, v, k, higher)
		}
	}
	dst := base("dst")
	for k, v := range kept {
		VMOVSS(v.AsX(), Mem{Base: dst, Disp: 4 * k})
	}
	VZEROUPPER()
	RET()
}

// keep puts v in its place among kept, where at least the first ones are no larger.
func keep(kept vecs, v reg.VecVirtual, first int, higher reg.VecVirtual) {
	for k := leastCount - 1; k > first; k-- {
		VPMAXUD(v, kept[k-1], higher)
		VPMINUD(higher, kept[k], kept[k])
	}
	VPMINUD(v, kept[first], kept[first])
}
