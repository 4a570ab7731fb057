package read

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/klauspost/compress/zstd"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/csv"
	"github.com/inkling-sec/inkling/read/follow"
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
	size int64 // 0 where it is a stream
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

// ReadAt is for a source that is no stream.
func (s *source) ReadAt(b []byte, off int64) (int, error) {
	n, err := s.f.(io.ReaderAt).ReadAt(b, off)
	s.done.Add(int64(n))
	return n, err
}

func (s *source) Size() int64 { return s.size }

// Done tells how many of the file's bytes have been read. Any goroutine may ask.
func (f *File) Done() int64 { return f.src.done.Load() }

// Notes tells what of the file is not read.
func (f *File) Notes() []string { return inkling.NotesOf(f.Reader) }

// Unwrap gives the format's own reader, which may know more.
func (f *File) Unwrap() inkling.Reader { return f.Reader }

// Close closes the reader and its file. Another goroutine may call it to end a
// Read that is under way.
func (f *File) Close() error {
	return errors.Join(f.Reader.Close(), f.src.f.Close())
}

// schemes are the sources that are no files, by what their names begin with.
var schemes = []struct {
	prefix string
	open   func(name string, o Options) (inkling.Reader, error)
}{
	{"unix://", listenUnix},
	{"udp://", listenUDP},
}

// Listens reports whether name is of a source that is no file and has no end.
func Listens(name string) bool {
	for _, s := range schemes {
		if strings.HasPrefix(name, s.prefix) {
			return true
		}
	}
	return false
}

// Open opens the file at path, standard input for "-", or listens: unix:///path is a socket for records, udp://:2055 a
// port for NetFlow and IPFIX. Gzip and zstd are recognised by their first bytes.
func Open(path string, o Options) (*File, error) {
	src := &source{}
	for _, s := range schemes {
		if strings.HasPrefix(path, s.prefix) {
			r, err := s.open(path, o)
			if err != nil {
				return nil, err
			}
			src.f = io.NopCloser(nil)
			return &File{Reader: r, src: src}, nil
		}
	}
	name := "stdin"
	if path == "-" {
		src.f = stdin()
	} else {
		f, n, err := openFile(path)
		if err != nil {
			return nil, err
		}
		name, src.size, src.f = path, n, f
	}
	r, format, err := New(src, name, o)
	if err != nil {
		src.f.Close()
		return nil, err
	}
	return &File{Reader: r, Format: format, Size: src.size, src: src}, nil
}

// What Files looks for in errors of Open.
const (
	isEmpty   = "the file is empty"
	isUnknown = "the format is not recognised from the first bytes"
)

func openFile(path string) (*os.File, int64, error) {
	f, err := os.Open(path)
	if err != nil {
		code, remedy := inkling.Invalid, "check the path"
		var p *fs.PathError
		if errors.As(err, &p) {
			err = p.Err
		}
		if errors.Is(err, fs.ErrNotExist) {
			code = inkling.NotFound
		} else if errors.Is(err, fs.ErrPermission) {
			remedy = "mend its permissions"
		}
		return nil, 0, &inkling.Error{Code: code, Place: path, What: "cannot open", Err: err, Remedy: remedy}
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		f.Close()
		return nil, 0, &inkling.Error{Code: inkling.Invalid, Place: path, What: "is a directory", Remedy: "name a file in it"}
	}
	if err != nil || !info.Mode().IsRegular() {
		return f, 0, nil
	}
	return f, info.Size(), nil
}

// New reads records from r, whose name in origins and errors is file. It gives
// the name of the format too.
func New(r io.Reader, file string, o Options) (inkling.Reader, string, error) {
	br, packed, err := plain(r, file)
	if err != nil {
		return nil, "", err
	}
	head, err := peek(br, o.Live)
	if len(head) == 0 {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, "", &inkling.Error{Code: inkling.Invalid, Place: file, What: "truncated: it ends in the middle of compressed data", Err: err, Remedy: "copy the file again"}
		}
		if err != nil && err != io.EOF {
			return nil, "", &inkling.Error{Code: inkling.Invalid, Place: file, What: "cannot read", Err: err, Remedy: "check the file and its compression"}
		}
		return nil, "", &inkling.Error{Code: inkling.Invalid, Place: file, What: isEmpty, Remedy: "give a file with records"}
	}
	f, err := choose(head, file, o)
	if err != nil {
		return nil, "", err
	}
	if len(o.Names) > 0 && !slices.Contains(unnamed, f.Name) {
		return nil, "", &inkling.Error{Code: inkling.Invalid, Place: file, What: "is " + f.Name + ", which has column names of its own", Remedy: "leave --names out; it is for tables without a header line: " + strings.Join(unnamed, ", ")}
	}
	if w, ok := r.(whole); ok && !packed && w.Size() > 0 {
		o.whole = w
	}
	rr, err := f.New(br, file, o)
	return rr, f.Name, err
}

// peek gives the first bytes of a file; when it is live, what there is of them once a line is whole.
func peek(br *bufio.Reader, live bool) ([]byte, error) {
	if !live {
		return br.Peek(headSize)
	}
	for n := 1; ; {
		head, err := br.Peek(n)
		if err == nil {
			head, err = br.Peek(min(br.Buffered(), headSize))
		}
		if err != nil || len(head) == headSize || bytes.IndexByte(head, '\n') >= 0 {
			return head, err
		}
		n = len(head) + 1
	}
}

// unnamed are the formats that may lack a header line, and take Options.Names in its place.
var unnamed = []string{"csv", "argus", "nfdump", "cicflow"}

// packing is what a file may be compressed by, with its first bytes.
type packing struct {
	name, magic string
	open        func(*bufio.Reader) (io.Reader, error)
}

// skippable is what the magic of a zstd frame that holds none of the data ends in (RFC 8878, 3.1.2); its first byte is 0x50 to 0x5f.
// pzstd puts one before each of its frames.
const skippable = "\x2a\x4d\x18"

func (p *packing) match(head []byte) bool {
	return bytes.HasPrefix(head, []byte(p.magic)) || p.name == "zstd" && len(head) >= 4 && head[0]>>4 == 5 && string(head[1:4]) == skippable
}

var packings = []packing{
	{"gzip", "\x1f\x8b", openGzip},
	{"zstd", "\x28\xb5\x2f\xfd", func(r *bufio.Reader) (io.Reader, error) {
		return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(mostWindow)) // without goroutines: there is nothing to close
	}},
}

// packed reports whether a file that starts with head is compressed.
func packed(head []byte) bool {
	return slices.ContainsFunc(packings, func(p packing) bool { return p.match(head) })
}

// mostWindow bounds the memory that a zstd file may ask for: that of its --ultra --long=27.
const mostWindow = 128 << 20

// plain undoes compression, and tells whether there was any.
func plain(r io.Reader, file string) (br *bufio.Reader, packed bool, err error) {
	br = bufio.NewReaderSize(r, 256<<10)
	for _, p := range packings {
		if head, _ := br.Peek(len(p.magic)); !p.match(head) {
			continue
		}
		z, err := p.open(br)
		if err != nil {
			return nil, true, &inkling.Error{Code: inkling.Invalid, Place: file, What: "the " + p.name + " header is damaged or cut short", Err: err, Remedy: "copy the file again"}
		}
		return bufio.NewReaderSize(z, 256<<10), true, nil
	}
	return br, false, nil
}

func choose(head []byte, file string, o Options) (*Format, error) {
	for i := range Formats {
		f := &Formats[i]
		if o.Format == f.Name || o.Format == "" && f.Match != nil && f.Match(head) {
			return f, nil
		}
	}
	if o.Format != "" {
		return nil, &inkling.Error{Code: inkling.Invalid, Place: file, What: fmt.Sprintf("no format is called %q", o.Format), Remedy: "known are " + names()}
	}
	remedy := "name it with --format: " + names()
	for _, u := range unread {
		if len(head) >= u.at && bytes.HasPrefix(head[u.at:], []byte(u.magic)) {
			remedy = u.remedy
			break
		}
	}
	return nil, &inkling.Error{Code: inkling.Invalid, Place: file, What: isUnknown, Remedy: remedy}
}

// unread are files that no format is of, but that are known all the same, with what to do: no --format would help.
var unread = []struct {
	at            int
	magic, remedy string
}{
	{0, "BZh", "it is compressed by bzip2: unpack it first, with bunzip2"},
	{0, "\xfd7zXZ", "it is compressed by xz: unpack it first, with unxz"},
	{0, "\x04\x22\x4d\x18", "it is compressed by lz4: unpack it first, with unlz4"},
	{0, "7z\xbc\xaf", "it is a 7z archive: unpack it first"},
	{257, "ustar", "it is a tar archive: unpack it first, with tar -x"},
	{0, "\x1f\x8b", "it is compressed twice: unpack it first, with gunzip"},
	{0, "\xff\xfe", "it begins as UTF-16 does: write it as UTF-8, with Out-File -Encoding utf8 or iconv -f UTF-16 -t UTF-8"},
	{0, "\xfe\xff", "it begins as UTF-16 does: write it as UTF-8, with Out-File -Encoding utf8 or iconv -f UTF-16 -t UTF-8"},
	{0, "\x0c\xa5", "it is a file of nfdump's own: print it first, with nfdump -r FILE -o csv"},
	{0, "ElfFile\x00", "it is a Windows event log: write its events as JSON lines first, as with evtx_dump -o jsonl"},
	{0, "ARROW1", "it is an Arrow or Feather file: save the table as Parquet or CSV"},
	{0, "Obj\x01", "it is an Avro file: save the table as Parquet or JSON lines"},
	{0, "ORC", "it is an ORC file: save the table as Parquet or CSV"},
	{0, "SQLite format 3\x00", "it is a database of SQLite: write the table first, with sqlite3 -header -csv FILE 'select * from TABLE'"},
	{0, "PK\x03\x04", "it is a sheet or document of Office: save the table as CSV"}, // another zip is of PE files
	{0, "\xd0\xcf\x11\xe0", "it looks like a sheet or document of Office: save the table as CSV"},
	{0, "[", "if it is a JSON array, write each object on a line of its own, as with jq -c .[]"},
	{0, "{\n", "if it is JSON over several lines, write each object on a line of its own, as with jq -c ."},
	{0, "<", "it looks like HTML or XML: save the table as CSV or JSON lines"},
}

func names() string {
	var s []string
	for _, f := range Formats {
		s = append(s, f.Name)
	}
	return strings.Join(s, ", ")
}

// Follow reads the log at path as it grows, through rotation; see package follow. Compressed files and captures are
// read to their end.
func Follow(path string, o Options, f follow.Options) (*follow.Reader, error) {
	o.Live = true
	return follow.New(path, o.opener(), f)
}

// End gives the position behind the whole records that the log at path holds by now; ok is false for a file that does not grow.
func End(path string, o Options) (p follow.Position, ok bool, err error) {
	p, ok, err = follow.End(path, o.opener())
	if ok && err == nil {
		p.Place.Line, err = o.beforeQuotes(path, p.Files[0].Read, p.Place.Line)
	}
	return p, ok, err
}

// beforeQuotes gives the last line before the record that the end of size bytes of a table cuts inside of quotes, which may hold
// line ends; line where there is no such record.
func (o Options) beforeQuotes(path string, size int64, line int) (int, error) {
	f, _, err := openFile(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	br := bufio.NewReaderSize(io.LimitReader(f, size), 256<<10)
	head, _ := br.Peek(headSize)
	if format, err := choose(head, path, o); err != nil || !slices.Contains(unnamed, format.Name) {
		return line, nil // an unknown format is told of where it is read
	}
	r := csv.NewReader(br, path, o.Names)
	var rec inkling.Record
	for err = nil; err == nil || inkling.Skippable(err); {
		err = r.Read(&rec)
	}
	if at := r.Unfinished(); at > 0 {
		line = at - 1
	}
	return line, nil
}

// wholes are the formats of files that no lines are appended to.
var wholes = []string{"pcap", "pe", "netflow", "parquet"}

func (o Options) opener() follow.Opener {
	return follow.Opener{
		Plain: func(r io.Reader, file string) (*bufio.Reader, error) {
			br, _, err := plain(r, file)
			return br, err
		},
		Fixed: func(head []byte) bool {
			f, err := choose(head, "", o)
			return packed(head) || err == nil && slices.Contains(wholes, f.Name)
		},
		New: func(r io.Reader, file string) (inkling.Reader, error) {
			records, _, err := New(r, file, o)
			return records, err
		},
	}
}
