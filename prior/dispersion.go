package prior

import "math"

// dispersion is benign rows with noise on some columns, heavy-tailed, often of
// a few common factors, and a mean of its own.
type dispersion struct {
	move    []float64
	size    []float64
	factors [][]float64 // nil: each column on its own
	freedom int         // of the tails' Student's t; 2, 4, or as good as normal
	whole   bool        // a row is wide in all its columns or in none
	mode    int
}

func newDispersion(g *gen, s *site) attack {
	mask := g.mask(s.d, of(g, .2, .5, .8, 1))
	a := &dispersion{move: make([]float64, s.d), size: make([]float64, s.d), freedom: of(g, 2, 4, 30), whole: g.chance(.3), mode: s.oneMode(g, .3)}
	move, size := of(g, 0, .5, 1.5), g.logUniform(.3, 4)
	for j, is := range mask {
		if is {
			a.move[j], a.size[j] = move*g.NormFloat64(), size*g.logUniform(.4, 2.5)
		}
	}
	if g.chance(.5) {
		for range g.between(1, 3) {
			a.factors = append(a.factors, g.normals(s.d))
		}
	}
	return a
}

func (a *dispersion) rows(g *gen, s *site, v table) {
	s.rows(g, v, a.mode)
	add(v, a.move)
	n := v.rows()
	noise, wide := g.floats(n), g.floats(n)
	common := g.table(len(a.factors), n)
	for _, c := range common {
		for k := range c {
			c[k] = g.NormFloat64()
		}
	}
	a.tails(g, wide)
	share := 1 / math.Sqrt(float64(max(1, len(a.factors))))
	for j, c := range v {
		if a.size[j] == 0 {
			continue
		}
		if !a.whole {
			a.tails(g, wide)
		}
		clear(noise)
		for i, f := range a.factors {
			axpy(f[j]*share, common[i], noise)
		}
		for k := range c {
			if a.factors == nil {
				noise[k] = g.NormFloat64()
			}
			c[k] += a.size[j] * noise[k] * wide[k]
		}
	}
}

// tails writes how wide each row is: the root of a Student's t without its sign.
func (a *dispersion) tails(g *gen, wide []float64) {
	for k := range wide {
		t, square := math.Abs(g.NormFloat64()), 1.0
		switch a.freedom {
		case 2:
			square = g.ExpFloat64()
		case 4:
			square = (g.ExpFloat64() + g.ExpFloat64()) / 2
		}
		wide[k] = math.Sqrt(min(t/math.Sqrt(square+1e-9), 6))
	}
}

func (a *dispersion) vary(g *gen, far float64) attack {
	out := *a
	out.move, out.size, out.factors = varied(g, a.move, far), varied(g, a.size, far), nil
	for _, f := range a.factors {
		out.factors = append(out.factors, varied(g, f, far))
	}
	return &out
}

// inflation is benign rows farther from the middle than they are, as they are.
type inflation struct{ by []float64 }

func newInflation(g *gen, s *site) attack {
	a := &inflation{make([]float64, s.d)}
	for j, is := range g.mask(s.d, of(g, .4, 1)) {
		a.by[j] = 1
		if is {
			a.by[j] = g.logUniform(1.2, 5)
		}
	}
	return a
}

func (a *inflation) rows(g *gen, s *site, v table) {
	s.rows(g, v, anyMode)
	for j, c := range v {
		for k := range c {
			c[k] *= a.by[j]
		}
	}
}

func (a *inflation) vary(g *gen, far float64) attack {
	out := &inflation{append([]float64(nil), a.by...)}
	for j, by := range out.by {
		if by != 1 {
			out.by[j] = 1 + (by-1)*math.Exp(.6*far*g.NormFloat64())
		}
	}
	return out
}
