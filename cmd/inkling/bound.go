package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/eval"
	"github.com/inkling-sec/inkling/meta"
)

// bound runs protocol bound for learners that need no training and for the models given.
func (f *evalFlags) bound(cmd *cobra.Command, a *app, d *eval.Data, learners []meta.Learner) error {
	if len(f.classes) != 1 {
		return &inkling.Error{Code: inkling.Invalid, What: "protocol bound teaches one attack", Remedy: "name it with --classes"}
	}
	if !cmd.Flags().Changed("learners") && len(f.models) > 0 {
		learners = nil
	}
	for _, l := range learners {
		if _, ok := l.(meta.Trainer); ok {
			return &inkling.Error{Code: inkling.Invalid, What: "protocol bound does not train " + l.Name(), Remedy: "train a model first and name it with --models"}
		}
	}
	trained, err := f.trained(a, d)
	if err != nil {
		return err
	}
	draws := 0
	if cmd.Flags().Changed("draws") {
		draws = f.draws
	}
	for _, l := range append(trained, learners...) {
		kept, err := eval.Bound{Benign: f.benign, Attack: f.classes[0], Learner: l, Draws: draws, Seed: f.seed}.Play(cmd.Context(), d)
		if err != nil {
			return err
		}
		if err := printKept(cmd.OutOrStdout(), a, kept); err != nil {
			return err
		}
	}
	return nil
}

func printKept(w io.Writer, a *app, kept []eval.Kept) error {
	for i, k := range kept {
		if a.json {
			if err := a.print(w, k); err != nil {
				return err
			}
			continue
		}
		if i == 0 {
			fmt.Fprintf(w, "%s, calibrated on %d benign records, %d draws\n%-18s %-10s %-10s %s\n", k.Learner, k.Calibration, k.Draws, "judged on benign", "promised", "realised", "upper bound held")
		}
		fmt.Fprintf(w, "%-18s %-10s %-10s %.1f %% of draws\n", k.Judged, rate(k.Alpha), rate(k.Realised), 100*k.Covered)
	}
	return nil
}
