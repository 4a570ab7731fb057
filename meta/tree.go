package meta

import (
	"math"
	"slices"
)

// tree is a grown decision tree; its nodes lie in one block, the root first.
type tree struct {
	nodes []node
	share []float32 // of each class, ways numbers a leaf
}

// node sends a row left (to next) when its feature is at most threshold, else
// right (to next+1). A leaf has feature −1 and its shares at share[next:].
type node struct {
	feature, next int32
	threshold     float32
}

func (t *tree) leaf(row []float32) int {
	at := int32(0)
	for {
		n := &t.nodes[at]
		if n.feature < 0 {
			return int(n.next)
		}
		at = n.next
		if row[n.feature] > n.threshold {
			at++
		}
	}
}

// ground is what all trees of a forest grow on. Rows are sorted by kind; rows
// of one kind weigh the same and have one class.
type ground struct {
	n, d, ways int
	column     []float32 // [d, n]
	code       []int32   // [d, n]: place of the value among the column's distinct ones; best splits only
	distinct   [][]float32
	class      []int     // of each kind
	weight     []float64 // of a row of each kind
	first      []int32   // row of each kind, and n
	try        int       // features looked at for a split
	prior      float64   // mass of every class added to a leaf
	random     bool      // draw the threshold instead of searching the best
}

// rank fills code and distinct.
func (g *ground) rank(f int) {
	col := g.column[f*g.n : (f+1)*g.n]
	values := slices.Clone(col)
	slices.Sort(values)
	values = slices.Compact(values)
	g.distinct[f] = values
	for i, v := range col {
		at, _ := slices.BinarySearch(values, v)
		g.code[f*g.n+i] = int32(at)
	}
}

// grower grows one tree after another, reusing its memory.
type grower struct {
	*ground
	rng      treeRand
	rows     []int32 // of the node being split, sorted by kind
	spare    []int32
	feature  []int32 // those known to be constant in the node come first
	value    []float32
	key      []uint64
	hist     []int32
	has, lhs []int32   // rows of each kind: in the node, left of a threshold
	mass     []float64 // of each class
	out      tree
}

func newGrower(g *ground) *grower {
	w := &grower{ground: g, value: make([]float32, g.n), feature: make([]int32, g.d)}
	kinds := len(g.class)
	w.has, w.lhs, w.mass = make([]int32, kinds), make([]int32, kinds), make([]float64, 3*g.ways)
	return w
}

// branch is a node still to be split: rows [lo, hi), of whose features the
// first constant ones are constant.
type branch struct {
	lo, hi, constant int
	node             int32
}

// cut is a split: what is above is right. gain is its purity, Σ over both sides
// of Σ mass(class)² / mass.
type cut struct {
	gain      float64
	feature   int32
	threshold float32
}

// grow grows a tree on rows, which it moves about.
func (w *grower) grow(rows []int32, seed uint64) tree {
	w.rng, w.rows = treeRand(seed), rows
	for i := range w.feature {
		w.feature[i] = int32(i)
	}
	w.out = tree{nodes: make([]node, 1, 64)}
	todo := []branch{{0, len(rows), 0, 0}}
	for len(todo) > 0 {
		b := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		pure := w.count(b)
		best := cut{feature: -1}
		if !pure {
			best = w.search(&b)
		}
		mid := b.lo
		if best.feature >= 0 {
			mid = w.part(b, best)
		}
		if mid == b.lo || mid == b.hi {
			w.leaf(b)
			continue
		}
		next := int32(len(w.out.nodes))
		w.out.nodes[b.node] = node{best.feature, next, best.threshold}
		w.out.nodes = append(w.out.nodes, node{}, node{})
		todo = append(todo, branch{mid, b.hi, b.constant, next + 1}, branch{b.lo, mid, b.constant, next})
	}
	return w.out
}

// count sets has and tells whether one class has all the rows.
func (w *grower) count(b branch) (pure bool) {
	at := b.lo
	for k := range w.has {
		end, from := w.first[k+1], at
		for at < b.hi && w.rows[at] < end {
			at++
		}
		w.has[k] = int32(at - from)
	}
	clear(w.mass)
	for k, n := range w.has {
		w.mass[w.class[k]] += float64(n) * w.weight[k]
	}
	classes := 0
	for _, m := range w.mass[:w.ways] {
		if m > 0 {
			classes++
		}
	}
	return classes < 2
}

// leaf ends a branch with its rows' shares, drawn towards even by the prior: a
// pure leaf of many rows says more than one of few, which keeps apart the rows
// that all trees agree on.
func (w *grower) leaf(b branch) {
	total := w.prior * float64(w.ways)
	for _, m := range w.mass[:w.ways] {
		total += m
	}
	w.out.nodes[b.node] = node{feature: -1, next: int32(len(w.out.share))}
	for _, m := range w.mass[:w.ways] {
		w.out.share = append(w.out.share, float32((m+w.prior)/total))
	}
}

// search looks at try features that vary in the node, drawn without
// replacement, for the best cut. Features found constant go to the front.
func (w *grower) search(b *branch) cut {
	best := cut{feature: -1}
	last := len(w.feature)
	for looked := 0; looked < w.try && last > b.constant; {
		at := b.constant + int(w.rng.below(uint32(last-b.constant)))
		f := w.feature[at]
		c, varies := w.cutBy(f, b)
		if !varies {
			w.feature[at], w.feature[b.constant] = w.feature[b.constant], f
			b.constant++
			continue
		}
		last--
		w.feature[at], w.feature[last] = w.feature[last], f
		looked++
		if c.feature >= 0 && (best.feature < 0 || c.gain > best.gain) {
			best = c
		}
	}
	return best
}

func (w *grower) cutBy(f int32, b *branch) (cut, bool) {
	if w.random {
		return w.randomCut(f, b)
	}
	return w.bestCut(f, b)
}

// randomCut draws a threshold between the node's extremes (Geurts et al. 2006).
func (w *grower) randomCut(f int32, b *branch) (cut, bool) {
	col, rows := w.column[int(f)*w.n:int(f+1)*w.n], w.rows[b.lo:b.hi]
	value := w.value[:len(rows)]
	low, high := col[rows[0]], col[rows[0]]
	for i, r := range rows {
		v := col[r]
		value[i] = v
		if v < low { // not min and max, which mind NaN: columns have none
			low = v
		}
		if v > high {
			high = v
		}
	}
	if !(low < high) {
		return cut{}, false
	}
	at := low + w.rng.unit()*(high-low)
	if at >= high {
		at = low
	}
	from := 0
	for k, n := range w.has {
		left := 0
		for _, v := range value[from : from+int(n)] {
			one := 0
			if v <= at {
				one = 1
			}
			left += one
		}
		w.lhs[k] = int32(left)
		from += int(n)
	}
	return cut{w.gain(), f, at}, true
}

// gain measures the cut that has lhs on its left.
func (w *grower) gain() float64 {
	left, right := w.mass[w.ways:2*w.ways], w.mass[2*w.ways:]
	clear(w.mass[w.ways:])
	for k, n := range w.lhs {
		left[w.class[k]] += float64(n) * w.weight[k]
		right[w.class[k]] += float64(w.has[k]-n) * w.weight[k]
	}
	return purity(left) + purity(right)
}

func purity(mass []float64) float64 {
	sum, square := 0.0, 0.0
	for _, m := range mass {
		sum += m
		square += m * m
	}
	if sum <= 0 {
		return 0
	}
	return square / sum
}

// bestCut tries every threshold between two neighbouring values (Breiman 2001).
func (w *grower) bestCut(f int32, b *branch) (cut, bool) {
	distinct := w.distinct[f]
	if len(distinct) < 2 {
		return cut{}, false
	}
	w.sortKeys(f, b)
	key := w.key
	if key[0]>>keyShift == key[len(key)-1]>>keyShift {
		return cut{}, false
	}
	best := cut{gain: math.Inf(-1), feature: -1}
	left, right := w.mass[w.ways:2*w.ways], w.mass[2*w.ways:]
	clear(left)
	copy(right, w.mass)
	for i := 0; ; {
		code := key[i] >> keyShift
		for ; i < len(key) && key[i]>>keyShift == code; i++ {
			kind := uint32(key[i])
			m := w.weight[kind]
			left[w.class[kind]] += m
			right[w.class[kind]] -= m
		}
		if i == len(key) {
			break
		}
		if g := purity(left) + purity(right); g > best.gain {
			low, high := distinct[code], distinct[key[i]>>keyShift]
			at := low/2 + high/2
			if at >= high || at < low {
				at = low
			}
			best = cut{g, f, at}
		}
	}
	return best, true
}

// A key is the code of a value and, below it, the kind of its row.
const keyShift = 32

// sortKeys fills key with the node's rows in rising order of the feature: by
// counting where there are few values for many rows, else by comparing.
func (w *grower) sortKeys(f int32, b *branch) {
	code, rows := w.code[int(f)*w.n:int(f+1)*w.n], w.rows[b.lo:b.hi]
	w.key = slices.Grow(w.key[:0], len(rows))[:len(rows)]
	levels := len(w.distinct[f])
	if levels > 4*len(rows) {
		from := 0
		for k, n := range w.has {
			for i := from; i < from+int(n); i++ {
				w.key[i] = uint64(code[rows[i]])<<keyShift | uint64(k)
			}
			from += int(n)
		}
		slices.Sort(w.key)
		return
	}
	w.hist = slices.Grow(w.hist[:0], levels)[:levels]
	clear(w.hist)
	for _, r := range rows {
		w.hist[code[r]]++
	}
	at := int32(0)
	for c, n := range w.hist {
		w.hist[c] = at
		at += n
	}
	from := 0
	for k, n := range w.has {
		for _, r := range rows[from : from+int(n)] {
			c := code[r]
			w.key[w.hist[c]] = uint64(c)<<keyShift | uint64(k)
			w.hist[c]++
		}
		from += int(n)
	}
}

// part moves the rows left of the cut before the others and keeps the order
// within both.
func (w *grower) part(b branch, c cut) (mid int) {
	col := w.column[int(c.feature)*w.n : int(c.feature+1)*w.n]
	mid = b.lo
	w.spare = w.spare[:0]
	for _, r := range w.rows[b.lo:b.hi] {
		if col[r] <= c.threshold {
			w.rows[mid] = r
			mid++
		} else {
			w.spare = append(w.spare, r)
		}
	}
	copy(w.rows[mid:b.hi], w.spare)
	return mid
}

// treeRand is splitmix64 (Steele et al. 2014): a word of state, quick to seed.
type treeRand uint64

func (r *treeRand) next() uint64 {
	*r += 0x9e3779b97f4a7c15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below gives a number under n, which is at least 1.
func (r *treeRand) below(n uint32) uint32 { return uint32(r.next() >> 32 * uint64(n) >> 32) }

// unit gives a number in [0, 1).
func (r *treeRand) unit() float32 { return float32(r.next()>>40) / (1 << 24) }

// seedOf gives the i-th of the independent generators that one seed stands for.
func seedOf(seed uint64, i int) treeRand {
	r := treeRand(seed)
	r = treeRand(r.next() + uint64(i))
	return treeRand(r.next())
}
