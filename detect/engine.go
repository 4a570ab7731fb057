package detect

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/feature"
	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/read/community"
	"github.com/inkling-sec/inkling/read/follow"
	"github.com/inkling-sec/inkling/tensor"
)

// Engine runs records through detectors of one baseline. Fields are set before Run and not changed after.
type Engine struct {
	Detectors []*Armed
	Alert     func(inkling.Alert) error // called in the order of records and, of one record, of detectors; from one goroutine; an error ends the run
	Evidence  int                       // alerts of each detector that get evidence, the first ones; 0 means all
	Skipped   func(error) error         // told of each record that could not be read; an error it gives ends the run; may be nil
	Progress  func(records int)         // called now and then; may be nil
	Late      func(last inkling.Origin) // called when [LateInRow] records in a row are late, once until one is not; may be nil
	Memory    *Memory                   // of the runs before, over the files before; nil when there were none
	Live      *Live                     // of input that is being written; nil for what is whole
}

// Summary counts what a run did.
type Summary struct {
	Records   int            `json:"records"` // judged
	Alerts    int            `json:"alerts"`
	Skipped   int            `json:"skipped"`
	SkippedBy map[string]int `json:"skipped_by,omitempty"` // why, numbers and texts in reasons left out
	Late      int            `json:"late"`                 // records more than ten minutes older than one before them, where rows depend on the records before
	Evicted   uint64         `json:"evicted"`              // memories over time put out for want of room
	Seconds   float64        `json:"seconds"`
	PerSecond float64        `json:"records_per_s"`
}

// batch is some records on their way through the engine.
type batch struct {
	records []inkling.Record
	raw     [][]float64
	n       int
	columns tensor.Tensor
	margins [][]float64 // of each detector
	alerts  []found
	judged  bool
	place   follow.Place  // of the last record
	memory  []byte        // over time, after the last record; mostly nil
	done    chan struct{} // gets one when judged
}

// found is an alert and where it comes from.
type found struct {
	inkling.Alert
	detector, row int
}

const batchRows = 1024

// Run reads r to its end and hands every alert to e.Alert. What it did before
// an error is in the summary, and handed on. It waits for every goroutine it starts.
func (e *Engine) Run(ctx context.Context, r inkling.Reader) (Summary, error) {
	start := time.Now()
	x, err := e.extractor(r)
	if err != nil {
		return Summary{}, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		workers = runtime.GOMAXPROCS(0)
		in      = &intake{
			e: e, x: x, remembers: feature.Remembers(x), free: make(chan *batch, 4*workers+2), work: make(chan *batch, workers), ordered: make(chan *batch, 4*workers),
			sum: Summary{SkippedBy: map[string]int{}}, evicted: feature.Evictions(x),
		}
		team    = e.team()
		wg      sync.WaitGroup
		readErr error
	)
	for range cap(in.free) {
		in.free <- e.newBatch()
	}
	wg.Go(func() { readErr = in.run(ctx, r) })
	for range workers {
		wg.Go(func() {
			for b := range in.work {
				if ctx.Err() == nil { // what was read before an interruption is not worth the wait
					e.judge(ctx, b, team)
				}
				b.done <- struct{}{}
			}
		})
	}
	alerts, alertErr := e.handOn(in, cancel)
	wg.Wait()
	sum := in.sum
	sum.Alerts, sum.Late, sum.Evicted = alerts, in.age.late, feature.Evictions(in.x)-in.evicted
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
	if e.Memory != nil {
		return e.Memory.extractor(e.Detectors[0].Baseline.Contract)
	}
	return e.Detectors[0].Extractor()
}

// handOn gives on the alerts of one batch after the other. After one that was not judged no other is.
func (e *Engine) handOn(in *intake, cancel func()) (alerts int, err error) {
	whole, told := true, make([]int, len(e.Detectors))
	for b := range in.ordered {
		<-b.done
		whole = whole && b.judged
		for _, a := range b.alerts {
			if err == nil && whole {
				if told[a.detector]++; told[a.detector] <= e.Evidence {
					a.Evidence = e.Detectors[a.detector].Explain(b.raw[a.row])
				}
				if err = e.Alert(a.Alert); err == nil {
					alerts++
				}
			}
		}
		if err == nil && whole && b.n > 0 && e.Live != nil && e.Live.Passed != nil {
			err = e.Live.Passed(b.place, b.memory)
		}
		if err != nil {
			cancel()
		}
		in.free <- b
	}
	return alerts, err
}

// team is of all detectors, each with its threshold.
func (e *Engine) team() *meta.Team {
	var members []meta.Scorer
	var least []float64
	for _, d := range e.Detectors {
		members, least = append(members, d.scorer), append(least, d.threshold)
	}
	return meta.NewTeam(members, least)
}

func (e *Engine) newBatch() *batch {
	scaler := e.Detectors[0].Baseline.scaler
	b := &batch{records: make([]inkling.Record, batchRows), raw: make([][]float64, batchRows), done: make(chan struct{}, 1)}
	b.columns.Data = make([]float32, batchRows*scaler.Width())
	for i := range b.raw {
		b.raw[i] = make([]float64, len(scaler.Contract().Features))
	}
	for range e.Detectors {
		b.margins = append(b.margins, make([]float64, batchRows))
	}
	return b
}

// marginsTo scales a batch and has the team judge it.
func (e *Engine) marginsTo(b *batch, team *meta.Team) {
	scaler := e.Detectors[0].Baseline.scaler
	width := scaler.Width()
	b.columns.Shape, b.columns.Data = append(b.columns.Shape[:0], b.n, width), b.columns.Data[:b.n*width]
	scaler.TensorTo(&b.columns, b.raw[:b.n])
	team.MarginsTo(b.margins, &b.columns)
}

// judge finds the alerts of a batch, in the order of its records, unless it is interrupted: evidence for a thousand alerts takes seconds.
func (e *Engine) judge(ctx context.Context, b *batch, team *meta.Team) {
	if b.judged = true; b.n == 0 {
		return
	}
	e.marginsTo(b, team)
	for i := range b.n {
		if ctx.Err() != nil {
			b.judged = false
			return
		}
		for k, d := range e.Detectors {
			if s := b.margins[k][i]; d.Alerts(s) {
				r := &b.records[i]
				a := found{d.alert(r.Origin, timeOrZero(r), r.Map(), s), k, i}
				if e.Evidence == 0 {
					a.Evidence = d.Explain(b.raw[i])
				}
				b.alerts = append(b.alerts, a)
			}
		}
	}
}

// AlertOf makes the alert, with its evidence, of one of some rows, whether or not it is above the threshold.
func (a *Armed) AlertOf(rows Rows, i int, score float64) inkling.Alert {
	alert := a.alert(rows.Origin[i], rows.Time[i], rows.Record[i], score)
	alert.Evidence = a.Explain(rows.Raw[i])
	return alert
}

// alert makes an alert without evidence.
func (a *Armed) alert(at inkling.Origin, time float64, record map[string]any, score float64) inkling.Alert {
	return inkling.Alert{
		ID: alertID(a.Detector, at, record), Detector: a.Detector.Name, Time: time, Origin: at, Flow: communityID(record),
		PValue: a.PValue(score), Score: score, Record: record,
	}
}

// communityID gives a flow's identifier, "" where the record is none: the log's own, which a site may have seeded otherwise, or ours.
func communityID(record map[string]any) string {
	text := func(name string) string { s, _ := record[name].(string); return s }
	if own := text("community_id"); strings.HasPrefix(own, "1:") {
		return own
	}
	port := func(name string) float64 {
		switch v := record[name].(type) {
		case float64:
			return v
		case string: // as in a CSV
			if n, err := strconv.ParseUint(v, 10, 16); err == nil {
				return float64(n)
			}
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
