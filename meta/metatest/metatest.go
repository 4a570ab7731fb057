// Package metatest is the battery that every [meta.Learner] passes.
//
// [Check] asks of a learner what the interface promises: that it moves no
// input, gives the same bytes for the same call on any number of cores, stops
// when told, scores each row by itself and from many goroutines at once, stays
// finite on awkward support sets, and beats chance on easy tasks of two to
// twenty classes. Of a [meta.Trainer] it asks that training keeps the same
// promises, that what was trained can be saved, loaded and gone on with to the bit,
// and all of it again with each kind of network, where it has a [meta.Model].
package metatest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/tensor"
)

// subject is what a battery is run on.
type subject struct {
	meta.Entry
	d int // columns that it takes; 0 means any number
}

// cols gives d, or as many columns as there have to be.
func (e subject) cols(d int) int { return cmp.Or(e.d, d) }

type check struct {
	name string
	f    func(*testing.T, subject)
}

// contract is what any learner promises.
var contract = []check{
	{"inputs unmoved", checkInputs},
	{"same seed, same bytes", checkSame},
	{"same on any number of cores", checkCores},
	{"stops with its context", checkStops},
	{"rows judged alone", checkAlone},
	{"many goroutines", checkGoroutines},
	{"awkward support sets", checkAwkward},
}

// fresh is what a learner does besides that no task has shaped yet.
var fresh = []check{
	{"name", checkName},
	{"refuses a bad support set", checkRefuses},
	{"two to twenty ways", checkWays},
}

// good is what tells a learner from a guess.
var good = []check{
	{"detection beats chance", checkDetection},
	{"five ways beat chance", checkFiveWays},
}

// Check runs the battery on the learner of an entry; under -short, as with the
// race detector, on its own network only.
func Check(t *testing.T, e meta.Entry) {
	s := subject{Entry: e}
	all(t, s, fresh, contract, good)
	if _, ok := e.New(1).(meta.Trainer); !ok {
		return
	}
	t.Run("training", func(t *testing.T) { all(t, s, training) })
	if testing.Short() {
		return
	}
	for _, n := range networks {
		if on, ok := n.on(s); ok {
			t.Run(n.name, func(t *testing.T) { all(t, on, fresh, contract, training) })
		}
	}
}

func all(t *testing.T, e subject, lists ...[]check) {
	for _, c := range slices.Concat(lists...) {
		t.Run(c.name, func(t *testing.T) { c.f(t, e) })
	}
}

func adapt(t *testing.T, l meta.Learner, task *meta.Task) meta.Scorer {
	t.Helper()
	s, err := l.Adapt(context.Background(), task)
	if err != nil {
		t.Fatal(err)
	}
	if s.Ways() != task.Ways {
		t.Fatalf("scorer of %d ways for a task of %d", s.Ways(), task.Ways)
	}
	return s
}

func score(s meta.Scorer, x *tensor.Tensor) []float32 {
	dst := make([]float32, x.Shape[0]*s.Ways())
	s.Score(dst, x)
	return dst
}

func finite(t *testing.T, scores []float32) {
	t.Helper()
	for i, v := range scores {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			t.Fatalf("score %d is %v", i, v)
		}
	}
}

func same(t *testing.T, what string, got, want []float32) {
	t.Helper()
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			t.Fatalf("%s: score %d is %v, was %v", what, i, got[i], want[i])
		}
	}
}

func checkName(t *testing.T, e subject) {
	if got := e.New(1).Name(); got != e.Name {
		t.Errorf("the learner calls itself %q", got)
	}
	if e.Doc == "" {
		t.Error("no doc")
	}
}

func checkInputs(t *testing.T, e subject) {
	task := Detection(3, 120, 5, 20, e.cols(12))
	before := fingerprint(task)
	score(adapt(t, e.New(1), task), task.Query.X)
	if !bytes.Equal(before, fingerprint(task)) {
		t.Error("the task was changed")
	}
}

func checkSame(t *testing.T, e subject) {
	task := Detection(4, 120, 5, 20, e.cols(12))
	l := e.New(7)
	want := score(adapt(t, l, task), task.Query.X)
	same(t, "adapting again", score(adapt(t, l, task), task.Query.X), want)
	same(t, "a new learner of the same seed", score(adapt(t, e.New(7), task), task.Query.X), want)
}

func checkCores(t *testing.T, e subject) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	task := Detection(5, 120, 5, 20, e.cols(12))
	want := score(adapt(t, e.New(7), task), task.Query.X)
	for _, n := range []int{2, 4} {
		runtime.GOMAXPROCS(n)
		same(t, "on more cores", score(adapt(t, e.New(7), task), task.Query.X), want)
	}
}

// checkStops ends the context before Adapt and within it, at its first looks
// and half way through.
func checkStops(t *testing.T, e subject) {
	task := Detection(6, 120, 5, 1, e.cols(12))
	l, asks := e.New(1), looks(math.MaxInt64)
	if _, err := l.Adapt(asks, task); err != nil {
		t.Fatal(err)
	}
	n := asks.n.Load()
	for _, at := range []int64{0, 1, n / 4, n / 2} {
		if at >= n {
			continue
		}
		ctx := looks(at)
		s, err := l.Adapt(ctx, task)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("Adapt gave %v, %v though its context had ended at look %d of %d", s, err, at, n)
		}
		if more := ctx.n.Load() - at; more > many {
			t.Errorf("Adapt looked %d times more at a context that had ended", more)
		}
	}
}

// many is how often goroutines that stop may look at a context that has ended.
const many = 64

// ending is a context that ends when it has been looked at so many times.
type ending struct {
	context.Context
	after int64
	n     *atomic.Int64
	stop  context.CancelFunc
}

func looks(after int64) ending {
	ctx, stop := context.WithCancel(context.Background())
	return ending{ctx, after, new(atomic.Int64), stop}
}

func (c ending) Err() error {
	if c.n.Add(1) > c.after {
		c.stop()
	}
	return c.Context.Err()
}

func checkRefuses(t *testing.T, e subject) {
	for _, c := range []struct {
		name  string
		spoil func(*meta.Task)
	}{
		{"no rows", func(k *meta.Task) { k.Support = meta.Set{} }},
		{"a class without rows", func(k *meta.Task) { k.Ways = 3 }},
		{"a class out of range", func(k *meta.Task) { k.Support.Y = slices.Repeat([]int{2}, k.Support.Len()) }},
		{"fewer classes than rows", func(k *meta.Task) { k.Support.Y = k.Support.Y[1:] }},
	} {
		task := Detection(7, 30, 2, 1, e.cols(5))
		c.spoil(task)
		if _, err := e.New(1).Adapt(context.Background(), task); err == nil {
			t.Errorf("%s: no error", c.name)
		}
	}
}

func checkAlone(t *testing.T, e subject) {
	task := Detection(8, 120, 5, 40, e.cols(13))
	s := adapt(t, e.New(1), task)
	x := task.Query.X
	want := score(s, x)
	n, d := x.Shape[0], x.Shape[1]
	for _, size := range []int{1, 3, 8, 37} {
		var got []float32
		for lo := 0; lo < n; lo += size {
			m := min(size, n-lo)
			got = append(got, score(s, &tensor.Tensor{Shape: []int{m, d}, Data: x.Data[lo*d : (lo+m)*d]})...)
		}
		same(t, "in smaller batches", got, want)
	}
	s.Score(nil, &tensor.Tensor{Shape: []int{0, d}})
}

func checkGoroutines(t *testing.T, e subject) {
	task := Detection(9, 120, 5, 20, e.cols(12))
	l := e.New(1)
	s := adapt(t, l, task)
	want := score(s, task.Query.X)
	var all sync.WaitGroup
	got := make([][]float32, 8)
	for i := range got {
		all.Go(func() {
			if i%4 == 3 { // adapting at the same time is allowed too
				if s, err := l.Adapt(context.Background(), task); err == nil {
					got[i] = score(s, task.Query.X)
				}
				return
			}
			got[i] = score(s, task.Query.X)
		})
	}
	all.Wait()
	for _, g := range got {
		if g == nil {
			t.Fatal("adapting beside others failed")
		}
		same(t, "beside others", g, want)
	}
}

func checkDetection(t *testing.T, e subject) {
	for _, shots := range []int{1, 5} {
		task := Detection(10, 300, shots, 150, e.cols(12))
		s := adapt(t, e.New(1), task)
		all := score(s, task.Query.X)
		finite(t, all)
		var benign, attack []float32
		for i, m := range meta.Margin(s, task.Query.X) {
			if task.Query.Y[i] == 0 {
				benign = append(benign, m)
			} else {
				attack = append(attack, m)
			}
		}
		if got := meta.AUROC(benign, attack); got < .8 {
			t.Errorf("%d shots: AUROC %.3f, chance is 0.5", shots, got)
		}
	}
}

func checkFiveWays(t *testing.T, e subject) {
	for _, shots := range []int{1, 5} {
		task := FiveWays(11, shots, 30, e.cols(12))
		all := score(adapt(t, e.New(1), task), task.Query.X)
		finite(t, all)
		if got := meta.Accuracy(all, 5, task.Query.Y); got < .5 {
			t.Errorf("%d shots: accuracy %.3f, chance is 0.2", shots, got)
		}
	}
}

// checkAwkward: whatever the rows, an answer that is a number.
func checkAwkward(t *testing.T, e subject) {
	for _, c := range []struct {
		name  string
		spoil func(x []float32, n, d int)
	}{
		{"constant columns", func(x []float32, n, d int) {
			for i := range n {
				x[i*d], x[i*d+d-1] = 3, 0
			}
		}},
		{"every column constant", func(x []float32, n, d int) { clear(x) }},
		{"duplicated rows", func(x []float32, n, d int) {
			for i := 1; i < n/2; i++ {
				copy(x[i*d:(i+1)*d], x[:d])
			}
		}},
		{"taught rows equal to benign ones", func(x []float32, n, d int) { copy(x[(n-5)*d:], x[:5*d]) }},
		{"large numbers", func(x []float32, n, d int) {
			for i := range x {
				x[i] *= 1e4
			}
		}},
		{"columns a copy of each other", func(x []float32, n, d int) {
			for i := range x {
				x[i] = x[i/d*d]
			}
		}},
	} {
		d := e.cols(9)
		task := Detection(12, 80, 5, 20, d)
		c.spoil(task.Support.X.Data, task.Support.Len(), d)
		t.Run(c.name, func(t *testing.T) {
			finite(t, score(adapt(t, e.New(1), task), task.Query.X))
			finite(t, score(adapt(t, e.New(1), task), task.Support.X))
		})
	}
	for name, task := range map[string]*meta.Task{
		"one row each":   Detection(13, 1, 1, 5, e.cols(7)),
		"one column":     Detection(14, 60, 2, 5, e.cols(1)),
		"few benign":     Detection(15, 3, 10, 5, e.cols(7)),
		"no known rows":  withoutKnown(Detection(16, 60, 2, 5, e.cols(7))),
		"empty known":    emptyKnown(Detection(17, 60, 2, 5, e.cols(7))),
		"one known row":  oneKnown(Detection(18, 60, 2, 5, e.cols(7))),
		"unlike classes": withoutKnown(Detection(19, 60, 1, 5, e.cols(200))),
	} {
		t.Run(name, func(t *testing.T) { finite(t, score(adapt(t, e.New(1), task), task.Query.X)) })
	}
}

// checkWays: any number of classes, alike in their numbers of rows or not, and
// rows that say nothing.
func checkWays(t *testing.T, e subject) {
	d := e.cols(12)
	for name, shots := range map[string][]int{
		"two ways, one row":          {1, 1},
		"three ways":                 {5, 5, 5},
		"ten ways, one row":          slices.Repeat([]int{1}, 10),
		"twenty ways":                slices.Repeat([]int{5}, 20),
		"one row, or two, or twenty": {1, 20, 2, 10, 1},
	} {
		t.Run(name, func(t *testing.T) {
			ways := len(shots)
			task := Ways(20, shots, 10, d)
			scores := score(adapt(t, e.New(1), task), task.Query.X)
			finite(t, scores)
			_, random := e.New(1).(meta.Trainer) // parameters; see checkLearns
			got, chance := meta.Accuracy(scores, ways, task.Query.Y), 1/float64(ways)
			if !random && ways > 2 && got < chance+(1-chance)/4 {
				t.Errorf("accuracy %.3f, chance is %.3f", got, chance)
			}
			for i := range task.Support.X.Data { // rows that are all the same
				task.Support.X.Data[i] = task.Support.X.Data[i%d]
			}
			finite(t, score(adapt(t, e.New(1), task), task.Query.X))
			clear(task.Support.X.Data)
			finite(t, score(adapt(t, e.New(1), task), task.Query.X))
		})
	}
}
