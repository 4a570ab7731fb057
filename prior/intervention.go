package prior

import "math"

// intervention takes benign rows, of one mode or of any, and changes some
// columns of them, each in each row with a chance.
type intervention struct {
	changes []change
	chance  float64
	mode    int
}

// change is what happens to one column.
type change struct {
	column int
	op     int
	by     float64 // shift, or the constant
	scale  float64
	jitter float64 // of the constant
	draw   float64 // which finished value is set, see pin
}

const (
	opShift    = iota
	opScale    // the deviation is multiplied
	opConstant // a new value of the feature
	opResample // a value of another benign row: the marginal stays, what it goes with does not
	opSet      // a finished value: 0, one above all, a benign one, the largest, the least, none
)

func newIntervention(g *gen, s *site) attack {
	a := &intervention{chance: of(g, 1, g.uniform(.5, 1)), mode: s.oneMode(g, .5)}
	u := g.Float64()
	n := 1 + int(u*u*max(1, .5*float64(s.d)))
	var mix [5]float64
	for op, alpha := range [5]float64{1.2, .5, 1, .5, .6} {
		mix[op] = g.gamma(alpha)
	}
	strength, wide, jitter := g.uniform(.2, 1.2), g.uniform(.5, 2.5), of(g, 0, .05, .3, 1)
	for _, j := range g.subset(s.d, n) {
		a.changes = append(a.changes, change{
			column: j, op: g.weighted(mix[:]...), jitter: jitter,
			by:    g.NormFloat64()*wide + g.sign()*strength*g.uniform(.3, 3),
			scale: math.Exp(1.2 * g.NormFloat64()), draw: g.Float64(),
		})
	}
	return a
}

func (a *intervention) rows(g *gen, s *site, v table) {
	s.rows(g, v, a.mode)
	for _, c := range a.changes {
		x := v[c.column]
		for k := range x {
			if c.op == opSet || a.chance < 1 && !g.chance(a.chance) {
				continue
			}
			switch c.op {
			case opShift:
				x[k] += c.by
			case opScale:
				x[k] *= c.scale
			case opConstant:
				x[k] = c.by + c.jitter/2*g.NormFloat64()
			case opResample:
				x[k] = s.benign[c.column][g.IntN(s.benign.rows())]
			}
		}
	}
}

// pin sets finished values.
func (a *intervention) pin(g *gen, columns []marginal, raw table, m, lo, hi int) {
	for _, c := range a.changes {
		if c.op != opSet {
			continue
		}
		x := raw[c.column]
		value := c.value(columns[c.column], x[:m])
		for k := lo; k < hi; k++ {
			if a.chance == 1 || g.chance(a.chance) {
				x[k] = value
			}
		}
	}
}

// value gives what is set in a column with these benign values.
func (c change) value(column marginal, benign []float64) float64 {
	one := benign[int(c.draw*1e4)%len(benign)]
	if column.levels > 0 {
		if c.draw < .5 {
			return one
		}
		return float64(int(c.draw*1e4) % (column.levels + 1)) // now and then a level that was never seen
	}
	least, most := benign[0], benign[0]
	for _, v := range benign {
		least, most = min(least, v), max(most, v)
	}
	switch {
	case c.draw < .33:
		return 0
	case c.draw < .48:
		return most * (1 + 9*c.draw)
	case c.draw < .78:
		return one
	case c.draw < .87:
		return most
	case c.draw < .95:
		return least
	}
	return math.NaN()
}

func (a *intervention) vary(g *gen, far float64) attack {
	out := &intervention{chance: a.chance, mode: a.mode}
	for _, c := range a.changes {
		if len(a.changes) > 1 && g.chance(.3*far) {
			continue
		}
		if g.chance(far) {
			c.by, c.scale = c.by*math.Exp(.4*far*g.NormFloat64())+.3*far*g.NormFloat64(), scaled(g, c.scale, far)
		}
		out.changes = append(out.changes, c)
	}
	if len(out.changes) == 0 {
		out.changes = a.changes[:1]
	}
	return out
}
