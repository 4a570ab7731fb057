package meta

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"testing"

	"github.com/inkling-sec/inkling/grad"
)

// An episode whose gradient is 1 everywhere: plain descent then moves all
// parameters by the sum of the rates, 8 steps from 0.5 along each schedule.
func TestOuterSchedules(t *testing.T) {
	cosine := 0.0
	for k := range 8 {
		cosine += 0.25 + 0.25*math.Cos(math.Pi*float64(k)/8)
	}
	for name, c := range map[string]struct {
		outer Outer
		want  float64
	}{
		"flat":    {Outer{Flat: true}, 4},
		"cosine":  {Outer{}, cosine},
		"linear":  {Outer{Linear: true}, 0.5 * (1 + 7./8 + 6./8 + 5./8 + 4./8 + 3./8 + 2./8 + 1./8)},
		"halving": {Outer{HalveEvery: 3}, 0.5 * (3 + 3./2 + 2./4)},
		// Running sums of ones that keep a half: 1, 3/2, 7/4, ..., 2 − 2⁻⁷.
		"momentum": {Outer{Flat: true, Momentum: 0.5}, 0.5 * (8*2 - (2 - 1./128))},
	} {
		c.outer.SGD, c.outer.Rate, c.outer.Clip = true, 0.5, -1
		p, err := (&ProtoNet{Model: Model{Hidden: []int{4}, Outer: c.outer}}).sized(toy(1, 2, 2)(0), 1)
		if err != nil {
			t.Fatal(err)
		}
		start := p.params
		one := func(_ context.Context, params []*grad.Node, _ *Task) (o outcome, err error) {
			for _, q := range params {
				o.grads = append(o.grads, q.Tape().Fill(q.Rows(), q.Cols(), 1))
			}
			return o, nil
		}
		if _, err := trainModel(context.Background(), p, one, toy(1, 2, 2), Run{Iterations: 8, MetaBatch: 3}); err != nil {
			t.Fatal(err)
		}
		for i := range start {
			if got := float64(start[i].Data[0] - p.params[i].Data[0]); math.Abs(got-c.want) > 1e-5 {
				t.Errorf("%s: parameter %d moved by %v, want %v", name, i, got, c.want)
			}
		}
	}
}

// Other optimizers and schedules learn, give the same bytes on any number of
// workers, and go on from a checkpoint.
func TestOuterOptions(t *testing.T) {
	src := toy(9, 3, 3, 3)
	for name, outer := range map[string]Outer{
		"SGD":             {SGD: true},
		"momentum":        {SGD: true, Momentum: 0.9, Rate: 0.05},
		"SGD, linear":     {SGD: true, Linear: true, Rate: 0.2},
		"Adam, halving":   {HalveEvery: 20, Rate: 0.01},
		"AdamW, linear":   {Linear: true, Decay: 0.1, Rate: 0.01},
		"SGD with decay":  {SGD: true, Flat: true, Decay: 0.01},
		"no clip, cosine": {SGD: true, Clip: -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			outer.MetaBatch = 4
			l := &ProtoNet{Model: Model{Hidden: []int{16}, Seed: 3, Outer: outer}}
			run := Run{Iterations: 60, Workers: 1}
			first := train(t, l, src, run)
			before, after := hits(t, l, src, 60), hits(t, first, src, 60)
			t.Logf("%s: %.3f untrained, %.3f trained", name, before, after)
			if after < before+0.05 {
				t.Errorf("%.3f of new rows right, %.3f untrained", after, before)
			}
			want := bytesOf(t, first)
			run.Workers = 4
			if !bytes.Equal(bytesOf(t, train(t, l, src, run)), want) {
				t.Error("4 workers give other bytes than one")
			}
			ctx, cancel := context.WithCancel(context.Background())
			run.Checkpoint = filepath.Join(t.TempDir(), "c")
			run.Report = func(p Progress) {
				if p.Iteration == 23 {
					cancel()
				}
			}
			if _, err := l.Train(ctx, src, run); !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			run.Report = nil
			if !bytes.Equal(bytesOf(t, train(t, l, src, run)), want) {
				t.Error("stopped and gone on with, other bytes")
			}
		})
	}
}

// What a model file says of the settings is what it said before there were these options.
func TestOuterOptionsAreSilentWhenOff(t *testing.T) {
	for name, l := range trained(8) {
		for _, option := range []string{"SGD", "Momentum", "Linear", "HalveEvery", "LearnRates", "MultiStep", "FirstOrderFor", "InnerBatch", "InnerAdam"} {
			b := bytesOf(t, train(t, l, toy(1, 2, 2), Run{Iterations: 1}))
			if bytes.Contains(b, fmt.Appendf(nil, `\"%s\":`, option)) {
				t.Errorf("%s: a model file says %s", name, option)
			}
		}
	}
}
