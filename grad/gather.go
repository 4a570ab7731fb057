package grad

import "github.com/inkling-sec/inkling/tensor"

// Gather gives the rows of a whose numbers stand in the column at [k, 1], in
// their order; a row may come several times. To at it gives no gradient. Row
// numbers are exact below 2²⁴.
func Gather(a, at *Node) *Node {
	n := a.tape.make(len(at.value.Data), a.Cols(), gatherRule, a, at)
	for i, r := range at.value.Data {
		copy(n.value.Row(i), a.value.Row(int(r)))
	}
	return n
}

func gatherRule(n, g *Node, i int) *Node {
	if i == 0 {
		return Scatter(g, n.in[1], n.in[0].Rows())
	}
	return nil
}

// Scatter gives rows rows of zeros with each row of a [k, d] added to the one
// whose number stands in the column at [k, 1]; to at it gives no gradient.
func Scatter(a, at *Node, rows int) *Node {
	if len(at.value.Data) != a.Rows() {
		panic(&tensor.Error{Op: "Scatter", Problem: "do not fit", Shapes: [][]int{a.value.Shape, at.value.Shape}})
	}
	n := a.tape.make(rows, a.Cols(), scatterRule, a, at)
	clear(n.value.Data)
	for i, r := range at.value.Data {
		to, from := n.value.Row(int(r)), a.value.Row(i)
		for j, v := range from {
			to[j] += v
		}
	}
	return n
}

func scatterRule(n, g *Node, i int) *Node {
	if i == 0 {
		return Gather(g, n.in[1])
	}
	return nil
}
