package detect

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/feature"
	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/tensor"
)

// Detector is what was taught: everything needed to arm it again, and what was
// promised when it was made.
type Detector struct {
	Format     int       `json:"format"`
	Name       string    `json:"name"`
	State      string    `json:"state"` // "draft": nothing watches with it yet
	Created    time.Time `json:"created"`
	Learner    string    `json:"learner"`
	Model      string    `json:"model,omitempty"` // the learner's trained parameters; "" when it has none
	ModelID    string    `json:"model_id,omitempty"`
	Seed       uint64    `json:"seed"`
	Baseline   string    `json:"baseline"`
	BaselineID string    `json:"baseline_id"`
	Contract   string    `json:"contract"` // hash
	Examples   Rows      `json:"examples"`
	Promise    Promise   `json:"promise"`
}

const detectorFormat = 1

// Promise is what a detector states before it is switched on.
type Promise struct {
	Alpha        float64  `json:"alpha"` // at most this share of benign records alert, on average
	Calibration  int      `json:"n_calibration"`
	Upper95      float64  `json:"fpr_upper95"`    // at most this share, with 95 % confidence, given these calibration records
	AlarmsPerDay *float64 `json:"alarms_per_day"` // false alarms expected at the baseline's volume; null when records have no time
	SelfTest     SelfTest `json:"self_test"`
}

// SelfTest leaves each example out in turn and asks whether the rest would have found it.
type SelfTest struct {
	Found  int   `json:"found"`
	Of     int   `json:"of"` // 0 with a single example: there is no rest
	Missed []int `json:"missed,omitempty"`
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
	Seed   uint64
}

// Teach makes a detector of examples.
func Teach(ctx context.Context, name string, examples Rows, b *Baseline, c Choice, o TeachOptions) (*Detector, *Armed, error) {
	if err := c.fits(b); err != nil {
		return nil, nil, err
	}
	if err := checkExamples(examples, b); err != nil {
		return nil, nil, err
	}
	d := &Detector{
		Format: detectorFormat, Name: name, State: "draft", Created: time.Now().UTC().Truncate(time.Second),
		Learner: c.Learner.Name(), Model: c.Model, ModelID: c.ModelID, Seed: o.Seed,
		Baseline: b.Name, BaselineID: b.ID(), Contract: b.Contract.Hash(), Examples: examples,
	}
	a, err := arm(ctx, d, b, c.Learner, examples, b.calib)
	if err != nil {
		return nil, nil, err
	}
	if d.Promise, err = promise(a.Calibration, b, o); err != nil {
		return nil, nil, err
	}
	a.threshold = a.Calibration.Threshold(d.Promise.Alpha)
	d.Promise.SelfTest, err = selfTest(ctx, a, c.Learner)
	return d, a, err
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

// mostExamples bounds the support set: beyond it a detector should be trained, not taught.
const mostExamples = 200

func checkExamples(e Rows, b *Baseline) error {
	if e.Len() == 0 {
		return &inkling.Error{Code: inkling.Invalid, What: "no examples to learn from", Remedy: "mark 1 to 10 records: --examples conn.log:120,121,140"}
	}
	if e.Len() > mostExamples {
		return &inkling.Error{Code: inkling.Invalid, What: fmt.Sprintf("%d examples; a detector is taught from %d at most", e.Len(), mostExamples), Remedy: "name the lines that show the attack: --examples conn.log:120,121,140"}
	}
	if err := e.check(len(b.Contract.Features)); err != nil {
		return &inkling.Error{Code: inkling.Conflict, What: "the examples' features are not the baseline's", Err: err}
	}
	x := b.scaler.Tensor(e.Raw)
	for i := range e.Raw {
		if j, d := nearest(row(x, i), b.pool, 1); d[0] == 0 {
			return &inkling.Error{Code: inkling.Invalid, Place: e.Origin[i].String(), What: fmt.Sprintf("this example is the same in every feature as the benign record %s", b.Pool.Origin[j[0]]), Remedy: "leave the example out, or make the baseline from records without the attack"}
		}
	}
	return nil
}

// selfTest is leave-one-out on the examples. What is left out is judged
// against the calibration scores of the detector that was made without it. Only
// the highest of these decide, so only the calibration records that the whole
// detector puts in its top tenth are scored again: were one of the decisive few
// ever outside of it, the test would be that little bit kinder.
func selfTest(ctx context.Context, a *Armed, l meta.Learner) (SelfTest, error) {
	d, b := a.Detector, a.Baseline
	n := d.Examples.Len()
	if n < 2 {
		return SelfTest{}, nil
	}
	allowed := a.Calibration.allowed(d.Promise.Alpha)
	top := a.top(max(b.calib.Shape[0]/10, 4*allowed))
	found := make([]bool, n)
	errs := make([]error, n)
	judged := min(n, 10) // more would tell little more
	each(judged, func(i int) {
		rest, err := arm(ctx, d, b, l, d.Examples.without(i), top)
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

// each calls f(0) … f(n-1) on all cores.
func each(n int, f func(int)) {
	var wg sync.WaitGroup
	next := make(chan int)
	for range min(n, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := range next {
				f(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}

// Armed is a detector ready to judge records. It is immutable: any number of goroutines may ask at once.
type Armed struct {
	Detector    *Detector
	Baseline    *Baseline
	Calibration Calibration

	scorer     meta.Scorer
	threshold  float64
	taught     *tensor.Tensor
	calibrated []float64 // the score of each calibration record
}

// Arm makes a stored detector ready again. It refuses another baseline, contract or model than it was taught with.
func Arm(ctx context.Context, d *Detector, b *Baseline, c Choice) (*Armed, error) {
	place := "detector " + d.Name
	for _, must := range []struct{ what, have, want string }{
		{"feature contract", b.Contract.Hash(), d.Contract},
		{"baseline", b.ID(), d.BaselineID},
		{"learner", c.Learner.Name(), d.Learner},
		{"model", c.ModelID, d.ModelID},
	} {
		if must.have != must.want {
			return nil, &inkling.Error{Code: inkling.Conflict, Place: place, What: fmt.Sprintf("taught with another %s (%.12s, not %.12s)", must.what, must.want, must.have), Remedy: "teach it again"}
		}
	}
	if err := d.Examples.check(len(b.Contract.Features)); err != nil {
		return nil, &inkling.Error{Code: inkling.Invalid, Place: place, What: "the file is damaged", Remedy: "teach it again", Err: err}
	}
	a, err := arm(ctx, d, b, c.Learner, d.Examples, b.calib)
	if err != nil {
		return nil, err
	}
	a.threshold = a.Calibration.Threshold(d.Promise.Alpha)
	return a, nil
}

func arm(ctx context.Context, d *Detector, b *Baseline, l meta.Learner, examples Rows, calib *tensor.Tensor) (*Armed, error) {
	taught := b.scaler.Tensor(examples.Raw)
	support := meta.Set{X: &tensor.Tensor{Shape: []int{b.Pool.Len() + examples.Len(), b.scaler.Width()}}}
	support.X.Data = append(append(make([]float32, 0, len(b.pool.Data)+len(taught.Data)), b.pool.Data...), taught.Data...)
	support.Y = make([]int, support.X.Shape[0])
	for i := b.Pool.Len(); i < len(support.Y); i++ {
		support.Y[i] = 1
	}
	scorer, err := l.Adapt(ctx, &meta.Task{Ways: 2, Support: support})
	if err != nil {
		return nil, err
	}
	a := &Armed{Detector: d, Baseline: b, scorer: scorer, taught: taught}
	a.calibrated = a.scores(calib)
	a.Calibration = NewCalibration(a.calibrated)
	return a, nil
}

// scores judges rows of columns in blocks on all cores.
func (a *Armed) scores(x *tensor.Tensor) []float64 {
	const block = 256
	n := x.Shape[0]
	out := make([]float64, n)
	each((n+block-1)/block, func(i int) {
		lo, hi := i*block, min((i+1)*block, n)
		a.scoreTo(out[lo:hi], rowsOf(x, lo, hi))
	})
	return out
}

func (a *Armed) scoreTo(dst []float64, x *tensor.Tensor) {
	ways := make([]float32, 2*len(dst))
	a.scorer.Score(ways, x)
	for i := range dst {
		dst[i] = float64(ways[2*i+1]) - float64(ways[2*i])
	}
}

// Score judges one raw row: larger is more like what was taught.
func (a *Armed) Score(raw []float64) float64 {
	var s [1]float64
	a.scoreTo(s[:], a.Baseline.scaler.Tensor([][]float64{raw}))
	return s[0]
}

// PValue gives the p-value of a score.
func (a *Armed) PValue(score float64) float64 { return a.Calibration.PValue(score) }

// Alerts reports whether a score is an alert at the promised rate.
func (a *Armed) Alerts(score float64) bool { return score > a.threshold }

// Extractor gives a fresh extractor of the detector's contract.
func (a *Armed) Extractor() (feature.Extractor, error) { return feature.New(a.Baseline.Contract) }

// Write writes the detector as JSON.
func (d *Detector) Write(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(d)
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
	return d, nil
}
