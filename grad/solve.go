package grad

import "github.com/inkling-sec/inkling/tensor"

// Solve gives the x of a·x = b, with a [n, n] symmetric and positive definite
// and b [n, m], computed in float64. That a is symmetric is for the caller to
// see to; the gradient towards it is not.
func Solve(a, b *Node) *Node {
	n := like(solveRule, b, a)
	tensor.SolveTo(&n.value, &a.value, &b.value)
	return n
}

// From a·x = b follows dx = a⁻¹·(db − da·x), so what g is at b is a⁻¹·g, a being
// its own transpose, and at a it is that times −xᵀ.
func solveRule(n, g *Node, i int) *Node {
	atB := Solve(n.in[1], g)
	if i == 0 {
		return atB
	}
	return Neg(MatMulB(atB, n))
}
