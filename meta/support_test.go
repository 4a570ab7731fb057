package meta_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/meta/metatest"
	"github.com/inkling-sec/inkling/tensor"
)

// What is no task is an error that says what to do, for every learner of the program.
func TestNoTask(t *testing.T) {
	for _, c := range []struct {
		says  string
		spoil func(*meta.Task)
	}{
		{"1 classes", func(k *meta.Task) { k.Ways, k.Support.Y = 1, make([]int, k.Support.Len()) }},
		{"0 classes", func(k *meta.Task) { k.Ways = 0 }},
		{"no columns", func(k *meta.Task) { k.Support.X = tensor.New(k.Support.Len(), 0) }},
		{"class -1", func(k *meta.Task) {
			k.Known = meta.Set{X: k.Support.X, Y: make([]int, k.Support.Len())}
			k.Known.Y[3] = -1
		}},
	} {
		for _, e := range meta.Learners {
			task := metatest.Detection(7, 30, 2, 1, 5)
			c.spoil(task)
			_, err := e.New(1).Adapt(context.Background(), task)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: %v, want an error of %s", e.Name, err, c.says)
				continue
			}
			what, has := strings.CutPrefix(err.Error(), e.Name+": ")
			if !has || slices.ContainsFunc(meta.Learners, func(o meta.Entry) bool { return strings.Contains(what, o.Name+": ") }) {
				t.Errorf("%q does not begin with %s alone", err, e.Name)
			}
		}
	}
}

// Training names the value that it cannot go on from, not the step size.
func TestTrainingOnNoNumber(t *testing.T) {
	for _, v := range []float32{float32(math.NaN()), float32(math.Inf(-1))} {
		for set, of := range map[string]func(*meta.Task) *tensor.Tensor{
			"support set": func(k *meta.Task) *tensor.Tensor { return k.Support.X },
			"query set":   func(k *meta.Task) *tensor.Tensor { return k.Query.X },
		} {
			task := metatest.Detection(7, 30, 2, 2, 5)
			of(task).Row(2)[3] = v
			_, err := new(meta.ProtoNet).Train(context.Background(), func(uint64) *meta.Task { return task }, meta.Run{Iterations: 1})
			if want := set + ": row 2, column 3 is"; err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want %s", err, want)
			}
		}
	}
}

// A taught row that is out of all reach is nobody's neighbour: what a ratio says of others goes by the taught rows beside it.
func TestRowOutOfReach(t *testing.T) {
	nan := float32(math.NaN())
	for _, benign := range []int{60, 300} { // looked at one by one, and folded
		for _, bad := range []float32{nan, float32(math.Inf(1)), -1e20} {
			task := metatest.Detection(3, benign, 3, 20, 5)
			taught := task.Support.X.Data[benign*5:]
			good := meta.Detection(tensor.From(task.Support.X.Data[:benign*5], benign, 5), tensor.From(taught[:10], 2, 5))
			copy(taught[10:], []float32{bad, bad, bad, bad, bad})
			for _, l := range []meta.Learner{&meta.Ratio{}, &meta.Contrast{}} {
				got, want := margins(t, l, task), margins(t, l, &meta.Task{Ways: 2, Support: good.Support, Query: task.Query})
				for i := range want {
					if got[i] != want[i] {
						t.Fatalf("%s, %d benign rows, %v: row %d: %v, want %v", l.Name(), benign, bad, i, got[i], want[i])
					}
				}
			}
		}
		one := metatest.Detection(3, benign, 1, 20, 5)
		one.Support.X.Row(benign)[0] = 1e20
		if got := margins(t, &meta.Ratio{}, one); got[0] > -20 {
			t.Errorf("%d benign rows: a margin of %v though the taught row is out of reach", benign, got[0])
		}
		odd, usual := metatest.Detection(3, benign, 1, 2, 5), metatest.Detection(3, benign, 1, 2, 5)
		copy(odd.Query.X.Row(0), []float32{1e20, 1e20, 1e20, 1e20, 1e20})
		copy(usual.Query.X.Row(0), []float32{1e15, 1e15, 1e15, 1e15, 1e15})
		if a, b := margins(t, &meta.Odd{}, odd)[0], margins(t, &meta.Odd{}, usual)[0]; a < b {
			t.Errorf("%d benign rows: 1e20 is %v odd, 1e15 is %v", benign, a, b)
		}
		odd.Query.X.Row(0)[2] = nan
		if got := margins(t, &meta.Ratio{}, odd)[0]; got == got {
			t.Errorf("%d benign rows: a row with NaN has the margin %v, so that it may alert", benign, got)
		}
	}
}

func margins(t *testing.T, l meta.Learner, task *meta.Task) []float32 {
	t.Helper()
	s, err := l.Adapt(context.Background(), task)
	if err != nil {
		t.Fatal(err)
	}
	return meta.Margin(s, task.Query.X)
}

// Rows of other columns are no examples of anything among the benign ones.
func TestDetectionOfOtherColumns(t *testing.T) {
	defer func() {
		if what, _ := recover().(string); !strings.Contains(what, "benign rows of 3 columns, taught ones of 4") {
			t.Errorf("panics with %q", what)
		}
	}()
	meta.Detection(tensor.New(5, 3), tensor.New(3, 4))
}
