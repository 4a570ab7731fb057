package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/inkling-sec/inkling"
)

// A Journal is a file of lines that grows, and a note beside it of how far the work has come that the lines are made
// by. Whatever happens to the program, after [OpenJournal] the lines are those of the work up to the note, no more and no less:
//
//   - Commit syncs the lines before it writes the note, whole or not at all. So what a note speaks of is on the disk.
//   - The note says how long the file was. What is longer was made by work that the note does not speak of, and will be made
//     again: OpenJournal cuts it off.
//
// So work that is started again at the note leaves the file as if it had never stopped, given that it makes the
// same lines. Who reads the file while it is written may see lines go and come back the same, those of the moment before a crash.
type Journal struct {
	lines *os.File // nil: there is a note alone
	note  string   // the note's file
	lock  *os.File
}

// noted is what a note's file holds.
type noted struct {
	Length int64           `json:"length"`
	Note   json.RawMessage `json:"note"`
}

// OpenJournal opens the lines at path, none when it is empty, and gives what was noted last, nil before the first Commit.
// One program at a time may have it open.
func OpenJournal(path, note string) (*Journal, []byte, error) {
	j := &Journal{note: note}
	name, flags := path, os.O_RDWR|os.O_APPEND|os.O_CREATE
	if path == "" {
		name, flags = note+".lock", os.O_RDWR|os.O_CREATE
	}
	f, err := os.OpenFile(name, flags, 0o600)
	if err != nil {
		return nil, nil, unwritable(name, errors.Unwrap(err))
	}
	j.lock = f
	if path != "" {
		j.lines = f
		syncFolder(path)
	}
	last, err := j.open(name)
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return j, last, nil
}

func (j *Journal) open(name string) ([]byte, error) {
	info, err := j.lock.Stat()
	if err == nil && !info.Mode().IsRegular() {
		return nil, &inkling.Error{Code: inkling.Invalid, Place: name, What: "is no plain file", Remedy: "name a file, or - for standard output"}
	}
	if err == nil {
		err = lock(j.lock)
	}
	if err == nil { // whoever had the lock may have written until then
		info, err = j.lock.Stat()
	}
	if err != nil {
		return nil, &inkling.Error{Code: inkling.Conflict, Place: name, What: "another program writes it", Remedy: "stop that, or write to another file", Err: err}
	}
	b, err := os.ReadFile(j.note)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, j.whole(info.Size())
	}
	n := noted{Length: -1}
	if err == nil {
		err = json.Unmarshal(b, &n)
	}
	if err != nil || n.Length < 0 || n.Note == nil {
		return nil, &inkling.Error{Code: inkling.Invalid, Place: j.note, What: "the note of how far the work has come is damaged", Remedy: "remove it to start anew", Err: err}
	}
	if j.lines == nil || info.Size() <= n.Length { // a file that is shorter was put aside: what comes is added
		return n.Note, j.whole(info.Size())
	}
	if ends, err := j.ends(n.Length); !ends {
		return nil, &inkling.Error{Code: inkling.Conflict, Place: name, What: "holds other lines than those that " + j.note + " speaks of", Remedy: "move it away, or write to another file", Err: err}
	}
	return n.Note, j.cut(n.Length)
}

// whole refuses to add to a file whose last line is cut short.
func (j *Journal) whole(size int64) error {
	if ends, err := j.ends(size); !ends {
		return &inkling.Error{Code: inkling.Invalid, Place: j.lines.Name(), What: "its last line is cut short: nothing can be added to it", Remedy: "move it away, or write to another file", Err: err}
	}
	return nil
}

// ends reports whether so many bytes are whole lines.
func (j *Journal) ends(size int64) (bool, error) {
	var last [1]byte
	if j.lines == nil || size == 0 {
		return true, nil
	}
	_, err := j.lines.ReadAt(last[:], size-1)
	return err == nil && last[0] == '\n', err
}

func (j *Journal) cut(length int64) error {
	if err := j.lines.Truncate(length); err != nil {
		return unwritable(j.lines.Name(), errors.Unwrap(err))
	}
	return nil
}

// Append adds whole lines, or nothing when it fails. They are in the file, but not safe before Commit.
func (j *Journal) Append(lines []byte) error {
	if len(lines) == 0 {
		return nil
	}
	info, err := j.lines.Stat()
	if err != nil {
		return unwritable(j.lines.Name(), errors.Unwrap(err))
	}
	if _, err := j.lines.Write(lines); err != nil {
		if cut := j.cut(info.Size()); cut != nil {
			return fmt.Errorf("%w, and half a line cannot be taken back: %w", unwritable(j.lines.Name(), errors.Unwrap(err)), cut)
		}
		return unwritable(j.lines.Name(), errors.Unwrap(err))
	}
	return nil
}

// Commit makes the lines safe, then notes how far the work has come.
func (j *Journal) Commit(note []byte) error {
	n := noted{Note: note}
	if j.lines != nil {
		if err := j.lines.Sync(); err != nil {
			return unwritable(j.lines.Name(), errors.Unwrap(err))
		}
		info, err := j.lines.Stat()
		if err != nil {
			return unwritable(j.lines.Name(), errors.Unwrap(err))
		}
		n.Length = info.Size()
	}
	return WriteFile(j.note, func(w io.Writer) error { return json.NewEncoder(w).Encode(n) })
}

// Close lets others open it. What was not committed is made again.
func (j *Journal) Close() error { return j.lock.Close() }
