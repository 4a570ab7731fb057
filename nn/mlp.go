// Package nn holds networks, losses, optimizers and parameter files.
//
// A network is a function of its parameters and owns none: parameters are a
// slice of arrays in an order that the network names. So the same network runs
// with the weights before and after an inner step, on a tape ([MLP.Apply]) or
// without one ([MLP.Forward]), and in any number of goroutines.
package nn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/inkling-sec/inkling/grad"
	"github.com/inkling-sec/inkling/tensor"
)

// MLP is a multi-layer perceptron with ReLU between its layers. Rows go in and
// come out one by one: no statistic is taken over a batch.
type MLP struct {
	In        int   // columns of the input
	Hidden    []int // units of the hidden layers; none makes the network linear
	Out       int   // columns of the output
	LayerNorm bool  // normalise each hidden layer before its ReLU (Ba et al. 2016)
}

const normEps = 1e-5

// layer says where the parameters of a layer lie and which sides it has.
type layer struct {
	in, out, at int
	hidden      bool
}

// layer gives layer l, 0 to len(Hidden).
func (m MLP) layer(l int) layer {
	each := 2
	if m.LayerNorm {
		each = 4
	}
	y := layer{in: m.In, out: m.Out, at: l * each}
	if l > 0 {
		y.in = m.Hidden[l-1]
	}
	if l < len(m.Hidden) {
		y.out, y.hidden = m.Hidden[l], true
	}
	return y
}

// Names gives the parameters' names in order: weight [in, out] and bias [out]
// of each layer and, of a hidden one with layer norm, scale and shift [out].
func (m MLP) Names() (names []string) {
	for l := range len(m.Hidden) + 1 {
		names = append(names, fmt.Sprintf("layer%d.weight", l), fmt.Sprintf("layer%d.bias", l))
		if m.LayerNorm && m.layer(l).hidden {
			names = append(names, fmt.Sprintf("layer%d.scale", l), fmt.Sprintf("layer%d.shift", l))
		}
	}
	return names
}

// Head gives the place of the last layer's first parameter.
func (m MLP) Head() int { return m.layer(len(m.Hidden)).at }

// shapes gives the parameters' shapes in the order of Names.
func (m MLP) shapes() (shapes [][]int) {
	for l := range len(m.Hidden) + 1 {
		y := m.layer(l)
		shapes = append(shapes, []int{y.in, y.out}, []int{y.out})
		if m.LayerNorm && y.hidden {
			shapes = append(shapes, []int{y.out}, []int{y.out})
		}
	}
	return shapes
}

// Init gives parameters: weights by He et al. 2015, those of the last layer by
// Glorot and Bengio 2010, scales 1, all else 0. Same seed, same parameters.
func (m MLP) Init(seed uint64) (params []*tensor.Tensor) {
	for _, s := range m.shapes() {
		params = append(params, tensor.New(s...))
	}
	rng := rand.New(rand.NewPCG(seed, 0x6d6c70))
	for l := range len(m.Hidden) + 1 {
		y := m.layer(l)
		std := math.Sqrt(2 / float64(y.in))
		if !y.hidden {
			std = math.Sqrt(2 / float64(y.in+y.out))
		}
		w := params[y.at].Data
		for i := range w {
			w[i] = float32(rng.NormFloat64() * std)
		}
		if m.LayerNorm && y.hidden {
			tensor.FillTo(params[y.at+2], 1)
		}
	}
	return params
}

// Check says in which way params are not parameters of m.
func (m MLP) Check(params []*tensor.Tensor) error {
	want, names := m.shapes(), m.Names()
	if len(params) != len(want) {
		return fmt.Errorf("%d parameters, the network has %d", len(params), len(want))
	}
	for i, p := range params {
		if p == nil {
			return fmt.Errorf("%s is missing", names[i])
		}
		if !slices.Equal(p.Shape, want[i]) {
			return fmt.Errorf("%s has shape %v, the network wants %v", names[i], p.Shape, want[i])
		}
	}
	return nil
}

// Apply computes the network's output for x [n, In] on x's tape.
func (m MLP) Apply(params []*grad.Node, x *grad.Node) *grad.Node {
	return m.Last(params, m.Body(params, x))
}

// Body computes what goes into the last layer.
func (m MLP) Body(params []*grad.Node, x *grad.Node) *grad.Node {
	for l := range m.Hidden {
		at := m.layer(l).at
		x = grad.AddRow(grad.MatMul(x, params[at]), params[at+1])
		if m.LayerNorm {
			x = grad.AddRow(grad.MulRow(grad.NormRows(x, normEps), params[at+2]), params[at+3])
		}
		x = grad.Relu(x)
	}
	return x
}

// Last applies the last layer to what Body gave.
func (m MLP) Last(params []*grad.Node, x *grad.Node) *grad.Node {
	at := m.Head()
	return grad.AddRow(grad.MatMul(x, params[at]), params[at+1])
}
