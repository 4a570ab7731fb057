package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/dataset"
	"github.com/inkling-sec/inkling/eval"
	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/models"
	"github.com/inkling-sec/inkling/pack"
	"github.com/inkling-sec/inkling/report"
)

// packLearners judge in every pack, beside the matcher and the pack's own default. Those on the second line learn from known attacks.
var packLearners = []string{
	"nearest-mean", "contrast", "knn", "logistic-regression", "lda", "random-forest", "extra-trees", "ratio", "odd", "vote-plain",
	"ratio-whitened", "random-forest-known", "extra-trees-known", "vote-plain-known", "vote",
}

// dataFolder is where public data sets are.
func dataFolder(named []string) (string, error) {
	if len(named) > 1 {
		return "", &inkling.Error{Code: inkling.Invalid, What: fmt.Sprintf("%d folders of data sets", len(named)), Remedy: "with --pack, --data names one"}
	}
	dir := cmp.Or(os.Getenv("INKLING_DATA"), "../shared/data")
	if len(named) == 1 {
		dir = named[0]
	}
	if _, err := os.Stat(dir); err != nil {
		return "", &inkling.Error{Code: inkling.NotFound, Place: dir, What: "no folder of data sets", Remedy: "name it with --data or INKLING_DATA; inkling packs NAME says which sets are wanted", Err: err}
	}
	return dir, nil
}

// judgesOf gives the learners of a pack, its default among them.
func judgesOf(p *pack.Pack, names []string, seed uint64) ([]meta.Learner, error) {
	out, err := learnersOf(slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == metaVote || n == anyModel }), seed, "--learners")
	if err != nil {
		return nil, err
	}
	out = append(out, meta.Shipped(seed))
	if p.Learner == metaVote {
		l, _, err := meta.Decode(models.Flow)
		if err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	return out, nil
}

const metaVote = "meta-vote"

// runPack judges a pack.
func (f *evalFlags) runPack(cmd *cobra.Command, a *app) error {
	p, err := pack.Find(f.pack)
	if err != nil {
		return err
	}
	progress := newProgress(a)
	defer progress.clear()
	if f.report == "" {
		outcomes, err := f.judgePack(cmd, p, progress, nil)
		if err != nil {
			return err
		}
		progress.clear()
		return printPack(cmd.OutOrStdout(), a, p, outcomes)
	}
	card, err := f.cardOf(cmd, p, progress)
	if err != nil {
		return err
	}
	progress.clear()
	if err := writeCard(f.report, card); err != nil {
		return err
	}
	return printPack(cmd.OutOrStdout(), a, p, card.Results())
}

// judgePack plays a pack; recorder, where not nil, listens.
func (f *evalFlags) judgePack(cmd *cobra.Command, p *pack.Pack, progress *progress, recorder *report.Recorder) ([]pack.Outcome, error) {
	data := ""
	if slices.ContainsFunc(p.Judged, func(j pack.Judged) bool { return j.Folder != "" }) || len(f.data) > 0 {
		var err error
		if data, err = dataFolder(f.data); err != nil {
			return nil, err
		}
	}
	learners, err := judgesOf(p, f.packLearners(cmd), f.seed)
	if err != nil {
		return nil, err
	}
	judging := pack.Judging{Data: data, Learners: learners, Draws: f.draws, Seed: f.seed, Note: func(s string) { progress.show("%s", s) }}
	var spared []*pack.Judged
	judging.Spare = func(j *pack.Judged, err error) bool {
		if !missing(err) {
			return false
		}
		spared = append(spared, j)
		return true
	}
	if cmd.Flags().Changed("shots") {
		judging.Shots = f.shots
	}
	if recorder != nil {
		judging.Each = recorder.Each
		judging.Drawn = func(j *pack.Judged, part dataset.Part, plan *eval.Plan, episodes []eval.Episode) error {
			about := report.Set{Name: j.Name, About: j.About, Benign: j.Benign, Apart: j.Apart, Development: j.Development}
			return recorder.Begin(cmd.Context(), about, part, plan, episodes)
		}
	}
	outcomes, err := p.Judge(cmd.Context(), judging)
	if err != nil {
		return nil, err
	}
	for _, j := range spared {
		progress.clear()
		fmt.Fprintf(cmd.ErrOrStderr(), "inkling: %s (%s) is not judged: its data is not there\n", j.Name, j.Folder)
		if recorder != nil {
			recorder.Missing(j.Name)
		}
	}
	return outcomes, nil
}

func (f *evalFlags) packLearners(cmd *cobra.Command) []string {
	if cmd.Flags().Changed("learners") {
		return f.learners
	}
	return packLearners
}

func printPack(w io.Writer, a *app, p *pack.Pack, outcomes []pack.Outcome) error {
	for _, development := range []bool{true, false} {
		for _, c := range pack.Compare(outcomes, p.Learner, development) {
			if a.json {
				if err := a.print(w, compared(p, c, development)); err != nil {
					return err
				}
				continue
			}
			printComparison(w, p, c, development)
		}
	}
	return nil
}

func compared(p *pack.Pack, c pack.Comparison, development bool) map[string]any {
	out := map[string]any{"pack": p.Name, "development": development, "shots": c.Shots, "classes": c.Classes, "ap": c.AP, "recall_fpr_1pct": c.Recall1, "default": p.Learner}
	if !math.IsNaN(c.Ahead.Mean) {
		out["best_baseline"], out["ap_ahead"], out["classes_ahead"] = c.Best, c.Ahead, c.Wins
	}
	return out
}

func printComparison(w io.Writer, p *pack.Pack, c pack.Comparison, development bool) {
	of, classes := "test", "classes"
	if development {
		of = "development"
	}
	if c.Classes == 1 {
		classes = "class"
	}
	s := styleOf(w)
	fmt.Fprintf(w, "%s, K = %d, %d %s %s\n", s.bold(p.Title), c.Shots, c.Classes, of, classes)
	names := slices.SortedFunc(maps.Keys(c.AP), func(x, y string) int { return cmp.Compare(c.AP[y].Mean, c.AP[x].Mean) })
	for _, n := range names {
		mark := " "
		if n == p.Learner {
			mark = "*"
		}
		fmt.Fprintf(w, "%s %-20s average precision %s  recall at 1 %% %s\n", mark, n, interval(c.AP[n]), interval(c.Recall1[n]))
	}
	if !math.IsNaN(c.Ahead.Mean) {
		fmt.Fprintf(w, "  default %s less best baseline %s: %s", p.Learner, c.Best, signed(c.Ahead))
		if c.Classes > 1 && c.Best != p.Learner {
			fmt.Fprintf(w, ", ahead in %d of %d", c.Wins, c.Classes)
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w)
}

func interval(e pack.Estimate) string { return estimated("%.3f", e) }

func signed(e pack.Estimate) string { return estimated("%+.3f", e) }

// estimated writes a mean and, where it has one, its interval.
func estimated(format string, e pack.Estimate) string {
	if math.IsNaN(e.Low) {
		return fmt.Sprintf(format, e.Mean)
	}
	return fmt.Sprintf(format+" ["+format+", "+format+"]", e.Mean, e.Low, e.High)
}
