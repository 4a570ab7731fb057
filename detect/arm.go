package detect

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/feature"
	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/tensor"
)

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
	if err := errors.Join(d.Examples.told(len(b.Contract.Features)), d.Known.check(len(b.Contract.Features))); err != nil {
		return nil, &inkling.Error{Code: inkling.Invalid, Place: place, What: "the file is damaged", Remedy: "teach it again", Err: err}
	}
	a, err := arm(ctx, d, b, c.Learner, d.Examples, b.calib)
	if err != nil {
		return nil, err
	}
	if err := a.Calibration.Check(d.Promise.Alpha); err != nil { // Teach would not have promised it
		return nil, &inkling.Error{Code: inkling.Invalid, Place: place, What: "the file was changed, its promise cannot be kept", Remedy: "teach it again with the rate that is wanted", Err: err}
	}
	a.threshold = a.Calibration.Threshold(d.Promise.Alpha)
	return a, nil
}

func arm(ctx context.Context, d *Detector, b *Baseline, l meta.Learner, examples Rows, calib *tensor.Tensor) (*Armed, error) {
	a := &Armed{Detector: d, Baseline: b, taught: b.scaler.Tensor(examples.Raw)}
	var err error
	if u, ok := l.(meta.Unlabelled); ok && examples.Len() == 0 {
		a.scorer, err = u.Unlike(ctx, b.pool)
	} else {
		a.scorer, err = l.Adapt(ctx, a.task())
	}
	if err != nil {
		return nil, err
	}
	a.calibrated = a.scores(calib)
	a.Calibration = NewCalibration(a.calibrated)
	return a, nil
}

// task is what was taught, as a learner sees it.
func (a *Armed) task() *meta.Task {
	b := a.Baseline
	task := meta.Detection(b.pool, a.taught)
	task.Columns = Columns(b.scaler)
	if k := a.Detector.Known; k != nil && len(k.Rows) > 0 {
		task.Known = meta.Set{X: b.scaler.Tensor(k.Rows), Y: k.Class}
		if k.OnlyThis {
			task = meta.OnlyThis(task)
		}
	}
	return task
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

// Scores judges raw rows as [Armed.Score] does.
func (a *Armed) Scores(raw [][]float64) []float64 {
	s := make([]float64, len(raw))
	a.scoreTo(s, a.Baseline.scaler.Tensor(raw))
	return s
}

// PValue gives the p-value of a score.
func (a *Armed) PValue(score float64) float64 { return a.Calibration.PValue(score) }

// Alerts reports whether a score is an alert at the promised rate.
func (a *Armed) Alerts(score float64) bool { return score > a.threshold }

// Extractor gives a fresh extractor of the detector's contract.
func (a *Armed) Extractor() (feature.Extractor, error) { return feature.New(a.Baseline.Contract) }

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
