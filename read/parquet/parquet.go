// Package parquet reads Parquet files as tables: numbers, truth values, texts, decimals, dates and times, in plain
// groups too, whose columns get dotted names. Dates and timestamps are times, UTC where no zone is said. Times of day
// and spans of time are seconds. Lists and maps are left out and told of.
//
// It reads a row group's columns side by side, each page by page, so that what is held is a page of each; every size
// that a file claims is held to a bound before there is room made for it. Pages are read by our own code, since
// libraries trust those sizes: with github.com/parquet-go/parquet-go 0.32, which the tests write files with, 25 bytes
// end the program for want of memory, and the program is 11 MB larger.
package parquet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/line"
)

const (
	magic      = "PAR1"
	encrypted  = "PARE"
	mostFooter = 64 << 20 // bytes
)

// Match reports whether a file that starts with head is Parquet.
func Match(head []byte) bool {
	return bytes.HasPrefix(head, []byte(magic)) || bytes.HasPrefix(head, []byte(encrypted))
}

// A Reader reads one file. Origins number its rows, from 1.
type Reader struct {
	file    string
	at      io.ReaderAt
	end     int64 // of the pages
	footer  *footer
	columns []column
	notes   []string
	schema  *inkling.Schema
	group   int   // the next row group
	left    int64 // rows of the one at hand
	row     int
	chunks  []chunk
	held    int64
	err     error
}

// Known says what is known of columns of those names: the schema of the log that they are of, with the kinds that its
// fields have; nil where they are no log's. What it has and the file has not is missing in every row.
type Known func(names []string) *inkling.Schema

// NewReader reads the file of size bytes at; file names it in origins and errors. known may be nil.
func NewReader(at io.ReaderAt, size int64, file string, known Known) (*Reader, error) {
	r := &Reader{file: file, at: at}
	if err := r.open(size); err != nil {
		return nil, err
	}
	columns, all, notes, err := columns(r.footer)
	if err != nil {
		return nil, r.bad("copy the file again", "%v", err)
	}
	if r.notes = notes; len(columns) == 0 {
		return nil, r.bad("flatten the lists", "no column that can be read: %s", strings.Join(notes, ", "))
	}
	if len(columns) > line.MaxColumns {
		return nil, r.bad("is this a table?", "more than %d columns", line.MaxColumns)
	}
	for _, g := range r.footer.groups {
		if len(g.chunks) != len(all) || g.rows < 0 {
			return nil, r.bad("copy the file again", "%v", errThrift)
		}
	}
	r.columns = columns
	r.schema, err = r.bind(all, known)
	return r, err
}

// open reads the footer.
func (r *Reader) open(size int64) error {
	var tail [8]byte
	if size < int64(len(magic)+len(tail)) {
		return r.bad("copy the file again", "the file is cut: %d bytes are no Parquet", size)
	}
	if _, err := r.at.ReadAt(tail[:], size-8); err != nil {
		return r.unread(err)
	}
	switch string(tail[4:]) {
	case encrypted:
		return r.bad("decrypt it first", "the file is encrypted")
	case magic:
	default:
		return r.bad("copy the file again", "the file is cut: it does not end as Parquet does")
	}
	n := int64(binary.LittleEndian.Uint32(tail[:]))
	if n > size-12 {
		return r.bad("copy the file again", "the file is cut or damaged: its footer would be longer than itself")
	}
	if n > mostFooter {
		return r.bad("write it in several files", "a footer of %d bytes is longer than is read: %d", n, mostFooter)
	}
	r.end = size - 8 - n
	b := make([]byte, n)
	if _, err := r.at.ReadAt(b, r.end); err != nil {
		return r.unread(err)
	}
	var err error
	if r.footer, err = parseFooter(b); err != nil {
		return r.bad("copy the file again", "%v", err)
	}
	if r.footer.encrypted {
		return r.bad("decrypt it first", "the file is encrypted")
	}
	return nil
}

// bind makes the schema: a known log's fields and those of the file.
func (r *Reader) bind(all []string, known Known) (*inkling.Schema, error) {
	s, kinds := &inkling.Schema{Name: "table"}, map[string]inkling.Kind{}
	var log *inkling.Schema
	if known != nil {
		log = known(all)
	}
	if log != nil {
		s.Name = log.Name
		for _, f := range log.Fields {
			kinds[f.Name] = f.Kind
		}
	}
	seen := map[string]bool{}
	for i := range r.columns {
		c := &r.columns[i]
		if seen[c.name] {
			return nil, r.bad("rename one", "two columns are called %q", c.name)
		}
		seen[c.name] = true
		c.texts = c.kind == inkling.Text
		if k, ok := kinds[c.name]; ok && k != inkling.Text {
			c.counts = k == inkling.Time && c.kind == inkling.Number
			c.kind = k
		}
		s.Fields = append(s.Fields, inkling.Field{Name: c.name, Kind: c.kind})
	}
	if log != nil {
		for _, f := range log.Fields {
			if !seen[f.Name] {
				s.Fields = append(s.Fields, f)
			}
		}
	}
	return s, nil
}

// Notes tells what of the file is not read, and which numbers not to the last digit.
func (r *Reader) Notes() (notes []string) {
	if len(r.notes) > 0 {
		notes = append(notes, "left out, as it cannot be a column: "+strings.Join(r.notes, ", "))
	}
	var large []string
	for _, c := range r.columns {
		if c.large != nil && *c.large && c.kind != inkling.Time {
			large = append(large, c.name)
		}
	}
	if len(large) > 0 {
		notes = append(notes, "whole numbers above 2^53 are read to 16 digits, so that neighbours are one; save those that are names as text: "+strings.Join(large[:min(5, len(large))], ", "))
	}
	return notes
}

// Close implements inkling.Reader; the file belongs to the caller.
func (*Reader) Close() error { return nil }

// Read implements inkling.Reader. Text stays valid until the next Read.
func (r *Reader) Read(rec *inkling.Record) error {
	for r.err == nil && r.left == 0 {
		r.err = r.nextGroup()
	}
	if r.err != nil {
		return r.err
	}
	r.left--
	r.row++
	rec.Reset(r.schema)
	rec.Origin = inkling.Origin{File: r.file, Line: r.row}
	var unusable error
	for i := range r.chunks {
		v, j, there, err := r.chunks[i].next()
		if err != nil {
			r.err = r.damaged(&r.chunks[i], err)
			return r.err
		}
		if there {
			if err := r.put(rec, i, v, j); err != nil && unusable == nil {
				unusable = err
			}
		}
	}
	return unusable
}

// epoch makes seconds of a time that is a mere number: beyond the year 5138 it counts thousandths, millionths or billionths of them.
func epoch(v float64) float64 {
	for v > 1e11 && !math.IsInf(v, 1) {
		v /= 1000
	}
	return v
}

func (r *Reader) put(rec *inkling.Record, i int, v *values, j int) error {
	c := &r.columns[i]
	switch {
	case !c.texts:
		if rec.Num[i] = v.num[j]; math.IsInf(rec.Num[i], 0) {
			rec.Num[i] = math.NaN()
		}
		if c.counts {
			rec.Num[i] = epoch(rec.Num[i])
		}
	case c.kind == inkling.Text:
		rec.Text[i] = v.text[j]
	default:
		read := line.Number
		if c.kind == inkling.Time {
			read = func(b []byte) (float64, bool) { v, ok := line.Moment(b); return epoch(v), ok }
		}
		var ok bool
		if rec.Num[i], ok = read(v.text[j]); !ok {
			rec.Num[i] = math.NaN()
			return &inkling.Error{Code: inkling.Invalid, Place: rec.Origin.String(), What: fmt.Sprintf("%s: %s is not a %s", c.name, line.Show(v.text[j]), line.Noun(c.kind)), Remedy: "correct or remove the row", Skippable: true}
		}
	}
	return nil
}

// nextGroup opens the columns of the next row group; io.EOF after the last.
func (r *Reader) nextGroup() error {
	if r.group == len(r.footer.groups) {
		return io.EOF
	}
	g := &r.footer.groups[r.group]
	r.group++
	if g.rows == 0 {
		return nil // it need have no pages
	}
	if r.chunks == nil {
		r.chunks = make([]chunk, len(r.columns))
	}
	for i := range r.columns {
		c, m, was := &r.columns[i], &g.chunks[r.columns[i].leaf], &r.chunks[i]
		r.held -= was.holds[0]
		*was = chunk{column: c, at: r.at, codec: m.codec, off: m.data, end: r.end, left: m.values, held: &r.held, holds: [2]int64{0, was.holds[1]},
			body: was.body, packed: was.packed, page: was.page, levels: was.levels, index: was.index}
		if m.dictionary > 0 && m.dictionary < m.data {
			was.off = m.dictionary
		}
		was.until = was.off + m.size
		switch {
		case m.encrypted:
			return r.bad("decrypt it first", "column %s is encrypted", c.name)
		case m.elsewhere:
			return r.bad("name the files that it speaks of", "column %s is in another file", c.name)
		case m.physical != c.physical || m.values != g.rows || was.off < int64(len(magic)) || was.off > r.end:
			return r.damaged(was, errThrift)
		}
	}
	r.left = g.rows
	return nil
}

func (r *Reader) bad(remedy, format string, a ...any) error {
	return &inkling.Error{Code: inkling.Invalid, Place: r.file, What: fmt.Sprintf(format, a...), Remedy: remedy}
}

func (r *Reader) unread(err error) error {
	if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		return r.bad("copy the file again", "the file is cut")
	}
	return &inkling.Error{Code: inkling.Invalid, Place: r.file, What: "cannot read", Err: err, Remedy: "check the file"}
}

// damaged says where in the file a column cannot be read on.
func (r *Reader) damaged(c *chunk, err error) error {
	remedy := "copy the file again"
	switch {
	case errors.Is(err, errLarge):
		remedy = "write it with smaller pages, or fewer columns"
	case errors.Is(err, errEncoding) || c.unread():
		remedy = "write it again, with Snappy or Zstandard and common encodings"
	}
	return &inkling.Error{Code: inkling.Invalid, Place: fmt.Sprintf("%s:%d", r.file, max(r.row, 1)), Remedy: remedy,
		What: fmt.Sprintf("column %s, row group %d, the page before byte %d", c.column.name, r.group, c.off), Err: err}
}
