package meta

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/inkling-sec/inkling/tensor"
)

// Pockets never say that a row is nearer to its neighbours than it is, hard rows and pools included; every row is in
// one of them, and none has too few.
func TestPocketsTellAtMost(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 5))
		n, d, k := 5+r.IntN(600), 1+r.IntN(20), 1+r.IntN(5)
		x := make([]float32, n*d)
		for i := range x {
			x[i] = float32(r.NormFloat64() * float64(1+i/d%4)) // of four clouds of a middle
			if v := hard(r); seed%5 == 4 && r.IntN(50) == 0 && v-v == 0 {
				x[i] = v
			}
			if seed%7 == 6 && i >= d {
				x[i] = x[i-d] // nearly all alike
			}
		}
		ix := newNearIndex(x, d)
		p := newPockets(ix, k)
		var in [][]float32
		for _, g := range p.rows {
			if g.Rows() < k {
				t.Fatalf("seed %d: a group of %d rows, at least %d are asked for", seed, g.Rows(), k)
			}
			for i := range g.Rows() {
				in = append(in, g.Row(i))
			}
		}
		if !slices.Equal(sortedBits(in, d), sortedBits([][]float32{x}, d)) {
			t.Fatalf("seed %d: the groups' rows are not those of the index", seed)
		}
		rows := tensor.New(100, d)
		for i := range rows.Data {
			if rows.Data[i] = x[r.IntN(len(x))] + float32(r.NormFloat64())/9; r.IntN(80) == 0 {
				rows.Data[i] = hard(r)
			}
		}
		far, most := make([]float32, 100), make([]float32, 100)
		ix.meanTo(far, rows.Data, k, -1)
		p.mostTo(most, rows.Data)
		for i, v := range most {
			if math.IsInf(float64(v), 1) {
				continue
			}
			if !(v >= far[i]*(1-1e-6)) {
				t.Fatalf("seed %d, row %d: %v at most, but it is %v", seed, i, v, far[i])
			}
		}
	}
}

// sortedBits gives hashes of rows, in order.
func sortedBits(blocks [][]float32, d int) (out []uint64) {
	for _, b := range blocks {
		for lo := 0; lo < len(b); lo += d {
			h := uint64(14695981039346656037)
			for _, v := range b[lo : lo+d] {
				h = (h ^ uint64(math.Float32bits(v))) * 1099511628211
			}
			out = append(out, h)
		}
	}
	slices.Sort(out)
	return out
}

// Among clouds that are apart a row's own group tells how far it is, and most other rows do not have to be looked at.
func TestPocketsAreTight(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	const n, d = 1000, 12
	x := make([]float32, n*d)
	for i := range x {
		x[i] = float32(i/d%20*7%11) * float32(i%d%3) * 3 // where a cloud is
		x[i] += float32(r.NormFloat64())
	}
	ix := newNearIndex(x, d)
	p := newPockets(ix, 5)
	far, most := make([]float32, n), make([]float32, n)
	ix.meanTo(far, x, 5, -1)
	p.mostTo(most, x)
	ratio, looked := 0.0, 0
	for i := range far {
		ratio += float64(most[i]/far[i]) / n
	}
	for _, g := range p.rows {
		looked = max(looked, g.Rows())
	}
	if ratio > 1.15 || looked > n/5 {
		t.Errorf("distances are told %.2f times too large in the mean, up to %d of %d rows are looked at", ratio, looked, n)
	}
}

// What settles keeps its order, changes nothing that benign rows can say, and has a limit.
func TestSettle(t *testing.T) {
	before := float32(-1)
	for v := float32(0); v < 60; v += .01 {
		s := settle(v)
		if s < before || s > settled || v <= 8 && s != v {
			t.Fatalf("settle(%v) = %v after %v", v, s, before)
		}
		before = s
	}
	if s := settle(float32(math.Inf(1))); s != settled || before < settled-.1 {
		t.Errorf("%v at infinity, %v at 60; want %v", s, before, settled)
	}
}

// A team is quick because few rows reach the network, and fewer have their distances measured.
func TestFewRowsStayOpen(t *testing.T) {
	task, members := teamOf(t, &MetaVote{}, 61, 1000, 5, 20, 1, false)
	s, pool := members[0].(*voteScorer), tensor.From(rowsOf(task)[0], 1000, 20)
	const least = 6 // as where alerts are to be rare
	team := NewTeam(members, []float64{least})
	told := make([]*answer, len(team.asks[0]))
	for i, q := range team.asks[0] {
		if q >= 0 {
			told[i] = &answer{question: &team.asked[q]}
			told[i].of(pool)
		}
	}
	b := s.ballotOf(pool, told)
	defer b.close()
	s.sieve(b, least-boundEase)
	asked := len(b.open)
	s.askNetwork(b, pool, true)
	s.sieve(b, least-boundEase)
	if asked > 100 || len(b.open) > 20 {
		t.Errorf("of 1,000 benign rows the network is asked about %d, %d have distances measured", asked, len(b.open))
	}
}

// What the network says at most is no less than what it says where the votes by distance are lower, down to the least that
// they can be: also of a network that hears these votes a hundred times as much as the one that ships, in its last layers alone, where
// saying more may rise and fall.
func TestNetworkSaysAtMost(t *testing.T) {
	for seed := range uint64(12) {
		r := rand.New(rand.NewPCG(seed, 9))
		task, members := teamOf(t, &Vote{Matcher: Shipped(1)}, 80+seed, 60+r.IntN(300), 1+r.IntN(5), 2+r.IntN(20), 1, seed%3 == 0)
		s, x := members[0].(*voteScorer), task.Query.X
		g, n := s.judge, min(matcherBlock, x.Rows())
		if seed%2 == 1 {
			for _, side := range []int{voteRatio, voteOdd} {
				g.gains[len(g.gains)-voteSides+side] = 0
				for k := range g.last.Row(g.last.Rows() - voteSides + side) {
					g.last.Row(g.last.Rows() - voteSides + side)[k] *= 100
				}
			}
		}
		judge := func(cast []float32, most bool) []float32 {
			scores, room := make([]float32, n), g.room()
			room.cast, room.most = cast, most
			g.judgeBlock(room, scores, 1, x, 0, n)
			g.leave(room)
			return scores
		}
		told := make([]float32, n*voteSides)
		g.votes.tellTo(told, x.RowRange(0, n), nil)
		most := judge(told, true)
		for range 20 {
			cast := slices.Clone(told)
			for i := range n {
				for _, side := range []int{voteRatio, voteOdd} {
					least, v := soften(g.votes.scale[side].nats[0]), &cast[i*voteSides+side]
					*v = least + []float32{0, r.Float32(), 1}[r.IntN(3)]*(*v-least)
				}
			}
			for i, v := range judge(cast, false) {
				if !(most[i] >= v) {
					t.Fatalf("seed %d, row %d: %v at most, but it is %v", seed, i, most[i], v)
				}
			}
		}
	}
}

// What a hidden number gives at most is not passed anywhere in its interval, and nearly reached somewhere.
func TestMostGelu(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	gelu := func(x float64) float64 { return x / 2 * math.Erfc(-x/math.Sqrt2) }
	for range 5000 {
		w, low := r.NormFloat64(), 4*r.NormFloat64()
		high, top := low+3*r.ExpFloat64(), math.Inf(-1)
		most := float64(mostGelu(float32(w), float32(low), float32(high), float32(gelu(low)), float32(gelu(high))))
		for i := range 401 {
			top = max(top, w*gelu(low+(high-low)*float64(i)/400))
		}
		if top > most+1e-6*(1+math.Abs(top)) || top < most-1e-3*(1+math.Abs(w)) {
			t.Fatalf("%v times gelu from %v to %v is up to %v, not %v", w, low, high, top, most)
		}
	}
}
