package nn

import (
	"sync"

	"github.com/inkling-sec/inkling/tensor"
)

// Rows go through the network in blocks whose activations stay in the cache.
const block = 64

// scratch holds the activations of a block, and headers of arrays in them.
type scratch struct {
	buf    [3][]float32
	a, b   tensor.Tensor
	as, bs [2]int
	c      tensor.Tensor
	cs     [2]int
	out    tensor.Tensor
	outs   [2]int

	scale, shift tensor.Tensor // of batch norm, its statistics in them
	folds        [2]int
	folded       []float32
	conv         tensor.Conv
	pool         tensor.Pool
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// Forward writes the network's output for x [n, In] to dst [n, Out], with no
// tape and, in a steady state, no allocation.
func (m MLP) Forward(dst *tensor.Tensor, params []*tensor.Tensor, x *tensor.Tensor) {
	checkForward(dst, x, m.In, m.Out)
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	for from := 0; from < x.Rows(); from += block {
		to := min(from+block, x.Rows())
		set(&s.a, &s.as, to-from, m.In, x.Data[from*m.In:])
		set(&s.out, &s.outs, to-from, m.Out, dst.Data[from*m.Out:])
		m.hidden(s, params, false)
		at := m.Head()
		tensor.DenseTo(&s.out, &s.a, params[at], params[at+1], false)
	}
}

// Freeze takes the statistics of batch norm from the rows x.
func (m MLP) Freeze(params []*tensor.Tensor, x *tensor.Tensor) {
	if !m.BatchNorm {
		return
	}
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	set(&s.a, &s.as, x.Rows(), m.In, x.Data)
	m.hidden(s, params, true)
}

func checkForward(dst, x *tensor.Tensor, in, out int) {
	if x.Cols() != in || dst.Cols() != out || x.Rows() != dst.Rows() {
		panic(&tensor.Error{Op: "Forward", Problem: "do not fit", Shapes: [][]int{
			append([]int{}, dst.Shape...), append([]int{}, x.Shape...), {in, out}}})
	}
}

// hidden takes s.a through the hidden layers, freezing their statistics on the way if told so.
func (m MLP) hidden(s *scratch, params []*tensor.Tensor, freeze bool) {
	n := s.as[0]
	for l := range m.Hidden {
		y := m.layer(l)
		set(&s.b, &s.bs, n, y.out, s.room(l%2, n*y.out))
		tensor.DenseTo(&s.b, &s.a, params[y.at], params[y.at+1], !m.BatchNorm && !m.LayerNorm)
		switch {
		case m.BatchNorm:
			mean, rstd := params[m.Trained()+2*l], params[m.Trained()+2*l+1]
			if freeze {
				tensor.MomentsTo(mean, rstd, &s.b, normEps, 1)
			}
			s.norm(&s.b, params[y.at+2], params[y.at+3], mean, rstd)
		case m.LayerNorm:
			tensor.NormRowsTo(&s.b, &s.b, normEps)
			tensor.AffineRowsTo(&s.b, &s.b, params[y.at+2], params[y.at+3])
		}
		if m.BatchNorm || m.LayerNorm {
			tensor.ReluTo(&s.b, &s.b)
		}
		set(&s.a, &s.as, n, y.out, s.b.Data)
	}
}

// norm normalises the columns of x by frozen statistics, then scales and shifts them.
func (s *scratch) norm(x, scale, shift, mean, rstd *tensor.Tensor) {
	d := x.Cols()
	if len(s.folded) < 2*d {
		s.folded = make([]float32, 2*d)
	}
	set(&s.scale, &s.folds, 1, d, s.folded)
	set(&s.shift, &s.folds, 1, d, s.folded[d:])
	for j, g := range scale.Data {
		a := g * rstd.Data[j]
		s.scale.Data[j], s.shift.Data[j] = a, shift.Data[j]-mean.Data[j]*a
	}
	tensor.AffineRowsTo(x, x, &s.scale, &s.shift)
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
