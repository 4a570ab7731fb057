package follow

import (
	"bytes"
	"io"
	"os"
)

// tail is the bytes of one file, as they come.
type tail struct {
	r       *Reader
	f       *os.File
	src     io.Reader // f, without compression
	info    os.FileInfo
	file    *File
	fixed   bool // does not grow: ends where the file does
	cut     bool // was truncated below what was read
	damaged bool // the rest of it cannot be read, or is not the log's
	beside  bool // goes by another name than the log's, and none of its records was looked at
	eof     bool // the end was met, and is final
	late    bool // another file was there at the last look

	prefix []byte // the first bytes, prefixMost at most
	read   int64
}

const headMost = 4 << 10

// follows reports whether another file may follow on this one.
func (t *tail) follows() bool {
	return !t.fixed || len(t.r.queue) > 0 || !t.atPath()
}

// atPath reports whether the file still goes by the log's name.
func (t *tail) atPath() bool {
	now, err := os.Stat(t.r.path)
	return err == nil && os.SameFile(now, t.info)
}

// head waits for the first line and gives the first bytes; none when the file ends without any. It decides whether the file grows.
func (t *tail) head() ([]byte, error) {
	b := make([]byte, headMost)
	for {
		n, err := t.f.ReadAt(b, 0)
		switch {
		case t.r.closed():
			return nil, errClosed
		case err != nil && err != io.EOF:
			return nil, cannotRead(t.r.path, err)
		}
		if t.fixed = t.r.open.Fixed(b[:n]); t.fixed {
			t.src, err = t.r.open.Plain(t.f, t.r.path)
			return b[:n], err
		}
		if n == len(b) || bytes.IndexByte(b[:n], '\n') >= 0 || t.over() {
			return b[:n], nil
		}
		if !t.r.pause() {
			return nil, errClosed
		}
	}
}

// Read gives what there is, or waits for it. It ends when the file does: when another one is in its place, or waits to be read.
func (t *tail) Read(b []byte) (int, error) {
	for {
		n, err := t.src.Read(b)
		if n > 0 {
			if !t.fixed && !t.same() {
				t.cut = true
				return 0, errCut
			}
			t.late = false
			t.note(b[:n])
			return n, nil
		}
		switch {
		case t.r.closed():
			return 0, errClosed
		case err != nil && err != io.EOF:
			return 0, err
		case t.fixed:
			t.eof = true
			return 0, io.EOF
		}
		if t.over() {
			if t.cut {
				return 0, errCut
			}
			t.eof = true
			return 0, io.EOF
		}
		if !t.r.pause() {
			return 0, errClosed
		}
	}
}

// over reports whether nothing more can come. A file that was moved away is read until the one in its
// place has something in it and nothing more came to the old one between two looks: a program writes to the file it has
// open until it is told of the rotation.
func (t *tail) over() bool {
	if info, err := t.f.Stat(); err == nil && info.Size() < t.read && !t.fixed {
		t.cut = true
		return true
	}
	if len(t.r.queue) > 0 {
		return true
	}
	now, err := os.Stat(t.r.path)
	if err != nil || os.SameFile(now, t.info) || now.Size() == 0 {
		return false
	}
	late := t.late
	t.late = true
	return late
}

// same reports whether the file begins as it did: one that was truncated may be longer again than it was.
func (t *tail) same() bool {
	b := make([]byte, len(t.prefix))
	_, err := t.f.ReadAt(b, 0)
	return err == nil && bytes.Equal(b, t.prefix)
}

// note counts what was read, and says in the file's description what is known of it.
func (t *tail) note(b []byte) {
	t.read += int64(len(b))
	if len(t.prefix) < prefixMost {
		t.prefix = append(t.prefix, b[:min(len(b), prefixMost-len(t.prefix))]...)
	}
	t.r.mu.Lock()
	defer t.r.mu.Unlock()
	if len(t.prefix) > t.file.Prefix {
		t.file.Prefix, t.file.Sum = len(t.prefix), sum(t.prefix)
	}
	if !t.fixed {
		t.file.Read = max(t.file.Read, t.read)
	}
}
