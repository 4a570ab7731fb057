package meta

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/inkling-sec/inkling/tensor"
)

// Forest is many trees, each grown until its leaves are pure, and the mean of
// their leaves' class shares. Every class weighs the same in all, however few
// rows it has. Two things differ from scikit-learn, both for the better where a
// class has ten rows: features that are constant in a node do not count among
// those looked at, and leaves are smoothed by half an average row of each class. Without Random it is the random forest of Breiman 2001 (rows
// drawn with replacement, best thresholds), with it the extremely randomized
// trees of Geurts et al. 2006 (all rows, random thresholds).
type Forest struct {
	Trees  int  // 0 means 100
	Random bool // draw thresholds at random, and use all rows
	Known  bool // of two ways, take t.Known as further rows of class 1: benign weigh ½, taught ¼, known ¼
	// Folds, when above 1, leaves one of so many parts of the benign rows out
	// of each tree in turn, so that the trees which did not see a row can judge
	// it ([SelfScorer]). 0 leaves out none, or what the bootstrap leaves out.
	Folds int
	Seed  uint64
}

var _ Learner = (*Forest)(nil)

// Name gives "extra-trees" or "random-forest", with "-known" behind if it learns from known rows.
func (l *Forest) Name() string {
	name := "random-forest"
	if l.Random {
		name = "extra-trees"
	}
	if l.Known {
		name += "-known"
	}
	return name
}

// Adapt grows the trees, in parallel; they are the same on any number of cores.
func (l *Forest) Adapt(ctx context.Context, t *Task) (Scorer, error) {
	_, d, err := ready(l, t)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", l.Name(), err)
	}
	g := newGround(t, l.Known, l.Random)
	s := &forestScorer{ways: t.Ways, d: d, trees: make([]tree, l.Trees)}
	if l.Trees == 0 {
		s.trees = make([]tree, 100)
	}
	if !l.Random {
		if err := inParallel(ctx, g.d, func() func(int) { return g.rank }); err != nil {
			return nil, err
		}
	}
	seen := make([][]int32, len(s.trees))
	err = inParallel(ctx, len(s.trees), func() func(int) {
		w := newGrower(g)
		return func(i int) {
			seed := seedOf(l.Seed, i)
			rows := l.draw(g, i, &seed)
			if l.Folds > 1 || !l.Random {
				seen[i] = append([]int32(nil), rows...)
			}
			s.trees[i] = w.grow(rows, seed.next())
		}
	})
	if err != nil {
		return nil, err
	}
	s.layOut()
	if l.Folds > 1 || !l.Random {
		s.self = func() []float32 { return s.unseen(rowsOf(t)[0], seen) }
	}
	return s, nil
}

// draw picks the rows of tree i, sorted.
func (l *Forest) draw(g *ground, i int, r *treeRand) []int32 {
	times := make([]uint8, g.n)
	for j := range times {
		times[j] = 1
	}
	if !l.Random {
		clear(times)
		for range g.n {
			times[r.below(uint32(g.n))]++
		}
	}
	if l.Folds > 1 {
		for j := i % l.Folds; j < int(g.first[1]); j += l.Folds {
			times[j] = 0
		}
	}
	rows := make([]int32, 0, g.n)
	for j, k := range times {
		for range k {
			rows = append(rows, int32(j))
		}
	}
	return rows
}

// newGround lays the rows out by kind and column.
func newGround(t *Task, known, random bool) *ground {
	d := t.Support.X.Shape[1]
	kinds := rowsOf(t)
	g := &ground{prior: .5 / float64(t.Support.Len()), d: d, ways: t.Ways, random: random, try: max(1, int(math.Sqrt(float64(d))))}
	for c := range kinds {
		g.class = append(g.class, c)
	}
	share := make([]float64, t.Ways)
	for c := range share {
		share[c] = 1 / float64(t.Ways)
	}
	if known && t.Ways == 2 && t.Known.Len() > 0 {
		kinds, g.class, share = append(kinds, t.Known.X.Data), append(g.class, 1), []float64{.5, .25, .25}
	}
	for k, rows := range kinds {
		g.first = append(g.first, int32(g.n))
		g.weight = append(g.weight, share[k]*float64(d)/float64(len(rows)))
		g.n += len(rows) / d
	}
	g.first = append(g.first, int32(g.n))
	g.column = make([]float32, g.n*d)
	for k, rows := range kinds {
		transposeTo(g.column[g.first[k]:], rows, d, g.n)
	}
	if !random {
		g.code, g.distinct = make([]int32, g.n*d), make([][]float32, d)
	}
	return g
}

// transposeTo writes column f of rows to dst[f·stride:].
func transposeTo(dst, rows []float32, d, stride int) {
	const block = 16
	n := len(rows) / d
	for lo := 0; lo < n; lo += block {
		hi := min(n, lo+block)
		for f := range d {
			col := dst[f*stride:]
			for i := lo; i < hi; i++ {
				col[i] = rows[i*d+f]
			}
		}
	}
}

type forestScorer struct {
	ways, d int
	trees   []tree
	many    *tensor.Forest // the same trees for many rows at once; nil where there are more nodes than that is quick for
	self    func() []float32
}

// layOut makes many.
func (s *forestScorer) layOut() {
	const most, ways = 8192, 2 // nodes; each costs the same whether or not a row comes to it
	nodes := 0
	for i := range s.trees {
		nodes += len(s.trees[i].nodes)
	}
	if nodes > most || s.ways != ways {
		return
	}
	s.many = tensor.NewForest(s.d)
	var at []int
	for i := range s.trees {
		t := &s.trees[i]
		at = slices.Grow(at[:0], len(t.nodes))[:len(t.nodes)] // children come after their parent
		at[0] = tensor.Root
		for k, n := range t.nodes {
			if n.feature < 0 {
				s.many.Leaf(at[k], t.share[n.next], t.share[n.next+1])
				continue
			}
			left := s.many.Branch(at[k], int(n.feature), n.threshold)
			at[n.next], at[n.next+1] = left, left+1
		}
	}
}

func (s *forestScorer) Ways() int { return s.ways }

func (s *forestScorer) Score(dst []float32, x *tensor.Tensor) {
	n := checkScore(dst, x, s.ways, s.d)
	const few = 4 // rows, for which walking is quicker
	if sums := (&tensor.Tensor{Shape: []int{n, s.ways}, Data: dst[:n*s.ways]}); s.many != nil && n >= few {
		s.many.SumTo(sums, x)
	} else {
		s.sumTo(sums, x)
	}
	for i, v := range dst[:n*s.ways] {
		dst[i] = logShare(v / float32(len(s.trees)))
	}
}

// sumTo adds up the shares of the leaves that each row of x comes to, tree by tree.
func (s *forestScorer) sumTo(sums, x *tensor.Tensor) {
	const block = 32 // rows that stay in the cache while every tree looks at them
	clear(sums.Data)
	for lo := 0; lo < x.Rows(); lo += block {
		for i := range s.trees {
			for r := lo; r < min(lo+block, x.Rows()); r++ {
				addShares(sums.Row(r), &s.trees[i], x.Row(r))
			}
		}
	}
}

// logShare is the score of a class: the log of its mean share, which smoothing
// keeps above zero.
func logShare(v float32) float32 { return float32(math.Log(max(float64(v), 1e-9))) }

func addShares(sum []float32, t *tree, row []float32) {
	at := t.leaf(row)
	for c, v := range t.share[at : at+len(sum)] {
		sum[c] += v
	}
}

// ScoreSelf gives for each benign row the mean of the trees that did not see
// it; nil if every tree saw every row.
func (s *forestScorer) ScoreSelf() []float32 {
	if s.self == nil {
		return nil
	}
	return s.self()
}

func (s *forestScorer) unseen(benign []float32, seen [][]int32) []float32 {
	n := len(benign) / s.d
	sum, trees, has := make([]float32, n*s.ways), make([]float32, n), make([]bool, n)
	for i := range s.trees {
		clear(has)
		for _, r := range seen[i] {
			if int(r) < n {
				has[r] = true
			}
		}
		for r, h := range has {
			if !h {
				trees[r]++
				addShares(sum[r*s.ways:(r+1)*s.ways], &s.trees[i], benign[r*s.d:(r+1)*s.d])
			}
		}
	}
	for i, v := range sum {
		sum[i] = logShare(v / max(1, trees[i/s.ways]))
	}
	return sum
}

// inParallel calls what work returns, once a worker, for each i below n; which
// worker gets which i is left open. It stops early when ctx ends.
func inParallel(ctx context.Context, n int, work func() func(i int)) error {
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		all.Go(func() {
			do := work()
			for i := int(next.Add(1)) - 1; i < n && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	all.Wait()
	return ctx.Err()
}
