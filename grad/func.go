package grad

import "github.com/inkling-sec/inkling/tensor"

// Exp gives e to the power a.
func Exp(a *Node) *Node {
	n := like(expRule, a, nil)
	tensor.ExpTo(&n.value, &a.value)
	return n
}

func expRule(n, g *Node, i int) *Node { return Mul(g, n) }

// Log gives the natural logarithm.
func Log(a *Node) *Node {
	n := like(logRule, a, nil)
	tensor.LogTo(&n.value, &a.value)
	return n
}

func logRule(n, g *Node, i int) *Node { return Div(g, n.in[0]) }

// Sqrt gives √a.
func Sqrt(a *Node) *Node {
	n := like(sqrtRule, a, nil)
	tensor.SqrtTo(&n.value, &a.value)
	return n
}

func sqrtRule(n, g *Node, i int) *Node { return Scale(Div(g, n), 0.5) }

// Rsqrt gives 1/√a.
func Rsqrt(a *Node) *Node {
	n := like(rsqrtRule, a, nil)
	tensor.RsqrtTo(&n.value, &a.value)
	return n
}

func rsqrtRule(n, g *Node, i int) *Node { return Scale(Mul(g, Mul(n, Mul(n, n))), -0.5) }

// Tanh gives the hyperbolic tangent.
func Tanh(a *Node) *Node {
	n := like(tanhRule, a, nil)
	tensor.TanhTo(&n.value, &a.value)
	return n
}

func tanhRule(n, g *Node, i int) *Node { return Sub(g, Mul(g, Mul(n, n))) }

// Sigmoid gives 1/(1 + e to the power −a).
func Sigmoid(a *Node) *Node {
	n := like(sigmoidRule, a, nil)
	tensor.SigmoidTo(&n.value, &a.value)
	return n
}

func sigmoidRule(n, g *Node, i int) *Node { return Mul(g, Sub(n, Mul(n, n))) }

// Relu gives max(a, 0). Its derivative at 0 is 0.
func Relu(a *Node) *Node {
	n := like(reluRule, a, nil)
	tensor.ReluTo(&n.value, &a.value)
	return n
}

func reluRule(n, g *Node, i int) *Node { return Gate(g, n.in[0]) }

// Gate gives a where b > 0 and 0 elsewhere; to b it gives no gradient.
func Gate(a, b *Node) *Node {
	n := like(gateRule, a, b)
	tensor.GateTo(&n.value, &a.value, &b.value)
	return n
}

func gateRule(n, g *Node, i int) *Node {
	if i == 0 {
		return Gate(g, n.in[1])
	}
	return nil
}
