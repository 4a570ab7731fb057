package grad

import "github.com/inkling-sec/inkling/tensor"

// SquaredDistances gives the squared Euclidean distance of each row of a [n, d]
// from each row of b [m, d], as [n, m].
func SquaredDistances(a, b *Node) *Node {
	n := a.tape.make(a.Rows(), b.Rows(), squaredDistancesRule, a, b)
	tensor.SquaredDistancesTo(&n.value, &a.value, &b.value)
	return n
}

func squaredDistancesRule(n, g *Node, i int) *Node {
	a, b := n.in[0], n.in[1]
	if i == 0 {
		return Scale(Sub(MulCol(a, SumCols(g)), MatMul(g, b)), 2)
	}
	return Scale(Sub(MulCol(b, Reshape(SumRows(g), b.Rows(), 1)), MatMulA(g, a)), 2)
}
