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

// Of six rows in two columns the best cut by hand is column 1 at 2.5: it parts
// the classes, and no cut of column 0 does.
func TestBestCut(t *testing.T) {
	x := []float32{1, 1, 2, 2, 5, 2, 1, 3, 4, 3, 5, 4}
	task := &Task{Ways: 2, Support: Set{X: &tensor.Tensor{Shape: []int{6, 2}, Data: x}, Y: []int{0, 0, 0, 1, 1, 1}}}
	g := newGround(task, false, false)
	g.try = 2
	for f := range g.d {
		g.rank(f)
	}
	got := newGrower(g).grow([]int32{0, 1, 2, 3, 4, 5}, 1)
	if len(got.nodes) != 3 || got.nodes[0].feature != 1 || got.nodes[0].threshold != 2.5 {
		t.Fatalf("nodes %+v, want one cut of column 1 at 2.5", got.nodes)
	}
	// Each class has half the mass, the prior is 1/12 for a class: a pure leaf has (6+1)/(6+2).
	if s := got.share[got.leaf([]float32{9, 2.5})]; math.Abs(float64(s)-7./8) > 1e-6 {
		t.Errorf("the left leaf gives class 0 %v, want 7/8", s)
	}
}

// Thresholds are even between the least and the largest value, wherever they stand.
func TestRandomCut(t *testing.T) {
	task := &Task{Ways: 2, Support: Set{X: &tensor.Tensor{Shape: []int{4, 1}, Data: []float32{3, 10, 0, 1}}, Y: []int{0, 0, 1, 1}}}
	w := newGrower(newGround(task, false, true))
	var tenth [10]int
	for i := range 10000 {
		w.grow([]int32{0, 1, 2, 3}, uint64(i))
		tenth[int(w.out.nodes[0].threshold)]++
	}
	if low, high := slices.Min(tenth[:]), slices.Max(tenth[:]); low < 850 || high > 1150 {
		t.Errorf("thresholds in each tenth of the range: %v", tenth)
	}
}

// Purity of the cut {3 of class 0 | 1 of class 0, 2 of class 1} with equal class
// masses: 0.375 + (0.125² + 0.5²)/0.625.
func TestGain(t *testing.T) {
	g := &ground{ways: 2, class: []int{0, 1}, weight: []float64{.125, .25}}
	w := newGrower(g)
	w.has, w.lhs = []int32{4, 2}, []int32{3, 0}
	if got, want := w.gain(), .375+(.125*.125+.25)/.625; math.Abs(got-want) > 1e-12 {
		t.Errorf("gain %v, want %v", got, want)
	}
}

// A benign row that is just like the taught ones is told from them only by trees
// that saw it.
func TestScoreSelfIsHonest(t *testing.T) {
	const n = 200
	x, y := make([]float32, 2*(n+4)), make([]int, n+4)
	for i := range n {
		x[2*i], x[2*i+1] = float32(i%20), float32(i/20)
	}
	x[0], x[1] = 100.5, 101.5 // row 0, among the taught
	for i := range 4 {
		x[2*(n+i)], x[2*(n+i)+1], y[n+i] = float32(99+i), float32(100+i), 1
	}
	task := &Task{Ways: 2, Support: Set{X: &tensor.Tensor{Shape: []int{n + 4, 2}, Data: x}, Y: y}}
	for _, l := range []*Forest{{}, {Random: true, Folds: 5}} {
		s, err := l.Adapt(context.Background(), task)
		if err != nil {
			t.Fatal(err)
		}
		self := s.(SelfScorer).ScoreSelf()
		if len(self) != 2*n {
			t.Fatalf("%s: %d scores of %d benign rows", l.Name(), len(self), n)
		}
		if self[1] < self[0] {
			t.Errorf("%s: row 0 was judged benign by trees that saw it", l.Name())
		}
		if self[2*50+1] > self[2*50] {
			t.Errorf("%s: row 50 was judged an attack", l.Name())
		}
	}
	s, err := (&Forest{Random: true}).Adapt(context.Background(), task)
	if err != nil {
		t.Fatal(err)
	}
	if self := s.(SelfScorer).ScoreSelf(); self != nil {
		t.Error("extra trees that saw every row judged some")
	}
}

// Known rows of a half-line teach the forest that half-line.
func TestForestTakesKnownRows(t *testing.T) {
	task := &Task{Ways: 2,
		Support: Set{X: &tensor.Tensor{Shape: []int{3, 1}, Data: []float32{0, 1, 10}}, Y: []int{0, 0, 1}},
		Known:   Set{X: &tensor.Tensor{Shape: []int{2, 1}, Data: []float32{-5, -6}}, Y: []int{0, 1}}}
	at := &tensor.Tensor{Shape: []int{1, 1}, Data: []float32{-7}}
	for _, known := range []bool{false, true} {
		s, err := (&Forest{Random: true, Known: known}).Adapt(context.Background(), task)
		if err != nil {
			t.Fatal(err)
		}
		if got := Margin(s, at)[0]; (got > 0) != known {
			t.Errorf("known %v: margin %v", known, got)
		}
	}
}

// The streams of one seed must not be each other's tails: that would make
// bootstraps alike.
func TestSeedsAreIndependent(t *testing.T) {
	seen := map[uint64]bool{}
	for i := range 50 {
		r := seedOf(0, i)
		for range 1000 {
			v := r.next()
			if seen[v] {
				t.Fatalf("stream %d repeats another's numbers", i)
			}
			seen[v] = true
		}
	}
	r := treeRand(1)
	var count [7]int
	for range 70000 {
		count[r.below(7)]++
	}
	if low, high := slices.Min(count[:]), slices.Max(count[:]); low < 9700 || high > 10300 {
		t.Errorf("below(7) is uneven: %v", count)
	}
}

// Many rows at once get the sums that walking down the trees gives them, to the bit, whatever the trees' order of nodes.
func TestForestOfManyRows(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 7))
		d, benign, k := 1+r.IntN(40), 5+r.IntN(300), 1+r.IntN(9)
		task, scorers := teamOf(t, &Forest{Trees: 1 + r.IntN(60), Random: seed%2 == 0, Seed: seed}, 70+seed, benign, k, d, 1, seed%3 == 0)
		f, x := scorers[0].(*forestScorer), task.Query.X
		for i := range x.Data {
			switch r.IntN(20) {
			case 0:
				tree := f.trees[r.IntN(len(f.trees))]
				x.Data[i] = tree.nodes[r.IntN(len(tree.nodes))].threshold
			case 1:
				x.Data[i] = hard(r)
			}
		}
		got, want := tensor.New(x.Rows(), 2), tensor.New(x.Rows(), 2)
		f.sumTo(want, x)
		f.many.SumTo(got, x)
		if !slices.Equal(got.Data, want.Data) {
			t.Fatalf("seed %d: %v, walking gives %v", seed, got.Data, want.Data)
		}
	}
	if _, scorers := teamOf(t, &Forest{Trees: 1500}, 1, 300, 9, 5, 1, false); scorers[0].(*forestScorer).many != nil {
		t.Error("a large forest is laid out too")
	}
}

func BenchmarkForestScore(b *testing.B) {
	for _, k := range []int{1, 10} {
		task := wide(1, 1000, k, 50)
		s, err := (&Forest{Trees: voteForest, Random: true, Folds: 5}).Adapt(context.Background(), task)
		if err != nil {
			b.Fatal(err)
		}
		f, x := s.(*forestScorer), task.Query.X
		sums := tensor.New(x.Rows(), 2)
		for _, c := range []struct {
			name string
			to   func(sums, x *tensor.Tensor)
		}{{"walking", f.sumTo}, {"many", f.many.SumTo}} {
			b.Run(fmt.Sprintf("K=%d/%s", k, c.name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					c.to(sums, x)
				}
				b.ReportMetric(float64(x.Rows()*b.N)/b.Elapsed().Seconds(), "rows/s")
			})
		}
	}
}
