package meta

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
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

// Score, by tables, gives what the network gives.
func TestMatcherScoresExactly(t *testing.T) {
	for _, c := range []struct{ m, k, d int }{{1000, 10, 50}, {1000, 1, 20}, {100, 5, 12}, {30, 2, 3}} {
		for name, l := range forms() {
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
		if !(worst < 1e-3) {
			t.Errorf("%s: off by %v", name, worst)
		}
	}
}

func BenchmarkMatcherAdapt(b *testing.B) {
	task, l := wide(1, 1000, 10, 50), (&Matcher{}).sized(1)
	for b.Loop() {
		if _, err := l.Adapt(context.Background(), task); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMatcherScore(b *testing.B) {
	task, l := wide(1, 1000, 10, 50), &Matcher{}
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
