package eval

import (
	"bytes"
	"cmp"
	"iter"
	"math"
	"slices"
	"strings"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/feature"
)

// column is a column by the ranks of its values, so that numbers and words are looked at alike.
type column struct {
	name     string
	rank     []int // of each row's value among the distinct ones, from 0 on; -1 where there is none
	distinct int
	words    bool // not numbers
	whole    bool // words, or whole numbers
	time     bool
	learned  bool
	show     func(rank int) string
}

// columns gives the columns of those rows one after the other: what learners are given, and of a table its times too.
func (d *Data) columns(rows []int) (iter.Seq[*column], bool, error) {
	all := make([]int, len(d.Label))
	for i := range all {
		all[i] = i
	}
	c, raw, err := d.Features(all)
	if err != nil {
		return nil, false, err
	}
	return func(yield func(*column) bool) {
		for i := range c.Features {
			var col *column
			if c.Features[i].Kind == feature.Category && d.fixed == nil {
				col = d.words(rows, c.Features[i].Name)
			} else {
				col = numbersOf(rows, func(r int) float64 { return raw[r][i] }, func(v float64) string { return c.Format(i, v) })
				col.words = c.Features[i].Kind == feature.Category
			}
			col.name, col.learned = c.Features[i].Name, true
			if !yield(col) {
				return
			}
		}
		if d.fixed != nil {
			return
		}
		for i, f := range d.records[0].Schema.Fields {
			if f.Kind != inkling.Time || slices.Contains(d.options.Drop, f.Name) {
				continue
			}
			col := numbersOf(rows, func(r int) float64 { return d.records[r].Num[i] }, nil)
			col.name, col.time = f.Name, true
			if !yield(col) {
				return
			}
		}
	}, overTimeOf(c), nil
}

func numbersOf(rows []int, of func(row int) float64, show func(float64) string) *column {
	c := &column{whole: true, rank: make([]int, len(rows))}
	distinct := make([]float64, 0, len(rows))
	for _, r := range rows {
		if v := of(r); !math.IsNaN(v) {
			distinct = append(distinct, v)
			c.whole = c.whole && v == math.Trunc(v)
		}
	}
	slices.Sort(distinct)
	distinct = slices.Compact(distinct)
	for i, r := range rows {
		if v := of(r); math.IsNaN(v) {
			c.rank[i] = -1
		} else {
			c.rank[i], _ = slices.BinarySearch(distinct, v)
		}
	}
	c.distinct = len(distinct)
	c.show = func(rank int) string { return show(distinct[rank]) }
	return c
}

// words gives a column of text.
func (d *Data) words(rows []int, name string) *column {
	at := d.records[0].Schema.Index(name)
	of := func(r int) string { return string(bytes.TrimSpace(d.records[r].Text[at])) }
	c := &column{words: true, whole: true, rank: make([]int, len(rows))}
	distinct := make([]string, len(rows))
	for i, r := range rows {
		distinct[i] = of(r)
	}
	slices.Sort(distinct)
	distinct = slices.Compact(distinct)
	for i, r := range rows {
		c.rank[i], _ = slices.BinarySearch(distinct, of(r))
	}
	c.distinct = len(distinct)
	c.show = func(rank int) string { return cmp.Or(distinct[rank], "(missing)") }
	return c
}

// counts gives how many rows have each rank; the last is of those without a value.
func (c *column) counts(at []int) []int {
	n := make([]int, c.distinct+1)
	for _, i := range at {
		if c.rank[i] < 0 {
			n[c.distinct]++
		} else {
			n[c.rank[i]]++
		}
	}
	return n
}

// fewValues is up to how many distinct numbers are looked at one by one.
const fewValues = 64

// alone finds out whether the column by itself tells the sides apart: by the order of its values, by one
// threshold, by single values, or by whether there is one.
func (c *column) alone(s sides) (Finding, bool) {
	if c.time {
		return Finding{}, false
	}
	benign, class := c.counts(s.benign), c.counts(s.class)
	best := Finding{Check: LeakFeature, Place: c.name, Learned: c.learned}
	better := func(figure float64, measure, says string) {
		if figure > best.Figure {
			best.Figure, best.Measure, best.Says = figure, measure, says
		}
	}
	if !c.words {
		auroc, threshold, accuracy := c.ordered(benign, class)
		way := "higher"
		if auroc < 0.5 {
			auroc, way = 1-auroc, "lower"
		}
		better(auroc, "AUROC", "values of the class are "+way)
		if accuracy > leakAlone {
			better(accuracy, "balanced accuracy", "one threshold, "+c.show(threshold)+", tells the class; its values are "+way)
		}
		gone := float64(class[c.distinct])/float64(len(s.class)) - float64(benign[c.distinct])/float64(len(s.benign))
		better((1+math.Abs(gone))/2, "balanced accuracy", "whether there is a value tells the class")
	}
	if c.words || c.distinct <= fewValues {
		accuracy, pure := c.levels(benign, class)
		says := "single values tell the class from benign rows"
		if pure != nil {
			says = "single values tell the class: " + strings.Join(pure, ", ")
		}
		better(accuracy, "balanced accuracy", says)
	}
	return best, best.Figure >= leakAlone
}

// ordered gives the AUROC of the class among rows with a value, and the threshold that tells it best, either
// way round, with its balanced accuracy over all rows.
func (c *column) ordered(benign, class []int) (auroc float64, threshold int, accuracy float64) {
	present := func(n []int) (sum int) {
		for _, v := range n[:c.distinct] {
			sum += v
		}
		return sum
	}
	b, a := float64(present(benign)), float64(present(class))
	if b < leakRows || a < leakRows {
		return 0.5, 0, 0
	}
	allBenign, allClass := b+float64(benign[c.distinct]), a+float64(class[c.distinct])
	below, taken := 0.0, 0.0
	for r := range c.distinct {
		nb, na := float64(benign[r]), float64(class[r])
		auroc += na * (below + nb/2)
		below, taken = below+nb, taken+na
		for _, right := range [2]float64{(below/allBenign + (a-taken)/allClass) / 2, ((b-below)/allBenign + taken/allClass) / 2} {
			if right > accuracy {
				threshold, accuracy = r, right
			}
		}
	}
	return auroc / a / b, threshold, accuracy
}

// levels gives the balanced accuracy of taking each row for the class that other rows of its value are of, and
// the commonest values of the class that hardly a benign row has.
func (c *column) levels(benign, class []int) (accuracy float64, pure []string) {
	sum := func(n []int) (s float64) {
		for _, v := range n {
			s += float64(v)
		}
		return s
	}
	b, a := sum(benign), sum(class)
	right := func(own, others, ofOwn, ofOthers float64) float64 {
		switch mine, theirs := (own-1)/ofOwn, others/ofOthers; {
		case mine > theirs:
			return own
		case mine == theirs:
			return own / 2
		}
		return 0
	}
	var order []int
	for r := range benign {
		nb, na := float64(benign[r]), float64(class[r])
		if nb > 0 {
			accuracy += right(nb, na, b, a) / b / 2
		}
		if na > 0 {
			accuracy += right(na, nb, a, b) / a / 2
			if r < c.distinct && nb/b < na/a/100 {
				order = append(order, r)
			}
		}
	}
	slices.SortStableFunc(order, func(x, y int) int { return class[y] - class[x] })
	for _, r := range order[:min(3, len(order))] {
		pure = append(pure, c.show(r))
	}
	return accuracy, pure
}
