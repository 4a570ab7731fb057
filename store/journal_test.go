package store

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/inkling-sec/inkling"
)

func journal(t *testing.T, dir string) (*Journal, string) {
	t.Helper()
	j, note, err := OpenJournal(filepath.Join(dir, "lines"), filepath.Join(dir, "note"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j, string(note)
}

// Whatever was appended after the last Commit is cut off, and the note is that of the last Commit.
func TestJournal(t *testing.T) {
	dir := t.TempDir()
	is := func(want string) {
		t.Helper()
		if b, _ := os.ReadFile(filepath.Join(dir, "lines")); string(b) != want {
			t.Errorf("lines %q, want %q", b, want)
		}
	}
	j, note := journal(t, dir)
	if note != "" {
		t.Errorf("a new journal has the note %q", note)
	}
	for _, err := range []error{j.Commit([]byte("0")), j.Append([]byte("a\nb\n")), j.Commit([]byte("2")), j.Append([]byte("c\n"))} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := OpenJournal(filepath.Join(dir, "lines"), filepath.Join(dir, "note")); inkling.CodeOf(err) != inkling.Conflict {
		t.Errorf("opened twice: %v", err)
	}
	is("a\nb\nc\n")
	j.Close()
	if _, note = journal(t, dir); note != "2" {
		t.Errorf("note %q", note)
	}
	is("a\nb\n")
}

func TestJournalBeginnings(t *testing.T) {
	for _, tt := range []struct{ name, lines, note, want, fails string }{
		{"lines of before are kept", "x\n", "", "x\n", ""},
		{"half a line of before", "x\ny", "", "", "cut short"},
		{"killed in the middle of a line", "x\ny", `{"length":2,"note":1}`, "x\n", ""},
		{"killed before anything was written", "y", `{"length":0,"note":1}`, "", ""},
		{"put aside and begun anew", "y\n", `{"length":200,"note":1}`, "y\n", ""},
		{"a damaged note", "y\n", `{"length":2`, "", "damaged"},
		{"a note of nothing", "y\n", `null`, "", "damaged"},
		{"a note without a length", "y\n", `{"note":1}`, "", "damaged"},
		{"a note of less than nothing", "y\n", `{"length":-1,"note":1}`, "", "damaged"},
		{"put aside, and what came in its place ends in half a line", "x\ny", `{"length":200,"note":1}`, "", "cut short"},
		{"put aside, and what came in its place is longer", "one\ntwo\n", `{"length":2,"note":1}`, "", "other lines"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range map[string]string{"lines": tt.lines, "note": tt.note} {
				if text != "" {
					if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
						t.Fatal(err)
					}
				}
			}
			j, _, err := OpenJournal(filepath.Join(dir, "lines"), filepath.Join(dir, "note"))
			if tt.fails != "" {
				if err == nil || !strings.Contains(err.Error(), tt.fails) {
					t.Errorf("%v, want %q", err, tt.fails)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer j.Close()
			if err := j.Append([]byte("z\n")); err != nil {
				t.Fatal(err)
			}
			if b, _ := os.ReadFile(filepath.Join(dir, "lines")); string(b) != tt.want+"z\n" {
				t.Errorf("%q", b)
			}
		})
	}
}

// Work that is stopped at any moment, with any part of its lines written, and started again at the note leaves the lines as if it never was.
func TestJournalStoppedAnywhere(t *testing.T) {
	line := func(i int) string { return strings.Repeat("x", i%7) + strconv.Itoa(i) + "\n" }
	for seed := range uint64(40) {
		r, dir, done, stops := rand.New(rand.NewPCG(seed, 1)), t.TempDir(), 0, 0
		for done < 100 {
			j, note, err := OpenJournal(filepath.Join(dir, "lines"), filepath.Join(dir, "note"))
			if err != nil {
				t.Fatalf("seed %d, after %d stops: %v", seed, stops, err)
			}
			if done = 0; note != nil {
				done, _ = strconv.Atoi(string(note))
			} else if err := j.Commit([]byte("0")); err != nil {
				t.Fatal(err)
			}
			stop := done + 1 + r.IntN(30)
			for i := done; i < min(stop, 100); i++ {
				if err := j.Append([]byte(line(i))); err != nil {
					t.Fatal(err)
				}
				if i == 99 || r.IntN(6) == 0 {
					if err := j.Commit([]byte(strconv.Itoa(i + 1))); err != nil {
						t.Fatal(err)
					}
					done = i + 1
				}
			}
			if half := line(stop); done < 100 {
				j.lines.Write([]byte(half[:r.IntN(len(half))]))
			}
			j.Close()
			stops++
		}
		var want strings.Builder
		for i := range 100 {
			want.WriteString(line(i))
		}
		if b, _ := os.ReadFile(filepath.Join(dir, "lines")); string(b) != want.String() {
			t.Fatalf("seed %d: after %d stops the lines are %q", seed, stops, b)
		}
	}
}

// The file of the lines is rotated in every way, at any moment, also just before a stop: all the files together hold each line once.
// A file is rotated only when a note speaks of lines in it: one that held none is not known again.
func TestJournalRotated(t *testing.T) {
	for _, way := range []string{"renamed", "renamed, and another begun", "copied and truncated", "compressed by .gz", "compressed by .zst"} {
		t.Run(way, func(t *testing.T) {
			for seed := range uint64(6) {
				r, dir, done, files, known := rand.New(rand.NewPCG(seed, 2)), t.TempDir(), 0, 0, false
				path := filepath.Join(dir, "lines")
				rotate := func() {
					old := path + "." + strconv.Itoa(files)
					files++
					known = false
					var err error
					if way == "copied and truncated" {
						b, _ := os.ReadFile(path)
						err = errors.Join(os.WriteFile(old, b, 0o600), os.Truncate(path, 0))
					} else if _, end, is := strings.Cut(way, "compressed by "); is {
						b, _ := os.ReadFile(path)
						pack(t, old+end, b)
						err = os.Remove(path)
					} else if err = os.Rename(path, old); way != "renamed" {
						err = errors.Join(err, os.WriteFile(path, nil, 0o600))
					}
					if err != nil {
						t.Fatal(err)
					}
				}
				for done < 100 {
					j, note := journal(t, dir)
					if done, _ = strconv.Atoi(note); note == "" {
						if err := j.Commit([]byte("0")); err != nil {
							t.Fatal(err)
						}
					}
					stop := done + 1 + r.IntN(30)
					for i := done; i < min(stop, 100); i++ {
						if known && r.IntN(8) == 0 {
							rotate()
						}
						var err error
						if j.Rotated() {
							err = j.Commit([]byte(strconv.Itoa(i)))
							done = i
						}
						if err = errors.Join(err, j.Append([]byte(strconv.Itoa(i)+"\n"))); i == 99 || r.IntN(6) == 0 {
							err = errors.Join(err, j.Commit([]byte(strconv.Itoa(i+1))))
							done, known = i+1, true
						}
						if err != nil {
							t.Fatal(err)
						}
					}
					if known && r.IntN(2) == 0 {
						rotate()
					}
					j.Close()
				}
				var got []string
				all, _ := filepath.Glob(path + "*")
				for _, name := range all {
					got = append(got, strings.Fields(string(contents(t, name)))...)
				}
				counts := map[string]int{}
				for _, line := range got {
					counts[line]++
				}
				for i := range 100 {
					if n := counts[strconv.Itoa(i)]; n != 1 {
						t.Fatalf("seed %d: line %d is there %d times, in %v", seed, i, n, all)
					}
				}
			}
		})
	}
}

// pack writes a compressed file, whose gzip header has a name and a time.
func pack(t *testing.T, name string, b []byte) {
	t.Helper()
	var out bytes.Buffer
	z := io.WriteCloser(gzip.NewWriter(&out))
	if g := z.(*gzip.Writer); strings.HasSuffix(name, ".gz") {
		g.Name, g.ModTime = "lines", time.Unix(1.7e9, 0)
	} else {
		z, _ = zstd.NewWriter(&out)
	}
	_, err := z.Write(b)
	if err = errors.Join(err, z.Close(), os.WriteFile(name, out.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
}

// contents gives what is in a file, unpacked.
func contents(t *testing.T, name string) []byte {
	t.Helper()
	p, packed := packings[filepath.Ext(name)]
	if !packed {
		b, _ := os.ReadFile(name)
		return b
	}
	var b []byte
	if err := unpack(p, name, func(r io.Reader) (err error) {
		if g, is := r.(*gzip.Reader); is && (g.Name != "lines" || g.ModTime.Unix() != 1.7e9) {
			t.Errorf("the header of %s is %+v", name, g.Header)
		}
		b, err = io.ReadAll(r)
		return err
	}); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return b
}

// A compressed file that is damaged, or holds other lines, is left as it is.
func TestJournalLeavesDamaged(t *testing.T) {
	dir := t.TempDir()
	j, _ := journal(t, dir)
	lines := filepath.Join(dir, "lines")
	for _, err := range []error{j.Append([]byte("one\n")), j.Commit([]byte("1")), j.Close()} {
		if err != nil {
			t.Fatal(err)
		}
	}
	was := map[string][]byte{}
	for name, text := range map[string]string{"lines.1.gz": "one\ntwo\n", "lines.2.gz": "eno\ntwo\n", "lines.3.zst": "one\ntwo\n", "lines.4.gz": "o"} {
		path := filepath.Join(dir, name)
		pack(t, path, []byte(text))
		b, _ := os.ReadFile(path)
		if name == "lines.1.gz" || name == "lines.3.zst" {
			b = b[:len(b)-3]
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		was[path] = b
	}
	if err := os.Remove(lines); err != nil {
		t.Fatal(err)
	}
	journal(t, dir)
	for path, b := range was {
		if got, _ := os.ReadFile(path); !bytes.Equal(got, b) {
			t.Errorf("%s was changed", path)
		}
	}
}

// stubborn is a file that can neither be written whole nor cut, until it can.
type stubborn struct {
	*os.File
	fails bool
}

func (s *stubborn) Write(b []byte) (int, error) {
	if s.fails {
		n, _ := s.File.Write(b[:len(b)/2])
		return n, &os.PathError{Op: "write", Err: syscall.ENOSPC}
	}
	return s.File.Write(b)
}

func (s *stubborn) Truncate(size int64) error {
	if s.fails {
		return &os.PathError{Op: "truncate", Err: syscall.EIO}
	}
	return s.File.Truncate(size)
}

// Half a line that cannot be taken back at once is before the next one is written, or anything noted.
func TestJournalTorn(t *testing.T) {
	dir := t.TempDir()
	j, _ := journal(t, dir)
	s := &stubborn{File: j.lock}
	j.lines = s
	if err := j.Append([]byte("one\n")); err != nil {
		t.Fatal(err)
	}
	s.fails = true
	for _, err := range []error{j.Append([]byte("two\n")), j.Append([]byte("two\n")), j.Commit([]byte("1"))} {
		if err == nil || !strings.Contains(err.Error(), "cannot be written") {
			t.Errorf("%v", err)
		}
	}
	s.fails = false
	for _, err := range []error{j.Append([]byte("two\n")), j.Commit([]byte("2"))} {
		if err != nil {
			t.Error(err)
		}
	}
	if b, _ := os.ReadFile(filepath.Join(dir, "lines")); string(b) != "one\ntwo\n" {
		t.Errorf("lines %q", b)
	}
}

// Whatever byte of a note is changed: it is refused, or what it says is the same.
func TestJournalFlippedNote(t *testing.T) {
	dir := t.TempDir()
	j, _ := journal(t, dir)
	const note = `{"log":{"line":4711}}`
	for _, err := range []error{j.Append([]byte("one\ntwo\n")), j.Commit([]byte(note)), j.Close()} {
		if err != nil {
			t.Fatal(err)
		}
	}
	file, lines := filepath.Join(dir, "note"), filepath.Join(dir, "lines")
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i := range good {
		b := slices.Clone(good)
		b[i] ^= 1 << (i % 8)
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		j, got, err := OpenJournal(lines, file)
		if err == nil {
			j.Close()
		}
		if kept, _ := os.ReadFile(lines); string(kept) != "one\ntwo\n" || err == nil && string(got) != note {
			t.Fatalf("%s: note %s, lines %q", b, got, kept)
		}
	}
}

// A copy of the lines under a name of its own is nobody's to cut.
func TestJournalLeavesCopies(t *testing.T) {
	dir := t.TempDir()
	j, _ := journal(t, dir)
	lines, mine := filepath.Join(dir, "lines"), filepath.Join(dir, "mine")
	for _, err := range []error{j.Append([]byte("one\n")), j.Commit([]byte("1")), j.Close(), os.WriteFile(mine, []byte("one\nnote\n"), 0o600), os.Remove(lines)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	journal(t, dir)
	if b, _ := os.ReadFile(mine); string(b) != "one\nnote\n" {
		t.Errorf("the copy holds %q", b)
	}
}

// What killed programs left beside a journal long ago is removed.
func TestJournalSweeps(t *testing.T) {
	dir := t.TempDir()
	for name, age := range map[string]time.Duration{".writing-old": 8 * 24 * time.Hour, ".writing-new": time.Hour, "other": 8 * 24 * time.Hour} {
		file, then := filepath.Join(dir, name), time.Now().Add(-age)
		if err := errors.Join(os.WriteFile(file, nil, 0o600), os.Chtimes(file, then, then)); err != nil {
			t.Fatal(err)
		}
	}
	journal(t, dir)
	if got := files(t, dir); !slices.Equal(got, []string{".writing-new", "lines", "other"}) {
		t.Errorf("the folder holds %v", got)
	}
}

func TestJournalOfNotesAlone(t *testing.T) {
	note := filepath.Join(t.TempDir(), "note")
	for _, want := range []string{"", "7"} {
		j, got, err := OpenJournal("", note)
		if err != nil || string(got) != want {
			t.Fatalf("%q, %v", got, err)
		}
		if err := j.Commit([]byte("7")); err != nil {
			t.Fatal(err)
		}
		j.Close()
	}
}
