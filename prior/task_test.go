package prior

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/inkling-sec/inkling/meta"
)

// testGen is a generator for one test.
func testGen(t testing.TB, seed uint64) *gen {
	g := newGen(rand.New(rand.NewPCG(seed, 99)))
	t.Cleanup(g.release)
	return g
}

// The n-th task is the same whoever asks, in whatever order, beside whom.
func TestSourceIsPure(t *testing.T) {
	const n = 48
	src := Source(Config{Seed: 5, Pools: []int{64, 256}})
	var want [n]*meta.Task
	for i := range want {
		want[i] = src(uint64(i))
	}
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for k := range n {
				i := (k*5 + worker*7) % n
				if got := src(uint64(i)); !reflect.DeepEqual(got, want[i]) {
					t.Errorf("task %d differs", i)
				}
			}
		})
	}
	all.Wait()
	if other := Source(Config{Seed: 6, Pools: []int{64, 256}})(0); reflect.DeepEqual(other, want[0]) {
		t.Error("another seed gives the same task")
	}
}

func TestTasksAreWellFormed(t *testing.T) {
	c := Config{Seed: 1}
	knowns, others, missing := 0, 0, 0
	const n = 400
	for i := range n {
		task, story := Draw(c, uint64(i))
		d := len(task.Columns)
		m := slices.Index(task.Support.Y, 1)
		k := task.Support.Len() - m
		switch {
		case task.Ways != 2 || d < 1 || d > 64:
			t.Fatalf("task %d: %d ways, %d columns", i, task.Ways, d)
		case !slices.Contains([]int{64, 128, 256, 512, 1000}, m) || k < 1 || k > 50 || slices.Contains(task.Support.Y[m:], 0):
			t.Fatalf("task %d: a pool of %d and %d taught rows", i, m, k)
		case !slices.Equal(counts(task.Query.Y), []int{128, 32}):
			t.Fatalf("task %d: %v rows to be judged", i, counts(task.Query.Y))
		case len(story.Raw) != d || len(story.Marginals) <= slices.Max(story.Raw) || len(story.Attacks) == 0:
			t.Fatalf("task %d: story %+v of %d columns", i, story, d)
		}
		checkRows(t, i, task)
		checkNotConstant(t, i, task.Support, d)
		known := counts(task.Known.Y)
		if len(known) > 6 || slices.ContainsFunc(known, func(n int) bool { return n < 5 || n > 60 }) || (len(known) > 0) != (story.Relation != "") {
			t.Fatalf("task %d: known classes of %v rows, relation %q", i, known, story.Relation)
		}
		if task.Known.Len() > 0 {
			knowns++
		}
		if task.Other.Len() > 0 {
			others++
			if task.Other.Len() != 24 || slices.Max(task.Other.Y) >= len(known)+3 {
				t.Fatalf("task %d: other rows of classes %v", i, task.Other.Y)
			}
		}
		if story.Missing > 0 {
			missing++
		}
	}
	if knowns < n*2/5 || knowns > n*3/5 || others < n/2 || others > n*7/10 || missing == 0 {
		t.Errorf("of %d tasks %d have known attacks, %d others, %d missing values", n, knowns, others, missing)
	}
}

func counts(y []int) []int {
	var out []int
	for _, c := range y {
		for len(out) <= c {
			out = append(out, 0)
		}
		out[c]++
	}
	return out
}

// checkRows checks that rows are finite, within the pipeline's bounds and as wide as their columns.
func checkRows(t *testing.T, i int, task *meta.Task) {
	t.Helper()
	d := len(task.Columns)
	for _, s := range []meta.Set{task.Support, task.Query, task.Known, task.Other} {
		if s.X == nil {
			continue
		}
		if s.X.Shape[0] != s.Len() || s.X.Shape[1] != d || len(s.X.Data) != s.Len()*d {
			t.Fatalf("task %d: rows %v for %d classes and %d columns", i, s.X.Shape, s.Len(), d)
		}
		for at, v := range s.X.Data {
			if !(math.Abs(float64(v)) <= clip) || task.Columns[at%d] == meta.Level && v != 0 && v != weight {
				t.Fatalf("task %d: column %d of kind %d holds %v", i, at%d, task.Columns[at%d], v)
			}
		}
	}
}

func checkNotConstant(t *testing.T, i int, s meta.Set, d int) {
	t.Helper()
	for j := range d {
		same := true
		for r := range s.Len() {
			same = same && s.X.Data[r*d+j] == s.X.Data[j]
		}
		if same {
			t.Fatalf("task %d: column %d is constant", i, j)
		}
	}
}

func TestConfigIsKept(t *testing.T) {
	c := Config{Seed: 2, Worlds: []string{"tree"}, Marginals: []string{"count", "flag"}, Attacks: []string{"volume"}, Relations: []string{"variants"},
		Shots: []int{4}, Pools: []int{33}, MaxColumns: 7, KnownShare: 1, QueryBenign: 20, QueryTaught: 9, OtherRows: -1, Plain: true}
	for i := range 60 {
		task, story := Draw(c, uint64(i))
		if !slices.Equal(counts(task.Support.Y), []int{33, 4}) || !slices.Equal(counts(task.Query.Y), []int{20, 9}) || len(task.Columns) > 7 || task.Other.Len() > 0 || task.Known.Len() == 0 {
			t.Fatalf("task %d: %v taught, %v judged, %d columns, %d others, %d known", i, counts(task.Support.Y), counts(task.Query.Y), len(task.Columns), task.Other.Len(), task.Known.Len())
		}
		for _, m := range story.Marginals {
			if m != "count" && m != "flag" {
				t.Fatalf("task %d: marginal %s", i, m)
			}
		}
		if story.World != "tree" || story.Relation != "variants" || !slices.Equal(story.Attacks, []string{"volume"}) || story.Burst || story.Missing+story.Derived+story.Noise > 0 {
			t.Fatalf("task %d: %+v", i, story)
		}
	}
	if task := Source(Config{KnownShare: -1})(3); task.Known.Len() > 0 {
		t.Error("known attacks where there are to be none")
	}
}

// Every kind of every list can be had alone.
func TestEachKindAlone(t *testing.T) {
	draw := func(name string, c Config, was func(s *Story) bool) {
		c.Seed, c.Pools = 7, []int{64}
		for i := range 10 {
			task, story := Draw(c, uint64(i))
			checkRows(t, i, task)
			if !was(story) {
				t.Errorf("%s: %+v", name, story)
			}
		}
	}
	for _, n := range names(Worlds) {
		draw(n, Config{Worlds: []string{n}}, func(s *Story) bool { return s.World == n })
	}
	for _, n := range names(Profiles) {
		draw(n, Config{Profiles: []string{n}}, func(s *Story) bool { return s.Profile == n })
	}
	for _, n := range names(Marginals) {
		draw(n, Config{Marginals: []string{n}}, func(s *Story) bool { return s.Marginals[0] == n && s.Profile == "" })
	}
	for _, n := range names(Attacks) {
		draw(n, Config{Attacks: []string{n}}, func(s *Story) bool { return s.Attacks[0] == n })
	}
	for _, n := range names(Relations) {
		draw(n, Config{Relations: []string{n}, KnownShare: 1}, func(s *Story) bool { return s.Relation == n })
	}
}

func TestCheckNamesWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		Config
		says string
	}{
		{Config{Worlds: []string{"flat"}}, `unknown world "flat": choose from factor, network, graph, tree`},
		{Config{Attacks: []string{"latent", "x"}}, `unknown attack "x"`},
		{Config{Profiles: []string{"x"}}, "unknown profile"},
		{Config{Marginals: []string{"x"}}, "unknown marginal"},
		{Config{Relations: []string{"x"}}, "unknown relation"},
		{Config{Shots: []int{0}}, "shots"},
		{Config{Pools: []int{1}}, "pools"},
		{Config{MaxColumns: -1}, "below 0"},
		{Config{Worlds: []string{}}, "no world to draw from: choose from factor"},
		{Config{Marginals: []string{}}, "no marginal to draw from"},
		{Config{Shots: []int{}}, "shots"},
		{Config{Pools: []int{}}, "pools"},
	} {
		if err := c.Check(); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: %v, want %q", c.Config, err, c.says)
		}
	}
	if err := (Config{}).Check(); err != nil {
		t.Error(err)
	}
}

func BenchmarkTask(b *testing.B) {
	src := Source(Config{Seed: 1})
	b.ReportAllocs()
	for i := range b.N {
		src(uint64(i))
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tasks/s")
}
