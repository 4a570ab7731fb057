package main

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/detect"
	"github.com/inkling-sec/inkling/store"
)

func baselineCmd(a *app) *cobra.Command {
	var in input
	var o detect.BaselineOptions
	var name string
	cmd := &cobra.Command{
		Use:   "baseline FILE…",
		Short: "Learn what normal looks like, from benign records",
		Long: `Samples benign records: 1,000 for detectors to learn from, and 3,000 others on
which their false-alarm rates are promised. Use records of the place where the
detectors will hunt, from times without a known attack; a few unnoticed attack
records do little harm, many make a detector blind to them. What looks like labels that
nobody named, or like the number or time of a record, is told of: such a column should
not be learned from.

With --label, the files may hold attacks too: only records whose label is
--benign are kept, while features over time see all.

` + aboutTruth + `

` + aboutSources + "\n\n" + aboutRotated,
		Example: "  inkling baseline conn.2026-11-0*.log.gz\n  inkling baseline --schema table --drop id payments.csv --name payments",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			h, err := a.store()
			if err != nil {
				return err
			}
			if err := store.CheckName(store.Baselines, name); err != nil {
				return err
			}
			if err := in.usePinned(&o.Schema); err != nil {
				return err
			}
			if o.Pinned = in.pin; o.Pinned != nil && len(o.Drop) > 0 {
				return dropAndPinned()
			}
			if err := checkSchema(o.Schema, recordSchemas); err != nil {
				return err
			}
			if err := checkFor(cmd, o.Schema); err != nil {
				return err
			}
			if o.Pool < 20 || o.Calibration < 20 {
				return &inkling.Error{Code: inkling.Invalid, What: fmt.Sprintf("%d records to learn from and %d to promise on", o.Pool, o.Calibration), Remedy: "give --pool and --calibration 20 or more each"}
			}
			if err := within([]bounded{{"pool", o.Pool, 0, mostSampled}, {"calibration", o.Calibration, 0, mostSampled}}); err != nil {
				return err
			}
			if in.truth.file != "" {
				o.Label = cmp.Or(o.Label, "label")
			}
			if o.Label == "" && cmd.Flags().Changed("benign") {
				return &inkling.Error{Code: inkling.Invalid, What: "--benign without labels", Remedy: "name the column of labels with --label, or a file that labels the records with --truth"}
			}
			if err := in.useTruth(cmd.Context(), o.Label, o.Benign); err != nil {
				return err
			}
			if files, err = in.files(files, contractOf(o.Schema)); err != nil {
				return err
			}
			if err := h.Ready(store.Baselines, name); err != nil {
				return err
			}
			p := newProgress(a)
			defer p.clear()
			o.Progress = func(n int) { p.show("%d records", n) }
			o.Skipped = in.skipped(cmd, p)
			b, err := detect.NewBaseline(cmd.Context(), name, files, in.opener(cmd.Context()), o)
			if err != nil {
				return err
			}
			in.unused()
			if left := leftBehind(h, b); len(left) > 0 {
				b.Doubts = append(b.Doubts, fmt.Sprintf("it replaces the baseline of %s (%s): teach again, or give this one a --name of its own and make the other again", plural(len(left), "detector"), strings.Join(left, ", ")))
			}
			if err := h.Put(store.Baselines, name, func(w io.Writer) error { return b.Write(w) }); err != nil {
				return err
			}
			p.clear()
			return printBaseline(cmd.OutOrStdout(), a, b, "inkling teach NAME --examples FILE:LINE,LINE… --baseline "+b.Name)
		},
	}
	in.flags(cmd)
	in.strictFlag(cmd)
	in.truth.flag(cmd)
	cmd.Flags().StringVar(&name, "name", "default", "name of the baseline; one of that name is replaced")
	cmd.Flags().StringVar(&o.Schema, "schema", "flow", aboutSchemas("), or FILE.json from inkling schema"))
	cmd.Flags().StringSliceVar(&o.Drop, "drop", nil, "columns of a table not to learn from: identifiers, notes")
	cmd.Flags().StringVar(&o.Label, "label", "", "column of labels: keep only records labelled --benign")
	cmd.Flags().StringVar(&o.Benign, "benign", "benign", "the label of benign records")
	cmd.Flags().IntVar(&o.Pool, "pool", 1000, "records to learn from")
	cmd.Flags().IntVar(&o.Calibration, "calibration", 3000, "records to promise on; a rate r needs at least 1/r - 1 of them")
	cmd.Flags().Uint64Var(&o.Seed, "seed", 1, "seed of the sample")
	onlyFor(cmd, []string{"table"}, "drop")
	return cmd
}

// leftBehind names the detectors that were taught on another baseline of this name, and work with no other.
func leftBehind(h store.Home, b *detect.Baseline) (left []string) {
	names, _ := h.List(store.Detectors) // a home that cannot be read is not written to either
	for _, n := range names {
		if d, err := loadDetector(h, n); err == nil && d.Baseline == b.Name && d.BaselineID != b.ID() {
			left = append(left, n)
		}
	}
	return left
}

func dropAndPinned() error {
	return &inkling.Error{Code: inkling.Invalid, What: "--drop with a schema of columns", Remedy: "set the column's learn to false in the schema"}
}

func checkSchema(schema string, known []string) error {
	if slices.Contains(known, schema) {
		return nil
	}
	return &inkling.Error{Code: inkling.Invalid, What: fmt.Sprintf("no schema %q", schema), Remedy: "choose " + either(known) + " with --schema"}
}

func printBaseline(w io.Writer, a *app, b *detect.Baseline, next string) error {
	smallest := 1 / float64(b.Calibration.Len()+1)
	if a.json {
		return a.print(w, map[string]any{
			"baseline": b.Name, "records": b.Records, "skipped": b.Skipped, "pool": b.Pool.Len(), "n_calibration": b.Calibration.Len(),
			"smallest_alpha": smallest, "records_per_day": math.Round(b.RecordsPerDay()), "contract": b.Contract.Name, "contract_hash": b.Contract.Hash(), "doubts": append([]string{}, b.Doubts...),
		})
	}
	s := styleOf(w)
	fmt.Fprintf(w, "Baseline %s: %s benign records", s.bold(b.Name), count(b.Records))
	if perDay := b.RecordsPerDay(); perDay > 0 {
		fmt.Fprintf(w, ", %s a day", about(perDay))
	}
	fmt.Fprintf(w, ".\n  %s to learn from, %s others to promise on: false-alarm rates down to %s.\n  %d features (contract %s).\n",
		count(b.Pool.Len()), count(b.Calibration.Len()), detect.RoundedUp(smallest), len(b.Contract.Features), b.Contract.Name)
	if b.Skipped > 0 {
		fmt.Fprintf(w, "  %s\n", s.red(plural(b.Skipped, "record")+" could not be read: left out."))
	}
	for _, d := range b.Doubts {
		fmt.Fprintf(w, "  %s %s\n", s.red("Beware:"), inkling.Printable(d))
	}
	if drop := droppable(b.Doubts); len(drop) > 1 {
		fmt.Fprintf(w, "  To leave these columns out: --drop %s\n", inkling.Printable(strings.Join(drop, ",")))
	}
	fmt.Fprintln(w, "Next:", next)
	return nil
}

// droppable gives the columns that doubts say how to leave out, but those whose names need quotes.
func droppable(doubts []string) (columns []string) {
	for _, d := range doubts {
		if _, column, ok := strings.Cut(d, detect.LeaveOut); ok && !strings.ContainsAny(column, `,"' `) {
			columns = append(columns, column)
		}
	}
	return columns
}

// count writes a number with thousands separated.
func count(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// oneBaseline gives the name to use: the one asked for, or the only one there is, or "default".
func oneBaseline(h store.Home, name string) (string, error) {
	if name != "" {
		return name, nil
	}
	have, err := h.List(store.Baselines)
	switch {
	case err != nil:
		return "", err
	case len(have) == 0:
		return "", &inkling.Error{Code: inkling.NotFound, Place: h.Dir, What: "there is no baseline yet", Remedy: "make one from benign records first: inkling baseline conn.log"}
	case len(have) == 1:
		return have[0], nil
	case h.Has(store.Baselines, "default"):
		return "default", nil
	}
	return "", &inkling.Error{Code: inkling.Invalid, Place: h.Dir, What: fmt.Sprintf("there are %d baselines", len(have)), Remedy: "choose one with --baseline: " + strings.Join(have, ", ")}
}
