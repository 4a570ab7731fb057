package nn

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/inkling-sec/inkling/grad"
	"github.com/inkling-sec/inkling/tensor"
)

// ConvNet is the convolutional network of the few-shot papers: blocks of 3×3
// convolution, batch norm, ReLU and 2×2 max-pool, four of 64 filters for
// "Conv-4" (Vinyals et al. 2016), and a linear layer if Out says so. A series is an
// image one high: its windows and pools are one high too.
//
// A row is an image, [Height·Width·Channels], channels last. The convolutions
// have no bias, which batch norm would take away again.
type ConvNet struct {
	Height, Width, Channels int
	Filters                 []int // of each block
	Strided                 bool  // convolutions of stride 2 in place of max-pool (Finn et al. 2017, for Omniglot)
	Unpooled                int   // so many of the last blocks keep their sides (2 for Sung et al. 2018)
	Out                     int   // columns of the output; 0 gives the last block's
}

var _ Net = ConvNet{}

// Each block has so many parameters.
const perBlock = 3

// block gives the convolution of block l and the pooling after it, which is zero where there is none.
func (m ConvNet) block(l int) (c tensor.Conv, p tensor.Pool) {
	c = tensor.Conv{Height: m.Height, Width: m.Width, Channels: m.Channels, High: 3, Wide: 3, Stride: 1}
	if m.Height == 1 {
		c.High = 1
	}
	for i := range l + 1 {
		shrinks := i < len(m.Filters)-m.Unpooled
		c.Stride = 1
		if shrinks && m.Strided {
			c.Stride = 2
		}
		h, w := c.Out()
		p = tensor.Pool{}
		if shrinks && !m.Strided {
			p = tensor.Pool{Height: h, Width: w, High: min(2, h), Wide: min(2, w)}
			h, w = p.Out()
		}
		if i < l {
			c.Height, c.Width, c.Channels = h, w, m.Filters[i]
		}
	}
	return c, p
}

// flat gives the number of columns that go into the last layer.
func (m ConvNet) flat() int {
	last := len(m.Filters) - 1
	c, p := m.block(last)
	h, w := c.Out()
	if p.High > 0 {
		h, w = p.Out()
	}
	return h * w * m.Filters[last]
}

// Sides gives the number of columns of an image and of the output.
func (m ConvNet) Sides() (in, out int) {
	if out = m.Out; out == 0 {
		out = m.flat()
	}
	return m.Height * m.Width * m.Channels, out
}

// Head gives the place of the last layer's first parameter.
func (m ConvNet) Head() int { return perBlock * len(m.Filters) }

// Trained gives the number of parameters but for statistics.
func (m ConvNet) Trained() int {
	if m.Out > 0 {
		return m.Head() + 2
	}
	return m.Head()
}

// Names gives the parameters' names in order: weight [window, filters], scale
// and shift [filters] of each block, weight [in, out] and bias [out] of the
// last layer, mean and rstd [filters] of each block.
func (m ConvNet) Names() (names []string) {
	for l := range m.Filters {
		names = append(names, fmt.Sprintf("conv%d.weight", l), fmt.Sprintf("conv%d.scale", l), fmt.Sprintf("conv%d.shift", l))
	}
	if m.Out > 0 {
		names = append(names, "last.weight", "last.bias")
	}
	return append(names, statisticNames("conv", len(m.Filters))...)
}

func (m ConvNet) shapes() (shapes [][]int) {
	for l, f := range m.Filters {
		c, _ := m.block(l)
		shapes = append(shapes, []int{c.Window(), f}, []int{f}, []int{f})
	}
	if m.Out > 0 {
		shapes = append(shapes, []int{m.flat(), m.Out}, []int{m.Out})
	}
	for _, f := range m.Filters {
		shapes = append(shapes, []int{f}, []int{f})
	}
	return shapes
}

// Init gives parameters: weights by Glorot and Bengio 2010, scales 1, all
// else 0; statistics of mean 0 and deviation 1.
func (m ConvNet) Init(seed uint64) (params []*tensor.Tensor) {
	rng := rand.New(rand.NewPCG(seed, 0x636e6e))
	for _, s := range m.shapes() {
		w := tensor.New(s...)
		if len(s) == 2 {
			normal(w, rng, math.Sqrt(2/float64(s[0]+s[1])))
		}
		params = append(params, w)
	}
	for l := range m.Filters {
		tensor.FillTo(params[perBlock*l+1], 1)
	}
	ones(params[m.Trained():])
	return params
}

// Check says in which way params are not parameters of m.
func (m ConvNet) Check(params []*tensor.Tensor) error { return check(params, m.Names(), m.shapes()) }

// Body takes the images through the blocks.
func (m ConvNet) Body(params []*grad.Node, x *grad.Node) *grad.Node {
	n := x.Rows()
	x = grad.Reshape(x, n*m.Height*m.Width, m.Channels)
	for l := range m.Filters {
		w, scale, shift := params[perBlock*l], params[perBlock*l+1], params[perBlock*l+2]
		c, p := m.block(l)
		x = grad.NormPool(grad.Conv(x, w, c), scale, normEps, p)
		x = grad.Relu(grad.AffineRows(x, scale, shift))
	}
	return grad.Reshape(x, n, m.flat())
}

// Last applies the last layer, if there is one.
func (m ConvNet) Last(params []*grad.Node, x *grad.Node) *grad.Node {
	if m.Out == 0 {
		return x
	}
	at := m.Head()
	return grad.AddRow(grad.MatMul(x, params[at]), params[at+1])
}

// Forward writes the network's output for the images x to dst, with no tape.
func (m ConvNet) Forward(dst *tensor.Tensor, params []*tensor.Tensor, x *tensor.Tensor) {
	in, out := m.Sides()
	checkForward(dst, x, in, out)
	const images = 4 // whose activations stay in the cache
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	for from := 0; from < x.Rows(); from += images {
		n := min(images, x.Rows()-from)
		set(&s.a, &s.as, n*m.Height*m.Width, m.Channels, x.Data[from*in:])
		m.blocks(s, params, false)
		set(&s.a, &s.as, n, m.flat(), s.a.Data)
		set(&s.out, &s.outs, n, out, dst.Data[from*out:])
		if m.Out == 0 {
			tensor.CopyTo(&s.out, &s.a)
			continue
		}
		tensor.DenseTo(&s.out, &s.a, params[m.Head()], params[m.Head()+1], false)
	}
}

// Freeze takes the statistics of batch norm from the images x.
func (m ConvNet) Freeze(params []*tensor.Tensor, x *tensor.Tensor) {
	s := new(scratch) // may be large: not to be kept
	set(&s.a, &s.as, x.Rows()*m.Height*m.Width, m.Channels, x.Data)
	m.blocks(s, params, true)
}

// blocks takes s.a through the blocks, freezing their statistics on the way if told so.
func (m ConvNet) blocks(s *scratch, params []*tensor.Tensor, freeze bool) {
	for l, f := range m.Filters {
		s.conv, s.pool = m.block(l)
		h, w := s.conv.Out()
		images := s.as[0] / (s.conv.Height * s.conv.Width)
		set(&s.b, &s.bs, images*h*w, f, s.room(0, images*h*w*f))
		tensor.ConvTo(&s.b, &s.a, params[perBlock*l], &s.conv, 1)
		scale, mean, rstd := params[perBlock*l+1], params[m.Trained()+2*l], params[m.Trained()+2*l+1]
		if freeze {
			tensor.MomentsTo(mean, rstd, &s.b, normEps, 1)
		}
		if s.pool.High > 0 {
			h, w = s.pool.Out()
		}
		rows := images * h * w
		set(&s.a, &s.as, rows, f, s.room(1, rows*f))
		if s.pool.High == 0 {
			tensor.CopyTo(&s.a, &s.b)
		} else {
			set(&s.c, &s.cs, rows, f, s.room(2, rows*f)) // which pixels, of no use here
			tensor.PoolTo(&s.a, &s.c, &s.b, scale, &s.pool, 1)
		}
		s.norm(&s.a, scale, params[perBlock*l+2], mean, rstd)
		tensor.ReluTo(&s.a, &s.a)
	}
}
