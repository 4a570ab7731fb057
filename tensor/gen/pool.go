package main

import (
	"strings"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// pools writes the set: kernels that go through n windows of 2×2 pixels side by
// side, each pixel d elements, whose upper pixels begin at top and whose lower ones
// at bottom. Pixels are counted 0 to 3, row by row; which names one as a number.
func pools() {
	window("poolSIMD", "takes of each window the largest element where sign is 0 or more, else the smallest, and writes to which where it was.",
		"dst, which, top, bottom, sign []float32", func(w *windows) {
			zero, sign := w.vec(), w.load("sign")
			VXORPS(zero, zero, zero)
			minus := w.where(below, sign, zero, w.constant(bits(1<<31)))
			best, which := w.xor(w.pixel("top", 0), minus), zero
			for p := 1; p < 4; p++ {
				x := w.xor(w.pixel(rowOf(p), p%2), minus)
				which = w.choose(above, x, best, w.constant(number(float64(p))), which)
				best = w.choose(above, x, best, x, best)
			}
			w.store("dst", 0, w.xor(best, minus))
			w.store("which", 0, which)
		})
	window("pickSIMD", "takes of each window the element that which says.",
		"dst, which, top, bottom []float32", func(w *windows) {
			which, x := w.load("which"), w.pixel("top", 0)
			for p := 1; p < 4; p++ {
				x = w.choose(equal, which, w.constant(number(float64(p))), w.pixel(rowOf(p), p%2), x)
			}
			w.store("dst", 0, x)
		})
	window("addUnpoolSIMD", "writes the pixels from accTop and accBottom on to top and bottom, and adds g to the one of each window that which says.",
		"top, bottom, accTop, accBottom, which, g []float32", func(w *windows) {
			which, g := w.load("which"), w.load("g")
			for p := range 4 {
				acc := w.pixel("acc"+map[string]string{"top": "Top", "bottom": "Bottom"}[rowOf(p)], p%2)
				x := w.choose(equal, which, w.constant(number(float64(p))), apply(VADDPS, w, acc, g), acc)
				w.store(rowOf(p), p%2, x)
			}
		})
}

// rowOf names the slice that has pixel p.
func rowOf(p int) string {
	if p < 2 {
		return "top"
	}
	return "bottom"
}

// windows is a kernel as it is written for one instruction set.
type windows struct {
	isa
	at   map[string]reg.GPVirtual // of slices; each moves on with the window
	i, d reg.GPVirtual            // the element of a pixel, and how many there are
	mask reg.Register             // nil for a whole vector
}

// pixels are the slices that move on by two pixels a window, not by one.
var pixels = map[string]bool{"top": true, "bottom": true, "accTop": true, "accBottom": true}

func window(name, doc, slices string, body func(w *windows)) {
	TEXT(name, NOSPLIT, "func("+slices+", n, d int)")
	Pragma("noescape")
	Doc(name + " " + doc)
	names := strings.Split(strings.TrimSuffix(slices, " []float32"), ", ")
	onBest(func(s isa, label string) {
		w := &windows{isa: s, at: map[string]reg.GPVirtual{}, d: param("d")}
		for _, name := range names {
			w.at[name] = base(name)
		}
		n, tail := param("n"), s.tail(w.d)
		Label(label + "window")
		TESTQ(n, n)
		JZ(LabelRef(label + "end"))
		left := GP64()
		w.i = GP64()
		XORQ(w.i, w.i)
		MOVQ(w.d, left)
		lanes := uint64(s.bytes() / 4)
		Label(label + "vector")
		CMPQ(left, Imm(lanes))
		JL(LabelRef(label + "tail"))
		body(w)
		ADDQ(Imm(lanes), w.i)
		SUBQ(Imm(lanes), left)
		JMP(LabelRef(label + "vector"))
		Label(label + "tail")
		TESTQ(left, left)
		JZ(LabelRef(label + "next"))
		w.mask = tail
		body(w)
		Label(label + "next")
		for _, name := range names {
			if name == "sign" {
				continue
			}
			LEAQ(Mem{Base: w.at[name], Index: w.d, Scale: 4}, w.at[name])
			if pixels[name] {
				LEAQ(Mem{Base: w.at[name], Index: w.d, Scale: 4}, w.at[name])
			}
		}
		DECQ(n)
		JMP(LabelRef(label + "window"))
		Label(label + "end")
	})
}

// place addresses the elements of pixel p, 0 or 1, of a slice.
func (w *windows) place(name string, p int) Mem {
	if p == 0 {
		return Mem{Base: w.at[name], Index: w.i, Scale: 4}
	}
	at := GP64()
	LEAQ(Mem{Base: w.i, Index: w.d, Scale: 1}, at)
	return Mem{Base: w.at[name], Index: at, Scale: 4}
}

func (w *windows) load(name string) reg.VecVirtual { return w.pixel(name, 0) }

func (w *windows) pixel(name string, p int) reg.VecVirtual {
	v := w.vec()
	if m := w.place(name, p); w.mask != nil {
		w.maskedLoad(m, w.mask, v)
	} else {
		VMOVUPS(m, v)
	}
	return v
}

func (w *windows) store(name string, p int, v reg.VecVirtual) {
	if m := w.place(name, p); w.mask != nil {
		w.maskedStore(v, w.mask, m)
	} else {
		VMOVUPS(v, m)
	}
}

func (w *windows) constant(m Mem) reg.VecVirtual {
	v := w.vec()
	VMOVUPS(m, v)
	return v
}

func (w *windows) xor(x, y reg.VecVirtual) reg.VecVirtual { return apply(VXORPS, w, x, y) }

// choose gives x where the comparison of y with bound holds, else other.
func (w *windows) choose(c comparison, y, bound, x, other reg.VecVirtual) reg.VecVirtual {
	v := w.vec()
	if _, wide := w.isa.(avx512); wide {
		k := K()
		VCMPPS(Imm(uint64(c)), bound, y, k)
		VBLENDMPS(x, other, k, v)
		return v
	}
	m := w.vec()
	VCMPPS(Imm(uint64(c)), bound, y, m)
	VBLENDVPS(m, x, other, v)
	return v
}

const (
	below comparison = 0x11
	equal comparison = 0x00
)
