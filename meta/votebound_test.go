package meta

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/inkling-sec/inkling/tensor"
)

// Each limit holds for what it is of, wherever a row may lie: sums of a bound on the whole would hide that one does not.
func TestLimitsHold(t *testing.T) {
	for _, known := range []bool{false, true} {
		task, members := teamOf(t, &Vote{Matcher: Shipped(1)}, 41, 300, 3, 12, 1, known)
		g, r := members[0].(*voteScorer).judge, rand.New(rand.NewPCG(1, 2))
		within := func(what string, k int, v float32, l limit) {
			t.Helper()
			if !(v >= l.low-1e-3 && v <= l.high+1e-3) {
				t.Fatalf("known attacks %v, %s %d: %v, limits %v", known, what, k, v, l)
			}
		}
		for j := g.d; j < len(g.tables); j++ {
			tab := &g.tables[j]
			limits := tab.limits()
			for i, x := range tab.at {
				next := tab.at[min(i+1, len(tab.at)-1)]
				for _, x := range []float32{x, math.Nextafter32(x, -1e30), math.Nextafter32(x, 1e30), (x + next) / 2, 1e9 * x} {
					p, both := tab.find(x)
					var says [tableSides]float32
					p.addTo(says[:], tab.along(x), float32(both))
					for k, v := range says {
						within("table", k, v, limits[k])
					}
				}
			}
		}
		corner := func(x []float32, by float32) {
			for j := range x {
				x[j] = by * float32(2*r.IntN(2)-1)
			}
		}
		for range 200 {
			z := tensor.New(1, g.d)
			corner(z.Data, 6)
			if far := g.space.share * meanNearest(distances(z, g.space.land).Data, 3, -1); logRatio(far, 0) > g.limits.ratio+1e-4 {
				t.Fatalf("ratio: %v, limit %v", logRatio(far, 0), g.limits.ratio)
			}
			at := tensor.New(2, 2*g.d)
			corner(at.Row(0), 8)
			copy(at.Row(1), g.taughtAt.Row(r.IntN(g.taughtAt.Rows())))
			for h := range g.heads {
				w := &g.heads[h]
				land, taught := distances(w.at(at), w.land), distances(w.at(at), w.taught)
				for i := range 2 {
					var told [metricSides]float32
					w.tell(told[:], land.Row(i), taught.Row(i))
					for k, v := range told {
						within("metric", h*metricSides+k, v, g.limits.metric[h*metricSides+k])
					}
				}
			}
		}
		for i := range task.Query.X.Rows() {
			limitsOf(t, g, within, task.Query.X, i)
		}
	}
}

// limitsOf compares a row's part of the score by ratios, and what the last layers get to see of it, with their bounds.
func limitsOf(t *testing.T, g *judge, within func(string, int, float32, limit), x *tensor.Tensor, i int) {
	r := g.room()
	defer g.leave(r)
	var most, says [1]float32
	g.mostTo(most[:], r, x, i, 1)
	near := make([]float32, len(g.gains)) // of each ratio alone
	alone := func(k int) *judge {
		gains := make([]float32, len(g.gains))
		gains[k] = 1
		return &judge{lesson: g.lesson, gains: gains, heads: g.heads, last: g.last, limits: g.limits}
	}
	for k := range near {
		near[k] = alone(k).mostNear(r.last.Row(0))
	}
	middle, half := r.last.Tensor.Clone().Data, r.half.Tensor.Clone().Data
	g.judgeBlock(r, says[:], 1, x, i, 1)
	for k := range near {
		if v := alone(k).nearness(r, 0); v > near[k]+1e-4 {
			t.Fatalf("row %d: ratio %d gives %v, at most %v", i, k, v, near[k])
		}
	}
	for k, v := range r.last.Row(0) {
		if k >= len(g.limits.metric) || k%metricSides != 2 { // a third has no width of its own
			within("last", k, v, limit{middle[k] - half[k], middle[k] + half[k]})
		}
	}
}

// Of a network with one hidden unit the bound is what that gives at most, and hardly more.
func TestMostOfOneUnit(t *testing.T) {
	_, members := teamOf(t, &Vote{Matcher: Shipped(1)}, 43, 300, 3, 9, 1, false)
	g, rng := members[0].(*voteScorer).judge, rand.New(rand.NewPCG(3, 4))
	for range 400 {
		u, sign := rng.IntN(g.form.last), float32(2*rng.IntN(2)-1)
		one := &judge{lesson: g.lesson, params: append([]*tensor.Tensor{}, g.params...), heads: g.heads, common: tensor.New(1, g.form.last), last: g.last, limits: g.limits}
		one.params[pLast1] = tensor.New(g.form.last, 1)
		one.params[pLast1].Data[u] = sign
		one.params[pLast1+1] = tensor.New(1)
		one.common.Data[u] = float32(rng.NormFloat64() * 2)
		r := one.newRoom()
		last, half := r.last.rows(1), r.half.rows(1)
		toward := make([]float32, last.Cols()) // which way each input lifts the unit
		scale := float32(math.Exp(rng.NormFloat64() * 2))
		for k := range toward {
			last.Data[k] = float32(rng.NormFloat64()) / 4
			w := g.last.Row(k)[u]
			if h := k / metricSides; h < len(g.heads) {
				switch third := g.last.Row(h*metricSides + 2)[u]; k % metricSides {
				case 0:
					w += third
				case 1:
					w -= third
				case 2:
					continue
				}
			}
			half.Data[k], toward[k] = scale*rng.Float32()/20, float32(math.Copysign(1, float64(w)))
		}
		for h := range g.heads {
			last.Data[h*metricSides+2] = last.Data[h*metricSides] - last.Data[h*metricSides+1]
		}
		says := float32(math.Inf(-1))
		x, y, out := last.Clone(), tensor.New(1, g.form.last), tensor.New(1, 1)
		for step := range 401 {
			for k, v := range last.Data {
				x.Data[k] = v + toward[k]*half.Data[k]*(float32(step)-200)/200
			}
			for h := range g.heads {
				x.Data[h*metricSides+2] = x.Data[h*metricSides] - x.Data[h*metricSides+1]
			}
			tensor.DenseTo(y, x, one.last, one.common, false)
			tensor.GeluTo(y, y)
			tensor.DenseTo(out, y, one.params[pLast1], one.params[pLast1+1], false)
			says = max(says, out.Data[0])
		}
		most := []float32{0}
		one.mostAnswerTo(most, r, 1)
		if most[0] < says+boundEase-1e-4 || most[0] > says+boundEase+.01 {
			t.Fatalf("unit %d of weight %v: %v at most with %v for rounding, but %v is found", u, sign, most[0], boundEase, says)
		}
	}
}
