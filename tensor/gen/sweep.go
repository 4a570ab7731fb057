package main

import (
	"fmt"
	"slices"
	"strings"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A sweep is a kernel that goes through its operands element by element.
// Without rows and columns among them it sees all as one long row.
type sweep struct {
	name, doc string
	out       []string // nil is dst
	in        []operand
	narrow    bool // one vector at a time: make is long
	// make gives what goes to out; it leaves rows, columns and numbers alone.
	make func(s isa, x []reg.VecVirtual) []reg.VecVirtual
}

// An operand is read in the way of its kind.
type operand struct {
	name string
	kind kind
}

type kind int

const (
	each kind = iota // as many elements as out has
	row              // again for each row
	col              // one element a row
	one              // a number
	zero             // 0, which is no parameter
)

// operands reads "a b each, v row".
func operands(text string) (in []operand) {
	kinds := map[string]kind{"each": each, "row": row, "col": col, "one": one, "zero": zero}
	for _, part := range strings.Split(text, ", ") {
		words := strings.Fields(part)
		last := len(words) - 1
		for _, name := range words[:last] {
			in = append(in, operand{name, kinds[words[last]]})
		}
	}
	return in
}

func (w *sweep) has(kinds ...kind) bool {
	return slices.ContainsFunc(w.in, func(o operand) bool { return slices.Contains(kinds, o.kind) })
}

// signature gives the slices, then the sides, then the numbers.
func (w *sweep) signature() string {
	slices_, numbers := slices.Clone(w.out), []string{}
	for _, o := range w.in {
		switch {
		case o.kind == one:
			numbers = append(numbers, o.name)
		case o.kind != zero && !slices.Contains(slices_, o.name):
			slices_ = append(slices_, o.name)
		}
	}
	s := strings.Join(slices_, ", ") + " []float32"
	if w.has(row, col) {
		s += ", n, d int"
	}
	if len(numbers) > 0 {
		s += ", " + strings.Join(numbers, ", ") + " float32"
	}
	return "func(" + s + ")"
}

// write writes the kernel.
func (w *sweep) write() {
	if w.out == nil {
		w.out = []string{"dst"}
	}
	TEXT(w.name, NOSPLIT, w.signature())
	Pragma("noescape")
	Doc(w.name + " " + w.doc)
	onBest(w.body)
}

// pass is a sweep as it is written for one instruction set.
type pass struct {
	isa
	*sweep
	at    map[string]reg.GPVirtual // of slices; those of rows in out and each move on
	i     reg.GPVirtual            // the element of a row
	fixed []reg.VecVirtual         // by operand, those that stay for a row
	mask  reg.Register
}

func (w *sweep) body(s isa, label string) {
	p := &pass{isa: s, sweep: w, at: map[string]reg.GPVirtual{}, i: GP64(), fixed: make([]reg.VecVirtual, len(w.in))}
	n, d := GP64(), GP64()
	if w.has(row, col) {
		Load(Param("n"), n)
		Load(Param("d"), d)
	} else {
		Load(Param(w.out[0]).Len(), d)
	}
	p.load()
	TESTQ(d, d)
	JZ(LabelRef(label + "end"))
	p.mask = s.tail(d)
	if !w.has(row, col) {
		p.row(label, d)
		Label(label + "end")
		return
	}
	Label(label + "row")
	TESTQ(n, n)
	JZ(LabelRef(label + "end"))
	p.column()
	p.row(label, d)
	p.down(d)
	DECQ(n)
	JMP(LabelRef(label + "row"))
	Label(label + "end")
}

// load loads addresses and numbers.
func (p *pass) load() {
	for _, name := range p.out {
		p.at[name] = base(name)
	}
	for i, o := range p.in {
		switch o.kind {
		case one:
			p.fixed[i] = p.vec()
			m, err := Param(o.name).Resolve()
			if err != nil {
				panic(err)
			}
			VBROADCASTSS(m.Addr, p.fixed[i])
		case zero:
			p.fixed[i] = p.vec()
			VXORPS(p.fixed[i], p.fixed[i], p.fixed[i])
		default:
			if p.at[o.name] == nil {
				p.at[o.name] = base(o.name)
			}
		}
	}
}

func base(name string) reg.GPVirtual {
	r := GP64()
	Load(Param(name).Base(), r)
	return r
}

// column loads the row's element of columns.
func (p *pass) column() {
	for i, o := range p.in {
		if o.kind == col {
			p.fixed[i] = p.vec()
			VBROADCASTSS(Mem{Base: p.at[o.name]}, p.fixed[i])
		}
	}
}

// row writes the loops over a row of d elements.
func (p *pass) row(label string, d reg.Register) {
	left := GP64()
	XORQ(p.i, p.i)
	MOVQ(d, left)
	counts := []int{4, 1}
	if p.narrow {
		counts = counts[1:]
	}
	for _, count := range counts {
		loop, lanes := fmt.Sprint(label, count), count*p.bytes()/4
		Label(loop)
		CMPQ(left, Imm(uint64(lanes)))
		JL(LabelRef(loop + "done"))
		for v := range count {
			p.vector(v*p.bytes(), nil)
		}
		ADDQ(Imm(uint64(lanes)), p.i)
		SUBQ(Imm(uint64(lanes)), left)
		JMP(LabelRef(loop))
		Label(loop + "done")
	}
	TESTQ(left, left)
	JZ(LabelRef(label + "rowdone"))
	p.vector(0, p.mask)
	Label(label + "rowdone")
}

// vector does one vector, or with mask a part of it.
func (p *pass) vector(offset int, mask reg.Register) {
	place := func(name string) Mem { return Mem{Base: p.at[name], Index: p.i, Scale: 4, Disp: offset} }
	x := slices.Clone(p.fixed)
	for i, o := range p.in {
		if o.kind != each && o.kind != row {
			continue
		}
		x[i] = p.vec()
		if mask != nil {
			p.maskedLoad(place(o.name), mask, x[i])
		} else {
			VMOVUPS(place(o.name), x[i])
		}
	}
	for i, v := range p.make(p.isa, x) {
		if mask != nil {
			p.maskedStore(v, mask, place(p.out[i]))
		} else {
			VMOVUPS(v, place(p.out[i]))
		}
	}
}

// down moves on by a row of d elements.
func (p *pass) down(d reg.Register) {
	moved := map[string]bool{}
	move := func(name string, rowLong bool) {
		r := p.at[name]
		switch {
		case moved[name]:
		case rowLong:
			LEAQ(Mem{Base: r, Index: d, Scale: 4}, r)
		default:
			ADDQ(Imm(4), r)
		}
		moved[name] = true
	}
	for _, name := range p.out {
		move(name, true)
	}
	for _, o := range p.in {
		if o.kind == each || o.kind == col {
			move(o.name, o.kind == each)
		}
	}
}
