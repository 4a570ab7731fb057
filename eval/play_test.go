package eval

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/tensor"
)

// The first learner that fails ends the evaluation: what is left is not played for nothing.
func TestPlayStopsAtAnError(t *testing.T) {
	d := testData(t)
	protocol := NewAttack{Benign: "ok", Shots: []int{1}, Draws: 60, Classes: []string{"attack0"}}
	episodes, err := protocol.Episodes(d)
	if err != nil {
		t.Fatal(err)
	}
	l := &failing{}
	if _, err := (&Plan{Protocol: protocol, Trained: []meta.Learner{l}}).Play(t.Context(), d, episodes); !errors.Is(err, errFails) || l.calls.Load() > int64(runtime.GOMAXPROCS(0)) { // one a goroutine
		t.Errorf("%d of 60 episodes, %v", l.calls.Load(), err)
	}
}

var errFails = errors.New("it fails")

// failing is a learner that cannot learn.
type failing struct {
	meta.NearestMean
	calls atomic.Int64
}

func (f *failing) Adapt(context.Context, *meta.Task) (meta.Scorer, error) {
	f.calls.Add(1)
	return nil, errFails
}

// What is known elsewhere is told of in the columns of the data: a table without a schema has others.
func TestKnownOfATableNeedsASchema(t *testing.T) {
	d := testData(t)
	p := Plan{Protocol: NewAttack{Benign: "ok", Shots: []int{1}, Draws: 1}, Trained: []meta.Learner{&meta.KNN{}}, Known: testData(t)}
	episodes, err := p.Protocol.Episodes(d)
	if err != nil {
		t.Fatal(err)
	}
	var e *inkling.Error
	if _, err := p.Play(t.Context(), d, episodes); !errors.As(err, &e) || !strings.Contains(e.Remedy, "--schema") {
		t.Errorf("%v", err)
	}
}

// Where known attacks come from another capture, what was trained for one held-out class is taken for another only if neither was
// in it: the number of attacks that were is the same for both.
func TestTrainingIsWithoutTheHeldOutClass(t *testing.T) {
	d := testData(t)
	var err error
	if d.fixed, d.raw, err = d.Features(d.Of("ok")); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		never []string
		times int
	}{{nil, 2}, {[]string{"attack0", "attack1"}, 1}} {
		l := &student{times: new(int)}
		p := Plan{Protocol: NewAttack{Benign: "ok", Classes: []string{"attack0", "attack1"}, Never: tt.never, Shots: []int{1}, Draws: 1}, Learners: []meta.Learner{l}, Known: d}
		episodes, err := p.Protocol.Episodes(d)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Play(t.Context(), d, episodes); err != nil || *l.times != tt.times {
			t.Errorf("never %v: trained %d times, want %d, %v", tt.never, *l.times, tt.times, err)
		}
	}
}

// student is nearest mean that counts how often it is trained.
type student struct {
	meta.NearestMean
	times *int
}

func (s *student) Train(context.Context, meta.Source, meta.Run) (meta.Trainer, error) {
	*s.times++
	return s, nil
}
func (*student) Params() map[string]*tensor.Tensor { return nil }
func (*student) Config() any                       { return nil }

// A class with one row on the side that is learned from is no task to train on, and without any other there is no training.
func TestTrainingNeedsAnotherAttack(t *testing.T) {
	d := testData(t)
	play := func(known int) error {
		p := Plan{Protocol: NewAttack{Benign: "ok", Classes: []string{"attack0"}, Shots: []int{1}, Draws: 1}, Learners: testLearners(t, "protonet"), Training: meta.Run{Iterations: 20}}
		episodes, err := p.Protocol.Episodes(d)
		if err != nil {
			t.Fatal(err)
		}
		episodes[0].Known = append(head(d.Of("attack1"), 1), head(d.Of("attack2"), known)...)
		_, err = p.Play(t.Context(), d, episodes)
		return err
	}
	if err := play(20); err != nil {
		t.Errorf("a class of one row: %v", err)
	}
	if err := play(0); inkling.CodeOf(err) != inkling.Invalid {
		t.Errorf("no class to train on: %v", err)
	}
}
