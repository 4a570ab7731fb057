package meta

import (
	"math"

	"github.com/inkling-sec/inkling/tensor"
)

// pockets are the rows of an index in groups of near ones. Looking at one group only, they tell in a small part of the
// time how far a row is from its nearest at most.
type pockets struct {
	k, d   int // k is at most [tensor.LeastCount]
	centre *tensor.Tensor
	rows   []*tensor.Tensor // of each group, k at least
	widest int
}

const pocketRounds = 3 // of k-means; more are not worth their time

// newPockets groups the rows of ix, which has at least k. It starts from rows spaced evenly: the same rows give the same groups.
func newPockets(ix *nearIndex, k int) *pockets {
	n := max(1, int(math.Sqrt(float64(ix.n))))
	p := &pockets{k: k, d: ix.d, centre: tensor.From(rowsAt(ix.rows.Data, ix.d, spaced(ix.n, n)), n, ix.d)}
	if n == ix.n {
		p.centre = p.centre.Clone()
	}
	in := make([]int, ix.n)
	for range pocketRounds {
		p.sort(in, ix.rows)
		p.move(in, ix.rows)
	}
	for p.sort(in, ix.rows); p.dissolve(in); {
		p.sort(in, ix.rows)
	}
	p.rows = make([]*tensor.Tensor, p.centre.Rows())
	for c := range p.rows {
		var x []float32
		for i, of := range in {
			if of == c {
				x = append(x, ix.rows.Row(i)...)
			}
		}
		p.rows[c] = tensor.From(x, len(x)/ix.d, ix.d)
		p.widest = max(p.widest, p.rows[c].Rows())
	}
	return p
}

// sort finds the group of each row of x.
func (p *pockets) sort(in []int, x *tensor.Tensor) {
	groups := p.centre.Rows()
	buf := borrow(nearBlock * groups)
	defer giveBack(buf)
	for lo := 0; lo < len(in); lo += nearBlock {
		m := min(nearBlock, len(in)-lo)
		far := tensor.From((*buf)[:m*groups], m, groups)
		tensor.SquaredDistancesTo(far, x.RowRange(lo, lo+m), p.centre)
		for i := range m {
			in[lo+i] = least(far.Row(i))
		}
	}
}

// move puts each centre amid its rows.
func (p *pockets) move(in []int, x *tensor.Tensor) {
	sum, count := make([]float64, len(p.centre.Data)), make([]float64, p.centre.Rows())
	for i, c := range in {
		count[c]++
		for j, v := range x.Row(i) {
			sum[c*p.d+j] += float64(v)
		}
	}
	for i, s := range sum {
		if n := count[i/p.d]; n > 0 {
			p.centre.Data[i] = float32(s / n)
		}
	}
}

// dissolve takes away the centres of groups of less than k rows, and tells whether there were some. One is left.
func (p *pockets) dissolve(in []int) bool {
	count, kept := make([]int, p.centre.Rows()), 0
	for _, c := range in {
		count[c]++
	}
	for c, n := range count {
		if n >= p.k {
			copy(p.centre.Row(kept), p.centre.Row(c))
			kept++
		}
	}
	kept = max(kept, 1)
	p.centre = p.centre.RowRange(0, kept)
	return kept < len(count)
}

// least gives the place of the smallest, 0 where none can be compared.
func least(x []float32) int {
	at := 0
	for i, v := range x {
		if v < x[at] {
			at = i
		}
	}
	return at
}

// mostTo writes for each row of x ([n, d]) what the mean distance to its k nearest is at most, rounding aside; infinity
// for a row that is not finite or too far out to tell.
func (p *pockets) mostTo(dst, x []float32) {
	n, groups := len(x)/p.d, p.centre.Rows()
	buf := borrow(nearBlock*groups + p.widest)
	defer giveBack(buf)
	far := tensor.Tensor{Shape: []int{0, groups}}
	one, from := tensor.Tensor{Shape: []int{1, 0}}, tensor.Tensor{Shape: []int{0, p.d}}
	var best [tensor.LeastCount]float32
	for lo := 0; lo < n; lo += nearBlock {
		m := min(nearBlock, n-lo)
		from.Shape[0], far.Shape[0] = m, m
		from.Data, far.Data = x[lo*p.d:(lo+m)*p.d], (*buf)[:m*groups]
		tensor.SquaredDistancesTo(&far, &from, p.centre)
		for i := range m {
			rows := p.rows[least(far.Row(i))]
			row := tensor.Tensor{Shape: []int{1, p.d}, Data: from.Row(i)}
			one.Shape[1], one.Data = rows.Rows(), (*buf)[nearBlock*groups:][:rows.Rows()]
			tensor.SquaredDistancesTo(&one, &row, rows)
			tensor.Least(&best, one.Data)
			sum := 0.0
			for _, v := range best[:p.k] {
				sum += math.Sqrt(float64(v))
			}
			if dst[lo+i] = float32(sum / float64(p.k)); !(dst[lo+i] <= math.MaxFloat32) {
				dst[lo+i] = float32(math.Inf(1))
			}
		}
	}
}
