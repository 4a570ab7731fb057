package grad

import (
	"math"

	"github.com/inkling-sec/inkling/tensor"
)

// Gelu gives a·Φ(a), Φ the normal distribution function.
func Gelu(a *Node) *Node {
	n := like(geluRule, a, nil)
	tensor.GeluTo(&n.value, &a.value)
	return n
}

func geluRule(n, g *Node, i int) *Node { return Mul(g, GeluSlope(n.in[0])) }

// GeluSlope gives the derivative of [Gelu].
func GeluSlope(a *Node) *Node {
	n := like(geluSlopeRule, a, nil)
	tensor.GeluSlopeTo(&n.value, &a.value)
	return n
}

// The second derivative is φ(a)·(2 − a²).
func geluSlopeRule(n, g *Node, i int) *Node {
	square := Mul(n.in[0], n.in[0])
	bell := Scale(Exp(Scale(square, -.5)), 1/math.Sqrt2/math.SqrtPi)
	return Mul(g, Mul(bell, Offset(Neg(square), 2)))
}
