package grad

import "github.com/inkling-sec/inkling/tensor"

// MatMul gives a·b, with a [n, k] and b [k, m].
func MatMul(a, b *Node) *Node {
	n := a.tape.make(a.Rows(), b.Cols(), matMulRule, a, b)
	tensor.MatMulTo(&n.value, &a.value, &b.value)
	return n
}

func matMulRule(n, g *Node, i int) *Node {
	if i == 0 {
		return MatMulB(g, n.in[1])
	}
	return MatMulA(n.in[0], g)
}

// MatMulA gives aᵀ·b, with a [k, n] and b [k, m].
func MatMulA(a, b *Node) *Node {
	n := a.tape.make(a.Cols(), b.Cols(), matMulARule, a, b)
	tensor.MatMulATo(&n.value, &a.value, &b.value)
	return n
}

func matMulARule(n, g *Node, i int) *Node {
	if i == 0 {
		return MatMulB(n.in[1], g)
	}
	return MatMul(n.in[0], g)
}

// MatMulB gives a·bᵀ, with a [n, k] and b [m, k].
func MatMulB(a, b *Node) *Node {
	n := a.tape.make(a.Rows(), b.Rows(), matMulBRule, a, b)
	tensor.MatMulBTo(&n.value, &a.value, &b.value)
	return n
}

func matMulBRule(n, g *Node, i int) *Node {
	if i == 0 {
		return MatMul(g, n.in[1])
	}
	return MatMulA(g, n.in[0])
}

// Transpose gives aᵀ.
func Transpose(a *Node) *Node {
	n := a.tape.make(a.Cols(), a.Rows(), transposeRule, a, nil)
	tensor.TransposeTo(&n.value, &a.value)
	return n
}

func transposeRule(n, g *Node, i int) *Node { return Transpose(g) }
