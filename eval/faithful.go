package eval

import (
	"context"
	"slices"

	"github.com/inkling-sec/inkling/detect"
	"github.com/inkling-sec/inkling/explain"
	"github.com/inkling-sec/inkling/feature"
	"github.com/inkling-sec/inkling/meta"
)

// Faithful says how faithful a method's explanations of a learner's alerts are, beside chance.
type Faithful struct {
	Method    string  `json:"method"`
	Deletion  float64 `json:"deletion"`  // mean over rows; see [explain.Faithfulness]
	Insertion float64 `json:"insertion"` // the same
	Rows      int     `json:"rows"`
}

// faithfulRows is how many alerts of an episode are explained.
const faithfulRows = 10

// Faithful teaches l the episode and measures each of [explain.Methods] on judged rows of the class that alert at 1 % false
// alarms, beside a typical row of the pool. A scorer that tells what its score is made of has that measured too, as "own".
func (p *Plan) Faithful(ctx context.Context, d *Data, e Episode, l meta.Learner) ([]Faithful, error) {
	s, err := p.stage(d, e)
	if err != nil {
		return nil, err
	}
	scorer, err := l.Adapt(ctx, p.task(s, &e))
	if err != nil {
		return nil, err
	}
	scores := func(rows [][]float64) []float64 {
		out := make([]float64, len(rows))
		for i, v := range meta.Margin(scorer, s.scaler.Tensor(rows)) {
			out[i] = float64(v)
		}
		return out
	}
	benign := scores(choose(s.raw, e.QueryBenign))
	if len(benign) == 0 {
		return nil, nil
	}
	slices.Sort(benign)
	above := benign[len(benign)-1-len(benign)/100]
	var alerts [][]float64
	rows := choose(s.raw, e.QueryAttack)
	for i, v := range scores(rows) {
		if v > above && len(alerts) < faithfulRows {
			alerts = append(alerts, rows[i])
		}
	}
	typical := detect.Typical(s.scaler.Contract(), choose(s.raw, e.Benign))
	methods := slices.Clone(explain.Methods)
	if c, ok := scorer.(meta.Contributor); ok {
		methods = append(methods, own{c, s.scaler})
	}
	var out []Faithful
	for _, m := range methods {
		f := Faithful{Method: m.Name()}
		for _, row := range alerts {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if got, ok := explain.Measure(scores, row, typical, m.Attribute(scores, row, typical)); ok {
				f.Deletion += got.Deletion
				f.Insertion += got.Insertion
				f.Rows++
			}
		}
		if f.Rows > 0 {
			f.Deletion /= float64(f.Rows)
			f.Insertion /= float64(f.Rows)
			out = append(out, f)
		}
	}
	return out, nil
}

// own is what a scorer itself says of its columns, for features.
type own struct {
	scorer meta.Contributor
	scaler *feature.Scaler
}

// Name gives "own".
func (own) Name() string { return "own" }

// Attribute gives what the row's columns add, less what the typical row's do.
func (o own) Attribute(_ explain.Scores, row, typical []float64) []float64 {
	x := o.scaler.Tensor([][]float64{row, typical})
	of, beside := o.scorer.Contributions(x.Row(0)).Columns, o.scorer.Contributions(x.Row(1)).Columns
	out := make([]float64, len(row))
	for i, c := range o.scaler.Columns() {
		out[c.Feature] += float64(of[i]) - float64(beside[i])
	}
	return out
}
