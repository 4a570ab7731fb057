package meta

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/inkling-sec/inkling/tensor"
)

// wide gives a pool of m rows, k taught and 200 others of d columns: one in
// four of few values, one in four heavy-tailed, the others normal.
func wide(seed uint64, m, k, d int) *Task {
	r := rand.New(rand.NewPCG(seed, 5))
	shift := make([]float64, d)
	for j := range shift {
		shift[j] = r.NormFloat64() * 2
	}
	row := func(attack bool) []float32 {
		x := make([]float32, d)
		common := r.NormFloat64()
		for j := range x {
			v := .6*common + .8*r.NormFloat64()
			if attack && j%3 == 0 {
				v += shift[j]
			}
			switch j % 4 {
			case 1:
				v = math.Round(v)
			case 2:
				v = slog(math.Exp(1.5*v)) - 1
			}
			x[j] = float32(v)
		}
		return x
	}
	return &Task{Ways: 2, Support: setOf(row, m, k), Query: setOf(row, 150, 50)}
}

// Score, by tables, gives what the network gives, up to some hundredths of a margin that spans several.
func TestMatcherScoresExactly(t *testing.T) {
	for _, c := range []struct{ m, k, d int }{{1000, 10, 50}, {1000, 1, 20}, {100, 5, 12}, {30, 2, 3}} {
		all := forms()
		all["shipped"] = Shipped(1)
		for name, l := range all {
			task := wide(1, c.m, c.k, c.d)
			s, err := l.Adapt(context.Background(), task)
			if err != nil {
				t.Fatal(err)
			}
			holdTo(t, fmt.Sprintf("%v, %s", c, name), s.(*matcherScorer).judges[0], task)
		}
	}
}

// holdTo compares Score with the network on query and support rows.
func holdTo(t *testing.T, name string, g *judge, task *Task) {
	t.Helper()
	for _, x := range []*tensor.Tensor{task.Query.X, task.Support.X} {
		want, got := g.exact(x), make([]float32, x.Rows())
		s := matcherScorer{ways: 1, d: x.Cols(), judges: []*judge{g}}
		s.Score(got, x)
		worst, sum := 0.0, 0.0
		for i := range want {
			off := math.Abs(float64(got[i] - want[i]))
			worst, sum = max(worst, off), sum+off/float64(len(want))
		}
		t.Logf("%s: %.2g at most, %.2g in the mean", name, worst, sum)
		if !(worst < .04 && sum < .015) {
			t.Errorf("%s: off by %v, in the mean %v", name, worst, sum)
		}
	}
}

// What lies below all ends of a table, or beyond them, is told what the outermost end is.
func TestTablesEnd(t *testing.T) {
	task := wide(1, 100, 5, 12)
	s, err := Shipped(1).Adapt(context.Background(), task)
	if err != nil {
		t.Fatal(err)
	}
	for j, table := range s.(*matcherScorer).judges[0].tables {
		n := table.ends.Len()
		if low, first := table.stops[0], table.stops[1]; low.piece != first.piece || low.rank != 0 || first.rank != 0 {
			t.Errorf("table %d: below all %+v, at the first end %+v", j, low, first)
		}
		if last, past := table.stops[2*n-1], table.stops[2*n]; past.piece != last.piece || past.rank != last.rank || len(table.stops) != 2*n+1 {
			t.Errorf("table %d: at the last of %d ends %+v, past it %+v of %d", j, n, last, past, len(table.stops))
		}
	}
}

// Weights by seed and a small table; the scores are those that the network
// gave when it agreed with the prototype, so that the arithmetic stays put.
func TestMatcherStaysPut(t *testing.T) {
	task := madeUp(8)(0)
	for name, c := range map[string]struct {
		l    *Matcher
		want []float32
	}{
		"no votes":         {&Matcher{Model: Model{Seed: 9}, NoVotes: true}, []float32{-3.73072, -4.62896, -3.89369, -0.04593, -1.64254, -2.40686}},
		"no known attacks": {&Matcher{Model: Model{Seed: 9}, NoKnown: true, NoRatio: true, NoVotes: true}, []float32{-0.09771, -0.10655, -0.09830, -0.11558, -0.13100, -0.13145}},
	} {
		l := c.l.sized(9)
		for _, i := range []int{pCell2, pLast1} { // which start small
			tensor.ScaleTo(l.params[i], l.params[i], 10)
		}
		got := marginsOf(t, l.brief(), task)[37:43]
		for i, want := range c.want {
			if math.Abs(float64(got[i]-want)) > 5e-4 {
				t.Errorf("%s: %v, want %v", name, got, c.want)
				break
			}
		}
	}
}

// What columns, nearness and the rest contribute adds up, and a column that
// was moved far out for an attack contributes most.
func TestMatcherContributions(t *testing.T) {
	task := wide(3, 300, 5, 12)
	s, err := (&Matcher{}).Adapt(context.Background(), task)
	if err != nil {
		t.Fatal(err)
	}
	margins := Margin(s, task.Query.X)
	for i, want := range margins {
		c := s.(Contributor).Contributions(task.Query.X.Row(i))
		sum := c.Nearness + c.Rest
		for _, v := range c.Votes {
			sum += v
		}
		for _, v := range c.Columns {
			sum += v
		}
		if math.Abs(float64(sum-want)) > 1e-4 {
			t.Fatalf("row %d: %v in all, the margin is %v", i, sum, want)
		}
	}
	same := task.Support.X.Row(task.Support.Len() - 2)
	if c := s.(Contributor).Contributions(same); c.Nearest != 3 || c.Distance != 0 {
		t.Errorf("a taught row is nearest to taught row %d, at %v", c.Nearest, c.Distance)
	}
}

// Any table: views, constants and copies left out, many columns, rows and examples.
func TestMatcherTakesAnyTable(t *testing.T) {
	task := wide(4, 60, 3, 6)
	task.Columns = []Column{Number, View, Number, Number, Level, Number}
	for i := range task.Support.Len() {
		row := task.Support.X.Row(i)
		row[3], row[5] = 7, row[2]
	}
	s, err := (&Matcher{}).Adapt(context.Background(), task)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.(*matcherScorer).judges[0].from; !slices.Equal(got, []int{0, 2, 4}) {
		t.Errorf("looks at columns %v", got)
	}
	for _, c := range []struct{ m, k, d int }{{20, 1, 1}, {3000, 200, 4}, {200, 5, 500}} {
		task := wide(5, c.m, c.k, c.d)
		task.Query.X.Data[0], task.Query.X.Data[c.d] = float32(math.NaN()), float32(math.Inf(1))
		s, err := (&Matcher{}).Adapt(context.Background(), task)
		if err != nil {
			t.Fatal(err)
		}
		var benign, attack []float32
		for i, v := range Margin(s, task.Query.X) {
			if v-v != 0 {
				t.Fatalf("%v: row %d: %v", c, i, v)
			}
			if task.Query.Y[i] == 0 {
				benign = append(benign, v)
			} else {
				attack = append(attack, v)
			}
		}
		t.Logf("%v: AUROC %.3f", c, AUROC(benign, attack))
	}
}

func BenchmarkMatcherAdapt(b *testing.B) {
	task, l := wide(1, 1000, 10, 50), Shipped(1)
	for b.Loop() {
		if _, err := l.Adapt(context.Background(), task); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMatcherScore(b *testing.B) { benchScore(b, Shipped(1)) }

// benchScore judges rows of 50 columns by a learner taught ten examples among 1,000 benign rows.
func benchScore(b *testing.B, l Learner) {
	task := wide(1, 1000, 10, 50)
	s, err := l.Adapt(context.Background(), task)
	if err != nil {
		b.Fatal(err)
	}
	dst := make([]float32, 2*task.Support.Len())
	b.ReportAllocs()
	for b.Loop() {
		s.Score(dst, task.Support.X)
	}
	b.ReportMetric(float64(b.N*task.Support.Len())/b.Elapsed().Seconds(), "rows/s")
}
