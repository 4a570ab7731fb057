package picture

import (
	"gonum.org/v1/plot/vg"

	"github.com/inkling-sec/inkling/prior"
)

// chosen gives the kinds that are named; without names all.
func chosen(all, named []string) []string {
	if named != nil {
		return named
	}
	return all
}

// clear sets c so that a plane can show its tasks: a few columns of numbers.
func clear(c prior.Config) prior.Config {
	if c.Profiles == nil && c.Marginals == nil {
		c.Marginals = []string{"number", "log-normal", "rounded", "gapped"}
	}
	c.Plain, c.MaxColumns, c.Pools, c.Shots, c.OtherRows = true, 14, []int{400}, []int{5}, -1
	c.QueryBenign, c.QueryTaught = 10, 60
	return c
}

func worlds(c prior.Config) section {
	s := section{title: "Worlds", says: "benign rows in the plane in which they vary most", columns: 8, tall: 2.9 * vg.Centimeter}
	c = clear(c)
	var all []string
	for _, k := range prior.Worlds {
		all = append(all, k.Name)
	}
	for _, name := range chosen(all, c.Worlds) {
		c := c
		c.Worlds, c.KnownShare, c.Pools = []string{name}, -1, []int{1000}
		for n := range uint64(2) {
			task, _ := prior.Draw(c, n)
			s.panels = append(s.panels, panel{titleOf(name, n), cloud(task, false).fill})
		}
	}
	return s
}

func attacks(c prior.Config) section {
	s := section{title: "Attacks", says: "rows in the plane in which the attack differs most from the benign, in a factor world, a network and a graph", columns: len(prior.Attacks), tall: 2.6 * vg.Centimeter,
		legend: []entry{{"benign", benign}, {"attack", attack}, {"its five taught rows", taught}}}
	c = clear(c)
	c.KnownShare = -1
	var all []string
	for _, k := range prior.Attacks {
		all = append(all, k.Name)
	}
	for n, world := range []string{"factor", "network", "graph"} {
		for _, name := range chosen(all, c.Attacks) {
			c := c
			c.Attacks, c.Worlds = []string{name}, chosen([]string{world}, c.Worlds)
			task, _ := prior.Draw(c, uint64(n))
			s.panels = append(s.panels, panel{titleOf(name, uint64(n)), cloud(task, true).fill})
		}
	}
	s.columns = min(s.columns, len(s.panels))
	return s
}

func relations(c prior.Config) section {
	s := section{title: "Known attacks", says: "beside the taught one, a colour a class, in the plane in which all of them differ most from the benign", columns: 8, tall: 2.9 * vg.Centimeter}
	c = clear(c)
	c.KnownShare = 1
	var all []string
	for _, k := range prior.Relations {
		all = append(all, k.Name)
	}
	for _, name := range chosen(all, c.Relations) {
		c := c
		c.Relations = []string{name}
		for n := range uint64(2) {
			task, _ := prior.Draw(c, n)
			s.panels = append(s.panels, panel{titleOf(name, n), cloud(task, true).fill})
		}
	}
	return s
}

func marginals(c prior.Config) section {
	s := section{title: "Columns", says: "four of each kind as learners see them: the logarithms of 1,000 benign values, each over its own range; a category by its levels. Heights are roots of counts.", columns: 5, tall: 1.9 * vg.Centimeter}
	var all []string
	for _, k := range prior.Marginals {
		all = append(all, k.Name)
	}
	for _, name := range chosen(all, c.Marginals) {
		c := clear(c)
		c.Marginals, c.Pools, c.KnownShare, c.MaxColumns = []string{name}, []int{1000}, -1, 64
		var some []histogram
		for n := uint64(0); len(some) < 4 && n < 100; n++ {
			task, story := prior.Draw(c, n)
			if h, ok := columnOf(task, story); ok {
				some = append(some, h)
			}
		}
		s.panels = append(s.panels, panel{name, func(at canvas) {
			for i, h := range some {
				h.fill(part(at, i, 4))
			}
		}})
	}
	return s
}

func titleOf(name string, n uint64) string {
	if n > 0 {
		return ""
	}
	return name
}
