package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/store"
)

func explainCmd(a *app) *cobra.Command {
	var in input
	var name string
	cmd := &cobra.Command{
		Use:   "explain ALERT-ID | FILE:LINE --detector NAME",
		Short: "Tell the evidence for an alert, or why a record is none",
		Long: `Tells one alert of the last hunts, or of a watch, in full, or judges any record of a file: what
it is near to, which features speak for and against it, and what would flip the
verdict.

A feature's share is the mean of what the score loses when this one value is set
to the typical benign one, and of what a typical benign record gains from it, in
parts of the whole difference. Learners are not additive: the shares of all
features need not sum to one. A record that would score the same
with typical values has none.

` + aboutBefore + `Without it, a record is judged as in the detector's last hunt, where that
was through FILE, or else as in its baseline, where FILE is one of those it was made of.

` + aboutRotated,
		Example: "  inkling explain 3f2a90c1d4\n  inkling explain conn.log:812 --detector ssh-guessing\n  inkling explain conn.2.log:12 --before conn.1.log --detector ssh-guessing",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			h, err := a.store()
			if err != nil {
				return err
			}
			file, lines, err := parseLines(args[0], "")
			if err != nil {
				return err
			}
			if len(lines) == 0 {
				alert, err := findAlert(h, args[0])
				if info, missing := os.Stat(args[0]); inkling.CodeOf(err) == inkling.NotFound && missing == nil && info.Mode().IsRegular() {
					return &inkling.Error{Code: inkling.NotFound, Place: h.Dir, What: fmt.Sprintf("no alert %q, but there is a file of that name", args[0]), Remedy: "for a record of it name its line, FILE:LINE: inkling explain " + inkling.Quoted(args[0]) + ":12 --detector NAME"}
				}
				if err != nil {
					return err
				}
				if len(in.before) > 0 {
					return idle("--before with an alert", "it is told as it was kept: leave it out, or judge its record, FILE:LINE")
				}
				if name != "" && name != alert.Detector {
					return idle(fmt.Sprintf("--detector %s with an alert of %s", name, alert.Detector), "leave it out, or judge the alert's record, FILE:LINE")
				}
				return showAlert(cmd.OutOrStdout(), a, alert, true)
			}
			if name == "" {
				return &inkling.Error{Code: inkling.Invalid, Place: args[0], What: "no detector to judge this record with", Remedy: "name one with --detector; see: inkling detectors list"}
			}
			d, err := armed(cmd.Context(), h, name)
			if err != nil {
				return err
			}
			if err := in.held(d.Baseline, "detector "+name); err != nil {
				return err
			}
			known := append(huntsOf(h, name), madeOf(d.Baseline))
			all, err := in.rows(cmd.Context(), []string{file}, map[string][]int{file: lines}, d.Baseline.Contract, known...)
			if err != nil {
				return err
			}
			rows := all[0]
			for i := range rows.Raw {
				score := d.Score(rows.Raw[i])
				alert := d.AlertOf(rows, i, score)
				if err := showAlert(cmd.OutOrStdout(), a, alert, d.Alerts(score)); err != nil {
					return err
				}
			}
			return nil
		},
	}
	in.flags(cmd)
	in.beforeFlag(cmd)
	cmd.Flags().StringVar(&name, "detector", "", "detector to judge a record with")
	return cmd
}

// findAlert looks for an alert by the start of its ID in what the last hunts kept, and watches.
func findAlert(h store.Home, id string) (inkling.Alert, error) {
	var found []inkling.Alert
	var damaged []string
	for _, k := range []store.Kind{store.Alerts, store.Watches} {
		if err := findAlerts(h, k, id, &found, &damaged); err != nil {
			return inkling.Alert{}, err
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return inkling.Alert{}, &inkling.Error{Code: inkling.Invalid, Place: h.Dir, What: fmt.Sprintf("several alerts begin with %q, %s and %s among them", id, found[0].ID, found[1].ID), Remedy: "give more of the ID"}
	case len(damaged) > 0:
		return inkling.Alert{}, &inkling.Error{Code: inkling.Invalid, Place: h.Dir, What: fmt.Sprintf("no alert %q found, but the file of alerts of %s is damaged", id, strings.Join(damaged, ", ")), Remedy: "hunt again, or judge the record: inkling explain FILE:LINE --detector NAME"}
	}
	return inkling.Alert{}, &inkling.Error{Code: inkling.NotFound, Place: h.Dir, What: fmt.Sprintf("no alert %q among those of the last hunts and of watches", id), Remedy: "IDs stand in the output of hunt and watch; for a record of a file say: inkling explain FILE:LINE --detector NAME"}
}

// findAlerts looks through the alerts of a kind for those whose ID begins so, until two are found, and adds the names of files that are damaged or cannot be read.
func findAlerts(h store.Home, k store.Kind, id string, found *[]inkling.Alert, damaged *[]string) error {
	names, err := h.List(k)
	if err != nil || id == "" {
		return err
	}
	for _, n := range names {
		f, err := h.Open(k, n)
		whole := false
		if err == nil {
			whole, err = findIn(f, k, id, found)
			f.Close()
		}
		if err != nil {
			n = fmt.Sprintf("%s (%v)", n, err)
		}
		if !whole || err != nil {
			*damaged = append(*damaged, n)
		}
	}
	return nil
}

// findIn looks through the alerts of a file, which may be large, and passes over lines that are damaged; not whole means that there are such.
func findIn(f io.Reader, k store.Kind, id string, found *[]inkling.Alert) (whole bool, err error) {
	whole = true
	for lines := bufio.NewReader(f); len(*found) < 2; {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF && (len(line) == 0 || k == store.Watches) { // of a watch a line may be being written
			return whole, nil
		}
		if err != nil && err != io.EOF {
			return whole, err
		}
		var alert inkling.Alert
		if json.Unmarshal(line, &alert) != nil {
			whole = false
			continue
		}
		known := func(a inkling.Alert) bool { return a.ID == alert.ID } // by a hunt and by a watch
		if strings.HasPrefix(alert.ID, id) && !slices.ContainsFunc(*found, known) {
			*found = append(*found, alert)
		}
	}
	return whole, nil
}

func showAlert(w io.Writer, a *app, alert inkling.Alert, isAlert bool) error {
	if a.json {
		return a.print(w, struct {
			inkling.Alert
			IsAlert bool `json:"alert"`
		}{alert, isAlert})
	}
	if isAlert {
		tellAlert(w, alert)
		return nil
	}
	s := styleOf(w)
	fmt.Fprintf(w, "Not an alert: %s of benign records score as high.\n%s %s  %s%s\n", rate(alert.PValue), s.green("○"), s.bold(who(alert)), when(alert), s.dim(standing(alert)))
	tellEvidence(w, s, alert.Evidence)
	fmt.Fprintln(w)
	return nil
}

// tellAlert writes an alert with its evidence for people.
func tellAlert(w io.Writer, alert inkling.Alert) {
	s := styleOf(w)
	fmt.Fprintf(w, "%s %s  %s%s\n", s.red("●"), s.bold(who(alert)), when(alert), s.dim(joined(standing(alert), "alert "+alert.ID)))
	if len(alert.Evidence.NearestBenign) == 0 {
		fmt.Fprintf(w, "  p-value %.2g; no evidence: the hunt made it for the first alerts alone (--evidence)\n\n", alert.PValue)
		return
	}
	says := "look so much like " + alert.Detector
	if len(alert.Evidence.NearestTaught) == 0 {
		says = "are so unlike the others"
	}
	fmt.Fprintf(w, "  p-value %.2g: %s of benign records %s\n", alert.PValue, atMost(alert.PValue), says)
	tellEvidence(w, s, alert.Evidence)
	fmt.Fprintf(w, "  would pass if   %s\n", flipText(s, alert.Evidence.Flip))
	fmt.Fprintln(w)
}

// when tells an alert's time, with room behind it; nothing when it has none.
func when(alert inkling.Alert) string {
	if alert.Time <= 0 {
		return ""
	}
	sec, frac := math.Modf(alert.Time)
	return time.Unix(int64(sec), int64(frac*1e9)).UTC().Format("2006-01-02 15:04:05") + "  "
}

func tellEvidence(w io.Writer, s style, e inkling.Evidence) {
	tellNeighbour(w, s, "nearest taught", e.NearestTaught)
	tellNeighbour(w, s, "nearest benign", e.NearestBenign)
	if len(e.Votes) > 0 {
		var parts []string
		for _, v := range e.Votes {
			parts = append(parts, fmt.Sprintf("%s %.2g", v.Voter, v.PValue))
		}
		fmt.Fprintf(w, "  %-15s %s\n", "votes, as p", strings.Join(parts, s.dim(" · ")))
	}
	if len(e.Contributions) == 0 && len(e.NearestBenign) > 0 {
		fmt.Fprintf(w, "  %-15s nothing on the whole: with typical values it would score the same\n", "speaks for it")
	}
	for i, c := range e.Contributions {
		if math.Abs(c.Share) < 0.005 {
			break
		}
		label := ""
		switch {
		case i == 0 && c.Share > 0:
			label = "speaks for it"
		case i == 0:
			label = "speaks against"
		}
		fmt.Fprintf(w, "  %-15s %s %-22s %s %s\n", label, bar(s, c.Share), inkling.Printable(c.Feature), s.bold(human(c.Value)), s.dim("benign "+human(c.Typical)))
	}
}

// flipText names the first changes; after the last one the record would pass.
func flipText(s style, flip []inkling.Change) string {
	const named = 3
	if len(flip) == 0 {
		return "no eight changes towards the nearest benign record would do"
	}
	var parts []string
	for _, c := range flip[:min(named, len(flip))] {
		parts = append(parts, fmt.Sprintf("%s %s → %s", inkling.Printable(c.Feature), human(c.From), human(c.To)))
	}
	text := strings.Join(parts, ", ")
	if more := len(flip) - named; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text + s.dim(fmt.Sprintf("  (p %.2g)", flip[len(flip)-1].PValue))
}

func atMost(p float64) string {
	if p <= 0 {
		return "none"
	}
	return "at most " + rate(p)
}

func tellNeighbour(w io.Writer, s style, label string, n []inkling.Neighbour) {
	if len(n) == 0 {
		return
	}
	a := inkling.Alert{Record: n[0].Record, Origin: n[0].Origin}
	fmt.Fprintf(w, "  %-15s distance %-6.3g %s\n", label, n[0].Distance, joined(who(a), s.dim(standing(a))))
}

// bar draws a share: ten cells wide, against the verdict in another colour and with a minus.
func bar(s style, share float64) string {
	n := int(math.Round(math.Min(math.Abs(share), 1) * 10))
	text := strings.Repeat("█", n) + strings.Repeat("·", 10-n)
	if share < 0 {
		return s.blue(text) + fmt.Sprintf(" −%2.0f %%", -share*100)
	}
	return s.red(text) + fmt.Sprintf(" %3.0f %%", share*100)
}

func human(v any) string {
	switch v := v.(type) {
	case nil:
		return "missing"
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1e9 {
			return count(int(v))
		}
		return fmt.Sprintf("%.3g", v)
	}
	return inkling.Printable(fmt.Sprint(v))
}
