package nn

import (
	"sync"

	"github.com/inkling-sec/inkling/tensor"
)

// Rows go through the network in blocks whose activations stay in the cache.
const block = 64

// scratch holds the activations of a block, and headers of arrays in them.
type scratch struct {
	buf    [2][]float32
	a, b   tensor.Tensor
	as, bs [2]int
	out    tensor.Tensor
	outs   [2]int
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// Forward writes the network's output for x [n, In] to dst [n, Out], with no
// tape and, in a steady state, no allocation. A row's output does not depend on
// the rows beside it. Any number of goroutines may call it.
func (m MLP) Forward(dst *tensor.Tensor, params []*tensor.Tensor, x *tensor.Tensor) {
	if x.Cols() != m.In || dst.Cols() != m.Out || x.Rows() != dst.Rows() {
		panic(&tensor.Error{Op: "Forward", Problem: "do not fit", Shapes: [][]int{
			append([]int{}, dst.Shape...), append([]int{}, x.Shape...), {m.In, m.Out}}})
	}
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	for from := 0; from < x.Rows(); from += block {
		to := min(from+block, x.Rows())
		set(&s.a, &s.as, to-from, m.In, x.Data[from*m.In:])
		set(&s.out, &s.outs, to-from, m.Out, dst.Data[from*m.Out:])
		m.forward(s, params)
	}
}

// forward computes s.out from s.a.
func (m MLP) forward(s *scratch, params []*tensor.Tensor) {
	n := s.as[0]
	for l := range m.Hidden {
		y := m.layer(l)
		set(&s.b, &s.bs, n, y.out, s.room(l%2, n*y.out))
		tensor.MatMulTo(&s.b, &s.a, params[y.at])
		tensor.AddRowTo(&s.b, &s.b, params[y.at+1])
		if m.LayerNorm {
			tensor.NormRowsTo(&s.b, &s.b, normEps)
			tensor.MulRowTo(&s.b, &s.b, params[y.at+2])
			tensor.AddRowTo(&s.b, &s.b, params[y.at+3])
		}
		tensor.ReluTo(&s.b, &s.b)
		set(&s.a, &s.as, n, y.out, s.b.Data)
	}
	at := m.Head()
	tensor.MatMulTo(&s.out, &s.a, params[at])
	tensor.AddRowTo(&s.out, &s.out, params[at+1])
}

func (s *scratch) room(i, n int) []float32 {
	if len(s.buf[i]) < n {
		s.buf[i] = make([]float32, n)
	}
	return s.buf[i]
}

// set makes t the matrix [rows, cols] at the start of data.
func set(t *tensor.Tensor, shape *[2]int, rows, cols int, data []float32) {
	*shape = [2]int{rows, cols}
	t.Shape, t.Data = shape[:], data[:rows*cols]
}
