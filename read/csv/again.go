package csv

import (
	"bytes"
	"io"

	"github.com/inkling-sec/inkling/read/line"
)

// again holds the lines that a field in quotes has taken in beyond its first, to read them once more as records of their own when
// its quote turns out to be one that nobody closed. Each line is read so at most once: of those but the last, none takes in further ones.
type again struct {
	no    int    // number of the line last given
	from  int    // that of the line in which the field's quote opens
	taken []byte // lines that the field at hand has taken in, each with a line end
	many  int    // how many these are
	lines []byte // the rest of those to read again
}

// waits is after how many lines in quotes of a live table, and again after each so many, it is asked whether they are records.
const waits = 100

// next gives the next line.
func (c *Reader) next() ([]byte, error) {
	a := &c.again
	if i := bytes.IndexByte(a.lines, '\n'); i >= 0 {
		b := a.lines[:i]
		a.lines, a.no = a.lines[i+1:], a.no+1
		return b, nil
	}
	b, err := c.in.Next()
	a.no = c.in.No
	return b, err
}

// further gives the next line to a field in quotes; first says that it is the first one beyond that in which they open.
func (c *Reader) further(first bool) ([]byte, error) {
	a := &c.again
	if len(a.lines) > 0 {
		return nil, c.bad("close the quote that opens here", "a quote is not closed in this line, one of those behind another such")
	}
	if first {
		a.taken, a.from, a.many = a.taken[:0], a.no, 0
	}
	if c.live && a.many > 0 && a.many%waits == 0 && c.unlessText() {
		return nil, c.unclosed()
	}
	if len(c.buf) > line.Max {
		if c.unlessText() {
			return nil, c.unclosed()
		}
		return nil, c.bad("close the quote that opens here", "a quoted field is longer than %d bytes", line.Max)
	}
	b, err := c.next()
	if err == io.EOF {
		if c.unlessText() {
			return nil, c.unclosed()
		}
		c.unfinished = c.first
		return nil, c.bad("close the quote, or copy the file again", "the file ends inside a quoted field")
	} else if err != nil {
		failed := c.in.Failed(err)
		c.unlessText()
		return nil, failed
	}
	a.taken, a.many = append(append(a.taken, b...), '\n'), a.many+1
	return b, nil
}

// opens reports whether a quote of a further line, with that byte behind it, is one that opens: it stands where a field begins, or the
// line is a whole record by itself. A quote that closes has a delimiter or nothing behind it.
func (c *Reader) opens(further []byte, at int, behind byte) bool {
	return c.width() > 0 && behind != ' ' && (at == 0 || further[at-1] == c.delim || c.whole(further))
}

// unclosed is the error about a quote behind which there are records.
func (c *Reader) unclosed() error {
	return c.bad("close the quote", "a quote that opens here is not closed; the lines behind it are read as records, which most of them are")
}

// reopened is the error about a quote that another follows.
func (c *Reader) reopened() error {
	at := c.again.no
	c.readAgain()
	return c.bad("close the quote", "a quote that opens here is not closed before another opens in line %d", at)
}

// readAgain has the lines taken in read once more.
func (c *Reader) readAgain() {
	a := &c.again
	a.lines, a.no = a.taken, a.from
}

// unlessText has them read once more if most of them, and three at least, are records: a text of many lines, cut, is not.
func (c *Reader) unlessText() bool {
	lines, records := 0, 0
	for b := range bytes.Lines(c.again.taken) {
		if b = b[:len(b)-1]; len(b) == 0 {
			continue
		}
		if lines++; c.whole(b) {
			records++
		}
	}
	if c.width() < 2 || records < 3 || 2*records <= lines {
		return false
	}
	c.readAgain()
	return true
}

// width is how many columns there are; 0 while that is not known.
func (c *Reader) width() int {
	if c.schema != nil {
		return len(c.schema.Fields)
	}
	return len(c.names)
}

// whole reports whether a line is a record by itself, with quotes nowhere but around fields.
func (c *Reader) whole(b []byte) bool {
	for n := 1; ; n++ {
		end := bytes.IndexByte(b, c.delim)
		if len(b) > 0 && b[0] == '"' {
			if end = closing(b); end < 0 || end < len(b) && b[end] != c.delim {
				return false
			}
		} else {
			if end < 0 {
				end = len(b)
			}
			if bytes.IndexByte(b[:end], '"') >= 0 {
				return false
			}
		}
		if end == len(b) {
			return n == c.width()
		}
		b = b[end+1:]
	}
}

// closing gives the place behind the quote that closes the one at the start of b, -1 where there is none.
func closing(b []byte) int {
	for i := 1; i < len(b); i++ {
		if b[i] != '"' {
			continue
		}
		if i+1 == len(b) || b[i+1] != '"' {
			return i + 1
		}
		i++
	}
	return -1
}
