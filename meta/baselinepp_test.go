package meta

import (
	"context"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling/grad"
	"github.com/inkling-sec/inkling/tensor"
)

// pool is the tasks of toy, but of so many fixed classes, drawn anew for each task.
func pool(seed uint64, classes, ways, shots int) Source {
	return func(n uint64) *Task {
		rng := rand.New(rand.NewPCG(seed, n))
		t := &Task{Ways: ways, Classes: rng.Perm(classes)[:ways]}
		for way, c := range t.Classes {
			of := rand.New(rand.NewPCG(seed+1, uint64(c)))
			centre := [3]float64{of.NormFloat64(), of.NormFloat64(), of.NormFloat64()}
			t.Support = toyRows(rng, t.Support, way, shots, centre)
			t.Query = toyRows(rng, t.Query, way, 10, centre)
		}
		return t
	}
}

// Trained to tell twenty classes apart, the embedding serves for classes that
// were not among them, of any number; with each network.
func TestBaselinePP(t *testing.T) {
	o := Outer{MetaBatch: 4, Rate: 0.01}
	for name, m := range map[string]Model{
		"layer norm":  {Hidden: []int{32}, Outer: o},
		"no norm":     {Hidden: []int{32}, NoNorm: true, Outer: o},
		"batch norm":  {Hidden: []int{32}, BatchNorm: true, Outer: o},
		"convolution": {Filters: []int{8}, Image: Image{2, 4, 1}, Outer: o},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := &BaselinePP{Model: m}
			got := train(t, l, pool(3, 20, 5, 3), Run{Iterations: 200}).(*BaselinePP)
			if got.Classes != 20 {
				t.Errorf("%d classes, want 20", got.Classes)
			}
			for _, ways := range []int{2, 4} {
				src := toy(9, []int{3, 3, 3, 3}[:ways]...)
				before, after := hits(t, l, src, 60), hits(t, got, src, 60)
				t.Logf("%s, %d ways: %.3f untrained, %.3f trained", name, ways, before, after)
				if after < before+0.1 {
					t.Errorf("%d ways: %.3f of new rows right, %.3f untrained", ways, after, before)
				}
			}
		})
	}
}

func TestBaselinePPGradient(t *testing.T) {
	task := pool(3, 9, 4, 3)(1)
	b, err := (&BaselinePP{Model: Model{Hidden: []int{7}, Out: 5}, Classes: 9}).sized(task, 4)
	if err != nil {
		t.Fatal(err)
	}
	var tape grad.Tape
	if worst := gradientError(t, b.params, func() outcome {
		tape.Reset()
		o, err := b.episode(context.Background(), leaves(&tape, b.params), task)
		if err != nil {
			t.Fatal(err)
		}
		return o
	}); worst > 0.005 {
		t.Errorf("largest relative error %v", worst)
	}
}

// One support row and three query rows of class 7: each a quarter of half.
func TestBaselinePPTargets(t *testing.T) {
	task := &Task{Ways: 2, Classes: []int{7, 2},
		Support: Set{tensor.New(3, 1), []int{1, 0, 1}}, Query: Set{tensor.New(4, 1), []int{0, 0, 1, 0}}}
	var tape grad.Tape
	b := &BaselinePP{Classes: 8}
	got, err := b.classes(&tape, task)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range []int{2, 7, 2, 7, 7, 2, 7} {
		for k, v := range got.Value().Row(i) {
			want := 0.0
			if k == c {
				want = map[int]float64{7: 1. / 8, 2: 1. / 6}[c]
			}
			if math.Abs(float64(v)-want) > 1e-7 {
				t.Errorf("row %d, class %d: %v, want %v", i, k, v, want)
			}
		}
	}
}

func TestBaselinePPOfTooFewClasses(t *testing.T) {
	_, err := (&BaselinePP{Model: Model{Hidden: []int{4}}, Classes: 5}).Train(context.Background(), pool(3, 20, 5, 3), Run{Iterations: 5})
	if err == nil || !strings.Contains(err.Error(), "the learner has 5: set Classes") {
		t.Errorf("error %v", err)
	}
}

// Rows along the axes with weights along the axes: the cosines are 1, 0 and 1/√2, whatever a row's length.
func TestCosineScorer(t *testing.T) {
	s := &cosineScorer{tensor.From([]float32{1, 0, 0, 1}, 2, 2), 10}
	got := make([]float32, 8)
	s.Score(got, tensor.From([]float32{3, 0, 0, 500, -2, -2, 0, 0}, 4, 2))
	for i, want := range []float64{10, 0, 0, 10, -10 / math.Sqrt2, -10 / math.Sqrt2, 0, 0} {
		if math.Abs(float64(got[i])-want) > 1e-4 {
			t.Errorf("score %d is %v, want %v", i, got[i], want)
		}
	}
}
