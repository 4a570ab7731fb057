// Package follow reads a log that grows, as tail -F does: lines that are appended, through rotation by renaming,
// truncation in place, replacement and removal. It tells after each record how far it has come, and what another
// run needs to go on from there, when the file has meanwhile been renamed or compressed, and others came after it.
//
// It looks at the file at fixed intervals instead of having the system tell of changes: that works on network file
// systems too, has no queue that can overflow, and misses nothing, as what a log holds does not depend on when it is
// looked at. What it costs is a look five times a second while nothing comes.
package follow

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/inkling-sec/inkling"
)

// Place is how far a log has been read.
type Place struct {
	File int `json:"file"` // its number: from 1, in the order in which they were read
	Line int `json:"line"` // of the last record; 0 before the first

	// Part tells apart records that one line ended, of a [Joined] reader.
	Part int `json:"part,omitempty"`
}

// Beyond reports whether p is further than q.
func (p Place) Beyond(q Place) bool {
	return cmp.Or(cmp.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line), cmp.Compare(p.Part, q.Part)) > 0
}

// Joined is a reader that makes a record of several lines, and gives it when it has ended: not in the order of the records' lines.
type Joined interface {
	// Ended gives the line that ended the record last read, and how many records that line had ended before it. Both are the same whenever the file is read.
	Ended() (line, part int)
}

// Position is what one run leaves to the next.
type Position struct {
	Place Place  `json:"place"` // of the last record that is done with
	Files []File `json:"files"` // those that the next run is to read again or on, oldest first
}

// Opener is what following has to know of formats.
type Opener struct {
	Plain func(r io.Reader, file string) (*bufio.Reader, error) // undoes compression
	Fixed func(head []byte) bool                                // whether a file that begins so is none that lines are appended to
	New   func(r io.Reader, file string) (inkling.Reader, error)
}

// Options say how to follow; the zero value reads the file from its start.
type Options struct {
	Poll   time.Duration          // between looks at the file; 0 means 200 ms
	Beside []string               // folders that rotated files may be in, or in folders of theirs, beside the log's own
	Told   func(string)           // hears what happens to the file; may be nil
	Resume *Position              // of a run before
	From   Place                  // with Resume: records up to here are passed over
	Names  func(name string) bool // whether a file of that name may be the log, rotated; nil means a usual rule

	// Fits tells by the first record of a file beside what speaks against its being the log, rotated; nil: nothing does.
	Fits func(*inkling.Record) error
}

// Reader gives the records of a log, from one file after the other. At the end of what is written, Read waits for
// more; it ends only with a file that does not grow: a compressed one or a capture.
type Reader struct {
	path string
	open Opener
	o    Options
	done chan struct{} // closed by Close

	records inkling.Reader // of the file that is being read, nil between files
	queue   []waiting      // files to be read before the one at path
	after   *File          // the one that those at path and in between come after; nil at first

	mu    sync.Mutex
	files []*File // read or being read, oldest first
	tail  *tail   // the file being read
	place Place   // of the record last read
}

// waiting is a file that is to be read.
type waiting struct {
	at   string // where it is
	file File   // Number is 0 if it has none yet
}

// New follows the file at path.
func New(path string, open Opener, o Options) (*Reader, error) {
	if o.Poll <= 0 {
		o.Poll = 200 * time.Millisecond
	}
	if o.Told == nil {
		o.Told = func(string) {}
	}
	if o.Names == nil {
		o.Names = rotatedNames(filepath.Base(path))
	}
	r := &Reader{path: path, open: open, o: o, done: make(chan struct{})}
	if o.Resume != nil && len(o.Resume.Files) > 0 {
		return r, r.resume(o.Resume)
	}
	if _, err := os.Stat(path); err != nil {
		return nil, cannotOpen(path, err)
	}
	return r, nil
}

func cannotOpen(path string, err error) error {
	code, remedy := inkling.Invalid, "mend its permissions"
	var p *os.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	if errors.Is(err, os.ErrNotExist) {
		code, remedy = inkling.NotFound, "check the path"
	}
	return &inkling.Error{Code: code, Place: path, What: "cannot open", Err: err, Remedy: remedy}
}

// Close ends a Read that is under way in another goroutine.
func (r *Reader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed() {
		close(r.done)
	}
	if r.tail != nil {
		r.tail.f.Close()
	}
	return nil
}

func (r *Reader) closed() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

// pause waits for the next look; false means that the reader was closed.
func (r *Reader) pause() bool {
	select {
	case <-r.done:
		return false
	case <-time.After(r.o.Poll):
		return true
	}
}

var errClosed = errors.New("no longer followed")

// Place tells the place of the record last read.
func (r *Reader) Place() Place {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.place
}

// Position gives what another run needs to go on after a place that was read, and to read again from the file of
// number first on. Some files before that are named so that they are not taken for new ones. It may be asked from any goroutine.
func (r *Reader) Position(at Place, first int) Position {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := Position{Place: at}
	for _, f := range r.files {
		if f.Number >= first-filesBefore && f.Number <= at.File {
			p.Files = append(p.Files, *f)
		}
	}
	return p
}

const filesBefore = 8

// mostFiles is how many files that are done with are known again.
const mostFiles = 100

// Read implements inkling.Reader.
func (r *Reader) Read(rec *inkling.Record) error {
	for {
		if r.closed() {
			return errClosed
		}
		if r.records == nil {
			if err := r.next(); err != nil {
				return err
			}
		}
		err := r.records.Read(rec)
		switch {
		case err == nil && r.other(rec): // is done with
		case err == nil:
			at := Place{File: r.number(), Line: rec.Origin.Line}
			if j, ok := r.records.(Joined); ok {
				if r.closed() {
					return errClosed // what it took for the end of the file is none
				}
				at.Line, at.Part = j.Ended()
			}
			r.mu.Lock()
			r.place = at
			r.mu.Unlock()
			if at.Beyond(r.o.From) {
				return nil
			}
		case inkling.Skippable(err):
			if r.o.From.Line == 0 || !r.o.From.Beyond(r.place) {
				return err
			} // else it was told of before
		case r.tail.cut || r.tail.eof:
			if !r.tail.follows() {
				return err
			}
			if err != io.EOF && !r.tail.cut {
				r.o.Told(err.Error())
			}
			r.leave()
		case r.tail.fixed && r.tail.follows() && !r.closed(): // a damaged copy stays so, and must not keep what follows waiting
			r.o.Told(fmt.Sprintf("%s is damaged, and what is behind in it left out: %v", r.tail.f.Name(), err))
			r.tail.damaged = true
			r.leave()
		default:
			return err
		}
	}
}

// other reports whether a file turns out by its first record to be another than the log, which is told, and leaves it.
func (r *Reader) other(rec *inkling.Record) bool {
	t := r.tail
	if !t.beside || r.o.Fits == nil {
		return false
	}
	t.beside = false // asked once
	err := r.o.Fits(rec)
	if err == nil {
		return false
	}
	r.o.Told(fmt.Sprintf("%s: is named as the log, rotated, but its records are others, and left out: %v", t.f.Name(), err))
	t.damaged = true
	r.leave()
	return true
}

func (r *Reader) number() int { return r.tail.file.Number }

// next goes to the next file: the one that waits, or else the one at path, when there is one.
func (r *Reader) next() error {
	told := false
	for {
		w := waiting{at: r.path}
		last := len(r.queue) == 0
		if !last {
			w, r.queue = r.queue[0], r.queue[1:]
		}
		t, err := r.enter(w)
		if err == errBetween {
			continue
		}
		if err != nil && !last { // renamed or compressed since it was seen
			if at, ok := r.find(&w.file); ok {
				w.at = at
				t, err = r.enter(w)
			}
			if err != nil {
				r.o.Told(fmt.Sprintf("%s: cannot be read any more, its records are left out: %v", w.at, err))
				continue
			}
		}
		if err != nil {
			if !told && !errors.Is(err, os.ErrNotExist) {
				r.o.Told(cannotOpen(r.path, err).Error() + "; tried again")
				told = true
			}
			if !r.pause() {
				return errClosed
			}
			continue
		}
		head, err := t.head()
		if err != nil {
			return err
		}
		if len(head) == 0 { // another one came before there was anything in it
			r.leave()
			continue
		}
		r.records, err = r.open.New(t, r.path)
		if err != nil && !last && !r.closed() {
			r.o.Told(fmt.Sprintf("%s: cannot be read, its records are left out: %v", w.at, err))
			t.damaged = true
			r.leave()
			continue
		}
		return err
	}
}

// errBetween says that the log was rotated once more before it was opened.
var errBetween = errors.New("another file is to be read first")

// enter opens a file and makes it the one being read.
func (r *Reader) enter(w waiting) (*tail, error) {
	f, err := os.Open(w.at)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no plain file", w.at)
	}
	if err == nil && w.file.Number != 0 && !w.file.is(f, info, r.open) {
		err = errors.New("another file has its name by now")
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	if w.file.Number == 0 && r.after != nil {
		if r.between(r.after); len(r.queue) > 0 {
			f.Close()
			return nil, errBetween
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed() {
		f.Close()
		return nil, errClosed
	}
	file := w.file
	if file.Number == 0 {
		file = File{Number: r.highest() + 1}
		file.Device, file.Inode = inode(info)
		file.Modified = info.ModTime()
	}
	r.files = slices.DeleteFunc(r.files, func(f *File) bool { return f.Number == file.Number })
	r.files = append(r.files, &file)
	if n := len(r.files); n > mostFiles {
		r.files = r.files[n-mostFiles:]
	}
	r.tail = &tail{r: r, f: f, src: f, info: info, file: &file, beside: w.at != r.path}
	return r.tail, nil
}

func (r *Reader) highest() int {
	n := 0
	for _, f := range r.files {
		n = max(n, f.Number)
	}
	for _, w := range r.queue {
		n = max(n, w.file.Number)
	}
	return n
}

// leave is done with the file being read. What came between it and the one at path is read next.
func (r *Reader) leave() {
	t := r.tail
	r.records = nil
	r.mu.Lock()
	t.file.Whole = !t.cut
	if info, err := t.f.Stat(); err == nil {
		t.file.Modified = info.ModTime()
	}
	t.f.Close()
	r.tail = nil
	r.mu.Unlock()
	if len(r.queue) > 0 {
		return
	}
	after := t.file
	if t.cut {
		r.rescue(t.file)
	} else if r.place.File == after.Number && !t.damaged {
		r.o.Told(fmt.Sprintf("%s: was rotated; it was read to its end, line %d", r.path, r.place.Line))
	}
	if n := len(r.queue); n > 0 {
		after = &r.queue[n-1].file
	}
	r.after = after
	r.between(after)
}

// rescue looks for a copy of a file that was truncated before all of it was read.
func (r *Reader) rescue(f *File) {
	at, ok := r.find(f)
	if ok && at != r.path {
		copied := *f
		if info, err := os.Stat(at); err == nil {
			copied.Modified = info.ModTime()
		}
		r.queue = append(r.queue, waiting{at, copied})
		if r.place.Beyond(r.o.From) {
			r.o.From = r.place
		}
		r.place = Place{}
		r.o.Told(fmt.Sprintf("%s: was truncated; the rest of what it held is read from %s, then it is read from its start", r.path, at))
		return
	}
	r.o.Told(fmt.Sprintf("%s: was truncated after line %d; it is read from its start again", r.path, r.place.Line))
}
