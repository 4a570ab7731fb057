package tensor

import (
	"math"
	"math/bits"
	"slices"
	"sync"
)

// Forest is decision trees whose leaves give shares of two classes, laid out so that many rows go down all of them at
// once: for each node the rows that come to it are found by comparing vectors, without one jump that depends on a row.
type Forest struct {
	d        int
	branches []int32 // of each: the node, its left child, the column and the bits of the threshold
	leaves   []int32 // of each: the node and the bits of both shares
	nodes    int
}

// Root is the first node of each tree.
const Root = 0

// forestRows is how many rows go down together.
const forestRows = 64

// nodeStep is the distance of nodes in a Forest's numbers: kernels take them for bytes.
const nodeStep = 4

// NewForest gives a forest without trees for rows of d columns.
func NewForest(d int) *Forest { return &Forest{d: d, nodes: 1} }

// Branch makes the node, which has none yet, send rows on: to left where the column is at most the threshold or is no
// number, else to left+1. A tree's nodes come after those that they hang on.
func (f *Forest) Branch(node, column int, threshold float32) (left int) {
	left = f.nodes
	f.nodes += 2
	f.branches = append(f.branches, int32(nodeStep*node), int32(nodeStep*left), int32(column), int32(math.Float32bits(threshold)))
	return left
}

// Leaf makes the node a leaf. Leaves of one tree come one after the other.
func (f *Forest) Leaf(node int, first, second float32) {
	f.leaves = append(f.leaves, int32(nodeStep*node), int32(math.Float32bits(first)), int32(math.Float32bits(second)))
}

// clearing is what some rows are judged in.
type clearing struct {
	columns []float32
	sums    [2 * (forestRows + 16)]float32 // the second class begins in the middle; vectors end beyond the last row
	masks   []uint32
	rows    []uint64
}

var clearings = sync.Pool{New: func() any { return new(clearing) }}

// fit makes room for rows of a forest.
func (c *clearing) fit(f *Forest) {
	c.columns = slices.Grow(c.columns[:0], forestRows*f.d+16)[:forestRows*f.d+16]
	if use != plain {
		c.masks = slices.Grow(c.masks[:0], 8*f.nodes)[:8*f.nodes]
	} else {
		c.rows = slices.Grow(c.rows[:0], f.nodes)[:f.nodes]
	}
}

// SumTo writes to dst [n, 2] the sums of the shares of the leaves that the rows of x [n, d] come to, added up tree by tree.
func (f *Forest) SumTo(dst, x *Tensor) {
	n := x.Rows()
	fit("Forest.SumTo", x.Cols() == f.d && dst.Rows() == n && dst.Cols() == 2, dst, x)
	c := clearings.Get().(*clearing)
	defer clearings.Put(c)
	c.fit(f)
	for from := 0; from < n; from += forestRows {
		m := min(forestRows, n-from)
		columns := Tensor{Shape: []int{f.d, m}, Data: c.columns[:f.d*m]}
		TransposeTo(&columns, &Tensor{Shape: []int{m, f.d}, Data: x.Data[from*f.d : (from+m)*f.d]})
		if use != plain {
			forestSIMD(&c.sums[0], &c.columns[0], m, f.branches, f.leaves, &c.masks[0])
		} else {
			f.sum(c, m)
		}
		for i := range m {
			dst.Data[2*(from+i)], dst.Data[2*(from+i)+1] = c.sums[i], c.sums[len(c.sums)/2+i]
		}
	}
}

// sum is the kernel for all processors: a bit for each row.
func (f *Forest) sum(c *clearing, n int) {
	c.rows[0] = math.MaxUint64 >> (forestRows - n)
	for b := f.branches; len(b) > 0; b = b[4:] {
		own, left := c.rows[b[0]/nodeStep], b[1]/nodeStep
		threshold, higher := math.Float32frombits(uint32(b[3])), uint64(0)
		for i, v := range c.columns[int(b[2])*n:][:n] {
			one := uint64(0) // without a jump
			if v > threshold {
				one = 1
			}
			higher |= one << (i & (forestRows - 1))
		}
		c.rows[left], c.rows[left+1] = own&^higher, own&higher
	}
	clear(c.sums[:])
	for l := f.leaves; len(l) > 0; l = l[3:] {
		first, second := math.Float32frombits(uint32(l[1])), math.Float32frombits(uint32(l[2]))
		for own := c.rows[l[0]/nodeStep]; own != 0; own &= own - 1 {
			i := bits.TrailingZeros64(own)
			c.sums[i] += first
			c.sums[len(c.sums)/2+i] += second
		}
	}
}
