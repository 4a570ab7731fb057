package prior

import "math"

// Attacks are the kinds of family that an attack is made of.
var Attacks = []AttackKind{
	{Kind{"latent", "rows around a point of the latent space away from a mode", .17}, newLatent},
	{Kind{"mode", "a mode of the world that benign rows do not have", .12}, newMode},
	{Kind{"intervention", "benign rows with some columns changed", .16}, newIntervention},
	{Kind{"function", "rows that a hidden rule or network picks out", .08}, newFunction},
	{Kind{"hidden", "rows that are far out in a column which nobody sees", .10}, newHidden},
	{Kind{"dispersion", "benign rows made wider and moved", .19}, newDispersion},
	{Kind{"foreign", "rows of another world with the same marginals", .11}, newForeign},
	{Kind{"volume", "one factor raises or lowers many columns at once", .11}, newVolume},
	{Kind{"inflation", "benign deviations, enlarged", .05}, newInflation},
	{Kind{"template", "a tool: the same row over and over in most columns", .05}, newTemplate},
}

// AttackKind is a kind of attack.
type AttackKind struct {
	Kind
	make func(g *gen, s *site) attack
}

// attack is one family of rows. Where it says how far, 0 is the same family, 1
// one that has little more in common with it than the columns it touches.
type attack interface {
	// rows writes standardised features of new rows to v.
	rows(g *gen, s *site, v table)
	// vary gives a relative.
	vary(g *gen, far float64) attack
}

// pinner is an attack that also sets values of finished columns.
type pinner interface {
	// pin changes rows lo to hi of raw, whose first rows are the benign pool of m.
	pin(g *gen, columns []marginal, raw table, m, lo, hi int)
}

func (p *plan) attack(g *gen, s *site) family {
	kind := p.attacks.draw(g)
	return family{kind.Name, kind.make(g, s)}
}

// family is an attack and the name of its kind.
type family struct {
	kind string
	attack
}

func (f family) vary(g *gen, far float64) family { return family{f.kind, f.attack.vary(g, far)} }

// most is how many families a class has at most.
const most = 8

// class is what one name is given to: one or more families.
type class struct {
	families []family
	upTo     []float64 // their rising shares
	signed   float64   // how much of the site's signature its rows have
	overlap  bool      // it is, in part, the taught class itself
}

// class draws a class of at least so many families.
func (p *plan) class(g *gen, s *site, least int) *class {
	n := least
	if !p.Plain {
		n = max(n, []int{1, 2, 3, 5, 8}[g.weighted(.52, .2, .12, .1, .06)])
	}
	c := &class{upTo: rising(g.dirichlet(n, 2))}
	for range n {
		c.families = append(c.families, p.attack(g, s))
	}
	return c
}

// span is rows of a table that come from one family.
type span struct {
	lo, hi int
	family
}

// rows writes rows lo to hi of v and says which came from where. With first
// they are all of the first family.
func (c *class) rows(g *gen, s *site, v table, lo, hi int, first bool) []span {
	var counts [most]int
	for range hi - lo {
		f := 0
		if !first {
			f = pick(c.upTo, g.Float64())
		}
		counts[f]++
	}
	var out []span
	for f, n := range counts[:len(c.families)] {
		if n == 0 {
			continue
		}
		part := v.part(lo, lo+n)
		block, used := g.borrow()
		c.families[f].rows(g, s, part)
		g.giveBack(block, used)
		out = append(out, span{lo, lo + n, c.families[f]})
		lo += n
	}
	if s.signature != nil && c.signed > 0 {
		for _, o := range out {
			for j, by := range s.signature {
				for k := o.lo; by != 0 && k < o.hi; k++ {
					v[j][k] += by * c.signed
				}
			}
		}
	}
	return out
}

// varied gives x with each number that is not 0 moved, the more the farther.
func varied(g *gen, x []float64, far float64) []float64 {
	out, size := make([]float64, len(x)), 0.0
	n := 0
	for _, v := range x {
		if v != 0 {
			size += v * v
			n++
		}
	}
	size = math.Sqrt(size / float64(max(1, n)))
	for i, v := range x {
		if v != 0 {
			out[i] = v*math.Exp(.4*far*g.NormFloat64()) + .5*far*size*g.NormFloat64()
		}
	}
	return out
}

// scaled gives v times or divided by some factor, the larger the farther.
func scaled(g *gen, v, far float64) float64 { return v * math.Exp(.5*far*g.NormFloat64()) }

// spotted gives a mask with some columns exchanged for others.
func spotted(g *gen, mask []bool, far float64) []bool {
	out := append([]bool(nil), mask...)
	for i := range out {
		if g.chance(.3 * far) {
			out[i] = mask[g.IntN(len(mask))]
		}
	}
	return out
}
