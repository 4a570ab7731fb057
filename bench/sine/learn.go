package main

import (
	"context"
	"math/rand/v2"
	"sync"

	"github.com/inkling-sec/inkling/grad"
	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/nn"
	"github.com/inkling-sec/inkling/tensor"
)

// The settings of the paper's section 5.1.
const (
	metaBatch = 25
	shots     = 10 // points to adapt on in training, and as many to judge by
	innerRate = 0.01
	outerRate = 0.001
)

var net = nn.MLP{In: 1, Hidden: []int{40, 40}, Out: 1}

// model is a trained network and the rate at which it goes on to learn.
type model struct {
	params []*tensor.Tensor
	rate   float32
}

// squared gives the mean squared error of the network.
func squared(params []*grad.Node, x, y *grad.Node) *grad.Node {
	d := grad.Sub(nn.Apply(net, params, x), y)
	return grad.Scale(grad.Sum(grad.Mul(d, d)), 1/float32(d.Rows()))
}

// descend gives the parameters after a gradient step on the points.
func descend(params []*grad.Node, x, y *grad.Node, rate float32) []*grad.Node {
	grads := grad.Grad(squared(params, x, y), params...)
	out := x.Tape().Nodes(len(params))
	for i, g := range grads {
		out[i] = grad.AddScaled(params[i], g, -rate)
	}
	return out
}

func leaves(t *grad.Tape, params []*tensor.Tensor) []*grad.Node {
	out := t.Nodes(len(params))
	for i, p := range params {
		out[i] = t.Leaf(p)
	}
	return out
}

// trainBoth trains by MAML and on all waves at once, side by side.
func trainBoth(ctx context.Context, iterations int, seed uint64, report func(done, of int, loss float64)) (maml, pre model, err error) {
	var wg sync.WaitGroup
	wg.Go(func() { maml = model{optimise(ctx, iterations, seed, byMAML, report), innerRate} })
	wg.Go(func() {
		pre = model{params: optimise(ctx, iterations, seed, byPoints, func(int, int, float64) {})}
		pre.rate = pre.bestRate()
	})
	wg.Wait()
	return maml, pre, ctx.Err()
}

// A lossOf gives what is to be made small for one wave: of support points sx,
// sy and query points qx, qy.
type lossOf func(params []*grad.Node, sx, sy, qx, qy *grad.Node) *grad.Node

// byMAML is equation 1 of the paper: the error on other points after one step.
func byMAML(params []*grad.Node, sx, sy, qx, qy *grad.Node) *grad.Node {
	return squared(descend(params, sx, sy, innerRate), qx, qy)
}

// byPoints is the error on all points as they are.
func byPoints(params []*grad.Node, sx, sy, qx, qy *grad.Node) *grad.Node {
	return grad.Scale(grad.Add(squared(params, sx, sy), squared(params, qx, qy)), 0.5)
}

// optimise trains a network by Adam on the mean loss of a meta-batch of new waves at each outer step.
func optimise(ctx context.Context, iterations int, seed uint64, loss lossOf, report func(done, of int, loss float64)) []*tensor.Tensor {
	rng, params := rand.New(rand.NewPCG(seed, 1)), net.Init(seed)
	adam, sum := nn.Adam{Rate: outerRate}, net.Init(0)
	sx, sy, qx, qy := tensor.New(shots, 1), tensor.New(shots, 1), tensor.New(shots, 1), tensor.New(shots, 1)
	var tape grad.Tape
	for it := 1; it <= iterations && ctx.Err() == nil; it++ {
		for _, s := range sum {
			clear(s.Data)
		}
		var mean float64
		for range metaBatch {
			w := newWave(rng)
			w.points(rng, sx, sy)
			w.points(rng, qx, qy)
			tape.Reset()
			from := leaves(&tape, params)
			l := loss(from, tape.Leaf(sx), tape.Leaf(sy), tape.Leaf(qx), tape.Leaf(qy))
			for i, g := range grad.Grad(l, from...) {
				tensor.AddScaledTo(sum[i], sum[i], g.Value(), 1./metaBatch)
			}
			mean += float64(l.Scalar()) / metaBatch
		}
		adam.Step(params, sum)
		if it%100 == 0 || it == iterations {
			report(it, iterations, mean)
		}
	}
	return params
}

// follow makes steps gradient steps on the points and shows f the parameters
// before the first and after each.
func (m model) follow(x, y *tensor.Tensor, steps int, f func(step int, params []*tensor.Tensor)) {
	var tape grad.Tape
	params := make([]*tensor.Tensor, len(m.params))
	for i, p := range m.params {
		params[i] = p.Clone()
	}
	f(0, params)
	for step := 1; step <= steps; step++ {
		tape.Reset()
		for i, p := range descend(leaves(&tape, params), tape.Leaf(x), tape.Leaf(y), m.rate) {
			copy(params[i].Data, p.Value().Data)
		}
		f(step, params)
	}
}

// errorsOf gives the mean squared error along a wave after 0 to steps steps on k of its points.
func (m model) errorsOf(w wave, rng *rand.Rand, k, steps int) []float64 {
	x, y := tensor.New(k, 1), tensor.New(k, 1)
	w.points(rng, x, y)
	at, want := w.grid(200)
	got, out := tensor.New(200, 1), make([]float64, steps+1)
	m.follow(x, y, steps, func(step int, params []*tensor.Tensor) {
		net.Forward(got, params, at)
		for i, v := range got.Data {
			d := float64(v - want.Data[i])
			out[step] += d * d / 200
		}
	})
	return out
}

// Streams of waves that no training sees.
const (
	tuneStream    = 100
	testStream    = 200
	exampleStream = 300
)

// bestRate gives the rate with the least error after ten steps on waves set aside.
func (m model) bestRate() float32 {
	best, least := float32(0), 0.0
	for _, rate := range []float32{0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1} {
		m.rate = rate
		sum := 0.0
		for i := range uint64(200) {
			rng := rand.New(rand.NewPCG(i, tuneStream))
			sum += m.errorsOf(newWave(rng), rng, shots, 10)[10]
		}
		if best == 0 || sum < least {
			best, least = rate, sum
		}
	}
	return best
}

// judge gives the error after each number of steps on k points, over that many new waves.
func (m model) judge(tasks, k int) []meta.Estimate {
	const steps = 10
	all := make([][]float64, steps+1)
	for i := range uint64(tasks) {
		rng := rand.New(rand.NewPCG(i, testStream))
		for n, e := range m.errorsOf(newWave(rng), rng, k, steps) {
			all[n] = append(all[n], e)
		}
	}
	out := make([]meta.Estimate, steps+1)
	for n, e := range all {
		out[n] = meta.MeanOf(e)
	}
	return out
}
