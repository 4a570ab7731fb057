package meta

import (
	"bytes"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling/grad"
	"github.com/inkling-sec/inkling/tensor"
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
		for _, g := range o.grads[:r.net().Trained()] {
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

// The inner Adam goes on from the mean of the second moments that a meta-batch's tasks left,
// in training and in Adapt: worked out here from the gradient that one plain step shows.
func TestInnerAdamIsCarried(t *testing.T) {
	const rate, β2 = 0.01, 0.999
	src := toy(3, 6, 2)
	one := &Reptile{Model: Model{Hidden: []int{7}, Outer: Outer{SGD: true, Rate: 1e-30, MetaBatch: 2}}, Steps: 1, TestSteps: 1, InnerAdam: true, Rate: rate}
	r := train(t, one, src, Run{Iterations: 3, Seed: 4}).(*Reptile)
	plain, err := (&Reptile{Model: Model{Hidden: []int{7}, params: r.params[:r.net().Trained()]}, Steps: 1, InnerBatch: 1 << 20, Rate: 1}).sized(src(0), 4)
	if err != nil {
		t.Fatal(err)
	}
	gradient := func(task *Task) (all []float64) {
		var tape grad.Tape
		w := new(walker)
		w.start(plain, leaves(&tape, plain.params), rand.New(rand.NewPCG(1, 1)), task.Support)
		if err := w.steps(context.Background(), 1, 0); err != nil {
			t.Fatal(err)
		}
		for _, g := range w.grads {
			for _, v := range g.Data {
				all = append(all, float64(v))
			}
		}
		return all
	}
	want := make([]float64, len(gradient(src(0))))
	for step := range 3 {
		a, b := gradient(src(uint64(2*step))), gradient(src(uint64(2*step+1)))
		for i := range want {
			want[i] = β2*want[i] + (1-β2)*(a[i]*a[i]+b[i]*b[i])/2
		}
	}
	params := r.Params()
	if n := params["inner.steps"].Data[0]; n != 3 {
		t.Errorf("moments over %v steps, want 3", n)
	}
	at := 0
	for _, name := range r.net().Names() {
		for i, v := range params["inner."+name].Data {
			if math.Abs(float64(v)-want[at]) > 1e-4*want[at]+1e-12 {
				t.Fatalf("%s, element %d: second moment %v, want %v", name, i, v, want[at])
			}
			at++
		}
	}
	task := src(9)
	s, err := r.Adapt(context.Background(), task)
	if err != nil {
		t.Fatal(err)
	}
	g := gradient(task)
	at = 0
	for i, after := range s.(*netScorer).params {
		for k, v := range after.Data {
			step := -rate * g[at] / (math.Sqrt((β2*want[at]+(1-β2)*g[at]*g[at])/(1-math.Pow(β2, 4))) + 1e-8)
			if got := float64(v - r.params[i].Data[k]); math.Abs(got-step) > 1e-3*math.Abs(step)+1e-6 {
				t.Fatalf("array %d, element %d: a step of %v, want %v", i, k, got, step)
			}
			at++
		}
	}
}

// Moments that cannot be are no Adam's.
func TestMomentsCheck(t *testing.T) {
	m := moments{(&Model{In: 3, Hidden: []int{4}, Out: 2}).net()}
	for what, spoil := range map[string]func([]*tensor.Tensor) []*tensor.Tensor{
		"":        func(p []*tensor.Tensor) []*tensor.Tensor { return p },
		"moments": func(p []*tensor.Tensor) []*tensor.Tensor { return p[1:] },
		"missing": func(p []*tensor.Tensor) []*tensor.Tensor { p[2] = nil; return p },
		"shape":   func(p []*tensor.Tensor) []*tensor.Tensor { p[0] = tensor.New(1, 1); return p },
		"-1 step": func(p []*tensor.Tensor) []*tensor.Tensor { p[len(p)-1].Data[0] = -1; return p },
		"NaN":     func(p []*tensor.Tensor) []*tensor.Tensor { p[len(p)-1].Data[0] = float32(math.NaN()); return p },
	} {
		err := m.Check(spoil(m.Init(0)))
		if what == "" && err != nil || what != "" && (err == nil || !strings.Contains(err.Error(), what)) {
			t.Errorf("%q: %v", what, err)
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
