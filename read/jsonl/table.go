package jsonl

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/inkling-sec/inkling"
)

// NewTable reads r as a table: its columns are the members of the objects in the first part of the file, all of them
// text, as a CSV file's are; a member that turns up later is left out, so that all records are alike. Of o, Start has no effect.
func NewTable(r io.Reader, file string, o Options) *Reader {
	o.Start = nil
	return ofFirst(r, file, o, ahead, true)
}

// NewLog reads r as a log whose records have the fields of all objects in the first part of the file from the start, and others as they turn up.
func NewLog(r io.Reader, file string, o Options) *Reader { return ofFirst(r, file, o, aheadLog, false) }

// ofFirst gives a reader of records with the fields that the first bytes of a file have; of words where all are text.
func ofFirst(r io.Reader, file string, o Options, ahead int, words bool) *Reader {
	br := bufio.NewReaderSize(r, ahead)
	head, err := br.Peek(ahead)
	if i := bytes.LastIndexByte(head, '\n'); i >= 0 && err != io.EOF {
		head = head[:i+1]
	}
	first := NewReader(bytes.NewReader(head), file, o)
	first.words = words
	var rec inkling.Record
	for first.Read(&rec) != io.EOF {
		if first.err != nil {
			break
		}
	}
	s := &inkling.Schema{Name: "table"}
	if first.schema != nil {
		s.Fields = first.schema.Fields
		if !words {
			s.Name = first.schema.Name
		}
	}
	s, lacking := With(s, o.Also, o.Kinds)
	o.Start = func([]byte) *inkling.Schema { return s }
	t := NewReader(br, file, o)
	t.ahead, t.words, t.fixed, t.lacking = ahead, words, words || o.Fixed, lacking
	return t
}

// With gives s with the fields that it lacks of those names at its end, and their names. They are text but for those of which kinds says another.
func With(s *inkling.Schema, names []string, kinds map[string]inkling.Kind) (with *inkling.Schema, lacking []string) {
	with = &inkling.Schema{Name: s.Name, Fields: slices.Clip(s.Fields), Open: true}
	for _, n := range names {
		if with.Index(n) < 0 {
			with.Fields = append(with.Fields, inkling.Field{Name: n, Kind: kinds[n]})
			lacking = append(lacking, n)
		}
	}
	return with, lacking
}

// NewLiveTable reads r as a table whose columns cannot be looked at beforehand: all text, first those of names, then
// others as they turn up.
func NewLiveTable(r io.Reader, file string, names []string, o Options) *Reader {
	s := &inkling.Schema{Name: "table"}
	for _, n := range names {
		s.Fields = append(s.Fields, inkling.Field{Name: n})
	}
	o.Start = func([]byte) *inkling.Schema { return s }
	t := NewReader(r, file, o)
	t.words = true
	return t
}

// ahead and aheadLog are how much of a table and of a log is looked at for their columns.
const (
	ahead    = 1 << 18
	aheadLog = 2 << 20
)

// Notes tells which columns no object in the first part of a table has, and which members turned up too late to be columns.
func (z *Reader) Notes() (notes []string) {
	if len(z.lacking) > 0 {
		notes = append(notes, Lacks(z.lacking, z.ahead))
	}
	if len(z.missed) > 0 {
		notes = append(notes, fmt.Sprintf("left out, as they are not in its first %d KiB: %s", z.ahead>>10, strings.Join(z.missed, ", ")))
	}
	return notes
}

// Lacks is the note about columns that no object in the first so many bytes has.
func Lacks(names []string, first int) string {
	return fmt.Sprintf("missing in all records of its first %d KiB, as in some of the baseline's: %s", first>>10, strings.Join(names, ", "))
}
