package meta_test

import (
	"context"
	"math"
	"testing"

	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/tensor"
)

// line is a task of one column: benign rows at 0, 1, …, 59, taught ones at 100 and 110.
func line() *meta.Task {
	x, y := make([]float32, 62), make([]int, 62)
	for i := range 60 {
		x[i] = float32(i)
	}
	x[60], x[61], y[60], y[61] = 100, 110, 1, 1
	return &meta.Task{Ways: 2, Support: meta.Set{X: &tensor.Tensor{Shape: []int{62, 1}, Data: x}, Y: y}}
}

// At 30 the five nearest are 30, 29, 31, 28, 32: mean 6/5, and 70 to the taught.
// At 98 they are 59 to 55: mean 41, and 2 to the taught.
func TestRatioByHand(t *testing.T) {
	got := scores(t, &meta.Ratio{}, line(), &tensor.Tensor{Shape: []int{2, 1}, Data: []float32{30, 98}})
	for i, want := range []float64{1.2, 70, 41, 2} {
		near(t, "distance", math.Exp(-float64(got[i])), want, 1e-4)
	}
}

// Without itself row 30 has 29, 31, 28, 32 and one more at 3: mean 9/5; row 0 has
// 1 to 5: mean 3.
func TestRatioLeavesSelfOut(t *testing.T) {
	s, err := (&meta.Ratio{}).Adapt(context.Background(), line())
	if err != nil {
		t.Fatal(err)
	}
	self := s.(meta.SelfScorer).ScoreSelf()
	if len(self) != 120 {
		t.Fatalf("%d scores of 60 benign rows", len(self))
	}
	for i, want := range map[int]float64{60: 1.8, 61: 70, 0: 3, 1: 100} {
		near(t, "distance", math.Exp(-float64(self[i])), want, 1e-4)
	}
}

// Known rows of two classes vary 100 times as much in the first column as in
// the second. Whitened, what differs in the second column is far.
func TestWhitenedForgivesWhatVariesWithinAClass(t *testing.T) {
	var known []float32
	var y []int
	for i := range 200 {
		a, b := float32(i%20)-9.5, float32(i/20)-4.5
		known = append(known, float32(i%2)*50+a, float32(i%2)*50+b/100)
		y = append(y, i%2)
	}
	task := &meta.Task{Ways: 2,
		Support: meta.Set{X: &tensor.Tensor{Shape: []int{2, 2}, Data: []float32{0, 1, 6, 0}}, Y: []int{0, 1}},
		Known:   meta.Set{X: &tensor.Tensor{Shape: []int{200, 2}, Data: known}, Y: y}}
	at := &tensor.Tensor{Shape: []int{1, 2}, Data: []float32{0, 0}}
	if got := scores(t, &meta.Whitened{Least: .001}, task, at); got[1] < got[0] {
		t.Errorf("scores %v: the taught row differs only in what varies within a class", got)
	}
	task.Known = meta.Set{}
	if got := scores(t, &meta.Ratio{}, task, at); got[1] > got[0] {
		t.Errorf("scores %v: unwhitened, the benign row is nearer", got)
	}
}
