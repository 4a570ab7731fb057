package detect

import (
	"errors"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mathext"

	"github.com/inkling-sec/inkling"
)

func TestPValueByHand(t *testing.T) {
	c := NewCalibration([]float64{3, 1, 2, 2})
	for _, row := range []struct{ score, want float64 }{
		{4, 1. / 5},   // none of the four reaches 4
		{3, 2. / 5},   // 3 does
		{2, 4. / 5},   // 3 and both 2s do
		{1.5, 4. / 5}, // the same three
		{0, 1},
		{math.Inf(1), 1. / 5},
		{math.NaN(), 1},
	} {
		if got := c.PValue(row.score); math.Abs(got-row.want) > 1e-12 {
			t.Errorf("PValue(%v) = %v, want %v", row.score, got, row.want)
		}
	}
}

// A calibration record without a score can only make alerts rarer.
func TestCalibrationOfNaN(t *testing.T) {
	c := NewCalibration([]float64{1, math.NaN(), 2})
	if p := c.PValue(3); p != 2./4 || c.PValue(math.Inf(1)) != p || c.Threshold(0.25) != math.Inf(1) || c.Threshold(0.5) != 2 {
		t.Errorf("p %v, thresholds %v and %v", p, c.Threshold(0.25), c.Threshold(0.5))
	}
}

// A score is above the threshold exactly when its p-value is at most α.
func TestThresholdIsThePValue(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		n := 1 + rng.IntN(60)
		scores := make([]float64, n)
		for i := range scores {
			scores[i] = float64(rng.IntN(20)) // with ties
		}
		c := NewCalibration(scores)
		alpha := float64(1+rng.IntN(n)) / float64(n+1)
		for s := -1.; s <= 21; s += 0.5 {
			if above, small := s > c.Threshold(alpha), c.PValue(s) <= alpha+1e-9; above != small {
				t.Fatalf("n %d α %v score %v: above %v, p %v", n, alpha, s, above, c.PValue(s))
			}
		}
	}
}

func TestCheckSaysWhatCanBePromised(t *testing.T) {
	c := NewCalibration(make([]float64, 99))
	if err := c.Check(0.01); err != nil {
		t.Errorf("99 records promise 1 %%: %v", err)
	}
	for _, alpha := range []float64{0.0099, 0, 1, -1, math.NaN(), math.Inf(1)} {
		if err := c.Check(alpha); err == nil {
			t.Errorf("α = %v passed", alpha)
		}
	}
	if got := c.Threshold(0.001); !math.IsInf(got, 1) {
		t.Errorf("a rate that cannot be promised has threshold %v", got)
	}
}

// The smallest rate as it is told can be asked for.
func TestSmallestAsToldIsPromised(t *testing.T) {
	remedy := regexp.MustCompile(`the smallest rate they can promise is ([^;]+);`)
	for n := 1; n < 20000; n += 1 + n/50 {
		c := c5(n)
		var e *inkling.Error
		if !errors.As(c.Check(c.Smallest()/2), &e) || !remedy.MatchString(e.Remedy) {
			t.Fatalf("%d records: half the smallest rate is refused with %+v", n, e)
		}
		told, err := strconv.ParseFloat(remedy.FindStringSubmatch(e.Remedy)[1], 64)
		if err != nil || c.Check(told) != nil || told > 1.11*c.Smallest() {
			t.Errorf("%d records: told %v, the smallest is %v: %v, %v", n, told, c.Smallest(), err, c.Check(told))
		}
	}
	if err := c5(99).Check(1e-30); err == nil || !strings.Contains(err.Error(), "1e+30 records would do") {
		t.Errorf("a rate beyond counting: %v", err)
	}
}

// With k = 1 the realised rate is Beta(1, n): its 95 % point is 1 − 0.05^(1/n).
func TestUpper95ByHand(t *testing.T) {
	c := NewCalibration(make([]float64, 99))
	if got, want := c.Upper95(0.01), 1-math.Pow(0.05, 1./99); math.Abs(got-want) > 1e-9 {
		t.Errorf("Upper95 = %v, want %v", got, want)
	}
	if got := mathext.RegIncBeta(5, 996, c5(1000).Upper95(0.005)); math.Abs(got-0.95) > 1e-9 {
		t.Errorf("Upper95 is the %v quantile", got)
	}
}

func c5(n int) Calibration { return NewCalibration(make([]float64, n)) }

// The bound on exchangeable scores: on average over calibration sets the
// realised rate is at most α, and the 95 % upper bound covers it in at least 93 %
// of draws. Scores are exponential, so the rate above a threshold is known
// exactly: no second sample blurs it.
func TestBoundHoldsOnExchangeableScores(t *testing.T) {
	rng := rand.New(rand.NewPCG(2026, 11))
	for _, row := range []struct {
		n     int
		alpha float64
	}{{99, 0.01}, {999, 0.01}, {1000, 0.001}, {5000, 0.001}, {400, 0.05}} {
		const draws = 2000
		sum, square, covered := 0., 0., 0
		for range draws {
			scores := make([]float64, row.n)
			for i := range scores {
				scores[i] = rng.ExpFloat64()
			}
			c := NewCalibration(scores)
			rate := math.Exp(-c.Threshold(row.alpha))
			sum += rate
			square += rate * rate
			if rate <= c.Upper95(row.alpha) {
				covered++
			}
		}
		mean := sum / draws
		se := math.Sqrt((square/draws - mean*mean) / draws)
		if mean > row.alpha+3*se {
			t.Errorf("n %d α %v: realised %v ± %v on average", row.n, row.alpha, mean, se)
		}
		if share := float64(covered) / draws; share < 0.93 {
			t.Errorf("n %d α %v: the upper bound covers in %v of draws", row.n, row.alpha, share)
		}
	}
}

func TestTiesKeepTheBound(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	const n, draws, alpha, values = 199, 4000, 0.05, 12
	sum := 0.
	for range draws {
		scores := make([]float64, n)
		for i := range scores {
			scores[i] = float64(rng.IntN(values))
		}
		limit := NewCalibration(scores).Threshold(alpha)
		sum += math.Max(0, values-1-limit) / values // share of the values above it
	}
	if mean := sum / draws; mean > alpha {
		t.Errorf("with ties %v of benign records alert, promised %v", mean, alpha)
	}
}

func TestCalibrationLeavesItsInputAlone(t *testing.T) {
	scores := []float64{3, math.NaN(), 1}
	c := NewCalibration(scores)
	if scores[0] != 3 || !math.IsNaN(scores[1]) || !slices.IsSorted(c.scores) || !math.IsInf(c.scores[2], 1) {
		t.Errorf("input %v, kept %v", scores, c.scores)
	}
}
