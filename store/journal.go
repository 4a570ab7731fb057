package store

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/inkling-sec/inkling"
)

// A Journal is a file of lines that grows, and a note beside it of how far the work has come that the lines are made
// by. Whatever happens to the program, after [OpenJournal] the lines are those of the work up to the note, no more and no less:
//
//   - Commit syncs the lines before it writes the note, whole or not at all. So what a note speaks of is on the disk.
//   - The note says how long the file was. What is longer was made by work that the note does not speak of, and will be made
//     again: OpenJournal cuts it off.
//   - The file may be rotated. Once [Journal.Rotated] says so, Commit goes on to the file that has its name then. One that was
//     rotated just before a crash is known by its last bytes, where it is still beside, compressed or not, and cut all the same.
//
// So work that is started again at the note leaves the file as if it had never stopped, given that it makes the
// same lines. Who reads the file while it is written may see lines go and come back the same, those of the moment before a crash.
type Journal struct {
	path   string
	lines  file   // nil: there is a note alone
	length int64  // of its whole lines
	torn   bool   // half a line may be behind these
	fresh  bool   // no note speaks of this file, but one of the file before
	note   string // the note's file
	lock   *os.File
}

// file is what is asked of the [os.File] that lines are in.
type file interface {
	io.Writer
	io.ReaderAt
	Name() string
	Stat() (fs.FileInfo, error)
	Sync() error
	Truncate(size int64) error
	Close() error
}

// noted is what a note's file holds.
type noted struct {
	Length int64           `json:"length"`
	Ending string          `json:"ending,omitempty"` // sum of the last bytes of that length, by which a file is known again
	Note   json.RawMessage `json:"note"`
	Sum    string          `json:"sum,omitempty"` // of the others
}

// sum gives the sum of a note, which is compact JSON.
func (n noted) sum() string {
	h := sha256.Sum256(fmt.Appendf(nil, "%d %s %s", n.Length, n.Ending, n.Note))
	return hex.EncodeToString(h[:16])
}

// OpenJournal opens the lines at path, none when it is empty, and gives what was noted last, nil before the first Commit.
// One program at a time may have it open.
func OpenJournal(path, note string) (*Journal, []byte, error) {
	j := &Journal{path: path, note: note}
	name := path
	if path == "" {
		name = note + ".lock"
	}
	f, size, err := openLocked(name, path != "")
	if err != nil {
		return nil, nil, err
	}
	j.use(f, size)
	sweep(filepath.Dir(note))
	last, err := j.resume()
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return j, last, nil
}

// openLocked opens a file that no other program has open, and gives its size.
func openLocked(name string, lines bool) (*os.File, int64, error) {
	flags := os.O_RDWR | os.O_CREATE
	if lines {
		flags |= os.O_APPEND
	}
	f, err := os.OpenFile(name, flags, 0o600)
	if err != nil {
		return nil, 0, unwritable(name, errors.Unwrap(err))
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		f.Close()
		return nil, 0, &inkling.Error{Code: inkling.Invalid, Place: name, What: "is no plain file", Remedy: "name a file, or - for standard output"}
	}
	if err == nil {
		err = lock(f)
	}
	if err == nil { // whoever had the lock may have written until then
		info, err = f.Stat()
	}
	if err != nil {
		f.Close()
		return nil, 0, &inkling.Error{Code: inkling.Conflict, Place: name, What: "another program writes it", Remedy: "stop that, or write to another file", Err: err}
	}
	syncFolder(name)
	return f, info.Size(), nil
}

// use takes a file for the lines, or where there are none for the lock.
func (j *Journal) use(f *os.File, size int64) {
	if j.lock = f; j.path != "" {
		j.lines, j.length, j.torn = f, size, false
	}
}

// resume gives what was noted last and cuts off what the note does not speak of.
func (j *Journal) resume() ([]byte, error) {
	b, err := os.ReadFile(j.note)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, j.whole(j.lines, j.length)
	}
	n := noted{Length: -1}
	if err == nil {
		err = json.Unmarshal(b, &n)
	}
	if err != nil || n.Length < 0 || n.Note == nil || n.Sum != "" && n.Sum != n.sum() {
		remedy := "remove it to start anew"
		if j.lines != nil {
			remedy += "; lines that are made again come twice unless " + j.path + " is moved away"
		}
		return nil, &inkling.Error{Code: inkling.Invalid, Place: j.note, What: "the note of how far the work has come is damaged", Remedy: remedy, Err: err}
	}
	switch {
	case j.lines == nil:
		return n.Note, nil
	case j.length >= n.Length && n.Ending != "" && ending(j.lines, n.Length) == n.Ending:
		return n.Note, j.cut(n.Length)
	}
	if aside, err := j.putAside(n); err != nil {
		return nil, err
	} else if aside || j.length <= n.Length { // what comes is added
		j.fresh = true
		return n.Note, j.whole(j.lines, j.length)
	}
	if ends, err := ends(j.lines, n.Length); !ends || n.Ending != "" && n.Length > 0 {
		return nil, &inkling.Error{Code: inkling.Conflict, Place: j.path, What: "holds other lines than those that " + j.note + " speaks of", Remedy: "move it away, or write to another file", Err: err}
	}
	return n.Note, j.cut(n.Length)
}

// putAside reports whether the lines that a note speaks of are in other files beside: renamed, copied, or compressed since. These are cut.
func (j *Journal) putAside(n noted) (found bool, err error) {
	if n.Ending == "" {
		return false, nil
	}
	dir, base := filepath.Split(j.path)
	stem := strings.TrimSuffix(base, filepath.Ext(base)) // rotated files keep it: alerts.jsonl.1, alerts-20261127.jsonl
	entries, _ := os.ReadDir(filepath.Dir(j.path))       // what cannot be listed cannot be cut
	for _, e := range entries {
		if !e.Type().IsRegular() || e.Name() == base || !strings.HasPrefix(e.Name(), stem) {
			continue
		}
		path := filepath.Join(dir, e.Name())
		f, err := os.Open(path)
		if err != nil {
			continue
		}
		same := ending(f, n.Length) == n.Ending
		f.Close()
		if !same {
			found = cutPacked(path, n) || found
			continue
		}
		if err := os.Truncate(path, n.Length); err != nil {
			return false, unwritable(path, errors.Unwrap(err))
		}
		found = true
	}
	return found, nil
}

// ending gives the sum of the last bytes of the first ones of a file; "" where it has none or not so many.
func ending(f io.ReaderAt, length int64) string {
	b := make([]byte, min(length, endingSize))
	if n, _ := f.ReadAt(b, length-int64(len(b))); n == 0 || n < len(b) {
		return ""
	}
	return endingOf(b)
}

// endingSize is how many of the last bytes a file is known by.
const endingSize = 1 << 10

func endingOf(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:16])
}

// whole refuses to add to a file whose last line is cut short.
func (j *Journal) whole(f io.ReaderAt, size int64) error {
	if j.lines == nil {
		return nil
	}
	if ends, err := ends(f, size); !ends {
		return &inkling.Error{Code: inkling.Invalid, Place: j.path, What: "its last line is cut short: nothing can be added to it", Remedy: "move it away, or write to another file", Err: err}
	}
	return nil
}

// ends reports whether so many bytes are whole lines.
func ends(f io.ReaderAt, size int64) (bool, error) {
	var last [1]byte
	if size == 0 {
		return true, nil
	}
	_, err := f.ReadAt(last[:], size-1)
	return err == nil && last[0] == '\n', err
}

func (j *Journal) cut(length int64) error {
	if err := j.lines.Truncate(length); err != nil {
		return unwritable(j.path, errors.Unwrap(err))
	}
	j.length, j.torn = length, false
	return nil
}

// Rotated reports whether the file of the lines was renamed, removed or truncated since it was opened. What was
// appended is then to be committed before more is.
func (j *Journal) Rotated() bool {
	if j.lines == nil || j.fresh {
		return j.fresh
	}
	info, err := j.lines.Stat()
	return err == nil && info.Size() < j.length || j.moved()
}

// moved reports whether another file, or none, has the name of the lines'.
func (j *Journal) moved() bool {
	now, err := os.Stat(j.path)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	info, err := j.lines.Stat()
	return err == nil && !os.SameFile(info, now)
}

// Append adds whole lines, or nothing when it fails. They are in the file, but not safe before Commit.
func (j *Journal) Append(lines []byte) error {
	if len(lines) == 0 {
		return nil
	}
	if err := j.mend(); err != nil {
		return err
	}
	if _, err := j.lines.Write(lines); err != nil {
		j.torn = true
		if cut := j.mend(); cut != nil {
			return fmt.Errorf("%w, and half a line cannot be taken back yet: %w", unwritable(j.path, errors.Unwrap(err)), cut)
		}
		return unwritable(j.path, errors.Unwrap(err))
	}
	j.length += int64(len(lines))
	return nil
}

// mend takes back half a line that is behind the whole ones.
func (j *Journal) mend() error {
	if !j.torn {
		return nil
	}
	info, err := j.lines.Stat()
	if err != nil {
		return unwritable(j.path, errors.Unwrap(err))
	}
	return j.cut(min(j.length, info.Size()))
}

// Commit makes the lines safe, then notes how far the work has come. Where the file was rotated, lines go on in the one that has its name now.
func (j *Journal) Commit(note []byte) (err error) {
	n := noted{}
	if n.Note, err = json.Marshal(json.RawMessage(note)); err != nil {
		return err
	}
	if j.lines != nil {
		if err := j.commitLines(); err != nil {
			return err
		}
		n.Length, n.Ending = j.length, ending(j.lines, j.length)
	}
	n.Sum = n.sum()
	if err := WriteFile(j.note, func(w io.Writer) error { return json.NewEncoder(w).Encode(n) }); err != nil {
		return err
	}
	j.fresh = false
	return nil
}

// commitLines makes the lines safe, and opens the file that has their name now.
func (j *Journal) commitLines() error {
	if err := j.mend(); err != nil {
		return err
	}
	if err := j.lines.Sync(); err != nil {
		return unwritable(j.path, errors.Unwrap(err))
	}
	if !j.moved() {
		info, err := j.lines.Stat()
		if err != nil {
			return unwritable(j.path, errors.Unwrap(err))
		}
		j.fresh = j.fresh || info.Size() < j.length
		j.length = info.Size()
		return nil
	}
	f, size, err := openLocked(j.path, true)
	if err == nil {
		if err = j.whole(f, size); err != nil {
			f.Close()
		}
	}
	if err != nil {
		return err
	}
	j.lines.Close()
	j.use(f, size)
	j.fresh = true
	return nil
}

// Close lets others open it. What was not committed is made again.
func (j *Journal) Close() error { return j.lock.Close() }
