// Package pe reads Windows programs, libraries and drivers: of each PE file one record of what its headers, sections,
// imports, resources and texts are like. Nothing is executed. Beside a PE file itself, a zip of them is read: a record of each
// file in it, whose line is its number and whose label is the folder that it is in.
//
// The structures are those of debug/pe. Its NewFile and ImportedSymbols are not used, because they copy a text for each
// symbol that names it, so that a hostile file of some megabytes makes them allocate terabytes, and because they refuse files that Windows
// loads. Here everything is bounded by the file's size, and what a header says beyond the end of the file is left out.
package pe

import (
	"archive/zip"
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/line"
)

// Bounds of what is read.
const (
	mostFile    = 64 << 20  // bytes of a PE file
	mostArchive = 256 << 20 // bytes of a zip
	mostRatio   = 200       // bytes that a zip may unpack to, all in all, for each of its own, and
	mostExtra   = 16 << 20  // these beside
)

// Match reports whether a file that starts with head may be a PE file or a zip. A DOS header has zero bytes, a table whose first
// column is called MZ has none; a zip that is a document of Office begins with an entry that says so.
func Match(head []byte) bool {
	return bytes.HasPrefix(head, []byte("MZ")) && bytes.IndexByte(head[:min(64, len(head))], 0) >= 0 || zipped(head) && !document(head)
}

func document(head []byte) bool {
	const nameAt = 30
	name := head[min(nameAt, len(head)):]
	return bytes.HasPrefix(name, []byte("[Content_Types].xml")) || bytes.HasPrefix(name, []byte("mimetypeapplication/"))
}

func zipped(head []byte) bool { return bytes.HasPrefix(head, []byte("PK\x03\x04")) }

// Reader reads one PE file, or those of a zip.
type Reader struct {
	in      *bufio.Reader
	file    string
	buf     bytes.Buffer // of the file at hand
	entries []*zip.File
	archive bool
	began   bool
	n       int   // of the file at hand, from 1
	left    int64 // bytes that may still be unpacked
	err     error
}

// NewReader reads r; file names it in origins and errors.
func NewReader(r io.Reader, file string) *Reader {
	return &Reader{in: bufio.NewReaderSize(r, 4<<10), file: file}
}

// Close implements inkling.Reader; the file belongs to the caller.
func (p *Reader) Close() error { return nil }

// Read implements inkling.Reader.
func (p *Reader) Read(r *inkling.Record) error {
	if p.err != nil {
		return p.err
	}
	err := p.read(r)
	if err != nil && !inkling.Skippable(err) {
		p.err = err
	}
	return err
}

func (p *Reader) read(r *inkling.Record) error {
	if !p.began {
		p.began = true
		head, _ := p.in.Peek(4)
		if p.archive = zipped(head); !p.archive {
			p.n = 1
			return p.record(r, p.in, "", nil)
		}
		if err := p.open(); err != nil {
			return err
		}
	}
	for p.archive && p.n < len(p.entries) {
		e := p.entries[p.n]
		p.n++
		if e.FileInfo().IsDir() {
			continue
		}
		return p.entry(r, e)
	}
	return io.EOF
}

// open reads the zip's directory.
func (p *Reader) open() error {
	b, err := io.ReadAll(io.LimitReader(p.in, mostArchive+1))
	if err != nil {
		return p.damaged(err)
	}
	if len(b) > mostArchive {
		return &inkling.Error{Code: inkling.Invalid, Place: p.file, What: fmt.Sprintf("the zip is larger than %d MiB", mostArchive>>20), Remedy: "divide it"}
	}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return &inkling.Error{Code: inkling.Invalid, Place: p.file, What: "the zip is damaged or cut short", Remedy: "copy the file again", Err: err}
	}
	p.entries, p.left = z.File, mostExtra+mostRatio*int64(len(b))
	return nil
}

func (p *Reader) damaged(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return &inkling.Error{Code: inkling.Invalid, Place: p.file, What: "the compressed file is truncated", Remedy: "copy the file again"}
	}
	return &inkling.Error{Code: inkling.Invalid, Place: p.file, What: "cannot read", Remedy: "check the file and its compression", Err: err}
}

// entry reads a file of the zip.
func (p *Reader) entry(r *inkling.Record, e *zip.File) error {
	if e.Flags&1 != 0 {
		return p.bad(e.Name, fault{"is encrypted", "unpack it first"}, nil)
	}
	f, err := e.Open()
	if err != nil {
		return p.bad(e.Name, fault{"cannot be unpacked", "pack it again"}, err)
	}
	defer f.Close()
	var label []byte
	if dir := path.Base(path.Dir(e.Name)); dir != "." && dir != "/" {
		label = []byte(dir)
	}
	return p.record(r, f, e.Name, label)
}

// record reads a file and lays it out; name is that in the zip.
func (p *Reader) record(r *inkling.Record, f io.Reader, name string, label []byte) error {
	most := int64(mostFile)
	if p.archive {
		most = min(most, p.left)
	}
	p.buf.Reset()
	n, err := p.buf.ReadFrom(io.LimitReader(f, most+1))
	p.left -= n
	switch {
	case err != nil && !p.archive:
		return p.damaged(err)
	case err != nil:
		return p.bad(name, fault{"cannot be unpacked", "pack it again"}, err)
	case n > most && most < mostFile:
		return &inkling.Error{Code: inkling.Invalid, Place: p.file, What: fmt.Sprintf("the zip unpacks to more than %d times its size", mostRatio), Remedy: "it may be made to fill memory; unpack what you need of it yourself"}
	case n > most:
		return p.bad(name, fault{fmt.Sprintf("is larger than %d MiB", mostFile>>20), "leave it out"}, nil)
	}
	m, wrong := parse(p.buf.Bytes())
	if wrong != nil {
		return p.bad(name, *wrong, nil)
	}
	m.fill(r)
	r.Origin = inkling.Origin{File: p.file, Line: p.n}
	r.Text[fLabel] = label
	if name != "" {
		r.Text[fName] = []byte(name)
	}
	return nil
}

// bad is an error about the file at hand; the next one of a zip can be read.
func (p *Reader) bad(name string, f fault, err error) error {
	what := f.what
	if name != "" {
		what = line.Show([]byte(name)) + ": " + what
	}
	return &inkling.Error{Code: inkling.Invalid, Place: fmt.Sprintf("%s:%d", p.file, p.n), What: what, Remedy: f.remedy, Err: err, Skippable: true}
}
