package prior

import "math"

// foreign is rows of another world, standardised by that world, so that what
// goes with what is different even where no column is.
type foreign struct {
	world     *world
	mean, std []float64
	move, by  []float64
	mode      int
}

func newForeign(g *gen, s *site) attack {
	a := &foreign{world: newWorld(g, &s.worlds, s.d), by: make([]float64, s.d), mode: anyMode}
	a.move = g.sparse(s.d, of(g, 0, .3, 1), g.uniform(0, 2.5))
	scale := of(g, .3, .7, 1, 1.5)
	for j := range a.by {
		a.by[j] = scale * math.Exp(.4*g.NormFloat64())
	}
	if g.chance(.4) {
		a.mode = g.IntN(len(a.world.upTo))
	}
	block, used := g.borrow()
	v := g.table(s.d, 128)
	a.world.sample(g, v, anyMode)
	for _, c := range v {
		mean, std := moments(c)
		a.mean, a.std = append(a.mean, mean), append(a.std, std+1e-6)
	}
	g.giveBack(block, used)
	return a
}

func (a *foreign) rows(g *gen, _ *site, v table) {
	a.world.sample(g, v, a.mode)
	for j, c := range v {
		by := a.by[j] / a.std[j]
		for k, x := range c {
			c[k] = (x-a.mean[j])*by + a.move[j]
		}
	}
}

func (a *foreign) vary(g *gen, far float64) attack {
	out := *a
	out.by, out.move = varied(g, a.by, far/2), varied(g, a.move, far)
	return &out
}
