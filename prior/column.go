package prior

import "math"

// burst lets benign rows repeat: a part of them become copies of a tenth of
// the rows, in the pool and among those to be judged alike.
func burst(g *gen, v table, n int) {
	share, few := g.uniform(.1, .6), max(1, n/10)
	for k := few; k < n; k++ {
		if g.chance(share) {
			copyRow(v, k, v, g.IntN(few))
		}
	}
}

// derive makes up to a quarter of the columns follow from others, now and then
// half of them, as in tables of flow meters, and says how many.
func derive(g *gen, columns []marginal, raw table) int {
	d := len(raw)
	if d < 4 {
		return 0
	}
	most := max(2, d/4)
	if g.chance(.2) {
		most = max(2, d/2)
	}
	done := 0
	for range g.between(1, most) {
		a, b, to := g.IntN(d), g.IntN(d), g.IntN(d)
		if to == a || to == b || columns[a].levels+columns[b].levels+columns[to].levels > 0 {
			continue
		}
		done++
		x, y, c := raw[a], raw[b], raw[to]
		switch by := g.uniform(.1, 9); g.IntN(5) {
		case 0:
			copy(c, x)
		case 1:
			for k := range c {
				c[k] = x[k]*by + 1
			}
		case 2:
			for k := range c {
				c[k] = x[k] + y[k]
			}
		case 3:
			for k := range c {
				c[k] = x[k] / (math.Abs(y[k]) + 1)
			}
		default: // the same, measured again
			for k := range c {
				c[k] = x[k] * (1 + .01*by*g.NormFloat64())
			}
		}
	}
	return done
}

// drop lets values be missing (NaN): at random, where the value itself is
// large, or where another column is. benign is how many rows are benign.
func drop(g *gen, columns []marginal, raw table, benign int) int {
	share, done := g.uniform(.05, .5), 0
	for j, c := range raw {
		if columns[j].levels > 0 || !g.chance(share) {
			continue
		}
		done++
		on := raw[j]
		switch g.IntN(3) {
		case 0:
			rate := g.logUniform(.01, .5)
			for k := range c {
				if g.chance(rate) {
					c[k] = math.NaN()
				}
			}
			continue
		case 1:
			on = raw[g.IntN(len(raw))]
		}
		above, up := on[g.IntN(benign)], g.chance(.5)
		for k, v := range on {
			if up && v > above || !up && v < above {
				c[k] = math.NaN()
			}
		}
	}
	return done
}
