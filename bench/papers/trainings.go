package main

import "github.com/inkling-sec/inkling/meta"

const (
	seed     = 1  // of weights and training tasks
	testSeed = 77 // of test episodes
)

// A training is a model to train, on tasks of these sides, and what it is judged at.
type training struct {
	name, about           string
	learner               func() meta.Trainer
	gradient              bool // adapts by gradients: judged inductively and transductively
	ways, shots, queries  int
	iterations, metaBatch int
	tests                 []test
}

// test is a kind of episode with what the paper says and what ours is to reach, in percent.
type test struct {
	ways, shots    int
	published, bar string
}

func mlp(rate float32) meta.Model {
	return meta.Model{Hidden: []int{256, 128, 64, 64}, BatchNorm: true, Outer: meta.Outer{Rate: rate}}
}

func conv(strided bool, rate float32) meta.Model {
	return meta.Model{Filters: []int{64, 64, 64, 64}, Image: meta.Image{Height: 28, Width: 28, Channels: 1}, Strided: strided, Outer: meta.Outer{Rate: rate}}
}

// trainings are all there are. Adding one is some lines here.
var trainings = []training{
	{name: "maml-mlp-1", about: "MAML, MLP 256-128-64-64, batch norm", gradient: true, ways: 5, shots: 1, queries: 5, iterations: 30000, metaBatch: 32,
		learner: func() meta.Trainer { return &meta.MAML{Model: mlp(1e-3), Steps: 1, TestSteps: 3, Rate: 0.4} },
		tests:   []test{{5, 1, "89.7 ± 1.1", "89.0"}}},
	{name: "maml-mlp-5", about: "MAML, MLP 256-128-64-64, batch norm", gradient: true, ways: 5, shots: 5, queries: 5, iterations: 10000, metaBatch: 32,
		learner: func() meta.Trainer { return &meta.MAML{Model: mlp(1e-3), Steps: 1, TestSteps: 3, Rate: 0.4} },
		tests:   []test{{5, 5, "97.5 ± 0.6", "97.0"}}},
	{name: "maml-conv4-1", about: "MAML, Conv-4 strided", gradient: true, ways: 5, shots: 1, queries: 5, iterations: 5000, metaBatch: 16,
		learner: func() meta.Trainer { return &meta.MAML{Model: conv(true, 1e-3), Steps: 1, TestSteps: 3, Rate: 0.4} },
		tests:   []test{{5, 1, "98.7 ± 0.4", "98.0"}}},
	{name: "maml-conv4-5", about: "MAML, Conv-4 strided", gradient: true, ways: 5, shots: 5, queries: 5, iterations: 3000, metaBatch: 16,
		learner: func() meta.Trainer { return &meta.MAML{Model: conv(true, 1e-3), Steps: 1, TestSteps: 3, Rate: 0.4} },
		tests:   []test{{5, 5, "99.9 ± 0.1", "99.3"}}},
	{name: "protonet-1", about: "ProtoNet, Conv-4", ways: 60, shots: 1, queries: 5, iterations: 3000, metaBatch: 1,
		learner: func() meta.Trainer { return &meta.ProtoNet{Model: conv(false, 1e-3)} },
		tests:   []test{{5, 1, "98.8", "98.3"}, {20, 1, "96.0", "95.0"}}},
	{name: "protonet-5", about: "ProtoNet, Conv-4", ways: 30, shots: 5, queries: 5, iterations: 3000, metaBatch: 1,
		learner: func() meta.Trainer { return &meta.ProtoNet{Model: conv(false, 1e-3)} },
		tests:   []test{{5, 5, "99.7", "99.5"}, {20, 5, "98.9", "98.5"}}},
	{name: "fomaml-conv4-1", about: "FOMAML, Conv-4 strided", gradient: true, ways: 5, shots: 1, queries: 5, iterations: 5000, metaBatch: 16,
		learner: func() meta.Trainer {
			return &meta.MAML{Model: conv(true, 1e-3), FirstOrder: true, Steps: 5, TestSteps: 10, Rate: 0.1}
		},
		tests: []test{{5, 1, "98.3 ± 0.5", "96.8"}}},
	{name: "anil-conv4-1", about: "ANIL, Conv-4 strided", gradient: true, ways: 5, shots: 1, queries: 5, iterations: 5000, metaBatch: 16,
		learner: func() meta.Trainer {
			return &meta.MAML{Model: conv(true, 1e-3), HeadOnly: true, Steps: 5, TestSteps: 10, Rate: 0.1}
		},
		tests: []test{{5, 1, "–", "–"}}},
	{name: "meta-sgd-conv4-1", about: "Meta-SGD, Conv-4 strided", gradient: true, ways: 5, shots: 1, queries: 5, iterations: 5000, metaBatch: 16,
		learner: func() meta.Trainer { return &meta.MetaSGD{Model: conv(true, 1e-3), Rate: 0.1} },
		tests:   []test{{5, 1, "99.53 ± 0.26", "98.0"}}},
}
