package meta_test

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/inkling-sec/inkling/grad"
	"github.com/inkling-sec/inkling/nn"
	"github.com/inkling-sec/inkling/tensor"
)

// sineNet is the network of the MAML paper's section 5.1, from x to amplitude·sin(x − phase).
var sineNet = nn.MLP{In: 1, Hidden: []int{40, 40}, Out: 1}

// drawWave gives two sets of ten points of one random wave.
func drawWave(rng *rand.Rand) (x, y [2]*tensor.Tensor) {
	amplitude, phase := 0.1+4.9*rng.Float64(), math.Pi*rng.Float64()
	for s := range x {
		x[s], y[s] = tensor.New(10, 1), tensor.New(10, 1)
		for i := range 10 {
			at := 10*rng.Float64() - 5
			x[s].Data[i], y[s].Data[i] = float32(at), float32(amplitude*math.Sin(at-phase))
		}
	}
	return x, y
}

// meanSquared is the loss: a node on the tape, so it has derivatives of any order.
func meanSquared(params []*grad.Node, x, y *grad.Node) *grad.Node {
	d := grad.Sub(nn.Apply(sineNet, params, x), y)
	return grad.Scale(grad.Sum(grad.Mul(d, d)), 1/float32(d.Rows()))
}

// innerStep gives the parameters after one gradient step, as nodes that
// depend on those before: that makes the outer gradient one of second order.
func innerStep(params []*grad.Node, x, y *grad.Node) []*grad.Node {
	after := make([]*grad.Node, len(params))
	for i, g := range grad.Grad(meanSquared(params, x, y), params...) {
		after[i] = grad.AddScaled(params[i], g, -0.01)
	}
	return after
}

// waveLosses gives the errors on a new wave's second set before and after a step on the first.
func waveLosses(tape *grad.Tape, params []*tensor.Tensor, rng *rand.Rand) (leaves []*grad.Node, before, after *grad.Node) {
	tape.Reset()
	for _, p := range params {
		leaves = append(leaves, tape.Leaf(p))
	}
	x, y := drawWave(rng)
	sx, sy, qx, qy := tape.Leaf(x[0]), tape.Leaf(y[0]), tape.Leaf(x[1]), tape.Leaf(y[1])
	return leaves, meanSquared(leaves, qx, qy), meanSquared(innerStep(leaves, sx, sy), qx, qy)
}

// A meta-learner of one's own, in full: MAML for regression (Finn, Abbeel and Levine 2017, section 5.1), which finds a sine
// wave from ten points in one gradient step. [MAML] is a classifier; another loss takes no more than this, on grad and
// nn alone. The whole figure of the paper is drawn by go run ./bench/sine.
func Example_sine() {
	var tape grad.Tape
	rng := rand.New(rand.NewPCG(2, 2))
	params, adam := sineNet.Init(2), nn.Adam{Rate: 0.003}
	for range 1000 {
		sum := sineNet.Init(0)
		for _, s := range sum {
			clear(s.Data)
		}
		const metaBatch = 25
		for range metaBatch {
			leaves, _, loss := waveLosses(&tape, params, rng)
			for i, g := range grad.Grad(loss, leaves...) {
				tensor.AddScaledTo(sum[i], sum[i], g.Value(), 1./metaBatch)
			}
		}
		adam.Step(params, sum)
	}
	var before, after float64
	for range 200 {
		_, b, a := waveLosses(&tape, params, rng)
		before += float64(b.Scalar()) / 200
		after += float64(a.Scalar()) / 200
	}
	fmt.Println("a step takes away more than half of the error:", after < before/2)
	// Output: a step takes away more than half of the error: true
}
