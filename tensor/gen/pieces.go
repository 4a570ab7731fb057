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

// placesAtOnce is how many vectors are searched for side by side, as each step waits for the one before.
const placesAtOnce = 4

// places writes a kernel that finds numbers among rising ones by halving, four vectors of eight at once.
func places() {
	TEXT("placesSIMD", NOSPLIT, "func(dst *int32, x *float32, n int, at []float32)")
	Pragma("noescape")
	Doc("placesSIMD writes the number of the last of at that is no larger, or 0. n is a multiple of 32.")
	dst, x, left, at, count := param("dst"), param("x"), param("n"), base("at"), GP64()
	Label("some")
	Load(Param("at").Len(), count)
	var from, value vecs
	for k := range placesAtOnce {
		from, value = append(from, YMM()), append(value, YMM())
		VPXOR(from[k], from[k], from[k])
		VMOVUPS(Mem{Base: x, Disp: 32 * k}, value[k])
	}
	Label("halve")
	half, step := GP64(), YMM()
	CMPQ(count, Imm(1))
	JLE(LabelRef("found"))
	MOVQ(count, half)
	SHRQ(Imm(1), half)
	SUBQ(half, count)
	VMOVD(half.As32(), step.AsX())
	VPBROADCASTD(step.AsX(), step)
	for k := range placesAtOnce {
		middle, all, got := YMM(), YMM(), YMM()
		VPADDD(step, from[k], middle)
		VPCMPEQD(all, all, all)
		VXORPS(got, got, got)
		VGATHERDPS(all, Mem{Base: at, Index: middle, Scale: 4}, got)
		VCMPPS(Imm(0x12), value[k], got, got) // got ≤ value
		VPAND(step, got, got)
		VPADDD(got, from[k], from[k])
	}
	JMP(LabelRef("halve"))
	Label("found")
	for k := range placesAtOnce {
		VMOVUPS(from[k], Mem{Base: dst, Disp: 32 * k})
	}
	ADDQ(U32(32*placesAtOnce), dst)
	ADDQ(U32(32*placesAtOnce), x)
	SUBQ(Imm(8*placesAtOnce), left)
	JG(LabelRef("some"))
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
