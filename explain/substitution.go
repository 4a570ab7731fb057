package explain

// Substitution is the mean of two differences: what the score loses when this one value is set to the typical one, and what the
// typical row gains when it is given this one value. It costs two rows a value. Scores are not additive, so the parts need not
// sum to the whole rise.
type Substitution struct{}

// Name gives "substitution".
func (Substitution) Name() string { return "substitution" }

// Attribute judges all exchanged rows in one call.
func (Substitution) Attribute(score Scores, row, typical []float64) []float64 {
	at := differing(row, typical)
	rows := [][]float64{row}
	for _, i := range at {
		rows = append(rows, with(row, i, typical[i]))
	}
	rows = append(rows, typical)
	for _, i := range at {
		rows = append(rows, with(typical, i, row[i]))
	}
	s := score(rows)
	lost, gained := s[:1+len(at)], s[1+len(at):] // each beside its own first
	out := make([]float64, len(row))
	for k, i := range at {
		out[i] = ((lost[0] - lost[1+k]) + (gained[1+k] - gained[0])) / 2
	}
	return out
}

// Occlusion is what the score loses when this one value is set to the typical one (Zeiler & Fergus 2014). Where several values say
// the same, each alone loses nothing.
type Occlusion struct{}

// Name gives "occlusion".
func (Occlusion) Name() string { return "occlusion" }

// Attribute judges all exchanged rows in one call.
func (Occlusion) Attribute(score Scores, row, typical []float64) []float64 {
	at := differing(row, typical)
	rows := [][]float64{row}
	for _, i := range at {
		rows = append(rows, with(row, i, typical[i]))
	}
	s := score(rows)
	out := make([]float64, len(row))
	for k, i := range at {
		out[i] = s[0] - s[1+k]
	}
	return out
}
