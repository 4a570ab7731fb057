package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read"
	"github.com/inkling-sec/inkling/store"
)

// Detectors of one baseline that hunt together find and keep what each finds alone.
func TestHuntTogether(t *testing.T) {
	t.Parallel()
	s := taughtSite(t)
	must(t, s.args("teach", "other", "--examples", s.mark("610,620"), "--learner", "extra-trees")...)
	alone := map[string][]any{}
	for _, name := range []string{"scan", "other"} {
		alone[name] = ids(objects(t, must(t, s.args("hunt", s.log, "--detector", name, "--json")...)), name)
		if len(alone[name]) == 0 {
			t.Fatalf("%s finds nothing", name)
		}
	}
	together := objects(t, must(t, s.args("hunt", s.log, "--detector", "scan,other", "--json")...))
	for name, want := range alone {
		if got := ids(together, name); !slices.Equal(got, want) {
			t.Errorf("%s finds %d together, %d alone", name, len(got), len(want))
		}
		must(t, s.args("explain", want[0].(string), "--detector", name)...)
	}
	out := must(t, s.args("hunt", s.log, "--detector", "scan", "--detector", "other", "--evidence", "1", "--show", "4", "--no-save")...)
	for _, say := range []string{"scan: ", "other: ", "no evidence", "nearest taught"} {
		if !strings.Contains(out, say) {
			t.Errorf("no %q in %s", say, out)
		}
	}
	// What was told is not told of as more.
	for show, more := range map[string]int{"3": len(alone["scan"]) - mostLines, "30": len(alone["scan"]) - 30, "5000": 0} {
		out := must(t, s.args("hunt", s.log, "--detector", "scan", "--show", show, "--no-save")...)
		if want := fmt.Sprintf("… and %d more.", more); strings.Contains(out, " more.\n") != (more > 0) || more > 0 && !strings.Contains(out, want) {
			t.Errorf("--show %s: %d of %d are not told, but it says %s", show, more, len(alone["scan"]), out)
		}
	}
	must(t, s.args("baseline", s.benign, "--name", "second", "--seed", "5")...)
	must(t, s.args("teach", "far", "--baseline", "second", "--examples", s.mark("608"))...)
	exec(t, s.args("hunt", s.log, "--detector", "scan,far")...).fails(t, 4, "far", "another baseline", "by itself")
	exec(t, s.args("hunt", s.log, "--detector", "scan,scan")...).fails(t, 2, "named twice")
	exec(t, s.args("hunt", s.log, "--detector", "scan", "--schema", "columns")...).fails(t, 2, `"columns" is no FILE.json`, "leave it out")
	exec(t, s.args("hunt", s.log, "--detector", "scan", "--evidence", "-1")...).fails(t, 2, "--evidence")
}

// A hunt that is interrupted after its last record was read keeps nothing either.
func TestHuntInterruptedAtItsEnd(t *testing.T) {
	s := taughtSite(t)
	ctx, stop := context.WithCancel(t.Context())
	out := &stopper{stop: stop}
	status := run(ctx, s.args("hunt", s.log, "--detector", "scan", "--json"), out, io.Discard)
	if status != statusInterrupted || !strings.HasSuffix(out.String(), "}\n") {
		t.Errorf("status %d: %q", status, out.String())
	}
	if names, err := (store.Home{Dir: s.home}).List(store.Alerts); err != nil || len(names) != 0 {
		t.Errorf("kept %v (%v)", names, err)
	}
}

// ids gives those of a detector's alerts among objects, in order.
func ids(objects []map[string]any, detector string) (out []any) {
	for _, o := range objects {
		if o["detector"] == detector {
			out = append(out, o["id"])
		}
	}
	return out
}

// Every alert that is told has its ID, by which explain finds it.
func TestHuntTellsIDs(t *testing.T) {
	t.Parallel()
	s := taughtSite(t)
	var lines int
	for line := range strings.SplitSeq(must(t, s.args("hunt", s.log, "--detector", "scan", "--show", "2")...), "\n") {
		if !strings.HasPrefix(line, "●") {
			continue
		}
		lines++
		_, id, ok := strings.Cut(line, "  alert ")
		if !ok {
			t.Fatalf("no ID in %q", line)
		}
		if lines > 1 && lines < 5 {
			must(t, s.args("explain", id)...)
		}
	}
	if lines < 5 {
		t.Errorf("%d alerts told", lines)
	}
}

// intruder is an output that has another goroutine show progress while it is written to.
type intruder struct {
	p       *progress
	between bool
}

func (i *intruder) Write(b []byte) (int, error) {
	shown := make(chan struct{})
	go func() {
		i.p.show("conn.log: 1,024 records")
		close(shown)
	}()
	select {
	case <-shown:
		i.between = true
	case <-time.After(50 * time.Millisecond):
	}
	return len(b), nil
}

// Progress is shown by the goroutine that reads, while another tells alerts: not into the middle of what is told.
func TestProgressWaitsForWhatIsTold(t *testing.T) {
	t.Parallel()
	for what, tell := range map[string]func(*intruder, *progress) error{
		"an alert": func(out *intruder, p *progress) error {
			h := &hunt{a: &app{json: true}, out: out, progress: p, about: subjects{}, by: map[string]int{}}
			return h.tell(inkling.Alert{})
		},
		"a record that cannot be read": func(out *intruder, p *progress) error {
			cmd := &cobra.Command{}
			cmd.SetErr(out)
			return new(input).skipped(cmd, p)(io.ErrUnexpectedEOF)
		},
	} {
		terminal, err := os.Create(filepath.Join(t.TempDir(), "terminal"))
		if err != nil {
			t.Fatal(err)
		}
		defer terminal.Close()
		p := &progress{w: terminal}
		out := &intruder{p: p}
		if err := tell(out, p); err != nil || out.between {
			t.Errorf("progress was shown in the middle of %s, %v", what, err)
		}
	}
}

// noting is a reader that has something to tell when it is closed.
type noting struct {
	inkling.Reader
	tell func()
}

func (n noting) Close() error { n.tell(); return n.Reader.Close() }

// What a file has to tell at its end does not stand behind the progress.
func TestProgressIsClearedBeforeNotes(t *testing.T) {
	t.Parallel()
	s := taughtSite(t)
	detectors, err := armedTogether(t.Context(), store.Home{Dir: s.home}, []string{"scan"})
	if err != nil {
		t.Fatal(err)
	}
	terminal, err := os.Create(filepath.Join(t.TempDir(), "terminal"))
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	shown, h := "", &hunt{a: &app{json: true}, detectors: detectors, out: io.Discard, progress: &progress{w: terminal}, about: subjects{}, by: map[string]int{}}
	h.open = func(file string) (inkling.Reader, error) {
		r, err := read.Open(file, read.Options{})
		return noting{r, func() {
			b, _ := os.ReadFile(terminal.Name())
			shown = string(b)
		}}, err
	}
	if _, err := h.file(t.Context(), s.benign); err != nil || !strings.Contains(shown, " records, ") || !strings.HasSuffix(shown, "\r\x1b[K") {
		t.Errorf("%v; the terminal shows %q", err, shown)
	}
}
