package nn

import (
	"math"
	"testing"

	"github.com/inkling-sec/inkling/grad"
	"github.com/inkling-sec/inkling/tensor"
)

// One unit, by hand. With input weights 1, 2, 3, 4, back weights 0.1 to 0.4 and
// biases 0, 1, 0, 0, the first step from x = 0.5 has the gates σ(0.5), σ(2),
// σ(1.5) and the candidate tanh(2).
func TestLSTMByHand(t *testing.T) {
	l := LSTM{In: 1, Hidden: 1}
	params := []*tensor.Tensor{
		tensor.From([]float32{1, 2, 3, 4}, 1, 4),
		tensor.From([]float32{.1, .2, .3, .4}, 1, 4),
		tensor.From([]float32{0, 1, 0, 0}, 4),
	}
	if err := l.Check(params); err != nil {
		t.Fatal(err)
	}
	var tape grad.Tape
	var nodes []*grad.Node
	for _, p := range params {
		nodes = append(nodes, tape.Leaf(p))
	}
	σ := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	near := func(what string, got *grad.Node, want float64) {
		t.Helper()
		if math.Abs(float64(got.Scalar())-want) > 1e-6 {
			t.Errorf("%s is %v, want %v", what, got.Scalar(), want)
		}
	}
	h, c := l.Step(nodes, tape.Leaf(tensor.From([]float32{.5}, 1, 1)), nil, nil)
	wantC := σ(.5) * math.Tanh(2)
	wantH := σ(1.5) * math.Tanh(wantC)
	near("the first memory", c, wantC)
	near("the first state", h, wantH)
	h, c = l.Step(nodes, tape.Leaf(tensor.From([]float32{-1}, 1, 1)), h, c)
	wantC = σ(-2+1+.2*wantH)*wantC + σ(-1+.1*wantH)*math.Tanh(-4+.4*wantH)
	near("the second memory", c, wantC)
	near("the second state", h, σ(-3+.3*wantH)*math.Tanh(wantC))
}

func TestLSTMInit(t *testing.T) {
	l := LSTM{In: 3, Back: 7, Hidden: 4}
	p := l.Init(1)
	if err := l.Check(p); err != nil {
		t.Fatal(err)
	}
	for i, v := range p[2].Data {
		if want := i >= 4 && i < 8; want != (v == 1) {
			t.Errorf("bias %d is %v", i, v)
		}
	}
	if err := (LSTM{In: 3, Hidden: 4}).Check(p); err == nil {
		t.Error("7 columns that come back are taken for 4")
	}
}
