package main

import (
	"math"
	"math/rand/v2"
	"slices"
	"sort"
)

// peer is a published detector with its usual settings. What fit gives scores rows, the higher the odder; own says that
// they are the rows it was fitted on.
type peer struct {
	name string
	fit  func(pool [][]float64, seed uint64) func(x [][]float64, own bool) []float64
}

var peers = []peer{{"iforest", isolationForest}, {"ecod", ecod}, {"hbos", hbos}, {"knn", fifth}}

// isolationForest is that of Liu et al. 2008: 100 trees of 256 rows.
func isolationForest(pool [][]float64, seed uint64) func([][]float64, bool) []float64 {
	const trees = 100
	rng := rand.New(rand.NewPCG(seed, 0x69666f72))
	size := min(256, len(pool))
	deepest := int(math.Ceil(math.Log2(float64(size))))
	var grow func(rows [][]float64, depth int) *cut
	grow = func(rows [][]float64, depth int) *cut {
		n := &cut{rows: len(rows)}
		if depth >= deepest || len(rows) <= 1 {
			return n
		}
		for range 4 * len(rows[0]) { // a column that does not vary cannot be cut
			n.column = rng.IntN(len(rows[0]))
			low, high := math.Inf(1), math.Inf(-1)
			for _, r := range rows {
				low, high = min(low, finite(r[n.column])), max(high, finite(r[n.column]))
			}
			if low == high {
				continue
			}
			n.at = low + (high-low)*rng.Float64()
			var less, more [][]float64
			for _, r := range rows {
				if finite(r[n.column]) < n.at {
					less = append(less, r)
				} else {
					more = append(more, r)
				}
			}
			n.less, n.more = grow(less, depth+1), grow(more, depth+1)
			return n
		}
		return n
	}
	var forest []*cut
	for range trees {
		var rows [][]float64
		for _, i := range rng.Perm(len(pool))[:size] {
			rows = append(rows, pool[i])
		}
		forest = append(forest, grow(rows, 0))
	}
	return func(x [][]float64, _ bool) []float64 {
		out := make([]float64, len(x))
		for i, row := range x {
			path := 0.0
			for _, n := range forest {
				depth := 0.0
				for ; n.less != nil; depth++ {
					if finite(row[n.column]) < n.at {
						n = n.less
					} else {
						n = n.more
					}
				}
				path += depth + usualPath(n.rows)
			}
			out[i] = math.Exp2(-path / trees / usualPath(size))
		}
		return out
	}
}

// cut is a node of a tree; a leaf has no branches.
type cut struct {
	column     int
	at         float64
	less, more *cut
	rows       int
}

// usualPath is the mean path of an unsuccessful search among n rows.
func usualPath(n int) float64 {
	switch {
	case n <= 1:
		return 0
	case n == 2:
		return 1
	}
	return 2*(math.Log(float64(n-1))+0.5772156649) - 2*float64(n-1)/float64(n)
}

// ecod is that of Li et al. 2022 as PyOD and ADBench have it: −log of the empirical tail, the rarer side in each column, summed.
// What the paper's third sum takes, the side that a column is skewed to, is never more than that.
func ecod(pool [][]float64, _ uint64) func([][]float64, bool) []float64 {
	sorted := columnsOf(pool)
	return func(x [][]float64, own bool) []float64 {
		out := make([]float64, len(x))
		more := 1 // the row itself, where it is none of the pool
		if own {
			more = 0
		}
		for i, row := range x {
			for j, c := range sorted {
				v, n := finite(row[j]), len(c)
				upTo := sort.Search(n, func(k int) bool { return c[k] > v })
				from := n - sort.Search(n, func(k int) bool { return c[k] >= v })
				out[i] -= math.Log(float64(min(upTo, from)+more) / float64(n+more))
			}
		}
		return out
	}
}

// hbos is that of Goldstein and Dengel 2012: histograms of ten equal bins; what lies outside is in no bin.
func hbos(pool [][]float64, _ uint64) func([][]float64, bool) []float64 {
	const bins, tiny = 10, 0.1
	sorted := columnsOf(pool)
	counts := make([][bins]float64, len(sorted))
	bin := func(j int, v float64) int {
		c := sorted[j]
		low, high := c[0], c[len(c)-1]
		switch {
		case v < low || v > high:
			return -1
		case high == low:
			return 0
		}
		return min(int(bins*((v-low)/(high-low))), bins-1)
	}
	for j, c := range sorted {
		for _, v := range c {
			counts[j][bin(j, v)]++
		}
	}
	return func(x [][]float64, _ bool) []float64 {
		out := make([]float64, len(x))
		for i, row := range x {
			for j := range sorted {
				height := 0.0
				if b := bin(j, finite(row[j])); b >= 0 {
					height = counts[j][b] / slices.Max(counts[j][:])
				}
				out[i] -= math.Log2(height + tiny)
			}
		}
		return out
	}
}

// fifth is the distance to the fifth neighbour (Ramaswamy et al. 2000), columns scaled to the range of the pool.
func fifth(pool [][]float64, _ uint64) func([][]float64, bool) []float64 {
	const k = 5
	sorted := columnsOf(pool)
	scaled := func(x [][]float64) [][]float32 {
		out := make([][]float32, len(x))
		for i, row := range x {
			out[i] = make([]float32, len(row))
			for j, c := range sorted {
				if width := c[len(c)-1] - c[0]; width > 0 {
					out[i][j] = float32((finite(row[j]) - c[0]) / width)
				}
			}
		}
		return out
	}
	own := scaled(pool)
	return func(x [][]float64, same bool) []float64 {
		out := make([]float64, len(x))
		for i, row := range scaled(x) {
			var near [k]float32
			for j := range near {
				near[j] = math.MaxFloat32
			}
			for j, other := range own {
				if same && i == j {
					continue
				}
				d := float32(0)
				for c, v := range row {
					if d += (v - other[c]) * (v - other[c]); d >= near[k-1] {
						break
					}
				}
				at := k - 1
				if d >= near[at] {
					continue
				}
				for ; at > 0 && near[at-1] > d; at-- {
					near[at] = near[at-1]
				}
				near[at] = d
			}
			out[i] = math.Sqrt(float64(near[k-1]))
		}
		return out
	}
}

// columnsOf gives the values of each column, rising.
func columnsOf(rows [][]float64) [][]float64 {
	out := make([][]float64, len(rows[0]))
	for j := range out {
		for _, r := range rows {
			out[j] = append(out[j], finite(r[j]))
		}
		slices.Sort(out[j])
	}
	return out
}
