// Package eve reads Suricata's EVE log, one JSON object a line, of which it gives the events of one type. Flows
// come with the fields of Zeek's conn.log, so that what is taught on the one is found in the other; see flow.go
// for what is exact in that and what an estimate. Other events come as they are, addresses and ports under Zeek's
// names.
package eve

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/conn"
	"github.com/inkling-sec/inkling/read/jsonl"
	"github.com/inkling-sec/inkling/read/line"
)

// Types are the types of event that are read.
var Types = []string{"flow", "alert", "dns", "http", "tls", "fileinfo"}

// Match reports whether a file that starts with head is an EVE log.
func Match(head []byte) bool {
	head = bytes.TrimLeft(bytes.TrimPrefix(head, line.BOM), " \t\r\n")
	if len(head) == 0 || head[0] != '{' {
		return false
	}
	if i := bytes.IndexByte(head, '\n'); i > 0 {
		head = head[:i]
	}
	return bytes.Contains(head, []byte(`"event_type":`)) && bytes.Contains(head, []byte(`"timestamp":`))
}

// Reader gives the events of one type.
type Reader struct {
	in      *jsonl.Reader
	kind    string
	schema  *inkling.Schema // of the log, that the places are for
	hosts   [2]int          // of the addresses, or -1
	room    []byte          // what is written for them
	flow    *flow           // nil for other types
	raw     inkling.Record
	Passed  int      // events of other types so far
	given   bool     // an event
	lacking []string // fields that no event in the first part of the log has
	others  []string // the first few other types
}

// ahead is how much of a log is looked at for the fields of its events, which differ: of a query and its answer, of a request and what was
// left of one.
const ahead = 2 << 20

// NewReader reads the events of a type from the log r; file names it in origins and errors. All have the fields of those in the first part of
// the log, where there are any, and the columns; another member that turns up later is left out, so that they are alike.
func NewReader(r io.Reader, file, kind string, columns ...string) *Reader {
	if kind == "flow" {
		return NewLiveReader(r, file, kind, nil)
	}
	br := bufio.NewReaderSize(r, ahead)
	head, err := br.Peek(ahead)
	if i := bytes.LastIndexByte(head, '\n'); i >= 0 && err != io.EOF {
		head = head[:i+1]
	}
	look := NewLiveReader(bytes.NewReader(head), file, kind, nil)
	var rec inkling.Record
	s := &inkling.Schema{Name: "eve." + kind}
	for err = nil; err == nil || inkling.Skippable(err); {
		if err = look.in.Read(&rec); err == nil {
			s = rec.Schema
		}
	}
	fixed := len(s.Fields) > 0
	s, lacking := jsonl.With(s, columns, kinds)
	e := newReader(br, file, kind, s, fixed)
	e.lacking = lacking
	return e
}

// NewLiveReader reads a log that is being written and cannot be looked at beforehand: it has the columns, which are those of records that NewReader
// gave, and others as they turn up.
func NewLiveReader(r io.Reader, file, kind string, columns []string) *Reader {
	if kind == "flow" {
		return newReader(r, file, kind, used, true)
	}
	s := &inkling.Schema{Name: "eve." + kind}
	for _, name := range columns {
		s.Fields = append(s.Fields, inkling.Field{Name: name, Kind: kinds[name]})
	}
	return newReader(r, file, kind, s, false)
}

// newReader reads events that have the fields of s, and no others where these are fixed.
func newReader(r io.Reader, file, kind string, s *inkling.Schema, fixed bool) *Reader {
	e := &Reader{kind: kind}
	o := jsonl.Options{
		Start: func([]byte) *inkling.Schema { return s }, Fixed: fixed,
		Names: names, Kinds: kinds, First: first,
		Type: "event_type", Passes: e.passes, // statistics alone may have more fields than a log
	}
	if kind == "flow" {
		e.flow = &flow{}
	}
	e.in = jsonl.NewReader(r, file, o)
	return e
}

var names = map[string]string{"timestamp": "ts", "src_ip": "id.orig_h", "src_port": "id.orig_p", "dest_ip": "id.resp_h", "dest_port": "id.resp_p"}

var kinds = map[string]inkling.Kind{
	"ts": inkling.Time, "flow.start": inkling.Time, "flow.end": inkling.Time, "id.orig_p": inkling.Number, "id.resp_p": inkling.Number,
	"icmp_type": inkling.Number, "icmp_code": inkling.Number,
	"flow.pkts_toserver": inkling.Number, "flow.pkts_toclient": inkling.Number, "flow.bytes_toserver": inkling.Number, "flow.bytes_toclient": inkling.Number,
	"flow_id": inkling.Text, // up to 2⁶³: more than a float64 tells apart
}

// first are the lists of which the first object is taken: since Suricata 8 the name asked for stands in such.
var first = map[string]string{"dns.queries": "dns"}

// Close implements inkling.Reader; the file belongs to the caller.
func (*Reader) Close() error { return nil }

// Read implements inkling.Reader. Text stays valid until the next Read.
func (e *Reader) Read(r *inkling.Record) error {
	to := r
	if e.flow != nil {
		to = &e.raw
	}
	if err := e.in.Read(to); err != nil {
		return err
	}
	e.given = true
	if e.flow != nil {
		e.flow.fill(r, to)
		return nil
	}
	if r.Schema != e.schema {
		e.schema, e.hosts = r.Schema, [2]int{r.Schema.Index("id.orig_h"), r.Schema.Index("id.resp_h")}
	}
	e.address(r)
	return nil
}

// mostOthers is how many other types are told of.
const mostOthers = 5

// passes reports whether an event is of another type, and counts it.
func (e *Reader) passes(kind []byte) bool {
	if string(kind) == e.kind {
		return false
	}
	if e.Passed++; e.given || len(e.others) == mostOthers {
		return true
	}
	if kind = kind[:min(len(kind), 40)]; len(kind) > 0 && !slices.ContainsFunc(e.others, func(k string) bool { return k == string(kind) }) {
		e.others = append(e.others, string(kind))
	}
	return true
}

// Notes tells of a log that has events, but none of the type, which fields no event in its first part has, and which members turned up too late to be fields.
func (e *Reader) Notes() (notes []string) {
	if len(e.lacking) > 0 && e.given {
		notes = append(notes, jsonl.Lacks(e.lacking, ahead))
	}
	if missed := e.in.Missed(); e.flow == nil && len(missed) > 0 {
		notes = append(notes, fmt.Sprintf("left out, as they are not in its first %d MiB: %s", ahead>>20, strings.Join(missed, ", ")))
	}
	if e.given || e.Passed == 0 {
		return notes
	}
	note := fmt.Sprintf("none of its %d events is of type %s", e.Passed, e.kind)
	if len(e.others) > 0 {
		note += fmt.Sprintf("; there are %q", e.others)
	}
	for _, k := range e.others {
		switch {
		case k == "flow":
			return []string{note + ", which --format eve reads"}
		case slices.Contains(Types, k):
			return []string{note + ", which --format eve-" + k + " reads"}
		}
	}
	return []string{note}
}

// address writes the addresses as Zeek does.
func (e *Reader) address(r *inkling.Record) {
	e.room = e.room[:0]
	for _, at := range e.hosts {
		if at >= 0 && r.Text[at] != nil {
			n := len(e.room)
			e.room = conn.Address(e.room, r.Text[at])
			r.Text[at] = e.room[n:len(e.room):len(e.room)]
		}
	}
}
