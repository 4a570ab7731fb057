package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// rows writes the set.
func rows() {
	rowsAVX2("dots1AVX2", 1, dotStep)
	rowsAVX2("dots3AVX2", 3, dotStep)
	rowsAVX2("distances1AVX2", 1, distanceStep)
	rowsAVX2("distances2AVX2", 2, distanceStep)
	rowsAVX512("dots1AVX512", 1, dotStep)
	rowsAVX512("dots6AVX512", 6, dotStep)
	rowsAVX512("distances1AVX512", 1, distanceStep)
	rowsAVX512("distances6AVX512", 6, distanceStep)
}

// A step adds what the elements x and y give to acc; spare makes a register.
type step func(spare func() reg.VecVirtual, x, y, acc reg.VecVirtual)

func dotStep(_ func() reg.VecVirtual, x, y, acc reg.VecVirtual) { VFMADD231PS(y, x, acc) }

func distanceStep(spare func() reg.VecVirtual, x, y, acc reg.VecVirtual) {
	e := spare()
	VSUBPS(y, x, e)
	VFMADD231PS(e, e, acc)
}

const rowsParams = "dst, a, b *float32, k, m, ld int"

// pairs holds what a rows kernel keeps in general registers.
type pairs struct {
	dst, a, b, k, m, ld, triple reg.GPVirtual // k counts bytes
	steps, tail                 reg.GPVirtual // whole vectors in a row, and elements left
}

func newPairs() *pairs {
	p := &pairs{dst: param("dst"), a: param("a"), b: param("b"), k: param("k"), m: param("m"), ld: inBytes("ld")}
	p.steps, p.tail = GP64(), GP64()
	MOVQ(p.k, p.steps)
	SHRQ(Imm(3), p.steps)
	MOVQ(p.k, p.tail)
	ANDQ(Imm(7), p.tail)
	SHLQ(Imm(2), p.k)
	p.triple = times3(p.k)
	return p
}

// along writes the loop over the elements of a row, 8 at a time, then the tail.
func (p *pairs) along(label string, move func(), step func(tail bool)) {
	left := GP64()
	MOVQ(p.steps, left)
	TESTQ(left, left)
	JZ(LabelRef(label + "tail"))
	Label(label + "step")
	step(false)
	move()
	DECQ(left)
	JNZ(LabelRef(label + "step"))
	Label(label + "tail")
	TESTQ(p.tail, p.tail)
	JZ(LabelRef(label + "sum"))
	step(true)
	Label(label + "sum")
}

// rowsAVX2 writes a kernel for the first h rows of a [h, k] and all of
// b [m, k]: dst[i·ld+j] gets what step sums over row i and row j.
func rowsAVX2(name string, h int, step step) {
	TEXT(name, NOSPLIT, "func("+rowsParams+", mask *int32)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s compares each of %d rows of a with every row of b.", name, h))
	p := newPairs()
	mask := param("mask")
	for _, w := range []int{4, 1} {
		p.blockAVX2(fmt.Sprint("cols", w), h, w, mask, step)
	}
	VZEROUPPER()
	RET()
}

func (p *pairs) blockAVX2(label string, h, w int, mask reg.Register, step step) {
	Label(label)
	CMPQ(p.m, Imm(uint64(w)))
	JL(LabelRef(label + "done"))
	acc := zeros(YMM, h, w)
	pa, pb := GP64(), GP64()
	MOVQ(p.a, pa)
	MOVQ(p.b, pb)
	move := func() {
		ADDQ(Imm(32), pa)
		ADDQ(Imm(32), pb)
	}
	p.along(label, move, func(tail bool) {
		load := func(m Mem) reg.VecVirtual {
			v := YMM()
			if tail {
				// The mask goes where the element will: no register is spare.
				VMOVUPS(Mem{Base: mask}, v)
				VMASKMOVPS(m, v, v)
				return v
			}
			VMOVUPS(m, v)
			return v
		}
		x := make([]reg.VecVirtual, h)
		for i := range x {
			x[i] = load(at(pa, nil, p.k, p.triple, i))
		}
		for j := range w {
			y := load(at(pb, nil, p.k, p.triple, j))
			for i := range x {
				step(YMM, x[i], y, acc[i][j])
			}
		}
	})
	out := GP64()
	MOVQ(p.dst, out)
	for i := range acc {
		s := fold(YMM, acc[i])
		high := XMM()
		VEXTRACTF128(Imm(1), s, high)
		VADDPS(high, s.AsX(), s.AsX())
		if w == 1 {
			VMOVSS(s.AsX(), Mem{Base: out})
		} else {
			VMOVUPS(s.AsX(), Mem{Base: out})
		}
		ADDQ(p.ld, out)
	}
	p.next(label, w)
}

// next moves on by w rows of b.
func (p *pairs) next(label string, w int) {
	for at := w; at > 0; at -= min(at, 4) {
		if at == 1 {
			ADDQ(p.k, p.b)
		} else {
			LEAQ(Mem{Base: p.b, Index: p.k, Scale: 4}, p.b)
		}
	}
	ADDQ(Imm(uint64(4*w)), p.dst)
	SUBQ(Imm(uint64(w)), p.m)
	JMP(LabelRef(label))
	Label(label + "done")
}

// rowsAVX512 writes a kernel for h rows of a and as many eights of rows of b
// as there are: a register holds 8 elements of two rows of b, so that it sums
// just as AVX2 does.
func rowsAVX512(name string, h int, step step) {
	TEXT(name, NOSPLIT, "func("+rowsParams+", mask uint32)")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s compares each of %d rows of a with the rows of b, whose number is a multiple of 8.", name, h))
	p := newPairs()
	mask := avx512{}.loadMask("mask")
	const label = "cols8"
	Label(label)
	CMPQ(p.m, Imm(8))
	JL(LabelRef(label + "done"))
	acc := zeros(ZMM, h, 4)
	pa, pb, farA, farB := GP64(), GP64(), GP64(), GP64()
	MOVQ(p.a, pa)
	if h > 4 {
		LEAQ(Mem{Base: p.a, Index: p.k, Scale: 4}, farA)
	}
	MOVQ(p.b, pb)
	LEAQ(Mem{Base: p.b, Index: p.k, Scale: 4}, farB)
	move := func() {
		ADDQ(Imm(32), pa)
		ADDQ(Imm(32), pb)
		ADDQ(Imm(32), farB)
		if h > 4 {
			ADDQ(Imm(32), farA)
		}
	}
	p.along(label, move, func(tail bool) {
		x := make([]reg.VecVirtual, h)
		for i := range x {
			x[i] = ZMM()
			if m := at(pa, farA, p.k, p.triple, i); tail {
				VMOVUPS_Z(m, mask, x[i])
				VINSERTF64X4(Imm(1), x[i].AsY(), x[i], x[i])
			} else {
				VBROADCASTF64X4(m, x[i])
			}
		}
		for j := range 4 {
			y := ZMM()
			low, high := at(pb, nil, p.k, p.triple, j), at(farB, nil, p.k, p.triple, j)
			if tail {
				z := ZMM()
				VMOVUPS_Z(low, mask, y)
				VMOVUPS_Z(high, mask, z)
				VINSERTF64X4(Imm(1), z.AsY(), y, y)
			} else {
				VBROADCASTF64X4(low, y)
				VINSERTF64X4(Imm(1), high, y, y)
			}
			for i := range x {
				step(ZMM, x[i], y, acc[i][j])
			}
		}
	})
	out := GP64()
	MOVQ(p.dst, out)
	for i := range acc {
		s, high := fold(ZMM, acc[i]), ZMM()
		VSHUFF64X2(Imm(0b1101), s, s, high) // quarters 1 and 3
		VSHUFF64X2(Imm(0b1000), s, s, s)    // quarters 0 and 2
		VADDPS(high.AsY(), s.AsY(), s.AsY())
		VMOVUPS(s.AsY(), Mem{Base: out})
		ADDQ(p.ld, out)
	}
	p.next(label, 8)
	VZEROUPPER()
	RET()
}

func zeros(vec func() reg.VecVirtual, h, w int) [][]reg.VecVirtual {
	acc := make([][]reg.VecVirtual, h)
	for i := range acc {
		for range w {
			v := vec()
			VXORPS(v, v, v)
			acc[i] = append(acc[i], v)
		}
	}
	return acc
}

// fold sums each quad (l0, l1, l2, l3) of four registers as (l0+l2)+(l1+l3),
// the sums of the four registers side by side; of one register, in element 0
// of each quad.
func fold(vec func() reg.VecVirtual, v []reg.VecVirtual) reg.VecVirtual {
	half := func(v, w reg.VecVirtual) reg.VecVirtual {
		low, high := vec(), vec()
		VUNPCKLPS(w, v, low)
		VUNPCKHPS(w, v, high)
		VADDPS(high, low, low)
		return low
	}
	a := half(v[0], v[len(v)/4])
	b := a
	if len(v) == 4 {
		b = half(v[2], v[3])
	}
	low, high := vec(), vec()
	VUNPCKLPD(b, a, low)
	VUNPCKHPD(b, a, high)
	VADDPS(high, low, low)
	return low
}
