package grad

import (
	"math"

	"github.com/inkling-sec/inkling/tensor"
)

// Gelu gives a·Φ(a), Φ the normal distribution function. It makes the node of
// its derivative beside it, for most of the work is the same.
func Gelu(a *Node) *Node {
	slope := like(geluSlopeRule, a, nil)
	n := like(geluRule, a, slope)
	tensor.GeluBothTo(&n.value, &slope.value, &a.value)
	return n
}

func geluRule(n, g *Node, i int) *Node {
	if i == 0 {
		return Mul(g, n.in[1])
	}
	return nil // the first operand's rule says it all
}

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
