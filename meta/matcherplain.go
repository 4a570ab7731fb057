package meta

import (
	"math"

	"github.com/inkling-sec/inkling/tensor"
)

// rowSpace is the space of the rows as they came, for the whole-row distances
// that the ratio learner goes by. A column that the caller did not
// standardise is divided by its deviation where that is above one.
type rowSpace struct {
	share        []float32 // 1/max(1, deviation), of each column
	land, taught *tensor.Tensor
	known        *tensor.Tensor // nil without known rows
	unit         float32        // mean distance between benign neighbours
	neighbours   int
}

const (
	plainFar   = 1e3 // coordinates are kept within
	metricEase = .05 // what distances are enlarged by before logarithms and ratios
)

func newRowSpace(p *picked, lands []int) rowSpace {
	q := rowSpace{share: make([]float32, len(p.from)), neighbours: 1}
	for j, col := range p.pool {
		_, dev := spanOf(col)
		q.share[j] = float32(1 / max(1, dev))
	}
	if len(p.pool[0]) >= manyRows {
		q.neighbours = 5
	}
	q.land, q.taught = q.rows(p.pool, lands), q.rows(p.taught, spaced(len(p.taught[0]), matcherRows))
	if n := len(p.known[0]); n > 0 {
		q.known = q.rows(p.known, spaced(n, n))
	}
	q.unit = spacing(q.land, q.neighbours)
	return q
}

func (q *rowSpace) of(j int, v float32) float32 { return clip32(v*q.share[j], plainFar) }

func (q *rowSpace) rows(columns [][]float32, at []int) *tensor.Tensor {
	x := tensor.New(len(at), len(columns))
	for j, col := range columns {
		for i, r := range at {
			x.Row(i)[j] = q.of(j, col[r])
		}
	}
	return x
}

// spacing gives the mean distance of rows to their k nearest others, and a bit.
func spacing(x *tensor.Tensor, k int) float32 {
	between, sum := distances(x, x), 0.0
	for i := range x.Rows() {
		sum += float64(meanNearest(between.Row(i), k, i))
	}
	return float32(sum/float64(x.Rows())) + .02
}

// Plain distances are told as the logarithms of that to the benign neighbours
// and of that to the nearest taught row, and how much nearer taught, and known, rows are.
const plainSides = 4

// tell writes them for a row of those squared distances.
func (q *rowSpace) tell(dst, land, taught, known []float32) {
	benign := meanNearest(land, q.neighbours, -1)/q.unit + metricEase
	near := meanNearest(taught, 1, -1)/q.unit + metricEase
	dst[0], dst[1] = log32(benign), log32(near)
	dst[2], dst[3] = dst[0]-dst[1], 0
	if known != nil {
		dst[3] = dst[0] - log32(meanNearest(known, 1, -1)/q.unit+metricEase)
	}
}

// plainly writes the plain distances of rows and, to ratios [n, ratioSides], how much
// nearer taught and known rows are than benign ones, in the rows as they came and in normal scores.
func (l *lesson) plainly(c *cells, told, ratios *tensor.Tensor) {
	land, taught := distances(c.plain, l.plain.land), distances(c.plain, l.plain.taught)
	var toKnown *tensor.Tensor
	if l.known != nil {
		toKnown = distances(c.plain, l.plain.known)
	}
	for i := range c.n {
		var known []float32
		if toKnown != nil {
			known = toKnown.Row(i)
		}
		row, ratio := told.Row(i), ratios.Row(i)
		l.plain.tell(row, land.Row(i), taught.Row(i), known)
		copy(ratio, row[2:])
		if c.derived != nil {
			ratio[2] = c.derived.Row(i)[3]
			if known != nil {
				ratio[3] = c.derived.Row(i)[7]
			}
		}
	}
}

func log32(x float32) float32 { return float32(math.Log(float64(x))) }
