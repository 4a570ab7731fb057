//go:build unix

package main

import (
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/inkling-sec/inkling/read/follow"
)

// The file of alerts is rotated in every way that is in use while a watch runs, which is killed or not: all files together have each alert once.
func TestWatchOutRotated(t *testing.T) {
	s := taughtSite(t)
	lines := busyLog(4)
	all := write(t, filepath.Join(s.dir, "all.log"), connHead+strings.Join(lines, ""))
	want := len(objects(t, must(t, s.args("hunt", all, "--detector", "scan", "--json")...))) - 1
	w := newSensor(t)
	out := filepath.Join(t.TempDir(), "alerts.jsonl")
	old := func(i int) string { return out + "." + string(rune('1'+i)) }
	args := []string{w.path, "--detector", "scan", "--out", out, "--from", "start"}
	r := startWatch(t, s, args...)
	args[len(args)-1] = "resume"
	const parts = 8
	for i := range parts {
		w.write(lines[i*len(lines)/parts : (i+1)*len(lines)/parts]...)
		r.passed(w.path, follow.Place{File: w.files, Line: w.lines})
		var err error
		switch i % 4 {
		case 0:
			err = os.Rename(out, old(i))
		case 1:
			err = errors.Join(os.Rename(out, old(i)), os.WriteFile(out, nil, 0o600))
		case 2: // as logrotate with compress
			text := r.kept()
			err = errors.Join(os.WriteFile(old(i)+".gz", []byte(gzipped(t, text)), 0o600), os.Remove(out))
		case 3: // copytruncate
			err = errors.Join(os.WriteFile(old(i), []byte(r.kept()), 0o600), os.Truncate(out, 0))
		}
		if err != nil {
			t.Fatal(err)
		}
		if i >= parts/2 {
			r.kill()
			r = startWatch(t, s, args...)
		}
	}
	r.says("goes on after line")
	r.stop()
	files, err := filepath.Glob(out + "*")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[any]int{}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text := string(b)
		switch {
		case strings.HasSuffix(name, ".gz"):
			z, err := gzip.NewReader(strings.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			if b, err = io.ReadAll(z); err != nil {
				t.Fatal(err)
			}
			text = string(b)
		case strings.Contains(name, ".position") || strings.HasSuffix(name, ".memory"):
			continue
		}
		for _, m := range objects(t, text) {
			if seen[m["id"]]++; seen[m["id"]] > 1 {
				t.Errorf("%s: alert %v is there %d times", name, m["id"], seen[m["id"]])
			}
		}
	}
	if len(seen) != want {
		t.Errorf("%d alerts, hunt has %d", len(seen), want)
	}
}

// A record whose time is hours ahead spoils what is remembered over time: that is told while it lasts, once, and by a
// hunt at its end. One that is years ahead is found out.
func TestWatchTimeAhead(t *testing.T) {
	s := taughtSite(t)
	lines := busyLog(3)
	ts, rest, _ := strings.Cut(lines[0], "\t")
	seconds, err := strconv.ParseFloat(ts, 64)
	if err != nil {
		t.Fatal(err)
	}
	ahead := func(name string, by time.Duration) string {
		lines[0] = strconv.FormatFloat(seconds+by.Seconds(), 'f', 6, 64) + "\t" + rest
		return write(t, filepath.Join(s.dir, name), connHead+strings.Join(lines, ""))
	}
	hours, years := ahead("hours.log", 3*time.Hour), ahead("years.log", 30*365*24*time.Hour)
	r := startWatch(t, s, hours, years, "--detector", "scan", "--from", "start", "--json")
	for _, file := range []string{hours, years} {
		r.passed(file, follow.Place{File: 1, Line: len(lines) + 7})
	}
	r.stop()
	if n := strings.Count(r.errs.String(), "hours.log:1008: 1,000 records in a row are more than ten minutes older"); n != 1 || strings.Contains(r.errs.String(), "years.log:1008") {
		t.Errorf("told %d times: %s", n, r.errs.String())
	}
	for name, want := range map[string]bool{hours: true, years: false, s.log: false} {
		if got := strings.Contains(must(t, s.args("hunt", name, "--detector", "scan")...), "not to be trusted"); got != want {
			t.Errorf("%s: told %v", name, got)
		}
	}
}

// A table beside the log that is only named as if it were the log, rotated, does not end the watch.
func TestWatchStrangerBeside(t *testing.T) {
	s := taughtSite(t)
	w := newSensor(t)
	lines := busyLog(1)
	args := []string{w.path, "--detector", "scan", "--from", "start"}
	r := startWatch(t, s, args...)
	w.write(lines[:len(lines)/2]...)
	r.passed(w.path, follow.Place{File: 1, Line: w.lines})
	r.stop()
	w.rotate(0)
	write(t, w.path+".1-by-day.csv", "day,flows\n1,10\n2,20\n")
	w.write(lines[len(lines)/2:]...)
	args[len(args)-1] = "resume"
	r = startWatch(t, s, args...)
	r.passed(w.path, follow.Place{File: 3, Line: w.lines})
	r.says("conn.log.1-by-day.csv: is named as the log, rotated, but its records are others, and left out: ")
	r.says("needs the fields ts")
	r.stop()
}
