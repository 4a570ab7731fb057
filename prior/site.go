package prior

// site is one place: its world, and the benign rows that were drawn of it.
type site struct {
	*plan
	*world
	mean, std []float64 // of each feature, over the benign rows
	benign    table     // standardised; the pool is at the front
	latent    table     // what they were made of
	signature []float64 // what attacks here have in common, added to each of them; nil for nothing
}

// newSite draws n benign rows.
func newSite(g *gen, p *plan, d, n int) *site {
	s := &site{plan: p, world: newWorld(g, &p.worlds, d), benign: g.table(d, n)}
	s.latent = s.world.sample(g, s.benign, anyMode)
	for _, c := range s.benign {
		mean, std := moments(c)
		s.mean, s.std = append(s.mean, mean), append(s.std, std+1e-6)
	}
	s.standardise(s.benign)
	return s
}

func (s *site) standardise(x table) {
	for j, c := range x {
		mean, by := s.mean[j], 1/s.std[j]
		for k, v := range c {
			c[k] = (v - mean) * by
		}
	}
}

// rows draws further benign rows of one mode, or of any, and gives their latent variables.
func (s *site) rows(g *gen, v table, mode int) (z table) {
	z = s.world.sample(g, v, mode)
	s.standardise(v)
	return z
}

// oneMode gives one of the world's modes with chance p, else any.
func (s *site) oneMode(g *gen, p float64) int {
	if g.chance(p) {
		return g.IntN(len(s.upTo))
	}
	return anyMode
}

// without draws benign rows again until none of them is what found reports, or
// nearly: after a few rounds what is left becomes copies of others.
func (s *site) without(g *gen, found func(v, z table) []bool) {
	n := s.benign.rows()
	is := found(s.benign, s.latent)
	var bad []int
	for k, b := range is {
		if b {
			bad = append(bad, k)
		}
	}
	for range 3 {
		if len(bad) == 0 {
			return
		}
		block, used := g.borrow()
		v := g.table(s.d, len(bad)*3/2+4)
		z := s.rows(g, v, anyMode)
		for k, b := range found(v, z) {
			if !b && len(bad) > 0 {
				s.copyRow(bad[0], v, z, k)
				bad = bad[1:]
			}
		}
		g.giveBack(block, used)
	}
	for _, k := range bad {
		for range 20 {
			if other := g.IntN(n); !is[other] {
				s.copyRow(k, s.benign, s.latent, other)
				break
			}
		}
	}
}

func (s *site) copyRow(to int, v, z table, from int) {
	for j := range v {
		s.benign[j][to] = v[j][from]
	}
	for i := range z {
		s.latent[i][to] = z[i][from]
	}
}
