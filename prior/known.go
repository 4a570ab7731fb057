package prior

// Relations are the ways in which the attacks that are known at a site relate
// to the taught one. But for "unrelated", three known attacks of ten are
// unrelated nonetheless.
var Relations = []Relation{
	{Kind{"unrelated", "drawn on their own", .3}, (*maker).unrelated},
	{Kind{"variants", "the taught attack with other parameters", .3}, (*maker).variant},
	{Kind{"overlap", "made of some of the same families, and of others", .15}, (*maker).overlapping},
	{Kind{"signature", "all attacks at the site move the same columns, beside what they do on their own", .25}, (*maker).unrelated},
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
	c := m.site.class(m.gen, m.site)
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

func (m *maker) overlapping() *class {
	c := m.unrelated()
	shared := of(m.gen, m.taught.families...)
	c.families[0], c.overlap = shared.vary(m.gen, .1), true
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
