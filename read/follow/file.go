package follow

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"math"
	"os"
	"time"

	"github.com/inkling-sec/inkling"
)

// File tells one file of a log from the others, whatever its name is by now, and when it has been compressed.
type File struct {
	Number   int       `json:"number"`
	Device   uint64    `json:"device,omitempty"` // 0 where the system has no such numbers
	Inode    uint64    `json:"inode,omitempty"`
	Prefix   int       `json:"prefix"`   // bytes at the start that Sum is of
	Sum      string    `json:"sum"`      // of them, uncompressed
	Read     int64     `json:"read"`     // bytes read so far, where it is not compressed: when it is shorter it was truncated
	Whole    bool      `json:"whole"`    // it was read to its end
	Modified time.Time `json:"modified"` // when it was last written to, as far as is known
}

// prefixMost is how much of a file tells it from others.
const prefixMost = 4 << 10

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:16])
}

// errCut is the end of a file that was truncated.
var errCut = errors.New("truncated in place")

func cannotRead(path string, err error) error {
	return &inkling.Error{Code: inkling.Invalid, Place: path, What: "cannot read", Err: err, Remedy: "check the disk"}
}

// moved reports whether info is of the file f: the same inode, not truncated.
func (f *File) moved(info os.FileInfo) bool {
	device, ino := inode(info)
	return ino != 0 && ino == f.Inode && device == f.Device && info.Size() >= f.Read
}

// begins reports whether the file at path begins as f does, through compression. Of a file that was read
// to its end before its first bytes were many, all has to be the same.
func (f *File) begins(path string, open Opener) bool {
	if f.Prefix <= 0 {
		return false
	}
	b, err := firstBytes(path, open, min(f.Prefix+1, prefixMost))
	return err == nil && f.startsWith(b)
}

// startsWith is begins for the first bytes of a file, one more than is known of it.
func (f *File) startsWith(b []byte) bool {
	if len(b) < f.Prefix || f.Whole && f.Prefix < prefixMost && len(b) > f.Prefix {
		return false
	}
	return sum(b[:f.Prefix]) == f.Sum
}

// is reports whether an open file is f, as far as that is known.
func (f *File) is(file *os.File, info os.FileInfo, open Opener) bool {
	if f.Prefix <= 0 {
		return f.Inode == 0 || f.moved(info)
	}
	b, err := beginning(file, open, min(f.Prefix+1, prefixMost))
	return err == nil && f.startsWith(b)
}

// firstBytes gives the first n bytes of a file, uncompressed, or all when it is shorter.
func firstBytes(path string, open Opener, n int) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return beginning(file, open, n)
}

// beginning is firstBytes of an open file, which stays where it is.
func beginning(file *os.File, open Opener, n int) ([]byte, error) {
	plain, err := open.Plain(io.NewSectionReader(file, 0, math.MaxInt64), file.Name())
	if err != nil {
		return nil, err
	}
	b := make([]byte, n)
	got, err := io.ReadFull(plain, b)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, err
	}
	return b[:got], nil
}

// End gives the position behind what a file holds by now, so that only what is appended later is new. ok is false for
// a file that does not grow.
func End(path string, open Opener) (p Position, ok bool, err error) {
	f, err := os.Open(path)
	if err != nil {
		return p, false, cannotOpen(path, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return p, false, cannotOpen(path, err)
	}
	if !info.Mode().IsRegular() {
		return p, false, &inkling.Error{Code: inkling.Invalid, Place: path, What: "is no plain file", Remedy: "name a log, - for standard input, or unix:///path for a socket"}
	}
	t := tail{r: &Reader{path: path}, file: &File{Number: 1, Modified: info.ModTime()}}
	t.file.Device, t.file.Inode = inode(info)
	p.Place = Place{File: 1}
	b := make([]byte, 256<<10)
	for {
		n, err := f.Read(b)
		if n > 0 && t.read == 0 && open.Fixed(b[:min(n, headMost)]) {
			return Position{}, false, nil
		}
		p.Place.Line += bytes.Count(b[:n], []byte{'\n'})
		t.note(b[:n])
		if err == io.EOF {
			break
		}
		if err != nil {
			return p, false, cannotRead(path, err)
		}
	}
	p.Files = []File{*t.file}
	return p, true, nil
}
