package meta

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/inkling-sec/inkling/grad"
	"github.com/inkling-sec/inkling/nn"
	"github.com/inkling-sec/inkling/tensor"
)

// A linear network of one input and two classes, all parameters 0. With
// u = w₁ − w₀ both support rows (1 of class 1, −1 of class 0) have the loss
// ln(1 + exp(−u)), whose gradient is ∓σ(−u) for w₁ and w₀, and by symmetry 0 for
// the biases. A step of Rate 1 leads to u' = u + 2σ(−u), which is 1 at u = 0.
// The query rows (2 and −2) have the loss ln(1 + exp(−2u')), whose gradient for
// w₁ after the step is −2σ(−2) = −0.2384058: that is FOMAML's. MAML's has the
// factor du'/du = 1 − 2σ(0)(1 − σ(0)) = 1/2 too: −0.1192029.
func TestMAMLByHand(t *testing.T) {
	for name, c := range map[string]struct {
		learner MAML
		want    float64
	}{
		"maml":   {MAML{}, -0.1192029},
		"fomaml": {MAML{FirstOrder: true}, -0.2384058},
		"anil":   {MAML{HeadOnly: true}, -0.1192029}, // its last layer is its only one
	} {
		m := c.learner
		m.Model = Model{Hidden: []int{}, In: 1, Out: 2, params: []*tensor.Tensor{tensor.New(1, 2), tensor.New(2)}}
		m.Steps, m.Rate = 1, 1
		task := &Task{
			Ways:    2,
			Support: Set{tensor.From([]float32{1, -1}, 2, 1), []int{1, 0}},
			Query:   Set{tensor.From([]float32{2, -2}, 2, 1), []int{1, 0}},
		}
		var tape grad.Tape
		o, err := m.episode(context.Background(), leaves(&tape, m.params), task)
		if err != nil {
			t.Fatal(err)
		}
		if want := math.Log(1 + math.Exp(-2)); math.Abs(o.loss-want) > 1e-6 || o.accuracy != 1 {
			t.Errorf("%s: loss %v and accuracy %v, want %v and 1", name, o.loss, o.accuracy, want)
		}
		for i, want := range []float64{-c.want, c.want} {
			if got := float64(o.grads[0].Value().Data[i]); math.Abs(got-want) > 1e-6 {
				t.Errorf("%s: gradient of w%d is %v, want %v", name, i, got, want)
			}
			if got := o.grads[1].Value().Data[i]; math.Abs(float64(got)) > 1e-6 {
				t.Errorf("%s: gradient of b%d is %v, want 0", name, i, got)
			}
		}
	}
}

// The meta-gradient is held to differences of the whole inner loop, along the
// gradient of each parameter array. First order has to fail the same check.
func TestMetaGradient(t *testing.T) {
	for _, c := range []struct {
		name  string
		m     MAML
		exact bool
	}{
		{"1 step", MAML{Steps: 1}, true},
		{"3 steps", MAML{Steps: 3}, true},
		{"3 steps, last layer", MAML{Steps: 3, HeadOnly: true}, true},
		{"3 steps, no layer norm", MAML{Steps: 3, Model: Model{NoNorm: true}}, true},
		{"3 steps, learned rates", MAML{Steps: 3, LearnRates: true}, true},
		{"3 steps, last layer, learned rates", MAML{Steps: 3, HeadOnly: true, LearnRates: true}, true},
		{"3 steps, loss of each", MAML{Steps: 3, MultiStep: 10, done: 4}, true},
		{"3 steps, learned rates, loss of each", MAML{Steps: 3, LearnRates: true, MultiStep: 10}, true},
		{"1 step, Meta-SGD", MAML{Steps: 1, everyElement: true}, true},
		{"2 steps, Meta-SGD", MAML{Steps: 2, everyElement: true}, true},
		{"3 steps, first order at the start", MAML{Steps: 3, FirstOrderFor: 2, done: 1}, false},
		{"3 steps, first order past the start", MAML{Steps: 3, FirstOrderFor: 2, done: 2}, true},
		{"3 steps, first order", MAML{Steps: 3, FirstOrder: true}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			task := toy(3, 6, 2)(1)
			c.m.Hidden, c.m.Rate = []int{7, 6}, 0.3
			m, err := c.m.sized(task, 4)
			if err != nil {
				t.Fatal(err)
			}
			var tape grad.Tape
			run := func() outcome {
				tape.Reset()
				o, err := m.episode(context.Background(), leaves(&tape, m.params), task)
				if err != nil {
					t.Fatal(err)
				}
				return o
			}
			worst := gradientError(t, m.params, run)
			t.Logf("largest relative error %.2g", worst)
			if c.exact != (worst < 0.005) {
				t.Errorf("largest relative error %v", worst)
			}
		})
	}
}

// gradientError holds the gradients that run gives to differences of its loss, along the gradient of each
// parameter array, and gives the largest error relative to the norm of all.
func gradientError(t *testing.T, params []*tensor.Tensor, run func() outcome) (worst float64) {
	t.Helper()
	const step = 1. / 1024 // small enough to stay on one side of the ReLUs' kinks
	var grads []*tensor.Tensor
	for _, g := range run().grads {
		grads = append(grads, g.Value().Clone())
	}
	scale := nn.Norm(grads)
	for i, g := range grads {
		norm := nn.Norm(grads[i : i+1])
		if norm == 0 {
			t.Fatalf("no gradient for parameter %d", i)
		}
		p := params[i]
		start := p.Clone()
		at := func(k float64) float64 {
			tensor.AddScaledTo(p, start, g, float32(k*step/norm))
			return run().loss
		}
		got := (8*(at(1)-at(-1)) - (at(2) - at(-2))) / (12 * step)
		copy(p.Data, start.Data)
		worst = max(worst, math.Abs(got-norm)/scale)
	}
	return worst
}

func TestEpisodesAllocateNothing(t *testing.T) {
	if raced {
		t.Skip("the race detector makes pools allocate")
	}
	task := toy(3, 30, 5)(1)
	ctx := context.Background()
	m, err := (&MAML{}).sized(task, 1)
	if err != nil {
		t.Fatal(err)
	}
	plus, err := (&MAML{LearnRates: true, MultiStep: 10}).sized(task, 1)
	if err != nil {
		t.Fatal(err)
	}
	sgd, err := (&MetaSGD{}).inner().sized(task, 1)
	if err != nil {
		t.Fatal(err)
	}
	r, err := (&Reptile{InnerAdam: true, InnerBatch: 10}).sized(task, 1)
	if err != nil {
		t.Fatal(err)
	}
	b, err := (&BaselinePP{}).sized(task, 1)
	if err != nil {
		t.Fatal(err)
	}
	p, err := (&ProtoNet{}).sized(task, 1)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		episode episode
		params  []*tensor.Tensor
	}{"maml": {m.episode, m.params}, "maml++": {plus.episode, plus.params}, "meta-sgd": {sgd.episode, sgd.params}, "reptile": {m.reptile, m.params}, "reptile, Adam on batches": {r.walk, r.params}, "baseline++": {b.episode, b.params}, "protonet": {p.episode, p.params}} {
		tape := grad.Tape{Noise: rand.New(rand.NewPCG(1, 2))}
		step := func() {
			tape.Reset()
			if _, err := c.episode(ctx, leaves(&tape, c.params), task); err != nil {
				t.Fatal(err)
			}
		}
		step()
		if n := testing.AllocsPerRun(10, step); n != 0 {
			t.Errorf("%s: %v allocations an episode, want none", name, n)
		}
	}
}

// A task of the usual few-shot benchmark size: an MLP 41-64-64-5, 5 ways, 5
// shots, 15 query rows a class, second order through 1 and 5 inner steps.
func BenchmarkMAMLTask(b *testing.B) {
	for name, m := range map[string]MAML{
		"1 step":               {Steps: 1, Model: Model{NoNorm: true}},
		"5 steps":              {Steps: 5, Model: Model{NoNorm: true}},
		"5 steps, layer norm":  {Steps: 5},
		"5 steps, first order": {Steps: 5, FirstOrder: true, Model: Model{NoNorm: true}},
	} {
		b.Run(name, func(b *testing.B) { benchEpisode(b, m, gaussian(41, []int{5, 5, 5, 5, 5}, []int{15, 15, 15, 15, 15})) })
	}
}

// A detection task of the default size.
func BenchmarkDetectionTask(b *testing.B) {
	task := gaussian(150, []int{128, 5}, []int{96, 32})
	for name, m := range map[string]MAML{"maml": {}, "fomaml": {FirstOrder: true}, "anil": {HeadOnly: true}} {
		b.Run(name, func(b *testing.B) { benchEpisode(b, m, task) })
	}
}

func BenchmarkAdapt(b *testing.B) {
	task := gaussian(150, []int{1000, 5}, []int{1, 1})
	for name, l := range trained() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := l.Adapt(context.Background(), task); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func benchEpisode(b *testing.B, m MAML, task *Task) {
	c, err := m.sized(task, 1)
	if err != nil {
		b.Fatal(err)
	}
	var tape grad.Tape
	once := func() {
		tape.Reset()
		if _, err := c.episode(context.Background(), leaves(&tape, c.params), task); err != nil {
			b.Fatal(err)
		}
	}
	once() // makes the tape's memory
	b.ReportAllocs()
	for b.Loop() {
		once()
	}
}

// gaussian gives a task of d columns with these rows a class.
func gaussian(d int, support, query []int) *Task {
	t := &Task{Ways: len(support)}
	fill := func(s *Set, counts []int) {
		for c, k := range counts {
			for range k {
				s.Y = append(s.Y, c)
			}
		}
		s.X = tensor.New(len(s.Y), d)
		for i := range s.X.Data {
			s.X.Data[i] = float32(math.Sin(float64(i*i%977))) + float32(s.Y[i/d])/4
		}
	}
	fill(&t.Support, support)
	fill(&t.Query, query)
	return t
}
