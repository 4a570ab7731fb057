// Package line reads lines of bounded length and numbers them, for the readers
// of text formats.
package line

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/inkling-sec/inkling"
)

// MaxColumns bounds the columns of a table.
const MaxColumns = 16 << 10

// Max is the longest line in bytes that is read.
const Max = 1 << 20

// ErrTooLong is a line over Max. It has been passed over: the next line can be read.
var ErrTooLong = errors.New("line too long")

// A Reader gives one line after the other.
type Reader struct {
	File    string
	No      int  // number of the line last given, from 1
	Partial bool // that line ended with the file, not with a newline
	r       *bufio.Reader
	buf     []byte
}

// NewReader reads the lines of r, whose name in errors is file.
func NewReader(r io.Reader, file string) *Reader {
	br, ok := r.(*bufio.Reader)
	if !ok {
		br = bufio.NewReaderSize(r, 64<<10)
	}
	return &Reader{File: file, r: br}
}

// Next gives the next line without its end (\n or \r\n). The bytes are valid
// until the next call. The error is io.EOF, ErrTooLong, or what the source
// gave; after a source's error the beginning of a line is dropped.
func (l *Reader) Next() ([]byte, error) {
	b, err := l.r.ReadSlice('\n')
	l.Partial = false
	if err == bufio.ErrBufferFull {
		b, err = l.long(b)
	}
	switch {
	case err == nil:
		b = b[:len(b)-1]
	case err == io.EOF && len(b) > 0:
		l.Partial = true
	case err == ErrTooLong:
		l.No++
		return nil, err
	default:
		return nil, err
	}
	l.No++
	if n := len(b); n > 0 && b[n-1] == '\r' {
		b = b[:n-1]
	}
	return b, nil
}

// long collects a line that is longer than the buffer.
func (l *Reader) long(b []byte) ([]byte, error) {
	l.buf = append(l.buf[:0], b...)
	for {
		b, err := l.r.ReadSlice('\n')
		if len(l.buf)+len(b) > Max+1 {
			return nil, l.skip(err)
		}
		l.buf = append(l.buf, b...)
		if err != bufio.ErrBufferFull {
			return l.buf, err
		}
	}
}

func (l *Reader) skip(err error) error {
	for err == bufio.ErrBufferFull {
		_, err = l.r.ReadSlice('\n')
	}
	if err != nil && err != io.EOF {
		return err
	}
	return ErrTooLong
}

// Place is file:line of the line last given.
func (l *Reader) Place() string { return fmt.Sprintf("%s:%d", l.File, l.No) }

// Bad is an error about the line last given; reading may go on after it.
func (l *Reader) Bad(remedy, format string, a ...any) error {
	return &inkling.Error{Code: inkling.Invalid, Place: l.Place(), What: fmt.Sprintf(format, a...), Remedy: remedy, Skippable: true}
}

// Fatal is an error about the line last given that ends reading.
func (l *Reader) Fatal(remedy, format string, a ...any) error {
	return &inkling.Error{Code: inkling.Invalid, Place: l.Place(), What: fmt.Sprintf(format, a...), Remedy: remedy}
}

// Failed says in words what an error of Next means. io.EOF stays io.EOF.
func (l *Reader) Failed(err error) error {
	switch {
	case err == io.EOF:
		return io.EOF
	case err == ErrTooLong:
		return l.Bad("is this a text log? longer lines are passed over", "the line is longer than %d bytes", Max)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &inkling.Error{Code: inkling.Invalid, Place: fmt.Sprintf("%s:%d", l.File, l.No+1),
			What: fmt.Sprintf("the compressed file is truncated; the %d lines before are complete", l.No), Remedy: "copy the file again"}
	}
	return &inkling.Error{Code: inkling.Invalid, Place: fmt.Sprintf("%s:%d", l.File, l.No+1), What: "cannot read on", Err: err,
		Remedy: "check the file and its compression; the lines before were read"}
}

// Show gives a value for an error text, shortened and quoted.
func Show(b []byte) string {
	if len(b) > 40 {
		return fmt.Sprintf("%q…", bytes.ToValidUTF8(b[:40], []byte("?")))
	}
	return fmt.Sprintf("%q", b)
}
