package nn

import (
	"math"
	"math/rand/v2"

	"github.com/inkling-sec/inkling/grad"
	"github.com/inkling-sec/inkling/tensor"
)

// LSTM is a cell of long short-term memory with a forget gate (Gers,
// Schmidhuber and Cummins 2000), as a function of its parameters.
type LSTM struct {
	In     int // columns of the input
	Back   int // columns of what comes back from the step before; 0 means Hidden
	Hidden int // columns of the state
}

var _ Params = LSTM{}

func (l LSTM) back() int {
	if l.Back == 0 {
		return l.Hidden
	}
	return l.Back
}

// Names gives the parameters' names in order: input [In, 4·Hidden], back
// [Back, 4·Hidden] and bias [4·Hidden]; the columns of each are those of the
// input gate, the forget gate, the output gate and the candidate.
func (LSTM) Names() []string { return []string{"input", "back", "bias"} }

func (l LSTM) shapes() [][]int {
	return [][]int{{l.In, 4 * l.Hidden}, {l.back(), 4 * l.Hidden}, {4 * l.Hidden}}
}

// Init gives parameters: weights by Glorot and Bengio 2010, the bias of the
// forget gate 1 (Gers et al.), all else 0.
func (l LSTM) Init(seed uint64) (params []*tensor.Tensor) {
	rng := rand.New(rand.NewPCG(seed, 0x6c73746d))
	for _, s := range l.shapes() {
		w := tensor.New(s...)
		if len(s) == 2 {
			normal(w, rng, math.Sqrt(2/float64(s[0]+l.Hidden)))
		}
		params = append(params, w)
	}
	for i := range l.Hidden {
		params[2].Data[l.Hidden+i] = 1
	}
	return params
}

// Check says in which way params are not parameters of l.
func (l LSTM) Check(params []*tensor.Tensor) error { return check(params, l.Names(), l.shapes()) }

// Step takes inputs x [n, In], what comes back [n, Back] and memory c [n, Hidden]
// to the new state h and memory, each row by itself. back and c may be nil for zeros.
func (l LSTM) Step(params []*grad.Node, x, back, c *grad.Node) (h, memory *grad.Node) {
	gates := grad.AddRow(grad.MatMul(x, params[0]), params[2])
	if back != nil {
		gates = grad.Add(gates, grad.MatMul(back, params[1]))
	}
	k := l.Hidden
	open := grad.Sigmoid(grad.Columns(gates, 0, 3*k))
	memory = grad.Mul(grad.Columns(open, 0, k), grad.Tanh(grad.Columns(gates, 3*k, 4*k)))
	if c != nil {
		memory = grad.Add(memory, grad.Mul(grad.Columns(open, k, 2*k), c))
	}
	return grad.Mul(grad.Columns(open, 2*k, 3*k), grad.Tanh(memory)), memory
}
