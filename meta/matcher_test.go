package meta

import (
	"bytes"
	"context"
	"math"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/inkling-sec/inkling/grad"
	"github.com/inkling-sec/inkling/tensor"
)

// madeUp gives tasks of 2 to 9 columns, some of few values, with an attack that
// moves some columns, a third time known attacks beside it.
func madeUp(seed uint64) Source {
	return func(n uint64) *Task {
		r := rand.New(rand.NewPCG(seed, n))
		d, m, k := 2+r.IntN(8), 40+r.IntN(160), 1+r.IntN(8)
		levels, shift := make([]bool, d), make([]float64, d)
		for j := range d {
			levels[j] = r.IntN(3) == 0
			if r.IntN(3) == 0 {
				shift[j] = 3 * r.NormFloat64()
			}
		}
		make1 := func(attack bool) []float32 {
			row := make([]float32, d)
			common := r.NormFloat64()
			for j := range row {
				v := .5*common + r.NormFloat64()
				if attack {
					v += shift[j]
				}
				if row[j] = float32(v); levels[j] {
					row[j] = float32(math.Round(v))
				}
			}
			return row
		}
		t := &Task{Ways: 2, Support: setOf(make1, m, k), Query: setOf(make1, 40, 12)}
		if n%3 == 0 {
			t.Known = setOf(make1, 0, 9)
			t.Other = setOf(make1, 5, 0)
		}
		return t
	}
}

func setOf(row func(bool) []float32, benign, attacks int) (s Set) {
	var rows [][]float32
	for i := range benign + attacks {
		rows = append(rows, row(i >= benign))
		s.Y = append(s.Y, min(1, max(0, i-benign+1)))
	}
	s.X = tensor.FromRows(rows)
	return s
}

func forms() map[string]*Matcher {
	return map[string]*Matcher{
		"whole": {Model: Model{Seed: 3}}, "no metric": {Model: Model{Seed: 3}, NoMetric: true},
		"no derived columns": {Model: Model{Seed: 3}, NoDerived: true}, "no known attacks": {Model: Model{Seed: 3}, NoKnown: true},
		"no ratios": {Model: Model{Seed: 3}, NoRatio: true}, "no votes": {Model: Model{Seed: 3}, NoVotes: true}, "neither": {Model: Model{Seed: 3}, NoVotes: true, NoRatio: true}, "half as wide": {Model: Model{Seed: 3}, Width: .5},
	}
}

// The network on the tape, by which a matcher is trained, is the one that judges.
func TestMatcherOnTape(t *testing.T) {
	for name, l := range forms() {
		l = l.sized(3)
		for n := range uint64(4) {
			task := madeUp(1)(n)
			by := rowsOf(task)
			les, err := l.lesson(context.Background(), task, by[1], by[0])
			if err != nil {
				t.Fatal(err)
			}
			want := newJudge(les, l.params).exact(task.Query.X)
			var tape grad.Tape
			got := (&taped{les, &tape, leaves(&tape, l.params)}).scores(les.judge(task.Query.X)).Value().Data
			for i := range want {
				if math.Abs(float64(got[i]-want[i])) > 2e-3 {
					t.Errorf("%s, task %d, row %d: %v on the tape, %v without", name, n, i, got[i], want[i])
					break
				}
			}
		}
	}
}

// The loss falls along its gradient as fast as the gradient says.
func TestMatcherGradient(t *testing.T) {
	l := (&Matcher{Width: .25}).sized(4)
	task := madeUp(2)(0)
	var tape grad.Tape
	loss := func() (float64, []*grad.Node) {
		tape.Reset()
		o, err := l.episode(context.Background(), leaves(&tape, l.params), task)
		if err != nil {
			t.Fatal(err)
		}
		return o.loss, o.grads
	}
	_, grads := loss()
	slope := 0.0
	var step []*tensor.Tensor
	for _, g := range grads {
		step = append(step, g.Value().Clone())
		slope += tensor.SumSquares(g.Value())
	}
	move := func(f float32) float64 {
		for i, p := range l.params {
			tensor.AddScaledTo(p, p, step[i], f)
		}
		v, _ := loss()
		return v
	}
	const h = 2e-3
	up := move(h)
	down := move(-2 * h)
	if got := (up - down) / (2 * h); math.Abs(got/slope-1) > .03 {
		t.Errorf("differences give %v, the gradient %v", got, slope)
	}
}

func TestMatcherTrains(t *testing.T) {
	src, l := madeUp(5), &Matcher{Model: Model{Seed: 1}, Width: .5}
	var first, last float64
	run := Run{Iterations: 60, MetaBatch: 4, Report: func(p Progress) {
		if p.Iteration <= 20 {
			first += p.Loss / 20
		}
		if p.Iteration > 40 {
			last += p.Loss / 20
		}
	}}
	trained, err := l.Train(context.Background(), src, run)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("loss %.3f, then %.3f", first, last)
	if !(last < first) {
		t.Errorf("the loss went from %v to %v", first, last)
	}
	path := filepath.Join(t.TempDir(), "m")
	if err := Save(path, trained, nil); err != nil {
		t.Fatal(err)
	}
	loaded, _, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	task := src(1000)
	want, got := marginsOf(t, trained, task), marginsOf(t, loaded, task)
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("row %d: %v after loading, was %v", i, got[i], want[i])
		}
	}
}

func marginsOf(t *testing.T, l Learner, task *Task) []float32 {
	t.Helper()
	s, err := l.Adapt(context.Background(), task)
	if err != nil {
		t.Fatal(err)
	}
	return Margin(s, task.Query.X)
}

// Same bytes on any number of workers, and after a stop halfway.
func TestMatcherTrainsTheSame(t *testing.T) {
	src, l := madeUp(6), &Matcher{Model: Model{Seed: 1}, Width: .25}
	run := func(ctx context.Context, r Run) []byte {
		r.Iterations, r.MetaBatch = 8, 3
		out, err := l.Train(ctx, src, r)
		if err != nil {
			return nil
		}
		b, err := Encode(out, nil)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	want := run(context.Background(), Run{Workers: 1})
	if got := run(context.Background(), Run{Workers: 3}); !bytes.Equal(got, want) {
		t.Error("three workers give other bytes than one")
	}
	ctx, cancel := context.WithCancel(context.Background())
	path := filepath.Join(t.TempDir(), "c")
	run(ctx, Run{Checkpoint: path, Report: func(p Progress) {
		if p.Iteration == 4 {
			cancel()
		}
	}})
	if got := run(context.Background(), Run{Checkpoint: path}); !bytes.Equal(got, want) {
		t.Error("other bytes after a stop")
	}
	src = madeUp(7)
	if got := run(context.Background(), Run{Checkpoint: path}); got != nil {
		t.Error("a checkpoint of other tasks was taken")
	}
}
