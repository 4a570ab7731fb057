package detect

import (
	"cmp"
	"math"
	"slices"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/explain"
	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/tensor"
)

// How much evidence an alert carries.
const (
	neighbours    = 3
	contributions = 6
	mostChanges   = 8
	goals         = 16 // benign records that a flip may go towards
	mostShare     = 10 // a difference less than a tenth of one feature's part in it is next to nothing
	stride        = 8  // changes that are tried together
	backs         = 4  // changes that are taken back for trial together, each by itself
)

// Explain gives the evidence for a record's score, in raw units.
//
// A feature's contribution is that of [explain.Substitution] beside a typical benign
// record, as a share of the whole difference between the two. Learners are not additive, so
// the shares of all features need not sum to one, and where the difference is next to nothing there
// are none. The changes that would flip the verdict go towards the nearest benign record that is no alert itself, the most telling
// first, and are cut to those that are needed.
func (a *Armed) Explain(raw []float64) inkling.Evidence {
	b := a.Baseline
	x := b.scaler.Tensor([][]float64{raw})
	benign, benignDistance := nearest(row(x, 0), b.pool, goals)
	taught, taughtDistance := nearest(row(x, 0), a.taught, neighbours)
	e := inkling.Evidence{
		NearestTaught: pick(a.Detector.Examples, taught, taughtDistance),
		NearestBenign: pick(b.Pool, benign[:min(neighbours, len(benign))], benignDistance),
		Votes:         a.votes(row(x, 0)),
		Contributions: a.contributions(raw),
		Flip:          a.flip(raw, a.goal(benign)),
	}
	return e
}

// votes tells what each voter says, the weightiest first.
func (a *Armed) votes(x []float32) (out []inkling.Vote) {
	v, ok := a.scorer.(meta.Voter)
	if !ok {
		return nil
	}
	for _, o := range v.Opinions(x) {
		least := 1 / float64(o.Of+1) // smaller ones are beyond what so many can tell
		out = append(out, inkling.Vote{Voter: o.Voter, Weight: float64(o.Weight), PValue: max(least, math.Exp(-float64(o.Surprise)))})
	}
	slices.SortStableFunc(out, func(x, y inkling.Vote) int { return cmp.Compare(y.Weight, x.Weight) })
	return out
}

func pick(from Rows, at []int, distance []float64) []inkling.Neighbour {
	out := make([]inkling.Neighbour, len(at))
	for i, j := range at {
		out[i] = inkling.Neighbour{Origin: from.Origin[j], Distance: distance[i], Record: from.Record[j]}
	}
	return out
}

func (a *Armed) contributions(raw []float64) []inkling.Contribution {
	b := a.Baseline
	parts := explain.Substitution{}.Attribute(a.Scores, raw, b.likely)
	ends := a.Scores([][]float64{raw, b.likely})
	out := make([]inkling.Contribution, 0, len(raw))
	whole := math.Abs(ends[0] - ends[1])
	for i, share := range parts {
		if whole == 0 || same(raw[i], b.likely[i]) {
			continue
		}
		if share /= whole; math.Abs(share) > mostShare {
			return []inkling.Contribution{}
		}
		out = append(out, inkling.Contribution{Feature: b.Contract.Features[i].Name, Value: b.Contract.Value(i, raw[i]), Typical: b.Contract.Value(i, b.likely[i]), Share: share})
	}
	slices.SortStableFunc(out, func(x, y inkling.Contribution) int { return cmp.Compare(math.Abs(y.Share), math.Abs(x.Share)) })
	return out[:min(len(out), contributions)]
}

// flip looks for few changes towards a benign record that take the score below
// the threshold; none when even all of them would not.
func (a *Armed) flip(raw, benign []float64) []inkling.Change {
	var order []int
	rows := [][]float64{}
	for i := range raw {
		if !same(raw[i], benign[i]) {
			order = append(order, i)
			rows = append(rows, with(raw, i, benign[i]))
		}
	}
	alone := a.Scores(rows)
	rank := make([]int, len(order))
	for i := range rank {
		rank[i] = i
	}
	slices.SortStableFunc(rank, func(x, y int) int { return cmp.Compare(alone[x], alone[y]) })
	at, end := raw, -1
	for lo := 0; lo < len(rank) && end < 0; lo += stride {
		rows = rows[:0]
		for _, r := range rank[lo:min(lo+stride, len(rank))] {
			at = with(at, order[r], benign[order[r]])
			rows = append(rows, at)
		}
		if i := slices.IndexFunc(a.Scores(rows), func(v float64) bool { return !a.Alerts(v) }); i >= 0 {
			at, end = rows[i], lo+i
		}
	}
	if end < 0 {
		return nil
	}
	var changed []int
	for _, r := range rank[:end+1] {
		changed = append(changed, order[r])
	}
	needed := a.needed(at, raw, changed)
	if len(needed) > mostChanges {
		return nil
	}
	return a.changes(raw, benign, needed)
}

// needed gives those of the changes from raw to at, which is no alert, that it takes: each is taken back in turn, and stays so if the verdict
// stands. More than [mostChanges] need not be all.
func (a *Armed) needed(at, raw []float64, changed []int) (needed []int) {
	for rest := changed; len(rest) > 0 && len(needed) <= mostChanges; {
		var rows [][]float64
		for _, i := range rest[:min(backs, len(rest))] {
			rows = append(rows, with(at, i, raw[i]))
		}
		stands := slices.IndexFunc(a.Scores(rows), func(v float64) bool { return !a.Alerts(v) })
		if stands < 0 {
			needed, rest = append(needed, rest[:len(rows)]...), rest[len(rows):]
			continue
		}
		at = rows[stands]
		needed, rest = append(needed, rest[:stands]...), rest[stands+1:]
	}
	return needed
}

// goal gives the first of those benign records that is no alert, or a typical one.
func (a *Armed) goal(benign []int) []float64 {
	b := a.Baseline
	for _, j := range benign {
		if !a.Alerts(a.Score(b.Pool.Raw[j])) { // mostly the first
			return b.Pool.Raw[j]
		}
	}
	return b.likely
}

// changes tells what changing those features, one after the other, does.
func (a *Armed) changes(raw, benign []float64, features []int) []inkling.Change {
	c, at := a.Baseline.Contract, raw
	var rows [][]float64
	for _, i := range features {
		at = with(at, i, benign[i])
		rows = append(rows, at)
	}
	var out []inkling.Change
	for k, s := range a.Scores(rows) {
		i := features[k]
		out = append(out, inkling.Change{Feature: c.Features[i].Name, From: c.Value(i, raw[i]), To: c.Value(i, benign[i]), PValue: a.PValue(s)})
	}
	return out
}

// with is a copy of raw whose value i is v.
func with(raw []float64, i int, v float64) []float64 {
	out := slices.Clone(raw)
	out[i] = v
	return out
}

func same(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }

func row(x *tensor.Tensor, i int) []float32 {
	w := x.Shape[1]
	return x.Data[i*w : (i+1)*w]
}

func rowsOf(x *tensor.Tensor, lo, hi int) *tensor.Tensor {
	w := x.Shape[1]
	return &tensor.Tensor{Shape: []int{hi - lo, w}, Data: x.Data[lo*w : hi*w]}
}

// nearest gives the k rows of x that lie nearest to v, nearest first, and their Euclidean distances.
func nearest(v []float32, x *tensor.Tensor, k int) (at []int, distance []float64) {
	n := x.Shape[0]
	d2 := tensor.New(1, n)
	tensor.SquaredDistancesTo(d2, tensor.From(v, 1, len(v)), x)
	for i, d := range d2.Data {
		if len(at) == min(k, n) {
			if !(d < d2.Data[at[k-1]]) {
				continue
			}
			at = at[:k-1]
		}
		j := len(at)
		for ; j > 0 && d < d2.Data[at[j-1]]; j-- { // of equal ones the first stays first
		}
		at = slices.Insert(at, j, i)
	}
	for _, i := range at {
		distance = append(distance, math.Sqrt(float64(d2.Data[i])))
	}
	return at, distance
}
