package grad

import "github.com/inkling-sec/inkling/tensor"

// The three ops here are the three derivatives of one sum over images x,
// weights w and g, which has the shape of the result; so each one's rules are
// the two others.

// Conv gives the convolution of images x with weights w, as [tensor.ConvTo].
func Conv(x, w *Node, c tensor.Conv) *Node {
	h, wide := c.Out()
	n := x.tape.make(x.Rows()/(c.Height*c.Width)*h*wide, w.Cols(), convRule, x, w)
	n.conv = x.tape.keep(c)
	tensor.ConvTo(&n.value, &x.value, &w.value, n.conv, n.tape.Workers)
	return n
}

func convRule(n, g *Node, i int) *Node {
	if i == 0 {
		return ConvBack(g, n.in[1], *n.conv)
	}
	return ConvWeights(n.in[0], g, *n.conv)
}

// ConvBack gives what the convolution's gradient g is at its images.
func ConvBack(g, w *Node, c tensor.Conv) *Node {
	h, wide := c.Out()
	n := g.tape.make(g.Rows()/(h*wide)*c.Height*c.Width, c.Channels, convBackRule, g, w)
	n.conv = g.tape.keep(c)
	tensor.ConvBackTo(&n.value, &g.value, &w.value, n.conv, n.tape.Workers)
	return n
}

func convBackRule(n, x *Node, i int) *Node {
	if i == 0 {
		return Conv(x, n.in[1], *n.conv)
	}
	return ConvWeights(x, n.in[0], *n.conv)
}

// ConvWeights gives what the convolution's gradient g is at its weights.
func ConvWeights(x, g *Node, c tensor.Conv) *Node {
	n := x.tape.make(c.Window(), g.Cols(), convWeightsRule, x, g)
	n.conv = x.tape.keep(c)
	tensor.ConvWeightsTo(&n.value, &x.value, &g.value, n.conv, n.tape.Workers)
	return n
}

func convWeightsRule(n, w *Node, i int) *Node {
	if i == 0 {
		return ConvBack(n.in[1], w, *n.conv)
	}
	return Conv(n.in[0], w, *n.conv)
}

func (t *Tape) keep(c tensor.Conv) *tensor.Conv {
	k := &t.convs.take(1)[0]
	*k = c
	return k
}
