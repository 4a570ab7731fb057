package meta

import (
	"math"

	"github.com/inkling-sec/inkling/tensor"
)

// Evidence asks what a row would score with one value exchanged, over and over. How far such a variant is from the index's rows follows
// from how far the row is, but for roundings: the few that can be the nearest are found so, and only they are measured.

const (
	variantColumns = 8  // most that a variant differs from its row in
	variantWide    = 48 // columns that rows have at least: of fewer all distances are as soon measured
	variantNear    = 12 // rows that may be measured for one
)

// byColumn is the index's rows, a column at a time.
type byColumn struct {
	columns []float32 // [d, n]
	most    []float32 // the largest size in each
}

// turned gives the rows by column, made when first asked for; nil where some are not finite.
func (ix *nearIndex) turned() *byColumn {
	ix.once.Do(func() {
		if !finite(ix.rows) {
			return
		}
		b := &byColumn{make([]float32, ix.d*ix.n), make([]float32, ix.d)}
		tensor.TransposeTo(tensor.From(b.columns, ix.d, ix.n), ix.rows)
		for i := range ix.n {
			for c, v := range ix.rows.Row(i) {
				b.most[c] = max(b.most[c], abs32(v))
			}
		}
		ix.by = b
	})
	return ix.by
}

// variant is a row that differs from another in some columns.
type variant struct {
	at [variantColumns]int
	n  int
}

// differs tells where two rows do, false if in too many columns.
func (v *variant) differs(a, b []float32) bool {
	v.n = 0
	for c, x := range a {
		if x != b[c] {
			if v.n == variantColumns {
				return false
			}
			v.at[v.n] = c
			v.n++
		}
	}
	return true
}

// variantsTo is meanTo, for k of at most [tensor.LeastCount]: rows that are variants of one before them are not measured whole.
func (ix *nearIndex) variantsTo(dst, x []float32, k int) {
	d, n := ix.d, len(x)/ix.d
	row := func(i int) []float32 { return x[i*d : (i+1)*d] }
	var v variant
	for i := 0; i < n; {
		from := i // rows of which none is a variant of the one before
		for i++; i < n && !v.differs(row(i), row(i-1)); i++ {
		}
		if i == n {
			ix.wholeTo(dst[from:n], x[from*d:], k)
			return
		}
		of := i - 1
		ix.wholeTo(dst[from:of], x[from*d:of*d], k)
		i = ix.variantsOf(dst, x, of, k)
	}
}

// variantsOf measures row of and those behind it that are variants of it, and gives the first that is none.
func (ix *nearIndex) variantsOf(dst, x []float32, of, k int) int {
	d, n := ix.d, len(x)/ix.d
	buf := borrow(2*ix.n + ix.n/foldBy*4 + variantNear*(d+1))
	defer giveBack(buf)
	r := newVariantRoom(ix, *buf, x[of*d:(of+1)*d])
	dst[of] = meanNear(r.base.Data, r.one.Data, k)
	i := of + 1
	for ; i < n; i++ {
		if r.row.Data = x[i*d : (i+1)*d]; !r.differs(r.row.Data, r.one.Data) {
			break
		}
		if !r.measure(&dst[i], k) {
			ix.wholeTo(dst[i:i+1], r.row.Data, k)
		}
	}
	return i
}

// variantRoom is what variants of one row are measured in.
type variantRoom struct {
	variant
	ix                *nearIndex
	one, row          tensor.Tensor // that row, and a variant
	base, far, column tensor.Tensor // squared distances, but for a number that is the same for all
	near, to          tensor.Tensor // rows that are measured, and how far they are
	folds             fold
}

func newVariantRoom(ix *nearIndex, room, one []float32) *variantRoom {
	take := func(n, d int) tensor.Tensor {
		t := tensor.Tensor{Shape: []int{n, d}, Data: room[:n*d]}
		room = room[n*d:]
		return t
	}
	r := &variantRoom{ix: ix, one: tensor.Tensor{Shape: []int{1, ix.d}, Data: one}, row: tensor.Tensor{Shape: []int{1, ix.d}}}
	r.base, r.far, r.near, r.to = take(1, ix.n), take(1, ix.n), take(variantNear, ix.d), take(1, variantNear)
	r.column.Shape = r.base.Shape
	r.folds = newFold(ix.n, room)
	tensor.SquaredDistancesTo(&r.base, &r.one, ix.rows)
	return r
}

// measure is meanTo of the variant in row, false where too many rows can be among the nearest, or numbers are too large.
func (r *variantRoom) measure(dst *float32, k int) bool {
	ix, by := r.ix, r.ix.turned()
	if by == nil {
		return false
	}
	var size float64 // of the terms
	from := &r.base
	for _, c := range r.at[:r.n] {
		one, row := r.one.Data[c], r.row.Data[c]
		slope := 2 * (one - row)
		r.column.Data = by.columns[c*ix.n : (c+1)*ix.n]
		tensor.AddScaledTo(&r.far, from, &r.column, slope)
		from = &r.far
		size += 2*math.Abs(float64(slope))*float64(by.most[c]) + math.Abs(float64(row)*float64(row)-float64(one)*float64(one))
	}
	var store [variantNear]near
	best := r.folds.nearest(store[:0], from.Data, variantNear, -1)
	if len(best) < variantNear || !(size < math.MaxFloat32) {
		return false
	}
	last, ease := float64(best[k-1].d2), float64(4*ix.d+100)/(1<<24) // of the largest term, what roundings may be off by, generously
	bound := last + 2*ease*(math.Abs(last)+size)
	if !(float64(best[variantNear-1].d2) > bound) {
		return false
	}
	m := 0
	for ; float64(best[m].d2) <= bound; m++ {
		copy(r.near.Data[m*ix.d:(m+1)*ix.d], ix.rows.Row(int(best[m].row)))
	}
	near, to := r.near, r.to
	near.Shape[0], near.Data, to.Shape[1], to.Data = m, near.Data[:m*ix.d], m, to.Data[:m]
	tensor.SquaredDistancesTo(&to, &r.row, &near)
	*dst = meanNear(to.Data, r.row.Data, k)
	return true
}
