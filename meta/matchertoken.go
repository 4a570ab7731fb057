package meta

import (
	"math"

	"github.com/inkling-sec/inkling/tensor"
)

// A token is what the network is told about a column: 37 numbers, a one-hot of
// raw and the six derived kinds, and where known attacks are used nine more.
const (
	tokenSides      = 44
	knownTokenSides = 9
	tokenKind       = 37
)

// describe gives the tokens of all columns. table is the pool, standardised, [m, columns].
func (l *lesson) describe(table *tensor.Tensor, taught, known *cells, stats []spread) *tensor.Tensor {
	like := covariance(table)
	tokens := tensor.New(l.columns(), l.tokenSides())
	for j := range l.codes {
		t := tokens.Row(j)
		l.tellTaught(t, j, taught)
		tellPool(t[22:], stats[j])
		alike, most := relatives(like.Row(j), j)
		t[28] = float32(max(-3, math.Log1p(max(alike-1+1e-6, -1+1e-9)))) / 2
		t[29] = most
		if j < l.d {
			l.tellLinear(t[30:], j)
		}
		t[34] = float32(math.Log(float64(l.k)) / 2.3)
		t[35] = float32(math.Log(float64(l.d)) / 4)
		t[36] = float32(math.Log(float64(l.m)) / 7)
		l.tellKind(t, j)
		if l.known != nil {
			l.tellKnown(t[tokenSides:], j, known)
		}
	}
	return tokens
}

// tellTaught writes how the taught rows lie in column j: t[0:23].
func (l *lesson) tellTaught(t []float32, j int, c *cells) {
	of := func(i int) []float32 { return c.of.Row(j*c.n + i) }
	for q, side := range [...]int{cellNormal, cellLog, cellScale} {
		summarise(t[4*q:], c.n, func(i int) float32 { return of(i)[side] })
	}
	tail := make([]float32, 4)
	summarise(tail, c.n, func(i int) float32 { return of(i)[cellTail] })
	t[12], t[13] = tail[0], tail[1]
	for q, side := range [...]int{cellAtom, cellAbove, cellBelow, cellOver, cellUnder, cellNew} {
		summarise(tail, c.n, func(i int) float32 { return of(i)[side] })
		t[14+q] = tail[0]
	}
	lo, hi, atoms, same := int32(l.m), int32(0), 0.0, 0
	for i := range c.n {
		at := j*c.n + i
		lo, hi = min(lo, c.lo[at]), max(hi, c.hi[at])
		atoms += float64(c.hi[at] - c.lo[at])
		if abs32(of(i)[cellLog]-of(0)[cellLog]) < 1e-6 {
			same++
		}
	}
	t[20] = l.codes[j].log[min(max(hi-lo, 0), int32(l.m))]
	t[21] = float32(math.Log1p(atoms/float64(c.n)) / 7)
	t[22] = float32(same) / float32(c.n)
}

// summarise writes mean, least, most and standard deviation.
func summarise(dst []float32, n int, f func(int) float32) {
	var sum, square float64
	least, most := f(0), f(0)
	for i := range n {
		sum += float64(f(i))
		least, most = min(least, f(i)), max(most, f(i))
	}
	mean := sum / float64(n)
	for i := range n {
		e := float64(f(i)) - mean
		square += e * e
	}
	dst[0], dst[1], dst[2], dst[3] = float32(mean), least, most, float32(math.Sqrt(square/float64(n)))
}

// tellPool writes how the benign rows are distributed, after t[22].
func tellPool(t []float32, s spread) {
	t[1] = float32(s.atomMost)
	t[2] = float32(clip(s.skew, -5, 5) / 3)
	t[3] = float32(math.Log1p(s.kurtosis) / 3)
	t[4], t[5] = float32(s.atomMean), float32(s.rare)
}

// relatives sums the squares of a column's correlations and gives the largest with another.
func relatives(row []float32, j int) (sum float64, most float32) {
	for i, r := range row {
		sum += float64(r) * float64(r)
		if i != j {
			most = max(most, abs32(r))
		}
	}
	return sum, most
}

// tellLinear writes the column's weights towards the taught rows.
func (l *lesson) tellLinear(t []float32, j int) {
	root := root32(float32(l.d))
	t[0] = clip32(l.space.linear.Row(j)[0]*root, 5) / 3
	t[1] = clip32(l.space.linear.Row(j)[1]*root, 5) / 3
	t[2] = clip32(l.space.log.Data[j]*root, 5) / 3
	t[3] = t[0] * l.space.centre[j] / 2
}

// tellKind writes the one-hot of raw and derived kinds.
func (l *lesson) tellKind(t []float32, j int) {
	kind := max(0, j-l.d+1)
	if kind > taughtDerived {
		t[tokenSides+knownTokenSides-3+kind-taughtDerived] = 1
		return
	}
	t[tokenKind+kind] = 1
}

// tellKnown writes how the known rows lie in column j; t[7] and t[8] are the kinds of derived columns.
func (l *lesson) tellKnown(t []float32, j int, c *cells) {
	m := &l.known[j]
	t[0] = 1
	t[1] = float32(math.Log1p(float64(c.n)) / 3.5)
	t[2], t[3], t[4] = m.meanNormal, m.meanLog, m.devLog
	least := float32(math.MaxFloat32)
	r := l.codes[j].ranks
	for k := range l.taught[j].normal {
		for i := range m.normal {
			least = min(least, r.log[m.between(i, int(l.taught[j].lo[k]), int(l.taught[j].hi[k]), r.m)])
		}
	}
	t[5] = least
	if j < l.d {
		t[6] = clip32(l.space.linear.Row(j)[2]*root32(float32(l.d)), 5) / 3
	}
}
