package eval

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// A column is looked at as an identifier when nearly every row has a value of its own, or when the values rise,
// or fall, through the files.
const (
	leakDistinct = 0.95
	leakMonotone = 0.99
	leakValues   = 20 // distinct ones, at least
)

// identifies finds out whether a column that means nothing, an identifier or a time, tells the sides apart: rows
// beside each other in its order are of one class. A measurement that does so is no finding.
func (c *column) identifies(s sides) (Finding, bool) {
	rows := slices.Concat(s.benign, s.class)
	own, monotone := c.distinctShare(rows), c.monotone(rows)
	var what string
	switch {
	case c.distinct < leakValues:
		return Finding{}, false
	case c.time:
		what = "a time"
	case monotone >= leakMonotone:
		what = "it goes with the order of the files"
	case c.whole && own >= leakDistinct:
		what = "nearly every row has a value of its own"
	default:
		return Finding{}, false
	}
	figure := neighbours(s, func(i int) int { return c.rank[i] })
	f := Finding{Check: LeakIdentifier, Place: c.name, Figure: figure, Measure: "balanced accuracy", Learned: c.learned,
		Says: what + ", and rows beside each other in its order are of one class"}
	if c.time {
		f.Check, f.Says = LeakTime, "rows of one time are of one class; learners are not given it"
	}
	return f, figure >= leakNeighbour
}

// distinctShare gives distinct values per row.
func (c *column) distinctShare(rows []int) float64 {
	seen := map[int]bool{}
	for _, i := range rows {
		seen[c.rank[i]] = true
	}
	return float64(len(seen)) / float64(len(rows))
}

// monotone gives the larger share of neighbours in the files that do not fall, or do not rise.
func (c *column) monotone(rows []int) float64 {
	rows = slices.Sorted(slices.Values(rows))
	up, down := 0, 0
	for i := 1; i < len(rows); i++ {
		a, b := c.rank[rows[i-1]], c.rank[rows[i]]
		if a <= b {
			up++
		}
		if a >= b {
			down++
		}
	}
	return float64(max(up, down)) / float64(len(rows)-1)
}

// reach is how many neighbours on either side vote.
const reach = 2

// neighbours gives the balanced accuracy of taking each row for what its neighbours are in the order of by,
// rows of either side weighing as if the sides were of one size. Rows of one value come in random order.
func neighbours(s sides, by func(i int) int) float64 {
	type entry struct {
		key   int
		class bool
	}
	line := make([]entry, 0, len(s.benign)+len(s.class))
	for _, i := range s.benign {
		line = append(line, entry{by(i), false})
	}
	for _, i := range s.class {
		line = append(line, entry{by(i), true})
	}
	rng := rand.New(rand.NewPCG(0x6c65616b, uint64(len(line))))
	rng.Shuffle(len(line), func(i, j int) { line[i], line[j] = line[j], line[i] })
	slices.SortStableFunc(line, func(a, b entry) int { return a.key - b.key })
	b, a := float64(len(s.benign)), float64(len(s.class))
	accuracy := 0.0
	for i, e := range line {
		vote := 0.0
		for j := max(0, i-reach); j <= min(len(line)-1, i+reach); j++ {
			switch {
			case j == i:
			case line[j].class:
				vote += 1 / a
			default:
				vote -= 1 / b
			}
		}
		size := b
		if e.class {
			size = a
		}
		switch {
		case vote == 0:
			accuracy += 0.25 / size
		case e.class == (vote > 0):
			accuracy += 0.5 / size
		}
	}
	return accuracy
}

// orderTells finds out whether the place in the files tells the sides apart.
func orderTells(d *Data, p NewAttack, rows []int, s sides, overTime bool) (Finding, bool) {
	figure := neighbours(s, func(i int) int { return i })
	runs, expected, z := runsTest(s)
	f := Finding{Check: LeakOrder, Place: "row number", Figure: figure, Measure: "balanced accuracy",
		Says:    fmt.Sprintf("rows of a class stand together in the files: %d runs, where a mixed order has %.0f (z = %.0f)", runs, expected, z),
		Learned: overTime && !p.Apart && !p.Forward}
	switch {
	case p.Apart:
		f.Says += "; the cut keeps groups apart"
	case p.Forward:
		f.Says += "; the cut is by time"
	case overTime:
		f.Says += "; features over time see it, so that neighbours of what is judged are learned from"
	default:
		f.Says += "; learners are not given it"
	}
	return f, figure >= leakNeighbour
}

// runsTest counts the runs of one side in the order of the files (Wald and Wolfowitz 1940), says how many a random
// order has, and how many standard deviations they are apart.
func runsTest(s sides) (runs int, expected, z float64) {
	class := map[int]bool{}
	for _, i := range s.class {
		class[i] = true
	}
	all := slices.Sorted(slices.Values(slices.Concat(s.benign, s.class)))
	for k, i := range all {
		if k == 0 || class[i] != class[all[k-1]] {
			runs++
		}
	}
	b, a := float64(len(s.benign)), float64(len(s.class))
	n := a + b
	expected = 1 + 2*a*b/n
	sd := math.Sqrt(2 * a * b * (2*a*b - n) / (n * n * (n - 1)))
	return runs, expected, (float64(runs) - expected) / sd
}
