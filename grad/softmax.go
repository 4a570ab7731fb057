package grad

import "github.com/inkling-sec/inkling/tensor"

// LogSoftmax gives the log-softmax of each row.
func LogSoftmax(a *Node) *Node {
	n := like(logSoftmaxRule, a, nil)
	tensor.LogSoftmaxTo(&n.value, &a.value)
	return n
}

func logSoftmaxRule(n, g *Node, i int) *Node { return Sub(g, MulCol(Exp(n), SumCols(g))) }

// Softmax gives the softmax of each row.
func Softmax(a *Node) *Node {
	n := like(softmaxRule, a, nil)
	tensor.SoftmaxTo(&n.value, &a.value)
	return n
}

func softmaxRule(n, g *Node, i int) *Node { return Mul(n, AddCol(g, Neg(DotRows(g, n)))) }
