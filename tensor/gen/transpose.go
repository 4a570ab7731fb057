package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// transposeKernel writes the kernel that turns 8 by 8 elements at a time:
//
//	dst[p·ld+i] = a[i·d+p]   for i < n, p < d
//
// n is 8 or more. Where it is no multiple of 8 the last 8 rows overlap those before.
func transposeKernel() {
	TEXT("transposeSIMD", NOSPLIT, "func(dst, a *float32, n, d, ld int)")
	Pragma("noescape")
	Doc("transposeSIMD writes aᵀ, a having 8 rows or more.")
	t := newTurn()
	t.ld = inBytes("ld")
	n, step, back := param("n"), GP64(), GP64()
	Label("rows")
	t.row(func(v reg.VecVirtual, m Mem) { VMOVUPS(v, m) })
	SUBQ(Imm(8), n)
	JZ(LabelRef("end"))
	MOVQ(U32(8), step)
	CMPQ(n, step)
	CMOVQLT(n, step) // the last rows: go on by as many as are left
	MOVQ(U32(8), back)
	CMPQ(n, back)
	CMOVQLT(back, n)
	LEAQ(Mem{Base: t.dst, Index: step, Scale: 4}, t.dst)
	IMULQ(t.d, step)
	ADDQ(step, t.a)
	JMP(LabelRef("rows"))
	Label("end")
	VZEROUPPER()
	RET()
}

// turn is the kernel as it is written.
type turn struct {
	dst, a, d, ld, triple reg.GPVirtual
	mask                  reg.Register
}

func newTurn() *turn {
	t := &turn{dst: param("dst"), a: param("a"), d: inBytes("d"), mask: avx2{}.tail(param("d"))}
	t.triple = times3(t.d)
	return t
}

// narrowKernel writes the kernel that turns at most 7 rows, m of them, and
// reads 8:
//
//	dst[p·m+i] = a[i·d+p]   for i < m, p < d
func narrowKernel() {
	TEXT("turnNarrowSIMD", NOSPLIT, "func(dst, a *float32, m, d int)")
	Pragma("noescape")
	Doc("turnNarrowSIMD writes aᵀ, a having room for 8 rows, of which m are there.")
	t := newTurn()
	t.ld = inBytes("m")
	kept := avx2{}.tail(param("m"))
	t.row(func(v reg.VecVirtual, m Mem) { VMASKMOVPS(v, kept, m) })
	VZEROUPPER()
	RET()
}

// row turns eight rows.
func (t *turn) row(put func(v reg.VecVirtual, m Mem)) {
	pa, far, out, left := GP64(), GP64(), GP64(), GP64()
	MOVQ(t.a, pa)
	LEAQ(Mem{Base: t.a, Index: t.d, Scale: 4}, far)
	MOVQ(t.dst, out)
	Load(Param("d"), left)
	Label("eight")
	CMPQ(left, Imm(8))
	JL(LabelRef("part"))
	for _, v := range t.square(pa, far, false) {
		put(v, Mem{Base: out})
		ADDQ(t.ld, out)
	}
	ADDQ(Imm(32), pa)
	ADDQ(Imm(32), far)
	SUBQ(Imm(8), left)
	JMP(LabelRef("eight"))
	Label("part")
	TESTQ(left, left)
	JZ(LabelRef("rowdone"))
	for p, v := range t.square(pa, far, true)[:7] {
		put(v, Mem{Base: out})
		if p < 6 {
			ADDQ(t.ld, out)
			DECQ(left)
			JZ(LabelRef("rowdone"))
		}
	}
	Label("rowdone")
}

// square loads eight by eight elements and gives their columns.
func (t *turn) square(pa, far reg.Register, part bool) (y vecs) {
	for h := range 2 {
		var x vecs // of rows r and r+4 four elements each
		for r := range 4 {
			v := YMM()
			low, high := at(pa, nil, t.d, t.triple, r), at(far, nil, t.d, t.triple, r)
			if part {
				w := YMM()
				VMASKMOVPS(low, t.mask, v)
				VMASKMOVPS(high, t.mask, w)
				VPERM2F128(Imm(uint64(0x20+0x11*h)), w, v, v)
			} else {
				low.Disp, high.Disp = 16*h, 16*h
				VBROADCASTF128(low, v)
				VINSERTF128(Imm(1), high, v, v)
			}
			x = append(x, v)
		}
		y = append(y, quads(x)...)
	}
	return y
}

// quads turns the four by four elements in both halves of four registers.
func quads(x vecs) (y vecs) {
	pair := func(op instruction, a, b int) reg.VecVirtual {
		v := YMM()
		op(x[b], x[a], v)
		return v
	}
	low, low2 := pair(VUNPCKLPS, 0, 1), pair(VUNPCKLPS, 2, 3)
	high, high2 := pair(VUNPCKHPS, 0, 1), pair(VUNPCKHPS, 2, 3)
	for _, z := range []vecs{{low, low2}, {high, high2}} {
		for _, op := range []instruction{VUNPCKLPD, VUNPCKHPD} {
			v := YMM()
			op(z[1], z[0], v)
			y = append(y, v)
		}
	}
	return y
}
