package detect

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"runtime"
	"sync"
	"time"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/feature"
	"github.com/inkling-sec/inkling/read/community"
	"github.com/inkling-sec/inkling/read/follow"
)

// Engine runs records through detectors of one baseline. Fields are set before Run and not changed after.
type Engine struct {
	Detectors []*Armed
	Alert     func(inkling.Alert) error // called in the order of records, from one goroutine; an error ends the run
	Skipped   func(error) error         // told of each record that could not be read; an error it gives ends the run; may be nil
	Progress  func(records int)         // called now and then; may be nil
	Live      *Live                     // of input that is being written; nil for what is whole
}

// Summary counts what a run did.
type Summary struct {
	Records   int            `json:"records"` // judged
	Alerts    int            `json:"alerts"`
	Skipped   int            `json:"skipped"`
	SkippedBy map[string]int `json:"skipped_by,omitempty"` // why, numbers and texts in reasons left out
	Late      int            `json:"late"`                 // records more than ten minutes older than one before them
	Evicted   uint64         `json:"evicted"`              // memories over time put out for want of room
	Seconds   float64        `json:"seconds"`
	PerSecond float64        `json:"records_per_s"`
}

// batch is some records on their way through the engine.
type batch struct {
	records []inkling.Record
	raw     [][]float64
	n       int
	alerts  []inkling.Alert
	judged  bool
	place   follow.Place // of the last record
	memory  []byte       // over time, after the last record; mostly nil
	done    chan struct{}
}

const batchRows = 256

// Run reads r to its end and hands every alert to e.Alert. What it did before
// an error is in the summary, and handed on. It waits for every goroutine it starts.
func (e *Engine) Run(ctx context.Context, r inkling.Reader) (Summary, error) {
	start := time.Now()
	x, err := e.extractor(r)
	if err != nil {
		return Summary{}, err
	}
	evicted := feature.Evictions(x)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		workers = runtime.GOMAXPROCS(0)
		in      = &intake{
			e: e, x: x, free: make(chan *batch, 4*workers+2), work: make(chan *batch, workers), ordered: make(chan *batch, 4*workers),
			sum: Summary{SkippedBy: map[string]int{}},
		}
		wg      sync.WaitGroup
		readErr error
	)
	for range cap(in.free) {
		in.free <- newBatch(len(x.Contract().Features))
	}
	wg.Go(func() { readErr = in.run(ctx, r) })
	for range workers {
		wg.Go(func() {
			for b := range in.work {
				if ctx.Err() == nil { // what was read before an interruption is not worth the wait
					e.judge(b)
				}
				close(b.done)
			}
		})
	}
	alerts, alertErr := e.handOn(in, cancel)
	wg.Wait()
	sum := in.sum
	sum.Alerts, sum.Late, sum.Evicted = alerts, in.age.late, feature.Evictions(x)-evicted
	sum.Seconds = time.Since(start).Seconds()
	sum.PerSecond = math.Round(float64(sum.Records) / max(sum.Seconds, 1e-9))
	if alertErr != nil {
		return sum, alertErr
	}
	return sum, readErr
}

// extractor gives what makes rows of r's records.
func (e *Engine) extractor(r inkling.Reader) (feature.Extractor, error) {
	if e.Live != nil && e.Live.Extractor != nil {
		return e.Live.Extractor, nil
	}
	return e.Detectors[0].Extractor()
}

// handOn gives on the alerts of one batch after the other. After one that was not judged no other is.
func (e *Engine) handOn(in *intake, cancel func()) (alerts int, err error) {
	whole := true
	for b := range in.ordered {
		<-b.done
		whole = whole && b.judged
		for _, a := range b.alerts {
			if err == nil {
				if err = e.Alert(a); err == nil {
					alerts++
				}
			}
		}
		if err == nil && whole && e.Live != nil && e.Live.Passed != nil {
			err = e.Live.Passed(b.place, b.memory)
		}
		if err != nil {
			cancel()
		}
		in.free <- b
	}
	return alerts, err
}

func newBatch(width int) *batch {
	b := &batch{records: make([]inkling.Record, batchRows), raw: make([][]float64, batchRows)}
	for i := range b.raw {
		b.raw[i] = make([]float64, width)
	}
	return b
}

// judge finds the alerts of a batch, in the order of its records.
func (e *Engine) judge(b *batch) {
	b.judged = true
	if b.n == 0 {
		return
	}
	x := e.Detectors[0].Baseline.scaler.Tensor(b.raw[:b.n])
	scores := make([][]float64, len(e.Detectors))
	for k, d := range e.Detectors {
		scores[k] = make([]float64, b.n)
		d.scoreTo(scores[k], x)
	}
	for i := range b.n {
		for k, d := range e.Detectors {
			if s := scores[k][i]; d.Alerts(s) {
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
		ID: alertID(a.Detector, at, record), Detector: a.Detector.Name, Time: time, Origin: at, Flow: communityID(record),
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

// alertID is the same whenever the same detector finds the same record. A log that is rotated has another record at the same place.
func alertID(d *Detector, o inkling.Origin, record map[string]any) string {
	text, _ := json.Marshal(record) // numbers are finite and names sorted: it cannot fail, and is the same every time
	h := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%s\x00%d\x00%s", d.Name, d.BaselineID, o.File, o.Line, text))
	return hex.EncodeToString(h[:10])
}
