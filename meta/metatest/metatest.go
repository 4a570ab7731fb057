// Package metatest is the battery that every [meta.Learner] passes.
//
// [Check] asks of a learner what the interface promises: that it moves no
// input, gives the same bytes for the same call on any number of cores, stops
// when told, scores each row by itself and from many goroutines at once, stays
// finite on awkward support sets, and beats chance on two easy tasks.
package metatest

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/tensor"
)

// Check runs the battery on the learner of an entry.
func Check(t *testing.T, e meta.Entry) {
	for _, c := range []struct {
		name string
		f    func(*testing.T, meta.Entry)
	}{
		{"name", checkName},
		{"inputs unmoved", checkInputs},
		{"same seed, same bytes", checkSame},
		{"same on any number of cores", checkCores},
		{"stops with its context", checkStops},
		{"refuses a bad support set", checkRefuses},
		{"rows judged alone", checkAlone},
		{"many goroutines", checkGoroutines},
		{"detection beats chance", checkDetection},
		{"five ways beat chance", checkFiveWays},
		{"awkward support sets", checkAwkward},
	} {
		t.Run(c.name, func(t *testing.T) { c.f(t, e) })
	}
}

// Detection makes an easy detection task: benign rows in two clouds, shots
// taught rows and queries of either kind, three known classes.
func Detection(seed uint64, benign, shots, query, d int) *meta.Task {
	r := rand.New(rand.NewPCG(seed, 1))
	where := centres(r, 6, d, 2.5)
	var support, queries, known builder
	for i := range benign {
		support.add(r, where[i%2], 0)
	}
	for range shots {
		support.add(r, where[2], 1)
	}
	for i := range query {
		queries.add(r, where[i%2], 0)
		queries.add(r, where[2], 1)
	}
	for i := range 60 {
		known.add(r, where[3+i%3], i%3)
	}
	return &meta.Task{Ways: 2, Support: support.set(d), Query: queries.set(d), Known: known.set(d)}
}

// FiveWays makes an easy task of five classes.
func FiveWays(seed uint64, shots, query, d int) *meta.Task {
	r := rand.New(rand.NewPCG(seed, 2))
	where := centres(r, 5, d, 2.5)
	var support, queries builder
	for c := range where {
		for range shots {
			support.add(r, where[c], c)
		}
		for range query {
			queries.add(r, where[c], c)
		}
	}
	return &meta.Task{Ways: 5, Support: support.set(d), Query: queries.set(d)}
}

func centres(r *rand.Rand, n, d int, spread float64) [][]float32 {
	out := make([][]float32, n)
	for i := range out {
		for range d {
			out[i] = append(out[i], float32(spread*r.NormFloat64()))
		}
	}
	return out
}

type builder struct {
	x []float32
	y []int
}

func (b *builder) add(r *rand.Rand, at []float32, class int) {
	for _, v := range at {
		b.x = append(b.x, v+float32(r.NormFloat64()))
	}
	b.y = append(b.y, class)
}

func (b *builder) set(d int) meta.Set {
	return meta.Set{X: &tensor.Tensor{Shape: []int{len(b.y), d}, Data: b.x}, Y: b.y}
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

func checkName(t *testing.T, e meta.Entry) {
	if got := e.New(1).Name(); got != e.Name {
		t.Errorf("the learner calls itself %q", got)
	}
	if e.Doc == "" {
		t.Error("no doc")
	}
}

func checkInputs(t *testing.T, e meta.Entry) {
	task := Detection(3, 120, 5, 20, 12)
	before := fingerprint(task)
	score(adapt(t, e.New(1), task), task.Query.X)
	if !bytes.Equal(before, fingerprint(task)) {
		t.Error("the task was changed")
	}
}

func fingerprint(t *meta.Task) []byte {
	var b bytes.Buffer
	for _, s := range []meta.Set{t.Support, t.Query, t.Known} {
		for _, v := range s.X.Data {
			_ = binary.Write(&b, binary.LittleEndian, math.Float32bits(v))
		}
		for _, c := range s.Y {
			_ = binary.Write(&b, binary.LittleEndian, int64(c))
		}
	}
	return b.Bytes()
}

func checkSame(t *testing.T, e meta.Entry) {
	task := Detection(4, 120, 5, 20, 12)
	l := e.New(7)
	want := score(adapt(t, l, task), task.Query.X)
	same(t, "adapting again", score(adapt(t, l, task), task.Query.X), want)
	same(t, "a new learner of the same seed", score(adapt(t, e.New(7), task), task.Query.X), want)
}

func checkCores(t *testing.T, e meta.Entry) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	task := Detection(5, 120, 5, 20, 12)
	want := score(adapt(t, e.New(7), task), task.Query.X)
	for _, n := range []int{2, 4} {
		runtime.GOMAXPROCS(n)
		same(t, "on more cores", score(adapt(t, e.New(7), task), task.Query.X), want)
	}
}

func checkStops(t *testing.T, e meta.Entry) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s, err := e.New(1).Adapt(ctx, Detection(6, 120, 5, 1, 12))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Adapt gave %v, %v after its context ended", s, err)
	}
}

func checkRefuses(t *testing.T, e meta.Entry) {
	for _, c := range []struct {
		name  string
		spoil func(*meta.Task)
	}{
		{"no rows", func(k *meta.Task) { k.Support = meta.Set{} }},
		{"a class without rows", func(k *meta.Task) { k.Ways = 3 }},
		{"a class out of range", func(k *meta.Task) { k.Support.Y = slices.Repeat([]int{2}, k.Support.Len()) }},
		{"fewer classes than rows", func(k *meta.Task) { k.Support.Y = k.Support.Y[1:] }},
	} {
		task := Detection(7, 30, 2, 1, 5)
		c.spoil(task)
		if _, err := e.New(1).Adapt(context.Background(), task); err == nil {
			t.Errorf("%s: no error", c.name)
		}
	}
}

func checkAlone(t *testing.T, e meta.Entry) {
	task := Detection(8, 120, 5, 40, 13)
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

func checkGoroutines(t *testing.T, e meta.Entry) {
	task := Detection(9, 120, 5, 20, 12)
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

func checkDetection(t *testing.T, e meta.Entry) {
	for _, shots := range []int{1, 5} {
		task := Detection(10, 300, shots, 150, 12)
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

func checkFiveWays(t *testing.T, e meta.Entry) {
	for _, shots := range []int{1, 5} {
		task := FiveWays(11, shots, 30, 12)
		all := score(adapt(t, e.New(1), task), task.Query.X)
		finite(t, all)
		if got := meta.Accuracy(all, 5, task.Query.Y); got < .5 {
			t.Errorf("%d shots: accuracy %.3f, chance is 0.2", shots, got)
		}
	}
}

// checkAwkward: whatever the rows, an answer that is a number.
func checkAwkward(t *testing.T, e meta.Entry) {
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
		task := Detection(12, 80, 5, 20, 9)
		c.spoil(task.Support.X.Data, task.Support.Len(), 9)
		t.Run(c.name, func(t *testing.T) {
			finite(t, score(adapt(t, e.New(1), task), task.Query.X))
			finite(t, score(adapt(t, e.New(1), task), task.Support.X))
		})
	}
	for name, task := range map[string]*meta.Task{
		"one row each":   Detection(13, 1, 1, 5, 7),
		"one column":     Detection(14, 60, 2, 5, 1),
		"few benign":     Detection(15, 3, 10, 5, 7),
		"no known rows":  withoutKnown(Detection(16, 60, 2, 5, 7)),
		"empty known":    {Ways: 2, Support: Detection(17, 60, 2, 5, 7).Support, Query: Detection(17, 60, 2, 5, 7).Query, Known: meta.Set{X: &tensor.Tensor{Shape: []int{0, 7}}}},
		"one known row":  oneKnown(Detection(18, 60, 2, 5, 7)),
		"unlike classes": {Ways: 2, Support: Detection(19, 60, 1, 5, 200).Support, Query: Detection(19, 60, 1, 5, 200).Query},
	} {
		t.Run(name, func(t *testing.T) { finite(t, score(adapt(t, e.New(1), task), task.Query.X)) })
	}
}

func withoutKnown(t *meta.Task) *meta.Task {
	t.Known = meta.Set{}
	return t
}

func oneKnown(t *meta.Task) *meta.Task {
	d := t.Known.X.Shape[1]
	t.Known = meta.Set{X: &tensor.Tensor{Shape: []int{1, d}, Data: t.Known.X.Data[:d]}, Y: t.Known.Y[:1]}
	return t
}
