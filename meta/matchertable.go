package meta

import (
	"math"
	"slices"
	"sort"

	"github.com/inkling-sec/inkling/tensor"
)

// What a column adds to a row's score follows from the row's one value in it,
// once the support is fixed. So the network is asked when a matcher is taught,
// and scoring looks up. A table is pieces, linear in the value and in its rank:
// some for what lies between the values of the pool and of taught and known
// rows ("gap"), others for those values themselves ("on"). A piece is halved
// until its middle is as the network says.

const (
	tableSides = tensor.PieceSides // the additive score and the evidence
	tableError = 2e-3              // of what a piece adds to the additive score or to the evidence

	tablePiece = 256 // most values that a piece goes over
	tableStep  = .06 // most that a cell's logarithms differ by from value to value
	tableDeep  = 10  // most halvings of the way between two values
)

// table is a column's.
type table struct {
	code     *code
	ends     *tensor.Places // values at which pieces may end
	stops    []stop         // of what lies below all of them, then of each and of what lies up to the next; see [tensor.Places]
	low, top float32        // the least and the largest benign value: beyond, pieces are straight in logarithms
	pieces   []tensor.Piece // of the coordinate that along gives and of a rank, the number of benign values below and of those up to it

	// while it is made
	at      []float32 // values at which pieces may end, rising
	upto    []int32   // [len(at)+1] benign values below each of at
	on, gap []int32   // piece of each, and of what lies before it; the last is beyond all
}

// stop is what is known of a value, in one place, as tables are larger than what lies near a processor.
type stop struct {
	piece int32
	rank  float32
}

var _ = [tableSides]float32([1 + evidenceSides]float32{})

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

// tabulate makes the tables of all columns.
func (g *judge) tabulate() []table {
	b, tables := &tabling{judge: g}, make([]table, g.columns())
	for j := range tables {
		b.column, b.table, b.bends = j, &tables[j], g.bendsOf(j)
		tables[j] = g.newTable(j, b.bends)
		for b.begin(); len(b.todo) > 0; b.settle() {
			b.ask()
		}
		tables[j].pieces = slices.Clone(b.pieces)
		tables[j].close()
	}
	return tables
}

// close gives pieces to what has none: the values that only fine put there go
// with what lies before them, and beyond the outermost ones nothing changes. Then it makes the stops of what is known.
func (t *table) close() {
	last := len(t.at) - 1
	t.gap[0], t.gap[last+1] = t.on[0], t.on[last]
	for i := 1; i < last; i++ {
		if t.on[i] < 0 {
			t.on[i] = t.gap[i]
		}
	}
	t.stops = append(make([]stop, 0, 2*len(t.at)+1), stop{t.on[0], 0})
	for i := range t.at {
		t.stops = append(t.stops, stop{t.on[i], float32(t.upto[i] + t.upto[i+1])}, stop{t.gap[i+1], float32(2 * t.upto[i+1])})
	}
	t.ends = tensor.NewPlaces(t.at)
	t.at, t.on, t.gap, t.upto = nil, nil, nil, nil
}

// newTable gives a table that knows its values but has no pieces.
func (g *judge) newTable(j int, bends []float32) table {
	c := &g.codes[j]
	t := table{code: c, low: c.sorted[0], top: c.sorted[c.m-1]}
	t.at = t.fine(t.withEnds(merged(c.sorted, slices.Concat(bends, g.marked[j]))))
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

// merged gives the values of both, rising, none twice; a rises already.
func merged(a, b []float32) []float32 {
	b = slices.Sorted(slices.Values(b))
	out := make([]float32, 0, len(a)+len(b))
	put := func(x float32) {
		if n := len(out); n == 0 || out[n-1] != x {
			out = append(out, x)
		}
	}
	for _, x := range a {
		for len(b) > 0 && b[0] < x {
			put(b[0])
			b = b[1:]
		}
		put(x)
	}
	for _, x := range b {
		put(x)
	}
	return out
}

// bendsOf gives the values of column j halfway between two taught rows, or two
// known ones, in rank and in a cell's logarithms, and at their mean: there another is the nearest.
func (g *judge) bendsOf(j int) (at []float32) {
	c := &g.codes[j]
	m := []*marks{&g.taught[j]}
	if g.known != nil {
		m = append(m, &g.known[j])
	}
	for _, m := range m {
		for _, v := range halfways(m.normal) {
			at = append(at, c.sorted[sort.Search(c.m-1, func(i int) bool { return float64(c.normal[2*i+1]) >= v })])
		}
		for _, v := range halfways(m.scale) {
			at = append(at, float32(c.median+c.spread*unslog(3*v)))
		}
		for _, v := range append(halfways(m.log), float64(m.meanLog)) {
			at = append(at, float32(c.unit*unslog(clip(c.logMean+c.logSpan*3*v, -60, 60))))
		}
	}
	return at
}

// unslog is the inverse of slog.
func unslog(x float64) float64 { return math.Copysign(math.Expm1(math.Abs(x)), x) }

// halfways gives the middle of each two neighbours.
func halfways(xs []float32) (mid []float64) {
	xs = slices.Sorted(slices.Values(xs))
	for i := 1; i < len(xs); i++ {
		if xs[i] > xs[i-1] {
			mid = append(mid, (float64(xs[i])+float64(xs[i-1]))/2)
		}
	}
	return mid
}

// withEnds adds values on both sides beyond which no cell changes any more, or as
// far out as numbers go.
func (t *table) withEnds(at []float32) []float32 {
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
	log, scale := t.code.logCells(at), t.code.scaleCells(at)
	out := append(make([]float32, 0, 2*len(at)), at[0])
	for i := 1; i < len(at); i++ {
		a, b := spot{at[i-1], log[i-1], scale[i-1]}, spot{at[i], log[i], scale[i]}
		out = append(t.halve(out, a, b, tableDeep), at[i])
	}
	return out
}

// spot is a value with its cell's two logarithms.
type spot struct{ x, log, scale float32 }

func (t *table) halve(out []float32, a, b spot, deep int) []float32 {
	if deep == 0 || max(abs32(a.log-b.log), abs32(a.scale-b.scale)) < tableStep {
		return out
	}
	mid := t.spot(t.back((t.along(a.x) + t.along(b.x)) / 2))
	if !(mid.x > a.x && mid.x < b.x) {
		return out
	}
	out = append(t.halve(out, a, mid, deep-1), mid.x)
	return t.halve(out, mid, b, deep-1)
}

func (t *table) spot(x float32) spot {
	c := t.code
	return spot{x, c.logCell(x, float32(math.Log(float64(c.size(x))))), c.scaleCell(x)}
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
