package meta_test

import (
	"context"
	"testing"

	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/tensor"
)

// small is seven rows; the golden numbers below were had from scikit-learn
// 1.2.1 for them.
var small = &tensor.Tensor{Shape: []int{7, 3}, Data: []float32{2, 0, 1, 1, 1, 3, 0, 2, 2, 3, 1, 0, 1, 0, 1, 5, 4, 1, 6, 3, 3}}

var asked = &tensor.Tensor{Shape: []int{2, 3}, Data: []float32{2, 2, 2, 4, 4, 0}}

func scores(t *testing.T, l meta.Learner, task *meta.Task, x *tensor.Tensor) []float32 {
	t.Helper()
	s, err := l.Adapt(context.Background(), task)
	if err != nil {
		t.Fatal(err)
	}
	dst := make([]float32, x.Shape[0]*s.Ways())
	s.Score(dst, x)
	return dst
}

// LogisticRegression(C=.1).fit(X, y, sample_weight=500/5 or 500/2).decision_function
func TestLogisticOfTwo(t *testing.T) {
	task := &meta.Task{Ways: 2, Support: meta.Set{X: small, Y: []int{0, 0, 0, 0, 0, 1, 1}}}
	got := scores(t, &meta.Logistic{}, task, asked)
	near(t, "first", float64(got[1]-got[0]), -2.51894975, 1e-4)
	near(t, "second", float64(got[3]-got[2]), 2.29192483, 1e-4)
}

// The same with three classes, multinomial, class weights 1000/3 over their rows.
func TestLogisticOfThree(t *testing.T) {
	task := &meta.Task{Ways: 3, Support: meta.Set{X: small, Y: []int{0, 0, 1, 1, 1, 2, 2}}}
	got := scores(t, &meta.Logistic{}, task, asked)
	for i, want := range []float64{0, .04293692, -1.2087486, 0, 7.13140229, 6.92539565} {
		near(t, "difference from class 0", float64(got[i]-got[i/3*3]), want, 1e-3)
	}
}

// sklearn.covariance.ledoit_wolf of the rows about their class means gives a
// shrinkage of .98794; the discriminant follows from its inverse.
func TestLDA(t *testing.T) {
	task := &meta.Task{Ways: 2, Support: meta.Set{X: small, Y: []int{0, 0, 0, 0, 0, 1, 1}}}
	got := scores(t, &meta.LDA{}, task, asked)
	near(t, "first", float64(got[1]-got[0]), -8.022387271, 1e-4)
	near(t, "second", float64(got[3]-got[2]), 8.115699980, 1e-4)
}
