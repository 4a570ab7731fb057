package grad

import "github.com/inkling-sec/inkling/tensor"

// Reshape gives a's elements in another shape; it copies nothing.
func Reshape(a *Node, rows, cols int) *Node {
	if rows*cols != len(a.value.Data) {
		panic(&tensor.Error{Op: "Reshape", Problem: "do not fit", Shapes: [][]int{{rows, cols}, a.value.Shape}})
	}
	n := a.tape.bare(rows, cols)
	n.value.Data, n.rule, n.in[0] = a.value.Data, reshapeRule, a
	return n
}

func reshapeRule(n, g *Node, i int) *Node { return Reshape(g, n.in[0].Rows(), n.in[0].Cols()) }

// Slice gives rows from to to-1; it copies nothing.
func Slice(a *Node, from, to int) *Node {
	c := a.Cols()
	n := a.tape.bare(to-from, c)
	n.value.Data = a.value.Data[from*c : to*c : to*c]
	n.rule, n.in[0], n.from = sliceRule, a, from
	return n
}

func sliceRule(n, g *Node, i int) *Node { return Pad(g, n.from, n.in[0].Rows()) }

// Pad gives rows rows of zeros with a in place of those that start at from.
func Pad(a *Node, from, rows int) *Node {
	c := a.Cols()
	n := a.tape.make(rows, c, padRule, a, nil)
	n.from = from
	clear(n.value.Data)
	copy(n.value.Data[from*c:(from+a.Rows())*c], a.value.Data)
	return n
}

func padRule(n, g *Node, i int) *Node { return Slice(g, n.from, n.from+n.in[0].Rows()) }

// Concat gives the rows of a and after them those of b.
func Concat(a, b *Node) *Node {
	if a.Cols() != b.Cols() {
		panic(&tensor.Error{Op: "Concat", Problem: "do not fit", Shapes: [][]int{a.value.Shape, b.value.Shape}})
	}
	n := a.tape.make(a.Rows()+b.Rows(), a.Cols(), concatRule, a, b)
	copy(n.value.Data[copy(n.value.Data, a.value.Data):], b.value.Data)
	return n
}

func concatRule(n, g *Node, i int) *Node {
	k := n.in[0].Rows()
	if i == 0 {
		return Slice(g, 0, k)
	}
	return Slice(g, k, n.Rows())
}
