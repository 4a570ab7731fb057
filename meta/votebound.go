package meta

import (
	"math"

	"github.com/inkling-sec/inkling/tensor"
)

// What a matcher can say of a row at most, known before the dear half of its work: from the votes, from the evidence
// of the raw columns and from the plain distances. What is not known yet (derived columns, learned metrics)
// lies between limits that hold for every row, and the last layers are evaluated on intervals. The bound is exact in
// that it is never below the score; boundEase makes up for rounding.

// boundEase is what sums of some hundred float32 may be off by, generously.
const boundEase = .01

// limits are what holds for every row, whatever its values.
type limits struct {
	derived [tableSides]limit // sums of the derived columns' evidence
	metric  []limit           // what the heads tell, in order
	ratio   float32           // of derived columns' ratios, at most
	size    *tensor.Tensor    // [last.Rows(), last]: what half an interval's width makes of a hidden unit's
}

type limit struct{ low, high float32 }

func (l *limit) take(v float32) { l.low, l.high = min(l.low, v), max(l.high, v) }

// bound finds a judge's limits; it has tables.
func (g *judge) bound() *limits {
	b := &limits{size: g.last.Clone()}
	for h := range g.heads { // the third thing told is the first less the second: it has no width of its own
		first, second, third := b.size.Row(h*metricSides), b.size.Row(h*metricSides+1), b.size.Row(h*metricSides+2)
		for u, w := range third {
			first[u] += w
			second[u] -= w
		}
	}
	for i, v := range b.size.Data {
		b.size.Data[i] = abs32(v)
	}
	for j := g.d; j < len(g.tables); j++ {
		for k, l := range g.tables[j].limits() {
			b.derived[k].low += l.low
			b.derived[k].high += l.high
		}
	}
	b.ratio = logRatio(g.space.share*farthest(g.space.land, func(int) float32 { return 6 }), 0)
	for h := range g.heads {
		w := &g.heads[h]
		reach := func(j int) float32 { return 8 * w.root.Data[j] }
		benign, closest := farthest(w.land, reach)/w.unit, farthest(w.taught, reach)/w.unit
		near, far := log32(metricEase), log32(benign+metricEase)
		away := log32(closest + metricEase)
		b.metric = append(b.metric, limit{near, far}, limit{near, away}, limit{near - away, far - near}, limit{-2, 2}, limit{near, away}, limit{near, far})
	}
	return b
}

// farthest bounds the distance to rows of what is within ±reach of the origin.
func farthest(rows *tensor.Tensor, reach func(j int) float32) float32 {
	most := float32(0)
	for i := range rows.Rows() {
		sum := float32(0)
		for j, v := range rows.Row(i) {
			off := reach(j) + abs32(v)
			sum += off * off
		}
		most = max(most, sum)
	}
	return root32(most)
}

// limits gives the least and the most that a table says, whatever the value.
func (t *table) limits() (of [tableSides]limit) {
	for k := range of {
		of[k] = limit{float32(math.Inf(1)), float32(math.Inf(-1))}
	}
	take := func(p *piece, x float32, both int32) {
		var says [tableSides]float32
		p.addTo(says[:], t.along(x), float32(both))
		for k, v := range says {
			of[k].take(v)
		}
	}
	for i, x := range t.at {
		take(&t.pieces[t.on[i]], x, t.upto[i]+t.upto[i+1])
		if i > 0 { // straight between two values
			take(&t.pieces[t.gap[i]], t.at[i-1], 2*t.upto[i])
			take(&t.pieces[t.gap[i]], x, 2*t.upto[i])
		}
	}
	return of
}

// mostTo writes to dst what the judge can say at most of rows from to from+n−1 of x, whose votes are cast.
func (g *judge) mostTo(dst []float32, r *room, x *tensor.Tensor, from, n int) {
	clear(r.sums.rows(n).Data)
	g.lookUp(r, x, from, n)
	last := r.last.rows(n)
	if g.withRatio {
		g.plainTo(r, n)
	}
	g.votesTo(r, x, from, n)
	half := r.half.rows(n) // of the intervals' widths; last holds their middles
	clear(half.Data)
	for i := range n {
		row, wide, sums := last.Row(i), half.Row(i), r.sums.Row(i)
		for k, l := range g.limits.metric {
			if row[k] = (l.low + l.high) / 2; k%metricSides != 2 {
				wide[k] = (l.high - l.low) / 2
			}
		}
		at := len(g.limits.metric)
		for k, l := range g.limits.derived[1:] {
			row[at+k], wide[at+k] = sums[1+k]+(l.low+l.high)/2, (l.high-l.low)/2
		}
		at += evidenceSides
		low, high := g.gain*(sums[0]+g.limits.derived[0].low)+g.offset, g.gain*(sums[0]+g.limits.derived[0].high)+g.offset
		dst[i] = high + g.mostNear(row) + g.voted(r, i)
		low, high = clip32(low, clipAdditive)/4, clip32(high, clipAdditive)/4
		row[at], wide[at] = (low+high)/2, (high-low)/2
	}
	g.mostAnswerTo(dst, r, n)
}

// mostNear bounds the ratios' part of the score of a row.
func (g *judge) mostNear(last []float32) (sum float32) {
	if !g.withRatio {
		return 0
	}
	gains := g.gains
	for h := range g.heads {
		sum += gains[h] * g.limits.metric[h*metricSides+2].high
	}
	gains = gains[len(g.heads):]
	told := last[g.plainFrom():]
	sum += gains[0]*told[2] + gains[1]*told[3]
	if g.withDerived {
		if sum += gains[2] * g.limits.ratio; g.known != nil {
			sum += gains[3] * g.limits.ratio
		}
	}
	return sum
}

// mostAnswerTo adds what the last layers say at most of rows within intervals.
func (g *judge) mostAnswerTo(dst []float32, r *room, n int) {
	low, high, least := r.hidden.rows(n), r.high.rows(n), r.least.rows(n)
	tensor.DenseTo(low, &r.last.Tensor, g.last, g.common, false)
	tensor.MatMulTo(high, &r.half.Tensor, g.limits.size)
	for i, middle := range low.Data {
		half := high.Data[i]
		low.Data[i], high.Data[i], least.Data[i] = middle-half, middle+half, math.MaxFloat32
		if middle-half < geluTurn+.01 && middle+half > geluTurn-.01 {
			least.Data[i] = geluLeast
		}
	}
	tensor.GeluTo(low, low)
	tensor.GeluTo(high, high)
	for i := range dst[:n] {
		sum := g.params[pLast1+1].Data[0] + boundEase
		least, high := least.Row(i), high.Row(i)
		for u, v := range low.Row(i) {
			w := g.params[pLast1].Data[u]
			if w > 0 {
				sum += w * max(v, high[u])
			} else {
				sum += w * min(v, high[u], least[u])
			}
		}
		dst[i] += sum
	}
}

// gelu falls to its least value and rises from there.
const (
	geluTurn  = -.7518
	geluLeast = -.1705
)
