// Package windows reads events of Windows, Sysmon's among them, that stand as JSON lines: those of Winlogbeat
// (winlog.event_data), of programs that turn .evtx files into JSON (Event.System, Event.EventData, whose Data may be a list of names and values), and flat ones.
// It is the table that package jsonl makes of them — members inside members under dotted names — with the event's
// time as field ts, and with other times as times, so that no absolute time is learned from.
package windows

import (
	"bytes"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/jsonl"
	"github.com/inkling-sec/inkling/read/line"
)

// Match reports whether a file that starts with head is a log of such events.
func Match(head []byte) bool {
	if !jsonl.Match(head) {
		return false
	}
	head = bytes.TrimLeft(bytes.TrimPrefix(head, line.BOM), " \t\r\n")
	head, _, _ = bytes.Cut(head, []byte("\n"))
	has := func(members ...string) bool {
		return slices.ContainsFunc(members, func(m string) bool { return bytes.Contains(head, []byte(`"`+m+`"`)) })
	}
	return has("winlog") && has("event_id", "event_data") || has("EventID", "EventId", "event_id") && has("EventData", "event_data", "UtcTime", "Channel", "ProviderName", "SourceName")
}

// times are the members that hold an event's time, best first: Sysmon's own, the log's, the collector's.
var times = []string{"UtcTime", "SystemTime", "TimeCreated", "EventTime", "@timestamp", "timestamp", "Timestamp"}

// other is the field of a member that is called ts itself.
const other = "ts.1"

// further members are times too, but of something else.
var further = []string{"CreationUtcTime", "PreviousCreationUtcTime", "created", "ingested", "EventReceivedTime"}

// Reader reads one log.
type Reader struct {
	in     *jsonl.Reader
	raw    inkling.Record
	from   *inkling.Schema // of raw, that the schema is for
	schema *inkling.Schema
	when   []int // fields of raw that may hold the time, best first
}

// options: where XML became JSON word for word, an event's data are a list of names and values.
var options = jsonl.Options{Pairs: true}

// NewReader reads the log r; file names it in origins and errors. Records have the columns, too, where the log has none of that name.
func NewReader(r io.Reader, file string, columns ...string) *Reader {
	o := options
	o.Also = members(columns)
	return &Reader{in: jsonl.NewTable(r, file, o)}
}

// NewLiveReader reads a log that is being written and cannot be looked at beforehand: it has the columns, which are
// those of records that NewReader gave, and others as they turn up.
func NewLiveReader(r io.Reader, file string, columns []string) *Reader {
	return &Reader{in: jsonl.NewLiveTable(r, file, members(columns), options)}
}

// members gives those that columns are made of; ts is made of any.
func members(columns []string) (names []string) {
	for _, c := range columns {
		switch c {
		case "ts":
		case other:
			names = append(names, "ts")
		default:
			names = append(names, c)
		}
	}
	return names
}

// Close implements inkling.Reader; the file belongs to the caller.
func (*Reader) Close() error { return nil }

// Notes tells what is left out.
func (w *Reader) Notes() []string { return w.in.Notes() }

// Read implements inkling.Reader. Text stays valid until the next Read.
func (w *Reader) Read(r *inkling.Record) error {
	if err := w.in.Read(&w.raw); err != nil {
		return err
	}
	if w.raw.Schema != w.from {
		w.bind(w.raw.Schema)
	}
	r.Reset(w.schema)
	r.Origin = w.raw.Origin
	for i, f := range w.schema.Fields[1:] {
		if f.Kind == inkling.Time {
			r.Num[i+1] = moment(w.raw.Text[i])
		} else {
			r.Text[i+1] = w.raw.Text[i]
		}
	}
	for _, i := range w.when {
		if r.Num[0] = r.Num[i+1]; !math.IsNaN(r.Num[0]) {
			break
		}
	}
	return nil
}

func (w *Reader) bind(s *inkling.Schema) {
	w.from, w.schema, w.when = s, &inkling.Schema{Name: "windows", Fields: []inkling.Field{{Name: "ts", Kind: inkling.Time}}, Open: true}, nil
	rank := func(name string) int {
		name = name[strings.LastIndexByte(name, '.')+1:]
		if i := slices.Index(times, name); i >= 0 {
			return i
		}
		return slices.Index(times, strings.TrimPrefix(name, "@")) // an attribute, as it is mostly marked where XML became JSON
	}
	for i, f := range s.Fields {
		switch {
		case f.Name == "ts":
			for f.Name = other; s.Index(f.Name) >= 0; f.Name += ".1" {
			}
		case rank(f.Name) >= 0:
			f.Kind = inkling.Time
			w.when = append(w.when, i)
		case slices.Contains(further, f.Name[strings.LastIndexByte(f.Name, '.')+1:]):
			f.Kind = inkling.Time
		}
		w.schema.Fields = append(w.schema.Fields, f)
	}
	slices.SortStableFunc(w.when, func(a, b int) int { return rank(s.Fields[a].Name) - rank(s.Fields[b].Name) })
}

// after is in the year 5138: a greater time is in milliseconds.
const after = 1e11

// moment reads a time.
func moment(b []byte) float64 {
	b = bytes.TrimSpace(b)
	if shell, ok := bytes.CutPrefix(b, []byte("/Date(")); ok { // PowerShell before 7
		if b, _, ok = bytes.Cut(shell, []byte(")/")); ok && len(b) > 5 && (b[len(b)-5] == '+' || b[len(b)-5] == '-') {
			b = b[:len(b)-5] // only how it would be shown
		}
	}
	v, ok := line.Moment(b)
	if !ok {
		return math.NaN()
	}
	if v > after {
		v /= 1000
	}
	if v > after { // a count of something else, since another epoch
		return math.NaN()
	}
	return v
}
