package meta

import (
	"bytes"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"github.com/inkling-sec/inkling/grad"
)

// A walk on the sets in turn by plain descent is what Reptile does on one tape.
func TestWalkIsReptile(t *testing.T) {
	task := toy(3, 6, 2)(1)
	r, err := (&Reptile{Model: Model{Hidden: []int{7, 6}}}).sized(task, 4)
	if err != nil {
		t.Fatal(err)
	}
	var a, b grad.Tape
	want, err := r.inner().reptile(context.Background(), leaves(&a, r.params), task)
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.walk(context.Background(), leaves(&b, r.params), task)
	if err != nil {
		t.Fatal(err)
	}
	if got.loss != want.loss || got.accuracy != want.accuracy {
		t.Errorf("loss %v and accuracy %v, want %v and %v", got.loss, got.accuracy, want.loss, want.accuracy)
	}
	for i, g := range got.grads {
		if !slices.Equal(g.Value().Data, want.grads[i].Value().Data) {
			t.Errorf("parameter %d comes back another way", i)
		}
	}
}

// Adam's first step without a first moment is as long as the rate in every
// direction that has a gradient; the gradient's size does not matter.
func TestInnerAdamsFirstStep(t *testing.T) {
	task := toy(3, 6, 2)(1)
	r, err := (&Reptile{Model: Model{Hidden: []int{7}}, Steps: 1, InnerAdam: true, Rate: 0.01}).sized(task, 4)
	if err != nil {
		t.Fatal(err)
	}
	var tape grad.Tape
	for range 2 { // the second task starts as the first did
		tape.Reset()
		o, err := r.walk(context.Background(), leaves(&tape, r.params), task)
		if err != nil {
			t.Fatal(err)
		}
		moved := 0
		for _, g := range o.grads {
			for _, v := range g.Value().Data {
				if d := math.Abs(float64(v)); d > 1e-3 {
					moved++
					if math.Abs(d-0.01) > 1e-4 {
						t.Fatalf("a step of %v, want 0.01", v)
					}
				}
			}
		}
		if moved < 50 {
			t.Errorf("only %d elements move", moved)
		}
	}
}

// Each row comes once before any comes again, also across batches.
func TestDraw(t *testing.T) {
	task := toy(3, 5, 2)(1) // 7 rows and 20 more
	r, err := (&Reptile{Model: Model{Hidden: []int{4}}, InnerBatch: 6}).sized(task, 4)
	if err != nil {
		t.Fatal(err)
	}
	w := new(walker)
	w.start(r, leaves(&w.tape, r.params), rand.New(rand.NewPCG(1, 1)), task.Support, task.Query)
	seen := map[float32]int{}
	for i := range 18 { // four times each
		x, y := w.draw(6)
		if len(y) != 6 || x.Rows() != 6 {
			t.Fatalf("%d rows and %d classes", x.Rows(), len(y))
		}
		for k := range 6 {
			seen[x.Value().Row(k)[0]]++
		}
		if i == 4 || i == 8 { // 30 and 54 draws: each once or twice, each twice
			for _, n := range seen {
				if n != 2 && (i == 8 || n != 1) {
					t.Fatalf("after %d draws a row has come %d times", 6*(i+1), n)
				}
			}
		}
	}
	if len(seen) != 27 {
		t.Errorf("%d rows of 27 were drawn", len(seen))
	}
}

// The paper's setting, made small, and its parts on their own.
func TestReptileOptions(t *testing.T) {
	src := toy(9, 5, 5)
	paper := Outer{SGD: true, Linear: true, MetaBatch: 4}
	adam := Outer{MetaBatch: 4, Rate: 0.01}
	small := func(o Outer) Model { return Model{Hidden: []int{16}, Seed: 5, Outer: o} }
	for name, l := range map[string]*Reptile{
		"paper":         {Model: small(paper), InnerAdam: true, Rate: 0.01, InnerBatch: 10, TestBatch: 5, TestSteps: 30, Steps: 8},
		"batches":       {Model: small(adam), InnerBatch: 10},
		"inner Adam":    {Model: small(adam), InnerAdam: true, Rate: 0.01},
		"outer SGD":     {Model: small(paper)},
		"no norm":       {Model: Model{Hidden: []int{16}, NoNorm: true, Seed: 5, Outer: paper}, InnerAdam: true, Rate: 0.01, InnerBatch: 10},
		"batch norm":    {Model: Model{Hidden: []int{16}, BatchNorm: true, Transductive: true, Seed: 5, Outer: paper}, InnerAdam: true, Rate: 0.01, InnerBatch: 10},
		"convolutional": {Model: Model{Filters: []int{8}, Image: Image{2, 4, 1}, Seed: 5, Outer: paper}, InnerAdam: true, Rate: 0.01, InnerBatch: 10},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := Run{Iterations: 100, Workers: 1}
			first := train(t, l, src, run)
			before, after := hits(t, l, src, 60), hits(t, first, src, 60)
			t.Logf("%s: %.3f untrained, %.3f trained", name, before, after)
			if after < before+0.02 {
				t.Errorf("%.3f of new rows right, %.3f untrained", after, before)
			}
			want := bytesOf(t, first)
			run.Workers = 3
			ctx, cancel := context.WithCancel(context.Background())
			run.Checkpoint = filepath.Join(t.TempDir(), "c")
			run.Report = func(p Progress) {
				if p.Iteration == 31 {
					cancel()
				}
			}
			if _, err := l.Train(ctx, src, run); !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			run.Report = nil
			if !bytes.Equal(bytesOf(t, train(t, l, src, run)), want) {
				t.Error("on more workers, stopped and gone on with, other bytes")
			}
			back, _, err := Decode(want)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(scores(t, back, src(7)), scores(t, first, src(7))) {
				t.Error("comes back with other scores")
			}
			if _, err := l.Adapt(ctx, src(0)); !errors.Is(err, context.Canceled) {
				t.Errorf("Adapt gives %v after the end of ctx", err)
			}
		})
	}
}
