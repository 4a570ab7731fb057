package meta_test

import (
	"context"
	"fmt"

	"github.com/inkling-sec/inkling/grad"
	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/nn"
	"github.com/inkling-sec/inkling/tensor"
)

// gated is a network of one's own: an MLP that first weighs each column of its
// input. Its parameters are the weights and then those of the MLP.
type gated struct{ nn.MLP }

var _ nn.Net = gated{}

func (g gated) Names() []string { return append([]string{"gate"}, g.MLP.Names()...) }
func (g gated) Trained() int    { return 1 + g.MLP.Trained() }
func (g gated) Head() int       { return 1 + g.MLP.Head() }

func (g gated) Init(seed uint64) []*tensor.Tensor {
	gate := tensor.New(1, g.In)
	tensor.FillTo(gate, 1)
	return append([]*tensor.Tensor{gate}, g.MLP.Init(seed)...)
}

func (g gated) Check(params []*tensor.Tensor) error {
	if len(params) == 0 || params[0] == nil || params[0].Rows() != 1 || params[0].Cols() != g.In {
		return fmt.Errorf("gate does not fit rows of %d columns", g.In)
	}
	return g.MLP.Check(params[1:])
}

// Body and Last compute the output on a tape, to be differentiated.
func (g gated) Body(params []*grad.Node, x *grad.Node) *grad.Node {
	return g.MLP.Body(params[1:], grad.MulRow(x, params[0]))
}

func (g gated) Last(params []*grad.Node, x *grad.Node) *grad.Node {
	return g.MLP.Last(params[1:], x)
}

// Forward and Freeze go without one.
func (g gated) Forward(dst *tensor.Tensor, params []*tensor.Tensor, x *tensor.Tensor) {
	g.MLP.Forward(dst, params[1:], g.weigh(params, x))
}

func (g gated) Freeze(params []*tensor.Tensor, x *tensor.Tensor) {
	g.MLP.Freeze(params[1:], g.weigh(params, x))
}

func (g gated) weigh(params []*tensor.Tensor, x *tensor.Tensor) *tensor.Tensor {
	y := tensor.New(x.Rows(), x.Cols())
	tensor.MulRowTo(y, x, params[0])
	return y
}

// A network of one's own is a function of its parameters, and every trained learner takes it. It says how to compute on a tape; the
// derivatives come from grad.
func Example_network() {
	known := meta.NWay(flowers(1, 30), meta.Episodes{Ways: 5, Shots: []int{1}})
	unseen := meta.NWay(flowers(2, 30), meta.Episodes{Ways: 5, Shots: []int{1}})
	net := gated{nn.MLP{In: 8, Hidden: []int{32}, Out: 16}}
	for _, l := range []meta.Trainer{
		&meta.ProtoNet{Model: meta.Model{Net: net, Seed: 1}},
		&meta.MAML{Model: meta.Model{Net: gated{nn.MLP{In: 8, Hidden: []int{32}, Out: 5}}, Seed: 1}},
	} {
		trained, err := l.Train(context.Background(), known, meta.Run{Iterations: 200})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s: better than untrained: %v\n", l.Name(), rightOf(trained, unseen, 50) > rightOf(l, unseen, 50)+0.1)
		gate := trained.Params()["gate"].Data
		least, most := min(gate[0], gate[1], gate[2]), max(gate[3], gate[4], gate[5], gate[6], gate[7])
		fmt.Println("the three columns that tell classes apart weigh most:", least > most)
	}
	// Output:
	// protonet: better than untrained: true
	// the three columns that tell classes apart weigh most: true
	// maml: better than untrained: true
	// the three columns that tell classes apart weigh most: true
}
