// Package grad gives derivatives of any order, in reverse mode on a tape.
//
// An op such as [Mul] computes a [Node] on the tape of its operands; [Grad]
// walks back from a scalar node and makes the gradients, which are nodes again.
// Each op's derivative rule stands right under the op and is written with ops,
// so a gradient of a gradient needs nothing more: meta-gradients of second
// order (Finn et al. 2017) are two calls of Grad.
//
// All nodes are matrices; a scalar is [1, 1] and a vector a row [1, d], and only
// ops that say so broadcast. Nodes and their values live in the tape's memory
// until [Tape.Reset], which keeps the memory: a steady loop allocates nothing.
// A tape belongs to one goroutine at a time. Shapes that do not fit panic with
// a [*tensor.Error].
package grad

import (
	"math/rand/v2"

	"github.com/inkling-sec/inkling/tensor"
)

// Tape records ops in their order. The zero value is ready for use.
type Tape struct {
	// Workers is how many goroutines share the work of one large op; 0 means 1.
	// It changes no bit of a result.
	Workers int
	// Noise, when set, is what dropout draws from; without it nothing is dropped.
	Noise *rand.Rand

	slabs [][]Node // node id is slabs[id/slab][id%slab]
	used  int
	data  arena[float32]
	refs  arena[*Node]
	pools arena[pooling]
	convs arena[tensor.Conv]
	epoch uint64 // of the latest Grad; marks its nodes
}

const slab = 256

// Node is a value on a tape.
type Node struct {
	value tensor.Tensor
	shape [2]int // value.Shape is shape[:]
	tape  *Tape
	id    int

	rule rule
	in   [3]*Node
	f    float32      // the op's number, if it has one
	from int          // the op's first row, if it has one
	conv *tensor.Conv // the op's convolution, if it is one
	pool *pooling     // what the op pools by, if it does

	mark uint64
	grad *Node
}

// A rule gives the derivative of a scalar with respect to n.in[i], g being the
// one with respect to n; nil is zero.
type rule func(n, g *Node, i int) *Node

// Value gives the node's value, which is good until the tape's Reset. Only what
// [Tape.Zeros] made may be written to, and only before an op has used it.
func (n *Node) Value() *tensor.Tensor { return &n.value }

// Scalar gives the value of a node of one element.
func (n *Node) Scalar() float32 { return n.value.Data[0] }

// Rows gives the number of rows.
func (n *Node) Rows() int { return n.shape[0] }

// Cols gives the number of columns.
func (n *Node) Cols() int { return n.shape[1] }

// Tape gives the tape the node is on.
func (n *Node) Tape() *Tape { return n.tape }

// Reset forgets all nodes and keeps their memory for those to come.
func (t *Tape) Reset() {
	t.used = 0
	t.data.reset()
	t.refs.reset()
	t.pools.reset()
	t.convs.reset()
}

// Leaf puts x on the tape without copying: x has to stay as it is until Reset.
// Whether a leaf is a variable or a constant is for Grad to say.
func (t *Tape) Leaf(x *tensor.Tensor) *Node {
	n := t.bare(x.Rows(), x.Cols())
	n.value.Data = x.Data
	return n
}

// Zeros makes a leaf of zeros in the tape's memory, for the caller to fill.
func (t *Tape) Zeros(rows, cols int) *Node {
	n := t.make(rows, cols, nil, nil, nil)
	clear(n.value.Data)
	return n
}

// Fill makes a leaf with f everywhere.
func (t *Tape) Fill(rows, cols int, f float32) *Node {
	n := t.make(rows, cols, nil, nil, nil)
	tensor.FillTo(&n.value, f)
	return n
}

// Nodes gives room for n nodes in the tape's memory, good until Reset.
func (t *Tape) Nodes(n int) []*Node { return t.refs.take(n) }

// make adds a node; its value is for the op to write, all of it.
func (t *Tape) make(rows, cols int, r rule, a, b *Node) *Node {
	n := t.bare(rows, cols)
	n.value.Data = t.data.take(rows * cols)
	n.rule, n.in = r, [3]*Node{a, b}
	return n
}

// bare adds a node without a value.
func (t *Tape) bare(rows, cols int) *Node {
	if t.used == slab*len(t.slabs) {
		t.slabs = append(t.slabs, make([]Node, slab))
	}
	n := t.at(t.used)
	*n = Node{tape: t, id: t.used, shape: [2]int{rows, cols}}
	n.value.Shape = n.shape[:]
	t.used++
	return n
}

func (t *Tape) at(id int) *Node { return &t.slabs[id/slab][id%slab] }

// like makes a node of a's shape.
func like(r rule, a, b *Node) *Node { return a.tape.make(a.shape[0], a.shape[1], r, a, b) }

// arena hands out slices from chunks that it keeps.
type arena[T any] struct {
	chunks [][]T
	chunk  int // the one in use
	used   int // of it
}

func (a *arena[T]) reset() { a.chunk, a.used = 0, 0 }

// take gives n elements whose values are left over from before.
func (a *arena[T]) take(n int) []T {
	for ; a.chunk < len(a.chunks); a.chunk, a.used = a.chunk+1, 0 {
		if c := a.chunks[a.chunk]; a.used+n <= len(c) {
			s := c[a.used : a.used+n : a.used+n]
			a.used = min(len(c), a.used+(n+15)&^15) // 16 float32 are a cache line
			return s
		}
	}
	a.chunks = append(a.chunks, make([]T, max(n, 1<<16)))
	return a.take(n)
}
