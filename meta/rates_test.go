package meta

import (
	"bytes"
	"context"
	"math"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling/grad"
	"github.com/inkling-sec/inkling/tensor"
)

// The network and the rows of TestMAMLByHand. One step leads to
// u' = 2·rate·σ(0), so for a rate of 1 the query loss falls by
// 2σ(−2)·2σ(0) = 0.2384058 as the rate grows by one; a step size for each
// element has half of that for each of the two weights, a bias's has none.
func TestLearnedRatesByHand(t *testing.T) {
	task := &Task{
		Ways:    2,
		Support: Set{tensor.From([]float32{1, -1}, 2, 1), []int{1, 0}},
		Query:   Set{tensor.From([]float32{2, -2}, 2, 1), []int{1, 0}},
	}
	for name, c := range map[string]struct {
		m    MAML
		want []float32 // of the weights' step sizes
	}{
		"a rate for each array":   {MAML{LearnRates: true}, []float32{-0.2384058}},
		"a rate for each element": {MAML{everyElement: true}, []float32{-0.1192029, -0.1192029}},
	} {
		m := c.m
		m.Model = Model{Hidden: []int{}, In: 1, Out: 2}
		m.Steps, m.Rate = 1, 1
		m.params = []*tensor.Tensor{tensor.New(1, 2), tensor.New(2)}
		m.params = append(m.params, m.groups()[1].of.Init(0)...)
		var tape grad.Tape
		o, err := m.episode(context.Background(), leaves(&tape, m.params), task)
		if err != nil {
			t.Fatal(err)
		}
		if got := o.grads[0].Value().Data[1]; math.Abs(float64(got)+0.1192029) > 1e-6 {
			t.Errorf("%s: gradient of w1 is %v, want that of MAML", name, got)
		}
		for i, got := range o.grads[2].Value().Data {
			if math.Abs(float64(got-c.want[i])) > 1e-6 {
				t.Errorf("%s: gradient of step size %d is %v, want %v", name, i, got, c.want[i])
			}
		}
		for _, got := range o.grads[3].Value().Data {
			if math.Abs(float64(got)) > 1e-6 {
				t.Errorf("%s: gradient of a bias's step size is %v, want 0", name, got)
			}
		}
	}
}

// Each step goes by its own rate, and those past the last by the last one's.
func TestStepped(t *testing.T) {
	var tape grad.Tape
	leaf := func(v ...float32) *grad.Node { return tape.Leaf(tensor.From(v, len(v), 1)) }
	for step, want := range map[int]float32{0: 9, 1: 6, 2: 6, 9: 6} {
		if got := stepped(leaf(10), leaf(2), leaf(0.5, 2), step, false).Scalar(); got != want {
			t.Errorf("step %d leads to %v, want %v", step, got, want)
		}
	}
	if got := stepped(leaf(10, 10), leaf(2, 2), leaf(0.5, -2), 3, true).Value().Data; got[0] != 9 || got[1] != 14 {
		t.Errorf("with a rate for each element: %v, want 9 and 14", got)
	}
}

// Weights of three steps: a third each at first, all on the last at the end.
func TestMultiStepWeights(t *testing.T) {
	for done, want := range map[int][]float32{0: {1. / 3, 1. / 3, 1. / 3}, 5: {1. / 6, 1. / 6, 2. / 3}, 10: {0, 0, 1}, 99: {0, 0, 1}} {
		m := &MAML{Steps: 3, MultiStep: 10, done: done}
		for k, w := range want {
			if got := m.weight(k); math.Abs(float64(got-w)) > 1e-6 {
				t.Errorf("after %d outer steps step %d weighs %v, want %v", done, k, got, w)
			}
		}
	}
	if m := (&MAML{Steps: 3}); m.weight(1) != 0 || m.weight(2) != 1 {
		t.Error("without MultiStep a step before the last counts")
	}
}

// The options of MAML++ and Meta-SGD with several steps: trained, kept and
// gone on with as every learner is.
func TestLearnedRates(t *testing.T) {
	src := toy(9, 5, 2)
	of := func(m Model) Model {
		m.Seed, m.Outer = 5, Outer{MetaBatch: 4, Rate: 0.01, Decay: 0.01}
		return m
	}
	small, plain, batch, conv := of(Model{Hidden: []int{16}}), of(Model{Hidden: []int{16}, NoNorm: true}),
		of(Model{Hidden: []int{16}, BatchNorm: true}), of(Model{Filters: []int{8}, Image: Image{2, 4, 1}})
	for name, l := range map[string]Trainer{
		"maml++":              &MAML{Model: small, Steps: 2, LearnRates: true, MultiStep: 30, FirstOrderFor: 5},
		"maml++, no norm":     &MAML{Model: plain, LearnRates: true, MultiStep: 30},
		"maml++, batch norm":  &MAML{Model: batch, LearnRates: true, MultiStep: 30},
		"maml++, convolution": &MAML{Model: conv, LearnRates: true},
		"anil++":              &MAML{Model: small, Steps: 2, HeadOnly: true, LearnRates: true, MultiStep: 30},
		"first order":         &MAML{Model: small, Steps: 2, FirstOrder: true, LearnRates: true},
		"3 steps":             &MetaSGD{Model: small, Steps: 3, TestSteps: 5},
		"no norm":             &MetaSGD{Model: plain},
		"batch norm":          &MetaSGD{Model: batch},
		"convolution":         &MetaSGD{Model: conv, Steps: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := hits(t, l, src, 60)
			got := train(t, l, src, Run{Iterations: 100})
			after := hits(t, got, src, 60)
			t.Logf(name+": %.3f untrained, %.3f trained", before, after)
			if after < before+0.05 {
				t.Errorf("%.3f of new rows right, %.3f untrained", after, before)
			}
			back, _, err := Decode(bytesOf(t, got))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(bytesOf(t, back), bytesOf(t, got)) {
				t.Error("comes back with other bytes")
			}
			again := train(t, back, src, Run{Iterations: 2})
			if len(again.Params()) != len(got.Params()) {
				t.Error("training goes on with other parameters")
			}
		})
	}
}

func TestLearnedRatesOfOtherSettings(t *testing.T) {
	src := toy(9, 5, 2)
	small := Model{Hidden: []int{8}}
	with := train(t, &MAML{Model: small, Steps: 2, LearnRates: true}, src, Run{Iterations: 1}).(*MAML)
	without := train(t, &MAML{Model: small, Steps: 2}, src, Run{Iterations: 1}).(*MAML)
	for want, spoil := range map[string]func() *MAML{
		"step sizes for 2 inner steps, wants 3": func() *MAML { c := *with; c.Steps = 3; return &c },
		"with these settings it has 6":          func() *MAML { c := *with; c.LearnRates = false; return &c },
		"with these settings it has 12":         func() *MAML { c := *without; c.LearnRates = true; return &c },
	} {
		if _, err := spoil().Train(context.Background(), src, Run{Iterations: 1}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	long := *with
	long.TestSteps = 50 // there are rates for two
	if _, err := long.Adapt(context.Background(), src(0)); err != nil {
		t.Error(err)
	}
	good := string(bytesOf(t, with))
	if _, _, err := Decode([]byte(strings.Replace(good, `\"Steps\":2`, `\"Steps\":3`, 1))); err == nil || !strings.Contains(err.Error(), "step size of layer0.weight") {
		t.Errorf("a file of other steps: %v", err)
	}
}

// Weight decay is for weights: a rate of no gradient stays as it is.
func TestDecayLeavesRatesAlone(t *testing.T) {
	got := train(t, &MAML{Model: Model{Hidden: []int{8}, Outer: Outer{Decay: 100}}, Steps: 2, LearnRates: true, HeadOnly: true}, toy(9, 5, 2), Run{Iterations: 20})
	for name, p := range got.Params() {
		norm := float64(0)
		for _, v := range p.Data {
			norm += math.Abs(float64(v)) / float64(len(p.Data))
		}
		if strings.HasPrefix(name, "rate.") && norm < 0.8 {
			t.Errorf("%s has decayed from 1 to %v", name, p.Data)
		}
		if name == "layer0.weight" && norm > 0.1 {
			t.Errorf("%s has not decayed: %v", name, norm)
		}
	}
}
