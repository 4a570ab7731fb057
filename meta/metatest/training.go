package metatest

import (
	"bytes"
	"context"
	"errors"
	"math"
	"path/filepath"
	"reflect"
	"runtime"
	"testing"

	"github.com/inkling-sec/inkling/meta"
)

// training is what a trainer promises.
var training = []check{
	{"trained on any number of workers", checkWorkers},
	{"stopped and gone on with", checkResume},
	{"training stops with its context", checkTrainingStops},
	{"training moves nothing", checkTrainingMovesNothing},
	{"saved and loaded", checkSaved},
	{"trained, keeps the contract", checkTrained},
	{"learns", checkLearns},
}

// network is a kind of network that a [meta.Model] may have.
type network struct {
	name string
	d    int     // columns that it takes; 0 means any number
	rate float64 // step size that a learner with a field Rate needs with it; 0 means its own
	set  func(*meta.Model)
}

// networks are those besides the one that a Model has by itself.
var networks = []network{
	{"no norm", 0, 0.02, func(m *meta.Model) { m.NoNorm = true }},
	{"batch norm", 0, 0, func(m *meta.Model) { m.BatchNorm = true }},
	{"convolutional", 36, 0, func(m *meta.Model) {
		m.Filters, m.Image = []int{4, 4}, meta.Image{Height: 6, Width: 6, Channels: 1}
	}},
}

// on gives e with the network, if it has a model.
func (n network) on(e subject) (subject, bool) {
	make := e.New
	e.d = n.d
	e.New = func(seed uint64) meta.Learner {
		l := make(seed)
		n.set(modelOf(l))
		if f := reflect.ValueOf(l).Elem().FieldByName("Rate"); n.rate > 0 && f.IsValid() && f.CanFloat() {
			f.SetFloat(n.rate)
		}
		return l
	}
	return e, modelOf(make(1)) != nil
}

// modelOf gives a learner's field Model, nil if there is none.
func modelOf(l meta.Learner) *meta.Model {
	v := reflect.Indirect(reflect.ValueOf(l))
	if v.Kind() != reflect.Struct {
		return nil
	}
	f := v.FieldByName("Model")
	if !f.IsValid() || !f.CanAddr() {
		return nil
	}
	m, _ := f.Addr().Interface().(*meta.Model)
	return m
}

// trainer gives the learner as it is before training.
func (e subject) trainer() meta.Trainer { return e.New(7).(meta.Trainer) }

// detection is a stream of easy detection tasks.
func (e subject) detection(n uint64) *meta.Task { return Detection(100+n, 20, 2, 5, e.cols(12)) }

// fewWays is a stream of easy tasks of three out of six classes, whose rows
// are about the same centres each time.
func (e subject) fewWays(n uint64) *meta.Task {
	all := Ways(99, []int{16, 16, 16, 16, 16, 16}, 0, e.cols(12))
	t := &meta.Task{Ways: 3}
	var support, query builder
	for way := range t.Ways {
		c := (int(n) + way*int(1+n%2)) % 6
		t.Classes = append(t.Classes, c)
		for k := range 8 {
			b := &support
			if k >= 3 {
				b = &query
			}
			b.x = append(b.x, all.Support.X.Row(16*c+int(8*n+uint64(k))%16)...)
			b.y = append(b.y, way)
		}
	}
	t.Support, t.Query = support.set(e.cols(12)), query.set(e.cols(12))
	return t
}

func train(t *testing.T, l meta.Trainer, src meta.Source, run meta.Run) meta.Trainer {
	t.Helper()
	out, err := l.Train(context.Background(), src, run)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func encode(t *testing.T, l meta.Trainer) []byte {
	t.Helper()
	b, err := meta.Encode(l, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func checkWorkers(t *testing.T, e subject) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for name, src := range map[string]meta.Source{"detection": e.detection, "three ways": e.fewWays} {
		var want []byte
		for _, n := range []int{1, 2, 4} {
			runtime.GOMAXPROCS(n)
			got := encode(t, train(t, e.trainer(), src, meta.Run{Iterations: 2, MetaBatch: 5, Workers: n}))
			if want == nil {
				want = got
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s: %d workers give other bytes than one", name, n)
			}
		}
	}
}

func checkResume(t *testing.T, e subject) {
	run := meta.Run{Iterations: 6, MetaBatch: 2, Workers: 1}
	want := encode(t, train(t, e.trainer(), e.detection, run))
	ctx, cancel := context.WithCancel(context.Background())
	run.Checkpoint = filepath.Join(t.TempDir(), "checkpoint")
	run.Report = func(p meta.Progress) {
		if p.Iteration == 3 {
			cancel()
		}
	}
	if _, err := e.trainer().Train(ctx, e.detection, run); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want the context's", err)
	}
	first := 0
	run.Report = func(p meta.Progress) {
		if first == 0 {
			first = p.Iteration
		}
	}
	if got := encode(t, train(t, e.trainer(), e.detection, run)); first != 4 || !bytes.Equal(got, want) {
		t.Errorf("went on at outer step %d, the same bytes: %v", first, bytes.Equal(got, want))
	}
}

// checkTrainingStops ends the context within the second of two tasks, at each look.
func checkTrainingStops(t *testing.T, e subject) {
	run := meta.Run{Iterations: 1, MetaBatch: 2, Workers: 1}
	total, drawn := looks(math.MaxInt64), int64(0)
	src := func(ctx ending) meta.Source {
		return func(n uint64) *meta.Task {
			if n < 2 { // those after are for the statistics of batch norm
				drawn = ctx.n.Load()
			}
			return e.detection(n)
		}
	}
	if _, err := e.trainer().Train(total, src(total), run); err != nil {
		t.Fatal(err)
	}
	from, to := drawn, total.n.Load()
	if to-from < 2 { // one is between tasks
		t.Error("does not look at the context within a task")
	}
	for at := from; at < to; at++ {
		ctx := looks(at)
		l, err := e.trainer().Train(ctx, src(ctx), run)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("Train gave %v, %v though its context had ended at look %d of %d", l, err, at, to)
		}
		if more := ctx.n.Load() - at; more > many {
			t.Errorf("Train looked %d times more at a context that had ended", more)
		}
	}
}

func checkTrainingMovesNothing(t *testing.T, e subject) {
	var tasks []*meta.Task
	var before [][]byte
	for n := range 4 {
		tasks = append(tasks, e.detection(uint64(n)))
		before = append(before, fingerprint(tasks[n]))
	}
	src := func(n uint64) *meta.Task { return tasks[n%4] }
	l := e.trainer()
	once := train(t, l, src, meta.Run{Iterations: 2, MetaBatch: 2})
	was := encode(t, once)
	twice := train(t, once, src, meta.Run{Iterations: 2, MetaBatch: 2})
	adapt(t, once, tasks[0])
	for n, task := range tasks {
		if !bytes.Equal(fingerprint(task), before[n]) {
			t.Errorf("task %d was changed", n)
		}
	}
	if len(l.Params()) != 0 || !bytes.Equal(encode(t, once), was) {
		t.Error("training changed the learner that it started from")
	}
	if bytes.Equal(encode(t, twice), was) {
		t.Error("training of a trained learner does not go on from it")
	}
}

func checkSaved(t *testing.T, e subject) {
	l := train(t, e.trainer(), e.detection, meta.Run{Iterations: 2, MetaBatch: 2})
	path := filepath.Join(t.TempDir(), "model")
	if err := meta.Save(path, l, map[string]string{"key": "value"}); err != nil {
		t.Fatal(err)
	}
	got, extra, err := meta.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(extra) != 1 || extra["key"] != "value" || got.Name() != l.Name() {
		t.Errorf("%s comes back as %s with %v", l.Name(), got.Name(), extra)
	}
	if !bytes.Equal(encode(t, got), encode(t, l)) {
		t.Error("comes back with other bytes")
	}
	task := e.detection(1000)
	same(t, "after loading", score(adapt(t, got, task), task.Query.X), score(adapt(t, l, task), task.Query.X))
	run := meta.Run{Iterations: 2, MetaBatch: 2}
	if !bytes.Equal(encode(t, train(t, got, e.detection, run)), encode(t, train(t, l, e.detection, run))) {
		t.Error("after loading training goes on another way")
	}
}

// checkTrained: a learner that was trained keeps what it promised before.
func checkTrained(t *testing.T, e subject) {
	l := train(t, e.trainer(), e.detection, meta.Run{Iterations: 2, MetaBatch: 2})
	e.d = e.cols(12)
	e.New = func(uint64) meta.Learner { return l }
	all(t, e, contract)
}

// checkLearns: a short training leads to a learner that beats chance on tasks of the same kind.
func checkLearns(t *testing.T, e subject) {
	d := train(t, e.trainer(), e.detection, meta.Run{Iterations: 20, MetaBatch: 4})
	var benign, attack []float32
	for n := range uint64(10) {
		task := e.detection(1000 + n)
		scores := meta.Margin(adapt(t, d, task), task.Query.X)
		finite(t, scores)
		for i, m := range scores {
			if task.Query.Y[i] == 0 {
				benign = append(benign, m)
			} else {
				attack = append(attack, m)
			}
		}
	}
	auroc := meta.AUROC(benign, attack)
	w := train(t, e.trainer(), e.fewWays, meta.Run{Iterations: 20, MetaBatch: 4})
	right := 0.0
	for n := range uint64(10) {
		task := e.fewWays(1000 + n)
		right += meta.Accuracy(score(adapt(t, w, task), task.Query.X), 3, task.Query.Y) / 10
	}
	t.Logf("AUROC %.3f, chance is 0.5; accuracy %.3f, chance is 0.333", auroc, right)
	if auroc < 0.65 || right < 0.5 {
		t.Errorf("AUROC %.3f, chance is 0.5; accuracy %.3f, chance is 0.333", auroc, right)
	}
}
