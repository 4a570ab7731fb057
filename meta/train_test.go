package meta

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/inkling-sec/inkling/nn"
	"github.com/inkling-sec/inkling/tensor"
)

// trained are the trained learners in sizes for tests.
func trained(hidden ...int) map[string]Trainer {
	m := func() Model { return Model{Hidden: hidden, Seed: 5, Outer: Outer{MetaBatch: 4, Rate: 0.01}} }
	return map[string]Trainer{
		"maml":       &MAML{Model: m()},
		"fomaml":     &MAML{Model: m(), FirstOrder: true},
		"anil":       &MAML{Model: m(), HeadOnly: true},
		"meta-sgd":   &MetaSGD{Model: m()},
		"reptile":    &Reptile{Model: m()},
		"protonet":   &ProtoNet{Model: m()},
		"baseline++": &BaselinePP{Model: m(), Classes: 4},
	}
}

// toy is a family of tasks in which classes differ in three of eight columns,
// more faintly than the others vary. counts has the support rows of each class.
func toy(seed uint64, counts ...int) Source {
	return func(n uint64) *Task {
		rng := rand.New(rand.NewPCG(seed, n))
		t := &Task{Ways: len(counts)}
		for c, k := range counts {
			var centre [3]float64
			for j := range centre {
				centre[j] = rng.NormFloat64()
			}
			t.Support = toyRows(rng, t.Support, c, k, centre)
			t.Query = toyRows(rng, t.Query, c, 10, centre)
		}
		return t
	}
}

func toyRows(rng *rand.Rand, s Set, class, n int, centre [3]float64) Set {
	var data []float32
	if s.X != nil {
		data = s.X.Data
	}
	for range n {
		for j := range 8 {
			v := 2 * rng.NormFloat64()
			if j < 3 {
				v = centre[j] + 0.15*v
			}
			data = append(data, float32(v))
		}
		s.Y = append(s.Y, class)
	}
	s.X = tensor.From(data, len(s.Y), 8)
	return s
}

func bytesOf(t *testing.T, l Trainer) []byte {
	t.Helper()
	b, err := Encode(l, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func train(t *testing.T, l Trainer, src Source, run Run) Trainer {
	t.Helper()
	out, err := l.Train(context.Background(), src, run)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// hits gives the share of query rows of n new tasks that a learner judges rightly.
func hits(t *testing.T, l Learner, src Source, n int) float64 {
	t.Helper()
	right, all := 0, 0
	for i := range n {
		task := src(1<<40 + uint64(i))
		s, err := l.Adapt(context.Background(), task)
		if err != nil {
			t.Fatal(err)
		}
		dst := make([]float32, task.Query.Len()*s.Ways())
		s.Score(dst, task.Query.X)
		for j, c := range task.Query.Y {
			if tensor.ArgMax(dst[j*s.Ways():][:s.Ways()]) == c {
				right++
			}
			all++
		}
	}
	return float64(right) / float64(all)
}

// Training has to bring every learner well above chance and above itself
// untrained, with few rows, one row, and a class of many rows against one of few.
func TestLearnersLearn(t *testing.T) {
	for _, c := range []struct {
		name   string
		counts []int
		least  float64
	}{
		{"2-way, one row", []int{1, 1}, 0.75},
		{"2-way, 40 rows against 2", []int{40, 2}, 0.75},
		{"4-way, 3 rows", []int{3, 3, 3, 3}, 0.7},
	} {
		for name, l := range trained(32, 32) {
			if name == "baseline++" {
				continue // learns nothing from tasks that have no class in common: see TestBaselinePP
			}
			t.Run(name+", "+c.name, func(t *testing.T) {
				t.Parallel()
				src := toy(9, c.counts...)
				before := hits(t, l, src, 60)
				after := hits(t, train(t, l, src, Run{Iterations: 200}), src, 60)
				t.Logf("%.3f untrained, %.3f trained", before, after)
				if after < c.least || after < before {
					t.Errorf("%.3f of new rows right, %.3f untrained; want %.2f", after, before, c.least)
				}
			})
		}
	}
}

func TestSameBytesOnAnyNumberOfCores(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for name, l := range trained(8) {
		var want []byte
		for _, cores := range []int{1, 2, 4} {
			runtime.GOMAXPROCS(cores)
			got := bytesOf(t, train(t, l, toy(1, 5, 2), Run{Iterations: 5}))
			if want == nil {
				want = got
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s: %d cores give other bytes than one", name, cores)
			}
		}
		if other := bytesOf(t, train(t, l, toy(1, 5, 2), Run{Iterations: 5, Seed: 6})); bytes.Equal(other, want) {
			t.Errorf("%s: another seed gives the same bytes", name)
		}
	}
}

// Twenty steps give what ten, an end by ctx, and ten more do.
func TestResume(t *testing.T) {
	for name, l := range trained(8) {
		src := toy(2, 5, 2)
		want := bytesOf(t, train(t, l, src, Run{Iterations: 20}))
		run := Run{Iterations: 20, Checkpoint: filepath.Join(t.TempDir(), "c"), CheckpointEvery: 4}
		ctx, cancel := context.WithCancel(context.Background())
		run.Report = func(p Progress) {
			if p.Iteration == 10 {
				cancel()
			}
		}
		if _, err := l.Train(ctx, src, run); !errors.Is(err, context.Canceled) {
			t.Fatalf("%s: %v, want an end by ctx", name, err)
		}
		first := 0
		run.Report = func(p Progress) {
			if first == 0 {
				first = p.Iteration
			}
		}
		if got := bytesOf(t, train(t, l, src, run)); !bytes.Equal(got, want) || first != 11 {
			t.Errorf("%s: went on at step %d; same bytes: %v", name, first, bytes.Equal(got, want))
		}
		if got := bytesOf(t, train(t, l, src, run)); !bytes.Equal(got, want) {
			t.Errorf("%s: a finished run changes when run again", name)
		}
	}
}

func TestCheckpointOfAnotherRun(t *testing.T) {
	src := toy(2, 5, 2)
	run := Run{Iterations: 2, Checkpoint: filepath.Join(t.TempDir(), "c")}
	l := trained(8)["maml"].(*MAML)
	train(t, l, src, run)
	faster := *l
	faster.Rate = 0.2
	model := filepath.Join(t.TempDir(), "m")
	if err := Save(model, train(t, l, src, Run{Iterations: 1}), nil); err != nil {
		t.Fatal(err)
	}
	beyond := filepath.Join(t.TempDir(), "b") // a damaged one
	f, err := nn.ReadFile(run.Checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	f.Metadata[stateKey] = strings.Replace(f.Metadata[stateKey], `"Done":2`, `"Done":-3`, 1)
	if err := f.WriteFile(beyond); err != nil {
		t.Fatal(err)
	}
	for want, c := range map[string]struct {
		learner Trainer
		src     Source
		path    string
	}{
		"after -3 outer steps of 2": {l, src, beyond},
		"of other settings":         {&faster, src, run.Checkpoint},
		"of the learner":            {trained(8)["anil"], src, run.Checkpoint},
		"of other tasks":            {l, toy(3, 5, 2), run.Checkpoint},
		"not a checkpoint":          {l, src, model},
	} {
		_, err := c.learner.Train(context.Background(), c.src, Run{Iterations: 2, Checkpoint: c.path})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

func TestTrainAndAdaptChangeNothing(t *testing.T) {
	for name, l := range trained(8) {
		copyOf := func(task *Task) *Task {
			c := *task
			c.Support = Set{task.Support.X.Clone(), append([]int(nil), task.Support.Y...)}
			c.Query = Set{task.Query.X.Clone(), append([]int(nil), task.Query.Y...)}
			return &c
		}
		var tasks, copies []*Task
		src := toy(4, 5, 2)
		for n := range 8 {
			tasks = append(tasks, src(uint64(n)))
			copies = append(copies, copyOf(tasks[n]))
		}
		fixed := func(n uint64) *Task { return tasks[n%8] }
		once := train(t, l, fixed, Run{Iterations: 3})
		before := bytesOf(t, once)
		twice := train(t, once, fixed, Run{Iterations: 3})
		if _, err := once.Adapt(context.Background(), tasks[0]); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(tasks, copies) {
			t.Errorf("%s changed a task", name)
		}
		if len(l.Params()) != 0 || !bytes.Equal(bytesOf(t, once), before) {
			t.Errorf("%s changed itself", name)
		}
		if bytes.Equal(bytesOf(t, twice), before) {
			t.Errorf("%s: training goes on from where it starts, nowhere", name)
		}
	}
}

func TestCtxEndsTraining(t *testing.T) {
	for name, l := range trained(8) {
		ctx, cancel := context.WithCancel(context.Background())
		src := toy(2, 5, 2)
		stop := func(n uint64) *Task { // in the midst of an outer step
			if n == 6 {
				cancel()
			}
			return src(n)
		}
		steps := 0
		_, err := l.Train(ctx, stop, Run{Report: func(Progress) { steps++ }})
		if !errors.Is(err, context.Canceled) || steps != 1 {
			t.Errorf("%s: %v after %d steps", name, err, steps)
		}
		if _, err := l.Adapt(ctx, src(0)); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: Adapt gives %v after the end of ctx", name, err)
		}
	}
}

func TestBadTasks(t *testing.T) {
	src := toy(2, 5, 2)
	for want, spoil := range map[string]func(t *Task){
		"query set: no rows":             func(t *Task) { t.Query = Set{} },
		"query set: row 0: class 2 of 2": func(t *Task) { t.Query.Y[0] = 2 },
		"class 1 has no row":             func(t *Task) { t.Support.Y[5], t.Support.Y[6] = 0, 0 },
		"rows of 4 columns":              func(t *Task) { t.Support.X = tensor.From(t.Support.X.Data[:28], 7, 4) },
	} {
		for name, l := range trained(8) {
			_, err := l.Train(context.Background(), func(n uint64) *Task {
				task := src(n)
				if n == 5 {
					spoil(task)
				}
				return task
			}, Run{Iterations: 3})
			if err == nil || !strings.Contains(err.Error(), name+": task 5: ") || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: error %v, want %q at task 5", name, err, want)
			}
		}
	}
}

func TestAnExplodingRateIsAnError(t *testing.T) {
	l := &MAML{Model: Model{Hidden: []int{8}, NoNorm: true}, Rate: 1e30}
	_, err := l.Train(context.Background(), toy(2, 5, 2), Run{Iterations: 3})
	if err == nil || !strings.Contains(err.Error(), "not finite") {
		t.Errorf("error %v", err)
	}
}

func TestModelFile(t *testing.T) {
	for name, l := range trained(8) {
		path := filepath.Join(t.TempDir(), "m")
		l = train(t, l, toy(2, 5, 2), Run{Iterations: 2})
		if err := Save(path, l, map[string]string{"contract": "abc"}); err != nil {
			t.Fatal(err)
		}
		got, extra, err := Load(path)
		if err != nil {
			t.Fatal(err)
		}
		if got.Name() != name || extra["contract"] != "abc" || len(extra) != 1 || !bytes.Equal(bytesOf(t, got), bytesOf(t, l)) {
			t.Errorf("%s comes back as %s with %v", name, got.Name(), extra)
		}
		task := toy(2, 5, 2)(7)
		if a, b := scores(t, l, task), scores(t, got, task); !reflect.DeepEqual(a, b) {
			t.Errorf("%s comes back with other scores", name)
		}
	}
}

func scores(t *testing.T, l Learner, task *Task) []float32 {
	t.Helper()
	s, err := l.Adapt(context.Background(), task)
	if err != nil {
		t.Fatal(err)
	}
	dst := make([]float32, task.Query.Len()*s.Ways())
	s.Score(dst, task.Query.X)
	return dst
}

func TestModelFileErrors(t *testing.T) {
	l := trained(8)["maml"]
	if _, err := Encode(l, nil); err == nil || !strings.Contains(err.Error(), "not trained") {
		t.Errorf("an untrained learner: %v", err)
	}
	l = train(t, l, toy(2, 5, 2), Run{Iterations: 1})
	if _, err := Encode(l, map[string]string{"inkling.x": ""}); err == nil || !strings.Contains(err.Error(), "is taken") {
		t.Errorf("a key of ours: %v", err)
	}
	good := string(bytesOf(t, l))
	for was, now := range map[string]string{
		`"inkling.learner":"maml"`: `"inkling.learner":"mamm"`,
		`\"In\":8`:                 `\"In\":9`,
		`\"Out\":2`:                `\"Out\":0`,
		`\"Hidden\":[8]`:           `\"Hidden\":{8}`,
		`\"Hidden\":[8],`:          `             `,
		`\"HeadOnly\":false`:       `\"HeadOnly\":true `,
	} {
		if !strings.Contains(good, was) {
			t.Fatalf("no %s in the file", was)
		}
		if _, _, err := Decode([]byte(strings.Replace(good, was, now, 1))); err == nil {
			t.Errorf("%s is read", now)
		} else {
			t.Log(err)
		}
	}
	if _, _, err := Load(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

func TestOtherShapesThanTrainedFor(t *testing.T) {
	for name, l := range trained(8) {
		l = train(t, l, toy(2, 5, 2), Run{Iterations: 1})
		narrow := toy(2, 5, 2)(0)
		narrow.Support.X = tensor.From(narrow.Support.X.Data[:28], 7, 4)
		if _, err := l.Adapt(context.Background(), narrow); err == nil || !strings.Contains(err.Error(), "4 columns") {
			t.Errorf("%s: fewer columns: %v", name, err)
		}
		_, err := l.Adapt(context.Background(), toy(2, 2, 2, 2)(0))
		if (err == nil) != (name == "protonet" || name == "baseline++") {
			t.Errorf("%s: more ways: %v", name, err)
		}
	}
}

// Whatever bytes are read as a model, it judges rows or gives an error.
func FuzzDecode(f *testing.F) {
	task := toy(2, 5, 2)(0)
	for _, l := range trained(4) {
		l, err := l.Train(context.Background(), toy(2, 5, 2), Run{Iterations: 1})
		if err != nil {
			f.Fatal(err)
		}
		b, err := Encode(l, nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		l, _, err := Decode(b)
		if err != nil {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		if s, err := l.Adapt(ctx, task); err == nil {
			s.Score(make([]float32, task.Query.Len()*s.Ways()), task.Query.X)
		}
	})
}
