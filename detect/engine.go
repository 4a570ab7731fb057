package detect

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"sync"
	"time"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/feature"
	"github.com/inkling-sec/inkling/read/community"
)

// Engine runs records through detectors of one baseline. Fields are set before Run and not changed after.
type Engine struct {
	Detectors []*Armed
	Alert     func(inkling.Alert) error // called in the order of records, from one goroutine; an error ends the run
	Skipped   func(error)               // told of each record that could not be read; may be nil
	Progress  func(records int)         // called now and then; may be nil
}

// Summary counts what a run did.
type Summary struct {
	Records   int     `json:"records"`
	Alerts    int     `json:"alerts"`
	Skipped   int     `json:"skipped"`
	Evicted   uint64  `json:"evicted"` // memories over time put out for want of room
	Seconds   float64 `json:"seconds"`
	PerSecond float64 `json:"records_per_s"`
}

// batch is some records on their way through the engine.
type batch struct {
	records []inkling.Record
	raw     [][]float64
	n       int
	alerts  []inkling.Alert
	done    chan struct{}
}

const batchRows = 256

// Run reads r to its end and hands every alert to e.Alert. What it did before
// an error is in the summary, and handed on. It waits for every goroutine it starts.
func (e *Engine) Run(ctx context.Context, r inkling.Reader) (Summary, error) {
	start := time.Now()
	x, err := e.Detectors[0].Extractor()
	if err != nil {
		return Summary{}, err
	}
	r = feature.Gather(x.Contract().Name, r)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		workers = runtime.GOMAXPROCS(0)
		work    = make(chan *batch, workers)
		ordered = make(chan *batch, 4*workers)
		free    = make(chan *batch, 4*workers+2)
		wg      sync.WaitGroup
		sum     Summary
		readErr error
	)
	for range cap(free) {
		free <- newBatch(len(x.Contract().Features))
	}
	wg.Go(func() {
		defer close(work)
		defer close(ordered)
		readErr = e.read(ctx, r, x, &sum, free, work, ordered)
	})
	for range workers {
		wg.Go(func() {
			for b := range work {
				if ctx.Err() == nil { // what was read before an interruption is not worth the wait
					e.judge(b)
				}
				close(b.done)
			}
		})
	}
	alerts, alertErr := 0, error(nil)
	for b := range ordered {
		<-b.done
		for _, a := range b.alerts {
			if alertErr == nil {
				if alertErr = e.Alert(a); alertErr == nil {
					alerts++
				} else {
					cancel()
				}
			}
		}
		free <- b
	}
	wg.Wait()
	sum.Alerts = alerts
	if f, ok := x.(interface{ Evictions() uint64 }); ok {
		sum.Evicted = f.Evictions()
	}
	sum.Seconds = time.Since(start).Seconds()
	sum.PerSecond = math.Round(float64(sum.Records) / max(sum.Seconds, 1e-9))
	if alertErr != nil {
		return sum, alertErr
	}
	return sum, readErr
}

func newBatch(width int) *batch {
	b := &batch{records: make([]inkling.Record, batchRows), raw: make([][]float64, batchRows)}
	for i := range b.raw {
		b.raw[i] = make([]float64, width)
	}
	return b
}

// read fills batches and sends each both to the workers and, in order, to the end of the line.
func (e *Engine) read(ctx context.Context, r inkling.Reader, x feature.Extractor, sum *Summary, free, work, ordered chan *batch) error {
	var rec inkling.Record
	for {
		var b *batch
		select {
		case b = <-free:
		case <-ctx.Done():
			return ctx.Err()
		}
		b.n, b.alerts, b.done = 0, b.alerts[:0], make(chan struct{})
		var err error
		for b.n < batchRows && err == nil {
			if err = readInto(r, &rec, x, b.raw[b.n]); err == nil {
				rec.CopyTo(&b.records[b.n])
				b.n++
			} else if inkling.Skippable(err) {
				sum.Skipped++
				if e.Skipped != nil {
					e.Skipped(err)
				}
				err = nil
			}
		}
		sum.Records += b.n
		work <- b
		ordered <- b
		if e.Progress != nil {
			e.Progress(sum.Records)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (e *Engine) judge(b *batch) {
	if b.n == 0 {
		return
	}
	x := e.Detectors[0].Baseline.scaler.Tensor(b.raw[:b.n])
	scores := make([]float64, b.n)
	for _, d := range e.Detectors {
		d.scoreTo(scores, x)
		for i, s := range scores {
			if d.Alerts(s) {
				b.alerts = append(b.alerts, d.NewAlert(&b.records[i], b.raw[i], s))
			}
		}
	}
}

// NewAlert makes the alert of a record with its evidence.
func (a *Armed) NewAlert(r *inkling.Record, raw []float64, score float64) inkling.Alert {
	return a.alert(r.Origin, timeOrZero(r), r.Map(), raw, score)
}

// AlertOf makes the alert of one of some rows, whether or not it is above the threshold.
func (a *Armed) AlertOf(rows Rows, i int, score float64) inkling.Alert {
	return a.alert(rows.Origin[i], rows.Time[i], rows.Record[i], rows.Raw[i], score)
}

func (a *Armed) alert(at inkling.Origin, time float64, record map[string]any, raw []float64, score float64) inkling.Alert {
	return inkling.Alert{
		ID: alertID(a.Detector, at), Detector: a.Detector.Name, Time: time, Origin: at, Flow: communityID(record),
		PValue: a.PValue(score), Score: score, Record: record, Evidence: a.Explain(raw),
	}
}

// communityID gives a flow's identifier, "" where the record is none.
func communityID(record map[string]any) string {
	text := func(name string) string { s, _ := record[name].(string); return s }
	port := func(name string) float64 {
		if v, ok := record[name].(float64); ok {
			return v
		}
		return -1
	}
	return community.Of(text("proto"), text("id.orig_h"), text("id.resp_h"), port("id.orig_p"), port("id.resp_p"))
}

// timeOrZero gives the record's own time, 0 when it has none.
func timeOrZero(r *inkling.Record) float64 {
	if t := recordTime(r); !math.IsNaN(t) {
		return t
	}
	return 0
}

// alertID is the same whenever the same detector finds the same record.
func alertID(d *Detector, o inkling.Origin) string {
	h := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%s\x00%d", d.Name, d.BaselineID, o.File, o.Line))
	return hex.EncodeToString(h[:10])
}
