package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Of tensor's Forest: the bytes of a branch and of a leaf, and between the sums of both classes.
const (
	branchBytes = 16
	leafBytes   = 12
	sumsBytes   = 4 * 80
)

// forest writes the set: a kernel that sends vectors of rows down all trees. A mask for each node says which of the
// rows come to it.
func forest() {
	TEXT("forestSIMD", NOSPLIT, "func(sums, x *float32, n int, branches, leaves []int32, masks *uint32)")
	Pragma("noescape")
	Doc("forestSIMD adds up the shares of the leaves that n rows come to, x being their columns one after the other.")
	onBest(func(s isa, label string) {
		w := &woods{isa: s, sums: param("sums"), x: param("x"), stride: inBytes("n"), left: param("n"), masks: param("masks")}
		Label(label)
		w.open()
		w.loop(label+"branch", "branches", branchBytes, w.branch)
		first, second := s.vec(), s.vec()
		VXORPS(first, first, first)
		VXORPS(second, second, second)
		w.loop(label+"leaf", "leaves", leafBytes, func(at reg.GPVirtual) { w.leaf(at, first, second) })
		VMOVUPS(first, Mem{Base: w.sums})
		VMOVUPS(second, Mem{Base: w.sums, Disp: sumsBytes})
		ADDQ(Imm(uint64(s.bytes())), w.sums)
		ADDQ(Imm(uint64(s.bytes())), w.x)
		SUBQ(Imm(uint64(s.bytes()/4)), w.left)
		JG(LabelRef(label))
	})
}

// woods is the kernel as it is written for one instruction set.
type woods struct {
	isa
	sums, x, stride, left, masks reg.GPVirtual
}

// loop goes through the parts of a slice of numbers, so many bytes each.
func (w *woods) loop(label, slice string, bytes uint64, body func(at reg.GPVirtual)) {
	at, end := GP64(), GP64()
	Load(Param(slice).Base(), at)
	Load(Param(slice).Len(), end)
	LEAQ(Mem{Base: at, Index: end, Scale: 4}, end)
	Label(label)
	CMPQ(at, end)
	JGE(LabelRef(label + "done"))
	body(at)
	ADDQ(Imm(bytes), at)
	JMP(LabelRef(label))
	Label(label + "done")
}

// mask is where the mask is that a number in memory names: 4 bytes for each, or with AVX2 a vector.
func (w *woods) mask(m Mem, next bool) Mem {
	i := GP64()
	MOVL(m, i.As32())
	at := Mem{Base: w.masks, Index: i, Scale: 1}
	if _, ok := w.isa.(avx2); ok {
		at.Scale = 8
	}
	if next {
		at.Disp = 4 * int(at.Scale)
	}
	return at
}

// open lets all rows into the roots.
func (w *woods) open() {
	if _, ok := w.isa.(avx2); ok {
		all := YMM()
		VPCMPEQD(all, all, all)
		VMOVUPS(all, Mem{Base: w.masks})
		return
	}
	MOVW(U16(0xffff), Mem{Base: w.masks})
}

// branch sends the rows of a node on to its children. What is no number goes left.
func (w *woods) branch(at reg.GPVirtual) {
	column, x := GP64(), w.vec()
	MOVL(Mem{Base: at, Disp: 8}, column.As32())
	IMULQ(w.stride, column)
	VMOVUPS(Mem{Base: w.x, Index: column, Scale: 1}, x)
	own, threshold := w.mask(Mem{Base: at}, false), Mem{Base: at, Disp: 12}
	left, right := w.mask(Mem{Base: at, Disp: 4}, false), w.mask(Mem{Base: at, Disp: 4}, true)
	if _, ok := w.isa.(avx2); ok {
		bound, in, on := YMM(), YMM(), YMM()
		VBROADCASTSS(threshold, bound)
		VCMPPS(Imm(uint64(above)), bound, x, bound)
		VMOVUPS(own, in)
		VANDPS(in, bound, on)
		VMOVUPS(on, right)
		VANDNPS(in, bound, on)
		VMOVUPS(on, left)
		return
	}
	higher, in, on := K(), K(), K()
	VCMPPS_BCST(Imm(uint64(above)), threshold, x, higher)
	KMOVW(own, in)
	KANDW(in, higher, on)
	KMOVW(on, right)
	KANDNW(in, higher, on)
	KMOVW(on, left)
}

// leaf adds its shares to the sums of its rows.
func (w *woods) leaf(at reg.GPVirtual, first, second reg.VecVirtual) {
	own := w.mask(Mem{Base: at}, false)
	if _, ok := w.isa.(avx2); ok {
		in := YMM()
		VMOVUPS(own, in)
		for k, sum := range (vecs{first, second}) {
			share := YMM()
			VBROADCASTSS(Mem{Base: at, Disp: 4 + 4*k}, share)
			VANDPS(in, share, share)
			VADDPS(share, sum, sum)
		}
		return
	}
	in := K()
	KMOVW(own, in)
	for k, sum := range (vecs{first, second}) {
		VADDPS_BCST(Mem{Base: at, Disp: 4 + 4*k}, sum, in, sum)
	}
}
