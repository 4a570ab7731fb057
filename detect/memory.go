package detect

import (
	"context"
	"errors"
	"io"
	"math"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/feature"
)

// Memory makes rows over time of several files. Where a file goes on where the one before ended, as that of a log that is
// rotated does, so does what is remembered, and the rows are those of a watch; elsewhere, as with another sensor's file
// of the same time, it begins anew. The zero value remembers nothing. One run at a time.
type Memory struct {
	Thin bool // of more than [MostExamples] of all records of a file, [Memory.Examples] takes some, evenly spread, in place of refusing them

	x             feature.Extractor
	begun         bool    // the file at hand has given a record
	first, newest float64 // when its first record was over, and the latest one
}

// Begin begins a file of records that rows of a contract are made of.
func (m *Memory) Begin(c *feature.Contract) error {
	_, err := m.extractor(c)
	return err
}

// Row makes the row of r, the next record of the file.
func (m *Memory) Row(raw []float64, r *inkling.Record) error { return extract(m.record(r), r, raw) }

// Pass remembers the records of a file, of which no rows are wanted.
func (m *Memory) Pass(ctx context.Context, r inkling.Reader, c *feature.Contract) error {
	if err := m.Begin(c); err != nil || !feature.Remembers(m.x) {
		return err
	}
	r = feature.Gather(c.Name, r)
	var rec inkling.Record
	raw := make([]float64, len(c.Features))
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		err := r.Read(&rec)
		if err == nil {
			err = m.Row(raw, &rec)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil && !inkling.Skippable(err) {
			return err
		}
	}
}

// extractor gives what makes rows of the next file, which record may exchange.
func (m *Memory) extractor(c *feature.Contract) (x feature.Extractor, err error) {
	if m.begun = false; m.x == nil {
		m.x, err = feature.New(c)
	}
	return m.x, err
}

// record gives what makes the row of r, the next record of the file.
func (m *Memory) record(r *inkling.Record) feature.Extractor {
	if !feature.Remembers(m.x) {
		return m.x
	}
	t := ended(r)
	switch {
	case m.begun:
		if t > m.newest {
			m.newest = t
		}
		return m.x
	case !m.goesOn(t):
		m.x, _ = feature.New(m.x.Contract()) // made before without an error
		m.newest = t
	}
	m.begun, m.first, m.newest = true, t, max(m.newest, t)
	return m.x
}

// goesOn reports whether a file whose first record was over at t goes on where the one before ended: not much later or
// earlier, as sensors hold a flow for some minutes, and well after that began.
func (m *Memory) goesOn(t float64) bool {
	return math.Abs(t-m.newest) <= lateBy && t-m.first > m.newest-t
}

// ended gives the time at which what a record tells of was over, when sensors write it; NaN where it has none.
func ended(r *inkling.Record) float64 {
	t := recordTime(r)
	if i := r.Schema.Index("duration"); i >= 0 && r.Schema.Fields[i].Kind == inkling.Number && r.Num[i] > 0 {
		t += r.Num[i]
	}
	return t
}
