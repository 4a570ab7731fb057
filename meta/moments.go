package meta

import (
	"fmt"
	"slices"

	"github.com/inkling-sec/inkling/nn"
	"github.com/inkling-sec/inkling/tensor"
)

// moments are what Reptile's inner Adam knows of the tasks before: the running mean of the
// squares of each trained array's gradients, and [1, 1] how many steps it is over.
type moments struct{ net nn.Net }

func (m moments) Names() []string {
	return append(slices.Clone(m.net.Names()[:m.net.Trained()]), "steps")
}

// Init gives those of an Adam that has seen nothing.
func (m moments) Init(uint64) []*tensor.Tensor {
	return append(zerosLike(m.net.Init(0)[:m.net.Trained()]), tensor.New(1, 1))
}

func (m moments) Check(params []*tensor.Tensor) error {
	want := m.Init(0)
	if len(params) != len(want) {
		return fmt.Errorf("%d moments of the inner Adam, the learner wants %d", len(params), len(want))
	}
	for i, name := range m.Names() {
		switch {
		case params[i] == nil:
			return fmt.Errorf("the inner Adam's moment of %s is missing", name)
		case !slices.Equal(params[i].Shape, want[i].Shape):
			return fmt.Errorf("the inner Adam's moment of %s has shape %v, the learner wants %v", name, params[i].Shape, want[i].Shape)
		}
	}
	if steps := params[len(params)-1].Data[0]; !(steps >= 0) {
		return fmt.Errorf("the inner Adam has made %v steps", steps)
	}
	return nil
}
