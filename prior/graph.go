package prior

// graph is a causal graph: a feature is a function of one to three latent
// variables or features before it, and noise, which those after it inherit.
type graph struct {
	r     int
	nodes []node
}

type node struct {
	parents []int // below r a latent variable, else feature parents-r
	weight  []float64
	act     int
	product bool // of its parents, not their weighted sum
	noise   float64
}

func newGraph(g *gen, w *world) mixer {
	m := &graph{r: w.r}
	for j := range w.d {
		lo, n := 0, w.r+j
		if g.chance(.5) {
			lo = max(0, n-12) // near ones only: long chains
		}
		node := node{act: g.IntN(len(activations)), product: g.chance(.15), noise: w.noise[j] / 2}
		scale := g.uniform(.5, 2)
		for range g.between(1, 3) {
			node.parents = append(node.parents, lo+g.IntN(n-lo))
			node.weight = append(node.weight, scale*g.NormFloat64())
		}
		m.nodes = append(m.nodes, node)
	}
	return m
}

func (m *graph) mix(g *gen, x, z table) {
	for j, c := range x {
		node := &m.nodes[j]
		column := func(p int) []float64 {
			if p < m.r {
				return z[p]
			}
			return x[p-m.r]
		}
		if node.product {
			for k := range c {
				c[k] = 1
			}
			for _, p := range node.parents {
				for k, v := range column(p) {
					c[k] *= min(max(v, -3), 3)
				}
			}
		} else {
			clear(c)
			for i, p := range node.parents {
				axpy(node.weight[i], column(p), c)
			}
		}
		f := activations[node.act]
		for k, v := range c {
			c[k] = min(max(f(v), -8), 8) + node.noise*g.NormFloat64()
		}
	}
}
