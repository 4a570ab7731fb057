package meta

import (
	"hash/maphash"
	"math"
	"slices"
	"sort"
)

// What a matcher looks at: bounds on its work, whatever the task's size.
const (
	matcherPool    = 2000 // benign rows
	matcherRows    = 32   // taught rows, and known ones
	matcherColumns = 64   // columns
	matcherLands   = 128  // benign rows that distances are taken to
)

// picked are the columns a matcher looks at, each as its values.
type picked struct {
	from                []int // column of the task
	pool, taught, known [][]float32
	sorted              [][]float32 // pool, rising
	order               [][]int32   // row of each of sorted
}

// spaced gives at most n of the numbers below of, evenly spaced.
func spaced(of, n int) []int {
	n = min(of, n)
	at := make([]int, n)
	for i := range at {
		at[i] = i * of / n
	}
	return at
}

// columnsOf turns rows of d columns into columns; what is no number becomes 0.
func columnsOf(rows []float32, d int, at []int) [][]float32 {
	out, room := make([][]float32, d), make([]float32, d*len(at))
	for j := range out {
		out[j] = room[j*len(at) : (j+1)*len(at)]
	}
	for i, r := range at {
		for j, v := range rows[r*d : (r+1)*d] {
			out[j][i] = finite32(v)
		}
	}
	return out
}

// finite32 gives x, or 0 where x is no number.
func finite32(x float32) float32 {
	if x-x != 0 {
		return 0
	}
	return x
}

// pick chooses rows and columns: views, constants and copies are left out,
// and of more than limit columns those are taken in which the taught rows are
// farthest out among the benign ones and nearest together.
func pick(pool, taught, known []float32, d int, kinds []Column, limit int) *picked {
	all := picked{
		pool:   columnsOf(pool, d, spaced(len(pool)/d, matcherPool)),
		taught: columnsOf(taught, d, farApart(taught, d, matcherRows)),
		known:  columnsOf(known, d, spaced(len(known)/d, matcherRows)),
	}
	var use []int
	seed, seen := maphash.MakeSeed(), map[uint64][]int{}
	for j := range d {
		if len(kinds) == d && kinds[j] == View || all.constant(j) {
			continue
		}
		h := maphash.Bytes(seed, rawBytes(all.pool[j]))
		if slices.ContainsFunc(seen[h], func(i int) bool { return all.same(i, j) }) {
			continue
		}
		seen[h] = append(seen[h], j)
		use = append(use, j)
	}
	if len(use) == 0 {
		use = []int{0}
	}
	p := &picked{}
	for _, j := range use {
		p.add(&all, j)
	}
	if len(use) > limit {
		p.keep(limit)
	}
	return p
}

func (p *picked) constant(j int) bool {
	first := p.pool[j][0]
	for _, col := range [][]float32{p.pool[j], p.taught[j]} {
		for _, v := range col {
			if v != first {
				return false
			}
		}
	}
	return true
}

func (p *picked) same(i, j int) bool {
	return slices.Equal(p.pool[i], p.pool[j]) && slices.Equal(p.taught[i], p.taught[j]) && slices.Equal(p.known[i], p.known[j])
}

// add takes column j of all.
func (p *picked) add(all *picked, j int) {
	sorted, order := sortedOf(all.pool[j])
	p.from = append(p.from, j)
	p.pool, p.taught, p.known = append(p.pool, all.pool[j]), append(p.taught, all.taught[j]), append(p.known, all.known[j])
	p.sorted, p.order = append(p.sorted, sorted), append(p.order, order)
}

// keep leaves the best of the columns, in their order.
func (p *picked) keep(limit int) {
	worth, by := make([]float64, len(p.from)), make([]int, len(p.from))
	for j := range by {
		worth[j], by[j] = apartness(p.sorted[j], p.taught[j]), j
	}
	slices.SortStableFunc(by, func(a, b int) int { return compareFalling(worth[a], worth[b]) })
	by = by[:limit]
	slices.Sort(by)
	all := *p
	*p = picked{}
	for _, j := range by {
		p.from, p.pool, p.taught, p.known = append(p.from, all.from[j]), append(p.pool, all.pool[j]), append(p.taught, all.taught[j]), append(p.known, all.known[j])
		p.sorted, p.order = append(p.sorted, all.sorted[j]), append(p.order, all.order[j])
	}
}

func compareFalling(a, b float64) int {
	switch {
	case a > b:
		return -1
	case a < b:
		return 1
	}
	return 0
}

// apartness is how surprising the taught values are among the benign ones: the
// mean of −log of the share that is as far out, and half of that of the share
// between the taught ones where there are several.
func apartness(sorted, taught []float32) float64 {
	m, sum := len(sorted), 0.0
	least, most := m, 0
	for _, x := range taught {
		lo := sort.Search(m, func(i int) bool { return sorted[i] >= x })
		hi := sort.Search(m, func(i int) bool { return sorted[i] > x })
		sum -= math.Log(float64(1+min(hi, m-lo)) / float64(1+m))
		least, most = min(least, lo), max(most, hi)
	}
	sum /= float64(len(taught))
	if len(taught) > 1 {
		sum -= math.Log(float64(1+most-least)/float64(1+m)) / 2
	}
	return sum
}

// sortedOf gives the values in rising order and where each stood.
func sortedOf(x []float32) (sorted []float32, order []int32) {
	keys := make([]uint64, len(x))
	for i, v := range x {
		b := math.Float32bits(v + 0) // −0 becomes 0
		if b>>31 != 0 {
			b = ^b
		} else {
			b |= 1 << 31
		}
		keys[i] = uint64(b)<<32 | uint64(i)
	}
	sortKeys(keys)
	sorted, order = make([]float32, len(x)), make([]int32, len(x))
	for i, k := range keys {
		order[i] = int32(uint32(k))
		sorted[i] = x[order[i]]
	}
	return sorted, order
}

// sortKeys sorts by the upper half; the lower halves rise already. Many keys are
// laid out by eleven bits at a time, which is several times as fast.
func sortKeys(keys []uint64) {
	if len(keys) < 200 {
		slices.Sort(keys)
		return
	}
	from, to := keys, make([]uint64, len(keys))
	for shift := 32; shift < 64; shift += 11 {
		var at [1 << 11]int32
		for _, k := range from {
			at[k>>shift&(1<<11-1)]++
		}
		sum := int32(0)
		for i, n := range at {
			at[i] = sum
			sum += n
		}
		for _, k := range from {
			i := k >> shift & (1<<11 - 1)
			to[at[i]] = k
			at[i]++
		}
		from, to = to, from
	}
	copy(keys, from) // three passes end in the other room
}

// farApart gives at most n of the rows: the first, then always the one that is
// farthest from those taken.
func farApart(rows []float32, d, n int) []int {
	of := len(rows) / d
	if of <= n {
		return spaced(of, n)
	}
	at, away := []int{0}, make([]float64, of)
	for i := range away {
		away[i] = math.Inf(1)
	}
	for len(at) < n {
		last, best := rows[at[len(at)-1]*d:], 0
		for i := range away {
			away[i] = min(away[i], squareOff(rows[i*d:(i+1)*d], last))
			if away[i] > away[best] {
				best = i
			}
		}
		at = append(at, best)
	}
	slices.Sort(at)
	return at
}

func squareOff(a, b []float32) (sum float64) {
	for j, v := range a {
		e := float64(finite32(v) - finite32(b[j]))
		sum += e * e
	}
	return sum
}
