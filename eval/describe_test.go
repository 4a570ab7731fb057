package eval

import (
	"math/rand/v2"
	"testing"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/meta"
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
