//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/follow"
	"github.com/inkling-sec/inkling/store"
)

// Killed again and again at any moment, while the log is written and rotated in every way, a watch has the same
// alerts in the end as one that was left alone, to the byte.
func TestWatchKilled(t *testing.T) {
	s := taughtSite(t)
	lines := busyLog(5)
	var want string
	for _, kind := range []string{"left alone", "killed", "killed, memory kept often"} {
		rng := rand.New(rand.NewPCG(uint64(len(kind)), uint64(time.Now().UnixNano())))
		w := newSensor(t)
		args := []string{w.path, "--detector", "scan", "--from", "start", "--out", filepath.Join(t.TempDir(), "alerts.jsonl")}
		if kind == "killed, memory kept often" {
			args = append(args, "--save-memory", "1ms")
		}
		r := startWatch(t, s, args...)
		r.says("from its start")
		args[4] = "resume"
		kills := 0
		for i := 0; i < len(lines); {
			n := min(1+rng.IntN(120), len(lines)-i, 300-i%300)
			w.write(lines[i : i+n]...)
			if i += n; i%300 == 0 {
				w.rotate(i / 300)
			}
			time.Sleep(time.Duration(rng.IntN(20)) * time.Millisecond)
			if kind == "left alone" {
				continue
			}
			if dead := r.cmd.ProcessState != nil; dead && rng.IntN(3) == 0 {
				r = startWatch(t, s, args...)
			} else if !dead && rng.IntN(4) == 0 {
				time.Sleep(time.Duration(rng.IntN(400)) * time.Millisecond)
				r.kill()
				kills++
			}
		}
		w.write(lines[0]) // something in the last file
		if r.cmd.ProcessState != nil {
			r = startWatch(t, s, args...)
		}
		r.passed(w.path, follow.Place{File: w.files, Line: w.lines})
		r.stop()
		got := r.kept()
		if kind == "left alone" {
			if want = got; strings.Count(got, "\n") < 5*scanRecords*9/10 {
				t.Fatalf("%d alerts", strings.Count(got, "\n"))
			}
			continue
		}
		if kills == 0 {
			t.Errorf("%s: never killed: the test shows nothing", kind)
		}
		sameAlerts(t, kind, want, got)
	}
}

// sameAlerts compares alerts but for the folder of the log and their IDs, which depend on it.
func sameAlerts(t *testing.T, kind, want, got string) {
	t.Helper()
	a, b := objects(t, want), objects(t, got)
	for i := range min(len(a), len(b)) {
		for _, m := range []map[string]any{a[i], b[i]} {
			delete(m, "id")
			o := m["origin"].(map[string]any)
			o["file"] = filepath.Base(o["file"].(string))
		}
		x, _ := json.Marshal(a[i])
		y, _ := json.Marshal(b[i])
		if !bytes.Equal(x, y) {
			t.Fatalf("%s: alert %d is\n%s\nnot\n%s", kind, i, y, x)
		}
	}
	if len(a) != len(b) {
		t.Errorf("%s: %d alerts, not %d", kind, len(b), len(a))
	}
	ids := map[string]bool{}
	for _, m := range objects(t, got) {
		id := m["id"].(string)
		if ids[id] {
			t.Errorf("%s: alert %s twice", kind, id)
		}
		ids[id] = true
	}
}

// A watch that stops and goes on remembers what it did, whether its memory was kept, or is made anew of the log, and also
// when the log was rotated meanwhile. A hunt in the whole log finds the same.
func TestWatchGoesOn(t *testing.T) {
	s := taughtSite(t)
	lines := busyLog(2)
	all := write(t, filepath.Join(s.dir, "all.log"), connHead+strings.Join(lines, ""))
	must(t, s.args("hunt", all, "--detector", "scan")...)
	hunted, err := os.ReadFile(filepath.Join(s.home, "alerts", "scan.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var want []any
	for _, m := range objects(t, string(hunted)) {
		want = append(want, m["record"].(map[string]any)["uid"], m["score"], m["time"])
	}
	for _, memory := range []string{"1ms", "1h"} {
		w := newSensor(t)
		args := []string{w.path, "--detector", "scan", "--out", filepath.Join(t.TempDir(), "alerts.jsonl"), "--save-memory", memory, "--from", "start"}
		at := []int{0, 630, 640, 900, 1290, len(lines)}
		for i := 1; i < len(at); i++ {
			r := startWatch(t, s, args...)
			w.write(lines[at[i-1]:at[i]]...)
			r.passed(w.path, follow.Place{File: w.files, Line: w.lines})
			_, err := filepath.Glob(r.lines + ".*.memory")
			if err != nil {
				t.Fatal(err)
			}
			r.stop()
			args[len(args)-1] = "resume"
			if i%2 == 0 {
				w.rotate(i)
			}
		}
		kept, err := os.ReadFile(args[4])
		if err != nil {
			t.Fatal(err)
		}
		var got []any
		for _, m := range objects(t, string(kept)) {
			got = append(got, m["record"].(map[string]any)["uid"], m["score"], m["time"])
		}
		if !slices.Equal(got, want) {
			t.Errorf("memory every %s: %d alerts, hunt has %d, or others", memory, len(got)/3, len(want)/3)
		}
		if found, _ := filepath.Glob(args[4] + ".*.memory"); (len(found) > 0) != (memory == "1ms") {
			t.Errorf("memory every %s: kept %v", memory, found)
		}
	}
}

func TestWatchBegins(t *testing.T) {
	s := taughtSite(t)
	lines := busyLog(2)
	w := newSensor(t)
	w.write(lines[:benignRecords+scanRecords]...)
	r := startWatch(t, s, w.path, "--detector", "scan", "--json") // a log that is not known: from its end
	r.says(fmt.Sprintf("from its end, line %d;", w.lines))
	was := w.lines
	w.write(lines[benignRecords+scanRecords:]...)
	r.passed(w.path, follow.Place{File: 1, Line: w.lines})
	r.stop()
	out := objects(t, r.out.String())
	sum := out[len(out)-1]
	has(t, "summary", sum, "records", "alerts", "skipped", "late", "evicted", "seconds", "expected_if_benign")
	if n := len(out) - 1; n < scanRecords*9/10 || sum["alerts"] != float64(n) || sum["records"] != float64(benignRecords+scanRecords) || strings.Count(r.kept(), "\n") != n {
		t.Errorf("%d alerts, summary %v", n, sum)
	}
	if line := out[0]["origin"].(map[string]any)["line"].(float64); line <= float64(was) {
		t.Errorf("an alert on line %v, which was there before", line)
	}
	if e := must(t, s.args("explain", out[0]["id"].(string), "--json")...); !strings.Contains(e, out[0]["id"].(string)) {
		t.Errorf("explain: %s", e)
	}
	if r := startWatch(t, s, w.path, "--detector", "scan", "--from", "start", "--out", "-"); true { // standard output is all there is
		r.says("its alerts come again")
		r.until("alerts", func() bool { return strings.Count(r.out.String(), "\n") >= 2*scanRecords*9/10 })
		r.passed(w.path, follow.Place{File: 1, Line: w.lines})
		r.stop()
		objects(t, r.out.String())
		if !strings.Contains(r.errs.String(), "alerts in") {
			t.Errorf("no summary: %s", r.errs.String())
		}
	}
	r = startWatch(t, s, w.path, "--detector", "scan")
	r.says("goes on after line")
	exec(t, s.args("watch", w.path, "--detector", "scan")...).fails(t, 4, "scan.jsonl", "another program writes it")
	r.stop()
	if !strings.Contains(r.out.String(), "0 alerts in 0 records") {
		t.Errorf("nothing was new: %s", r.out.String())
	}
}

// Several logs at once, each with a place and a memory of its own, and two detectors.
func TestWatchSeveral(t *testing.T) {
	s := taughtSite(t)
	must(t, s.args("teach", "again", "--examples", s.mark("610,611"))...)
	lines := busyLog(1)
	one, two := newSensor(t), newSensor(t)
	args := []string{one.path, two.path, "--detector", "scan", "--detector", "again", "--from", "start", "--save-memory", "1ms", "--json"}
	for i := range 3 {
		r := startWatch(t, s, args...)
		one.write(lines[220*i : 220*(i+1)]...)
		two.write(lines[220*i : 220*(i+1)]...)
		r.passed(one.path, follow.Place{File: 1, Line: one.lines})
		r.passed(two.path, follow.Place{File: 1, Line: two.lines})
		r.kill()
		args[7] = "resume"
	}
	b, err := os.ReadFile(filepath.Join(s.home, "watch", "scan.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string][]any{}
	for _, m := range objects(t, string(b)) {
		o := m["origin"].(map[string]any)
		who := o["file"].(string) + m["detector"].(string)
		seen[who] = append(seen[who], o["line"], m["score"])
	}
	for _, d := range []string{"scan", "again"} {
		if a, b := seen[one.path+d], seen[two.path+d]; len(a) < scanRecords || !slices.Equal(a, b) {
			t.Errorf("%s: %d alerts in one log, %d in the same other", d, len(a)/2, len(b)/2)
		}
	}
}

// Streams have no place to go on at, and are judged as they come.
func TestWatchStreams(t *testing.T) {
	s := taughtSite(t)
	text := connHead + strings.Join(busyLog(1), "")
	cmd := program(t, s.args("watch", "-", "--detector", "scan", "--json")...)
	cmd.Stdin = strings.NewReader(text)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	n := len(objects(t, string(out))) - 1
	if n < scanRecords*9/10 {
		t.Errorf("%d alerts", n)
	}
	socket := filepath.Join(t.TempDir(), "s")
	r := startWatch(t, s, "unix://"+socket, "--detector", "scan", "--json")
	r.says("waits for records")
	var c net.Conn
	r.until("listening", func() bool { c, err = net.Dial("unix", socket); return err == nil })
	io.WriteString(c, text) // and stays connected
	r.until("all alerts", func() bool { return strings.Count(r.out.String(), "\n") >= n })
	c.Close()
	r.stop()
	if got := len(objects(t, r.out.String())) - 1; got != n {
		t.Errorf("%d alerts through a socket, %d through a pipe", got, n)
	}
	gz := write(t, filepath.Join(s.dir, "conn.log.gz"), gzipped(t, text))
	if got := len(objects(t, exec(t, s.args("watch", gz, "--detector", "scan", "--json")...).stdout)) - 1; got != n {
		t.Errorf("%d alerts in a compressed file", got)
	}
}

// A table of JSON lines whose first objects lack columns.
func TestWatchTable(t *testing.T) {
	s := newSite(t)
	var b strings.Builder
	for i := range 300 {
		fmt.Fprintf(&b, "{\"amount\":%d,\"kind\":\"%c\"}\n", 10+i%7, 'a'+i%3)
	}
	file := write(t, filepath.Join(s.dir, "t.jsonl"), b.String())
	must(t, s.args("baseline", file, "--schema", "table")...)
	mark := write(t, filepath.Join(s.dir, "mark.jsonl"), "{\"amount\":9000,\"kind\":\"z\"}\n")
	must(t, s.args("teach", "scan", "--examples", mark)...)
	live := write(t, filepath.Join(s.dir, "live.jsonl"), "{\"kind\":\"a\"}\n")
	r := startWatch(t, s, live, "--detector", "scan", "--from", "start", "--json")
	r.passed(live, follow.Place{File: 1, Line: 1})
	f, err := os.OpenFile(live, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	io.WriteString(f, "{\"amount\":9000,\"kind\":\"z\",\"note\":\"new\"}\n")
	r.until("an alert", func() bool { return strings.Contains(r.out.String(), `"note":"new"`) })
	r.stop()
}

// A log whose baseline has a schema is held to it.
func TestWatchPinned(t *testing.T) {
	s := newSite(t)
	old := write(t, filepath.Join(s.dir, "old.csv"), payHead+paid(0, 300))
	pin := filepath.Join(s.dir, "pay.json")
	must(t, "schema", old, "--label", "fraud", "--out", pin)
	must(t, s.args("baseline", old, "--name", "pay", "--schema", pin)...)
	all := write(t, filepath.Join(s.dir, "all.csv"), payHead+paid(0, 310))
	must(t, s.args("teach", "scan", "--examples", all+":302,303,304", "--baseline", "pay")...)
	live := write(t, filepath.Join(s.dir, "live.csv"), payHead+paid(0, 20))
	r := startWatch(t, s, live, "--detector", "scan", "--from", "start", "--json")
	r.passed(live, follow.Place{File: 1, Line: 21})
	f, err := os.OpenFile(live, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	io.WriteString(f, strings.Replace(paid(20, 1), ",1", ",many", 1)+strings.Replace(paid(301, 1), ",5301,", ",much,", 1)+paid(302, 1))
	r.until("an alert", func() bool { return strings.Contains(r.out.String(), `"amount":5302`) })
	r.says("is no number, as the schema has it")
	r.stop()
}

// Records that cannot be read are told and counted, or end the watch; what came before them is kept.
func TestWatchStrict(t *testing.T) {
	s := taughtSite(t)
	lines := busyLog(1)
	file := write(t, filepath.Join(s.dir, "live.log"), connHead+strings.Join(lines, "")+"half\n")
	r := startWatch(t, s, file, "--detector", "scan", "--from", "start", "--json")
	r.says("inkling: skipped: " + file + ":")
	r.passed(file, follow.Place{File: 1, Line: len(lines) + 7})
	r.stop()
	if out := objects(t, r.out.String()); out[len(out)-1]["skipped"] != 1. || len(out[len(out)-1]["skipped_by"].(map[string]any)) != 1 {
		t.Errorf("summary %v", out[len(out)-1])
	}
	q := exec(t, s.args("watch", file, "--detector", "scan", "--from", "start", "--strict")...)
	q.fails(t, 2, fmt.Sprintf("live.log:%d:", len(lines)+8), "the header 19")
	if !strings.Contains(q.stdout, "alerts in 660 records") {
		t.Errorf("no summary: %s", q.stdout)
	}
}

// What cannot be read is told also where no record of this run came before it: as the first of a log, and as the first
// after the place that a watch goes on at. What a run before told is not told again.
func TestWatchUnreadableFirst(t *testing.T) {
	s := taughtSite(t)
	lines := busyLog(1)
	file := write(t, filepath.Join(s.dir, "live.log"), connHead+"first\n"+strings.Join(lines[:100], "")+"second\n"+strings.Join(lines[100:], ""))
	exec(t, s.args("watch", file, "--detector", "scan", "--from", "start", "--strict")...).fails(t, 2, "live.log:8:", "the header 19")
	r := startWatch(t, s, file, "--detector", "scan", "--from", "start", "--json")
	r.passed(file, follow.Place{File: 1, Line: len(lines) + 9})
	r.stop()
	skipped := func(r *running, want float64) {
		t.Helper()
		if out := objects(t, r.out.String()); out[len(out)-1]["skipped"] != want {
			t.Errorf("want %v skipped, summary %v", want, out[len(out)-1])
		}
	}
	skipped(r, 2)
	write(t, file, connHead+"first\n"+strings.Join(lines[:100], "")+"second\n"+strings.Join(lines[100:], "")+"third\n"+lines[0])
	r = startWatch(t, s, file, "--detector", "scan", "--json")
	r.passed(file, follow.Place{File: 1, Line: len(lines) + 11})
	r.stop()
	skipped(r, 1)
}

func TestWatchWrongWords(t *testing.T) {
	s := taughtSite(t)
	must(t, s.args("baseline", s.benign, "--name", "other", "--seed", "2")...)
	must(t, s.args("teach", "else", "--examples", s.mark("608"), "--baseline", "other")...)
	table := write(t, filepath.Join(s.dir, "t.csv"), "a,b\n1,2\n")
	if err := os.Symlink(s.log, filepath.Join(s.dir, "link.log")); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		status int
		args   []string
		says   []string
	}{
		{2, []string{s.log}, []string{"--detector", "inkling detectors list"}},
		{3, []string{s.log, "--detector", "no"}, []string{`no detector "no"`}},
		{2, []string{s.log, "--detector", "scan", "--from", "middle"}, []string{`--from "middle"`, "choose start, end or resume"}},
		{4, []string{s.log, "--detector", "scan", "--detector", "else"}, []string{"else: taught on another baseline", "by itself"}},
		{3, []string{filepath.Join(s.dir, "none.log"), "--detector", "scan"}, []string{"none.log", "check the path"}},
		{2, []string{s.dir, "--detector", "scan"}, []string{"is a directory"}},
		{2, []string{s.log, s.log, "--detector", "scan"}, []string{"conn.log: is named twice"}},
		{2, []string{"udp://127.0.0.1:0", "udp://127.0.0.1:0", "--detector", "scan"}, []string{"udp://127.0.0.1:0: is named twice"}},
		{2, []string{table, "--detector", "scan", "--from", "start"}, []string{"t.csv:2", "needs the fields ts"}},
		{2, []string{s.log, "--detector", "scan", "--out", s.dir}, []string{"cannot be written"}},
		{2, []string{s.log, "--detector", "scan", "--name", "../x"}, []string{"letters"}},
		{2, []string{s.log, "--detector", "scan", "--name", "x", "--out", filepath.Join(s.dir, "o.jsonl")}, []string{"--name with --out", "leave one out"}},
		{2, []string{s.log, "--detector", "scan", "--out", s.dir + "/./conn.log"}, []string{"conn.log: is the log that is watched", "--out"}},
		{3, []string{s.log, "--detector", "scan", "--rotated", s.home, "--rotated", filepath.Join(s.dir, "no")}, []string{"no: no folder for --rotated", "check the path"}},
		{2, []string{s.log, "--detector", "scan", "--rotated", s.log}, []string{"conn.log: no folder for --rotated"}},
		{3, []string{s.log, "--detector", "scan,no"}, []string{`no detector "no"`}},
		{2, []string{s.log, filepath.Join(s.dir, "link.log"), "--detector", "scan"}, []string{"link.log: is named twice"}},
		{2, []string{"unix://x", "--detector", "scan"}, []string{"begins with /"}},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second) // one that is not refused would watch on
		var out, errs bytes.Buffer
		args := s.args(append([]string{"watch"}, tt.args...)...)
		status := run(ctx, args, &out, &errs)
		cancel()
		result{args, out.String(), errs.String(), status}.fails(t, tt.status, tt.says...)
	}
}

// fullDisk is a journal that cannot be written for a while.
type fullDisk struct {
	store.Journal
	mu            sync.Mutex
	lines         []byte
	append, notes int // calls yet to fail
}

func (f *fullDisk) Append(lines []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.append--; f.append >= 0 {
		return errors.New("no space left")
	}
	f.lines = append(f.lines, lines...)
	return nil
}

func (f *fullDisk) Commit([]byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.notes--; f.notes >= 0 {
		return errors.New("no space left")
	}
	return nil
}

// While alerts cannot be written nothing is passed; they are written once, when they can.
func TestWatchFailingWriter(t *testing.T) {
	var errs said
	cmd := &cobra.Command{}
	cmd.SetErr(&errs)
	cmd.SetOut(io.Discard)
	disk := &fullDisk{append: 2, notes: 1}
	w := &watch{a: &app{json: true}, cmd: cmd, journal: disk, progress: &progress{}, about: subjects{}, noted: map[string]follow.Position{}}
	src := &source{w: w}
	w.sources = []*source{src}
	alerts := []inkling.Alert{{ID: "1"}, {ID: "2"}}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if err := w.keep(stopped, src, alerts, follow.Place{File: 1, Line: 9}, nil); err == nil || src.at != (follow.Place{}) || w.told != 0 {
		t.Errorf("stopped on a full disk: %v, passed %v, told %d", err, src.at, w.told)
	}
	if err := w.keep(t.Context(), src, alerts, follow.Place{File: 1, Line: 9}, nil); err != nil || src.at.Line != 9 || w.told != 2 || bytes.Count(disk.lines, []byte("\n")) != 2 {
		t.Errorf("%v, passed %v, told %d, kept %s", err, src.at, w.told, disk.lines)
	}
	if !strings.Contains(errs.String(), "no space left: tried again; the logs are not read on until then\n") || !strings.HasSuffix(errs.String(), "alerts are written again; none was lost\n") {
		t.Errorf("told %q", errs.String())
	}
	if err := w.commit(); err == nil || src.safe.Line != 0 {
		t.Errorf("a note that cannot be written: %v, safe %v", err, src.safe)
	}
	if err := w.commit(); err != nil || src.safe.Line != 9 {
		t.Errorf("%v, safe %v", err, src.safe)
	}
}
