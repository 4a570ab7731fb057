package read

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/inkling-sec/inkling"
)

// DefaultSpool is how much of a stream is kept in a temporary file for a format that is read from its end.
const DefaultSpool = 4 << 30

// whole is a file that can be read at any place.
type whole interface {
	io.ReaderAt
	Size() int64 // 0 where it is a stream after all
}

// inWhole makes the New of a format that is not read from first to last.
func inWhole(open func(at io.ReaderAt, size int64, file string) (inkling.Reader, error)) func(io.Reader, string, Options) (inkling.Reader, error) {
	return func(r io.Reader, file string, o Options) (inkling.Reader, error) {
		if o.whole != nil {
			return open(o.whole, o.whole.Size(), file)
		}
		return &spooled{in: r, file: file, most: cmp.Or(o.Spool, DefaultSpool), open: func(at io.ReaderAt, size int64) (inkling.Reader, error) {
			return open(at, size, file)
		}}, nil
	}
}

// spooled reads a stream in a format that needs a whole file. It takes the stream in at the first Read, so that one
// that is slow does not hold up Open.
type spooled struct {
	inkling.Reader // nil before
	in             io.Reader
	file           string
	most           int64
	open           func(at io.ReaderAt, size int64) (inkling.Reader, error)
	tmp            *os.File
	err            error
}

func (s *spooled) Read(r *inkling.Record) error {
	if s.Reader == nil && s.err == nil {
		s.err = s.fill()
	}
	if s.err != nil {
		return s.err
	}
	return s.Reader.Read(r)
}

func (s *spooled) fill() error {
	tmp, err := os.CreateTemp("", "inkling-*")
	if err != nil {
		return s.unkept(err)
	}
	s.tmp = tmp
	os.Remove(tmp.Name()) // a file without a name goes with the program, however that ends; Windows keeps it until Close
	n, err := io.Copy(tmp, io.LimitReader(s.in, s.most+1))
	var write *os.PathError
	switch {
	case n > s.most:
		return &inkling.Error{Code: inkling.Invalid, Place: s.file, What: fmt.Sprintf("holds more than the %d MiB that are kept of a stream, which this format needs whole", s.most>>20), Remedy: "save it as a file, not compressed, and name that"}
	case errors.As(err, &write) && write.Path == tmp.Name():
		return s.unkept(err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &inkling.Error{Code: inkling.Invalid, Place: s.file, What: "truncated: it ends in the middle of compressed data", Err: err, Remedy: "copy the file again"}
	case err != nil:
		return &inkling.Error{Code: inkling.Invalid, Place: s.file, What: "cannot read", Err: err, Remedy: "check the file and its compression"}
	}
	s.Reader, err = s.open(tmp, n)
	return err
}

func (s *spooled) unkept(err error) error {
	return &inkling.Error{Code: inkling.Invalid, Place: s.file, What: "cannot be kept in a temporary file", Err: err, Remedy: "set TMPDIR to a folder with room, or save it as a file, not compressed, and name that"}
}

func (s *spooled) Close() error {
	if s.tmp == nil {
		return nil
	}
	err := s.tmp.Close()
	os.Remove(s.tmp.Name())
	if s.Reader != nil {
		err = errors.Join(s.Reader.Close(), err)
	}
	return err
}

// Notes tells what of the file is not read.
func (s *spooled) Notes() []string { return inkling.NotesOf(s.Reader) }
