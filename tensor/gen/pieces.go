package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// pieces writes the set: the parts of judging by tables of straight pieces.
func pieces() {
	places()
	addPieces()
}

// placesGroup is tensor's.
const placesGroup = 32

// places writes a kernel that finds numbers among rising ones by counting those that are no larger, first of the marks
// between nodes, then in one node.
func places() {
	TEXT("placesSIMD", NOSPLIT, "func(dst *int32, x *float32, n int, marks, nodes []float32, node int)")
	Pragma("noescape")
	Doc("placesSIMD writes twice the number of those smaller, and one more where it is one of them. Marks and nodes have whole groups of 32.")
	dst, x, left, marks, nodes, node := param("dst"), param("x"), param("n"), base("marks"), base("nodes"), param("node")
	markBytes, nodeBytes := GP64(), GP64()
	Load(Param("marks").Len(), markBytes)
	SHLQ(Imm(2), markBytes)
	MOVQ(node, nodeBytes)
	SHLQ(Imm(2), nodeBytes)
	value, count, place, from, none := YMM(), GP64(), GP64(), GP64(), GP64()
	XORQ(none, none)
	// counted adds to count how many of the numbers that begin at from, so many bytes, are no larger than value.
	counted := func(name string, bytes reg.GPVirtual) {
		at := GP64()
		XORQ(at, at)
		Label(name)
		var held vecs
		for k := range placesGroup / 8 {
			v := YMM()
			VCMPPS(Imm(0x1d), Mem{Base: from, Index: at, Scale: 1, Disp: 32 * k}, value, v) // value ≥ it
			held = append(held, v)
		}
		VPACKSSDW(held[1], held[0], held[0])
		VPACKSSDW(held[3], held[2], held[2])
		VPACKSSWB(held[2], held[0], held[0])
		got := GP32()
		VPMOVMSKB(held[0], got)
		POPCNTL(got, got)
		ADDQ(got.As64(), count)
		ADDQ(U32(4*placesGroup), at)
		CMPQ(at, bytes)
		JL(LabelRef(name))
	}
	Label("value")
	VBROADCASTSS(Mem{Base: x}, value)
	XORQ(count, count)
	MOVQ(marks, from)
	counted("mark", markBytes)
	IMULQ(node, count)
	LEAQ(Mem{Base: nodes, Index: count, Scale: 4}, from)
	MOVQ(count, place)
	XORQ(count, count)
	counted("node", nodeBytes)
	ADDQ(count, place)
	last, equal, among := GP64(), XMM(), GP32()
	MOVQ(place, last)
	DECQ(last)
	CMOVQLT(none, last)
	VCMPSS(Imm(0), Mem{Base: nodes, Index: last, Scale: 4}, value.AsX(), equal)
	VMOVD(equal, among) // −1 where it is one of them
	LEAL(Mem{Base: among, Index: place, Scale: 2}, among)
	MOVL(among, Mem{Base: dst})
	ADDQ(Imm(4), x)
	ADDQ(Imm(4), dst)
	DECQ(left)
	JNZ(LabelRef("value"))
	VZEROUPPER()
	RET()
}

// pieceSides is tensor's PieceSides.
const pieceSides = 9

// addPieces writes a kernel that adds pieces to rows of sums, each rounded as in (from + slope·x) + turn·y.
func addPieces() {
	TEXT("addPiecesSIMD", NOSPLIT, "func(sums *float32, n int, pieces *float32, which *int32, x, y *float32)")
	Pragma("noescape")
	Doc("addPiecesSIMD adds to each row of sums the piece that which says.")
	sums, left, pieces, which, x, y := param("sums"), param("n"), param("pieces"), param("which"), param("x"), param("y")
	piece, i := GP64(), GP64()
	XORQ(i, i)
	Label("row")
	TESTQ(left, left)
	JZ(LabelRef("end"))
	MOVLQSX(Mem{Base: which, Index: i, Scale: 4}, piece)
	IMUL3Q(Imm(4*(2+3*pieceSides)), piece, piece)
	ADDQ(pieces, piece)
	part := func(term, side int) Mem { return Mem{Base: piece, Disp: 4 * (2 + term*pieceSides + side)} }
	var along [2]reg.VecVirtual
	for k, at := range []reg.GPVirtual{x, y} {
		v := YMM()
		VMOVSS(Mem{Base: at, Index: i, Scale: 4}, v.AsX())
		VSUBSS(Mem{Base: piece, Disp: 4 * k}, v.AsX(), v.AsX())
		along[k] = v
	}
	one := XMM()
	last := XMM()
	VMULSS(part(1, pieceSides-1), along[0].AsX(), one)
	VADDSS(part(0, pieceSides-1), one, one)
	VMULSS(part(2, pieceSides-1), along[1].AsX(), last)
	VADDSS(last, one, one)
	VADDSS(Mem{Base: sums, Disp: 4 * (pieceSides - 1)}, one, one)
	sum, turn, wide := YMM(), YMM(), YMM()
	VBROADCASTSS(along[0].AsX(), wide)
	VMULPS(part(1, 0), wide, sum)
	VADDPS(part(0, 0), sum, sum)
	VBROADCASTSS(along[1].AsX(), wide)
	VMULPS(part(2, 0), wide, turn)
	VADDPS(turn, sum, sum)
	VADDPS(Mem{Base: sums}, sum, sum)
	VMOVUPS(sum, Mem{Base: sums})
	VMOVSS(one, Mem{Base: sums, Disp: 4 * (pieceSides - 1)})
	ADDQ(Imm(4*pieceSides), sums)
	INCQ(i)
	DECQ(left)
	JMP(LabelRef("row"))
	Label("end")
	VZEROUPPER()
	RET()
}
