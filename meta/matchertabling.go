package meta

import (
	"slices"

	"github.com/inkling-sec/inkling/tensor"
)

// tabling is the work on the table of one column, done in rounds: pieces that
// are to be made, and what the network is to be asked for them.
type tabling struct {
	*judge
	column  int
	table   *table
	bends   []float32      // values where what the network gets to see bends
	singles []int          // values that one benign row has
	pieces  []tensor.Piece // made so far
	todo    []span
	done    []span // the round before, for its room
	asked   []point
	answers []float32 // [len(asked), tableSides]

	of, first, second, out, values matrix
}

// span is a piece to be made, from value a to value b, or with on
// from single a to single b, or with alone of value a.
type span struct {
	a, b      int
	on, alone bool
	known     bool     // the ends are
	end, mid  [2]reply // mid: just before and after the value in the middle, or with on at it and a rank higher
	middle    int      // where it is tried
	first     int      // question
}

// reply is what the network says at a coordinate and a rank.
type reply struct {
	at, rank float32
	says     [tableSides]float32
}

// point is a question: the cell of x with lo benign values below and hi up to it.
type point struct {
	lo, hi int
	x      float32
}

// begin plans the table's pieces.
func (b *tabling) begin() {
	t := b.table
	b.todo, b.singles, b.pieces = b.todo[:0], b.singles[:0], b.pieces[:0]
	last := len(t.at) - 1
	ends := make([]bool, len(t.at))
	ends[0], ends[last] = true, true
	for _, x := range b.marked[b.column] {
		i, _ := slices.BinarySearch(t.at, x)
		ends[i] = true
	}
	split := slices.Clone(ends)
	for _, x := range append(b.bends, t.low, t.top) {
		i, _ := slices.BinarySearch(t.at, x)
		split[i] = true
	}
	for from := 0; from < last; {
		to := from + 1
		for to < last && !split[to] && to-from < tablePiece {
			to++
		}
		b.todo = append(b.todo, span{a: from, b: to})
		from = to
	}
	from := 0 // first single since an end
	for i := range t.at {
		switch n := t.upto[i+1] - t.upto[i]; {
		case n == 1 && !ends[i]:
			b.singles = append(b.singles, i)
		case n > 0 || ends[i]:
			b.todo = append(b.todo, span{a: i, on: true, alone: true})
		}
		if k := len(b.singles); k > from && (split[i] || k-from == tablePiece) {
			b.todo = append(b.todo, span{a: from, b: k - 1, on: true})
			from = k
		}
	}
}

// place gives the value at an end of s, or in its middle.
func (b *tabling) place(s *span, i int) int {
	if s.on && !s.alone {
		return b.singles[i]
	}
	return i
}

// ask puts the questions of all pieces in work to the network.
func (b *tabling) ask() {
	b.asked = b.asked[:0]
	for i := range b.todo {
		s := &b.todo[i]
		s.first = len(b.asked)
		b.asked = b.questions(b.asked, s)
	}
	j, asked := b.column, b.asked
	n, c := len(asked), &b.codes[j]
	of, y, z, out := b.of.grow(n, b.cellSides()), b.first.grow(n, b.form.cell), b.second.grow(n, b.form.cell), b.out.grow(n, tableSides)
	values := b.values.grow(1, n).Data
	for i, q := range asked {
		values[i] = q.x
	}
	scales, logs := c.scaleCells(values), c.logCells(values)
	for i, q := range asked {
		c.cellTo(of.Row(i), q.x, q.lo, q.hi, scales[i], logs[i])
		b.compareTo(of.Row(i), j, q.lo, q.hi)
	}
	scale, shift := b.scale.RowRange(j, j+1), b.shift.RowRange(j, j+1)
	tensor.MatMulTo(y, of, b.params[pCell0])
	tensor.AffineRowsTo(y, y, scale, shift)
	tensor.GeluTo(y, y)
	tensor.DenseTo(z, y, b.params[pCell1], b.params[pCell1+1], false)
	tensor.GeluTo(z, z)
	tensor.DenseTo(out, z, b.params[pCell2], b.params[pCell2+1], false)
	tensor.ScaleTo(out, out, b.gate[j])
	b.answers = out.Data
}

// middle gives the number in the middle of s, or of few that whose value is in the middle.
func (b *tabling) middle(s *span) int {
	m := (s.a + s.b) / 2
	if s.b-s.a > 8 {
		return m
	}
	t := b.table
	at := func(i int) float32 { return t.along(t.at[b.place(s, i)]) }
	mid := (at(s.a) + at(s.b)) / 2
	for i := s.a + 1; i < s.b; i++ {
		if abs32(at(i)-mid) < abs32(at(m)-mid) {
			m = i
		}
	}
	return m
}

// questions appends those that s still has.
func (b *tabling) questions(q []point, s *span) []point {
	t := b.table
	at := func(i, lo, hi int) point { return point{lo, hi, t.at[i]} }
	upto := func(i int) int { return int(t.upto[i]) }
	i, k := b.place(s, s.a), b.place(s, s.b)
	if s.alone {
		return append(q, at(i, upto(i), upto(i+1)))
	}
	s.middle = b.middle(s)
	m := b.place(s, s.middle)
	if s.on {
		if !s.known {
			q = append(q, at(i, upto(i), upto(i+1)), at(k, upto(k), upto(k+1)))
		}
		if s.b-s.a > 1 {
			q = append(q, at(m, upto(m), upto(m+1)))
			if hi := upto(m + 1); hi < t.code.m {
				q = append(q, at(m, upto(m)+1, hi+1))
			} else {
				q = append(q, at(m, upto(m)-1, hi-1))
			}
		}
		return q
	}
	if !s.known { // a little way in: at the very value a cell may be another one
		from, to := at(i, upto(i+1), upto(i+1)), at(k, upto(k), upto(k))
		from.x += (t.at[i+1] - t.at[i]) / 16
		to.x -= (t.at[k] - t.at[k-1]) / 16
		q = append(q, from, to)
	}
	if s.b-s.a > 1 {
		q = append(q, at(m, upto(m), upto(m)), at(m, upto(m+1), upto(m+1)))
	}
	return q
}

// settle makes pieces of those in work that are good, and halves the others.
func (b *tabling) settle() {
	work := b.todo
	b.todo, b.done = b.done[:0], work
	for i := range work {
		s := &work[i]
		at := s.first
		take := func(r *reply) {
			q := b.asked[at]
			r.at, r.rank = b.table.along(q.x), float32(q.lo+q.hi)
			copy(r.says[:], b.answers[at*tableSides:])
			at++
		}
		if s.alone {
			take(&s.end[0])
			b.make(s, tensor.Piece{X: s.end[0].at, Y: s.end[0].rank, From: s.end[0].says})
			continue
		}
		if !s.known {
			take(&s.end[0])
			take(&s.end[1])
		}
		if s.b-s.a < 2 {
			b.make(s, s.line([tableSides]float32{}))
			continue
		}
		take(&s.mid[0])
		take(&s.mid[1])
		if p := s.line(s.turn()); s.good(&p, b.gain) {
			b.make(s, p)
			continue
		}
		b.halve(s)
	}
}

// turn gives what a rank more makes, where the value is the same.
func (s *span) turn() (turn [tableSides]float32) {
	if by := s.mid[1].rank - s.mid[0].rank; by != 0 {
		for k := range turn {
			turn[k] = (s.mid[1].says[k] - s.mid[0].says[k]) / by
		}
	}
	return turn
}

// line gives the piece through both ends.
func (s *span) line(turn [tableSides]float32) tensor.Piece {
	a, b := &s.end[0], &s.end[1]
	p := tensor.Piece{X: a.at, Y: a.rank, From: a.says, Turn: turn}
	if by := b.at - a.at; by > 0 {
		for k := range p.Slope {
			p.Slope[k] = (b.says[k] - a.says[k] - turn[k]*(b.rank-a.rank)) / by
		}
	}
	return p
}

// good tells whether the piece says in the middle what the network does.
func (s *span) good(p *tensor.Piece, gain float32) bool {
	m := &s.mid[0]
	for k := range p.From {
		off := abs32(p.From[k] + p.Slope[k]*(m.at-p.X) + p.Turn[k]*(m.rank-p.Y) - m.says[k])
		if k == 0 {
			off *= max(1, gain)
		}
		if off > tableError {
			return false
		}
	}
	return true
}

func (b *tabling) halve(s *span) {
	m := s.middle
	left, right := *s, *s
	left.b, right.a = m, m
	left.known, right.known = true, true
	left.end[1], right.end[0] = s.mid[0], s.mid[1]
	if s.on {
		right.end[0] = s.mid[0]
	}
	b.todo = append(b.todo, left, right)
}

// make puts a piece into its table.
func (b *tabling) make(s *span, p tensor.Piece) {
	t := b.table
	n := int32(len(b.pieces))
	b.pieces = append(b.pieces, p)
	switch {
	case s.alone:
		t.on[s.a] = n
	case s.on:
		for _, i := range b.singles[s.a : s.b+1] {
			t.on[i] = n
		}
	default:
		for i := s.a + 1; i <= s.b; i++ {
			t.gap[i] = n
		}
	}
}
