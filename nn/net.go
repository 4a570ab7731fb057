package nn

import (
	"fmt"
	"slices"

	"github.com/inkling-sec/inkling/grad"
	"github.com/inkling-sec/inkling/tensor"
)

// Params says which arrays something has for parameters.
type Params interface {
	// Names gives the parameters' names in order, none twice.
	Names() []string
	// Init gives parameters to start from: same seed, same parameters.
	Init(seed uint64) []*tensor.Tensor
	// Check says in which way params are not such parameters.
	Check(params []*tensor.Tensor) error
}

// Net is a network as a function of its parameters: first those to be trained, the last
// layer's at their end, then statistics that batch norm takes from rows. Apply gives its output on a
// tape, where batch norm goes by the rows at hand.
type Net interface {
	Params
	// Sides gives the number of columns of the input and of the output.
	Sides() (in, out int)
	// Trained gives the number of parameters to be trained.
	Trained() int
	// Head gives the place of the last layer's first parameter; Trained() where there is no such layer.
	Head() int
	// Body computes what goes into the last layer, and Last the output from it.
	Body(params []*grad.Node, x *grad.Node) *grad.Node
	Last(params []*grad.Node, x *grad.Node) *grad.Node
	// Freeze writes to the statistics among params those of the rows x, layer by layer.
	Freeze(params []*tensor.Tensor, x *tensor.Tensor)
	// Forward writes the output for x [n, in] to dst [n, out], going by the frozen
	// statistics: so a row's output does not depend on the rows beside it. Any number of goroutines may call it.
	Forward(dst *tensor.Tensor, params []*tensor.Tensor, x *tensor.Tensor)
}

// Apply computes a network's output for x [n, in] on x's tape.
func Apply(n Net, params []*grad.Node, x *grad.Node) *grad.Node {
	return n.Last(params, n.Body(params, x))
}

// check compares params with the names and shapes they ought to have.
func check(params []*tensor.Tensor, names []string, shapes [][]int) error {
	if len(params) != len(shapes) {
		return fmt.Errorf("%d parameters, the network has %d", len(params), len(shapes))
	}
	for i, p := range params {
		if p == nil {
			return fmt.Errorf("%s is missing", names[i])
		}
		if !slices.Equal(p.Shape, shapes[i]) {
			return fmt.Errorf("%s has shape %v, the network wants %v", names[i], p.Shape, shapes[i])
		}
	}
	return nil
}
