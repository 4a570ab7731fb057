package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/detect"
	"github.com/inkling-sec/inkling/store"
)

func teachCmd(a *app) *cobra.Command {
	var in input
	var o detect.TeachOptions
	var marks, known []string
	var onlyThis, odd bool
	var base, learner, model string
	var replace bool
	cmd := &cobra.Command{
		Use:   "teach NAME --examples FILE:LINE,LINE…",
		Short: "Make a detector from 1 to 10 examples",
		Long: `Learns a detector from a few marked records, states its false-alarm rate before
it is used, and tests itself: each example, the first ten of many, is left out in
turn and looked for with the rest.

Mark records by their line in the log they were seen in: features over time
(ports touched in two minutes, regularity, …) are made from the records before
them. A FILE without lines is examples from first to last.

` + aboutBefore + `Without it, what came before is remembered of files that the baseline was
made of; of any other, nothing came before.

` + aboutRotated + `

With --known, records of attacks that you already have help to find one that
resembles them, most of all from a single example. With --only-this they are what
the new detector is to keep quiet about.

With --truth, the records of --examples that a file of ground truth labels are the
examples, or those it labels --class: who did what when, instead of line numbers.

With --odd there are no examples: what is found is whatever is unlike the benign
records, a start until the first example turns up.`,
		Example: "  inkling teach ssh-guessing --examples conn.log:812,815,820-822\n  inkling teach odd-payment --examples fraud.csv --baseline payments --alpha 0.01\n  inkling teach new-flood --examples conn.log:90 --known syn-flood.log --known udp-flood.log\n  inkling teach ssh-guessing --examples conn.log --truth incident.csv --class ssh\n  inkling teach strange --odd --per-day 5",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			h, err := a.store()
			if err != nil {
				return err
			}
			if err := store.CheckName(store.Detectors, args[0]); err != nil {
				return err
			}
			put := h.Put
			if !replace {
				put = h.Add
				if err := h.Free(store.Detectors, args[0]); err != nil {
					return err
				}
			}
			if cmd.Flags().Changed("alpha") && o.Alpha == 0 { // else taken for not given
				return &inkling.Error{Code: inkling.Invalid, What: "a false-alarm rate of 0", Remedy: "no detector can promise that: give --alpha a number above 0, such as 0.001"}
			}
			if cmd.Flags().Changed("per-day") && !(o.PerDay > 0) {
				return &inkling.Error{Code: inkling.Invalid, What: fmt.Sprintf("%g false alarms a day", o.PerDay), Remedy: "give --per-day a number above 0"}
			}
			if in.truth.class != "" && in.truth.file == "" {
				return &inkling.Error{Code: inkling.Invalid, What: "--class without ground truth", Remedy: "name the file that labels the records with --truth, or mark the examples by line"}
			}
			if base, err = oneBaseline(h, base); err != nil {
				return err
			}
			b, err := baseline(h, base)
			if err != nil {
				return err
			}
			if err := in.held(b, "baseline "+base); err != nil {
				return err
			}
			if odd {
				if len(marks)+len(known)+len(in.before) > 0 || learner+model != "" {
					return &inkling.Error{Code: inkling.Invalid, What: "--odd with examples, what came before them, known attacks, a learner or a model", Remedy: "it learns from the baseline alone: leave them out"}
				}
				learner = oddLearner
			}
			c, err := choose(h, learner, model, b.Contract, o.Seed)
			if err != nil {
				return err
			}
			if err := h.Ready(store.Detectors, args[0]); err != nil {
				return err
			}
			if err := in.useTruth(cmd.Context(), markField, ""); err != nil {
				return err
			}
			rows, err := examples(cmd.Context(), &in, "--examples", marks, b)
			if err != nil {
				return err
			}
			in.unused()
			if o.Known, err = knownAttacks(cmd.Context(), &in, known, onlyThis, b); err != nil {
				return err
			}
			start := time.Now()
			d, _, err := detect.Teach(cmd.Context(), args[0], rows, b, c, o)
			if err != nil {
				return err
			}
			elapsed := time.Since(start)
			if err := put(store.Detectors, d.Name, d.Write); err != nil {
				return err
			}
			return printTaught(cmd.OutOrStdout(), a, d, b, elapsed)
		},
	}
	in.flags(cmd)
	in.beforeFlag(cmd)
	in.truth.flag(cmd)
	cmd.Flags().StringVar(&in.truth.class, "class", "", "with --truth: only records with this label are examples")
	fl := cmd.Flags()
	fl.StringArrayVar(&marks, "examples", nil, "records that show the attack: FILE:LINE,LINE,FROM-TO or a whole FILE, directory or pattern; may be given again")
	fl.StringArrayVar(&known, "known", nil, "records of an attack that is known already, like --examples, of more than 200 as many, evenly spread; give it once for each attack: new ones often resemble them")
	fl.BoolVar(&odd, "odd", false, "without examples: find what is unlike the benign records")
	fl.BoolVar(&onlyThis, "only-this", false, "known attacks must not alert: fewer are taken for the new one, and nothing is learned from what they have in common")
	fl.StringVar(&base, "baseline", "", "baseline to compare with; the only one there is, or \"default\"")
	fl.StringVar(&learner, "learner", "", "how to learn: see inkling eval --help (default: what was chosen for the schema, see inkling packs; vote for tables)")
	fl.StringVar(&model, "model", "", "learn with a trained model of the home instead, by its name; see inkling train")
	fl.Float64Var(&o.Alpha, "alpha", 0, "false-alarm rate to keep; default 0.001, or the smallest the baseline can promise")
	fl.Float64Var(&o.PerDay, "per-day", 0, "false alarms a day to keep, at the baseline's volume")
	fl.Uint64Var(&o.Seed, "seed", 1, "seed of the learner")
	fl.BoolVar(&replace, "replace", false, "overwrite a detector of that name")
	return cmd
}

func printTaught(w io.Writer, a *app, d *detect.Detector, b *detect.Baseline, elapsed time.Duration) error {
	p := d.Promise
	if a.json {
		return a.print(w, map[string]any{
			"detector": d.Name, "examples": d.Examples.Len(), "self_test": p.SelfTest, "alpha": p.Alpha, "n_calibration": p.Calibration,
			"fpr_upper95": p.Upper95, "alarms_per_day": p.AlarmsPerDay, "elapsed_ms": math.Round(elapsed.Seconds()*1e5) / 100,
			"learner": d.Learner, "baseline": d.Baseline, "state": d.State, "doubts": append([]string{}, d.Doubts...),
		})
	}
	s := styleOf(w)
	fmt.Fprintf(w, "Detector %s, taught from %s in %.0f ms.\n", s.bold(d.Name), plural(d.Examples.Len(), "example"), elapsed.Seconds()*1000)
	switch {
	case d.Examples.Len() == 0:
		fmt.Fprintf(w, "  Self-test     not possible without examples\n")
	case p.SelfTest.Of == 0:
		fmt.Fprintf(w, "  Self-test     not possible with %s: mark another one if you can\n", untested(d))
	case p.SelfTest.Found == p.SelfTest.Of:
		fmt.Fprintf(w, "  Self-test     %s\n", s.green(fmt.Sprintf("each of the %s examples is found by the others", strings.TrimPrefix(testedOf(d), "the "))))
	default:
		fmt.Fprintf(w, "  Self-test     %s\n", s.red(fmt.Sprintf("%d of %s examples are found by the others", p.SelfTest.Found, testedOf(d))))
		for _, i := range p.SelfTest.Missed {
			fmt.Fprintf(w, "                not found: %s (unlike the others, or too like benign records)\n", inkling.Printable(d.Examples.Origin[i].String()))
		}
	}
	if quiet := quietOnes(d); quiet != "" {
		fmt.Fprintf(w, "                %s\n", s.red("does not even find "+quiet+", which it was taught: too like benign records at this rate"))
	}
	if t := p.SelfTest; 2*t.Found < t.Of {
		fmt.Fprintf(w, "                to find more: mark more examples, name attacks like it with --known, or allow more false alarms\n                (--alpha, %s here); then teach again with --replace\n", rate(p.Alpha))
	}
	fmt.Fprintf(w, "  False alarms  at most %s of benign records on average (with 95 %% confidence under %s),\n", rate(p.Alpha), rate(p.Upper95))
	fmt.Fprintf(w, "                promised on %s benign records it has not learned from, as long as new ones are like them\n", count(p.Calibration))
	if p.AlarmsPerDay != nil {
		fmt.Fprintf(w, "                about %s a day at this baseline's volume of %s records a day\n", about(*p.AlarmsPerDay), about(b.RecordsPerDay()))
	}
	for _, doubt := range d.Doubts {
		fmt.Fprintf(w, "  %s       %s\n", s.red("Beware:"), inkling.Printable(doubt))
	}
	fmt.Fprintf(w, "  State         %s: try it on history before it watches\n", d.State)
	fmt.Fprintf(w, "Next: inkling hunt FILE… --detector %s\n", d.Name)
	return nil
}

// quietOnes names the first few examples that the detector does not find itself and the self-test did not tell of; "" where there are none.
func quietOnes(d *detect.Detector) string {
	const named = 3
	t := d.Promise.SelfTest
	var at []string
	for _, i := range t.Quiet {
		if !slices.Contains(t.Missed, i) {
			at = append(at, inkling.Printable(d.Examples.Origin[i].String()))
		}
	}
	if more := len(at) - named; more > 0 {
		at = append(at[:named], fmt.Sprintf("%d more", more))
	}
	return strings.Join(at, ", ")
}

// untested says what there was to test of a detector that could not be tested.
func untested(d *detect.Detector) string {
	if n := d.Examples.Len(); n > 1 {
		return count(n) + " examples that look the same"
	}
	return "one example"
}

// testedOf says how many examples were left out in turn: of many, the first few.
func testedOf(d *detect.Detector) string {
	n := d.Promise.SelfTest.Of
	if n > 0 && n < d.Examples.Len() {
		return fmt.Sprintf("the first %d", n)
	}
	return fmt.Sprint(n)
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return count(n) + " " + word + "s"
}

// were counts records that something was done with.
func were(n int) string {
	if n == 1 {
		return "1 record was"
	}
	return count(n) + " records were"
}

// about writes a number of three digits or more whole, a smaller one with two.
func about(v float64) string {
	if v >= 100 {
		return count(int(math.Round(v)))
	}
	return fmt.Sprintf("%.2g", v)
}

// rate writes a share for people: 0.1 %, 0.024 %.
func rate(v float64) string { return fmt.Sprintf("%.3g %%", v*100) }
