package eval

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/tensor"
)

// hits is a learner that gives the first n query rows of task n to their class and
// no row else: the tasks of numbered are of ten rows and say their number in their support.
type hits struct {
	fail  func(n int) error
	calls *atomic.Int64
}

func (hits) Name() string { return "hits" }

func (h hits) Adapt(ctx context.Context, t *meta.Task) (meta.Scorer, error) {
	n := int(t.Support.X.Data[0])
	if h.calls != nil {
		h.calls.Add(1)
	}
	if h.fail != nil {
		if err := h.fail(n); err != nil {
			return nil, err
		}
	}
	return hitScorer{n % 11, t.Query.Y}, ctx.Err()
}

type hitScorer struct {
	n int
	y []int
}

func (hitScorer) Ways() int { return 2 }

func (s hitScorer) Score(dst []float32, x *tensor.Tensor) {
	for i := range x.Rows() {
		c := s.y[i]
		if i >= s.n {
			c = 1 - c
		}
		dst[2*i+c], dst[2*i+1-c] = 1, 0
	}
}

func numbered(n uint64) *meta.Task {
	t := &meta.Task{Ways: 2, Support: meta.Set{X: tensor.New(2, 1), Y: []int{0, 1}}, Query: meta.Set{X: tensor.New(10, 1)}}
	t.Support.X.Data[0] = float32(n)
	for i := range 10 {
		t.Query.Y = append(t.Query.Y, i%2)
	}
	return t
}

func TestImages(t *testing.T) {
	for _, workers := range []int{0, 1, 2, 7} {
		last := 0
		p := Images{Tasks: numbered, Draws: 22, Workers: workers, Note: func(done, of int) {
			if done != last+1 || of != 22 {
				t.Errorf("told of %d of %d after %d", done, of, last)
			}
			last = done
		}}
		e, err := p.Judge(t.Context(), hits{})
		if err != nil {
			t.Fatal(err)
		}
		// Accuracies 0, 0.1, ... 1, twice: mean 1/2, variance 2·1.1/21, and t of 21 degrees is 2.0796.
		half := 2.0796 * math.Sqrt(2.2/21/22)
		if math.Abs(e.Mean-0.5) > 1e-12 || math.Abs(e.High-e.Mean-half) > 1e-4 || math.Abs(e.Mean-e.Low-half) > 1e-4 || e.N != 22 || last != 22 {
			t.Errorf("%d workers: %+v, told of %d", workers, e, last)
		}
	}
	if e, err := (Images{Tasks: numbered}).Judge(t.Context(), hits{}); err != nil || e.N != 600 {
		t.Errorf("by default %d tasks, %v", e.N, err)
	}
}

func TestImagesStops(t *testing.T) {
	const many = 1_000_000
	broken := errors.New("broken")
	calls := new(atomic.Int64)
	l := hits{fail: func(n int) error {
		if n == 5 {
			return fmt.Errorf("%w %d", broken, n)
		}
		return nil
	}, calls: calls}
	_, err := Images{Tasks: numbered, Draws: many, Workers: 4}.Judge(t.Context(), l)
	if !errors.Is(err, broken) || !strings.HasPrefix(err.Error(), "task 5: ") || calls.Load() > many/2 {
		t.Errorf("after %d tasks: %v", calls.Load(), err)
	}

	ctx, stop := context.WithCancel(t.Context())
	calls.Store(0)
	l.fail = func(n int) error {
		if n == 3 {
			stop()
		}
		return nil
	}
	if _, err = (Images{Tasks: numbered, Draws: many}).Judge(ctx, l); !errors.Is(err, context.Canceled) || calls.Load() > many/2 {
		t.Errorf("stopped after %d tasks: %v", calls.Load(), err)
	}
}
