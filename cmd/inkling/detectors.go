package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/detect"
	"github.com/inkling-sec/inkling/store"
)

func detectorsCmd(a *app) *cobra.Command {
	list := func(cmd *cobra.Command, _ []string) error { return listDetectors(cmd, a) }
	cmd := &cobra.Command{
		Use:   "detectors",
		Short: "List and show what was taught",
		Long: `Lists what was taught, with what was promised of it, or shows one detector in full.

The state of every detector is draft, as it was taught: that one hunts or watches
is not noted in it, and none is kept from it. Try it on history before it watches.`,
		Example: "  inkling detectors list\n  inkling detectors show ssh-guessing", Args: cobra.NoArgs, RunE: list,
	}
	cmd.AddCommand(
		&cobra.Command{Use: "list", Short: "List the detectors of the home", Example: "  inkling detectors list --json", Args: cobra.NoArgs, RunE: list},
		&cobra.Command{Use: "show NAME", Short: "Show a detector: examples, promise, lineage", Example: "  inkling detectors show ssh-guessing", Args: cobra.ExactArgs(1), RunE: func(cmd *cobra.Command, args []string) error { return showDetector(cmd, a, args[0]) }},
	)
	return cmd
}

func loadDetector(h store.Home, name string) (*detect.Detector, error) {
	data, err := h.Get(store.Detectors, name)
	if err != nil {
		return nil, err
	}
	d, err := detect.ReadDetector(data, name)
	if err != nil {
		return nil, err
	}
	if n := d.Examples.Len(); n == 0 && d.Learner != oddLearner || len(d.Examples.Origin) != n || len(d.Examples.Record) != n || d.Name == "" || d.Baseline == "" || !(d.Promise.Alpha > 0) {
		return nil, &inkling.Error{Code: inkling.Invalid, Place: "detector " + name, What: "the file is damaged: its name, baseline, promise or examples are missing", Remedy: "teach it again"}
	}
	d.Name = name // that of the file, which may have been copied or renamed: alerts are kept by it
	return d, nil
}

func listDetectors(cmd *cobra.Command, a *app) error {
	h, err := a.store()
	if err != nil {
		return err
	}
	names, err := h.List(store.Detectors)
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	if len(names) == 0 && !a.json {
		fmt.Fprintf(out, "No detectors in %s yet. Teach one with: inkling teach NAME --examples FILE:LINE,LINE…\n", h.Dir)
		return nil
	}
	var bad []error
	head := false
	for _, n := range names {
		d, err := loadDetector(h, n)
		if err != nil {
			bad = append(bad, err)
			continue
		}
		p := d.Promise
		if a.json {
			err := a.print(out, map[string]any{"detector": d.Name, "state": d.State, "examples": d.Examples.Len(), "alpha": p.Alpha, "self_test": p.SelfTest, "learner": d.Learner, "baseline": d.Baseline, "created": d.Created})
			if err != nil {
				return err
			}
			continue
		}
		if !head {
			head = true
			fmt.Fprintf(out, "%-24s %-7s %8s  %-9s %-12s %-12s %s\n", "detector", "state", "examples", "self-test", "false alarms", "baseline", "taught")
		}
		fmt.Fprintf(out, "%-24s %-7s %8d  %-9s %-12s %-12s %s\n", d.Name, d.State, d.Examples.Len(), shortTest(p.SelfTest), rate(p.Alpha), d.Baseline, d.Created.Format("2006-01-02 15:04"))
	}
	return errors.Join(bad...)
}

func showDetector(cmd *cobra.Command, a *app, name string) error {
	h, err := a.store()
	if err != nil {
		return err
	}
	d, err := loadDetector(h, name)
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	p := d.Promise
	if a.json {
		return a.print(out, map[string]any{
			"detector": d.Name, "state": d.State, "created": d.Created, "learner": d.Learner, "model": d.Model, "seed": d.Seed,
			"baseline": d.Baseline, "baseline_id": d.BaselineID, "contract": d.Contract, "promise": p,
			"examples": d.Examples.Record, "origins": d.Examples.Origin, "known": d.Known.Counts(), "only_this": d.Known != nil && d.Known.OnlyThis,
		})
	}
	s := styleOf(out)
	fmt.Fprintf(out, "%s (%s), taught %s with %s on baseline %s\n", s.bold(d.Name), d.State, d.Created.Format("2006-01-02 15:04"), d.Learner, d.Baseline)
	fmt.Fprintf(out, "  false alarms   at most %s on average, %s with 95 %% confidence, on %s calibration records\n", rate(p.Alpha), rate(p.Upper95), count(p.Calibration))
	fmt.Fprintf(out, "  self-test      %s\n", selfTested(d))
	fmt.Fprintf(out, "  contract       %.16s   baseline %.16s\n", d.Contract, d.BaselineID)
	if n := d.Known.Counts(); len(n) > 0 {
		how := "count for it as far as the examples resemble them"
		if d.Known.OnlyThis {
			how = "must not alert"
		}
		fmt.Fprintf(out, "  known attacks  %d, of %v records: they %s\n", len(n), n, how)
	}
	for i := range d.Examples.Origin {
		e := alertLike(d, i)
		fmt.Fprintf(out, "  example %-6d %s\n", i+1, joined(who(e), s.dim(standing(e))))
	}
	return nil
}

// selfTested tells the self-test; with fewer than two examples that differ there was none.
func selfTested(d *detect.Detector) string {
	switch {
	case d.Examples.Len() == 0:
		return "not possible without examples"
	case d.Promise.SelfTest.Of == 0:
		return "not possible with " + untested(d)
	}
	return fmt.Sprintf("%d of %s found", d.Promise.SelfTest.Found, testedOf(d))
}

func shortTest(t detect.SelfTest) string {
	if t.Of == 0 {
		return "none"
	}
	return fmt.Sprintf("%d of %d", t.Found, t.Of)
}

// alertLike shows an example as an alert would be.
func alertLike(d *detect.Detector, i int) inkling.Alert {
	return inkling.Alert{Record: d.Examples.Record[i], Origin: d.Examples.Origin[i]}
}
