// Package inkling holds the words of the program: a [Record] is one
// observation laid out by a [Schema], a [Reader] yields records, an [Alert] is
// a record that a detector holds for an attack, with its [Evidence].
//
// It is plain data: standard library only, no input or output, nothing learns
// here. Read this package and you know the words of all the others.
package inkling

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// Kind says how a field's value is held.
type Kind uint8

const (
	Text   Kind = iota // bytes in Record.Text
	Number             // a float64 in Record.Num; NaN when missing
	Time               // seconds since the Unix epoch in Record.Num; NaN when missing
)

// Field is one column of a schema.
type Field struct {
	Name string
	Kind Kind
}

// Schema names the fields of records, in order. It is immutable once records
// refer to it, and shared by them.
type Schema struct {
	Name   string // "zeek.conn", "table", …
	Fields []Field
	Open   bool // another file of the kind may have other fields, as objects of JSON leave out what is not there
}

// Index gives the position of the field with that name, or -1.
func (s *Schema) Index(name string) int {
	for i := range s.Fields {
		if s.Fields[i].Name == name {
			return i
		}
	}
	return -1
}

// Origin says where a record was read.
type Origin struct {
	File string `json:"file"`
	Line int    `json:"line"` // from 1; for a flow made of packets, the flow's number in order of its end
}

func (o Origin) String() string { return fmt.Sprintf("%s:%d", o.File, o.Line) }

// Record is one observation. Value i belongs to Schema.Fields[i] and is held in
// Num[i] or Text[i] by the field's kind; both slices are as long as the schema.
// Missing is NaN, or a nil Text.
//
// A Reader fills a caller's Record and may reuse its memory at the next Read:
// keep a [Record.Clone], not the Record.
type Record struct {
	Schema *Schema
	Origin Origin
	Num    []float64
	Text   [][]byte

	room []byte // that a copy's texts stand in, one after the other
}

// Reset lays the record out for schema s, every value missing, reusing memory.
func (r *Record) Reset(s *Schema) {
	n := len(s.Fields)
	if cap(r.Num) < n {
		r.Num = make([]float64, n)
	}
	if cap(r.Text) < n {
		r.Text = make([][]byte, n)
	}
	r.Schema, r.Num, r.Text = s, r.Num[:n], r.Text[:n]
	for i := range r.Num {
		r.Num[i], r.Text[i] = math.NaN(), nil
	}
}

// Clone copies the record so that it outlives the reader's buffers.
func (r *Record) Clone() (c Record) {
	r.CopyTo(&c)
	return c
}

// CopyTo makes dst a copy that outlives the reader's buffers, reusing dst's memory.
func (r *Record) CopyTo(dst *Record) {
	dst.Schema, dst.Origin, dst.Num = r.Schema, r.Origin, append(dst.Num[:0], r.Num...)
	size := 0
	for _, t := range r.Text {
		size += len(t)
	}
	dst.room = slices.Grow(dst.room[:0], size+1) // some room, as an empty text is not nil
	dst.Text = slices.Grow(dst.Text[:0], len(r.Text))[:len(r.Text)]
	for i, t := range r.Text {
		if t == nil {
			dst.Text[i] = nil
			continue
		}
		from := len(dst.room)
		dst.room = append(dst.room, t...)
		dst.Text[i] = dst.room[from:len(dst.room):len(dst.room)]
	}
}

// Written gives value i as it would be written, without the spaces around it; empty where it is missing.
func (r *Record) Written(i int) []byte {
	switch {
	case r.Schema.Fields[i].Kind == Text:
		return bytes.TrimSpace(r.Text[i])
	case math.IsNaN(r.Num[i]):
		return nil
	}
	return strconv.AppendFloat(nil, r.Num[i], 'f', -1, 64) // all digits: an account's number may be long
}

// Map gives the record's present values by field name, for output: numbers as
// float64, text as string.
func (r *Record) Map() map[string]any {
	m := make(map[string]any, len(r.Num))
	for i, f := range r.Schema.Fields {
		switch {
		case f.Kind == Text && r.Text[i] != nil:
			m[f.Name] = string(r.Text[i])
		case f.Kind != Text && !math.IsNaN(r.Num[i]) && !math.IsInf(r.Num[i], 0):
			m[f.Name] = r.Num[i]
		}
	}
	return m
}

// Reader yields records one after the other.
type Reader interface {
	// Read fills *r and returns nil, or returns an error and leaves *r
	// unspecified. The error is io.EOF at a clean end and never anything else
	// there. A record that cannot be read is an *Error with Code Invalid that
	// names its place; after one that is Skippable the next Read goes on with
	// the record that follows, any other error is final. One goroutine at a time.
	Read(r *Record) error
	Close() error
}

// NotesOf gives what a reader has to say, once it has read, of what it leaves out: columns, records that are no flows.
// A reader that has something to say has a method Notes.
func NotesOf(r Reader) []string {
	if n, ok := r.(interface{ Notes() []string }); ok {
		return n.Notes()
	}
	return nil
}
