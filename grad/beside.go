package grad

import "github.com/inkling-sec/inkling/tensor"

// Beside gives the columns of a [n, c] and after them those of b [n, d].
func Beside(a, b *Node) *Node {
	if a.Rows() != b.Rows() {
		panic(&tensor.Error{Op: "Beside", Problem: "do not fit", Shapes: [][]int{a.value.Shape, b.value.Shape}})
	}
	n := a.tape.make(a.Rows(), a.Cols()+b.Cols(), besideRule, a, b)
	for i := range a.Rows() {
		row := n.value.Row(i)
		copy(row[copy(row, a.value.Row(i)):], b.value.Row(i))
	}
	return n
}

func besideRule(n, g *Node, i int) *Node {
	k := n.in[0].Cols()
	if i == 0 {
		return Columns(g, 0, k)
	}
	return Columns(g, k, n.Cols())
}

// Columns gives columns from to to-1.
func Columns(a *Node, from, to int) *Node {
	n := a.tape.make(a.Rows(), to-from, columnsRule, a, nil)
	n.from = from
	for i := range a.Rows() {
		copy(n.value.Row(i), a.value.Row(i)[from:to])
	}
	return n
}

func columnsRule(n, g *Node, i int) *Node { return PadColumns(g, n.from, n.in[0].Cols()) }

// PadColumns gives cols columns of zeros with a in place of those that start at from.
func PadColumns(a *Node, from, cols int) *Node {
	n := a.tape.make(a.Rows(), cols, padColumnsRule, a, nil)
	n.from = from
	clear(n.value.Data)
	for i := range a.Rows() {
		copy(n.value.Row(i)[from:], a.value.Row(i))
	}
	return n
}

func padColumnsRule(n, g *Node, i int) *Node { return Columns(g, n.from, n.from+n.in[0].Cols()) }
