package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

type vecs = []reg.VecVirtual

// An instruction takes y, x and the result.
type instruction func(...Op)

// maps writes the set. Each kernel rounds as its plain twin does: products
// first, then sums.
func maps() {
	for _, w := range []sweep{
		{name: "fillSIMD", doc: "writes f.", in: operands("f one"), make: same},
		{name: "addSIMD", doc: "writes a + b.", in: operands("a b each"), make: both(VADDPS)},
		{name: "subSIMD", doc: "writes a − b.", in: operands("a b each"), make: both(VSUBPS)},
		{name: "mulSIMD", doc: "writes a·b.", in: operands("a b each"), make: both(VMULPS)},
		{name: "divSIMD", doc: "writes a/b.", in: operands("a b each"), make: both(VDIVPS)},
		{name: "minSIMD", doc: "writes a where it is less than b, else b.", in: operands("a b each"), make: both(VMINPS)},
		{name: "scaleSIMD", doc: "writes f·a.", in: operands("a each, f one"), make: both(VMULPS)},
		{name: "offsetSIMD", doc: "writes a + f.", in: operands("a each, f one"), make: both(VADDPS)},
		{name: "addScaledSIMD", doc: "writes a + f·b.", in: operands("a b each, f one"), make: addProduct},
		{name: "reluSIMD", doc: "writes max(a, 0).", in: operands("a each, z zero"), make: relu},
		{name: "gateSIMD", doc: "writes a where b > 0, else 0.", in: operands("a b each, z zero"), make: gate},
		{name: "sqrtSIMD", doc: "writes √a.", in: operands("a each"), make: sqrt},
		{name: "rsqrtSIMD", doc: "writes 1/√a.", in: operands("a each"), make: rsqrt},
		{name: "spreadRowSIMD", doc: "writes v.", in: operands("v row"), make: same},
		{name: "spreadColSIMD", doc: "writes v.", in: operands("v col"), make: same},
		{name: "addRowSIMD", doc: "writes a + v.", in: operands("a each, v row"), make: both(VADDPS)},
		{name: "mulRowSIMD", doc: "writes a·v.", in: operands("a each, v row"), make: both(VMULPS)},
		{name: "addColSIMD", doc: "writes a + v.", in: operands("a each, v col"), make: both(VADDPS)},
		{name: "subColSIMD", doc: "writes a − v.", in: operands("a each, v col"), make: both(VSUBPS)},
		{name: "mulColSIMD", doc: "writes a·v.", in: operands("a each, v col"), make: both(VMULPS)},
		{name: "affineRowsSIMD", doc: "writes a·scale + shift.", in: operands("shift row, a each, scale row"), make: addProduct},
		{name: "addMulRowSIMD", doc: "writes acc + x·v.", in: operands("acc x each, v row"), make: addProduct},
		{name: "biasReluSIMD", doc: "writes max(a + v, 0).", in: operands("a each, v row, z zero"), make: biasRelu},
		{name: "adamSIMD", doc: "moves p, m and v by the gradient g.", out: []string{"p", "m", "v"},
			in: operands("p m v g each, rate b1 c1 b2 c2 eps one"), make: adam},
		{name: "momentumSIMD", doc: "moves p and v by the gradient g.", out: []string{"p", "v"},
			in: operands("p v g each, rate keep one"), make: momentum},
	} {
		w.write()
	}
}

func same(_ isa, x vecs) vecs { return x }

// both makes x0 op x1.
func both(op instruction) func(isa, vecs) vecs {
	return func(s isa, x vecs) vecs { return vecs{apply(op, s, x[0], x[1])} }
}

// apply gives x op y.
func apply(op instruction, s isa, x, y reg.VecVirtual) reg.VecVirtual {
	v := s.vec()
	op(y, x, v)
	return v
}

// addProduct makes x0 + x1·x2.
func addProduct(s isa, x vecs) vecs {
	return vecs{apply(VADDPS, s, x[0], apply(VMULPS, s, x[1], x[2]))}
}

func relu(s isa, x vecs) vecs { return vecs{s.where(notAtMost, x[0], x[1], x[0])} }

func gate(s isa, x vecs) vecs { return vecs{s.where(above, x[1], x[2], x[0])} }

func sqrt(s isa, x vecs) vecs {
	v := s.vec()
	VSQRTPS(x[0], v)
	return vecs{v}
}

func rsqrt(s isa, x vecs) vecs {
	one := s.vec()
	VMOVUPS(number(1), one)
	return vecs{apply(VDIVPS, s, one, sqrt(s, x)[0])}
}

func biasRelu(s isa, x vecs) vecs {
	return relu(s, vecs{apply(VADDPS, s, x[0], x[1]), x[2]})
}

func adam(s isa, x vecs) vecs {
	p, m, v, g, rate, b1, c1, b2, c2, eps := x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7], x[8], x[9]
	m = apply(VADDPS, s, apply(VMULPS, s, b1, m), apply(VMULPS, s, c1, g))
	v = apply(VADDPS, s, apply(VMULPS, s, b2, v), apply(VMULPS, s, apply(VMULPS, s, c2, g), g))
	root := apply(VADDPS, s, sqrt(s, vecs{v})[0], eps)
	p = apply(VSUBPS, s, p, apply(VDIVPS, s, apply(VMULPS, s, rate, m), root))
	return vecs{p, m, v}
}

func momentum(s isa, x vecs) vecs {
	p, v, g, rate, keep := x[0], x[1], x[2], x[3], x[4]
	v = apply(VADDPS, s, apply(VMULPS, s, keep, v), g)
	return vecs{apply(VSUBPS, s, p, apply(VMULPS, s, rate, v)), v}
}
