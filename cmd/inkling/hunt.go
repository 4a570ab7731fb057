package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/spf13/cobra"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/detect"
	"github.com/inkling-sec/inkling/read"
	"github.com/inkling-sec/inkling/store"
)

func huntCmd(a *app) *cobra.Command {
	var in input
	var names []string
	var schema string
	var show, evidence int
	var noSave bool
	cmd := &cobra.Command{
		Use:   "hunt FILE… --detector NAME,…",
		Short: "Look for what detectors were taught, in files and history",
		Long: `Judges every record and shows those that a detector holds for the attack, with
evidence: the taught and the benign records nearest to it, the features that
speak for it, and what would have to change for it to pass as benign. Several
detectors of one baseline hunt together in much less time than one by one.

The alerts are kept under each detector's name in the home, those of the last
hunt; inkling explain ID tells one of them in full. Nothing is kept when the
hunt is interrupted or a file turns out damaged; what was found until then is
still printed.

` + aboutSources + "\n\n" + aboutRotated,
		Example: "  inkling hunt conn.log --detector ssh-guessing\n  inkling hunt /var/log/zeek --detector ssh-guessing,beacon\n  zcat conn.*.log.gz | inkling hunt - --detector ssh-guessing --json",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			if len(names) == 0 {
				return &inkling.Error{Code: inkling.Invalid, What: "no detector to hunt with", Remedy: "name one with --detector; see: inkling detectors list"}
			}
			if err := within([]bounded{{"show", show, 0, 0}}); err != nil {
				return err
			}
			if evidence < 0 {
				return &inkling.Error{Code: inkling.Invalid, Place: "--evidence", What: fmt.Sprintf("%d is no number of alerts", evidence), Remedy: "give how many, or 0 for all"}
			}
			h, err := a.store()
			if err != nil {
				return err
			}
			detectors, err := armedTogether(cmd.Context(), h, names)
			if err != nil {
				return err
			}
			if err := in.usePinned(&schema); err != nil {
				return err
			}
			if schema != "" && in.pin == nil {
				return &inkling.Error{Code: inkling.Invalid, Place: "--schema", What: fmt.Sprintf("%q is no FILE.json", schema), Remedy: "make one with: inkling schema TABLE --out FILE.json, or leave it out: the baseline knows its own"}
			}
			b := detectors[0].Baseline
			if err := in.held(b, "detector "+names[0]); err != nil {
				return err
			}
			if files, err = in.files(files, b.Contract); err != nil {
				return err
			}
			hunt := &hunt{a: a, detectors: detectors, open: in.opener(cmd.Context()), out: cmd.OutOrStdout(), show: show, evidence: evidence, progress: newProgress(a)}
			hunt.skipped = in.skipped(cmd, hunt.progress)
			defer hunt.progress.clear()
			if noSave {
				names = nil
			}
			read := recordOf(files)
			err = hunt.keep(h, names, read, func() error { return hunt.run(cmd.Context(), files) })
			return store.Elsewhere(err, "with --home, or hunt with --no-save")
		},
	}
	in.flags(cmd)
	in.strictFlag(cmd)
	cmd.Flags().StringSliceVar(&names, "detector", nil, "detectors to hunt with, of one baseline")
	cmd.Flags().StringVar(&schema, "schema", "", "FILE.json from inkling schema to hold records to; one that the baseline was made with is without asking")
	cmd.Flags().IntVar(&show, "show", 3, "alerts told in full; the others get a line each, up to 20, and are counted")
	cmd.Flags().IntVar(&evidence, "evidence", 0, "alerts of each detector that evidence is made for, the first ones; 0 means all. Evidence takes some milliseconds an alert")
	cmd.Flags().BoolVar(&noSave, "no-save", false, "do not keep the alerts in the home")
	return cmd
}

// hunt runs files through detectors, prints alerts and writes them as JSON lines to be kept.
type hunt struct {
	a         *app
	detectors []*detect.Armed
	open      func(string) (inkling.Reader, error)
	skipped   func(error) error
	out       io.Writer
	show      int
	evidence  int
	progress  *progress
	memory    detect.Memory // of the files before

	kept  map[string]*json.Encoder // by detector; none where nothing is kept
	told  atomic.Int64             // by one goroutine; the one that reads shows it
	about subjects                 // of alerts
	by    map[string]int           // alerts by detector
}

// keep runs run with the alerts of the named detectors, and what was read, written to the home: all of them, or none if it fails.
func (h *hunt) keep(home store.Home, names []string, read hunted, run func() error) error {
	if len(names) == 0 {
		return run()
	}
	return home.Put(store.Hunts, names[0], func(w io.Writer) error {
		if err := json.NewEncoder(w).Encode(read); err != nil {
			return err
		}
		return home.Put(store.Alerts, names[0], func(w io.Writer) error {
			if h.kept == nil {
				h.kept = map[string]*json.Encoder{}
			}
			h.kept[names[0]] = json.NewEncoder(w)
			return h.keep(home, names[1:], read, run)
		})
	})
}

const mostLines = 20

func (h *hunt) run(ctx context.Context, files []string) error {
	var total detect.Summary
	var failed error
	h.about, h.by = subjects{}, map[string]int{}
	for _, file := range files {
		s, err := h.file(ctx, file)
		total = add(total, s)
		if err != nil {
			failed = err
			break
		}
	}
	h.progress.clear()
	if failed == nil {
		failed = ctx.Err() // the end may have come after the last record: the user still wants none of it
	}
	if total.Records == 0 && failed == nil {
		failed = &inkling.Error{Code: inkling.Invalid, Place: strings.Join(files, ", "), What: "no records to hunt in", Remedy: "check that these are the right files"}
		if total.Skipped > 0 {
			failed = &inkling.Error{Code: inkling.Invalid, Place: strings.Join(files, ", "), What: fmt.Sprintf("none of the %s could be read", plural(total.Skipped, "record")), Remedy: "check that the detector's baseline was made from files like these"}
		}
	}
	if total.Records == 0 {
		return failed
	}
	if err := h.summary(total); err != nil {
		return err
	}
	if ctx.Err() != nil && !h.a.json {
		fmt.Fprintln(h.out, "Interrupted: alerts whose evidence was not made yet are not told; --evidence 1 makes it for the first alone, which is much faster.")
	}
	return failed
}

func (h *hunt) file(ctx context.Context, file string) (detect.Summary, error) {
	r, err := h.open(file)
	if err != nil {
		return detect.Summary{}, err
	}
	defer r.Close()          // which may have something to tell
	defer h.progress.clear() // before that
	e := detect.Engine{
		Detectors: h.detectors,
		Evidence:  h.evidence,
		Memory:    &h.memory,
		Skipped:   h.skipped,
		Progress: func(n int) {
			h.progress.show("%s: %s records, %s", file, count(n), plural(int(h.told.Load()), "alert"))
		},
		Alert: func(alert inkling.Alert) error {
			keep, ok := h.kept[alert.Detector]
			if !ok {
				return h.tell(alert)
			}
			if err := keep.Encode(alert); err != nil {
				return &inkling.Error{Code: inkling.Invalid, Place: "alerts of " + alert.Detector, What: "cannot be kept", Remedy: "free space, or hunt with --no-save", Err: err}
			}
			return h.tell(alert)
		},
	}
	if read.Listens(file) {
		e.Live = &detect.Live{}
	}
	return e.Run(ctx, r)
}

func add(a, b detect.Summary) detect.Summary {
	a.Records += b.Records
	a.Alerts += b.Alerts
	a.Skipped += b.Skipped
	a.Late += b.Late
	if a.SkippedBy == nil {
		a.SkippedBy = map[string]int{}
	}
	for why, n := range b.SkippedBy {
		a.SkippedBy[why] += n
	}
	a.Evicted += b.Evicted
	a.Seconds += b.Seconds
	a.PerSecond = float64(int(float64(a.Records) / max(a.Seconds, 1e-9)))
	return a
}

func (h *hunt) tell(alert inkling.Alert) error {
	return h.progress.cleared(func() error { return h.print(alert) })
}

func (h *hunt) print(alert inkling.Alert) error {
	told := int(h.told.Add(1))
	h.about.count(alert)
	h.by[alert.Detector]++
	switch {
	case h.a.json:
		return h.a.print(h.out, alert)
	case told <= h.show:
		tellAlert(h.out, alert)
	case told <= mostLines:
		s := styleOf(h.out)
		name := ""
		if len(h.detectors) > 1 {
			name = alert.Detector + "  "
		}
		fmt.Fprintf(h.out, "%s  %s%s  %sp %.2g  %s\n", s.red("●"), name, who(alert), when(alert), alert.PValue, s.dim(joined(further(alert), "alert "+alert.ID)))
	}
	return nil
}

func (h *hunt) summary(s detect.Summary) error {
	if h.a.json {
		by := map[string]any{}
		for _, d := range h.detectors {
			alpha := d.Detector.Promise.Alpha
			by[d.Detector.Name] = map[string]any{"alerts": h.by[d.Detector.Name], "alpha": alpha, "expected_if_benign": alpha * float64(s.Records)}
		}
		return h.a.print(h.out, struct {
			detect.Summary
			Detectors map[string]any `json:"detectors"`
		}{s, by})
	}
	st := styleOf(h.out)
	if more := s.Alerts - max(mostLines, h.show); more > 0 {
		fmt.Fprintf(h.out, "… and %s more.\n", count(more))
	}
	fmt.Fprintf(h.out, "\n%s in %s (%s a second", st.bold(plural(s.Alerts, "alert")), plural(s.Records, "record"), count(int(s.PerSecond)))
	if s.Skipped > 0 {
		fmt.Fprintf(h.out, ", %s unreadable and skipped", count(s.Skipped))
	}
	fmt.Fprint(h.out, ").")
	for _, d := range h.detectors {
		name, alpha := "", d.Detector.Promise.Alpha
		if len(h.detectors) > 1 {
			name = fmt.Sprintf("\n%s: %s.", d.Detector.Name, plural(h.by[d.Detector.Name], "alert"))
		}
		fmt.Fprintf(h.out, "%s Were every record benign, about %s would alert: the promised %s.", name, about(alpha*float64(s.Records)), rate(alpha))
	}
	fmt.Fprintln(h.out)
	tellLosses(h.out, s)
	h.about.tell(h.out)
	return nil
}

// tellLosses says what a run could not do justice to.
func tellLosses(w io.Writer, s detect.Summary) {
	if len(s.SkippedBy) > 1 {
		fmt.Fprintln(w, "Skipped:")
		for _, why := range mostFirst(s.SkippedBy) {
			fmt.Fprintf(w, "  %6s  %s\n", count(s.SkippedBy[why]), why)
		}
	}
	if s.Late > 0 {
		fmt.Fprintf(w, "%s came more than ten minutes after a newer one: counts over time take them for new.\n", plural(s.Late, "record"))
		if s.Late > s.Records/10 {
			fmt.Fprintln(w, "Alerts on so many are not to be trusted: is a record's time far ahead, or a file older than the one before?")
		}
	}
	if s.Evicted > 0 {
		fmt.Fprintf(w, "Memory over time was full: %s of its entries were put out; counts over time may be low.\n", count(int(s.Evicted)))
	}
}

func mostFirst(m map[string]int) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Or(m[b]-m[a], strings.Compare(a, b)) })
	return keys
}
