//go:build unix

package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/inkling-sec/inkling/detect"
)

// program starts the real program.
func program(t *testing.T, args ...string) *osexec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := osexec.Command(self, args...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	return cmd
}

// checkHome reads every file of a home: each is whole, whatever was going on.
func checkHome(t *testing.T, s site, after string) {
	t.Helper()
	for name, text := range snapshot(t, s.home) {
		var err error
		switch {
		case strings.Contains(name, ".writing-") || strings.Contains(name, ".tmp"):
			continue // not named as one of ours
		case strings.HasSuffix(name, ".json.gz"):
			_, err = detect.ReadBaseline(strings.NewReader(text), name)
			if err == nil {
				var z *gzip.Reader
				if z, err = gzip.NewReader(strings.NewReader(text)); err == nil {
					_, err = io.Copy(io.Discard, z)
				}
			}
		case strings.HasPrefix(name, "hunts"+string(filepath.Separator)):
			var last hunted
			if err = json.Unmarshal([]byte(text), &last); err == nil && (len(last.Files) != 1 || !strings.HasSuffix(text, "\n")) {
				err = errors.New("no whole record of a hunt")
			}
		case strings.HasSuffix(name, ".json"):
			_, err = detect.ReadDetector([]byte(text), name)
		case strings.HasSuffix(name, ".jsonl"):
			for line := range strings.Lines(text) {
				if !strings.HasSuffix(line, "\n") || !json.Valid([]byte(line)) {
					err = errors.New("half a line")
				}
			}
		default:
			t.Errorf("%s: what is %s?", after, name)
		}
		if err != nil {
			t.Errorf("%s: %s: %v", after, name, err)
		}
	}
	if m := objects(t, must(t, s.args("detectors", "list", "--json")...)); len(m) != 1 || m[0]["detector"] != "scan" {
		t.Errorf("%s: detectors %v", after, m)
	}
}

func TestKilledAtAnyMoment(t *testing.T) {
	s := taughtSite(t)
	must(t, s.args("hunt", s.log, "--detector", "scan")...)
	rng := rand.New(rand.NewPCG(7, 7))
	rounds := 12
	if testing.Short() {
		rounds = 3
	}
	for _, words := range [][]string{
		{"baseline", s.benign},
		{"teach", "scan", "--replace", "--examples", s.mark("608,619,630")},
		{"hunt", s.log, "--detector", "scan"},
	} {
		start := time.Now()
		if out, err := program(t, s.args(words...)...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v: %s", words, err, out)
		}
		whole := time.Since(start)
		killed := 0
		for range rounds {
			before := snapshot(t, s.home)
			cmd := program(t, s.args(words...)...)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Duration(rng.Float64() * 1.1 * float64(whole)))
			cmd.Process.Kill()
			cmd.Wait()
			if cmd.ProcessState.Success() {
				continue
			}
			killed++
			after := "killed during " + words[0]
			checkHome(t, s, after)
			is := snapshot(t, s.home)
			for name := range before {
				if _, ok := is[name]; !ok {
					t.Errorf("%s: %s is gone", after, name)
				}
			}
		}
		if killed == 0 && !testing.Short() {
			t.Errorf("%s was never killed: the test shows nothing", words[0])
		}
	}
	must(t, s.args("hunt", s.log, "--detector", "scan")...)
}

// stop runs a command on a log that never ends, sends it a signal while it
// reads, and gives what it said.
func stop(t *testing.T, s site, sig os.Signal, args ...string) result {
	t.Helper()
	cmd := program(t, args...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	fed := make(chan struct{})
	go func() {
		defer close(fed)
		log := connLog()
		rows := log[len(connHead):]
		io.WriteString(in, log)
		for range 2 { // more than the pipe holds: when it is taken, the command reads
			if _, err := io.WriteString(in, rows); err != nil {
				return
			}
		}
	}()
	select {
	case <-fed:
	case <-time.After(20 * time.Second):
		t.Errorf("%v does not read", args)
	}
	cmd.Process.Signal(sig)
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		cmd.Process.Kill()
		t.Errorf("%v goes on after %v", args, sig)
		<-ended
	}
	return result{args, out.String(), errs.String(), cmd.ProcessState.ExitCode()}
}

// Ctrl-C ends a command that waits for more input, with a word and a status,
// and nothing is half written.
func TestInterrupted(t *testing.T) {
	hearHangups(t)
	s := taughtSite(t)
	must(t, s.args("hunt", s.log, "--detector", "scan")...)
	write(t, filepath.Join(s.home, "out.log"), "before\n")
	was := snapshot(t, s.home)
	for _, words := range [][]string{
		{"hunt", "-", "--detector", "scan"},
		{"hunt", "-", "--detector", "scan", "--json"},
		{"baseline", "-"},
		{"convert", "-", "-o", filepath.Join(s.home, "out.log")},
		{"teach", "x", "--examples", "-:99999"},
		{"features", "-", "--csv"},
		{"eval", "--data", "-", "--learners", "ratio"},
	} {
		signals := []os.Signal{os.Interrupt}
		if words[0] == "baseline" {
			signals = append(signals, syscall.SIGTERM, syscall.SIGHUP)
		}
		for _, sig := range signals {
			r := stop(t, s, sig, s.args(words...)...)
			if r.status != statusInterrupted || !strings.Contains(r.stderr, "inkling: interrupted; nothing half-written was left behind\n") {
				t.Errorf("%v: %v: status %d: %q", words, sig, r.status, r.stderr)
			}
			same(t, s.home, was, strings.Join(words, " "))
		}
	}
}

// A reader of the output that goes away, as head does, ends the program without
// a word and without leftovers.
func TestOutputClosed(t *testing.T) {
	s := taughtSite(t)
	was := snapshot(t, s.home)
	for _, words := range [][]string{{"hunt", s.log, "--detector", "scan"}, {"hunt", s.log, "--detector", "scan", "--json"}, {"features", s.log, "--csv"}, {"convert", s.log}, {"detectors"}} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		var errs bytes.Buffer
		cmd := program(t, s.args(words...)...)
		cmd.Stdout, cmd.Stderr = w, &errs
		err = cmd.Run()
		w.Close()
		if err == nil || cmd.ProcessState.ExitCode() != statusClosedPipe || errs.Len() > 0 {
			t.Errorf("%v: %v: %q", words, err, errs.String())
		}
		same(t, s.home, was, strings.Join(words, " "))
	}
}

// A disk that is full: files may not grow over 512 or 1024 bytes.
func TestDiskFull(t *testing.T) {
	s := taughtSite(t)
	must(t, s.args("hunt", s.log, "--detector", "scan")...)
	out := filepath.Join(s.home, "out.log")
	write(t, out, "before\n")
	was := snapshot(t, s.home)
	for _, words := range [][]string{
		{"baseline", s.benign}, {"teach", "scan", "--replace", "--examples", s.mark("608")}, {"teach", "x", "--examples", s.mark("608")}, {"hunt", s.log, "--detector", "scan"}, {"hunt", s.log, "--detector", "scan", "--json"},
		{"convert", s.log, "-o", out}, {"eval", "--data", s.log, "--learners", "ratio", "--export-episodes", out},
	} {
		args := s.args(words...)
		cmd := program(t, args...)
		cmd.Args = append([]string{"sh", "-c", `ulimit -f 1 && exec "$0" "$@"`, cmd.Path}, args...)
		if sh, err := osexec.LookPath("sh"); err == nil {
			cmd.Path = sh
		} else {
			t.Skip("no sh here")
		}
		var o, e bytes.Buffer
		cmd.Stdout, cmd.Stderr = &o, &e
		cmd.Run()
		result{args, o.String(), e.String(), cmd.ProcessState.ExitCode()}.fails(t, 2, "file too large", "free space")
		same(t, s.home, was, strings.Join(words, " "))
	}
}

// Training that is killed goes on from its checkpoint to the same bytes.
func TestTrainKilled(t *testing.T) {
	if len(trainers()) == 0 {
		t.Skip("no learner of the list is trained")
	}
	s := newSite(t)
	words := func(out string) []string {
		return s.args("train", "--data", s.log, "--learner", trainers()[0], "--iterations", "120", "--meta-batch", "2", "--checkpoint-every", "5", "-o", out)
	}
	whole := filepath.Join(s.dir, "whole.safetensors")
	start := time.Now()
	if out, err := program(t, words(whole)...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	took := time.Since(start)
	want, _ := os.ReadFile(whole)
	cut := filepath.Join(s.dir, "cut.safetensors")
	for i := range 4 {
		cmd := program(t, words(cut)...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(took * time.Duration(i+1) / 6)
		if i%2 == 0 {
			cmd.Process.Kill() // and a Ctrl-C the next time
		} else {
			cmd.Process.Signal(os.Interrupt)
		}
		err := cmd.Wait()
		if b, missing := os.ReadFile(cut); missing == nil && !bytes.Equal(b, want) {
			t.Fatal("half a model stands under the name of a whole one")
		}
		if err == nil {
			break
		}
	}
	if out, err := program(t, words(cut)...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if got, _ := os.ReadFile(cut); !bytes.Equal(got, want) {
		t.Error("stopped and resumed, training gives another model")
	}
	if _, err := os.Stat(cut + ".checkpoint"); err == nil {
		t.Error("the checkpoint was left behind")
	}
}

// Of two that teach one name at once without --replace, one is refused: it has not seen the other's detector begin.
func TestTeachAtOnce(t *testing.T) {
	t.Parallel()
	s := taughtSite(t)
	pipe := filepath.Join(s.dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip(err)
	}
	slow := make(chan result)
	go func() { slow <- exec(t, s.args("teach", "twice", "--examples", pipe+":608,619")...) }()
	w, err := os.OpenFile(pipe, os.O_WRONLY, 0) // waits for the reader
	if err != nil {
		t.Fatal(err)
	}
	must(t, s.args("teach", "twice", "--examples", s.mark("608"))...)
	kept := snapshot(t, filepath.Join(s.home, "detectors"))
	io.WriteString(w, connLog())
	w.Close()
	(<-slow).fails(t, 4, "detector twice: exists already", "--replace")
	same(t, filepath.Join(s.home, "detectors"), kept, "teach")
}

// An interruption ends the wait for the beginning of a pipe that says nothing.
func TestInterruptedBeforeTheFirstRecord(t *testing.T) {
	s := taughtSite(t)
	pipe := filepath.Join(s.dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip(err)
	}
	for _, words := range [][]string{
		s.args("hunt", pipe, "--detector", "scan"), s.args("features", pipe, "--csv"), s.args("schema", pipe), s.args("baseline", s.log, "--truth", pipe), {"convert", pipe},
	} {
		ctx, interrupt := context.WithCancel(t.Context())
		status := make(chan int, 1)
		go func() { status <- run(ctx, words, io.Discard, io.Discard) }()
		silent, err := os.OpenFile(pipe, os.O_WRONLY, 0) // once it is open at the other end
		if err != nil {
			t.Fatal(err)
		}
		interrupt()
		select {
		case got := <-status:
			if got != statusInterrupted {
				t.Errorf("%v: status %d", words, got)
			}
		case <-time.After(20 * time.Second):
			t.Errorf("%v waits on", words)
		}
		silent.Close()
	}
}
