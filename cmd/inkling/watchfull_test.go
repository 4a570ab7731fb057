//go:build linux

package main

import (
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/inkling-sec/inkling/read/follow"
)

// A disk that is full, and then is not: files may not grow over some bytes until they may.
func TestWatchDiskFull(t *testing.T) {
	s := taughtSite(t)
	w := newSensor(t)
	r := startWatch(t, s, w.path, "--detector", "scan", "--from", "start", "--out", filepath.Join(t.TempDir(), "alerts.jsonl"))
	r.says("from its start")
	limit := func(bytes uint64) {
		if err := unix.Prlimit(r.cmd.Process.Pid, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: bytes, Max: unix.RLIM_INFINITY}, nil); err != nil {
			t.Skip(err)
		}
	}
	limit(10_000)
	lines := busyLog(1)
	w.write(lines...)
	r.says("tried again")
	if kept := r.kept(); !strings.HasSuffix(kept, "\n") && kept != "" || len(kept) > 10_000 {
		t.Errorf("half a line was left: %d bytes", len(kept))
	}
	limit(unix.RLIM_INFINITY)
	r.passed(w.path, follow.Place{File: 1, Line: w.lines})
	r.says("none was lost")
	r.stop()
	all := write(t, filepath.Join(s.dir, "all.log"), connHead+strings.Join(lines, ""))
	hunted := objects(t, must(t, s.args("hunt", all, "--detector", "scan", "--json")...))
	kept := objects(t, r.kept())
	if len(kept) != len(hunted)-1 {
		t.Errorf("%d alerts, not %d", len(kept), len(hunted)-1)
	}
	for i, m := range kept {
		if m["score"] != hunted[i]["score"] {
			t.Errorf("alert %d differs", i)
		}
	}
}
