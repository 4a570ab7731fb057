package prior

import (
	"github.com/inkling-sec/inkling/meta"
)

// sketch is the table of a task while it is being made: the pool, other benign
// rows, then rows of attacks, class after class.
type sketch struct {
	v     table
	n     int // rows so far
	spans []span
}

// add makes rows of a class; with first they are all of its first family.
func (t *sketch) add(g *gen, s *site, c *class, rows int, first bool, as int) part {
	p := part{t.n, t.n + rows, as}
	t.spans = append(t.spans, c.rows(g, s, t.v, p.lo, p.hi, first)...)
	t.n = p.hi
	return p
}

// task draws one; nil where nothing can be told from its table.
func (p *plan) task(g *gen) (*meta.Task, *Story) {
	g.block, g.used = 0, 0
	d, k := p.columns(g), p.shots(g)
	m := of(g, 64, 128, 256, 512, 1000)
	if p.Pools != nil {
		m = of(g, p.Pools...)
	}
	noise := 0
	if k >= 3 && !p.Plain && g.chance(.3) {
		noise = g.noise(k)
	}
	benign := m + p.QueryBenign + noise
	s := newSite(g, p, d, benign)
	story := &Story{World: s.kind, Noise: noise}

	mk := &maker{gen: g, site: s}
	var relation *Relation
	families := 1
	if g.Float64() < p.KnownShare {
		r := p.relations.draw(g)
		relation, story.Relation = &r, r.Name
		if r.Name == "signature" {
			mk.sign()
		}
		if g.chance(.5) && !p.Plain && (r.Name == "signature" || r.Name == "overlap") {
			families = 3 // only what attacks have in common holds such a class together
		}
	}
	mk.taught = p.class(g, s, families)
	mk.taught.signed = g.uniform(.5, 1.5)
	for _, f := range mk.taught.families {
		story.Attacks = append(story.Attacks, f.kind)
		if f, ok := f.attack.(*function); ok && g.chance(.85) {
			s.without(g, func(v, z table) []bool { return f.has(g, v, z) })
		}
	}
	var known, others []*class
	var counts []int
	if relation != nil {
		known, counts = mk.context(*relation)
		for _, c := range known {
			story.Known = append(story.Known, c.families[0].kind)
		}
	}
	other := make([]int, len(known))
	if p.OtherRows > 0 && g.chance(.6) {
		others = mk.others()
		other = spread(g, known, others, p.OtherRows)
	}

	total := benign + k + p.QueryTaught
	for _, n := range append(counts, other...) {
		total += n
	}
	t := &sketch{v: g.table(d, total)}
	for j, c := range s.benign {
		copy(t.v[j], c)
	}
	t.n = benign
	if !p.Plain && g.chance(.2) {
		burst(g, t.v, benign)
		story.Burst = true
	}
	one := !p.Plain && g.chance(.2) // all the taught are of one family
	taught := t.add(g, s, mk.taught, k, one, 1)
	query := t.add(g, s, mk.taught, p.QueryTaught, false, 1)
	var knownParts, otherParts []part
	for i, c := range known {
		knownParts = append(knownParts, t.add(g, s, c, counts[i], false, i))
	}
	for i, c := range append(known, others...) {
		if other[i] > 0 {
			otherParts = append(otherParts, t.add(g, s, c, other[i], false, i))
		}
	}

	columns, profile := p.marginalsOf(g, d)
	story.Profile = profile
	p.finish(g, t, columns, m, benign, taught, story)
	x := show(g, columns, t.v, m, taught.lo, taught.hi, p.MaxColumns)
	if len(x.columns) == 0 {
		return nil, nil
	}
	for _, c := range columns {
		story.Marginals = append(story.Marginals, c.kind)
	}
	story.Raw = x.raw
	return &meta.Task{
		Ways:    2,
		Support: x.set(part{0, m, 0}, taught),
		Query:   x.set(part{m, m + p.QueryBenign, 0}, query),
		Known:   x.set(knownParts...),
		Other:   x.set(otherParts...),
		Columns: x.columns,
	}, story
}

// finish turns features into the columns of a table.
func (p *plan) finish(g *gen, t *sketch, columns []marginal, m, benign int, taught part, story *Story) {
	for _, s := range t.spans {
		if a, ok := s.attack.(*function); ok {
			a.hide(g, t.v)
		}
	}
	for j, c := range t.v {
		for k, v := range c {
			c[k] = min(max(v, -30), 30)
		}
		columns[j].apply(c)
	}
	for _, s := range t.spans {
		if a, ok := s.attack.(pinner); ok {
			a.pin(g, columns, t.v, m, s.lo, s.hi)
		}
	}
	for i, k := range g.subset(taught.hi-taught.lo, story.Noise) {
		copyRow(t.v, taught.lo+k, t.v, benign-1-i)
	}
	if p.Plain {
		return
	}
	if g.chance(.4) {
		story.Derived = derive(g, columns, t.v)
	}
	if g.chance(.2) {
		story.Missing = drop(g, columns, t.v, benign)
	}
}

// noise draws how many of k taught rows are benign ones: up to a fifth, and never all.
func (g *gen) noise(k int) int {
	rate, n := g.uniform(0, .2), 0
	for range k - 1 {
		if g.chance(rate) {
			n++
		}
	}
	return n
}

// spread shares n rows out among the classes that may be mistaken for the
// taught one. Those that are, in part, the same have none.
func spread(g *gen, known, others []*class, n int) []int {
	var may []int
	for i, c := range known {
		if !c.overlap && g.chance(.5) {
			may = append(may, i)
		}
	}
	for i := range others {
		may = append(may, len(known)+i)
	}
	out := make([]int, len(known)+len(others))
	for range n {
		out[of(g, may...)]++
	}
	return out
}
