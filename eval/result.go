package eval

import (
	"math"
	"slices"

	"github.com/inkling-sec/inkling/meta"
)

// Metrics are the figures of one episode. What a protocol does not measure is NaN.
type Metrics struct {
	AUROC    float64 // area under the ROC curve
	AP       float64 // average precision
	Recall1  float64 // at 1 % false alarms
	Recall01 float64 // at 0.1 %
	Accuracy float64
	Other    float64 // area under the ROC curve of the class against other attacks
	Taken1   float64 // share of other attacks that alert where 1 % of benign rows do
	Kept1    float64 // false-alarm rate where 1 % was promised on half of the benign rows, measured on the other half
}

// unmeasured has no figure.
func unmeasured() Metrics {
	none := math.NaN()
	return Metrics{none, none, none, none, none, none, none, none}
}

// Result is a learner's mean over the draws of one class and number of shots,
// or, with class "mean", over classes. Its JSON form is public.
type Result struct {
	Protocol string                `json:"protocol"`
	Dataset  string                `json:"dataset"`
	Learner  string                `json:"learner"`
	Class    string                `json:"class"`
	Shots    int                   `json:"shots"`
	Draws    int                   `json:"draws"`
	Classes  int                   `json:"classes,omitempty"` // of a mean
	AUROC    *float64              `json:"auroc"`             // null where the protocol does not measure it
	AP       *float64              `json:"ap"`
	Recall1  *float64              `json:"recall_fpr_1pct"`
	Recall01 *float64              `json:"recall_fpr_01pct"`
	Accuracy *float64              `json:"accuracy"`
	Other    *float64              `json:"auroc_other_attacks"`
	Taken1   *float64              `json:"other_attacks_fpr_1pct"` // share of them that alerts
	Kept1    *float64              `json:"realised_fpr_1pct"`
	CI95     map[string][2]float64 `json:"ci95"` // 95 % interval over draws of each figure
}

// figures lists the metrics with their public names; results are filled by this table alone.
var figures = []struct {
	name string
	of   func(*Metrics) *float64
	in   func(*Result) **float64
}{
	{"auroc", func(m *Metrics) *float64 { return &m.AUROC }, func(r *Result) **float64 { return &r.AUROC }},
	{"ap", func(m *Metrics) *float64 { return &m.AP }, func(r *Result) **float64 { return &r.AP }},
	{"recall_fpr_1pct", func(m *Metrics) *float64 { return &m.Recall1 }, func(r *Result) **float64 { return &r.Recall1 }},
	{"recall_fpr_01pct", func(m *Metrics) *float64 { return &m.Recall01 }, func(r *Result) **float64 { return &r.Recall01 }},
	{"accuracy", func(m *Metrics) *float64 { return &m.Accuracy }, func(r *Result) **float64 { return &r.Accuracy }},
	{"auroc_other_attacks", func(m *Metrics) *float64 { return &m.Other }, func(r *Result) **float64 { return &r.Other }},
	{"other_attacks_fpr_1pct", func(m *Metrics) *float64 { return &m.Taken1 }, func(r *Result) **float64 { return &r.Taken1 }},
	{"realised_fpr_1pct", func(m *Metrics) *float64 { return &m.Kept1 }, func(r *Result) **float64 { return &r.Kept1 }},
}

// tally gathers metrics by learner, class and shots in the order they came.
type tally struct {
	protocol, dataset string
	cells             []*cell
}

type cell struct {
	learner, class string
	shots          int
	draws          []Metrics
}

func (t *tally) add(learner, class string, shots int, m Metrics) {
	for _, c := range t.cells {
		if c.learner == learner && c.class == class && c.shots == shots {
			c.draws = append(c.draws, m)
			return
		}
	}
	t.cells = append(t.cells, &cell{learner, class, shots, []Metrics{m}})
}

// results gives a result for each cell, then the means over classes.
func (t *tally) results() []Result {
	var out []Result
	type key struct {
		learner string
		shots   int
	}
	var order []key
	groups := map[key][]*cell{}
	for _, c := range t.cells {
		out = append(out, t.result(c))
		k := key{c.learner, c.shots}
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], c)
	}
	slices.SortStableFunc(order, func(a, b key) int { return a.shots - b.shots })
	for _, k := range order {
		out = append(out, t.mean(k.learner, k.shots, groups[k]))
	}
	return out
}

func (t *tally) result(c *cell) Result {
	r := Result{Protocol: t.protocol, Dataset: t.dataset, Learner: c.learner, Class: c.class, Shots: c.shots, Draws: len(c.draws), CI95: map[string][2]float64{}}
	for _, f := range figures {
		e := meta.MeanOf(drawsOf(c, f.of))
		r.set(f.name, f.in, e.Mean, e.Low, e.High)
	}
	return r
}

// mean averages over classes, as [meta.MeanOfMeans] does.
func (t *tally) mean(learner string, shots int, cells []*cell) Result {
	r := Result{Protocol: t.protocol, Dataset: t.dataset, Learner: learner, Class: "mean", Shots: shots, Classes: len(cells), CI95: map[string][2]float64{}}
	for _, c := range cells {
		r.Draws += len(c.draws)
	}
	for _, f := range figures {
		x := make([][]float64, len(cells))
		for i, c := range cells {
			x[i] = drawsOf(c, f.of)
		}
		e := meta.MeanOfMeans(x)
		r.set(f.name, f.in, e.Mean, e.Low, e.High)
	}
	return r
}

func (r *Result) set(name string, in func(*Result) **float64, mean, low, high float64) {
	if math.IsNaN(mean) {
		return
	}
	mean = round4(mean)
	*in(r) = &mean
	if !math.IsNaN(low) {
		r.CI95[name] = [2]float64{round4(max(low, 0)), round4(min(high, 1))}
	}
}

func drawsOf(c *cell, of func(*Metrics) *float64) []float64 {
	x := make([]float64, len(c.draws))
	for i := range c.draws {
		x[i] = *of(&c.draws[i])
	}
	return x
}

func round4(v float64) float64 { return math.Round(v*1e4) / 1e4 }
