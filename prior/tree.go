package prior

import "math"

// tree asks the latent variables 2 to 5 questions; the answers are a leaf, and
// a leaf has a level of its own for four features of five. A faint linear part stays.
type tree struct {
	on     []int // which latent variable each question is about
	above  []float64
	levels [][]float64 // [feature][leaf]; nil where a feature has none
	weight [][]float64 // [feature][latent]
}

func newTree(g *gen, w *world) mixer {
	far, n := 0.0, 0
	for _, c := range w.centre {
		for _, v := range c {
			far += math.Abs(v)
			n++
		}
	}
	t := &tree{}
	for range g.between(2, 5) {
		t.on = append(t.on, g.IntN(w.r))
		t.above = append(t.above, .7*g.NormFloat64()*far/float64(n))
	}
	for range w.d {
		var levels []float64
		if g.chance(.8) {
			levels = g.normals(1 << len(t.on))
		}
		t.levels = append(t.levels, levels)
		t.weight = append(t.weight, g.sparse(w.r, .2, .5))
	}
	return t
}

func (t *tree) mix(_ *gen, x, z table) {
	leaf := make([]uint8, x.rows())
	for q, i := range t.on {
		for k, v := range z[i] {
			if v > t.above[q] {
				leaf[k] |= 1 << q
			}
		}
	}
	sums(x, z, t.weight)
	for j, c := range x {
		if levels := t.levels[j]; levels != nil {
			for k, l := range leaf {
				c[k] += levels[l]
			}
		}
	}
}
