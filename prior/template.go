package prior

// template is what a tool sends: in most columns the same values in every row,
// in the others what benign rows have.
type template struct {
	value  []float64
	fixed  []bool
	jitter float64
	mode   int // of the columns that are not fixed
}

func newTemplate(g *gen, s *site) attack {
	a := &template{value: make([]float64, s.d), fixed: g.mask(s.d, of(g, .5, .8, .95)), jitter: of(g, 0, .05, .2), mode: s.oneMode(g, .5)}
	k := g.IntN(s.benign.rows())
	moved := g.sparse(s.d, of(g, .1, .2, .4), g.uniform(.3, 2))
	for j := range a.value {
		a.value[j] = s.benign[j][k] + moved[j]
	}
	return a
}

func (a *template) rows(g *gen, s *site, v table) {
	s.rows(g, v, a.mode)
	for j, c := range v {
		if a.fixed[j] {
			for k := range c {
				c[k] = a.value[j] + a.jitter*g.NormFloat64()
			}
		}
	}
}

func (a *template) vary(g *gen, far float64) attack {
	return &template{varied(g, a.value, far), spotted(g, a.fixed, far), a.jitter, a.mode}
}
