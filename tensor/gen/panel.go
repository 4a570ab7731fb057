package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// panels writes the set.
func panels() {
	panel("panelAVX2x2", avx2{}, 2, false, 6, 3, 1)
	panel("panelAVX2x2masked", avx2{}, 2, true, 6, 3, 1)
	panel("panelAVX2x1", avx2{}, 1, true, 6, 3, 1)
	panel("panelAVX512x4", avx512{}, 4, true, 6, 5, 4, 3, 2, 1)
	panel("panelAVX512x3", avx512{}, 3, true, 8, 4, 2, 1)
	panel("panelAVX512x2", avx512{}, 2, true, 8, 4, 2, 1)
	panel("panelAVX512x1", avx512{}, 1, true, 8, 7, 6, 5, 4, 3, 2, 1)
	transposeKernel()
	narrowKernel()
}

// panel writes a kernel for a strip of columns that is width vectors wide:
//
//	dst[i·ldd+j] = Σ a[i·row+p·step]·b[p·ldb+j]   over p, for i < n
//
// bias[j] is then added if there is a bias, and with relu what is below 0
// becomes 0.
//
// Its rows go through registers heights[0] at a time while there are as many,
// then heights[1], and so on down to 1. With masked the last vector of a row
// holds only the elements of mask.
func panel(name string, s isa, width int, masked bool, heights ...int) {
	mask := ""
	if masked {
		mask = ", mask " + s.maskType()
	}
	TEXT(name, NOSPLIT, "func(dst, a, b *float32, n, k, row, step, ldb, ldd int, bias *float32, relu bool"+mask+")")
	Pragma("noescape")
	Doc(fmt.Sprintf("%s makes a strip of columns of vector width %d, %d rows at a time.", name, width, heights[0]))
	p := &strip{isa: s, width: width}
	p.dst, p.a, p.b = param("dst"), param("a"), param("b")
	p.n, p.k = param("n"), param("k")
	p.row, p.step, p.ldb, p.ldd = inBytes("row"), inBytes("step"), inBytes("ldb"), inBytes("ldd")
	p.triple = times3(p.row)
	if masked {
		p.mask = s.loadMask("mask")
	}
	for _, h := range heights {
		p.block(fmt.Sprint("rows", h), h)
	}
	VZEROUPPER()
	RET()
}

// strip is a panel kernel as it is written. a, dst and n move on block by block.
type strip struct {
	isa
	width                                        int
	dst, a, b, n, k, row, step, ldb, ldd, triple reg.GPVirtual
	mask                                         reg.Register // nil without
}

// block does h rows at a time while there are as many.
func (p *strip) block(label string, h int) {
	Label(label)
	CMPQ(p.n, Imm(uint64(h)))
	JL(LabelRef(label + "done"))
	acc := make([][]reg.VecVirtual, h)
	for i := range acc {
		for range p.width {
			v := p.vec()
			VXORPS(v, v, v)
			acc[i] = append(acc[i], v)
		}
	}
	pa, far, pb, left := GP64(), GP64(), GP64(), GP64()
	MOVQ(p.a, pa)
	if h > 4 {
		LEAQ(Mem{Base: p.a, Index: p.row, Scale: 4}, far)
	}
	MOVQ(p.b, pb)
	MOVQ(p.k, left)
	TESTQ(left, left)
	JZ(LabelRef(label + "store"))
	Label(label + "step")
	b := make([]reg.VecVirtual, p.width)
	for j := range b {
		b[j] = p.vec()
		p.load(j, Mem{Base: pb}, b[j])
	}
	for i := range acc {
		f := p.vec()
		VBROADCASTSS(at(pa, far, p.row, p.triple, i), f)
		for j := range b {
			VFMADD231PS(b[j], f, acc[i][j])
		}
	}
	ADDQ(p.step, pa)
	if h > 4 {
		ADDQ(p.step, far)
	}
	ADDQ(p.ldb, pb)
	DECQ(left)
	JNZ(LabelRef(label + "step"))
	Label(label + "store")
	p.finish(label, acc, left)
	for i := range acc {
		for j, v := range acc[i] {
			p.store(v, j, Mem{Base: p.dst})
		}
		ADDQ(p.ldd, p.dst)
		ADDQ(p.row, p.a)
	}
	SUBQ(Imm(uint64(h)), p.n)
	JMP(LabelRef(label))
	Label(label + "done")
}

// finish adds the bias and takes what is below 0 away, where asked to.
func (p *strip) finish(label string, acc [][]reg.VecVirtual, bias reg.GPVirtual) {
	Load(Param("bias"), bias)
	TESTQ(bias, bias)
	JZ(LabelRef(label + "unbiased"))
	for j := range p.width {
		b := p.vec()
		p.load(j, Mem{Base: bias}, b)
		for i := range acc {
			VADDPS(b, acc[i][j], acc[i][j])
		}
	}
	Label(label + "unbiased")
	relu, err := Param("relu").Resolve()
	if err != nil {
		panic(err)
	}
	CMPB(relu.Addr, Imm(0))
	JE(LabelRef(label + "whole"))
	zero := p.vec()
	VXORPS(zero, zero, zero)
	for i := range acc {
		for _, v := range acc[i] {
			VMOVAPS(p.where(notAtMost, v, zero, v), v)
		}
	}
	Label(label + "whole")
}

func (p *strip) load(j int, m Mem, v reg.VecVirtual) {
	m = m.Offset(j * p.bytes())
	if p.mask != nil && j == p.width-1 {
		p.maskedLoad(m, p.mask, v)
		return
	}
	VMOVUPS(m, v)
}

func (p *strip) store(v reg.VecVirtual, j int, m Mem) {
	m = m.Offset(j * p.bytes())
	if p.mask != nil && j == p.width-1 {
		p.maskedStore(v, p.mask, m)
		return
	}
	VMOVUPS(v, m)
}
