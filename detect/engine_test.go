package detect

import (
	"context"
	"io"
	"math"
	"testing"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/read"
	"github.com/inkling-sec/inkling/read/follow"
)

// Five detectors of one baseline say together of every record of a capture of the lab what each says alone: the same
// alerts with the same scores, to the bit. Most benign rows never reach the network.
func TestDetectorsTogether(t *testing.T) {
	e := Engine{Detectors: benchDetectors(t)}
	raw := labRows(t, "../lab/conn/day5.conn.log.gz", e.Detectors[0])
	team, b := e.team(), e.newBatch()
	alone, alerts := make([]float64, batchRows), 0
	for lo := 0; lo < len(raw); lo += batchRows {
		b.n = copy(b.raw, raw[lo:min(len(raw), lo+batchRows)])
		e.marginsTo(b, team)
		for k, d := range e.Detectors {
			d.scoreTo(alone[:b.n], &b.columns)
			for i, want := range alone[:b.n] {
				got := b.margins[k][i]
				if d.Alerts(got) != d.Alerts(want) || d.Alerts(want) && got != want {
					t.Fatalf("%s, record %d: %v together, %v alone, the threshold is %v", d.Detector.Name, lo+i, got, want, d.threshold)
				}
				if d.Alerts(want) {
					alerts++
				}
			}
		}
	}
	if alerts < 1000 {
		t.Errorf("only %d alerts", alerts)
	}
}

// labRows are the raw rows of a capture.
func labRows(t *testing.T, file string, d *Armed) (raw [][]float64) {
	t.Helper()
	r, err := read.Open(file, read.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	x, err := d.Extractor()
	if err != nil {
		t.Fatal(err)
	}
	for {
		var rec inkling.Record
		row := make([]float64, len(d.Baseline.Contract.Features))
		err := r.Read(&rec)
		if err == io.EOF {
			return raw
		}
		if err == nil {
			err = extract(x, &rec, row)
		}
		if err != nil {
			t.Fatal(err)
		}
		raw = append(raw, row)
	}
}

// Alerts come in the order of records, of one record in that of detectors; the first of each detector have evidence, where only so many are to have it.
func TestAlertsInOrder(t *testing.T) {
	b, rows := labSite(t, "../lab/conn/day1.conn.log.gz", "tunnel-dns", 3)
	var detectors []*Armed
	for _, name := range []string{"one", "two"} {
		_, a, err := Teach(t.Context(), name, rows, b, Choice{Learner: &meta.Ratio{}}, TeachOptions{})
		if err != nil {
			t.Fatal(err)
		}
		detectors = append(detectors, a)
	}
	r, err := read.Open("../lab/conn/day1.conn.log.gz", read.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var got []inkling.Alert
	e := Engine{Detectors: detectors, Evidence: 3, Alert: func(a inkling.Alert) error { got = append(got, a); return nil }}
	sum, err := e.Run(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) < 100 || sum.Alerts != len(got) {
		t.Fatalf("%d alerts, %d told", len(got), sum.Alerts)
	}
	for i := 0; i < len(got); i += 2 {
		if got[i].Detector != "one" || got[i+1].Detector != "two" || got[i].Origin != got[i+1].Origin || i > 0 && got[i].Origin.Line <= got[i-1].Origin.Line {
			t.Fatalf("alert %d: %s of %s after %s", i, got[i].Detector, got[i].Origin, got[max(0, i-1)].Origin)
		}
		if has := got[i].Evidence.Contributions != nil; has != (i < 6) {
			t.Fatalf("alert %d: evidence: %v", i, has)
		}
	}
}

// An interrupted run ends soon, with what was found until then.
func TestInterrupted(t *testing.T) {
	b, rows := labSite(t, "../lab/conn/day1.conn.log.gz", "tunnel-dns", 3)
	_, a, err := Teach(t.Context(), "x", rows, b, Choice{Learner: &meta.Ratio{}}, TeachOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := read.Open("../lab/conn/day1.conn.log.gz", read.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	ctx, cancel := context.WithCancel(t.Context())
	e := Engine{Detectors: []*Armed{a}, Alert: func(inkling.Alert) error { cancel(); return nil }}
	sum, err := e.Run(ctx, r)
	if err != context.Canceled || sum.Alerts == 0 || sum.Records > 20000 {
		t.Errorf("%+v, %v", sum, err)
	}
	batch := e.newBatch()
	batch.n = 2
	if e.judge(ctx, batch, e.team()); batch.judged {
		t.Error("evidence is made after the interruption")
	}
}

// After a batch that an interruption left unjudged no alert is handed on and nothing is passed: alerts end at one place, whoever of the workers was ahead.
func TestNoAlertsAfterAGap(t *testing.T) {
	in := &intake{free: make(chan *batch, 3), ordered: make(chan *batch, 3)}
	for _, judged := range []bool{true, false, true} {
		b := &batch{n: 1, judged: judged, done: make(chan struct{}, 1)}
		if b.done <- struct{}{}; judged {
			b.alerts = []found{{}}
		}
		in.ordered <- b
	}
	close(in.ordered)
	told, passed := 0, 0
	e := Engine{
		Detectors: make([]*Armed, 1), Evidence: -1,
		Alert: func(inkling.Alert) error { told++; return nil },
		Live:  &Live{Passed: func(follow.Place, []byte) error { passed++; return nil }},
	}
	if n, err := e.handOn(in, func() {}); err != nil || n != 1 || told != 1 || passed != 1 {
		t.Errorf("%d alerts handed on, %d told, %d batches passed, %v", n, told, passed, err)
	}
}

// A record is late by its end: a sensor writes a long flow when it is over.
func TestLate(t *testing.T) {
	timed := &inkling.Schema{Name: "timed", Fields: []inkling.Field{{Name: "duration", Kind: inkling.Number}, {Name: "ts", Kind: inkling.Time}}}
	untimed := &inkling.Schema{Name: "untimed", Fields: []inkling.Field{{Name: "n", Kind: inkling.Number}}}
	nan := math.NaN()
	a := age{}
	for i, c := range []struct {
		s            *inkling.Schema
		duration, ts float64
		late         int
	}{
		{timed, 1, 10000, 0}, {timed, nan, 9401, 0}, {timed, nan, 9400, 1}, {timed, 5000, 5000, 1}, {timed, -5000, 9500, 1},
		{timed, 1, nan, 1}, {untimed, 1, 0, 1}, {timed, 1000, 10000, 1}, {timed, 0, 10399, 2}, {timed, 0, 10400, 2},
	} {
		r := inkling.Record{}
		r.Reset(c.s)
		if r.Num[0] = c.duration; c.s == timed {
			r.Num[1] = c.ts
		}
		if a.see(&r, math.NaN()); a.late != c.late {
			t.Errorf("record %d: %d late, want %d", i, a.late, c.late)
		}
	}
}

// placedReader gives so many records of another, with places.
type placedReader struct {
	inkling.Reader
	left int
	at   follow.Place
}

func (p *placedReader) Read(r *inkling.Record) error {
	if p.left == 0 {
		return io.EOF
	}
	p.left--
	err := p.Reader.Read(r)
	p.at = follow.Place{File: 1, Line: r.Origin.Line}
	return err
}

func (p *placedReader) Place() follow.Place { return p.at }

// What is passed never goes back, also where the last batch is empty.
func TestPassedGoesOn(t *testing.T) {
	b, rows := labSite(t, "../lab/conn/day1.conn.log.gz", "tunnel-dns", 3)
	_, a, err := Teach(t.Context(), "x", rows, b, Choice{Learner: &meta.Ratio{}}, TeachOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, batchRows, 100 * batchRows} {
		f, err := read.Open("../lab/conn/day1.conn.log.gz", read.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		r := &placedReader{Reader: f, left: n}
		var passed follow.Place
		e := Engine{Detectors: []*Armed{a}, Alert: func(inkling.Alert) error { return nil }, Live: &Live{Passed: func(to follow.Place, _ []byte) error {
			if !to.Beyond(passed) {
				t.Errorf("%d records: %v passed after %v", n, to, passed)
			}
			passed = to
			return nil
		}}}
		if _, err := e.Run(t.Context(), r); err != nil || passed != r.at {
			t.Errorf("%d records: %v, passed up to %v of %v", n, err, passed, r.at)
		}
	}
}
