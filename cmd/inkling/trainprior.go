package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/prior"
)

// onPrior tells whether a learner is trained on the synthetic tasks of package prior: one that takes
// tables of any columns, and no data is named.
func (f *trainFlags) onPrior(l meta.Trainer) bool {
	_, any := l.(*meta.Matcher)
	return any && len(f.data) == 0
}

// freshTasks of a seed that no training has are what a model of synthetic tasks is judged on.
const (
	freshTasks = 300
	freshSeed  = 0x6672657368
)

func (f *trainFlags) trainOnPrior(cmd *cobra.Command, a *app, l meta.Trainer) error {
	useless := ""
	cmd.Flags().Visit(func(fl *pflag.Flag) { // those that are about data
		if _, of := fl.Annotations[schemaMark]; of || fl.Name == "schema" || fl.Name == "network" {
			useless = fl.Name
		}
	})
	if useless != "" {
		return &inkling.Error{Code: inkling.Invalid, What: "--" + useless + " without --data", Remedy: "without data a " + f.learner + " is trained on synthetic tasks: leave it out, or name labelled files"}
	}
	if f.set != "" {
		if err := set(l, f.set, elsewhere(l, false)); err != nil {
			return err
		}
	}
	out, err := f.place(a)
	if err != nil {
		return err
	}
	m, err := f.learn(cmd, a, l, prior.Source(prior.Config{Seed: f.seed}), out, map[string]string{commandKey: f.priorCommand()})
	if err != nil {
		return err
	}
	judged, err := f.judgeFresh(cmd.Context(), a, m.learner)
	if err != nil {
		return err
	}
	w := cmd.OutOrStdout()
	if a.json {
		return a.print(w, map[string]any{"model": out, "model_id": m.id, "learner": f.learner, "seconds": m.took.Seconds(), "fresh_tasks": judged})
	}
	fmt.Fprintf(w, "Trained %s on synthetic tasks in %s: %s (%.12s)\n", f.learner, m.took.Round(time.Second/10), out, m.id)
	return printFresh(w, judged)
}

func (f *trainFlags) priorCommand() string {
	words := "inkling train --learner " + f.learner
	if f.set != "" {
		words += fmt.Sprintf(" --set '%s'", f.set)
	}
	return words + fmt.Sprintf(" --iterations %d --meta-batch %d --seed %d", f.iterations, f.metaBatch, f.seed)
}

// fresh is what a learner did on synthetic tasks that it was not trained on.
type fresh struct {
	Learner string `json:"learner"`
	AUROC   spread `json:"auroc"`
	AP      spread `json:"ap"`
}

// spread is a mean with its 95 % interval over tasks.
type spread struct {
	Mean float64    `json:"mean"`
	CI95 [2]float64 `json:"ci95"`
}

func spreadOf(x []float64) spread {
	e := meta.MeanOf(x)
	return spread{e.Mean, [2]float64{e.Low, e.High}}
}

// judgeFresh judges the model, and beside it what needs no training, on the same tasks.
func (f *trainFlags) judgeFresh(ctx context.Context, a *app, l meta.Learner) (out []fresh, err error) {
	src := prior.Source(prior.Config{Seed: freshSeed})
	p := newProgress(a)
	defer p.clear()
	for _, l := range []meta.Learner{l, &meta.Ratio{}, &meta.Forest{Random: true, Seed: f.seed}} {
		var auroc, ap []float64
		for n := range uint64(freshTasks) {
			p.show("%s on fresh tasks  %d of %d", l.Name(), n, freshTasks)
			t := src(n)
			s, err := l.Adapt(ctx, t)
			if err != nil {
				return nil, err
			}
			var side [2][]float32
			for i, v := range meta.Margin(s, t.Query.X) {
				side[t.Query.Y[i]] = append(side[t.Query.Y[i]], v)
			}
			auroc = append(auroc, meta.AUROC(side[0], side[1]))
			ap = append(ap, meta.AveragePrecision(side[0], side[1]))
		}
		out = append(out, fresh{l.Name(), spreadOf(auroc), spreadOf(ap)})
	}
	return out, nil
}

func printFresh(w io.Writer, judged []fresh) error {
	fmt.Fprintf(w, "On %d fresh synthetic tasks, mean [95 %% interval]:\n", freshTasks)
	for _, j := range judged {
		if _, err := fmt.Fprintf(w, "  %-12s AUROC %.3f [%.3f, %.3f]  average precision %.3f [%.3f, %.3f]\n", j.Learner, j.AUROC.Mean, j.AUROC.CI95[0], j.AUROC.CI95[1], j.AP.Mean, j.AP.CI95[0], j.AP.CI95[1]); err != nil {
			return err
		}
	}
	return nil
}
