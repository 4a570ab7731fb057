package meta

import "github.com/inkling-sec/inkling/tensor"

// Contributions say what a row's margin is made of. The columns' shares and
// the nearness are exact: with the rest they add up to the margin. The rest is
// what the last layers make of everything together, which no column has to itself.
type Contributions struct {
	Columns  []float32          // of each column of the row; 0 for one that is not looked at
	Nearness float32            // how much nearer taught, and known, than benign rows are; whole-row columns too
	Votes    map[string]float32 // of learners that need no training, by name, weighed
	Rest     float32
	Nearest  int     // the taught row, of those kept, that is nearest in the rows as they came
	Distance float32 // to it, in mean distances between benign neighbours
}

// Contributor is a Scorer of a detection task that can tell them.
type Contributor interface {
	Scorer
	Contributions(row []float32) Contributions
}

var _ Contributor = (*matcherScorer)(nil)

// Contributions gives those of a row; of more than two ways, those of the last.
func (s *matcherScorer) Contributions(row []float32) Contributions {
	g := s.judges[len(s.judges)-1]
	x := &tensor.Tensor{Shape: []int{1, s.d}, Data: row}
	var score [1]float32
	r := g.newRoom()
	g.judgeBlock(r, score[:], 1, x, 0, 1)
	c := Contributions{Columns: make([]float32, s.d)}
	for j, column := range g.from {
		c.Columns[column] = g.gain * g.tables[j].share(finite32(row[column]))
	}
	for j := g.d; j < len(g.tables); j++ {
		c.Nearness += g.gain * g.tables[j].share(r.derived.Row(0)[j-g.d])
	}
	if g.withRatio {
		c.Nearness += g.nearness(r, 0)
	}
	if g.votes != nil {
		c.Votes = map[string]float32{}
		for k, v := range r.votes.Row(0) {
			if g.votes.scale[k] != nil {
				c.Votes[voteNames[k]] = g.gains[len(g.gains)-voteSides+k] * v
			}
		}
	}
	c.Rest = score[0] - c.Nearness - g.voted(r, 0)
	for _, v := range c.Columns {
		c.Rest -= v
	}
	to := distances(tensor.From(g.plainOf(row), 1, g.d), g.plain.taught).Row(0)
	for k, v := range to {
		if v < to[c.Nearest] {
			c.Nearest = k
		}
	}
	c.Distance = root32(to[c.Nearest]) / g.plain.unit
	return c
}

// share gives the additive evidence of x, gated.
func (t *table) share(x float32) float32 {
	var place [1]int32
	t.ends.FindTo(place[:], []float32{x})
	s, sums := t.stops[place[0]], tensor.New(1, tableSides)
	tensor.AddPieces(sums, t.pieces, []int32{s.piece}, []float32{t.along(x)}, []float32{s.rank})
	return sums.Data[0]
}

// plainOf gives a row's plain coordinates.
func (g *judge) plainOf(row []float32) []float32 {
	at := make([]float32, g.d)
	for j, column := range g.from {
		at[j] = g.plain.of(j, finite32(row[column]))
	}
	return at
}
