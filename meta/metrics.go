package meta

import (
	"cmp"
	"math"
	"slices"

	"github.com/inkling-sec/inkling/tensor"
)

// Margin scores rows for a detection task: the score of class 1 less that of
// class 0, larger is more like the taught class.
func Margin(s Scorer, x *tensor.Tensor) []float32 {
	n := x.Shape[0]
	if s.Ways() != 2 {
		panic(badCall("Margin: %d ways, want 2", s.Ways()))
	}
	both := make([]float32, 2*n)
	s.Score(both, x)
	for i := range n {
		both[i] = both[2*i+1] - both[2*i]
	}
	return both[:n]
}

// The measures of ranking take a score of NaN for lower than any other, as what is no alert.

// AUROC gives the chance that a random attack scores above a random benign
// row, a tie counting half; NaN when either is empty.
func AUROC[T float32 | float64](benign, attack []T) float64 {
	b, a := slices.Sorted(slices.Values(benign)), slices.Sorted(slices.Values(attack))
	below, upTo, sum := 0, 0, 0
	for _, v := range a {
		for below < len(b) && cmp.Less(b[below], v) {
			below++
		}
		for upTo < len(b) && !cmp.Less(v, b[upTo]) {
			upTo++
		}
		sum += below + upTo
	}
	return float64(sum) / 2 / float64(len(a)) / float64(len(b))
}

// AveragePrecision gives Σ (Rₙ − Rₙ₋₁)·Pₙ over the distinct scores as
// thresholds, largest first, as scikit-learn's average_precision_score does:
// no interpolation, and rows of one score enter together. NaN without attacks.
func AveragePrecision(benign, attack []float32) float64 {
	b, a := slices.Sorted(slices.Values(benign)), slices.Sorted(slices.Values(attack))
	sum := 0.0
	for i, j := len(a), len(b); i > 0; {
		at, had := a[i-1], i
		for i > 0 && !cmp.Less(a[i-1], at) {
			i--
		}
		for j > 0 && !cmp.Less(b[j-1], at) {
			j--
		}
		hits := float64(len(a) - i)
		sum += float64(had-i) * hits / (hits + float64(len(b)-j))
	}
	return sum / float64(len(a))
}

// RecallAtFPR gives the share of attacks above the threshold that at most a
// share rate of the benign rows passes: with the benign scores in rising
// order b and n of them, that is b[n−1−⌊rate·n⌋], and only a score strictly
// above it counts. NaN when either is empty.
func RecallAtFPR(benign, attack []float32, rate float64) float64 {
	n := len(benign)
	if n == 0 || len(attack) == 0 {
		return math.NaN()
	}
	b := slices.Sorted(slices.Values(benign))
	passing := int(rate * float64(n) * (1 + 1e-12)) // 0.29 of 100 is 29, though its product is less by rounding
	threshold := b[max(0, n-1-passing)]
	hits := 0
	for _, v := range attack {
		if cmp.Less(threshold, v) {
			hits++
		}
	}
	return float64(hits) / float64(len(attack))
}

// Accuracy gives the share of rows whose own class has the largest score;
// scores is [n·ways] as a Scorer writes it. Where m classes share the largest
// score the row counts 1/m, so a scorer that says nothing gets 1/ways.
func Accuracy(scores []float32, ways int, y []int) float64 {
	sum := 0.0
	for i, c := range y {
		row := scores[i*ways : (i+1)*ways]
		above, level := 0, 0
		for _, v := range row {
			if v > row[c] {
				above++
			} else if v == row[c] {
				level++
			}
		}
		if above == 0 && level > 0 {
			sum += 1 / float64(level)
		}
	}
	return sum / float64(len(y))
}

// Estimate is a mean with its 95 % confidence interval.
type Estimate struct {
	Mean, Low, High float64
	N               int
}

// MeanOf estimates the mean of what x are draws of. The interval is Student's,
// mean ± t·s/√n: the usual ±1.96·s/√n of the few-shot papers when n is large,
// and honest about a handful of draws. One draw has an interval of NaN.
func MeanOf(x []float64) Estimate {
	n := float64(len(x))
	mean, square := 0.0, 0.0
	for _, v := range x {
		mean += v / n
	}
	for _, v := range x {
		square += (v - mean) * (v - mean)
	}
	half := math.NaN()
	if len(x) > 1 {
		half = student975(len(x)-1) * math.Sqrt(square/(n-1)/n)
	}
	if len(x) == 0 {
		mean = half
	}
	return Estimate{mean, mean - half, mean + half, len(x)}
}

// MeanOfMeans estimates the mean over groups, each weighing the same, of the means of what x[i] are draws of. The groups are
// given and the draws are random: the interval says how sure the mean of these groups is, not what others would give. It adds
// up Student's intervals of the groups as independent errors add up, which is a little wide where groups are many. A group of
// one draw makes it NaN.
func MeanOfMeans(x [][]float64) Estimate {
	var mean, square float64
	n := 0
	for _, draws := range x {
		e := MeanOf(draws)
		mean, square, n = mean+e.Mean, square+(e.High-e.Mean)*(e.High-e.Mean), n+e.N
	}
	groups := float64(len(x))
	mean /= groups
	half := math.Sqrt(square) / groups
	return Estimate{mean, mean - half, mean + half, n}
}

// student975 gives the 97.5 % point of Student's t: a table for few degrees of
// freedom, else the expansion about the normal point (Abramowitz & Stegun
// 26.7.5), off by less than 0.001 from 7 on.
func student975(df int) float64 {
	few := [...]float64{12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469}
	if df <= len(few) {
		return few[df-1]
	}
	const z = 1.959964
	const z3, z5, z7 = z * z * z, z * z * z * z * z, z * z * z * z * z * z * z
	v := float64(df)
	return z + (z3+z)/(4*v) + (5*z5+16*z3+3*z)/(96*v*v) + (3*z7+19*z5+17*z3-15*z)/(384*v*v*v)
}
