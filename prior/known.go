package prior

// Relations are the ways in which the attacks that are known at a site relate
// to the taught one. Whatever it is, three known attacks of ten are drawn on their own.
var Relations = []Relation{
	{Kind{"unrelated", "drawn on their own", .25}, (*maker).unrelated},
	{Kind{"variants", "the taught attack with other parameters", .25}, (*maker).variant},
	{Kind{"overlap", "made of some of the same families, and of others", .3}, (*maker).overlapping},
	{Kind{"signature", "all attacks at the site move the same columns, beside what they do on their own", .2}, (*maker).unrelated},
}

// Relation is how known attacks relate to the taught one.
type Relation struct {
	Kind
	make func(m *maker) *class
}

// maker draws the classes of one task.
type maker struct {
	*gen
	site   *site
	taught *class
}

func (m *maker) unrelated() *class {
	c := m.site.class(m.gen, m.site, 1)
	c.signed = m.strength()
	return c
}

func (m *maker) variant() *class {
	c := &class{upTo: m.taught.upTo, signed: m.strength()}
	far := m.uniform(.2, 1)
	for _, f := range m.taught.families {
		c.families = append(c.families, f.vary(m.gen, far))
	}
	return c
}

// overlapping has some of the taught families, in shares of its own, and one
// that is not among them: as names for attacks overlap where people give them.
func (m *maker) overlapping() *class {
	c := &class{signed: m.strength(), overlap: true}
	for _, i := range m.subset(len(m.taught.families), m.between(1, len(m.taught.families))) {
		c.families = append(c.families, m.taught.families[i].vary(m.gen, .1))
	}
	if len(c.families) < most {
		c.families = append(c.families, m.site.attack(m.gen, m.site))
	}
	c.upTo = rising(m.dirichlet(len(c.families), 1))
	return c
}

// strength is how much of the site's signature a class has.
func (m *maker) strength() float64 {
	if m.chance(.2) {
		return 0
	}
	return m.uniform(.5, 1.5)
}

// context draws the known attacks of a task, and what they are to the taught
// one: 1 to 6 of 5 to 60 rows each.
func (m *maker) context(r Relation) (known []*class, rows []int) {
	for range m.between(1, 6) {
		c := m.unrelated
		if m.chance(.7) {
			c = func() *class { return r.make(m) }
		}
		known, rows = append(known, c()), append(rows, int(m.logUniform(5, 61)))
	}
	return known, rows
}

// sign gives the site a signature: a few columns that attacks move.
func (m *maker) sign() {
	m.site.signature = m.sparse(m.site.d, of(m.gen, .1, .2, .4), m.uniform(.5, 2))
}

// others draws attacks that are neither known nor taught.
func (m *maker) others() []*class {
	var out []*class
	for range m.between(1, 3) {
		if m.chance(.15) {
			out = append(out, m.variant())
		} else {
			out = append(out, m.unrelated())
		}
	}
	return out
}
