package eval

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/inkling-sec/inkling/detect"
	"github.com/inkling-sec/inkling/feature"
	"github.com/inkling-sec/inkling/meta"
)

// Importance is what a feature is worth to a learner in an episode.
type Importance struct {
	Feature string  `json:"feature"`
	Drop    float64 `json:"drop"`   // share of the gap between the mean margins of both kinds of rows that is lost when the feature's values are dealt out anew among them
	Alone   float64 `json:"alone"`  // AUROC of the feature by itself, above ½ where the class has larger values; ½ for a category
	Benign  string  `json:"benign"` // its median or commonest level among benign rows
	Class   string  `json:"class"`  // and among those of the class
}

// The judged rows that [Plan.Importance] looks at, and how often it deals.
const (
	importanceBenign = 400
	importanceClass  = 200
	importanceDeals  = 2
)

// Importance teaches l the episode and measures by permutation (Breiman 2001) what each feature is worth to it
// on judged rows, the most important first. l is taken as it is.
func (p *Plan) Importance(ctx context.Context, d *Data, e Episode, l meta.Learner) ([]Importance, error) {
	e.QueryBenign, e.QueryAttack = head(e.QueryBenign, importanceBenign), head(e.QueryAttack, importanceClass)
	s, err := p.stage(d, e)
	if err != nil {
		return nil, err
	}
	scorer, err := l.Adapt(ctx, p.task(s, &e))
	if err != nil {
		return nil, err
	}
	benign, class := choose(s.raw, e.QueryBenign), choose(s.raw, e.QueryAttack)
	gap := func(rows [][]float64) float64 {
		m := meta.Margin(scorer, s.scaler.Tensor(rows))
		return mean(m[len(benign):]) - mean(m[:len(benign)])
	}
	c := s.scaler.Contract()
	usual, usualClass := detect.Typical(c, benign), detect.Typical(c, class)
	rows := make([][]float64, 0, len(benign)+len(class)) // copies: values move between them
	for _, r := range slices.Concat(benign, class) {
		rows = append(rows, slices.Clone(r))
	}
	whole := gap(rows)
	rng := rand.New(rand.NewPCG(p.Protocol.Seed, 0x696d70))
	out := make([]Importance, len(c.Features))
	for f := range c.Features {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		v := make([]float64, len(rows))
		for i, r := range rows {
			v[i] = r[f]
		}
		out[f] = Importance{Feature: c.Features[f].Name, Alone: 0.5, Benign: c.Format(f, usual[f]), Class: c.Format(f, usualClass[f])}
		if c.Features[f].Kind == feature.Numeric {
			out[f].Alone = alone(v[:len(benign)], v[len(benign):])
		}
		if whole == 0 || slices.Min(v) == slices.Max(v) {
			continue
		}
		for range importanceDeals {
			for i, from := range rng.Perm(len(rows)) {
				rows[i][f] = v[from]
			}
			out[f].Drop += (whole - gap(rows)) / math.Abs(whole) / importanceDeals
		}
		for i := range rows {
			rows[i][f] = v[i]
		}
	}
	slices.SortStableFunc(out, func(a, b Importance) int { return cmp.Compare(b.Drop, a.Drop) })
	return out, nil
}

func mean(v []float32) float64 {
	sum := 0.0
	for _, x := range v {
		sum += float64(x)
	}
	return sum / float64(len(v))
}

// alone gives the AUROC of a feature among rows that have a value; ½ where there are none.
func alone(benign, class []float64) float64 {
	present := func(v []float64) []float64 { return slices.DeleteFunc(slices.Clone(v), math.IsNaN) }
	b, a := present(benign), present(class)
	if len(b) == 0 || len(a) == 0 {
		return 0.5
	}
	return meta.AUROC(b, a)
}
