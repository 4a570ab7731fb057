package meta

import "github.com/inkling-sec/inkling/tensor"

// The network with no short cuts, as the prototype has it: what tables and the tape are held to, and what is
// quicker than making tables where few rows are judged.

// Briefer is a Learner that can be taught in less time where only some hundred rows will be judged.
type Briefer interface {
	Learner
	// Brief gives a learner for tasks that differ a little from the one that like was made of, as by an example less.
	// It says the same, up to what short cuts in judging round off, but for calibrations that it takes over from like.
	Brief(like Scorer) Learner
}

var _, _, _ Briefer = (*Matcher)(nil), (*Vote)(nil), (*MetaVote)(nil)

// Brief gives a matcher that makes no tables.
func (l *Matcher) Brief(Scorer) Learner { return l.brief() }

func (l *Matcher) brief() *Matcher {
	c := *l
	c.noTables = true
	return &c
}

// judgeExactly is judgeBlock without tables. It leaves only the votes in the room.
func (g *judge) judgeExactly(r *room, dst []float32, stride int, x *tensor.Tensor, from, n int) {
	c := g.judgeCast(x.RowRange(from, from+n), r.cast)
	for i, v := range g.exactly(c) {
		dst[i*stride] = v
	}
	if c.votes != nil {
		copy(r.votes.rows(n).Data, c.votes.Data)
	}
}

// evidence gives what the cells of all columns say, [columns·n, 1+evidenceSides].
func (g *judge) evidence(of, scale, shift *tensor.Tensor) *tensor.Tensor {
	y := tensor.New(of.Rows(), g.form.cell)
	tensor.MatMulTo(y, of, g.params[pCell0])
	tensor.AffineGroupsTo(y, y, scale, shift)
	return dense(g.params, pCell2, geluOf(dense(g.params, pCell1, geluOf(y))))
}

// exact gives the scores of rows.
func (g *judge) exact(x *tensor.Tensor) []float32 { return g.exactly(g.judge(x)) }

func (g *judge) exactly(c *cells) []float32 {
	out := g.evidence(c.of, g.scale, g.shift)
	scores := make([]float32, c.n)
	last := tensor.New(c.n, g.form.lastSides()-g.form.width)
	sums := make([]float32, 1+evidenceSides)
	for i := range c.n {
		clear(sums)
		for j, f := range g.gate {
			for k, v := range out.Row(j*c.n + i) {
				sums[k] += f * v
			}
		}
		g.finish(last.Row(i), sums, &scores[i], c, i)
	}
	g.conclude(scores, last)
	return scores
}

// finish puts together what the last layers get to see of a row, without what
// all rows have in common, and starts its score with the additive one.
func (g *judge) finish(last, sums []float32, score *float32, c *cells, i int) {
	additive := g.gain*sums[0] + g.offset
	at := 0
	ratios := make([]float32, 0, 8)
	for h := range g.heads {
		w := &g.heads[h]
		row := tensor.From(c.at.Row(i), 1, 2*g.d)
		place := w.at(row)
		w.tell(last[at:at+metricSides], distances(place, w.land).Data, distances(place, w.taught).Data)
		ratios = append(ratios, last[at+2])
		at += metricSides
	}
	at += copy(last[at:], sums[1:])
	last[at] = clip32(additive, clipAdditive) / 4
	*score = additive
	if at++; g.withRatio {
		told := tensor.From(last[at:at+plainSides], 1, plainSides)
		more := tensor.New(1, ratioSides)
		g.plainly(c.one(i), told, more)
		ratios = append(ratios, more.Data...)
		at += plainSides
	} else {
		ratios = nil
	}
	if g.votes != nil {
		for k, v := range c.votes.Row(i) {
			last[at+k] = v / voteEase
			ratios = append(ratios, v)
		}
	}
	for k, r := range ratios {
		*score += g.gains[k] * r
	}
}

// conclude adds what the last layers say of rows [n, lastSides less width].
func (g *judge) conclude(scores []float32, last *tensor.Tensor) {
	y := tensor.New(last.Rows(), g.form.last)
	tensor.DenseTo(y, last, g.last, g.common, false)
	for i, v := range dense(g.params, pLast1, geluOf(y)).Data {
		scores[i] += v
	}
}

// one gives row i of plain and derived columns.
func (c *cells) one(i int) *cells {
	o := &cells{n: 1, plain: c.plain.RowRange(i, i+1)}
	if c.derived != nil {
		o.derived = c.derived.RowRange(i, i+1)
	}
	return o
}
