package eval

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/tensor"
)

// The feature that the class differs in is worth something, the other nothing.
func TestImportance(t *testing.T) {
	d, p, episodes := planted(t, nil, func(_ *rand.Rand, _ int, attack bool, num []float64, _ []string) {
		if attack {
			num[1] += 4
		}
	})
	plan := Plan{Protocol: p}
	got, err := plan.Importance(t.Context(), d, episodes[0], &meta.Ratio{})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].Feature != "b" || got[0].Drop < 0.2 || got[1].Drop > 0.3 {
		t.Errorf("%+v", got)
	}
	if got[0].Alone < 0.95 || got[1].Alone < 0.4 || got[1].Alone > 0.6 || got[0].Benign == "" || got[0].Benign == got[0].Class {
		t.Errorf("%+v", got)
	}
}

// Of five features one tells the class: explanations that name it first are better than chance, the matcher's own too.
func TestFaithful(t *testing.T) {
	noise := []inkling.Field{{Name: "n1", Kind: inkling.Number}, {Name: "n2", Kind: inkling.Number}, {Name: "n3", Kind: inkling.Number}}
	d, p, episodes := planted(t, noise, func(rng *rand.Rand, _ int, attack bool, num []float64, _ []string) {
		for i := 2; i < len(num); i++ {
			num[i] = rng.NormFloat64()
		}
		if attack {
			num[1] += 6
		}
	})
	plan := Plan{Protocol: p}
	got, err := plan.Faithful(t.Context(), d, episodes[0], meta.Shipped(1))
	if err != nil {
		t.Fatal(err)
	}
	of := map[string]Faithful{}
	for _, f := range got {
		of[f.Method] = f
	}
	chance := of["random"]
	for _, m := range []string{"substitution", "occlusion", "shapley", "own"} {
		if f := of[m]; f.Rows < 5 || f.Deletion > chance.Deletion-0.05 || f.Insertion < chance.Insertion+0.05 {
			t.Errorf("%+v, by chance %+v", f, chance)
		}
	}
}

// sum is a learner and scorer whose margin is the sum of a row's columns.
type sum struct{}

func (sum) Name() string                                           { return "sum" }
func (sum) Adapt(context.Context, *meta.Task) (meta.Scorer, error) { return sum{}, nil }
func (sum) Ways() int                                              { return 2 }
func (sum) Score(dst []float32, x *tensor.Tensor) {
	for i := range x.Shape[0] {
		dst[2*i], dst[2*i+1] = 0, 0
		for _, v := range x.Row(i) {
			dst[2*i+1] += v
		}
	}
}

// Rows of the class that do not alert at 1 % false alarms are not explained.
func TestFaithfulIsOfAlerts(t *testing.T) {
	d, p, episodes := planted(t, nil, func(rng *rand.Rand, i int, attack bool, num []float64, _ []string) {
		if attack {
			num[0], num[1] = 0.3+0.1*rng.Float64(), 0.3+0.1*rng.Float64()
			if i%60 == 0 {
				num[1] += 50
			}
		}
	})
	plan := Plan{Protocol: p}
	s, err := plan.stage(d, episodes[0])
	if err != nil {
		t.Fatal(err)
	}
	alerts := 0
	for _, row := range choose(s.raw, episodes[0].QueryAttack) {
		if row[1] > 10 {
			alerts++
		}
	}
	got, err := plan.Faithful(t.Context(), d, episodes[0], sum{})
	if err != nil || alerts == 0 || alerts >= faithfulRows || len(got) == 0 || got[0].Rows != alerts {
		t.Errorf("%d alerts: %+v (%v)", alerts, got, err)
	}
}

func TestOmittedAndFingerprint(t *testing.T) {
	d, _, _ := planted(t, []inkling.Field{{Name: "ts", Kind: inkling.Time}}, nil)
	if o := d.Omitted(); len(o) != 2 || o[0].Column != "ts" || o[1].Column != "class" {
		t.Errorf("%+v", o)
	}
	again, _, _ := planted(t, []inkling.Field{{Name: "ts", Kind: inkling.Time}}, nil)
	other := d.Relabel(func(i int) string { return map[bool]string{true: "x", false: d.Label[i]}[i == 7] })
	if d.Fingerprint() != again.Fingerprint() || d.Fingerprint() == other.Fingerprint() || len(d.Fingerprint()) != 64 {
		t.Error("the fingerprint does not tell the rows")
	}
}

// A feature by itself is ranked by its values as they are: large ones that hardly differ, such as byte counts, among them.
func TestAloneIsExact(t *testing.T) {
	if got := alone([]float64{1e9, 1e9 + 1, math.NaN()}, []float64{1e9 + 2, 1e9 + 3}); got != 1 {
		t.Errorf("AUROC %v", got)
	}
	if got := alone([]float64{math.NaN()}, []float64{1}); got != 0.5 {
		t.Errorf("AUROC %v without a value", got)
	}
}
