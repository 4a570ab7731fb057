package grad

import "github.com/inkling-sec/inkling/tensor"

// Add gives a + b.
func Add(a, b *Node) *Node {
	n := like(addRule, a, b)
	tensor.AddTo(&n.value, &a.value, &b.value)
	return n
}

func addRule(n, g *Node, i int) *Node { return g }

// Sub gives a − b.
func Sub(a, b *Node) *Node {
	n := like(subRule, a, b)
	tensor.SubTo(&n.value, &a.value, &b.value)
	return n
}

func subRule(n, g *Node, i int) *Node {
	if i == 0 {
		return g
	}
	return Neg(g)
}

// AddScaled gives a + f·b.
func AddScaled(a, b *Node, f float32) *Node {
	n := like(addScaledRule, a, b)
	n.f = f
	tensor.AddScaledTo(&n.value, &a.value, &b.value, f)
	return n
}

func addScaledRule(n, g *Node, i int) *Node {
	if i == 0 {
		return g
	}
	return Scale(g, n.f)
}

// Mul gives a·b, element by element.
func Mul(a, b *Node) *Node {
	n := like(mulRule, a, b)
	tensor.MulTo(&n.value, &a.value, &b.value)
	return n
}

func mulRule(n, g *Node, i int) *Node { return Mul(g, n.in[1-i]) }

// Div gives a/b, element by element.
func Div(a, b *Node) *Node {
	n := like(divRule, a, b)
	tensor.DivTo(&n.value, &a.value, &b.value)
	return n
}

func divRule(n, g *Node, i int) *Node {
	d := Div(g, n.in[1])
	if i == 0 {
		return d
	}
	return Neg(Mul(d, n))
}

// Neg gives −a.
func Neg(a *Node) *Node { return Scale(a, -1) }

// Scale gives f·a.
func Scale(a *Node, f float32) *Node {
	n := like(scaleRule, a, nil)
	n.f = f
	tensor.ScaleTo(&n.value, &a.value, f)
	return n
}

func scaleRule(n, g *Node, i int) *Node { return Scale(g, n.f) }

// Offset gives a + f.
func Offset(a *Node, f float32) *Node {
	n := like(offsetRule, a, nil)
	tensor.OffsetTo(&n.value, &a.value, f)
	return n
}

func offsetRule(n, g *Node, i int) *Node { return g }

// Stop gives a as a constant: no gradient goes through it.
func Stop(a *Node) *Node { return a.tape.Leaf(&a.value) }
