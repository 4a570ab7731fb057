package detect

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/tensor"
)

// Detector is what was taught: everything needed to arm it again, and what was
// promised when it was made.
type Detector struct {
	Format     int       `json:"format"`
	Name       string    `json:"name"`
	State      string    `json:"state"` // "draft", as it was taught: that it hunts or watches is not noted
	Created    time.Time `json:"created"`
	Learner    string    `json:"learner"`
	Model      string    `json:"model,omitempty"` // the learner's trained parameters; "" when it has none
	ModelID    string    `json:"model_id,omitempty"`
	Seed       uint64    `json:"seed"`
	Baseline   string    `json:"baseline"`
	BaselineID string    `json:"baseline_id"`
	Contract   string    `json:"contract"` // hash
	Examples   Rows      `json:"examples"`
	Known      *Known    `json:"known,omitempty"`
	Promise    Promise   `json:"promise"`
	Sum        string    `json:"sum"` // of all others as they were written; empty in files of before
	Doubts     []string  `json:"-"`   // what may have been overlooked when it was taught
}

const detectorFormat = 2

// Known is rows of attacks that are known already.
type Known struct {
	Rows     Matrix `json:"rows"`
	Class    []int  `json:"class"`               // of each row, from 0
	OnlyThis bool   `json:"only_this,omitempty"` // they must not alert; without, what they have in common with the examples counts for them
}

// Counts gives the number of rows of each known attack; nil of none.
func (k *Known) Counts() (n []int) {
	if k == nil {
		return nil
	}
	for _, c := range k.Class {
		for len(n) <= c {
			n = append(n, 0)
		}
		n[c]++
	}
	return n
}

func (k *Known) check(width int) error {
	if k == nil {
		return nil
	}
	if len(k.Class) != len(k.Rows) {
		return fmt.Errorf("%d known rows of %d classes", len(k.Rows), len(k.Class))
	}
	for i, r := range k.Rows {
		if len(r) != width || k.Class[i] < 0 || k.Class[i] >= len(k.Rows) {
			return fmt.Errorf("known row %d has %d values, not %d, or is of class %d", i, len(r), width, k.Class[i])
		}
	}
	return nil
}

// Promise is what a detector states before it is switched on.
type Promise struct {
	Alpha        float64  `json:"alpha"` // at most this share of benign records alert, on average
	Calibration  int      `json:"n_calibration"`
	Upper95      float64  `json:"fpr_upper95"`    // at most this share, with 95 % confidence, given these calibration records
	AlarmsPerDay *float64 `json:"alarms_per_day"` // false alarms expected at the baseline's volume; null when records have no time
	SelfTest     SelfTest `json:"self_test"`
}

// SelfTest leaves each example, the first ten of many, out in turn, with those that look the same, and asks whether the
// rest would have found it.
type SelfTest struct {
	Found  int   `json:"found"`
	Of     int   `json:"of"` // 0 with a single example, or several that look the same: there is no rest
	Missed []int `json:"missed,omitempty"`
	Quiet  []int `json:"quiet,omitempty"` // examples that the detector does not alert on though it was taught with them
}

// Choice is a learner ready to adapt, by name, with the model it carries.
type Choice struct {
	Learner  meta.Learner
	Model    string // name; "" for a learner without one
	ModelID  string // fingerprint of the model's file
	Contract string // hash of the contract of the model's rows; "" when the learner takes any
}

// fits refuses a model that was trained on rows of another contract than the baseline's.
func (c Choice) fits(b *Baseline) error {
	if have := b.Contract.Hash(); c.Contract != "" && c.Contract != have {
		return &inkling.Error{Code: inkling.Conflict, Place: "model " + c.Model, What: fmt.Sprintf("trained on rows of another contract (%.12s) than baseline %s holds (%.12s)", c.Contract, b.Name, have), Remedy: "train the model again on rows of this contract, or use a learner without a model"}
	}
	return nil
}

// TeachOptions say how strict a detector is to be. At most one of Alpha and PerDay is set.
type TeachOptions struct {
	Alpha  float64 // false-alarm rate; 0 means 0.001, or the smallest that the calibration records can promise
	PerDay float64 // false alarms a day at the baseline's volume
	Known  *Known  // known attacks to learn from besides; may be nil
	Seed   uint64
}

// Teach makes a detector of examples; a learner that is meta.Unlabelled can do without.
func Teach(ctx context.Context, name string, examples Rows, b *Baseline, c Choice, o TeachOptions) (*Detector, *Armed, error) {
	if err := c.fits(b); err != nil {
		return nil, nil, err
	}
	if _, ok := c.Learner.(meta.Unlabelled); !ok || examples.Len() > 0 {
		if err := checkExamples(examples, b); err != nil {
			return nil, nil, err
		}
	}
	d := &Detector{
		Format: detectorFormat, Name: name, State: "draft", Created: time.Now().UTC().Truncate(time.Second),
		Learner: c.Learner.Name(), Model: c.Model, ModelID: c.ModelID, Seed: o.Seed,
		Baseline: b.Name, BaselineID: b.ID(), Contract: b.Contract.Hash(), Examples: examples, Known: o.Known,
	}
	if err := d.Known.check(len(b.Contract.Features)); err != nil {
		return nil, nil, &inkling.Error{Code: inkling.Conflict, What: "the known attacks' features are not the baseline's", Err: err}
	}
	if err := checkContradiction(examples, d.Known, b); err != nil {
		return nil, nil, err
	}
	a, err := arm(ctx, d, b, c.Learner, examples, b.calib)
	if err != nil {
		return nil, nil, err
	}
	if d.Promise, err = promise(a.Calibration, b, o); err != nil {
		return nil, nil, err
	}
	a.threshold = a.Calibration.Threshold(d.Promise.Alpha)
	if d.Promise.SelfTest, err = selfTest(ctx, a, c.Learner); err != nil {
		return nil, nil, err
	}
	d.Doubts = doubtExamples(examples, b)
	for i, score := range a.Scores(examples.Raw) {
		if !a.Alerts(score) {
			d.Promise.SelfTest.Quiet = append(d.Promise.SelfTest.Quiet, i)
		}
	}
	return d, a, nil
}

// promise settles α and what follows from it.
func promise(c Calibration, b *Baseline, o TeachOptions) (Promise, error) {
	alpha, volume := o.Alpha, b.RecordsPerDay()
	switch {
	case o.PerDay != 0 && o.Alpha != 0:
		return Promise{}, inkling.Errorf(inkling.Invalid, "", "both a false-alarm rate and false alarms a day are given: choose one")
	case o.PerDay != 0 && volume == 0:
		return Promise{}, &inkling.Error{Code: inkling.Invalid, Place: "baseline " + b.Name, What: "its records have no time, so alarms a day cannot be told", Remedy: "give a rate with --alpha"}
	case o.PerDay != 0:
		alpha = o.PerDay / volume
		if err := checkPerDay(c, o.PerDay, volume); err != nil {
			return Promise{}, err
		}
	case alpha == 0:
		alpha = max(0.001, c.Smallest())
	}
	if err := c.Check(alpha); err != nil {
		return Promise{}, err
	}
	p := Promise{Alpha: alpha, Calibration: c.N(), Upper95: c.Upper95(alpha)}
	if volume > 0 {
		perDay := alpha * volume
		p.AlarmsPerDay = &perDay
	}
	return p, nil
}

// checkPerDay is Check in alarms a day, the unit that was asked in.
func checkPerDay(c Calibration, perDay, volume float64) error {
	least, records := RoundedUp(c.Smallest()*volume), fmt.Sprintf("%.6g", volume)
	if volume >= 1e6 {
		records = fmt.Sprintf("%.0f", volume)
	}
	switch {
	case !(perDay > 0 && perDay < volume):
		return &inkling.Error{Code: inkling.Invalid, What: fmt.Sprintf("%g false alarms a day, of %s records a day", perDay, records), Remedy: "give a number above 0 and below that of the records, such as " + least}
	case c.allowed(perDay/volume) < 1:
		return &inkling.Error{
			Code:   inkling.Invalid,
			What:   fmt.Sprintf("%d benign calibration records cannot promise %g false alarms a day, of %s records a day", c.N(), perDay, records),
			Remedy: fmt.Sprintf("the fewest they can promise is %s a day; %s records would do for %g", least, enough(perDay/volume), perDay),
		}
	}
	return nil
}

// MostExamples bounds the support set: beyond it a detector should be trained, not taught.
const MostExamples = 200

func checkExamples(e Rows, b *Baseline) error {
	if e.Len() == 0 {
		return &inkling.Error{Code: inkling.Invalid, What: "no examples to learn from", Remedy: "mark 1 to 10 records: --examples conn.log:120,121,140"}
	}
	if e.Len() > MostExamples {
		return &inkling.Error{Code: inkling.Invalid, What: fmt.Sprintf("%d examples; a detector is taught from %d at most", e.Len(), MostExamples), Remedy: "name the lines that show the attack: --examples conn.log:120,121,140"}
	}
	if err := e.check(len(b.Contract.Features)); err != nil {
		return &inkling.Error{Code: inkling.Conflict, What: "the examples' features are not the baseline's", Err: err}
	}
	x := b.scaler.Tensor(e.Raw)
	for i := range e.Raw {
		if j, d := nearest(row(x, i), b.pool, 1); d[0] == 0 {
			what := "this example is the same in every feature as the benign record"
			if !slices.EqualFunc(e.Raw[i], b.Pool.Raw[j[0]], same) {
				what = "no detector can tell this example from the benign record" // both too far out, or too near to each other
			}
			return &inkling.Error{Code: inkling.Invalid, Place: e.Origin[i].String(), What: fmt.Sprintf("%s %s", what, b.Pool.Origin[j[0]]), Remedy: "leave the example out, or make the baseline from records without the attack"}
		}
	}
	return nil
}

// doubtExamples tells of examples that false alarms are promised on, as they are among the calibration records too.
func doubtExamples(e Rows, b *Baseline) []string {
	n, first := 0, ""
	x := b.scaler.Tensor(e.Raw)
	for i := range e.Raw {
		if j, d := nearest(row(x, i), b.calib, 1); d[0] == 0 {
			if n++; n == 1 {
				first = fmt.Sprintf("%s is as %s", e.Origin[i], b.Calibration.Origin[j[0]])
			}
		}
	}
	if n == 0 {
		return nil
	}
	are := "is, or looks just like,"
	if n > 1 {
		are = "are, or look just like,"
	}
	return []string{fmt.Sprintf("%d of %d marked as examples %s what the rate is promised on as benign (%s): if that is the attack, make the baseline without it, or less is found", n, e.Len(), are, first)}
}

// checkContradiction refuses an example that is among the records that must not alert too.
func checkContradiction(e Rows, k *Known, b *Baseline) error {
	if k == nil || !k.OnlyThis || len(k.Rows) == 0 {
		return nil
	}
	known, x := b.scaler.Tensor(k.Rows), b.scaler.Tensor(e.Raw)
	for i := range e.Raw {
		if _, d := nearest(row(x, i), known, 1); d[0] == 0 {
			return &inkling.Error{Code: inkling.Invalid, Place: e.Origin[i].String(), What: "this example is the same as a record of a known attack, which must not alert", Remedy: "leave it out of the examples or of the known attacks, or let known attacks alert"}
		}
	}
	return nil
}

// selfTest is leave-one-out on the examples. What is left out is judged
// against the calibration scores of the detector that was made without it. Only
// the highest of these decide, so only the calibration records that the whole
// detector puts in its top twentieth are scored again: were one of the decisive few
// ever outside of it, the test would be that little bit kinder.
func selfTest(ctx context.Context, a *Armed, l meta.Learner) (SelfTest, error) {
	d, b := a.Detector, a.Baseline
	n := d.Examples.Len()
	alike := func(i, j int) bool { return slices.Equal(row(a.taught, i), row(a.taught, j)) }
	all := true
	for i := range n {
		all = all && alike(0, i)
	}
	if all {
		return SelfTest{}, nil
	}
	if b, ok := l.(meta.Briefer); ok {
		l = b.Brief(a.scorer)
	}
	allowed := a.Calibration.allowed(d.Promise.Alpha)
	top := a.top(max(b.calib.Shape[0]/20, 4*allowed))
	found := make([]bool, n)
	errs := make([]error, n)
	judged := min(n, 10) // more would tell little more
	each(judged, func(i int) {
		rest, err := arm(ctx, d, b, l, d.Examples.without(func(j int) bool { return alike(i, j) }), top)
		if err != nil {
			errs[i] = err
			return
		}
		highest := rest.Calibration.scores
		found[i] = rest.Score(d.Examples.Raw[i]) > highest[max(0, len(highest)-allowed)]
	})
	t := SelfTest{Of: judged}
	for i := range judged {
		switch {
		case errs[i] != nil:
			return SelfTest{}, errs[i]
		case found[i]:
			t.Found++
		default:
			t.Missed = append(t.Missed, i)
		}
	}
	return t, nil
}

// top gives the n calibration records that score highest.
func (a *Armed) top(n int) *tensor.Tensor {
	x := a.Baseline.calib
	order := make([]int, len(a.calibrated))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(a.calibrated[j], a.calibrated[i]) })
	order = order[:min(n, len(order))]
	out := tensor.New(len(order), x.Shape[1])
	for i, j := range order {
		copy(row(out, i), row(x, j))
	}
	return out
}

// Write writes the detector as JSON, with its sum.
func (d *Detector) Write(w io.Writer) error {
	whole := *d
	whole.Sum = ""
	b, err := json.Marshal(whole)
	if err != nil {
		return err
	}
	whole.Sum = fileSum(b, "")
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(whole)
}

// fileSum hashes a detector's file, without the sum that stands in it.
func fileSum(file []byte, is string) string {
	var text bytes.Buffer
	if err := json.Compact(&text, file); err != nil {
		return "" // no JSON
	}
	h := sha256.Sum256(bytes.Replace(text.Bytes(), []byte(`"sum":"`+is+`"`), []byte(`"sum":""`), 1))
	return hex.EncodeToString(h[:16])
}

// ReadDetector reads what Write wrote.
func ReadDetector(data []byte, name string) (*Detector, error) {
	d := &Detector{}
	if err := json.Unmarshal(data, d); err != nil {
		return nil, &inkling.Error{Code: inkling.Invalid, Place: "detector " + name, What: "the file is damaged", Remedy: "teach it again", Err: err}
	}
	if d.Format != detectorFormat {
		return nil, &inkling.Error{Code: inkling.Conflict, Place: "detector " + name, What: fmt.Sprintf("format %d, not %d", d.Format, detectorFormat), Remedy: "teach it again with this program"}
	}
	if d.Sum != "" && d.Sum != fileSum(data, d.Sum) {
		return nil, &inkling.Error{Code: inkling.Invalid, Place: "detector " + name, What: "the file is damaged, or was changed by hand", Remedy: "teach it again"}
	}
	return d, nil
}
