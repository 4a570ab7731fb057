// Package nn holds networks, losses, optimizers and parameter files.
//
// A network is a function of its parameters and owns none: parameters are a
// slice of arrays in an order that the network names. So the same network runs
// with the weights before and after an inner step, on a tape ([Apply]) or
// without one ([Net.Forward]), and in any number of goroutines.
package nn

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/inkling-sec/inkling/grad"
	"github.com/inkling-sec/inkling/tensor"
)

// MLP is a multi-layer perceptron with ReLU between its layers.
type MLP struct {
	In        int     // columns of the input
	Hidden    []int   // units of the hidden layers; none makes the network linear
	Out       int     // columns of the output
	LayerNorm bool    // normalise each row of a hidden layer before its ReLU (Ba et al. 2016)
	BatchNorm bool    // or each unit over the rows at hand (Ioffe and Szegedy 2015)
	Dropout   float32 // share of the hidden units that are dropped in training (Srivastava et al. 2014)
}

var _ Net = MLP{}

const normEps = 1e-5

// layer says where the parameters of a layer lie and which sides it has.
type layer struct {
	in, out, at int
	hidden      bool
}

// layer gives layer l, 0 to len(Hidden).
func (m MLP) layer(l int) layer {
	each := 2
	if m.LayerNorm || m.BatchNorm {
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
// of each layer and, of a hidden one with a norm, scale and shift [out]; then,
// of each hidden one with batch norm, mean and rstd [out].
func (m MLP) Names() (names []string) {
	for l := range len(m.Hidden) + 1 {
		names = append(names, fmt.Sprintf("layer%d.weight", l), fmt.Sprintf("layer%d.bias", l))
		if (m.LayerNorm || m.BatchNorm) && m.layer(l).hidden {
			names = append(names, fmt.Sprintf("layer%d.scale", l), fmt.Sprintf("layer%d.shift", l))
		}
	}
	if m.BatchNorm {
		names = append(names, statisticNames("layer", len(m.Hidden))...)
	}
	return names
}

func statisticNames(prefix string, layers int) (names []string) {
	for l := range layers {
		names = append(names, fmt.Sprintf("%s%d.mean", prefix, l), fmt.Sprintf("%s%d.rstd", prefix, l))
	}
	return names
}

// Sides gives In and Out.
func (m MLP) Sides() (in, out int) { return m.In, m.Out }

// Trained gives the number of parameters but for statistics.
func (m MLP) Trained() int { return m.Head() + 2 }

// Head gives the place of the last layer's first parameter.
func (m MLP) Head() int { return m.layer(len(m.Hidden)).at }

// shapes gives the parameters' shapes in the order of Names.
func (m MLP) shapes() (shapes [][]int) {
	for l := range len(m.Hidden) + 1 {
		y := m.layer(l)
		shapes = append(shapes, []int{y.in, y.out}, []int{y.out})
		if (m.LayerNorm || m.BatchNorm) && y.hidden {
			shapes = append(shapes, []int{y.out}, []int{y.out})
		}
	}
	if m.BatchNorm {
		for _, h := range m.Hidden {
			shapes = append(shapes, []int{h}, []int{h})
		}
	}
	return shapes
}

// Init gives parameters: weights by He et al. 2015, those of the last layer by
// Glorot and Bengio 2010, scales 1, all else 0; statistics of mean 0 and
// deviation 1.
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
		normal(params[y.at], rng, std)
		if (m.LayerNorm || m.BatchNorm) && y.hidden {
			tensor.FillTo(params[y.at+2], 1)
		}
	}
	ones(params[m.Trained():])
	return params
}

func normal(w *tensor.Tensor, rng *rand.Rand, std float64) {
	for i := range w.Data {
		w.Data[i] = float32(rng.NormFloat64() * std)
	}
}

// ones makes the deviations among statistics 1.
func ones(statistics []*tensor.Tensor) {
	for i := 1; i < len(statistics); i += 2 {
		tensor.FillTo(statistics[i], 1)
	}
}

// Check says in which way params are not parameters of m.
func (m MLP) Check(params []*tensor.Tensor) error { return check(params, m.Names(), m.shapes()) }

// Body computes what goes into the last layer.
func (m MLP) Body(params []*grad.Node, x *grad.Node) *grad.Node {
	for l := range m.Hidden {
		at := m.layer(l).at
		x = grad.AddRow(grad.MatMul(x, params[at]), params[at+1])
		switch {
		case m.BatchNorm:
			x = grad.AffineRows(grad.NormPool(x, params[at+2], normEps, tensor.Pool{}), params[at+2], params[at+3])
		case m.LayerNorm:
			x = grad.AffineRows(grad.NormRows(x, normEps), params[at+2], params[at+3])
		}
		x = Dropout(grad.Relu(x), m.Dropout)
	}
	return x
}

// Last applies the last layer to what Body gave.
func (m MLP) Last(params []*grad.Node, x *grad.Node) *grad.Node {
	at := m.Head()
	return grad.AddRow(grad.MatMul(x, params[at]), params[at+1])
}

// Dropout sets each element of x to 0 with probability share and makes up for
// it in the others, if x's tape has Noise.
func Dropout(x *grad.Node, share float32) *grad.Node {
	noise := x.Tape().Noise
	if share == 0 || noise == nil {
		return x
	}
	mask := x.Tape().Zeros(x.Rows(), x.Cols())
	for i := range mask.Value().Data {
		if noise.Float32() >= share {
			mask.Value().Data[i] = 1 / (1 - share)
		}
	}
	return grad.Mul(x, mask)
}
