package prior

import (
	"math"
	"slices"

	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/tensor"
)

// What package feature's Scaler does to rows before learners see them, which
// this package cannot import: the log view of its default scaling.
const (
	clip     = 8    // of a standardised logarithm
	floor    = 1    // least standard deviation of a column where more than half of the pool are the same
	leastStd = 0.01 // of another
	weight   = 2    // of a level
)

// levelsKept is how many of a category's levels have a column for being frequent among benign rows.
const levelsKept = 6

// shown is a raw table as learners see it.
type shown struct {
	columns []meta.Column
	raw     []int // which raw column each shows
	table
}

// show encodes raw. The pool is its first m rows and sets the scales; columns
// that are the same in all of pool and taught (rows lo to hi) are left out, and so
// is, at random, what is more than most. It overwrites raw.
func show(g *gen, columns []marginal, raw table, m, lo, hi, most int) *shown {
	s := &shown{}
	for j, c := range raw {
		if columns[j].levels > 0 {
			s.levels(g, j, c, m, lo, hi)
		} else {
			s.number(g, j, c, m)
		}
	}
	var keep []int
	for i, c := range s.table {
		first := float32(c[0])
		differs := func(v float64) bool { return float32(v) != first }
		if slices.ContainsFunc(c[:m], differs) || slices.ContainsFunc(c[lo:hi], differs) {
			keep = append(keep, i)
		}
	}
	if len(keep) > most {
		g.Shuffle(len(keep), func(a, b int) { keep[a], keep[b] = keep[b], keep[a] })
		keep = keep[:most]
		slices.Sort(keep)
	}
	for to, from := range keep {
		s.table[to], s.columns[to], s.raw[to] = s.table[from], s.columns[from], s.raw[from]
	}
	n := len(keep)
	s.table, s.columns, s.raw = s.table[:n], s.columns[:n], s.raw[:n]
	return s
}

func (s *shown) add(kind meta.Column, raw int, x []float64) {
	s.columns, s.raw, s.table = append(s.columns, kind), append(s.raw, raw), append(s.table, x)
}

// number shows a column as its standardised logarithm, and, where values are
// missing, those as the middle and in a column of their own.
func (s *shown) number(g *gen, j int, x []float64, m int) {
	missing := 0
	pool := g.floats(m)[:0]
	for k, v := range x {
		switch {
		case math.IsNaN(v):
			missing++
		case k < m:
			pool = append(pool, v)
		}
	}
	unit, least := scaleOf(g, pool)
	for k, v := range x {
		x[k] = math.Copysign(math.Log(1+math.Abs(v)*unit), v)
	}
	for k, v := range pool {
		pool[k] = math.Copysign(math.Log(1+math.Abs(v)*unit), v)
	}
	mean, std := 0.0, 0.0
	if len(pool) > 0 {
		mean, std = moments(pool)
	}
	std = 1 / max(std, least)
	s.add(meta.Number, j, x)
	if missing == 0 {
		for k, v := range x {
			x[k] = min(max((v-mean)*std, -clip), clip)
		}
		return
	}
	absent := g.floats(len(x))
	for k, v := range x {
		if absent[k] = 0; math.IsNaN(v) {
			x[k], absent[k] = 0, weight
		} else {
			x[k] = min(max((v-mean)*std, -clip), clip)
		}
	}
	s.add(meta.Level, j, absent)
}

// scaleOf sorts the pool's values and gives what they are multiplied by before their logarithm is taken, and
// the least deviation that this is divided by.
func scaleOf(g *gen, pool []float64) (unit, least float64) {
	slices.Sort(pool)
	most, sizes := 0, g.floats(len(pool))[:0]
	for i, k := 0, 0; i < len(pool); i = k {
		for k = i; k < len(pool) && pool[k] == pool[i]; k++ {
			if pool[k] != 0 {
				sizes = append(sizes, math.Abs(pool[k]))
			}
		}
		most = max(most, k-i)
	}
	unit, least = 1, leastStd
	if 2*most > len(pool) {
		least = floor
	}
	if n := len(sizes); n > 0 {
		slices.Sort(sizes)
		unit = 1 / max(min(sizes[n/2], 1), 1e-12)
	}
	return unit, least
}

// levels shows a category as one column for each of the levels most frequent
// in the pool and of those that are taught, and one for all others.
func (s *shown) levels(g *gen, j int, x []float64, m, lo, hi int) {
	var counts [32]int
	for _, v := range x[:m] {
		counts[int(v)]++
	}
	var kept []int
	for l, n := range counts {
		if n > 0 {
			kept = append(kept, l)
		}
	}
	slices.SortStableFunc(kept, func(a, b int) int { return counts[b] - counts[a] })
	kept = kept[:min(len(kept), levelsKept)]
	for _, v := range x[lo:hi] {
		if !slices.Contains(kept, int(v)) {
			kept = append(kept, int(v))
		}
	}
	rest := g.floats(len(x))
	for k := range rest {
		rest[k] = weight
	}
	for _, l := range kept {
		is := g.floats(len(x))
		for k, v := range x {
			if is[k] = 0; int(v) == l {
				is[k], rest[k] = weight, 0
			}
		}
		s.add(meta.Level, j, is)
	}
	s.add(meta.Level, j, rest)
}

// part is rows lo to hi of a table, all of one class.
type part struct{ lo, hi, class int }

// set makes labelled rows of parts.
func (t table) set(parts ...part) meta.Set {
	n, d := 0, len(t)
	for _, p := range parts {
		n += p.hi - p.lo
	}
	if n == 0 {
		return meta.Set{}
	}
	s := meta.Set{X: tensor.New(n, d), Y: make([]int, 0, n)}
	for _, p := range parts {
		at := len(s.Y) * d
		for j, c := range t {
			to := s.X.Data[at+j:]
			for k, v := range c[p.lo:p.hi] {
				to[k*d] = float32(v)
			}
		}
		for range p.hi - p.lo {
			s.Y = append(s.Y, p.class)
		}
	}
	return s
}
