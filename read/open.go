package read

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync/atomic"

	"github.com/inkling-sec/inkling"
)

// headSize is how much of a file a format may see to be guessed.
const headSize = 4 << 10

// A File is an open source of records.
type File struct {
	inkling.Reader
	Format string // name of the format
	Size   int64  // bytes on disk; 0 when that is not known
	src    *source
}

// source counts what is read of a file.
type source struct {
	f    io.ReadCloser
	done atomic.Int64
}

// stdin gives standard input with a Close that ends a Read. The file itself
// cannot do that: a read of a terminal or a pipe goes on in the kernel.
func stdin() io.ReadCloser {
	r, w := io.Pipe()
	go func() {
		_, err := io.CopyBuffer(w, struct{ io.Reader }{os.Stdin}, make([]byte, 256<<10))
		w.CloseWithError(err)
	}()
	return r
}

func (s *source) Read(b []byte) (int, error) {
	n, err := s.f.Read(b)
	s.done.Add(int64(n))
	return n, err
}

// Done tells how many of the file's bytes have been read. Any goroutine may ask.
func (f *File) Done() int64 { return f.src.done.Load() }

// Unwrap gives the format's own reader, which may know more.
func (f *File) Unwrap() inkling.Reader { return f.Reader }

// Close closes the reader and its file. Another goroutine may call it to end a
// Read that is under way.
func (f *File) Close() error {
	return errors.Join(f.Reader.Close(), f.src.f.Close())
}

// Open opens the file at path, or standard input for "-". Gzip is recognised
// by its first bytes.
func Open(path string, o Options) (*File, error) {
	src := &source{}
	name, size := "stdin", int64(0)
	if path == "-" {
		src.f = stdin()
	} else {
		f, n, err := openFile(path)
		if err != nil {
			return nil, err
		}
		name, size, src.f = path, n, f
	}
	r, format, err := New(src, name, o)
	if err != nil {
		src.f.Close()
		return nil, err
	}
	return &File{Reader: r, Format: format, Size: size, src: src}, nil
}

func openFile(path string) (*os.File, int64, error) {
	f, err := os.Open(path)
	if err != nil {
		code, remedy := inkling.Invalid, ""
		var p *fs.PathError
		if errors.As(err, &p) {
			err = p.Err
		}
		if errors.Is(err, fs.ErrNotExist) {
			code, remedy = inkling.NotFound, "check the path"
		}
		return nil, 0, &inkling.Error{Code: code, Place: path, What: "cannot open", Err: err, Remedy: remedy}
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		f.Close()
		return nil, 0, &inkling.Error{Code: inkling.Invalid, Place: path, What: "is a directory", Remedy: "name the files in it"}
	}
	if err != nil || !info.Mode().IsRegular() {
		return f, 0, nil
	}
	return f, info.Size(), nil
}

// New reads records from r, whose name in origins and errors is file. It gives
// the name of the format too.
func New(r io.Reader, file string, o Options) (inkling.Reader, string, error) {
	br, err := plain(r, file)
	if err != nil {
		return nil, "", err
	}
	head, err := br.Peek(headSize)
	if len(head) == 0 {
		if err != nil && err != io.EOF {
			return nil, "", &inkling.Error{Code: inkling.Invalid, Place: file, What: "cannot read", Err: err, Remedy: "check the file and its compression"}
		}
		return nil, "", &inkling.Error{Code: inkling.Invalid, Place: file, What: "the file is empty", Remedy: "give a file with records"}
	}
	f, err := choose(head, file, o)
	if err != nil {
		return nil, "", err
	}
	rr, err := f.New(br, file, o)
	return rr, f.Name, err
}

// plain undoes gzip.
func plain(r io.Reader, file string) (*bufio.Reader, error) {
	br := bufio.NewReaderSize(r, 256<<10)
	if magic, _ := br.Peek(2); !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return br, nil
	}
	z, err := gzip.NewReader(br)
	if err != nil {
		return nil, &inkling.Error{Code: inkling.Invalid, Place: file, What: "the gzip header is damaged or cut short", Err: err, Remedy: "copy the file again"}
	}
	return bufio.NewReaderSize(z, 256<<10), nil
}

func choose(head []byte, file string, o Options) (*Format, error) {
	for i := range Formats {
		f := &Formats[i]
		if o.Format == f.Name || o.Format == "" && f.Match(head) {
			return f, nil
		}
	}
	if o.Format != "" {
		return nil, &inkling.Error{Code: inkling.Invalid, Place: file, What: fmt.Sprintf("no format is called %q", o.Format), Remedy: "known are " + names()}
	}
	return nil, &inkling.Error{Code: inkling.Invalid, Place: file, What: "the format is not recognised from the first bytes",
		Remedy: "name it with --format: " + names()}
}

func names() string {
	var s []string
	for _, f := range Formats {
		s = append(s, f.Name)
	}
	return strings.Join(s, ", ")
}
