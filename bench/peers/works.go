package main

import "context"

// work is a piece of work that both can do.
type work struct {
	name, doc string
	unit      string // what a time is for
	threads   int    // both run with 1 to this many
	often     int    // that many times the rounds asked for; 0 means once
	script    script
	// ours runs for about that many seconds with that many workers and gives milliseconds per unit.
	ours func(ctx context.Context, workers int, seconds float64) (ms float64, err error)
}

// works are all comparisons. Sizes are the scripts' defaults: 5 ways, 5 shots, 15
// queries a class, 41 features, two hidden layers of 64, 32 tasks an outer step.
var works = []work{
	{
		name: "maml-mlp-1", unit: "ms per task", threads: 2,
		doc:    "second-order MAML, MLP 41-64-64-5, one inner step; PyTorch task by task",
		script: maml("--steps", "1"), ours: trainMAML(1),
	},
	{
		name: "maml-mlp-1-batched", unit: "ms per task", threads: 2,
		doc:    "the same, PyTorch with all 32 tasks in one batched product",
		script: maml("--steps", "1", "--batched"), ours: trainMAML(1),
	},
	{
		name: "maml-mlp-5", unit: "ms per task", threads: 2,
		doc:    "the same with five inner steps; PyTorch task by task",
		script: maml("--steps", "5"), ours: trainMAML(5),
	},
	{
		name: "maml-conv4", unit: "ms per task", threads: 2,
		doc:    "second-order MAML, Conv-4 on 28×28, 1 shot, 1 query, one inner step, 8 tasks an outer step",
		script: maml("--model", "conv4", "--shots", "1", "--queries", "1", "--tasks", "8", "--steps", "1"), ours: trainMAMLConv,
	},
	{
		name: "proto-mlp", unit: "ms per episode", threads: 2,
		doc:    "prototypical network, MLP 41-64-64-64, an Adam step an episode",
		script: proto(), ours: trainProto,
	},
	{
		name: "proto-conv4", unit: "ms per episode", threads: 2,
		doc:    "prototypical network, Conv-4 on 28×28, an Adam step an episode",
		script: proto("--model", "conv4"), ours: trainProtoConv,
	},
	{
		name: "score-rows", unit: "ms per 1000 rows", threads: 1, often: 3, // one pass of the script takes 50 ms
		doc: "100,000 rows in blocks of 4096 by an MLP 64-128-64 and 32 prototypes, one core",
		script: script{file: "score_rows.py", once: true, modules: "torch, sklearn", line: "torch mlp + prototypes",
			ms: func(l line) float64 { return div(1e6, l.RowsPerS) }},
		ours: scoreRows,
	},
	{
		name: "matmul-75x64x64", unit: "ms per product", threads: 1,
		doc: "one product [75, 64]·[64, 64], one core",
		script: script{inline: product, modules: "torch",
			ms: func(l line) float64 { return l.MSPerProduct }},
		ours: multiply,
	},
}

func maml(args ...string) script {
	return script{file: "maml_step.py", args: args, modules: "torch", ms: func(l line) float64 { return l.MSPerTask }}
}

func proto(args ...string) script {
	return script{file: "proto_step.py", args: args, modules: "torch", ms: func(l line) float64 { return l.MSPerEpisode }}
}

// div gives 0 for what is not there.
func div(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}
