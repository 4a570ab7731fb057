package feature

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/tensor"
)

// Views of a column; see [Scaling].
const (
	ViewLog     = "log"     // sign(x)·log(1+|x|/unit), standardised on the benign pool; unit is the median size there, 1 at most
	ViewRank    = "rank"    // share of the benign pool below x, centred; the ends for values outside the pool
	ViewLevel   = "level"   // 1 for one level of a category
	ViewMissing = "missing" // 1 when there is no value
)

// Scaling says how a [Scaler] shows raw rows to a learner. The zero value is
// what measured best on held-out attacks.
type Scaling struct {
	Views  []string `json:"views,omitempty"`  // of a numeric feature: ViewLog, ViewRank; nil means ViewLog
	Clip   float64  `json:"clip,omitempty"`   // bound of the log view in benign standard deviations; 0 means 8
	Floor  float64  `json:"floor,omitempty"`  // least standard deviation in the log view of a column where more than half of the pool are the same; 0 means 1
	Weight float64  `json:"weight,omitempty"` // of level and missing columns; 0 means 2
	Knots  int      `json:"knots,omitempty"`  // most benign quantiles kept a feature; 0 means 256
}

func (o Scaling) withDefaults() Scaling {
	if o.Views == nil {
		o.Views = []string{ViewLog}
	}
	o.Clip = or(o.Clip, 8)
	o.Floor = or(o.Floor, 1)
	o.Weight = or(o.Weight, 2)
	if o.Knots == 0 {
		o.Knots = 256
	}
	return o
}

func or(v, def float64) float64 {
	if v == 0 {
		return def
	}
	return v
}

// Column is one number that a learner sees.
type Column struct {
	Name    string `json:"name"`    // "duration:log", "proto=tcp", "duration:missing"
	Feature int    `json:"feature"` // in the contract
	View    string `json:"view"`
}

// Scaler turns raw rows into columns. Which columns there are follows from the
// contract and the chosen views alone, so a model fits every baseline of its
// contract; only positions and scales come from the benign rows. It is
// immutable, safe for many goroutines, and JSON-encodable.
type Scaler struct {
	contract *Contract
	scaling  Scaling
	numbers  []numbers   // by feature; nothing for a category
	logs     tensor.Logs // by feature, of numbers
	shown    []shown     // by feature
	columns  []Column
	log      bool
	rank     bool
}

// numbers is what the benign pool says of a numeric feature.
type numbers struct {
	Unit  float64   `json:"unit"` // see unitOf
	Mean  float64   `json:"mean"` // of sign(x)·log(1+|x|/unit)
	Std   float64   `json:"std"`
	Most  float64   `json:"most"`  // share of the commonest value
	Knots []float64 `json:"knots"` // raw values, ascending
	Ranks []float64 `json:"ranks"` // share of the pool below each, ties counted half
}

// Fit learns scales from raw benign rows, and from benign rows only: what is
// rare in the pool then stands out. The rows are not kept.
func Fit(c *Contract, benign [][]float64, o Scaling) (*Scaler, error) {
	if len(benign) == 0 {
		return nil, &inkling.Error{Code: inkling.Invalid, Place: "contract " + c.Name, What: "no benign rows to fit scales on"}
	}
	for i, row := range benign {
		if len(row) != len(c.Features) {
			return nil, inkling.Errorf(inkling.Invalid, "contract "+c.Name, "benign row %d has %d values, not %d", i, len(row), len(c.Features))
		}
	}
	s := &Scaler{contract: c, scaling: o.withDefaults(), numbers: make([]numbers, len(c.Features))}
	if err := s.layout(); err != nil {
		return nil, err
	}
	values := make([]float64, 0, len(benign))
	for i, f := range c.Features {
		if f.Kind == Category {
			continue
		}
		values = values[:0]
		for _, row := range benign {
			if v := row[i]; !math.IsNaN(v) && !math.IsInf(v, 0) {
				values = append(values, v)
			}
		}
		s.numbers[i] = fit(values, s.scaling.Knots)
	}
	s.prepare()
	return s, nil
}

// fit sorts values.
func fit(values []float64, most int) numbers {
	if len(values) == 0 {
		return numbers{Unit: 1, Std: 1, Knots: []float64{}, Ranks: []float64{}}
	}
	slices.Sort(values)
	var n numbers
	n.Unit = unitOf(values)
	for _, v := range values {
		n.Mean += tensor.SignedLog(v, n.Unit)
	}
	n.Mean /= float64(len(values))
	for _, v := range values {
		d := tensor.SignedLog(v, n.Unit) - n.Mean
		n.Std += d * d
	}
	n.Std = math.Sqrt(n.Std / float64(len(values)))
	for i := 0; i < len(values); {
		k := i
		for k < len(values) && values[k] == values[i] {
			k++
		}
		n.Most = max(n.Most, float64(k-i)/float64(len(values)))
		n.Knots = append(n.Knots, values[i])
		n.Ranks = append(n.Ranks, float64(i+k)/2/float64(len(values)))
		i = k
	}
	n.thin(most)
	return n
}

// unitOf gives the size below which a difference is told by itself rather than as a ratio: the median size
// of the values that are not 0, 1 at most. Without it shares and small measurements would hardly differ in log(1+|x|).
func unitOf(sorted []float64) float64 {
	sizes := make([]float64, 0, len(sorted))
	for _, v := range sorted {
		if v != 0 {
			sizes = append(sizes, math.Abs(v))
		}
	}
	if len(sizes) == 0 {
		return 1
	}
	slices.Sort(sizes)
	return max(min(sizes[len(sizes)/2], 1), leastUnit)
}

const leastUnit = 1e-12

// leastStd is the least standard deviation of a column without a value that more than half of the pool have.
const leastStd = 0.01

// prepare works out what follows from the numbers.
func (s *Scaler) prepare() {
	s.logs, s.shown = tensor.Logs{Most: s.scaling.Clip}, make([]shown, len(s.numbers))
	for i := range s.numbers {
		n, f := s.numbers[i], &s.contract.Features[i]
		if s.shown[i].missing = f.Missing; f.Kind == Category {
			s.shown[i] = shown{levels: len(f.Levels) + 1}
			n.Unit = 1 // its logarithm is not looked at
		}
		s.logs.Unit, s.logs.Mean, s.logs.Dev = append(s.logs.Unit, n.Unit), append(s.logs.Mean, n.Mean), append(s.logs.Dev, s.spreadOf(&n))
	}
}

// spreadOf gives what a logarithm is divided by. A column that is nearly
// constant does not drown the others: see [Scaling].
func (s *Scaler) spreadOf(n *numbers) float64 {
	if n.Most > 0.5 {
		return max(n.Std, s.scaling.Floor)
	}
	return max(n.Std, min(leastStd, s.scaling.Floor))
}

// thin keeps at most so many knots, evenly by position, with both ends.
func (n *numbers) thin(most int) {
	have := len(n.Knots)
	if have <= most || most < 2 {
		return
	}
	knots, ranks := make([]float64, most), make([]float64, most)
	for i := range most {
		at := i * (have - 1) / (most - 1)
		knots[i], ranks[i] = n.Knots[at], n.Ranks[at]
	}
	n.Knots, n.Ranks = knots, ranks
}

// layout derives the columns from the contract and the views.
func (s *Scaler) layout() error {
	for _, v := range s.scaling.Views {
		switch v {
		case ViewLog:
			s.log = true
		case ViewRank:
			s.rank = true
		default:
			return inkling.Errorf(inkling.Invalid, "scaling", "unknown view %q: choose from log, rank", v)
		}
	}
	for i, f := range s.contract.Features {
		if f.Kind == Category {
			for k := range len(f.Levels) + 1 {
				s.columns = append(s.columns, Column{f.Name + "=" + level(&f, float64(k)), i, ViewLevel})
			}
			continue
		}
		if s.log {
			s.columns = append(s.columns, Column{f.Name + ":log", i, ViewLog})
		}
		if s.rank {
			s.columns = append(s.columns, Column{f.Name + ":rank", i, ViewRank})
		}
		if f.Missing {
			s.columns = append(s.columns, Column{f.Name + ":missing", i, ViewMissing})
		}
	}
	return nil
}

// Contract gives the contract whose rows the scaler reads.
func (s *Scaler) Contract() *Contract { return s.contract }

// Scaling gives the options, defaults filled in.
func (s *Scaler) Scaling() Scaling { return s.scaling }

// Width gives the number of columns.
func (s *Scaler) Width() int { return len(s.columns) }

// Columns names them, in order. The slice is the scaler's: do not change it.
func (s *Scaler) Columns() []Column { return s.columns }

// Apply writes the columns of one raw row to dst, [Scaler.Width] long. They are
// finite whatever the row holds; a missing number is 0, the middle of the
// benign pool, in both views.
func (s *Scaler) Apply(dst []float32, raw []float64) {
	var logs [logsAtOnce]float32
	for lo := 0; lo < len(s.shown); lo += logsAtOnce {
		shown := s.shown[lo:min(lo+logsAtOnce, len(s.shown))]
		values := raw[lo:][:len(shown)]
		if s.log {
			s.logs.To(logs[:len(shown)], values, lo)
		}
		at := s.show(dst, shown, values, logs[:len(shown)], s.numbers[lo:])
		dst = dst[at:]
	}
}

// logsAtOnce is how many values' logarithms are taken together.
const logsAtOnce = 128

// shown is how a feature is.
type shown struct {
	levels  int  // columns of a category; 0 for a number
	missing bool // it has a column that tells whether there is a value
}

// show writes the columns of some values, whose logarithms are told, and gives how many they are.
func (s *Scaler) show(dst []float32, as []shown, values []float64, logs []float32, numbers []numbers) (at int) {
	weight := float32(s.scaling.Weight)
	for i, v := range values {
		if n := as[i].levels; n > 0 {
			clear(dst[at : at+n])
			if v >= 0 && v < float64(n-1) {
				dst[at+int(v)] = weight
			} else {
				dst[at+n-1] = weight
			}
			at += n
			continue
		}
		missing := v-v != 0 // not a number, or infinite
		if s.log {
			if dst[at] = logs[i]; missing {
				dst[at] = 0
			}
			at++
		}
		if s.rank {
			if dst[at] = 0; !missing {
				dst[at] = rankView(&numbers[i], v)
			}
			at++
		}
		if as[i].missing {
			if dst[at] = 0; missing {
				dst[at] = weight
			}
			at++
		}
	}
	return at
}

// Tensor applies the scaler to many rows: [len(raw), Width].
func (s *Scaler) Tensor(raw [][]float64) *tensor.Tensor {
	t := tensor.New(len(raw), s.Width())
	s.TensorTo(t, raw)
	return t
}

// TensorTo is Tensor into t, which has a row for each of raw.
func (s *Scaler) TensorTo(t *tensor.Tensor, raw [][]float64) {
	for i, row := range raw {
		s.Apply(t.Row(i), row)
	}
}

// rankSpan makes the standard deviation of a uniform rank 0.7: the rank view
// then weighs half as much as the log view in a squared distance.
var rankSpan = 0.7 * math.Sqrt(12)

func rankView(n *numbers, v float64) float32 {
	return float32((n.rank(v) - 0.5) * rankSpan)
}

// rank interpolates between knots; outside the pool it is 0 or 1.
func (n *numbers) rank(v float64) float64 {
	last := len(n.Knots) - 1
	switch {
	case last < 0:
		return 0.5
	case v < n.Knots[0]:
		return 0
	case v > n.Knots[last]:
		return 1
	}
	lo, hi := 0, last // Knots[lo] <= v <= Knots[hi]
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if n.Knots[mid] < v {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if n.Knots[lo] == v {
		return n.Ranks[lo]
	}
	a, b := n.Knots[lo-1], n.Knots[lo]
	return n.Ranks[lo-1] + (n.Ranks[lo]-n.Ranks[lo-1])*((v/2-a/2)/(b/2-a/2)) // halves cannot overflow
}

type scalerJSON struct {
	Contract *Contract `json:"contract"`
	Scaling  Scaling   `json:"scaling"`
	Numbers  []numbers `json:"numbers"`
}

// MarshalJSON writes the scaler with its contract.
func (s *Scaler) MarshalJSON() ([]byte, error) {
	return json.Marshal(scalerJSON{s.contract, s.scaling, s.numbers})
}

// UnmarshalJSON reads what MarshalJSON wrote, and checks it.
func (s *Scaler) UnmarshalJSON(b []byte) error {
	var j scalerJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return &inkling.Error{Code: inkling.Invalid, Place: "scaler", What: "cannot be read", Err: err}
	}
	if j.Contract == nil {
		return inkling.Errorf(inkling.Invalid, "scaler", "has no contract")
	}
	if err := j.Contract.Check(); err != nil {
		return fmt.Errorf("scaler: %w", err)
	}
	if len(j.Numbers) != len(j.Contract.Features) {
		return inkling.Errorf(inkling.Invalid, "scaler", "has scales of %d features, its contract has %d", len(j.Numbers), len(j.Contract.Features))
	}
	for i, n := range j.Numbers {
		if len(n.Knots) != len(n.Ranks) || !slices.IsSorted(n.Knots) || n.Std < 0 || j.Contract.Features[i].Kind != Category && !(n.Unit > 0) {
			return inkling.Errorf(inkling.Invalid, "scaler", "scales of feature %q are damaged", j.Contract.Features[i].Name)
		}
	}
	n := Scaler{contract: j.Contract, scaling: j.Scaling.withDefaults(), numbers: j.Numbers}
	if err := n.layout(); err != nil {
		return err
	}
	n.prepare()
	*s = n
	return nil
}
