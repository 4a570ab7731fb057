package grad

import "github.com/inkling-sec/inkling/tensor"

// CentreRows takes from each row its mean.
func CentreRows(a *Node) *Node {
	n := like(centreRowsRule, a, nil)
	tensor.CentreRowsTo(&n.value, &a.value)
	return n
}

func centreRowsRule(n, g *Node, i int) *Node { return CentreRows(g) }

// NormRows takes from each row its mean and divides it by √(variance + eps).
func NormRows(a *Node, eps float32) *Node {
	n := like(normRowsRule, a, nil)
	n.f = eps
	tensor.NormRowsTo(&n.value, &a.value, eps)
	return n
}

func normRowsRule(n, g *Node, i int) *Node {
	along := Scale(DotRows(g, n), -1/float32(n.Cols()))
	return MulCol(Add(CentreRows(g), MulCol(n, along)), RstdRows(n.in[0], n.f))
}

// RstdRows gives 1/√(variance + eps) of each row of a [n, d], as a column [n, 1].
func RstdRows(a *Node, eps float32) *Node {
	n := a.tape.make(a.Rows(), 1, rstdRowsRule, a, nil)
	n.f = eps
	tensor.RstdRowsTo(&n.value, &a.value, eps)
	return n
}

func rstdRowsRule(n, g *Node, i int) *Node {
	a := n.in[0]
	return MulCol(NormRows(a, n.f), Scale(Mul(g, Mul(n, n)), -1/float32(a.Cols())))
}
