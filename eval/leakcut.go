package eval

import (
	"fmt"
	"math"
	"slices"

	"github.com/inkling-sec/inkling/feature"
	"github.com/inkling-sec/inkling/tensor"
)

const (
	nearJudged  = 400   // judged rows whose nearest row is looked for
	nearLearned = 2000  // among so many
	nearShare   = 0.003 // of how far nine in ten rows at most have their nearest: hardly a row is so near by chance
	nearTenth   = 10
)

// acrossTheCut adds what of an episode stands on both sides.
func (l *Leakage) acrossTheCut(d *Data, p NewAttack, e *Episode) error {
	c, raw, err := d.Features(slices.Concat(e.Benign, e.Known))
	if err != nil {
		return err
	}
	scaler, err := feature.Fit(c, choose(raw, e.Benign), feature.Scaling{})
	if err != nil {
		return err
	}
	pool := scaler.Tensor(choose(raw, e.Benign))
	for _, side := range []struct {
		class         string
		learned, rows []int
	}{{p.Benign, e.Benign, e.QueryBenign}, {e.Class, e.drawn, e.QueryAttack}} {
		held := e.Class
		if side.class == p.Benign && !p.Apart { // the cut of benign rows is the same for every class
			if held = ""; len(l.Overlaps) > 0 {
				continue
			}
		}
		learned, query := scaler.Tensor(choose(raw, side.learned)), scaler.Tensor(choose(raw, side.rows))
		o := Overlap{Class: held, Judged: side.class, Rows: len(side.rows), Same: same(query, learned), Benign: same(query, pool), Near: near(query, learned)}
		l.Overlaps = append(l.Overlaps, o)
		for _, f := range []Finding{
			{Check: LeakSame, Figure: o.Same, Says: "judged rows of %s that stand among those to learn from too, as learners see them"},
			{Check: LeakNear, Figure: o.Near, Says: "judged rows of %s that are all but the same as one of those to learn from"},
		} {
			if f.Figure >= leakShare {
				f.Class, f.Place, f.Measure, f.Learned = held, side.class, "share", true
				f.Says = fmt.Sprintf(f.Says, side.class)
				l.Findings = append(l.Findings, f)
			}
		}
	}
	return nil
}

func rowOf(x *tensor.Tensor, i int) []float32 {
	w := x.Shape[1]
	return x.Data[i*w : (i+1)*w]
}

// same gives the share of rows that are also in other.
func same(rows, other *tensor.Tensor) float64 {
	key := func(row []float32) [2]uint64 {
		wide := make([]float64, len(row))
		for i, v := range row {
			wide[i] = float64(v)
		}
		return hashRow(wide, "")
	}
	in := map[[2]uint64]bool{}
	for i := range other.Shape[0] {
		in[key(rowOf(other, i))] = true
	}
	found := 0
	for i := range rows.Shape[0] {
		if in[key(rowOf(rows, i))] {
			found++
		}
	}
	return float64(found) / float64(rows.Shape[0])
}

// near gives the share of rows whose nearest row in learned is not the same but far nearer than rows of
// learned are to each other; 0 where nearly all of these are the same.
func near(rows, learned *tensor.Tensor) float64 {
	n := min(learned.Shape[0], nearLearned)
	if n < leakRows {
		return 0
	}
	usual := make([]float64, min(n, nearJudged))
	for i := range usual {
		usual[i] = nearestTo(rowOf(learned, i), learned, n, i)
	}
	slices.Sort(usual)
	limit, found, judged := usual[len(usual)-1-len(usual)/nearTenth]*nearShare*nearShare, 0, min(rows.Shape[0], nearJudged)
	for i := range judged {
		if d := nearestTo(rowOf(rows, i), learned, n, -1); d > 0 && d < limit {
			found++
		}
	}
	return float64(found) / float64(judged)
}

// nearestTo gives the squared distance of row to the nearest of the first n rows of x but one.
func nearestTo(row []float32, x *tensor.Tensor, n, but int) float64 {
	best := math.Inf(1)
	for i := range n {
		if i == but {
			continue
		}
		d := 0.0
		for j, v := range rowOf(x, i) {
			d += float64(v-row[j]) * float64(v-row[j])
			if d >= best {
				break
			}
		}
		best = min(best, d)
	}
	return best
}
