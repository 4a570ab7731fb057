package prior

import "math"

// function is rows that are like the others but for a hidden property: a random
// network over a few columns or latent variables is high, or each of a few is on its side.
type function struct {
	latent    bool  // over latent variables
	on        []int // which
	mean, std []float64
	side      []float64 // of a rule
	in        [][]float64
	bias, out []float64 // of a network; nil for a rule
	noise     float64
	above     float64
	hidden    bool // the one feature it is a rule over is not shown
}

func newFunction(g *gen, s *site) attack {
	a := &function{latent: g.chance(.5)}
	from := s.benign
	if a.latent {
		from = s.latent
	}
	a.on = g.subset(len(from), g.between(1, min(len(from), 8)))
	for _, i := range a.on {
		mean, std := moments(from[i])
		a.mean, a.std = append(a.mean, mean), append(a.std, std+1e-9)
		a.side = append(a.side, g.sign())
	}
	if g.chance(.5) {
		const units = 8
		for range units {
			a.in = append(a.in, g.sparse(len(a.on), 1, 1.5/math.Sqrt(float64(len(a.on)))))
		}
		a.bias, a.out = g.normals(units), g.normals(units)
	}
	block, used := g.borrow()
	score := a.score(g, s.benign, s.latent)
	_, std := moments(score)
	a.noise = of(g, 0, .1, .5) * std
	a.above = quantile(score, g.uniform(.7, .97))
	g.giveBack(block, used)
	return a
}

// newHidden is a rule over one feature that no row shows: what goes with it must tell, as where a
// table's own label is one of the things that it measures.
func newHidden(g *gen, s *site) attack {
	if s.d < 4 {
		return newFunction(g, s)
	}
	j := g.IntN(s.d)
	a := &function{on: []int{j}, side: []float64{g.sign()}, hidden: true}
	mean, std := moments(s.benign[j])
	a.mean, a.std = []float64{mean}, []float64{std + 1e-9}
	block, used := g.borrow()
	a.above = quantile(a.score(g, s.benign, s.latent), g.uniform(.8, .98))
	g.giveBack(block, used)
	return a
}

// hide makes the feature of a hidden rule say nothing.
func (a *function) hide(g *gen, v table) {
	if a.hidden {
		for k := range v[a.on[0]] {
			v[a.on[0]][k] = g.NormFloat64()
		}
	}
}

func (a *function) score(g *gen, v, z table) []float64 {
	from := v
	if a.latent {
		from = z
	}
	n := from.rows()
	score, t := g.floats(n), g.floats(n)
	if a.out == nil {
		for k := range score {
			score[k] = math.Inf(1)
		}
		for i, f := range a.on {
			for k, x := range from[f] {
				score[k] = min(score[k], (x-a.mean[i])/a.std[i]*a.side[i])
			}
		}
	} else {
		clear(score)
		for u, w := range a.in {
			for k := range t {
				t[k] = a.bias[u]
			}
			for i, f := range a.on {
				by := w[i] / a.std[i]
				for k, x := range from[f] {
					t[k] += by * (x - a.mean[i])
				}
			}
			apply(activations[tanh], t)
			axpy(a.out[u], t, score)
		}
	}
	if a.noise > 0 {
		for k := range score {
			score[k] += a.noise * g.NormFloat64()
		}
	}
	return score
}

// has reports which rows have the property.
func (a *function) has(g *gen, v, z table) []bool {
	block, used := g.borrow()
	defer g.giveBack(block, used)
	out := make([]bool, v.rows())
	for k, x := range a.score(g, v, z) {
		out[k] = x > a.above
	}
	return out
}

// rows draws benign rows and keeps those that have the property. Where it is
// so rare that some hundred do not have enough of them, they repeat.
func (a *function) rows(g *gen, s *site, v table) {
	n, done := v.rows(), 0
	for try := 0; try < 6 && done < n; try++ {
		block, used := g.borrow()
		more := g.table(s.d, 4*(n-done)+30)
		z := s.rows(g, more, anyMode)
		for k, has := range a.has(g, more, z) {
			if (has || try == 5 && done == 0) && done < n {
				copyRow(v, done, more, k)
				done++
			}
		}
		g.giveBack(block, used)
	}
	for k := done; k < n; k++ {
		copyRow(v, k, v, k%done)
	}
}

func copyRow(to table, k int, from table, i int) {
	for j := range to {
		to[j][k] = from[j][i]
	}
}

func (a *function) vary(g *gen, far float64) attack {
	out := *a
	out.out = varied(g, a.out, far)
	if a.out == nil {
		out.out = nil
		out.side = append([]float64(nil), a.side...)
		if g.chance(far) {
			out.side[g.IntN(len(out.side))] *= -1
		}
	}
	return &out
}
