package meta

import (
	"math"
	"slices"

	"github.com/inkling-sec/inkling/tensor"
)

// A lesson is all of a task that does not depend on the network: how its
// columns are encoded, what is compared with what, and what the network is
// told about each column. d raw columns come first, derived ones after them.
type lesson struct {
	form
	from    []int // column of the task, of each raw column
	d, m, k int   // raw columns, benign and taught rows
	codes   []code
	taught  []marks
	known   []marks // nil without known rows
	space   space
	plain   rowSpace
	votes   *votes         // nil: without
	marked  [][]float32    // values of the taught and the known rows, of each column
	tokens  *tensor.Tensor // [columns, form.tokenSides]
	// where a row lies, its normal scores and its standardised logarithms side by side, ±8 at most, [rows, 2d]
	landAt, taughtAt, knownAt *tensor.Tensor
}

// columns gives the number of raw and derived columns.
func (l *lesson) columns() int { return len(l.codes) }

// cells of rows, and where rows lie. Rows of a column stand together: cell i
// of column j is row j·n+i.
type cells struct {
	n       int
	of      *tensor.Tensor // [columns·n, sides]
	lo, hi  []int32        // [columns·n]
	at      *tensor.Tensor // [n, 2d]
	derived *tensor.Tensor // [n, derived]
	plain   *tensor.Tensor // [n, d]
	votes   *tensor.Tensor // [n, voteSides]; nil: without
}

// newLesson makes the lesson of a pool, of taught and known rows; k says how many
// rows were taught in truth. lands are the pool rows that distances are taken to
// and metric those of the learned metric; nil spaces them evenly.
func newLesson(f form, p *picked, k int, lands, metric []int) *lesson {
	d, m := len(p.from), len(p.pool[0])
	l := &lesson{form: f, from: p.from, d: d, m: m, k: k}
	if lands == nil {
		lands = spaced(m, matcherLands)
		metric = lands
	}
	normal, logs := tensor.New(m, d), tensor.New(m, d) // as cells have them
	stats := make([]spread, 0, d+derivedSides)
	for j, sorted := range p.sorted {
		l.codes = append(l.codes, newCode(sorted))
		stats = append(stats, l.poolTo(normal, logs, j, p.order[j]))
	}
	for j, col := range p.taught {
		l.marked = append(l.marked, append(slices.Clone(col), p.known[j]...))
	}
	taught, known := l.rawCells(p.taught), l.rawCells(p.known)
	z := l.fitSpace(normal, logs, taught, known, lands)
	l.plain = newRowSpace(p, lands)
	l.landAt = l.place(gatherRows(normal, metric), gatherRows(logs, metric))
	l.taughtAt, l.knownAt = taught.at, known.at
	table := z
	if f.withDerived {
		table, stats = l.derive(normal, logs, z, taught, known, stats)
	}
	l.taught = marksOf(taught, l.columns())
	if known.n > 0 && f.withKnown {
		l.known = marksOf(known, l.columns())
	}
	l.tokens = l.describe(table, taught, known, stats)
	return l
}

// poolTo writes the normal scores and logarithms of the pool in column j, and
// gives what is told of their distribution.
func (l *lesson) poolTo(normal, logs *tensor.Tensor, j int, order []int32) spread {
	c, d := &l.codes[j], normal.Cols()
	s, logCells := spread{}, c.logCells(c.sorted)
	for lo, hi := 0, 0; lo < c.m; lo = hi {
		for hi = lo; hi < c.m && c.sorted[hi] == c.sorted[lo]; hi++ {
		}
		a, b := c.normal[lo+hi], logCells[lo]
		for _, i := range order[lo:hi] {
			normal.Data[int(i)*d+j], logs.Data[int(i)*d+j] = a, b
		}
		s.add(b, hi-lo, c)
	}
	s.finish(c.m)
	return s
}

// rawCells encodes values [column][row].
func (l *lesson) rawCells(columns [][]float32) *cells {
	n := len(columns[0])
	c := &cells{n: n, of: tensor.New(l.d*n, l.cellSides()), lo: make([]int32, l.d*n), hi: make([]int32, l.d*n), at: tensor.New(n, 2*l.d)}
	for j, col := range columns {
		l.encode(c, j, col)
	}
	for i := range n {
		row := c.at.Row(i)
		for j := range l.d {
			cell := c.of.Row(j*n + i)
			row[j], row[l.d+j] = place(cell[cellNormal], cell[cellLog])
		}
	}
	return c
}

// encode writes the cells of a column's values, without comparisons.
func (l *lesson) encode(c *cells, j int, values []float32) {
	code, logs := &l.codes[j], l.codes[j].logCells(values)
	for i, x := range values {
		lo, hi := code.rank(x)
		c.lo[j*c.n+i], c.hi[j*c.n+i] = int32(lo), int32(hi)
		code.cellTo(c.of.Row(j*c.n+i), x, lo, hi, code.scaleCell(x), logs[i])
	}
}

// compare writes the comparisons of all cells.
func (l *lesson) compare(c *cells) {
	for j := range l.codes {
		for i := j * c.n; i < (j+1)*c.n; i++ {
			l.compareTo(c.of.Row(i), j, int(c.lo[i]), int(c.hi[i]))
		}
	}
}

func (l *lesson) compareTo(cell []float32, j, lo, hi int) {
	l.taught[j].pairsTo(cell[cellSides:], cell, lo, hi, l.codes[j].ranks)
	if l.known != nil {
		l.known[j].knownTo(cell[cellSides+pairSides:], cell, lo, hi, l.codes[j].ranks)
	}
}

// place gives a cell's two coordinates: its normal score and its standardised logarithm.
func place(normal, log float32) (float32, float32) {
	return min(max(2*normal, -8), 8), min(max(3*log, -8), 8)
}

func (l *lesson) place(normal, logs *tensor.Tensor) *tensor.Tensor {
	at := tensor.New(normal.Rows(), 2*l.d)
	for i := range normal.Rows() {
		for j := range l.d {
			at.Row(i)[j], at.Row(i)[l.d+j] = place(normal.Row(i)[j], logs.Row(i)[j])
		}
	}
	return at
}

func gatherRows(x *tensor.Tensor, at []int) *tensor.Tensor {
	out := tensor.New(len(at), x.Cols())
	for i, r := range at {
		copy(out.Row(i), x.Row(r))
	}
	return out
}

// judge encodes rows, [n, columns of the task], with all comparisons.
func (l *lesson) judge(x *tensor.Tensor) *cells { return l.judgeCast(x, nil) }

// judgeCast is judge where the votes are cast, if cast is not nil.
func (l *lesson) judgeCast(x *tensor.Tensor, cast []float32) *cells {
	n, width := x.Rows(), x.Cols()
	columns := make([][]float32, l.d)
	for j, from := range l.from {
		columns[j] = make([]float32, n)
		for i := range n {
			columns[j][i] = finite32(x.Data[i*width+from])
		}
	}
	c := l.rawCells(columns)
	c.plain = tensor.New(n, l.d)
	for j, col := range columns {
		for i, v := range col {
			c.plain.Row(i)[j] = l.plain.of(j, v)
		}
	}
	if l.votes != nil {
		c.votes = tensor.New(n, voteSides)
		if cast != nil {
			copy(c.votes.Data, cast)
		} else {
			l.votes.tellTo(c.votes.Data, x, nil)
		}
	}
	if l.withDerived {
		l.judgeDerived(c)
	}
	l.compare(c)
	return c
}

func (l *lesson) judgeDerived(c *cells) {
	z, zz := l.space.of(c)
	c.derived = l.space.derive(z, zz, nil, others)
	l.appendDerived(c, c.derived)
}

// appendDerived encodes derived values [n, derived] as further columns of c.
func (l *lesson) appendDerived(c *cells, values *tensor.Tensor) {
	more := values.Cols() * c.n
	c.of.Data = append(c.of.Data, make([]float32, more*l.cellSides())...)
	c.of.Shape[0] += more
	c.lo, c.hi = append(c.lo, make([]int32, more)...), append(c.hi, make([]int32, more)...)
	column := make([]float32, c.n)
	for j := range values.Cols() {
		for i := range column {
			column[i] = values.Row(i)[j]
		}
		l.encode(c, l.d+j, column)
	}
}

func marksOf(c *cells, columns int) []marks {
	out, side := make([]marks, columns), c.of.Cols()
	for j := range out {
		from, to := j*c.n, (j+1)*c.n
		out[j] = newMarks(c.of.Data[from*side:to*side], side, c.lo[from:to], c.hi[from:to])
	}
	return out
}

// spread is what a column's token says of its benign values.
type spread struct {
	atomMost, atomMean, rare float64
	sum                      [5]float64 // of powers of the logarithm's cell
	skew, kurtosis           float64
}

func (s *spread) add(log float32, n int, c *code) {
	atom := float64(c.log[n])
	s.atomMost = max(s.atomMost, atom)
	s.atomMean += float64(n) * atom
	if n > 1 {
		s.rare -= float64(n) * math.Log(float64(n)) / 7
	}
	p := 1.0
	for i := range s.sum {
		s.sum[i] += float64(n) * p
		p *= float64(log)
	}
}

func (s *spread) finish(m int) {
	n := float64(m)
	s.atomMean /= n
	s.rare /= n
	for i := range s.sum {
		s.sum[i] /= n
	}
	a, b, c, d := s.sum[1], s.sum[2], s.sum[3], s.sum[4]
	dev := math.Sqrt(max(b-a*a, 0)) + .05
	third := c - 3*a*b + 2*a*a*a
	fourth := d - 4*a*c + 6*a*a*b - 3*a*a*a*a
	s.skew, s.kurtosis = third/(dev*dev*dev), max(fourth, 0)/(dev*dev*dev*dev)
}
