package prior

import "math"

// network is a random layer of 4 to 23 units, each with its own activation,
// and a sparse linear one behind it.
type network struct {
	in, out [][]float64 // [unit][latent], [feature][unit]
	bias    []float64
	act     []int
}

func newNetwork(g *gen, w *world) mixer {
	units := g.between(4, 23)
	steep := g.uniform(.5, 3) / math.Sqrt(float64(w.r))
	n := &network{bias: g.normals(units), act: make([]int, units)}
	for u := range units {
		n.in = append(n.in, g.sparse(w.r, 1, steep))
		n.act[u] = g.IntN(smooth)
	}
	for range w.d {
		n.out = append(n.out, g.sparse(units, .4, 1))
	}
	return n
}

func (n *network) mix(g *gen, x, z table) {
	block, used := g.borrow()
	defer g.giveBack(block, used)
	hidden := g.table(len(n.in), x.rows())
	sums(hidden, z, n.in)
	for u, c := range hidden {
		for k := range c {
			c[k] += n.bias[u]
		}
		apply(activations[n.act[u]], c)
	}
	sums(x, hidden, n.out)
}
