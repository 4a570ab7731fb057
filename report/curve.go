package report

import (
	"cmp"
	"math"
	"slices"

	"github.com/inkling-sec/inkling/eval"
	"github.com/inkling-sec/inkling/meta"
)

// Trace is the curves of a learner at a number of examples: means over classes, and over draws with 95 % intervals.
type Trace struct {
	Learner     string `json:"learner"`
	Shots       int    `json:"shots"`
	Development bool   `json:"development"`
	ROC         Band   `json:"roc"`  // recall, by false-alarm rate
	PR          Band   `json:"pr"`   // precision among the judged rows, by recall
	Kept        Band   `json:"kept"` // false-alarm rate as measured, by that promised
}

// Band is a curve with its interval.
type Band struct {
	X    []float64 `json:"x"`
	Mean []Number  `json:"mean"`
	Low  []Number  `json:"low"`
	High []Number  `json:"high"`
}

// Where the curves are looked at.
var (
	alarmRates = logSteps(1e-4, 1, 10)
	recalls    = steps(0.02, 1, 50)
	promises   = []float64{0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1}
)

func logSteps(from, to float64, aDecade int) (out []float64) {
	n := int(math.Round(math.Log10(to/from) * float64(aDecade)))
	for i := range n + 1 {
		out = append(out, from*math.Pow(10, float64(i)/float64(aDecade)))
	}
	return out
}

func steps(from, to float64, n int) (out []float64) {
	for i := range n {
		out = append(out, from+(to-from)*float64(i)/float64(n-1))
	}
	return out
}

// curves are the points of one episode, or sums of several.
type curves struct {
	roc, pr, kept []float64
	n             float64
}

func curvesOf(e *eval.Outcome) curves {
	benign, attack := slices.Sorted(slices.Values(e.Benign)), slices.Sorted(slices.Values(e.Attack))
	c := curves{n: 1}
	for _, f := range alarmRates {
		threshold := benign[max(0, len(benign)-1-int(f*float64(len(benign))))]
		above := len(attack) - after(attack, threshold)
		if f >= 1 {
			above = len(attack) // all of both alert
		}
		c.roc = append(c.roc, float64(above)/float64(len(attack)))
	}
	for _, r := range recalls {
		threshold := attack[len(attack)-int(math.Ceil(r*float64(len(attack))-1e-9))]
		at, _ := slices.BinarySearch(attack, threshold)
		of, _ := slices.BinarySearch(benign, threshold)
		right := float64(len(attack) - at)
		c.pr = append(c.pr, right/(right+float64(len(benign)-of)))
	}
	for _, p := range promises {
		c.kept = append(c.kept, eval.Realised(e.Benign, p))
	}
	return c
}

// after gives how many of sorted are not above v.
func after(sorted []float32, v float32) int {
	at, _ := slices.BinarySearchFunc(sorted, v, func(e, v float32) int {
		if !cmp.Less(v, e) {
			return -1
		}
		return 1
	})
	return at
}

func (c *curves) add(o curves) {
	if c.n == 0 {
		*c = curves{slices.Clone(o.roc), slices.Clone(o.pr), slices.Clone(o.kept), o.n}
		return
	}
	c.n += o.n
	for _, pair := range [][2][]float64{{c.roc, o.roc}, {c.pr, o.pr}, {c.kept, o.kept}} {
		for i := range pair[0] {
			pair[0][i] += pair[1][i]
		}
	}
}

// bandOf sums draws up, each of which is a sum over classes.
func bandOf(x []float64, draws []curves, of func(*curves) []float64) Band {
	b := Band{X: x}
	for i := range x {
		v := make([]float64, len(draws))
		for k := range draws {
			v[k] = of(&draws[k])[i] / draws[k].n
		}
		e := meta.MeanOf(v)
		b.Mean, b.Low, b.High = append(b.Mean, short(e.Mean)), append(b.Low, short(max(e.Low, 0))), append(b.High, short(min(e.High, 1)))
	}
	return b
}

// short keeps what a picture can show.
func short(v float64) Number { return Number(math.Round(v*1e5) / 1e5) }

func floats(n []Number) []float64 {
	out := make([]float64, len(n))
	for i, v := range n {
		out[i] = float64(v)
	}
	return out
}
