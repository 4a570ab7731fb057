package detect

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"

	"github.com/inkling-sec/inkling"
)

// Calibration turns scores into p-values by split conformal prediction (Vovk et
// al. 2005; Lei et al. 2018): the share of benign calibration records, none of
// which the detector was fitted on, that score at least as high.
//
// If a new benign record is exchangeable with these, P(p ≤ α) ≤ α. That holds
// on average over calibration sets; [Calibration.Upper95] says what holds for
// this one.
type Calibration struct {
	scores []float64 // ascending
}

// NewCalibration keeps a sorted copy of the scores. A NaN counts as the highest score of all: it can only make alerts rarer.
func NewCalibration(scores []float64) Calibration {
	s := slices.Clone(scores)
	for i, v := range s {
		if math.IsNaN(v) {
			s[i] = math.Inf(1)
		}
	}
	slices.Sort(s)
	return Calibration{s}
}

// N gives the number of calibration records.
func (c Calibration) N() int { return len(c.scores) }

// PValue gives (1 + #{calibration scores ≥ score}) / (n + 1). A NaN score has p-value 1.
func (c Calibration) PValue(score float64) float64 {
	if math.IsNaN(score) {
		return 1
	}
	below, _ := slices.BinarySearch(c.scores, score)
	return float64(1+len(c.scores)-below) / float64(len(c.scores)+1)
}

// allowed gives k = ⌊α(n+1)⌋: a score alerts when fewer than k calibration scores reach it.
func (c Calibration) allowed(alpha float64) int {
	return int(math.Floor(alpha*float64(len(c.scores)+1) + 1e-9))
}

// Smallest gives the smallest α that can be promised, 1/(n+1).
func (c Calibration) Smallest() float64 { return 1 / float64(len(c.scores)+1) }

// Check refuses an α that is no rate, or that n records cannot promise.
func (c Calibration) Check(alpha float64) error {
	if !(alpha > 0 && alpha < 1) {
		return &inkling.Error{Code: inkling.Invalid, What: fmt.Sprintf("a false-alarm rate of %v", alpha), Remedy: "give one between 0 and 1, such as 0.001"}
	}
	if c.allowed(alpha) < 1 {
		return &inkling.Error{
			Code:   inkling.Invalid,
			What:   fmt.Sprintf("%d benign calibration records cannot promise a false-alarm rate of %g", c.N(), alpha),
			Remedy: fmt.Sprintf("the smallest rate they can promise is %s; %s records would do for %g", RoundedUp(c.Smallest()), enough(alpha), alpha),
		}
	}
	return nil
}

// enough writes how many calibration records can promise α.
func enough(alpha float64) string { return fmt.Sprintf("%.10g", math.Ceil(1/alpha-1-1e-9)) }

// RoundedUp writes a number above 0 with two digits, rounded up: who asks for the least that can be promised as it is
// written is not refused.
func RoundedUp(v float64) string {
	unit := math.Pow(10, math.Floor(math.Log10(v))-1)
	up := math.Ceil(v/unit-1e-9) * unit
	if up < 100 {
		return fmt.Sprintf("%.2g", up)
	}
	return fmt.Sprintf("%.0f", up)
}

// Threshold gives the score that a record must exceed to have p ≤ α; +Inf when no score has.
func (c Calibration) Threshold(alpha float64) float64 {
	k := c.allowed(alpha)
	if k < 1 {
		return math.Inf(1)
	}
	return c.scores[max(0, len(c.scores)-k)]
}

// Upper95 bounds from above, with 95 % confidence over the draw of the
// calibration records, the rate at which records exchangeable with them alert
// at p ≤ α. With k = ⌊α(n+1)⌋ that rate is Beta(k, n+1−k) distributed for
// scores without ties (Vovk 2012, prop. 2b), and below it with ties.
func (c Calibration) Upper95(alpha float64) float64 {
	k, n := float64(c.allowed(alpha)), float64(c.N())
	switch {
	case k < 1:
		return 0
	case k > n:
		return 1
	}
	return mathext.InvRegIncBeta(k, n+1-k, 0.95)
}
