package detect

import (
	"context"
	"errors"
	"io"
	"math"
	"regexp"
	"sync"
	"time"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/feature"
	"github.com/inkling-sec/inkling/read/follow"
)

// Live says how to run on input that is being written. A [follow.Reader] has places; of other input all is
// new, and nothing is passed.
type Live struct {
	Extractor feature.Extractor // with what it remembers; nil means one that remembers nothing
	After     follow.Place      // records up to here were judged before: they are remembered, not judged
	Wait      time.Duration     // most that a record waits for others to be judged with; 0 means 100 ms

	// Passed is called when every alert on records up to a place has been handed to Alert, from the same goroutine.
	// memory, where it is not nil, is the memory over time at that place: a run that loads it needs no record before.
	Passed func(to follow.Place, memory []byte) error
	Save   time.Duration // least between two copies of the memory; 0 means that none is taken
}

// placed is a reader that tells the place of the record last read.
type placed interface{ Place() follow.Place }

// intake reads records, makes rows of them, and sends them off in batches.
type intake struct {
	e                   *Engine
	x                   feature.Extractor
	remembers           bool
	free, work, ordered chan *batch

	mu      sync.Mutex // guards what follows, between the reader and the clock that sends off what waits
	b       *batch     // being filled; nil when none is
	places  placed     // nil for input without
	sum     Summary
	age     age
	evicted uint64    // by x before
	saved   time.Time // when the memory was last copied
	cost    time.Duration
}

// run reads r to its end. Every batch goes both to the workers and, in order, to the end of the line.
func (in *intake) run(ctx context.Context, r inkling.Reader) error {
	defer close(in.work)
	defer close(in.ordered)
	in.saved = time.Now()
	if in.e.Live != nil {
		in.places, _ = r.(placed)
		stop := in.clock(ctx)
		defer stop()
	}
	name := in.x.Contract().Name
	if f := feature.Find(name); in.places != nil && f != nil && f.Gather != nil {
		return &inkling.Error{Code: inkling.Invalid, What: "contract " + name + " judges what is gathered of a whole file, and a log that goes on has no end", Remedy: "hunt in its files when they are whole"}
	}
	r = feature.Gather(name, r)
	var rec inkling.Record
	for {
		err := r.Read(&rec)
		in.mu.Lock()
		err = in.take(ctx, &rec, err)
		in.mu.Unlock()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// clock sends off what has waited long enough, until it is stopped.
func (in *intake) clock(ctx context.Context) (stop func()) {
	wait := in.e.Live.Wait
	if wait <= 0 {
		wait = 100 * time.Millisecond
	}
	tick, done := time.NewTicker(wait), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				in.mu.Lock()
				if in.b != nil && in.b.n > 0 {
					in.send()
				}
				in.mu.Unlock()
			}
		}
	})
	return func() { tick.Stop(); close(done); wg.Wait() }
}

// take adds what Read gave to the batch at hand. An error that ends reading is given back when what came before it is on its way.
func (in *intake) take(ctx context.Context, rec *inkling.Record, err error) error {
	if in.b == nil {
		select {
		case in.b = <-in.free:
			b := in.b
			b.n, b.alerts, b.judged, b.memory = 0, b.alerts[:0], false, nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	b := in.b
	known := in.known(err != nil)
	if err == nil {
		if in.e.Memory != nil {
			in.remember(rec)
		}
		err = extract(in.x, rec, b.raw[b.n])
	}
	switch {
	case err == nil && known: // was judged before
	case err == nil:
		rec.CopyTo(&b.records[b.n])
		b.n++
		in.sum.Records++
		if in.remembers && in.age.see(rec, feature.Time(in.x)) && in.e.Late != nil {
			in.e.Late(rec.Origin)
		}
		if in.places != nil {
			b.place = in.places.Place()
		}
	case inkling.Skippable(err) && known: // was told of before
		err = nil
	case inkling.Skippable(err):
		err = in.skip(err)
	}
	if err != nil {
		in.send()
		return err
	}
	if b.n == batchRows {
		in.send()
	}
	return nil
}

// remember lets the memory begin anew where rec is the first of a file that does not go on where the one before ended.
func (in *intake) remember(rec *inkling.Record) {
	if x := in.e.Memory.record(rec); x != in.x {
		in.x, in.evicted = x, 0
	}
}

// known reports whether what Read gave was judged before. Of what cannot be read, only the place of the record before it is known.
func (in *intake) known(unreadable bool) bool {
	if in.places == nil {
		return false
	}
	at, after := in.places.Place(), in.e.Live.After
	if unreadable {
		return after.Line > 0 && after.Beyond(at)
	}
	return !at.Beyond(after)
}

// send sends the batch at hand off.
func (in *intake) send() {
	b := in.b
	in.b = nil
	if live := in.e.Live; live != nil && live.Save > 0 && b.n > 0 && time.Since(in.saved) >= max(live.Save, 100*in.cost) {
		start := time.Now()
		b.memory = feature.SaveMemory(in.x)
		in.saved = time.Now()
		in.cost = in.saved.Sub(start)
	}
	in.work <- b
	in.ordered <- b
	if in.e.Progress != nil {
		in.e.Progress(in.sum.Records)
	}
}

// mostReasons bounds the reasons that are told apart.
const mostReasons = 20

var detail = regexp.MustCompile(`"(?:[^"\\]|\\.)*"?…?|[0-9]+(?:\.[0-9]+)?`)

// skip counts a record that could not be read. The error it gives ends reading.
func (in *intake) skip(err error) error {
	in.sum.Skipped++
	reason := "other"
	var e *inkling.Error
	if errors.As(err, &e) {
		reason = detail.ReplaceAllString(e.What, "…")
	}
	if _, ok := in.sum.SkippedBy[reason]; !ok && len(in.sum.SkippedBy) >= mostReasons {
		reason = "other"
	}
	in.sum.SkippedBy[reason]++
	if in.e.Skipped != nil {
		return in.e.Skipped(err)
	}
	return nil
}

// age watches the times of records. A flow is as old as its end: sensors write it when it is over.
type age struct {
	schema         *inkling.Schema
	time, duration int // -1 where there is none
	newest         float64
	late, row      int // in all, and without one between that is not
}

// LateInRow is how many late records in a row show that what is remembered has the wrong time: a record's was far ahead, or a clock was set back.
const LateInRow = 1000

// lateBy is how much older than the newest a record may be, in seconds: sensors hold a flow for some minutes to see whether it goes on.
const lateBy = 600

// see reports whether r, after which the extractor goes by the time now, is the last of LateInRow late records. now is NaN where it goes by none.
func (a *age) see(r *inkling.Record, now float64) bool {
	if r.Schema != a.schema {
		a.schema, a.time, a.duration = r.Schema, -1, r.Schema.Index("duration")
		for i, f := range r.Schema.Fields {
			if f.Kind == inkling.Time {
				a.time = i
				break
			}
		}
	}
	if a.time < 0 {
		return false
	}
	t := r.Num[a.time]
	if a.duration >= 0 && r.Num[a.duration] > 0 {
		t += r.Num[a.duration]
	}
	if !math.IsNaN(now) {
		a.newest = now // a damaged time may have been put right
	}
	if t < a.newest-lateBy {
		a.late++
		a.row++
		return a.row == LateInRow
	}
	if a.row = 0; t > a.newest {
		a.newest = t
	}
	return false
}
