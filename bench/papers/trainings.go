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
	{name: "maml-mlp-1", about: "MAML, MLP 256-128-64-64, batch norm", gradient: true, ways: 5, shots: 1, queries: 5, iterations: 40000, metaBatch: 16,
		learner: func() meta.Trainer { return &meta.MAML{Model: mlp(1e-3), Steps: 1, TestSteps: 3, Rate: 0.4} },
		tests:   []test{{5, 1, "89.7 ± 1.1", "89.0"}}},
	{name: "maml-mlp-5", about: "MAML, MLP 256-128-64-64, batch norm", gradient: true, ways: 5, shots: 5, queries: 5, iterations: 20000, metaBatch: 16,
		learner: func() meta.Trainer { return &meta.MAML{Model: mlp(1e-3), Steps: 1, TestSteps: 3, Rate: 0.4} },
		tests:   []test{{5, 5, "97.5 ± 0.6", "97.0"}}},
	{name: "maml-conv4-1", about: "MAML, Conv-4 strided", gradient: true, ways: 5, shots: 1, queries: 5, iterations: 20000, metaBatch: 8,
		learner: func() meta.Trainer { return &meta.MAML{Model: conv(true, 2e-3), Steps: 1, TestSteps: 3, Rate: 0.4} },
		tests:   []test{{5, 1, "98.7 ± 0.4", "98.0"}}},
	{name: "maml-conv4-5", about: "MAML, Conv-4 strided", gradient: true, ways: 5, shots: 5, queries: 5, iterations: 12000, metaBatch: 8,
		learner: func() meta.Trainer { return &meta.MAML{Model: conv(true, 2e-3), Steps: 1, TestSteps: 3, Rate: 0.4} },
		tests:   []test{{5, 5, "99.9 ± 0.1", "99.3"}}},
	{name: "protonet-1", about: "ProtoNet, Conv-4", ways: 60, shots: 1, queries: 5, iterations: 2000, metaBatch: 1,
		learner: func() meta.Trainer { return &meta.ProtoNet{Model: conv(false, 1e-3)} },
		tests:   []test{{5, 1, "98.8", "98.3"}, {20, 1, "96.0", "95.0"}}},
	{name: "protonet-5", about: "ProtoNet, Conv-4", ways: 30, shots: 5, queries: 5, iterations: 2000, metaBatch: 1,
		learner: func() meta.Trainer { return &meta.ProtoNet{Model: conv(false, 1e-3)} },
		tests:   []test{{5, 5, "99.7", "99.5"}, {20, 5, "98.9", "98.5"}}},
	{name: "reptile", about: "Reptile, Conv-4 strided", gradient: true, ways: 5, shots: 5, queries: 5, iterations: 100000, metaBatch: 5,
		learner: func() meta.Trainer {
			m := conv(true, 0)
			m.Outer.SGD, m.Outer.Linear = true, true
			return &meta.Reptile{Model: m, InnerAdam: true, InnerBatch: 10, TestBatch: 5, Steps: 5, TestSteps: 50}
		},
		tests: []test{{5, 1, "95.39 ± 0.09", "94.5"}, {5, 5, "98.90 ± 0.10", "98.5"}}},
	{name: "meta-sgd", about: "Meta-SGD, Conv-4 strided", gradient: true, ways: 5, shots: 1, queries: 5, iterations: 12000, metaBatch: 8,
		learner: func() meta.Trainer { return &meta.MetaSGD{Model: conv(true, 2e-3), Rate: 0.1} },
		tests:   []test{{5, 1, "99.53 ± 0.26", "98.0"}}},
	{name: "fomaml", about: "FOMAML, Conv-4 strided", gradient: true, ways: 5, shots: 1, queries: 5, iterations: 8000, metaBatch: 8,
		learner: func() meta.Trainer {
			return &meta.MAML{Model: conv(true, 2e-3), FirstOrder: true, Steps: 3, TestSteps: 5, Rate: 0.1}
		},
		tests: []test{{5, 1, "98.3 ± 0.5", "96.8"}}},
	{name: "anil", about: "ANIL, Conv-4 strided", gradient: true, ways: 5, shots: 1, queries: 5, iterations: 8000, metaBatch: 8,
		learner: func() meta.Trainer {
			return &meta.MAML{Model: conv(true, 2e-3), HeadOnly: true, Steps: 5, TestSteps: 10, Rate: 0.1}
		},
		tests: []test{{5, 1, "–", "–"}}},
	{name: "siamese", about: "Siamese (contrastive), Conv-4 strided", ways: 20, shots: 1, queries: 5, iterations: 8000, metaBatch: 1,
		learner: func() meta.Trainer { return &meta.Siamese{Model: conv(true, 2e-3)} },
		tests:   []test{{5, 1, "97.3", "95.8"}}},
	{name: "triplet", about: "Triplet (semi-hard), Conv-4 strided", ways: 20, shots: 1, queries: 5, iterations: 6000, metaBatch: 1,
		learner: func() meta.Trainer { return &meta.Triplet{Model: conv(true, 1e-3)} },
		tests:   []test{{5, 1, "–", "–"}}},
	{name: "matching", about: "Matching (cosine), Conv-4 strided", ways: 20, shots: 1, queries: 5, iterations: 6000, metaBatch: 1,
		learner: func() meta.Trainer { return &meta.Matching{Model: conv(true, 1e-3)} },
		tests:   []test{{5, 1, "98.1", "96.6"}}},
	{name: "relation", about: "Relation network, Conv-4 strided, last two blocks not", ways: 5, shots: 1, queries: 10, iterations: 6000, metaBatch: 1,
		learner: func() meta.Trainer {
			m := conv(true, 1e-3)
			m.Unpooled = 2
			return &meta.Relation{Model: m}
		},
		tests: []test{{5, 1, "99.6 ± 0.2", "98.1"}}},
	{name: "r2d2", about: "R2D2, Conv-4 strided", ways: 20, shots: 1, queries: 5, iterations: 6000, metaBatch: 1,
		learner: func() meta.Trainer { return &meta.R2D2{Model: conv(true, 1e-3)} },
		tests:   []test{{5, 1, "98.55", "97.0"}}},
}
