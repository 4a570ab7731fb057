package nn

import (
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/inkling-sec/inkling/grad"
	"github.com/inkling-sec/inkling/tensor"
)

func random(seed uint64, shape ...int) *tensor.Tensor {
	rng := rand.New(rand.NewPCG(seed, 1))
	t := tensor.New(shape...)
	for i := range t.Data {
		t.Data[i] = float32(rng.NormFloat64())
	}
	return t
}

var networks = map[string]Net{
	"linear":     MLP{In: 7, Out: 3},
	"plain":      MLP{In: 7, Hidden: []int{9, 5}, Out: 3},
	"layer norm": MLP{In: 7, Hidden: []int{9, 5, 6}, Out: 2, LayerNorm: true},
	"batch norm": MLP{In: 7, Hidden: []int{9, 5}, Out: 2, BatchNorm: true},
	"conv":       ConvNet{Height: 9, Width: 7, Channels: 2, Filters: []int{5, 6, 4}, Out: 3},
	"headless":   ConvNet{Height: 9, Width: 7, Channels: 2, Filters: []int{5, 6, 4}},
	"strided":    ConvNet{Height: 9, Width: 7, Channels: 2, Filters: []int{5, 6, 4}, Strided: true, Out: 3},
	"unpooled":   ConvNet{Height: 9, Width: 7, Channels: 2, Filters: []int{5, 6, 4}, Unpooled: 2, Out: 3},
	"unstrided":  ConvNet{Height: 9, Width: 7, Channels: 2, Filters: []int{5, 6, 4}, Strided: true, Unpooled: 1, Out: 3},
	"series":     ConvNet{Height: 1, Width: 33, Channels: 2, Filters: []int{5, 6}, Out: 3},
}

// With statistics frozen on the same rows Forward gives what Apply does, to
// rounding where batch norm folds them in and to the bit elsewhere; and a row's output is the same alone.
func TestForwardIsApply(t *testing.T) {
	for name, m := range networks {
		in, out := m.Sides()
		params, x := m.Init(3), random(4, 150, in)
		for i, p := range params[:m.Trained()] { // scales below 0 among them
			if len(p.Shape) == 1 {
				copy(p.Data, random(uint64(i), len(p.Data)).Data)
			}
		}
		var tape grad.Tape
		var nodes []*grad.Node
		for _, p := range params {
			nodes = append(nodes, tape.Leaf(p))
		}
		want := Apply(m, nodes, tape.Leaf(x)).Value()
		m.Freeze(params, x)
		near := 0.
		if m.Trained() < len(params) {
			near = 2e-5
		}
		got, one := tensor.New(150, out), tensor.New(1, out)
		m.Forward(got, params, x)
		for i := range got.Rows() {
			m.Forward(one, params, x.RowRange(i, i+1))
			for j, v := range got.Row(i) {
				if w := want.Row(i)[j]; v != one.Data[j] || math.Abs(float64(v-w)) > near*(1+math.Abs(float64(w))) {
					t.Fatalf("%s: row %d: %v in a batch, %v alone, %v on a tape", name, i, v, one.Data[j], w)
				}
			}
		}
		if err := m.Check(params); err != nil || len(m.Names()) != len(params) {
			t.Errorf("%s: Init does not match Check (%v) or Names", name, err)
		}
	}
}

func TestForwardInManyGoroutines(t *testing.T) {
	m := networks["layer norm"]
	params, x := m.Init(3), random(4, 150, 7)
	want := tensor.New(150, 2)
	m.Forward(want, params, x)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			got := tensor.New(150, 2)
			for range 20 {
				m.Forward(got, params, x)
			}
			for i, v := range got.Data {
				if v != want.Data[i] {
					t.Errorf("[%d]: %v, want %v", i, v, want.Data[i])
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestCheck(t *testing.T) {
	m := MLP{In: 2, Out: 2}
	for want, params := range map[string][]*tensor.Tensor{
		"1 parameters, the network has 2":                        {tensor.New(2, 2)},
		"layer0.bias is missing":                                 {tensor.New(2, 2), nil},
		"layer0.weight has shape [2 3], the network wants [2 2]": {tensor.New(2, 3), tensor.New(2)},
	} {
		if err := m.Check(params); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// Class 0 has three rows and class 1 one: by hand, the weights are 1/6 and 1/2,
// and for even logits the loss is ln 2 whatever the counts.
func TestCrossEntropy(t *testing.T) {
	var tape grad.Tape
	targets := tape.Zeros(4, 2)
	TargetsTo(targets.Value(), []int{0, 0, 1, 0})
	for i, want := range []float32{1. / 6, 0, 1. / 6, 0, 0, 0.5, 1. / 6, 0} {
		if got := targets.Value().Data[i]; math.Abs(float64(got-want)) > 1e-7 {
			t.Errorf("target %d is %v, want %v", i, got, want)
		}
	}
	even := CrossEntropy(tape.Zeros(4, 2), targets)
	if math.Abs(float64(even.Scalar())-math.Ln2) > 1e-6 {
		t.Errorf("loss %v, want ln 2", even.Scalar())
	}
	// Only the row of class 1 is judged rightly: half of the weight.
	logits := tensor.From([]float32{0, 1, 0, 1, 0, 1, 0, 1}, 4, 2)
	if got := Accuracy(logits, targets.Value()); math.Abs(got-0.5) > 1e-7 {
		t.Errorf("accuracy %v, want 0.5", got)
	}
}

// The first step of Adam moves each parameter by the rate, against the sign of
// its gradient (Kingma and Ba 2015, section 2.1); so does each later one while
// the gradient stays.
func TestAdam(t *testing.T) {
	p, g := tensor.From([]float32{1, 1, 1}, 3), tensor.From([]float32{10, -0.01, 0}, 3)
	o := Adam{Rate: 0.1}
	for step := 1; step <= 3; step++ {
		o.Step([]*tensor.Tensor{p}, []*tensor.Tensor{g})
		d := 0.1 * float64(step)
		for i, want := range []float64{1 - d, 1 + d, 1} {
			if math.Abs(float64(p.Data[i])-want) > 1e-5 {
				t.Errorf("step %d: parameter %d is %v, want %v", step, i, p.Data[i], want)
			}
		}
	}
}

func TestSGDAndClip(t *testing.T) {
	p := tensor.From([]float32{1, 2}, 2)
	g := tensor.From([]float32{3, 4}, 2)
	SGD{Rate: 0.5}.Step([]*tensor.Tensor{p}, []*tensor.Tensor{g})
	if p.Data[0] != -0.5 || p.Data[1] != 0 {
		t.Errorf("SGD gives %v", p.Data)
	}
	if norm := Clip([]*tensor.Tensor{g}, 0); norm != 5 || g.Data[0] != 3 {
		t.Errorf("no limit: norm %v, %v", norm, g.Data)
	}
	if Clip([]*tensor.Tensor{g}, 1); math.Abs(Norm([]*tensor.Tensor{g})-1) > 1e-6 {
		t.Errorf("clipped to %v", g.Data)
	}
}
