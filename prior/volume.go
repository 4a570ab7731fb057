package prior

import "math"

// volume is benign rows in which one factor, large in some rows and small in
// others, moves many columns at once: what a flood does to every counter.
type volume struct {
	by         []float64 // each column's share, with its sign
	size, wide float64   // the factor is size·exp(wide·normal)
	mode       int
}

func newVolume(g *gen, s *site) attack {
	a := &volume{by: make([]float64, s.d), size: g.uniform(.2, 3), wide: g.uniform(.1, 1.2), mode: s.oneMode(g, .2)}
	down := of(g, 0, .15, .5)
	for j, is := range g.mask(s.d, of(g, .3, .6, 1)) {
		if is {
			a.by[j] = math.Exp(.4 * g.NormFloat64())
			if g.chance(down) {
				a.by[j] *= -1
			}
		}
	}
	return a
}

func (a *volume) rows(g *gen, s *site, v table) {
	s.rows(g, v, a.mode)
	factor := g.floats(v.rows())
	for k := range factor {
		factor[k] = a.size * math.Exp(a.wide*g.NormFloat64())
	}
	for j, c := range v {
		if a.by[j] != 0 {
			axpy(a.by[j], factor, c)
		}
	}
}

func (a *volume) vary(g *gen, far float64) attack {
	return &volume{varied(g, a.by, far), scaled(g, a.size, far), a.wide, a.mode}
}
