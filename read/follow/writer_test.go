package follow_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read"
	"github.com/inkling-sec/inkling/read/follow"
)

// writer is a program that writes a log, in one of the formats.
type writer struct {
	t    *testing.T
	path string
	form form
	n    int // records written
	file int // files begun
	f    *os.File
}

// form is how a format writes a record of a number, and what a file begins with.
type form struct {
	name   string
	head   func(file int) string
	record func(n int) string
	field  string // that holds the number
}

var zeek = form{"zeek", func(file int) string {
	return fmt.Sprintf("#separator \\x09\n#path\tconn\n#open\t2026-01-01-00-00-%02d\n#fields\tts\tuid\n#types\ttime\tstring\n", file)
}, func(n int) string { return fmt.Sprintf("%d.5\tC%d\n", 1700000000+n, n) }, "uid"}

var forms = []form{
	zeek,
	{"zeek-json", nothing, func(n int) string { return fmt.Sprintf("{\"ts\":%d.5,\"uid\":\"C%d\"}\n", 1700000000+n, n) }, "uid"},
	{"eve", nothing, func(n int) string {
		return fmt.Sprintf("{\"timestamp\":\"2026-01-02T03:04:05.%06d+0000\",\"event_type\":\"stats\"}\n{\"timestamp\":\"2026-01-02T03:04:05.%06d+0000\",\"event_type\":\"flow\",\"flow_id\":\"C%d\",\"src_ip\":\"10.0.0.1\",\"proto\":\"UDP\",\"flow\":{\"start\":\"2026-01-02T03:04:05.25+0000\"}}\n", n, n, n)
	}, "uid"},
	{"json", nothing, func(n int) string { return fmt.Sprintf("{\"n\":%d,\"uid\":\"C%d\"}\n", n, n) }, "uid"},
	{"csv", func(int) string { return "n,uid,text\n" }, func(n int) string { return fmt.Sprintf("%d,C%d,\"two\nlines\"\n", n, n) }, "uid"},
}

func nothing(int) string { return "" }

func (w *writer) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// create begins a file at the log's path.
func (w *writer) create() {
	f, err := os.OpenFile(w.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	w.must(err)
	w.t.Cleanup(func() { f.Close() })
	w.f, w.file = f, w.file+1
	w.text(w.form.head(w.file))
}

func (w *writer) text(s string) {
	_, err := w.f.WriteString(s)
	w.must(err)
}

// write appends records.
func (w *writer) write(records int) {
	for range records {
		w.n++
		w.text(w.form.record(w.n))
	}
}

func (w *writer) beside(name string) string { return filepath.Join(filepath.Dir(w.path), name) }

func (w *writer) move(name string) string {
	w.must(os.Rename(w.path, w.beside(name)))
	return w.beside(name)
}

// rotate moves the file away and begins another.
func (w *writer) rotate(name string) string {
	to := w.move(name)
	w.create()
	return to
}

// copyTruncate is what logrotate does for a program that cannot be told to open its log anew.
func (w *writer) copyTruncate(name string) {
	b, err := os.ReadFile(w.path)
	w.must(err)
	w.must(os.WriteFile(w.beside(name), b, 0o600))
	w.truncate()
}

func (w *writer) truncate() {
	w.must(w.f.Truncate(0))
	w.file++
	w.text(w.form.head(w.file))
}

// pack compresses a file as gzip and zstd do: the time it was written at is kept.
func (w *writer) pack(path, ext string) {
	info, err := os.Stat(path)
	w.must(err)
	b, err := os.ReadFile(path)
	w.must(err)
	var z bytes.Buffer
	var pack io.WriteCloser = gzip.NewWriter(&z)
	if ext == ".zst" {
		pack, err = zstd.NewWriter(&z)
		w.must(err)
	}
	_, err = pack.Write(b)
	w.must(errors.Join(err, pack.Close(), os.WriteFile(path+ext, z.Bytes(), 0o600), os.Chtimes(path+ext, time.Time{}, info.ModTime()), os.Remove(path)))
}

// watcher follows a log.
type watcher struct {
	t      *testing.T
	r      *follow.Reader
	field  string
	broken int // errors of records

	mu   sync.Mutex
	told []string
}

const patience = 20 * time.Second

func watch(w *writer, o follow.Options) *watcher {
	w.t.Helper()
	v := &watcher{t: w.t, field: w.form.field}
	o.Poll = time.Millisecond
	o.Told = func(s string) {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.told = append(v.told, s)
	}
	r, err := read.Follow(w.path, read.Options{}, o)
	w.must(err)
	v.r = r
	w.t.Cleanup(func() { r.Close() })
	return v
}

// read expects the records up to number to, from one after the last.
func (v *watcher) read(from, to int) {
	v.t.Helper()
	stuck := time.AfterFunc(patience, func() { v.r.Close() })
	defer stuck.Stop()
	var rec inkling.Record
	for n := from; n <= to; {
		err := v.r.Read(&rec)
		if inkling.Skippable(err) {
			v.broken++
			continue
		}
		if err != nil {
			v.t.Fatalf("waiting for record %d: %v; told %q", n, err, v.said())
		}
		if got := rec.Map()[v.field]; got != fmt.Sprintf("C%d", n) {
			v.t.Fatalf("%s: record %v, want C%d; told %q", rec.Origin, got, n, v.said())
		}
		n++
	}
}

func (v *watcher) said() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.told)
}

// quiet expects that there is nothing more.
func (v *watcher) quiet() {
	v.t.Helper()
	time.AfterFunc(20*time.Millisecond, func() { v.r.Close() })
	var rec inkling.Record
	if err := v.r.Read(&rec); err == nil {
		v.t.Fatalf("%s: record %v, where nothing was written", rec.Origin, rec.Map())
	}
}

func (v *watcher) says(text string) {
	v.t.Helper()
	if !slices.ContainsFunc(v.said(), func(s string) bool { return strings.Contains(s, text) }) {
		v.t.Errorf("told %q, not %q", v.said(), text)
	}
}

func begin(t *testing.T, f form) *writer {
	w := &writer{t: t, form: f, path: filepath.Join(t.TempDir(), "conn.log")}
	w.create()
	return w
}
