package prior

// latent is a cloud in latent space: near a mode of the benign, in some direction from it.
type latent struct {
	centre []float64
	spread float64
	mode   []float64 // offsets of its features, of the mode it is near to; nil without
	moved  []float64 // what further moves its features, standardised
}

func newLatent(g *gen, s *site) attack {
	m := g.IntN(len(s.upTo))
	a := &latent{centre: append([]float64(nil), s.centre[m]...), moved: make([]float64, s.d)}
	away := g.sparse(s.r, of(g, .3, 1), g.uniform(.5, 6)*s.size())
	for i, v := range away {
		a.centre[i] += v
	}
	a.spread = g.logUniform(.05, 2) * s.size()
	if g.chance(.5) && s.offset != nil {
		a.mode = s.offset[m]
	}
	if g.chance(.4) {
		a.moved = g.sparse(s.d, .15, g.uniform(.5, 3))
	}
	return a
}

func (a *latent) rows(g *gen, s *site, v table) {
	z := g.table(s.r, v.rows())
	for i, c := range z {
		for k := range c {
			c[k] = a.centre[i] + a.spread*g.NormFloat64()
		}
	}
	s.features(g, v, z, nil)
	if a.mode != nil {
		add(v, a.mode)
	}
	s.standardise(v)
	add(v, a.moved)
}

func (a *latent) vary(g *gen, far float64) attack {
	return &latent{varied(g, a.centre, far), scaled(g, a.spread, far), a.mode, varied(g, a.moved, far)}
}

// add adds by[j] to every value of column j.
func add(v table, by []float64) {
	for j, c := range v {
		if by[j] != 0 {
			for k := range c {
				c[k] += by[j]
			}
		}
	}
}

// newMode is a mode drawn as the world's own were: nothing is odd about it but
// that benign rows are never there.
func newMode(g *gen, s *site) attack {
	size := 0.0
	for _, c := range s.centre {
		for _, v := range c {
			size = max(size, v, -v)
		}
	}
	like := g.IntN(len(s.upTo))
	a := &latent{centre: g.sparse(s.r, 1, .7*size+.3*s.size()), spread: s.size() * g.uniform(.3, 1.2), moved: make([]float64, s.d)}
	if s.offset != nil {
		a.mode = s.offset[like]
	}
	if g.chance(.5) {
		a.moved = g.sparse(s.d, of(g, .1, .3), g.uniform(.5, 2))
	}
	return a
}
