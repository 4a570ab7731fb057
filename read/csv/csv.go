// Package csv reads any table: comma-, tab- or semicolon-separated lines with
// a header row, or with names given by the caller. Every field is Text;
// feature decides what is a number.
//
// Quoting is that of RFC 4180: a field in quotes may hold delimiters, line
// ends and doubled quotes. A quote inside an unquoted field is taken as it is.
// A quote that is not closed costs its line: it is found out by the next line
// that opens one, or by lines that are whole records each (see again.go).
package csv

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/line"
)

// Match reports whether a file that starts with head looks like a table: text
// whose first two lines have the same number of columns, at least two, or a
// single line that could be a header.
func Match(head []byte) bool {
	head = bytes.TrimPrefix(head, bom)
	if len(head) == 0 || head[0] == '{' || head[0] == '[' || head[0] == '<' || bytes.IndexByte(head, 0) >= 0 {
		return false
	}
	first, rest, whole := bytes.Cut(head, []byte("\n"))
	d := delimiter(first, 0)
	n := bytes.Count(first, []byte{d})
	if n == 0 || control(first) {
		return false
	}
	second, _, more := bytes.Cut(rest, []byte("\n"))
	if !whole || !more || bytes.IndexByte(first, '"') >= 0 || bytes.IndexByte(second, '"') >= 0 {
		return true // a header alone, or quotes that may hold anything
	}
	return bytes.Count(second, []byte{d}) == n
}

var bom = []byte("\xef\xbb\xbf")

func control(b []byte) bool {
	for _, c := range b {
		if c < 0x20 && c != '\t' && c != '\r' {
			return true
		}
	}
	return false
}

// delimiter is the one that the first line has most of, or that gives it as many columns as there are names, where
// they are known; a comma wins ties.
func delimiter(first []byte, names int) byte {
	best, most := byte(','), 0
	for _, d := range []byte(",\t;|") {
		n := count(first, d)
		if n == names-1 {
			return d
		}
		if n > most {
			best, most = d, n
		}
	}
	return best
}

// count counts a delimiter outside of quotes, or everywhere where they are not closed.
func count(b []byte, d byte) (n int) {
	quoted := false
	for _, c := range b {
		if c == '"' {
			quoted = !quoted
		} else if c == d && !quoted {
			n++
		}
	}
	if quoted {
		return bytes.Count(b, []byte{d})
	}
	return n
}

// A Reader reads one table.
type Reader struct {
	in     *line.Reader
	again  again
	names  []string
	delim  byte
	schema *inkling.Schema
	buf    []byte // the record's fields, unquoted, one after the other
	ends   []int  // end of each field in buf
	first  int    // line on which the record starts
	err    error

	renamed  []string // columns that had the name of another
	head     []byte   // the header's fields, one after the other; nil where names were given
	headEnds []int
	repeated int // headers passed over

	unfinished int
	live       bool
}

// NewReader reads the table r; file names it in origins and errors. When names
// is not empty the first line is a record already.
func NewReader(r io.Reader, file string, names []string) *Reader {
	return &Reader{in: line.NewReader(r, file), names: names}
}

// Live makes c one of a table that is being written: a quote that nobody closed is found out after a hundred lines that are records, where
// else a megabyte or the end of the file tells it. It returns c.
func (c *Reader) Live(live bool) *Reader {
	c.live = live
	return c
}

// Notes tells which columns have been given other names, and which lines were passed over.
func (c *Reader) Notes() []string {
	var notes []string
	if len(c.renamed) > 0 {
		notes = append(notes, "columns of the same name are told apart: "+strings.Join(c.renamed[:min(5, len(c.renamed))], ", "))
	}
	if c.repeated > 0 {
		notes = append(notes, fmt.Sprintf("lines that repeat the header are passed over, %d of them", c.repeated))
	}
	return notes
}

// Unfinished gives the line on which the record begins that the end of the file cuts inside of quotes; 0 where there is none.
func (c *Reader) Unfinished() int { return c.unfinished }

// Close implements inkling.Reader; the file belongs to the caller.
func (c *Reader) Close() error { return nil }

// Read implements inkling.Reader. Text stays valid until the next Read.
func (c *Reader) Read(r *inkling.Record) error {
	if c.err != nil {
		return c.err
	}
	err := c.record()
	if err == nil && c.schema == nil {
		if err = c.header(); err == nil && len(c.names) == 0 {
			err = c.record()
		}
	}
	for err == nil && c.isHeader() { // as in tables that were put one behind the other
		c.repeated++
		err = c.record()
	}
	if err != nil {
		if e := (*inkling.Error)(nil); c.schema == nil && len(c.names) == 0 && errors.As(err, &e) {
			e.Skippable = false // the record behind it is no header
		}
		if !inkling.Skippable(err) {
			c.err = err
		}
		return err
	}
	return c.fill(r)
}

// isHeader reports whether the record at hand is the header again.
func (c *Reader) isHeader() bool {
	return len(c.headEnds) > 1 && bytes.Equal(c.buf, c.head) && slices.Equal(c.ends, c.headEnds)
}

func (c *Reader) fill(r *inkling.Record) error {
	if len(c.ends) != len(c.schema.Fields) {
		if c.in.Partial && len(c.again.lines) == 0 {
			return c.bad("copy the file again", "the file ends in the middle of this record: %d columns of %d", len(c.ends), len(c.schema.Fields))
		}
		return c.bad("correct or remove the record", "the record has %d columns, the header %d", len(c.ends), len(c.schema.Fields))
	}
	r.Reset(c.schema)
	r.Origin = inkling.Origin{File: c.in.File, Line: c.first}
	from := 0
	for i, to := range c.ends {
		if to > from {
			r.Text[i] = c.buf[from:to:to]
		}
		from = to
	}
	return nil
}

// bad is an error about the record at hand; the next one can be read.
func (c *Reader) bad(remedy, format string, a ...any) error {
	return &inkling.Error{Code: inkling.Invalid, Place: fmt.Sprintf("%s:%d", c.in.File, c.first),
		What: fmt.Sprintf(format, a...), Remedy: remedy, Skippable: true}
}

// header makes the schema of the names given, or of the record at hand.
func (c *Reader) header() error {
	names := c.names
	if len(names) == 0 {
		c.head, c.headEnds = bytes.Clone(c.buf), slices.Clone(c.ends)
		from := 0
		for _, to := range c.ends {
			names = append(names, string(c.buf[from:to]))
			from = to
		}
	}
	s := &inkling.Schema{Name: "table"}
	seen, twice := map[string]bool{}, map[string]int{}
	for i, n := range names {
		n = strings.ToValidUTF8(strings.TrimSpace(n), "?")
		if n == "" {
			n = fmt.Sprintf("column%d", i+1)
		}
		for first := n; seen[n]; { // CICFlowMeter's tables have such
			twice[first]++
			n = fmt.Sprintf("%s.%d", first, twice[first])
			if !seen[n] {
				c.renamed = append(c.renamed, n)
			}
		}
		seen[n] = true
		s.Fields = append(s.Fields, inkling.Field{Name: n})
	}
	c.schema = s
	return nil
}

// record reads the next record that is not empty into buf and ends.
func (c *Reader) record() error {
	for {
		b, err := c.next()
		if err != nil {
			return c.end(c.in.Failed(err))
		}
		if c.again.no == 1 {
			b = bytes.TrimPrefix(b, bom)
		}
		if len(bytes.TrimSpace(b)) == 0 && (c.delim != '\t' || bytes.IndexByte(b, '\t') < 0) {
			continue
		}
		if c.delim == 0 {
			c.delim = delimiter(b, len(c.names))
		}
		c.buf, c.ends, c.first = c.buf[:0], c.ends[:0], c.again.no
		return c.parse(b)
	}
}

func (c *Reader) end(err error) error {
	if err == io.EOF && c.schema == nil {
		return &inkling.Error{Code: inkling.Invalid, Place: c.in.File, What: "the table has no header row", Remedy: "give a file with a header row and records"}
	}
	return err
}

// parse splits a line, reading further lines inside quotes.
func (c *Reader) parse(b []byte) error {
	for {
		if len(c.ends) >= line.MaxColumns {
			return c.bad("is this a table?", "more than %d columns", line.MaxColumns)
		}
		more, err := false, error(nil)
		if len(b) > 0 && b[0] == '"' {
			b, more, err = c.quoted(b[1:])
			if err != nil {
				return err
			}
		} else if i := bytes.IndexByte(b, c.delim); i >= 0 {
			c.buf, b, more = append(c.buf, b[:i]...), b[i+1:], true
		} else {
			c.buf = append(c.buf, b...)
		}
		c.ends = append(c.ends, len(c.buf))
		if !more {
			return nil
		}
	}
}

// quoted reads a field after its opening quote. It gives the rest of the line
// after the delimiter and whether there was one.
func (c *Reader) quoted(b []byte) (rest []byte, more bool, err error) {
	var further []byte // the line at hand, where it is not the one that the quote opens in
	for {
		i := bytes.IndexByte(b, '"')
		if i < 0 {
			c.buf = append(append(c.buf, b...), '\n')
			if b, err = c.further(further == nil); err != nil {
				return nil, false, err
			}
			further = b
			continue
		}
		before := len(further) - len(b) + i // of the quote, in a further line
		c.buf, b = append(c.buf, b[:i]...), b[i+1:]
		switch {
		case len(b) == 0:
			return nil, false, nil
		case b[0] == '"':
			c.buf, b = append(c.buf, '"'), b[1:]
		case b[0] == c.delim:
			return b[1:], true, nil
		case further != nil && c.opens(further, before, b[0]):
			return nil, false, c.reopened()
		default: // text after the closing quote stays in the field
			if j := bytes.IndexByte(b, c.delim); j >= 0 {
				c.buf = append(c.buf, b[:j]...)
				return b[j+1:], true, nil
			}
			c.buf = append(c.buf, b...)
			return nil, false, nil
		}
	}
}
