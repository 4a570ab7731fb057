package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/detect"
	"github.com/inkling-sec/inkling/read"
	"github.com/inkling-sec/inkling/read/follow"
	"github.com/inkling-sec/inkling/store"
)

func watchCmd(a *app) *cobra.Command {
	w := &watch{a: a}
	cmd := &cobra.Command{
		Use:   "watch FILE… --detector NAME,…",
		Short: "Follow live logs and alert as records come",
		Long: `Follows logs as tail -F does, through rotation, and alerts on records as they are
written. FILE may also be - for standard input, unix:///path for a socket that
programs write records to, one a line, or udp://:2055 for a port that NetFlow (v5,
v9) or IPFIX is exported to. Compressed files and captures are read to their end.

Alerts are kept in the home, where inkling explain ID finds them, or in --out.
How far each log was read is kept with them: a watch that stops for whatever
reason goes on there, and neither loses an alert nor gives one twice. It reads the
rest of files that were rotated or compressed meanwhile first. Records before the
place it goes on at are read for what is remembered over time, not judged again.
Standard input, sockets and ports have no place to go on at. The file of alerts may
be rotated, by renaming or truncation; alerts go on in the one that has its name.

An alert that cannot be written, as when the disk is full, is tried again until it
can; the log is not read on meanwhile. Ctrl-C, SIGTERM or a closed terminal ends the
watch with a summary; nohup keeps it.`,
		Example: "  inkling watch /opt/zeek/logs/current/conn.log --rotated /opt/zeek/logs --detector ssh-guessing\n  inkling watch eve.json --detector scan,beacon --from start --json\n  inkling watch unix:///run/inkling.sock --detector scan --out alerts.jsonl\n  inkling watch udp://:2055 --detector scan",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			w.cmd = cmd
			return w.run(cmd.Context(), files)
		},
	}
	w.flags(cmd)
	w.strictFlag(cmd)
	fl := cmd.Flags()
	fl.StringSliceVar(&w.asked, "detector", nil, "detectors to watch with, of one baseline")
	fl.StringVar(&w.from, "from", fromResume, "where to begin: start of the file (again each time, so not for a service that is restarted), end, or resume: where the watch of this name stopped, at the end of a file that it did not know")
	fl.StringVar(&w.out, "out", "", "file that alerts are added to, as JSON lines, or - for standard output; default is the home")
	fl.StringVar(&w.name, "name", "", "name of the watch in the home; default is that of the first detector")
	fl.StringArrayVar(&w.rotated, "rotated", nil, "folder that rotated files are in, or in folders of it, where they are not beside the log")
	fl.IntVar(&w.show, "show", 3, "alerts told in full; the others get a line each")
	fl.DurationVar(&w.saveEvery, "save-memory", time.Minute, "how often, at most, what is remembered over time is kept, so that a watch that starts again has less to read; 0 means never")
	complete(cmd, "from", froms)
	return cmd
}

// Where a watch begins.
const (
	fromStart  = "start"
	fromEnd    = "end"
	fromResume = "resume"
)

var froms = []string{fromStart, fromEnd, fromResume}

// watch follows logs and keeps their alerts.
type watch struct {
	input
	a               *app
	cmd             *cobra.Command
	asked           []string // names of the detectors
	rotated         []string
	from, out, name string
	show            int
	saveEvery       time.Duration
	detectors       []*detect.Armed
	journal         journal
	place           string // what the names of files with positions and memories begin with
	sources         []*source
	screen          sync.Mutex // guards what is printed, and what follows
	progress        *progress
	told, records   int
	about           subjects
	mu              sync.Mutex                 // guards the journal, what sources have passed, and what follows
	noted           map[string]follow.Position // by the log's path
	dirty           bool                       // there is something to commit
	fresh           bool                       // no alert of the file of alerts is safe, by which it is known when it was rotated
}

// journal is what is asked of [store.Journal].
type journal interface {
	Rotated() bool
	Append(lines []byte) error
	Commit(note []byte) error
}

func (w *watch) run(ctx context.Context, files []string) error {
	if err := w.check(files); err != nil {
		return err
	}
	h, err := w.a.store()
	if err != nil {
		return err
	}
	if w.detectors, err = armedTogether(ctx, h, w.asked); err != nil {
		return err
	}
	b := w.detectors[0].Baseline
	if err := w.held(b, "detector "+w.detectors[0].Detector.Name); err != nil {
		return err
	}
	j, note, err := w.openJournal(h)
	if err != nil {
		return w.elsewhere(err)
	}
	defer j.Close()
	w.journal, w.noted, w.about, w.progress = j, map[string]follow.Position{}, subjects{}, newProgress(w.a)
	if note != nil {
		if err := json.Unmarshal(note, &w.noted); err != nil {
			return &inkling.Error{Code: inkling.Invalid, Place: w.place + ".position", What: "the place to go on at is damaged", Remedy: "remove it to start anew", Err: err}
		}
	}
	defer w.clear()
	for _, file := range files {
		s, err := w.open(ctx, file)
		if err != nil {
			return err
		}
		defer s.reader.Close()
		w.sources = append(w.sources, s)
	}
	w.dirty, w.fresh = true, w.out != "-"
	if err := w.commit(); err != nil { // before anything is read, so that a log that is rotated from now on is known
		return w.elsewhere(err)
	}
	start := time.Now()
	sum, err := w.follow(ctx)
	sum.Seconds = time.Since(start).Seconds()
	if err == nil || sum.Records > 0 {
		if told := w.summary(sum); err == nil {
			err = told
		}
	}
	return err
}

func (w *watch) check(files []string) error {
	if len(w.asked) == 0 {
		return &inkling.Error{Code: inkling.Invalid, What: "no detector to watch with", Remedy: "name one with --detector; see: inkling detectors list"}
	}
	if err := within([]bounded{{"show", w.show, 0, 0}}); err != nil {
		return err
	}
	if w.saveEvery < 0 {
		return &inkling.Error{Code: inkling.Invalid, What: fmt.Sprintf("--save-memory %v", w.saveEvery), Remedy: "give a time such as 1m, or 0 to keep none"}
	}
	if w.name != "" && w.out != "" && w.out != "-" {
		return &inkling.Error{Code: inkling.Invalid, What: "--name with --out " + w.out, Remedy: "leave one out: alerts and place are kept in the home under a name, or beside that file"}
	}
	if !slices.Contains(froms, w.from) {
		return &inkling.Error{Code: inkling.Invalid, What: fmt.Sprintf("--from %q", w.from), Remedy: "choose " + either(froms)}
	}
	for _, dir := range w.rotated {
		info, err := os.Stat(dir)
		code, remedy := inkling.Invalid, "name the folder that rotated files are in"
		if err == nil && info.IsDir() {
			continue
		} else if errors.Is(err, os.ErrNotExist) {
			code, remedy = inkling.NotFound, "check the path: records of files that are not found again would be lost"
		}
		return &inkling.Error{Code: code, Place: dir, What: "no folder for --rotated", Remedy: remedy, Err: err}
	}
	if w.out != "" && w.out != "-" && slices.ContainsFunc(files, func(f string) bool { return read.Same(f, w.out) }) {
		return &inkling.Error{Code: inkling.Invalid, Place: w.out, What: "is the log that is watched", Remedy: "name another file with --out: alerts are added to it, and what is behind them is cut off when the watch goes on"}
	}
	return nil
}

// openJournal opens what alerts are kept in.
func (w *watch) openJournal(h store.Home) (*store.Journal, []byte, error) {
	if w.name == "" {
		w.name = w.asked[0]
	}
	lines := w.out
	if lines == "" || lines == "-" {
		path, err := h.Room(store.Watches, w.name)
		if err != nil {
			return nil, nil, err
		}
		w.place = path
		if lines == "" {
			lines = path
		} else {
			lines = ""
		}
	} else {
		w.place = lines
	}
	return store.OpenJournal(lines, w.place+".position")
}

// elsewhere says where else alerts may be kept, if err is that they cannot be where they are to be.
func (w *watch) elsewhere(err error) error {
	if w.out == "" {
		return store.Elsewhere(err, "with --out or --home")
	} else if w.out == "-" {
		return store.Elsewhere(err, "with --home")
	}
	return store.Elsewhere(err, "with --out")
}

// commitEvery is how long an alert may be in the file before it is safe on the disk and the position with it.
const commitEvery = 200 * time.Millisecond

// follow runs every source until all have ended, one fails, or ctx ends, which is no failure.
func (w *watch) follow(ctx context.Context) (total detect.Summary, failed error) {
	stopped := ctx
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var committer, sources sync.WaitGroup
	ended := make(chan struct{})
	committer.Go(func() { w.keepCommitting(ended) })
	var mu sync.Mutex
	for _, s := range w.sources {
		sources.Go(func() {
			sum, err := s.run(ctx)
			mu.Lock()
			defer mu.Unlock()
			total = add(total, sum)
			if err != nil && ctx.Err() == nil {
				failed = err
				cancel()
			}
		})
	}
	sources.Wait()
	close(ended)
	committer.Wait()
	if err := w.commit(); failed == nil && err != nil && stopped.Err() == nil {
		failed = err
	} else if err != nil {
		w.say("%v: the alerts since the last that were written come when the watch goes on", err)
	}
	return total, failed
}

// keepCommitting makes safe what has been passed, until ended.
func (w *watch) keepCommitting(ended <-chan struct{}) {
	wait, failing := commitEvery, false
	for {
		select {
		case <-ended:
			return
		case <-time.After(wait):
		}
		err := w.commit()
		switch {
		case err == nil && failing:
			w.say("how far the logs were read is kept again")
			wait, failing = commitEvery, false
		case err != nil && !failing:
			w.say("%v: tried again; nothing is lost", err)
			failing = true
		}
		if err != nil {
			wait = min(2*wait, mostWait)
		}
	}
}

// mostWait is the longest pause before what failed is tried again.
const mostWait = 10 * time.Second

// commit makes the alerts safe and notes how far each log was read; then it keeps memories over time, which are good from there on.
func (w *watch) commit() error {
	if err := w.note(); err != nil {
		return err
	}
	for _, s := range w.sources {
		w.mu.Lock()
		memory, taken := s.memory, s.taken
		w.mu.Unlock()
		if memory == nil || taken.Beyond(s.safe) {
			continue
		}
		if err := s.keepMemory(memory, taken); err != nil { // may take long: nothing waits for it
			return err
		}
		w.mu.Lock()
		s.first = taken.File
		if s.taken == taken {
			s.memory = nil
		}
		w.mu.Unlock()
	}
	return nil
}

// note makes the alerts safe and notes how far each log was read.
func (w *watch) note() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.dirty {
		return nil
	}
	return w.noteLocked()
}

// noteLocked is note with w.mu held.
func (w *watch) noteLocked() error {
	for _, s := range w.sources {
		if s.log != nil {
			w.noted[s.key] = s.position()
		}
	}
	note, err := json.Marshal(w.noted)
	if err != nil {
		return err
	}
	if err := w.journal.Commit(note); err != nil {
		return err
	}
	w.dirty = false
	for _, s := range w.sources {
		s.safe = s.at
	}
	return nil
}

// keep adds the alerts of a source up to a place to those kept, and tells them. While they cannot be written it tries again.
func (w *watch) keep(ctx context.Context, s *source, alerts []inkling.Alert, to follow.Place, memory []byte) error {
	var lines bytes.Buffer
	for _, a := range alerts {
		if err := json.NewEncoder(&lines).Encode(a); err != nil {
			return err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.out == "-" {
		if err := w.print(lines.Bytes()); err != nil {
			return err
		}
	} else if err := w.append(ctx, lines.Bytes()); err != nil {
		return err
	}
	s.at, w.dirty = to, true
	if memory != nil {
		s.memory, s.taken = memory, to
	}
	if len(alerts) > 0 && w.fresh {
		w.fresh = w.noteLocked() != nil // then later
	}
	return w.tell(alerts)
}

func (w *watch) append(ctx context.Context, lines []byte) error {
	failing := false
	for wait := commitEvery; ; wait = min(2*wait, mostWait) {
		err := w.put(lines)
		if err == nil {
			if failing {
				w.say("alerts are written again; none was lost")
			}
			return nil
		}
		if !failing {
			w.say("%v: tried again; the logs are not read on until then", err)
			failing = true
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
		}
	}
}

// put adds alerts to those kept. A file that was rotated is done with before, so that no alert is in it and the next one too.
func (w *watch) put(lines []byte) error {
	if len(lines) > 0 && w.journal.Rotated() {
		if err := w.noteLocked(); err != nil {
			return err
		}
		w.fresh = true
		w.say("%s: was rotated; alerts go on in the file that has its name now", w.place)
	}
	return w.journal.Append(lines)
}

// say tells on standard error what happens.
func (w *watch) say(format string, args ...any) {
	w.screen.Lock()
	defer w.screen.Unlock()
	w.progress.clear()
	fmt.Fprintln(w.cmd.ErrOrStderr(), "inkling:", inkling.Printable(fmt.Sprintf(format, args...)))
}

func (w *watch) clear() {
	w.screen.Lock()
	defer w.screen.Unlock()
	w.progress.clear()
}

// print writes alerts to standard output.
func (w *watch) print(b []byte) error {
	w.screen.Lock()
	defer w.screen.Unlock()
	w.progress.clear()
	_, err := w.cmd.OutOrStdout().Write(b)
	return err
}

// tell tells alerts that are kept.
func (w *watch) tell(alerts []inkling.Alert) error {
	w.screen.Lock()
	defer w.screen.Unlock()
	w.progress.clear()
	out := w.cmd.OutOrStdout()
	s := styleOf(out)
	for _, a := range alerts {
		w.told++
		w.about.count(a)
		switch {
		case w.out == "-":
		case w.a.json:
			if err := w.a.print(out, a); err != nil {
				return err
			}
		case w.told <= w.show:
			tellAlert(out, a)
		default:
			fmt.Fprintf(out, "%s  %s  %s%s  p %.2g  %s\n", s.red("●"), who(a), when(a), a.Detector, a.PValue, s.dim(joined(further(a), "alert "+a.ID)))
		}
	}
	return nil
}

// showProgress shows on a terminal how far a source has come.
func (w *watch) showProgress(s *source, n int) {
	w.screen.Lock()
	defer w.screen.Unlock()
	w.records += n - s.shown
	s.shown = n
	w.progress.show("watching %s: %s records, %s", plural(len(w.sources), "source"), count(w.records), plural(w.told, "alert"))
}

func (w *watch) summary(s detect.Summary) error {
	expected := 0.0
	for _, d := range w.detectors {
		expected += d.Detector.Promise.Alpha * float64(s.Records)
	}
	out := w.cmd.OutOrStdout()
	if w.out == "-" {
		out = w.cmd.ErrOrStderr()
	} else if w.a.json {
		return w.a.print(out, struct {
			detect.Summary
			Expected float64 `json:"expected_if_benign"`
		}{s, expected})
	}
	w.clear()
	fmt.Fprintf(out, "\n%s in %s, in %s", styleOf(out).bold(plural(s.Alerts, "alert")), plural(s.Records, "record"), time.Duration(s.Seconds*float64(time.Second)).Round(time.Second))
	if s.Skipped > 0 {
		fmt.Fprintf(out, ", %s unreadable and skipped", count(s.Skipped))
	}
	fmt.Fprintf(out, ". Were every record benign, about %s would alert.\n", about(expected))
	tellLosses(out, s)
	w.about.tell(out)
	return nil
}
