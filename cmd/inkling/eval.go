package main

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/eval"
	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/read"
	"github.com/inkling-sec/inkling/store"
)

// evalFlags are the flags of eval.
type evalFlags struct {
	input
	data, known, learners, drop, classes, never, models, heads []string
	schema, label, benign, protocol, export                    string
	images, lists, pack, group, report, out                    string
	shots                                                      []int
	draws, iterations, ways, queries, tests                    int
	seed                                                       uint64
	prevalence                                                 float64
	forward, alone, onlyThis, allPacks, again                  bool
}

func evalCmd(a *app) *cobra.Command {
	var f evalFlags
	cmd := &cobra.Command{
		Use:   "eval --data FILE… [--label COLUMN --benign VALUE | --schema image]",
		Short: "Judge learners honestly on labelled data, all on the same episodes",
		Long: `Leaves each attack class of 50 rows or more out in turn and asks every learner to
find it from a few examples.

Protocol new-attack: 1,000 benign rows and K examples from one half of the class
are learned from; 10,000 other benign rows and the other half are judged. Up to
500 rows of each other attack are known to all. Everything is fitted without the
new class, up to 50 rows of each other attack tell how often they are taken for
it where 1 % of benign rows alert, exact duplicates are dropped first, and learners that train are
trained anew for each class. With --known FILE… known attacks and training come
from other captures, and --data is a site none of it has seen.

Protocol n-way: classes of 50 rows or more, and of twice the most of --shots, are
cut in two folds; trained on the classes of the other fold, a learner tells the
classes of one fold apart from K examples each.

Protocol bound: holds the false-alarm promise against benign records. Each file
of --data is a capture; at each, learners are taught the first of --classes,
calibrated on 200 draws of benign records and judged on other benign records: of
the same time, later, and of the other captures.

With --schema image, models and learners that need no training are judged as in
the few-shot papers: mean accuracy on the same --tasks tasks of the benchmark's
test part, --ways classes with --shots images each to learn from and --queries to
judge. A network with batch norm that adapts by gradients is judged twice:
inductively, each image by what was learned from the support set, and
transductively, by the statistics of all images that are judged together, as
MAML's paper does. Transductive figures depend on --queries and on a task's
classes being balanced among them: say so beside them. They compare only with
transductive ones.

With --report, protocol new-attack and packs write a report card: one page of HTML
with the data, leakage found in it, curves, all learners, the false-alarm promise,
precision at the --prevalence of attacks in the field, what tells each class, cost.
--all-packs judges every pack that there is data for and writes to --out a card for
each, index.html, uses.md with one table of all, and outcomes.jsonl; what was judged
by the same program and settings is kept, so that a run that was stopped goes on.

` + aboutTruth + `

The intervals are 95 % over draws.`,
		Example: `  inkling eval --data UNSW_NB15_training-set.csv.gz --schema table --drop id,label --label attack_cat --benign Normal \
      --learners ratio,extra-trees,vote --shots 1,5,10 --draws 10
  inkling eval --data day5.conn.log.gz --known day1.conn.log.gz,day2.conn.log.gz --label label --benign benign --learners vote
  inkling eval --data conn.log --truth incidents.csv --learners ratio,vote
  inkling eval --schema image --data omniglot/ --models maml.safetensors,protonet.safetensors --learners knn --shots 1,5
  inkling eval --schema image --data mini/ --images miniimagenet --models mini.safetensors --shots 5 --tasks 1000 --json
  inkling eval --data payments.csv --schema table --label kind --report payments.html
  inkling eval --all-packs --draws 10 --out cards`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd, a) },
	}
	var known []string
	for _, l := range meta.Learners {
		known = append(known, l.Name)
	}
	f.flags(cmd)
	f.strictFlag(cmd)
	f.truth.flag(cmd)
	f.imageFlags(cmd)
	fl := cmd.Flags()
	fl.StringSliceVar(&f.data, "data", nil, "labelled files, or directories or patterns of them, each file a capture of its own; or the images")
	fl.StringSliceVar(&f.known, "known", nil, "labelled files of other captures: known attacks and training come from these alone")
	fl.StringVar(&f.schema, "schema", "flow", aboutSchemas("), FILE.json from inkling schema, or image (a benchmark)"))
	fl.StringSliceVar(&f.drop, "drop", nil, "columns of a table to leave out")
	fl.StringVar(&f.group, "group", "", "column that says what belongs together, such as a patient or an account: groups are kept apart, what is judged is of others than what is learned from")
	fl.StringVar(&f.pack, "pack", "", "judge a pack on its public data sets; --data is then the folder that holds them (default $INKLING_DATA, or ../shared/data)")
	fl.BoolVar(&f.allPacks, "all-packs", false, "judge all packs, or those that --pack names, and write a report card for each to --out; a pack without its data is skipped")
	fl.StringVar(&f.out, "out", "cards", "with --all-packs: directory of the cards, index.html, uses.md and outcomes.jsonl")
	fl.BoolVar(&f.again, "again", false, "with --all-packs: judge again what was judged already")
	fl.StringVar(&f.report, "report", "", "write a report card to this file: one page of HTML")
	fl.Float64Var(&f.prevalence, "prevalence", 0.001, "report card: share of records in the field that are of the attack")
	fl.StringVar(&f.label, "label", "label", "column that holds the class")
	fl.StringVar(&f.benign, "benign", "benign", "the class of benign rows")
	fl.StringVar(&f.protocol, "protocol", "new-attack", "new-attack, n-way or bound")
	fl.StringSliceVar(&f.learners, "learners", []string{"nearest-mean", "knn", "logistic-regression", "random-forest", "extra-trees", "ratio", "vote"}, "for images without --models "+strings.Join(imageLearners, ",")+"; from: "+strings.Join(known, ", "))
	fl.StringSliceVar(&f.models, "models", nil, "trained models to judge beside them, as they are: files, or by their names models of the home or inside the program (flow, matcher); of its data a model keeps the files' names alone, and where one of that name is judged it is told")
	fl.StringSliceVar(&f.heads, "heads", nil, "judge in each model's embedding with these too: "+strings.Join(heads(), ", "))
	fl.StringSliceVar(&f.classes, "classes", nil, "hold out only these classes")
	fl.StringSliceVar(&f.never, "never", nil, "classes that are not known attacks either: what a model was not trained on")
	fl.BoolVar(&f.forward, "forward", false, "cut classes by their order in the files: examples and pool from the first half, what is judged from the second")
	fl.BoolVar(&f.onlyThis, "only-this", false, "learn known attacks as rows that must not alert: fewer of them are taken for the new one, and less is learned from what they have in common")
	fl.BoolVar(&f.alone, "alone", false, "do not give learners the known attacks' rows beside the examples; training has them all the same")
	fl.IntSliceVar(&f.shots, "shots", []int{1, 5, 10}, "numbers of examples; for images 1,5")
	fl.IntVar(&f.draws, "draws", 10, "draws of examples for each class and number")
	fl.IntVar(&f.ways, "ways", 5, "n-way and images: classes of a task")
	fl.IntVar(&f.tests, "tasks", 600, "image: tasks to judge")
	fl.IntVar(&f.iterations, "iterations", 0, "outer steps of learners that train; 0 is each learner's default")
	fl.Uint64Var(&f.seed, "seed", 1, "seed of everything random")
	fl.StringVar(&f.export, "export-episodes", "", "write the episodes to this file as JSON lines, with row numbers of the data")
	onlyFor(cmd, recordSchemas, "strict", "truth", "format", "names", "known", "label", "group", "benign", "protocol", "heads", "classes", "never", "forward", "alone", "only-this", "draws", "iterations", "export-episodes", "report", "prevalence")
	onlyFor(cmd, []string{"table"}, "drop")
	onlyFor(cmd, []string{schemaImage}, "images", "lists", "queries", "tasks")
	complete(cmd, "schema", schemas)
	complete(cmd, "protocol", protocols)
	complete(cmd, "learners", known)
	complete(cmd, "heads", heads())
	return cmd
}

func (f *evalFlags) load(cmd *cobra.Command, files []string) (*eval.Data, error) {
	open := f.opener(cmd.Context())
	files, err := f.input.files(files, contractOf(f.schema))
	if err != nil {
		return nil, err
	}
	for _, out := range []string{f.report, f.export} {
		if err := overInput(out, files); err != nil {
			return nil, err
		}
	}
	if err := f.useTruth(cmd.Context(), f.label, f.benign); err != nil {
		return nil, err
	}
	var sources []func() (inkling.Reader, error)
	names := make([]string, len(files))
	for i, file := range files {
		names[i] = filepath.Base(file)
		sources = append(sources, func() (inkling.Reader, error) { return open(file) })
	}
	defer f.tellUnread(cmd)
	return eval.Load(cmd.Context(), strings.Join(names, "+"), sources, eval.Options{Schema: f.schema, Drop: f.drop, Label: f.label, Group: f.group, Pinned: f.pin, Skipped: f.skipped(cmd, &progress{})})
}

// knownElsewhere refuses a file that is both judged and known: what is judged would be learned from.
func (f *evalFlags) knownElsewhere() error {
	judged, err := f.input.files(f.data, contractOf(f.schema))
	if err != nil {
		return err
	}
	known, err := f.input.files(f.known, contractOf(f.schema))
	if err != nil {
		return err
	}
	for _, k := range known {
		for _, j := range judged {
			if read.Same(j, k) {
				return &inkling.Error{Code: inkling.Invalid, Place: k, What: "is in --known and in --data: what is judged would be learned from", Remedy: "name other captures with --known, or leave it out: then the file's own other attacks are known"}
			}
		}
	}
	return nil
}

var protocols = []string{"new-attack", "n-way", "bound"}

func (f *evalFlags) check() error {
	all := []bounded{{"draws", f.draws, 1, mostDraws}, {"ways", f.ways, 2, 0}, {"iterations", f.iterations, 0, 0}}
	for _, n := range f.shots {
		all = append(all, bounded{"shots", n, 1, mostSampled})
	}
	return within(all)
}

func (f *evalFlags) run(cmd *cobra.Command, a *app) error {
	if err := f.checkReport(cmd); err != nil {
		return err
	}
	if f.schema != schemaImage {
		if err := f.checkUse(cmd); err != nil {
			return err
		}
	}
	if f.allPacks {
		return f.runAllPacks(cmd, a)
	}
	if f.pack != "" {
		return f.runPack(cmd, a)
	}
	if len(f.data) == 0 {
		return &inkling.Error{Code: inkling.Invalid, What: "no data to evaluate on", Remedy: "name labelled files, or a folder of images, with --data"}
	}
	if err := f.usePinned(&f.schema); err != nil {
		return err
	}
	if f.pin != nil && len(f.drop) > 0 {
		return dropAndPinned()
	}
	if err := checkFor(cmd, f.schema); err != nil {
		return err
	}
	if f.schema == schemaImage {
		return f.runImages(cmd, a)
	}
	if err := f.check(); err != nil {
		return err
	}
	learners, err := learnersOf(f.learners, f.seed, "--learners")
	if err != nil {
		return err
	}
	if len(f.known) > 0 {
		if err := f.knownElsewhere(); err != nil {
			return err
		}
	}
	defer f.unused()
	d, err := f.load(cmd, f.data)
	if err != nil {
		return err
	}
	p := newProgress(a)
	defer p.clear()
	note := func(s string) { p.show("%s", s) }
	training := meta.Run{Iterations: f.iterations, Seed: f.seed, Report: func(q meta.Progress) {
		p.show("training %d of %d, loss %.3f, %.0f tasks/s", q.Iteration, q.Of, q.Loss, q.TasksPerSecond)
	}}
	var results []eval.Result
	var leaks *eval.Leakage // looked for where they are told of
	switch f.protocol {
	case "new-attack":
		results, leaks, err = f.newAttack(cmd, a, d, learners, training, note)
	case "bound":
		p.clear()
		return f.bound(cmd, a, d, learners)
	case "n-way":
		plan := eval.NWay{Ways: f.ways, Shots: f.shots, Draws: f.draws, Seed: f.seed, Learners: learners, Training: training, Note: note}
		results, err = plan.Play(cmd.Context(), d)
	}
	p.clear()
	if err != nil {
		return err
	}
	if a.json {
		for _, r := range results {
			if err := a.print(cmd.OutOrStdout(), r); err != nil {
				return err
			}
		}
		return nil
	}
	printResults(cmd.OutOrStdout(), d, results)
	if leaks != nil {
		printLeaks(cmd.OutOrStdout(), leaks)
	}
	return nil
}

func (f *evalFlags) newAttack(cmd *cobra.Command, a *app, d *eval.Data, learners []meta.Learner, training meta.Run, note func(string)) ([]eval.Result, *eval.Leakage, error) {
	plan := eval.Plan{
		Protocol: eval.NewAttack{Benign: f.benign, Classes: f.classes, Never: f.never, Shots: f.shots, Draws: f.draws, Seed: f.seed, Forward: f.forward, Apart: f.group != ""},
		Learners: learners, Training: training, Note: note, Alone: f.alone, OnlyThis: f.onlyThis,
	}
	var err error
	if plan.Trained, err = f.trained(a, d); err != nil {
		return nil, nil, err
	}
	if len(f.known) > 0 {
		if plan.Known, err = f.load(cmd, f.known); err != nil {
			return nil, nil, err
		}
	}
	if err := eval.Named("--never", f.never, d, plan.Known); err != nil {
		return nil, nil, err
	}
	if err := noAttack("--never", f.never, f.benign); err != nil {
		return nil, nil, err
	}
	episodes, err := plan.Protocol.Episodes(d)
	if err != nil {
		return nil, nil, err
	}
	f.tellLeftOut(plan.Protocol.LeftOut(d, episodes))
	if f.export != "" {
		if plan.Known != nil {
			return nil, nil, &inkling.Error{Code: inkling.Invalid, What: "episodes with --known cannot be exported", Remedy: "their known rows are in other files: leave --known or --export-episodes out"}
		}
		err := store.WriteFile(f.export, func(w io.Writer) error { return eval.Export(w, d, episodes) })
		if err != nil {
			return nil, nil, err
		}
	}
	if f.report != "" {
		return f.reported(cmd, d, &plan, episodes)
	}
	var leaks *eval.Leakage
	if !a.json { // a line of JSON is a result
		note("looking for what gives the answer away")
		if leaks, err = eval.Leaks(d, plan.Protocol, episodes); err != nil {
			return nil, nil, err
		}
	}
	results, err := plan.Play(cmd.Context(), d, episodes)
	return results, leaks, err
}

// tellLeftOut names the classes that are not judged, the first few of many.
func (f *evalFlags) tellLeftOut(left []eval.Left) {
	const most = 10
	for _, l := range left[:min(most, len(left))] {
		with := ""
		if l.Shots > 0 {
			with = fmt.Sprintf(" with %s or more", plural(l.Shots, "example"))
		}
		f.note("class " + l.Class + " is not judged" + with + ": " + l.Why)
	}
	if more := len(left) - most; more > 0 {
		f.note(fmt.Sprintf("%d more classes are not judged", more))
	}
}

// trained reads the models of --models, which must be of the data's contract.
func (f *evalFlags) trained(a *app, d *eval.Data) (out []meta.Learner, err error) {
	if len(f.heads) > 0 && len(f.models) == 0 {
		return nil, &inkling.Error{Code: inkling.Invalid, What: "--heads without a model to judge in", Remedy: "name one with --models; a head on the rows as they are is one of --learners"}
	}
	for _, file := range f.models {
		b, err := a.readModelFile(file)
		if err != nil {
			return nil, err
		}
		m, texts, err := decodeWithTexts(b, file)
		if err != nil {
			return nil, err
		}
		c, err := d.Contract()
		if err != nil {
			return nil, err
		}
		if have := c.Hash(); m.Contract != "" && m.Contract != have {
			return nil, &inkling.Error{Code: inkling.Conflict, Place: "model " + file, What: fmt.Sprintf("trained on rows of another contract (%.12s) than %s has (%.12s)", m.Contract, d.Name, have), Remedy: "judge it on data like what it was trained on, or train it again"}
		}
		if err := f.tellTrainedOn(file, texts); err != nil {
			return nil, err
		}
		out = append(out, m.Learner)
		onIt, err := f.headsOn(m.Learner)
		if err != nil {
			return nil, err
		}
		out = append(out, onIt...)
	}
	return out, nil
}

// heads names the learners that can judge in an embedding.
func heads() (names []string) {
	for _, e := range meta.Learners {
		if _, trains := e.New(0).(meta.Trainer); !trains {
			names = append(names, e.Name)
		}
	}
	return names
}

// headsOn puts the heads that are asked for on a model.
func (f *evalFlags) headsOn(model meta.Learner) (out []meta.Learner, err error) {
	if i := slices.IndexFunc(f.heads, func(n string) bool { return !slices.Contains(heads(), n) }); i >= 0 {
		return nil, &inkling.Error{Code: inkling.Invalid, What: fmt.Sprintf("no head %q; there are %s", f.heads[i], strings.Join(heads(), ", ")), Remedy: "correct --heads"}
	}
	judges, err := learnersOf(f.heads, f.seed, "--heads")
	if err != nil {
		return nil, err
	}
	for _, head := range judges {
		out = append(out, &meta.Encoded{Encoder: model.(meta.Trainer), Head: head})
	}
	return out, nil
}

func learnersOf(names []string, seed uint64, flag string) ([]meta.Learner, error) {
	var out []meta.Learner
	for _, n := range names {
		e, err := meta.Find(n)
		if err != nil {
			return nil, &inkling.Error{Code: inkling.Invalid, What: err.Error(), Remedy: "correct " + flag}
		}
		out = append(out, e.New(seed))
	}
	return out, nil
}
