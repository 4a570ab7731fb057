package meta_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/inkling-sec/inkling/meta"
)

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// The second row is the example in scikit-learn's documentation of both
// measures; the others were counted by hand and agree with scikit-learn 1.2.1.
func TestRanking(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []struct {
		name           string
		benign, attack []float32
		auroc, ap      float64
	}{
		// Of 12 pairs .35 wins 1, .4 wins 1 and ties 2, .9 wins 4: 7. Down the
		// thresholds .9, .4, .35 precision is 1, 2/5, 3/6.
		{"ties", []float32{.1, .4, .4, .8}, []float32{.35, .4, .9}, 7. / 12, (1 + .4 + .5) / 3},
		{"documented", []float32{.1, .4}, []float32{.35, .8}, .75, 5. / 6},
		{"all level", []float32{1, 1, 1}, []float32{1}, .5, .25},
		{"apart", []float32{-3, -2}, []float32{0, 1}, 1, 1},
		// A network that diverged: pairs 2½ of 4, precision 1/1 at 2, then 2/4.
		{"not a number", []float32{nan, 1}, []float32{2, nan}, 2.5 / 4, (1 + 2./4) / 2},
		{"nothing but that", []float32{nan, nan}, []float32{nan}, .5, 1. / 3},
		{"upside down", []float32{3, 2}, []float32{0, 1}, 0, (1./3 + 2./4) / 2},
	} {
		near(t, c.name+": AUROC", meta.AUROC(c.benign, c.attack), c.auroc, 1e-12)
		near(t, c.name+": AP", meta.AveragePrecision(c.benign, c.attack), c.ap, 1e-12)
	}
	if got := meta.AUROC(nil, []float32{1}); !math.IsNaN(got) {
		t.Errorf("AUROC without benign rows: %v", got)
	}
	if got := meta.AveragePrecision([]float32{1}, nil); !math.IsNaN(got) {
		t.Errorf("AP without attacks: %v", got)
	}
}

func TestRecallAtFPR(t *testing.T) {
	benign := make([]float32, 100)
	for i := range benign {
		benign[i] = float32((i * 37) % 100) // 0 to 99 in some order
	}
	for _, c := range []struct {
		rate, want float64
	}{
		{.01, .75},  // above 98: 98.5, 99, 99.5
		{.001, .25}, // above 99: 99.5
		{.05, 1},    // above 94
		{1, 1},      // above the least
	} {
		near(t, "recall", meta.RecallAtFPR(benign, []float32{98, 98.5, 99, 99.5}, c.rate), c.want, 1e-12)
	}
	nan := float32(math.NaN())
	near(t, "above no number", meta.RecallAtFPR([]float32{nan}, []float32{1, nan}, .01), .5, 1e-12)
	hundred := make([]float32, 100)
	for i := range hundred {
		hundred[i] = float32(i)
	}
	near(t, "29 of 100 pass", meta.RecallAtFPR(hundred, []float32{70.5}, .29), 1, 0)
	if got := meta.RecallAtFPR(nil, []float32{1}, .1); !math.IsNaN(got) {
		t.Errorf("without benign rows: %v", got)
	}
}

func TestAccuracy(t *testing.T) {
	scores := []float32{
		3, 1, 2, // right
		1, 3, 2, // wrong
		2, 2, 2, // one of three
		5, 5, 1, // one of two
	}
	near(t, "accuracy", meta.Accuracy(scores, 3, []int{0, 2, 1, 1}), (1+1./3+.5)/4, 1e-12)
}

// t for 4 degrees of freedom is 2.7764, s of 1 to 5 is √2.5; 2.0096 is t for 49
// (tables of Student's t).
// Groups that differ much, of draws that differ: 95 of 100 intervals or a few more hold the mean of the groups' own means.
func TestMeanOfMeans(t *testing.T) {
	e := meta.MeanOfMeans([][]float64{{1, 3}, {5, 5, 5}})
	near(t, "mean", e.Mean, 3.5, 1e-12)
	near(t, "half width", e.High-e.Mean, 12.7062/2, 1e-9)
	if e.N != 5 {
		t.Errorf("%d draws", e.N)
	}
	if e := meta.MeanOfMeans([][]float64{{1, 2}, {3}}); e.Mean != 2.25 || !math.IsNaN(e.Low) {
		t.Errorf("a group of one draw: %+v", e)
	}
	rng := rand.New(rand.NewPCG(7, 7))
	for _, groups := range []int{1, 2, 5, 15} {
		const trials = 2000
		held := 0
		for range trials {
			x, mean := make([][]float64, groups), 0.0
			for g := range x {
				own := 3 * rng.NormFloat64()
				mean += own / float64(groups)
				for range 10 {
					x[g] = append(x[g], own+rng.NormFloat64())
				}
			}
			if e := meta.MeanOfMeans(x); e.Low < mean && mean < e.High {
				held++
			}
		}
		if share := float64(held) / trials; share < 0.935 || share > 0.985 {
			t.Errorf("%d groups: %.3f of the intervals hold the mean", groups, share)
		}
	}
}

func TestMeanOf(t *testing.T) {
	e := meta.MeanOf([]float64{5, 3, 1, 2, 4})
	near(t, "mean", e.Mean, 3, 1e-12)
	near(t, "high", e.High, 3+2.7764*math.Sqrt(2.5/5), 1e-4)
	near(t, "low", e.Low, 3-2.7764*math.Sqrt(2.5/5), 1e-4)
	alternate := make([]float64, 50)
	for i := range alternate {
		alternate[i] = float64(i % 2)
	}
	near(t, "half width", meta.MeanOf(alternate).High-.5, 2.0096*.5/7, 1e-5)
	near(t, "six draws", meta.MeanOf([]float64{0, 0, 0, 1, 1, 1}).High-.5, 2.5706*math.Sqrt(.05), 1e-5) // t for 5
	if e := meta.MeanOf([]float64{2}); e.Mean != 2 || !math.IsNaN(e.Low) {
		t.Errorf("one draw: %+v", e)
	}
}
