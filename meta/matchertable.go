package meta

import (
	"math"
	"slices"
)

// What a column adds to a row's score follows from the row's one value in it,
// once the support is fixed. So the network is asked when a matcher is taught,
// and scoring looks up. A table is pieces, linear in the value and in its rank:
// some for what lies between the values of the pool and of taught and known
// rows ("gap"), others for those values themselves ("on"). A piece is halved
// until its middle is as the network says.

const (
	tableSides = 1 + evidenceSides
	tableError = 1e-4 // of what a piece adds to the additive score or to the evidence
	tablePiece = 32   // most values that a piece goes over
	tableStep  = .03  // most that a cell's logarithms differ by from value to value
	tableDeep  = 10   // most halvings of the way between two values
)

// table is a column's.
type table struct {
	code     *code
	at       []float32 // values at which pieces may end, rising
	upto     []int32   // [len(at)+1] benign values below each
	low, top float32   // the least and the largest benign value: beyond, pieces are straight in logarithms
	on, gap  []int32   // piece of each value, and of what lies before it; the last is beyond all
	pieces   []piece
}

// piece gives from + slope·(w−start) + turn·(r−rank) at coordinate w and rank r, the
// number of benign values below and of those up to it.
type piece struct {
	start, rank       float32
	from, slope, turn [tableSides]float32
}

// along gives the coordinate in which pieces are straight.
func (t *table) along(x float32) float32 {
	switch {
	case x > t.top:
		return t.top + t.beyond(float64(x)-float64(t.top))
	case x < t.low:
		return t.low - t.beyond(float64(t.low)-float64(x))
	}
	return x
}

func (t *table) beyond(by float64) float32 {
	return float32(t.code.spread * math.Log1p(by/t.code.spread))
}

// find gives the piece of x and its rank.
func (t *table) find(x float32) (p *piece, both int32) {
	base, n := 0, len(t.at)
	at := t.at
	for n > 1 {
		half := n >> 1
		if at[base+half] <= x {
			base += half
		}
		n -= half
	}
	switch {
	case at[base] == x:
		return &t.pieces[t.on[base]], t.upto[base] + t.upto[base+1]
	case at[base] < x:
		base++
	}
	return &t.pieces[t.gap[base]], 2 * t.upto[base]
}

// tabulate makes the tables of all columns.
func (g *judge) tabulate() []table {
	b := &tabling{judge: g, singles: make([][]int, g.columns())}
	for j := range g.columns() {
		b.tables = append(b.tables, g.newTable(j))
		b.begin(j)
	}
	for len(b.todo) > 0 {
		b.ask()
		b.settle()
	}
	for j := range b.tables {
		b.tables[j].close()
	}
	return b.tables
}

// close gives pieces to what has none: the values that only fine put there go
// with what lies before them, and beyond the outermost ones nothing changes.
func (t *table) close() {
	last := len(t.at) - 1
	t.gap[0], t.gap[last+1] = t.on[0], t.on[last]
	for i := 1; i < last; i++ {
		if t.on[i] < 0 {
			t.on[i] = t.gap[i]
		}
	}
}

// newTable gives a table that knows its values but has no pieces.
func (g *judge) newTable(j int) table {
	c := &g.codes[j]
	t := table{code: c, low: c.sorted[0], top: c.sorted[c.m-1]}
	at := slices.Clone(c.sorted)
	at = append(at, g.marked[j]...)
	slices.Sort(at)
	at = slices.Compact(at)
	t.at = t.fine(t.ends(at))
	t.upto = make([]int32, len(t.at)+1)
	i := 0
	for k, x := range t.at {
		for ; i < c.m && c.sorted[i] < x; i++ {
		}
		t.upto[k] = int32(i)
	}
	t.upto[len(t.at)] = int32(c.m)
	t.on, t.gap = make([]int32, len(t.at)), make([]int32, len(t.at)+1)
	for i := range t.on {
		t.on[i] = -1
	}
	return t
}

// ends adds values on both sides beyond which no cell changes any more, or as
// far out as numbers go.
func (t *table) ends(at []float32) []float32 {
	c := t.code
	edge := func(sign float64) float64 {
		far := c.spread * math.Exp(6.5)
		log := c.logMean*sign + 8.2*c.logSpan
		if log > 0 {
			far = max(far, c.unit*math.Expm1(min(log, 60)))
		}
		return min(far+math.Abs(c.median)+math.Abs(float64(t.top))+math.Abs(float64(t.low)), 1e30)
	}
	if x := float32(-edge(-1)); x < at[0] {
		at = slices.Insert(at, 0, x)
	}
	if x := float32(edge(1)); x > at[len(at)-1] {
		at = append(at, x)
	}
	return at
}

// fine puts further values between neighbours whose cells are far apart.
func (t *table) fine(at []float32) []float32 {
	out := at[:1:1]
	for i := 1; i < len(at); i++ {
		out = append(t.halve(out, at[i-1], at[i], tableDeep), at[i])
	}
	return out
}

func (t *table) halve(out []float32, a, b float32, deep int) []float32 {
	if deep == 0 || t.apart(a, b) < tableStep {
		return out
	}
	mid := t.back((t.along(a) + t.along(b)) / 2)
	if !(mid > a && mid < b) {
		return out
	}
	out = append(t.halve(out, a, mid, deep-1), mid)
	return t.halve(out, mid, b, deep-1)
}

// back is the inverse of along.
func (t *table) back(w float32) float32 {
	s := t.code.spread
	switch {
	case w > t.top:
		return float32(float64(t.top) + s*math.Expm1(float64(w-t.top)/s))
	case w < t.low:
		return float32(float64(t.low) - s*math.Expm1(float64(t.low-w)/s))
	}
	return w
}

// apart is how much the logarithms of two values' cells differ.
func (t *table) apart(a, b float32) float32 {
	c := t.code
	scale := func(x float32) float32 {
		return float32(clip(slog(clip((float64(x)-c.median)/c.spread, -1e6, 1e6)), -6, 6) / 3)
	}
	log := func(x float32) float32 { return c.logCell(x, float32(math.Log(float64(c.size(x))))) }
	return max(abs32(log(a)-log(b)), abs32(scale(a)-scale(b)))
}
