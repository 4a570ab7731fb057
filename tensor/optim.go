package tensor

// AdamStep is the numbers of one step of Adam; see [AdamTo].
type AdamStep struct {
	Rate         float32 // with the corrections of both means
	Beta1, Beta2 float32 // what the means keep of themselves
	Eps          float32
}

// AdamTo moves the parameters p and the running means m of gradients and v of
// their squares by the gradient g (Kingma and Ba 2015, algorithm 1):
//
//	m = β1·m + (1−β1)·g
//	v = β2·v + (1−β2)·g²
//	p = p − rate·m/(√v + eps)
func AdamTo(p, m, v, g *Tensor, s AdamStep) {
	same("AdamTo", p, m, v, g)
	c1, c2 := 1-s.Beta1, 1-s.Beta2
	if use != plain {
		adamSIMD(p.Data, m.Data, v.Data, g.Data, s.Rate, s.Beta1, c1, s.Beta2, c2, s.Eps)
		return
	}
	for i, x := range g.Data {
		m.Data[i] = float32(s.Beta1*m.Data[i]) + float32(c1*x)
		v.Data[i] = float32(s.Beta2*v.Data[i]) + float32(float32(c2*x)*x)
		p.Data[i] -= float32(s.Rate*m.Data[i]) / (root(v.Data[i]) + s.Eps)
	}
}

// MomentumTo moves the parameters p and the running sum v by the gradient g:
// v = keep·v + g, then p = p − rate·v.
func MomentumTo(p, v, g *Tensor, rate, keep float32) {
	same("MomentumTo", p, v, g)
	if use != plain {
		momentumSIMD(p.Data, v.Data, g.Data, rate, keep)
		return
	}
	for i, x := range g.Data {
		v.Data[i] = float32(keep*v.Data[i]) + x
		p.Data[i] -= float32(rate * v.Data[i])
	}
}
