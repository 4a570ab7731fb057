package meta

import (
	"fmt"
	"slices"

	"github.com/inkling-sec/inkling/grad"
	"github.com/inkling-sec/inkling/nn"
	"github.com/inkling-sec/inkling/tensor"
)

// rates are the step sizes of an inner loop as parameters, one array for each
// of a network's arrays from the one at from on. With steps they are [steps, 1],
// a step size for each step (Antoniou et al. 2019); without they have the array's own
// shape, a step size for each element (Li et al. 2017). Their names are the arrays' own.
type rates struct {
	net   nn.Net
	from  int
	steps int
	start float32 // what all of them start as
}

func (r rates) Names() []string { return r.net.Names()[r.from:r.net.Trained()] }

func (r rates) Init(uint64) (params []*tensor.Tensor) {
	for _, p := range r.net.Init(0)[r.from:r.net.Trained()] {
		rate := tensor.New(p.Shape...)
		if r.steps > 0 {
			rate = tensor.New(r.steps, 1)
		}
		tensor.FillTo(rate, r.start)
		params = append(params, rate)
	}
	return params
}

func (r rates) Check(params []*tensor.Tensor) error {
	names := r.Names()
	want := r.net.Init(0)[r.from:r.net.Trained()]
	if len(params) != len(want) {
		return fmt.Errorf("%d step sizes for %d parameters", len(params), len(want))
	}
	for i, p := range params {
		switch {
		case p == nil:
			return fmt.Errorf("step size of %s is missing", names[i])
		case r.steps > 0 && (len(p.Shape) != 2 || p.Shape[0] != r.steps || p.Shape[1] != 1):
			return fmt.Errorf("step size of %s has shape %v, the learner wants %v", names[i], p.Shape, []int{r.steps, 1})
		case r.steps == 0 && !slices.Equal(p.Shape, want[i].Shape):
			return fmt.Errorf("step size of %s has shape %v, the learner wants %v", names[i], p.Shape, want[i].Shape)
		}
	}
	return nil
}

// stepped gives p after step, counted from 0, against its gradient g by its learned
// rate. Steps beyond those that have a rate go by the last one's.
func stepped(p, g, rate *grad.Node, step int, each bool) *grad.Node {
	if !each {
		at := min(step, rate.Rows()-1)
		rate = grad.Spread(grad.Slice(rate, at, at+1), p.Rows(), p.Cols())
	}
	return grad.Sub(p, grad.Mul(rate, g))
}
