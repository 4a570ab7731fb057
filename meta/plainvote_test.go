package meta

import (
	"context"
	"math"
	"testing"

	"github.com/inkling-sec/inkling/tensor"
)

// Of benign margins 0, 1, 1, 3 a half, then 3, then 2 (half of the level ones),
// then ½ of 5 lie as high: (4−½+1)/5 and so on.
func TestSurprise(t *testing.T) {
	s := newSurprise(marginsFrom([]float32{0, 1, 0, 0, 0, 3, 0, 1}))
	for _, c := range []struct{ margin, p float64 }{
		{0, 4. / 5},
		{1, 2.5 / 5},
		{3, 1. / 5},
		{2, math.Sqrt(2.5*1) / 5}, // half way in −log p
		{-7, 4. / 5},
	} {
		if got := math.Exp(-float64(s.of(float32(c.margin)))); math.Abs(got-c.p) > 1e-6 {
			t.Errorf("p(%v) = %v, want %v", c.margin, got, c.p)
		}
	}
	if !(s.of(3.1) > s.of(3) && s.of(4) > s.of(3.1)) {
		t.Error("rows beyond all benign ones are not told apart")
	}
}

// A learner without the power to judge itself, which counts its rows.
type plain struct{ adapted *int }

func (plain) Name() string { return "plain" }

func (p plain) Adapt(_ context.Context, t *Task) (Scorer, error) {
	*p.adapted++
	return plainScorer(t.Support.Len()), nil
}

type plainScorer int

func (plainScorer) Ways() int { return 2 }

func (s plainScorer) Score(dst []float32, x *tensor.Tensor) {
	for i, v := range x.Data {
		dst[2*i], dst[2*i+1] = float32(s), v
	}
}

// Folds leave out 3, 3, 2 and 2 of ten benign rows.
func TestJudgeSelfByFolds(t *testing.T) {
	x, y, n := make([]float32, 11), make([]int, 11), 0
	for i := range x {
		x[i] = float32(i)
	}
	y[4] = 1
	task := &Task{Ways: 2, Support: Set{X: &tensor.Tensor{Shape: []int{11, 1}, Data: x}, Y: y}}
	self, err := judgeSelf(context.Background(), plain{&n}, plainScorer(0), task)
	if err != nil {
		t.Fatal(err)
	}
	want := []float32{8, 0, 8, 1, 9, 2, 9, 3, 8, 5, 8, 6, 9, 7, 9, 8, 8, 9, 8, 10}
	for i, v := range want {
		if self[i] != v {
			t.Fatalf("scores %v, want %v", self, want)
		}
	}
	if n != 4 {
		t.Errorf("adapted %d times", n)
	}
}

// Both members say little of a row in the middle, so this is where the vote is no matter of tails.
func TestPlainVoteIsTheMean(t *testing.T) {
	n := 0
	x, y := make([]float32, 41), make([]int, 41)
	for i := range x {
		x[i] = float32(i)
	}
	y[40] = 1
	task := &Task{Ways: 2, Support: Set{X: &tensor.Tensor{Shape: []int{41, 1}, Data: x}, Y: y}}
	at := &tensor.Tensor{Shape: []int{1, 1}, Data: []float32{33}}
	margin := func(m ...Learner) float32 {
		s, err := (&PlainVote{Members: m}).Adapt(context.Background(), task)
		if err != nil {
			t.Fatal(err)
		}
		return Margin(s, at)[0]
	}
	a, b := margin(plain{&n}), margin(&Ratio{})
	if got := margin(plain{&n}, &Ratio{}); math.Abs(float64(got-(a+b)/2)) > 1e-6 {
		t.Errorf("vote %v of %v and %v", got, a, b)
	}
}

// A benign margin that is no number is taken for the highest of all.
func TestSurpriseOfNaN(t *testing.T) {
	nan := float32(math.NaN())
	s, plain := newSurprise([]float32{nan, 1, 2, 1, nan}), newSurprise([]float32{1, 2, 1, 3, 3})
	for _, v := range []float32{0, 1, 1.5, 2} {
		if s.of(v) > plain.of(v) || s.of(v) < s.of(0) {
			t.Errorf("%v: %v, with numbers in their place %v", v, s.of(v), plain.of(v))
		}
	}
	if s.of(2) != plain.of(2) || s.of(nan) != s.of(0) {
		t.Errorf("%v and %v, want %v and %v", s.of(2), s.of(nan), plain.of(2), s.of(0))
	}
}
