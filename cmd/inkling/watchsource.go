package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/detect"
	"github.com/inkling-sec/inkling/feature"
	"github.com/inkling-sec/inkling/read"
	"github.com/inkling-sec/inkling/read/follow"
	"github.com/inkling-sec/inkling/store"
)

// source is one log or stream that is watched.
type source struct {
	w         *watch
	name      string
	key       string // the name, of a log its whole path
	reader    inkling.Reader
	extractor feature.Extractor
	pending   []inkling.Alert // of the batch at hand
	shown     int

	// Of a log, which has places.
	log    *follow.Reader // nil for a stream
	begin  follow.Position
	first  int          // number of the file that the next run has to begin to read at
	at     follow.Place // of the last record that is done with
	safe   follow.Place // of that when it was last noted
	memory []byte       // over time, to be kept, nil when none is; taken at:
	taken  follow.Place
}

// options say how to read input that is being written. A table of JSON lines has the columns that the baseline's records had.
func (w *watch) options() read.Options {
	columns := map[string]bool{}
	for _, r := range w.detectors[0].Baseline.Pool.Record {
		for name := range r {
			columns[name] = true
		}
	}
	o := w.input.options()
	o.Live, o.Columns = true, slices.Sorted(maps.Keys(columns))
	return o
}

// open opens a log where it is to be begun, or a stream.
func (w *watch) open(ctx context.Context, file string) (*source, error) {
	s := &source{w: w, name: file}
	var err error
	if s.extractor, err = w.detectors[0].Extractor(); err != nil {
		return nil, err
	}
	info, err := os.Stat(file)
	stream := file == "-" || read.Listens(file) || err == nil && !info.Mode().IsRegular()
	if s.key = file; !stream {
		if s.key, err = filepath.Abs(file); err != nil {
			return nil, err
		}
	}
	if slices.ContainsFunc(w.sources, func(other *source) bool { return read.Same(other.key, s.key) }) {
		return nil, &inkling.Error{Code: inkling.Invalid, Place: file, What: "is named twice", Remedy: "name each source once"}
	}
	if stream {
		o := w.options()
		o.Templates = s.beside("templates")
		if read.Listens(file) {
			w.say("%s: waits for records", file)
		}
		s.reader, err = w.input.open(ctx, file, o)
		return s, err
	}
	return s, s.openLog()
}

func (s *source) openLog() (err error) {
	w := s.w
	position, known := w.noted[s.key]
	from := follow.Place{} // what is before is passed over, what is between it and the position remembered
	if w.from == fromResume && known {
		from = s.loadMemory(position)
		w.say("%s: goes on after line %d", s.name, position.Place.Line)
	} else {
		os.Remove(s.beside("memory")) // of another beginning; it may not be there
		var grows bool
		if position, grows, err = read.End(s.name, w.options()); err != nil {
			return err
		}
		switch {
		case w.from == fromStart || !grows:
			position.Place.Line = 0
			w.say("%s: from its start%s", s.name, again(known))
		default:
			w.say("%s: from its end, line %d; what is before is remembered, not judged", s.name, position.Place.Line)
		}
	}
	if !feature.Remembers(s.extractor) { // each record is judged by itself
		from = position.Place
	}
	s.begin, s.at, s.first = position, position.Place, from.File
	s.log, err = read.Follow(s.name, w.options(), follow.Options{
		Beside: w.rotated, Resume: &position, From: from, Told: func(what string) { w.say("%s", what) }, Fits: w.fits,
	})
	if err != nil {
		return err
	}
	s.reader = s.log
	if w.pin != nil {
		s.reader = pinnedLog{feature.Pin(s.log, w.pin), s.log}
	}
	return nil
}

// fits tells why a record cannot be one of those that are watched for; that it is damaged is no reason.
func (w *watch) fits(rec *inkling.Record) error {
	var r inkling.Reader = &single{rec}
	if w.pin != nil {
		r = feature.Pin(r, w.pin)
	}
	x, err := w.detectors[0].Extractor() // one that remembers nothing of it afterwards
	if err != nil {
		return err
	}
	var held inkling.Record
	if err = r.Read(&held); err == nil {
		err = x.Extract(make([]float64, len(x.Contract().Features)), &held)
	}
	if inkling.Skippable(err) {
		return nil
	}
	return err
}

// single is a reader of one record.
type single struct{ rec *inkling.Record }

func (s *single) Read(r *inkling.Record) error { s.rec.CopyTo(r); return nil }
func (s *single) Close() error                 { return nil }

// again warns of alerts that are made once more, as of a log that the watch knows.
func again(known bool) string {
	if !known {
		return ""
	}
	return ", although this watch has read it before: its alerts come again; without --from it goes on where it stopped"
}

// pinnedLog holds the records of a log to a schema.
type pinnedLog struct {
	*feature.Pinned
	log *follow.Reader
}

// Place is the log's.
func (p pinnedLog) Place() follow.Place { return p.log.Place() }

// position is where the next run goes on.
func (s *source) position() follow.Position {
	if s.at == s.begin.Place { // nothing new
		return s.begin
	}
	first := s.first
	if !feature.Remembers(s.extractor) {
		first = s.at.File
	}
	return s.log.Position(s.at, first)
}

func (s *source) run(ctx context.Context) (detect.Summary, error) {
	stop := context.AfterFunc(ctx, func() { s.reader.Close() })
	defer stop()
	w := s.w
	skipped := w.skipped(w.cmd, w.progress)
	e := detect.Engine{
		Detectors: w.detectors,
		Alert:     func(a inkling.Alert) error { s.pending = append(s.pending, a); return nil },
		Skipped: func(err error) error {
			w.screen.Lock()
			defer w.screen.Unlock()
			return skipped(err)
		},
		Progress: func(n int) { w.showProgress(s, n) },
		Late: func(last inkling.Origin) {
			w.say("%s: %s records in a row are more than ten minutes older than one before: its time was wrong, or a clock was set back. Counts over time do not fade until times catch up, and alerts are not to be trusted: when the log is rotated, stop the watch, remove %s.position, and start it again", last, count(detect.LateInRow), w.place)
		},
		Live: &detect.Live{
			Extractor: s.extractor, After: s.begin.Place, Save: w.saveEvery,
			Passed: func(to follow.Place, memory []byte) error {
				alerts := s.pending
				s.pending = nil
				return w.keep(ctx, s, alerts, to, memory)
			},
		},
	}
	return e.Run(ctx, s.reader)
}

// remembered begins a file that a memory over time is kept in.
type remembered struct {
	Log   string       `json:"log"`
	Place follow.Place `json:"place"` // that it was taken at
}

// beside names a file of the source's own beside the journal.
func (s *source) beside(ending string) string {
	h := sha256.Sum256([]byte(s.key))
	return fmt.Sprintf("%s.%x.%s", s.w.place, h[:4], ending)
}

// keepMemory keeps a memory over time. The position noted is at its place or beyond.
func (s *source) keepMemory(memory []byte, taken follow.Place) error {
	return store.WriteFile(s.beside("memory"), func(out io.Writer) error {
		if err := json.NewEncoder(out).Encode(remembered{s.key, taken}); err != nil {
			return err
		}
		_, err := out.Write(memory)
		return err
	})
}

// loadMemory takes the memory over time that was kept before a position, and gives the place it is of: the start where
// there is none.
func (s *source) loadMemory(position follow.Position) follow.Place {
	b, err := os.ReadFile(s.beside("memory"))
	if err != nil {
		return follow.Place{}
	}
	var m remembered
	head, saved, _ := bytes.Cut(b, []byte("\n"))
	known := func(f follow.File) bool { return f.Number == m.Place.File }
	if json.Unmarshal(head, &m) != nil || m.Log != s.key || m.Place.Beyond(position.Place) || !slices.ContainsFunc(position.Files, known) {
		return follow.Place{}
	}
	if err := feature.LoadMemory(s.extractor, saved); err != nil {
		s.w.say("%s: %v; what is remembered is made anew of what there is of the log", s.name, err)
		s.extractor, _ = s.w.detectors[0].Extractor() // made before without an error
		return follow.Place{}
	}
	return m.Place
}
