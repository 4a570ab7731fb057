package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"time"

	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/tensor"
)

// outer is the peers' optimizer: Adam at 0.001, no schedule and no clipping.
var outer = meta.Outer{Rate: 1e-3, Flat: true, Clip: -1}

// mlp is a network 41-64-64-out.
func mlp(out int) meta.Model {
	return meta.Model{Hidden: []int{64, 64}, Out: out, NoNorm: true, Outer: outer}
}

// conv4 differs from the peers' network in that its convolutions have no bias,
// which batch norm takes away again, and pools before it normalises: the function is the same.
func conv4(out int) meta.Model {
	return meta.Model{Filters: []int{64, 64, 64, 64}, Image: meta.Image{Height: 28, Width: 28, Channels: 1}, Out: out, Outer: outer}
}

func trainMAML(steps int) func(context.Context, int, float64) (float64, error) {
	return func(ctx context.Context, workers int, seconds float64) (float64, error) {
		m := &meta.MAML{Steps: steps, Rate: 0.1, Model: mlp(5)}
		return timeTraining(ctx, m, tasks(32, 41, 5, 15), workers, 2, seconds)
	}
}

func trainMAMLConv(ctx context.Context, workers int, seconds float64) (float64, error) {
	m := &meta.MAML{Steps: 1, Rate: 0.1, Model: conv4(5)}
	return timeTraining(ctx, m, tasks(8, 28*28, 1, 1), workers, 2, seconds)
}

func trainProto(ctx context.Context, workers int, seconds float64) (float64, error) {
	p := &meta.ProtoNet{Prototypes: true, Model: mlp(64)}
	return timeTraining(ctx, p, tasks(1, 41, 5, 15), workers, 3, seconds)
}

// trainProtoConv's network normalises support and query images apart; the peer's, all together.
func trainProtoConv(ctx context.Context, workers int, seconds float64) (float64, error) {
	p := &meta.ProtoNet{Prototypes: true, Model: conv4(meta.AsConvolved)} // 64 columns
	return timeTraining(ctx, p, tasks(1, 28*28, 5, 15), workers, 3, seconds)
}

// timeTraining trains on the tasks, all of them each outer step, and gives
// milliseconds a task after the first warm outer steps.
func timeTraining(ctx context.Context, l meta.Trainer, tasks []*meta.Task, workers, warm int, seconds float64) (float64, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var began time.Time
	var took time.Duration
	steps := 0
	_, err := l.Train(ctx, func(n uint64) *meta.Task { return tasks[n%uint64(len(tasks))] }, meta.Run{
		Iterations: 1 << 30, MetaBatch: len(tasks), Workers: workers, Seed: 1,
		Report: func(p meta.Progress) {
			if p.Iteration == warm {
				began = time.Now()
				return
			}
			if p.Iteration > warm {
				steps, took = p.Iteration-warm, time.Since(began)
				if took.Seconds() >= seconds {
					cancel()
				}
			}
		},
	})
	if took.Seconds() < seconds { // the end was not ours
		return 0, err
	}
	return took.Seconds() * 1e3 / float64(steps*len(tasks)), nil
}

// tasks gives n tasks of five classes, all of it noise as the peers' are.
func tasks(n, features, shots, queries int) []*meta.Task {
	rng := rand.New(rand.NewPCG(1, 2))
	out := make([]*meta.Task, n)
	for i := range out {
		out[i] = &meta.Task{Ways: 5, Support: noise(rng, features, shots), Query: noise(rng, features, queries)}
	}
	return out
}

// noise gives each of five classes that many rows.
func noise(rng *rand.Rand, features, rows int) meta.Set {
	s := meta.Set{X: gaussian(rng, 5*rows, features)}
	for c := range 5 {
		for range rows {
			s.Y = append(s.Y, c)
		}
	}
	return s
}

func gaussian(rng *rand.Rand, rows, cols int) *tensor.Tensor {
	t := tensor.New(rows, cols)
	for i := range t.Data {
		t.Data[i] = float32(rng.NormFloat64())
	}
	return t
}

// scoreRows passes over the rows as score_rows.py does.
func scoreRows(ctx context.Context, _ int, seconds float64) (float64, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	const rows, block, ways = 100_000, 4096, 32
	rng := rand.New(rand.NewPCG(3, 4))
	support := meta.Set{X: gaussian(rng, ways, 64)}
	for c := range ways {
		support.Y = append(support.Y, c)
	}
	p := &meta.ProtoNet{Prototypes: true, Model: meta.Model{Hidden: []int{128}, Out: 64, NoNorm: true, Seed: 1}}
	scorer, err := p.Adapt(ctx, &meta.Task{Ways: ways, Support: support})
	if err != nil {
		return 0, err
	}
	x, dst := gaussian(rng, rows, 64), make([]float32, block*ways)
	scorer.Score(dst, x.RowRange(0, 1024))
	return timeLoop(ctx, seconds, rows/1000, func() {
		for i := 0; i < rows; i += block {
			scorer.Score(dst, x.RowRange(i, min(i+block, rows)))
		}
	})
}

func multiply(ctx context.Context, _ int, seconds float64) (float64, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	rng := rand.New(rand.NewPCG(5, 6))
	a, b, dst := gaussian(rng, 75, 64), gaussian(rng, 64, 64), tensor.New(75, 64)
	const many = 1000
	f := func() {
		for range many {
			tensor.MatMulTo(dst, a, b)
		}
	}
	f()
	return timeLoop(ctx, seconds, many, f)
}

// timeLoop calls f, which does that many units, for so many seconds, and gives milliseconds per unit.
func timeLoop(ctx context.Context, seconds float64, units int, f func()) (float64, error) {
	began := time.Now()
	for n := units; ; n += units {
		f()
		if ctx.Err() != nil {
			return 0, errors.New("interrupted")
		}
		if took := time.Since(began).Seconds(); took >= seconds {
			return took * 1e3 / float64(n), nil
		}
	}
}
