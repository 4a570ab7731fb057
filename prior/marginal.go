package prior

import (
	"math"
)

// Marginals are the kinds of column that real tables have, each made of a
// feature of mean 0 and standard deviation 1 by a fixed function, rising but for categories.
var Marginals = []MarginalKind{
	{Kind: Kind{Name: "number", Doc: "a measured number of any unit"}, make: number},
	{Kind: Kind{Name: "log-normal", Doc: "bytes, amounts, durations; often whole"}, make: logNormal},
	{Kind: Kind{Name: "pareto", Doc: "a tail without a scale"}, make: pareto},
	{Kind: Kind{Name: "zero-inflated", Doc: "mostly 0, else a tail"}, make: zeroInflated},
	{Kind: Kind{Name: "count", Doc: "a whole number from 0 on"}, make: count},
	{Kind: Kind{Name: "ratio", Doc: "a share, often exactly 0 or 1"}, make: ratio},
	{Kind: Kind{Name: "flag", Doc: "0 or 1"}, make: flag},
	{Kind: Kind{Name: "ordinal", Doc: "a grade of 3 to 10"}, make: ordinal},
	{Kind: Kind{Name: "heavy", Doc: "two heavy tails around 0"}, make: heavy},
	{Kind: Kind{Name: "rounded", Doc: "a number given to a few digits"}, make: rounded},
	{Kind: Kind{Name: "rare", Doc: "0 but for one row in thirty to several hundred"}, make: rare},
	{Kind: Kind{Name: "category", Doc: "2 to 25 levels of Zipf's frequencies"}, make: category},
	{Kind: Kind{Name: "capped", Doc: "a count that stops at a cap"}, make: capped},
	{Kind: Kind{Name: "spiked", Doc: "a few exact values hold many rows: ports, packet sizes, prices"}, make: spiked},
	{Kind: Kind{Name: "gapped", Doc: "two humps with nothing between them"}, make: gapped},
}

// MarginalKind is a kind of column. Its Share is not used: profiles have theirs.
type MarginalKind struct {
	Kind
	make func(g *gen) marginal
}

// Profiles are the kinds of table: how often each marginal is in it.
var Profiles = []Profile{
	{Kind{"mixed", "some of everything", 1}, shares("number 3 log-normal 2 pareto .5 zero-inflated 2 count 2 ratio 1.5 flag 1.5 ordinal 1 heavy 1 rounded 1 rare .7 category 1 capped .7 spiked .7 gapped .5")},
	{Kind{"continuous", "measurements and their logarithms", .8}, shares("number 6 log-normal 1 pareto .3 zero-inflated .3 count .5 ratio .5 flag .5 ordinal .3 heavy 1 rounded 1 rare .1 gapped .4")},
	{Kind{"security", "counts, bytes, flags and protocols", 1.2}, shares("number .4 log-normal 2.2 pareto 1 zero-inflated 4 count 3.5 ratio 3 flag 2.5 ordinal 1 heavy .3 rounded .5 rare 2 category 2 capped 1.5 spiked 1.5 gapped .5")},
	{Kind{"ordinal", "grades, codes and answers", .7}, shares("number 1 log-normal 1 pareto .3 zero-inflated 1 count 2 ratio 2 flag 3 ordinal 3 heavy .5 rounded 2 rare 1 category 2.5 spiked .5")},
	{Kind{"finance", "amounts, balances and rates", .7}, shares("number 1 log-normal 3 pareto 1 zero-inflated 2 count 1.5 ratio 1 flag 1 ordinal .5 heavy 2 rounded 1.5 rare .7 category 1 capped .3 spiked 1.5 gapped .5")},
	{Kind{"sensor", "readings with limits and regimes", .6}, shares("number 4 log-normal .7 count .5 ratio .7 flag .5 ordinal .3 heavy 1.5 rounded 3 rare .2 capped 1 spiked .3 gapped 1.5")},
}

// Profile is a kind of table.
type Profile struct {
	Kind
	columns choice[MarginalKind]
}

// marginal makes a column of a feature, in place. levels is how many levels a
// category has, 0 for a number.
type marginal struct {
	kind   string
	levels int
	apply  func(v []float64)
}

func (k MarginalKind) draw(g *gen) marginal {
	m := k.make(g)
	m.kind = k.Name
	return m
}

// columns draws what each of d columns is, and of which profile they are.
func (p *plan) marginalsOf(g *gen, d int) ([]marginal, string) {
	kinds, profile := &p.marginals, ""
	if len(kinds.of) == 0 {
		drawn := p.profiles.draw(g)
		kinds, profile = &drawn.columns, drawn.Name
	}
	out := make([]marginal, d)
	for j := range out {
		out[j] = kinds.draw(g).draw(g)
	}
	return out, profile
}

func each(f func(v float64) float64) marginal {
	return marginal{apply: func(v []float64) { apply(f, v) }}
}

// unit is the size of a column's numbers.
func (g *gen) unit() float64 { return of(g, 1, 1e3, 1e6, .01) }

// limited is exp, far from overflow.
func limited(v float64) float64 { return math.Exp(min(max(v, -25), 25)) }

func number(g *gen) marginal {
	unit, offset := g.unit(), g.uniform(-5, 5)
	return each(func(v float64) float64 { return (v + offset) * unit })
}

func logNormal(g *gen) marginal {
	unit, sigma := g.unit(), g.uniform(.3, 3)
	if unit >= 1 && g.chance(.4) {
		return each(func(v float64) float64 { return math.Floor(limited(sigma*v) * unit) })
	}
	return each(func(v float64) float64 { return limited(sigma*v) * unit })
}

func pareto(g *gen) marginal {
	power := -1 / g.uniform(.7, 3)
	return each(func(v float64) float64 { return math.Pow(max(normalShare(-v), 1e-9), power) })
}

func zeroInflated(g *gen) marginal {
	from, steep, unit := g.uniform(-.5, 1.9), g.uniform(.3, 3.3), g.unit()
	whole := g.chance(.5)
	return each(func(v float64) float64 {
		if v <= from {
			return 0
		}
		x := math.Expm1(min((v-from)*steep, 25))
		if whole {
			return math.Floor(x * 10)
		}
		return x * unit
	})
}

func count(g *gen) marginal {
	mid, sigma := g.uniform(-1, 4), g.uniform(.3, 1.8)
	return each(func(v float64) float64 { return math.Floor(limited(mid + sigma*v)) })
}

func ratio(g *gen) marginal {
	beyond, steep, at := g.uniform(0, .6), g.uniform(.5, 2.5), g.uniform(-1.5, 1.5)
	round := g.chance(.5)
	return each(func(v float64) float64 {
		x := min(max(normalShare(v*steep+at)*(1+2*beyond)-beyond, 0), 1)
		if round {
			return math.Round(100*x) / 100
		}
		return x
	})
}

func flag(g *gen) marginal {
	from := g.uniform(-.5, 1.8)
	return each(func(v float64) float64 {
		if v > from {
			return 1
		}
		return 0
	})
}

func ordinal(g *gen) marginal {
	steps, shift := g.between(2, 9), g.uniform(0, .3)
	width := 3.5 / float64(max(1, steps-1))
	return each(func(v float64) float64 {
		return min(max(math.Ceil((v-shift+1.5)/width), 0), float64(steps))
	})
}

func heavy(g *gen) marginal {
	power, unit := g.uniform(1, 3), g.unit()
	return each(func(v float64) float64 { return v * (1 + math.Pow(math.Abs(v), power)) * unit })
}

func rounded(g *gen) marginal {
	digits, offset := of(g, 1.0, 2, 10), of(g, 0, g.uniform(-5, 20))
	return each(func(v float64) float64 { return math.Round((v+offset)*digits) / digits })
}

func rare(g *gen) marginal {
	from, steep := g.uniform(1.7, 2.7), g.uniform(0, 10)
	return each(func(v float64) float64 {
		if v > from {
			return 1 + math.Floor(steep*(v-from))
		}
		return 0
	})
}

// category gives numbers of levels. Which part of the feature's range each
// level has is shuffled, so far out is not always rare.
func category(g *gen) marginal {
	n := g.between(2, 25)
	if g.chance(.4) {
		n = g.between(2, 6)
	}
	power, share := g.uniform(.5, 2), make([]float64, n)
	for i := range share {
		share[i] = math.Pow(float64(i+1), -power)
	}
	g.Shuffle(n, func(a, b int) { share[a], share[b] = share[b], share[a] })
	upTo := rising(share)
	m := each(func(v float64) float64 { return float64(pick(upTo, normalShare(v)*upTo[n-1])) })
	m.levels = n
	return m
}

func capped(g *gen) marginal {
	mid, sigma, at := g.uniform(1, 5), g.uniform(.5, 2), g.uniform(.3, 2)
	most := math.Floor(limited(mid + sigma*at))
	return each(func(v float64) float64 { return min(math.Floor(limited(mid+sigma*v)), most) })
}

func spiked(g *gen) marginal {
	n := g.between(3, 8)
	upTo := rising(g.dirichlet(n, 1))
	isSpike := g.mask(n, .5)
	middle, below := make([]float64, n), 0.0
	for i, u := range upTo {
		middle[i], below = math.Sqrt2*math.Erfinv(below+u-1), u
	}
	sigma, size := g.uniform(.3, 2), of(g, 1.0, 10, 1000)
	return each(func(v float64) float64 {
		if i := pick(upTo, normalShare(v)); isSpike[i] {
			v = middle[i]
		}
		return math.Round(100*limited(sigma*v)*size) / 100
	})
}

func gapped(g *gen) marginal {
	from, jump, sigma, unit := g.uniform(-.8, 1.5), g.uniform(1, 5), g.uniform(.2, .8), g.unit()
	return each(func(v float64) float64 {
		if v > from {
			v += jump / sigma
		}
		return limited(sigma*v) * unit
	})
}
