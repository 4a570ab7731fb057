package main

import (
	"fmt"
	"strings"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// sums writes the set, and the search for the least elements of rows. Sums of columns go down strips as wide as the
// processor's vectors. Sums along a row have eight lanes whatever the
// processor, and so one body for all.
func sums() {
	columnSums("sumRowsSIMD", "a", func(s isa, x vecs) reg.VecVirtual { return x[0] })
	columnSums("dotColsSIMD", "a, b", func(s isa, x vecs) reg.VecVirtual { return apply(VMULPS, s, x[0], x[1]) })
	rowSums("sumColsSIMD", "a", func(x vecs, acc reg.VecVirtual) { VADDPS(x[0], acc, acc) })
	rowSums("dotRowsSIMD", "a, b", func(x vecs, acc reg.VecVirtual) { VFMADD231PS(x[1], x[0], acc) })
	total("sumSIMD", "adds the elements.", func(x, acc reg.VecVirtual) { VADDPD(x, acc, acc) })
	total("sumSquaresSIMD", "adds the squares of the elements.", func(x, acc reg.VecVirtual) { VFMADD231PD(x, x, acc) })
	rowNorm("centreRowsSIMD", "takes from each row its mean.", true, false)
	rowNorm("rstdRowsSIMD", "writes 1/√(variance + eps) of each row.", false, true)
	rowNorm("normRowsSIMD", "takes from each row its mean and divides by √(variance + eps).", true, true)
	least()
}

// sumBlock is tensor's rowBlock: so many rows are added before their sum is.
const sumBlock = 256

// columnSums writes a kernel that adds up what term makes of the rows.
func columnSums(name, in string, term func(s isa, x vecs) reg.VecVirtual) {
	TEXT(name, NOSPLIT, "func(dst, "+in+" []float32, n, d int)")
	Pragma("noescape")
	Doc(name + " adds up columns.")
	onBest(func(s isa, label string) {
		p := &columnStrip{isa: s, dst: base("dst"), n: param("n"), stride: GP64(), term: term}
		for _, v := range strings.Split(in, ", ") {
			p.in = append(p.in, base(v))
		}
		left := param("d")
		mask := s.tail(left)
		MOVQ(left, p.stride)
		SHLQ(Imm(2), p.stride)
		for _, count := range []int{4, 1} {
			loop, lanes := fmt.Sprint(label, count), count*s.bytes()/4
			Label(loop)
			CMPQ(left, Imm(uint64(lanes)))
			JL(LabelRef(loop + "done"))
			p.write(loop, count, nil)
			SUBQ(Imm(uint64(lanes)), left)
			JMP(LabelRef(loop))
			Label(loop + "done")
		}
		TESTQ(left, left)
		JZ(LabelRef(label + "end"))
		p.write(label+"tail", 1, mask)
		Label(label + "end")
	})
}

// columnStrip is a kernel of columnSums as it is written; dst and in move on.
type columnStrip struct {
	isa
	dst, n, stride reg.GPVirtual
	in             []reg.GPVirtual
	term           func(s isa, x vecs) reg.VecVirtual
}

// write adds up count vectors of columns, with a mask a part of one.
func (p *columnStrip) write(label string, count int, mask reg.Register) {
	sums := zeros(p.vec, 1, count)[0]
	rows, block := GP64(), GP64()
	MOVQ(p.n, rows)
	var at []reg.GPVirtual
	for _, r := range p.in {
		at = append(at, GP64())
		MOVQ(r, at[len(at)-1])
	}
	Label(label + "block")
	TESTQ(rows, rows)
	JZ(LabelRef(label + "store"))
	MOVQ(U32(sumBlock), block)
	CMPQ(rows, block)
	CMOVQLT(rows, block)
	SUBQ(block, rows)
	acc := zeros(p.vec, 1, count)[0]
	Label(label + "row")
	for j := range count {
		v := p.term(p.isa, p.load(at, j, mask))
		VADDPS(v, acc[j], acc[j])
	}
	for _, r := range at {
		ADDQ(p.stride, r)
	}
	DECQ(block)
	JNZ(LabelRef(label + "row"))
	for j := range count {
		VADDPS(acc[j], sums[j], sums[j])
	}
	JMP(LabelRef(label + "block"))
	Label(label + "store")
	for j, v := range sums {
		if m := (Mem{Base: p.dst, Disp: j * p.bytes()}); mask != nil {
			p.maskedStore(v, mask, m)
		} else {
			VMOVUPS(v, m)
		}
	}
	for _, r := range append(p.in, p.dst) {
		ADDQ(U32(count*p.bytes()), r)
	}
}

func (p *columnStrip) load(at []reg.GPVirtual, j int, mask reg.Register) (x vecs) {
	for _, r := range at {
		v, m := p.vec(), Mem{Base: r, Disp: j * p.bytes()}
		if mask != nil {
			p.maskedLoad(m, mask, v)
		} else {
			VMOVUPS(m, v)
		}
		x = append(x, v)
	}
	return x
}

// A rowLoop is a kernel that takes rows of d elements one by one, in eights.
type rowLoop struct {
	avx2
	n, d reg.GPVirtual
	mask reg.Register
	i    reg.GPVirtual // the element
	at   []reg.GPVirtual
}

// newRowLoop starts it; in names what has rows of d.
func newRowLoop(in ...string) *rowLoop {
	p := &rowLoop{n: param("n"), d: param("d"), i: GP64()}
	for _, name := range in {
		p.at = append(p.at, base(name))
	}
	p.mask = p.tail(p.d)
	return p
}

// rows writes the loop over rows.
func (p *rowLoop) rows(body func()) {
	Label("row")
	TESTQ(p.n, p.n)
	JZ(LabelRef("end"))
	body()
	for _, r := range p.at {
		LEAQ(Mem{Base: r, Index: p.d, Scale: 4}, r)
	}
	DECQ(p.n)
	JMP(LabelRef("row"))
	Label("end")
	VZEROUPPER()
	RET()
}

// along writes the loop over a row's elements.
func (p *rowLoop) along(label string, body func(tail bool)) {
	left := GP64()
	XORQ(p.i, p.i)
	MOVQ(p.d, left)
	Label(label)
	CMPQ(left, Imm(8))
	JL(LabelRef(label + "tail"))
	body(false)
	ADDQ(Imm(8), p.i)
	SUBQ(Imm(8), left)
	JMP(LabelRef(label))
	Label(label + "tail")
	TESTQ(left, left)
	JZ(LabelRef(label + "done"))
	body(true)
	Label(label + "done")
}

// get loads eight elements of row k; those behind the end are 0.
func (p *rowLoop) get(k int, tail bool) reg.VecVirtual {
	v, m := YMM(), Mem{Base: p.at[k], Index: p.i, Scale: 4}
	if tail {
		p.maskedLoad(m, p.mask, v)
	} else {
		VMOVUPS(m, v)
	}
	return v
}

// put stores what belongs to row k.
func (p *rowLoop) put(v reg.VecVirtual, k int, tail bool) {
	m := Mem{Base: p.at[k], Index: p.i, Scale: 4}
	if tail {
		p.maskedStore(v, p.mask, m)
	} else {
		VMOVUPS(v, m)
	}
}

// sum8 adds eight lanes as ((l0+l2)+(l1+l3)) + ((l4+l6)+(l5+l7)) into the first.
func sum8(acc reg.VecVirtual) reg.VecVirtual {
	s, high := fold(YMM, vecs{acc}), XMM()
	VEXTRACTF128(Imm(1), s, high)
	VADDSS(high, s.AsX(), s.AsX())
	return s
}

// zero8 makes a vector of zeros.
func zero8() reg.VecVirtual { return zeros(YMM, 1, 1)[0][0] }

// everywhere puts a vector's first lane in all.
func everywhere(v reg.VecVirtual) reg.VecVirtual {
	w := YMM()
	VBROADCASTSS(v.AsX(), w)
	return w
}

// rowSums writes a kernel that adds up along rows.
func rowSums(name, in string, step func(x vecs, acc reg.VecVirtual)) {
	TEXT(name, NOSPLIT, "func(dst, "+in+" []float32, n, d int)")
	Pragma("noescape")
	Doc(name + " adds up rows.")
	dst := base("dst")
	p := newRowLoop(strings.Split(in, ", ")...)
	p.rows(func() {
		acc := zero8()
		p.along("sum", func(tail bool) {
			var x vecs
			for k := range p.at {
				x = append(x, p.get(k, tail))
			}
			step(x, acc)
		})
		VMOVSS(sum8(acc).AsX(), Mem{Base: dst})
		ADDQ(Imm(4), dst)
	})
}

// rowNorm writes a kernel that finds the mean of a row and, with divide, its
// 1/√(variance + eps). With apply dst is the row less its mean, times that;
// without it that goes to a column.
func rowNorm(name, doc string, apply, divide bool) {
	signature := "func(dst, a []float32, n, d int"
	if divide {
		signature += ", eps float32"
	}
	TEXT(name, NOSPLIT, signature+")")
	Pragma("noescape")
	Doc(name + " " + doc)
	in := []string{"a"}
	if apply {
		in = append(in, "dst")
	}
	dst, count := base("dst"), XMM()
	p := newRowLoop(in...)
	VXORPS(count, count, count)
	VCVTSI2SSQ(p.d, count, count)
	p.rows(func() {
		mean, rstd := p.mean(count), reg.VecVirtual(nil)
		if divide {
			rstd = p.rstd(mean, count)
		}
		if !apply {
			VMOVSS(rstd.AsX(), Mem{Base: dst})
			ADDQ(Imm(4), dst)
			return
		}
		if divide {
			rstd = everywhere(rstd)
		}
		p.along("put", func(tail bool) {
			v := p.get(0, tail)
			VSUBPS(mean, v, v)
			if divide {
				VMULPS(rstd, v, v)
			}
			p.put(v, 1, tail)
		})
	})
}

// mean gives the row's mean everywhere.
func (p *rowLoop) mean(count reg.VecVirtual) reg.VecVirtual {
	acc := zero8()
	p.along("mean", func(tail bool) { VADDPS(p.get(0, tail), acc, acc) })
	m := sum8(acc)
	VDIVSS(count, m.AsX(), m.AsX())
	return everywhere(m)
}

// rstd gives 1/√(variance + eps) in the first lane.
func (p *rowLoop) rstd(mean, count reg.VecVirtual) reg.VecVirtual {
	acc := zero8()
	p.along("variance", func(tail bool) {
		v := p.get(0, tail)
		VSUBPS(mean, v, v)
		if tail {
			VANDPS(p.mask, v, v)
		}
		VMULPS(v, v, v)
		VADDPS(v, acc, acc)
	})
	v, one := sum8(acc), XMM()
	VDIVSS(count, v.AsX(), v.AsX())
	eps, err := Param("eps").Resolve()
	if err != nil {
		panic(err)
	}
	VADDSS(eps.Addr, v.AsX(), v.AsX())
	VSQRTSS(v.AsX(), v.AsX(), v.AsX())
	VMOVSS(number(1), one)
	VDIVSS(v.AsX(), one, one)
	return one
}

// total writes a kernel that adds up all elements in sixteen lanes of float64,
// lane l taking those at l, l+16 and so on.
func total(name, doc string, step func(x, acc reg.VecVirtual)) {
	TEXT(name, NOSPLIT, "func(a []float32) float64")
	Pragma("noescape")
	Doc(name + " " + doc)
	at, left, table := base("a"), GP64(), GP64()
	Load(Param("a").Len(), left)
	acc := zeros(YMM, 1, 4)[0]
	x := YMM()
	Label("step")
	CMPQ(left, Imm(16))
	JL(LabelRef("tail"))
	for q := range acc {
		VCVTPS2PD(Mem{Base: at, Disp: 16 * q}, x)
		step(x, acc[q])
	}
	ADDQ(Imm(64), at)
	SUBQ(Imm(16), left)
	JMP(LabelRef("step"))
	Label("tail")
	LEAQ(lanes(), table)
	NEGQ(left)
	for q := range acc {
		mask := XMM()
		VMOVUPS(Mem{Base: table, Disp: 64 + 16*q, Index: left, Scale: 4}, mask)
		VMASKMOVPS(Mem{Base: at, Disp: 16 * q}, mask, x.AsX())
		VCVTPS2PD(x.AsX(), x)
		step(x, acc[q])
	}
	VADDPD(acc[2], acc[0], acc[0])
	VADDPD(acc[3], acc[1], acc[1])
	VADDPD(acc[1], acc[0], acc[0])
	high := XMM()
	VEXTRACTF128(Imm(1), acc[0], high)
	VADDPD(high, acc[0].AsX(), acc[0].AsX())
	VUNPCKHPD(acc[0].AsX(), acc[0].AsX(), high)
	VADDSD(high, acc[0].AsX(), acc[0].AsX())
	result, err := ReturnIndex(0).Resolve()
	if err != nil {
		panic(err)
	}
	VMOVSD(acc[0].AsX(), result.Addr)
	VZEROUPPER()
	RET()
}
