//go:build unix

package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/inkling-sec/inkling/read/follow"
)

// busyLog is the lines of connLog some times over, later each time.
func busyLog(times int) (lines []string) {
	rows := strings.SplitAfter(strings.TrimPrefix(connLog(), connHead), "\n")
	for k := range times {
		for _, row := range rows[:len(rows)-1] {
			ts, rest, _ := strings.Cut(row, "\t")
			t, _ := strconv.ParseFloat(ts, 64)
			lines = append(lines, fmt.Sprintf("%.6f\t%s", t+4000*float64(k), rest))
		}
	}
	return lines
}

// sensor writes a log and rotates it.
type sensor struct {
	t     *testing.T
	path  string
	f     *os.File
	files int // begun
	lines int // of the file at hand
}

func newSensor(t *testing.T) *sensor {
	s := &sensor{t: t, path: filepath.Join(t.TempDir(), "conn.log")}
	s.create()
	return s
}

func (s *sensor) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *sensor) create() {
	f, err := os.OpenFile(s.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	s.must(err)
	s.f = f
	s.t.Cleanup(func() { f.Close() })
	s.head()
}

func (s *sensor) head() {
	s.files++
	s.lines = 0
	first, rest, _ := strings.Cut(connHead, "\n")
	s.write(first+"\n", fmt.Sprintf("#open\t%04d\n", s.files), rest)
}

func (s *sensor) write(lines ...string) {
	text := strings.Join(lines, "")
	_, err := s.f.WriteString(text)
	s.must(err)
	s.lines += strings.Count(text, "\n")
}

// rotate begins another file, in one of the ways that are in use.
func (s *sensor) rotate(way int) {
	old := fmt.Sprintf("%s-%04d", s.path, s.files)
	if way%4 == 3 {
		b, err := os.ReadFile(s.path)
		s.must(err)
		s.must(os.WriteFile(old, b, 0o600))
		s.must(s.f.Truncate(0))
		s.head()
		return
	}
	s.must(os.Rename(s.path, old))
	if way%4 == 2 {
		info, err := os.Stat(old)
		s.must(err)
		b, err := os.ReadFile(old)
		s.must(err)
		var z bytes.Buffer
		pack := gzip.NewWriter(&z)
		_, err = pack.Write(b)
		s.must(errors.Join(err, pack.Close(), os.WriteFile(old+".gz", z.Bytes(), 0o600), os.Chtimes(old+".gz", time.Time{}, info.ModTime()), os.Remove(old)))
	}
	s.create()
}

// said collects what a program says.
type said struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *said) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// running is a watch of the real program.
type running struct {
	t           *testing.T
	cmd         *osexec.Cmd
	out, errs   said
	note, lines string
}

func startWatch(t *testing.T, s site, args ...string) *running {
	t.Helper()
	r := prepareWatch(t, s, args...)
	r.start()
	return r
}

func prepareWatch(t *testing.T, s site, args ...string) *running {
	t.Helper()
	r := &running{t: t, lines: filepath.Join(s.home, "watch", "scan.jsonl")}
	for i, a := range args {
		if a == "--out" && args[i+1] != "-" {
			r.lines = args[i+1]
		}
	}
	r.note = r.lines + ".position"
	r.cmd = program(t, s.args(append([]string{"watch"}, args...)...)...)
	r.cmd.Stdout, r.cmd.Stderr = &r.out, &r.errs
	return r
}

func (r *running) start() {
	r.t.Helper()
	if err := r.cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { r.cmd.Process.Kill(); r.cmd.Wait() })
}

const patience = 30 * time.Second

func (r *running) until(what string, ok func() bool) {
	r.t.Helper()
	for start := time.Now(); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Since(start) > patience {
			note, _ := os.ReadFile(r.note)
			r.t.Fatalf("not after %v: %s; position %s; said %s", patience, what, note, r.errs.String())
		}
	}
}

// passed waits until the log is read and noted up to a place.
func (r *running) passed(log string, want follow.Place) {
	r.t.Helper()
	r.until(fmt.Sprintf("%s at %v", log, want), func() bool {
		var note struct{ Note map[string]follow.Position }
		b, _ := os.ReadFile(r.note)
		return json.Unmarshal(b, &note) == nil && note.Note[log].Place == want
	})
}

func (r *running) says(text string) {
	r.t.Helper()
	r.until(text, func() bool { return strings.Contains(r.errs.String(), text) })
}

// stop sends Ctrl-C: a clean end.
func (r *running) stop() {
	r.t.Helper()
	r.cmd.Process.Signal(os.Interrupt)
	if err := r.cmd.Wait(); err != nil {
		r.t.Fatalf("%v: %s", err, r.errs.String())
	}
}

func (r *running) kill() {
	r.cmd.Process.Kill()
	r.cmd.Wait()
}

func (r *running) kept() string {
	b, err := os.ReadFile(r.lines)
	if err != nil {
		r.t.Fatal(err)
	}
	return string(b)
}
