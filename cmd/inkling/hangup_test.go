//go:build unix

package main

import (
	"os"
	osexec "os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/inkling-sec/inkling/read/follow"
)

// hearHangups keeps programs that a test starts from inheriting that hangups are ignored, as where nohup runs the tests.
func hearHangups(t *testing.T) {
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, syscall.SIGHUP)
	t.Cleanup(func() { signal.Stop(heard) })
}

// A terminal that is closed tells its programs twice: by itself, and by its shell. A watch ends with its summary all the
// same, and goes on where it stopped.
func TestWatchHungUp(t *testing.T) {
	hearHangups(t)
	s := taughtSite(t)
	lines := busyLog(2)
	all := write(t, filepath.Join(s.dir, "all.log"), connHead+strings.Join(lines, ""))
	want := ids(objects(t, must(t, s.args("hunt", all, "--detector", "scan", "--json")...)), "scan")
	w := newSensor(t)
	args := []string{w.path, "--detector", "scan", "--from", "start"}
	half := len(lines) - scanRecords/2
	for i, part := range [][]string{lines[:half], lines[half:]} {
		r := startWatch(t, s, args...)
		args[len(args)-1] = "resume"
		w.write(part...)
		r.passed(w.path, follow.Place{File: w.files, Line: w.lines})
		r.cmd.Process.Signal(syscall.SIGHUP)
		r.cmd.Process.Signal(syscall.SIGHUP)
		if err := r.cmd.Wait(); err != nil || !strings.Contains(r.out.String(), "Were every record benign") {
			t.Errorf("part %d: %v, without a summary: %s%s", i+1, err, r.out.String(), r.errs.String())
		}
		if i == 1 && strings.Count(r.kept(), "\n") != len(want) {
			t.Errorf("%d alerts in two runs, %d in one", strings.Count(r.kept(), "\n"), len(want))
		}
	}
}

// What is started with nohup outlives its terminal.
func TestNohup(t *testing.T) {
	s := taughtSite(t)
	w := newSensor(t)
	sh, err := osexec.LookPath("sh")
	if err != nil {
		t.Skip("no sh here")
	}
	r := prepareWatch(t, s, w.path, "--detector", "scan", "--from", "start")
	r.cmd.Args = append([]string{"sh", "-c", `trap "" HUP && exec "$0" "$@"`, r.cmd.Path}, r.cmd.Args[1:]...)
	r.cmd.Path = sh
	r.start()
	r.says("from its start")
	r.cmd.Process.Signal(syscall.SIGHUP)
	w.write(busyLog(1)...)
	r.passed(w.path, follow.Place{File: w.files, Line: w.lines})
	r.stop()
}
