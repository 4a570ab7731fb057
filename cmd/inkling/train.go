package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/eval"
	"github.com/inkling-sec/inkling/feature"
	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/store"
)

type trainFlags struct {
	evalFlags
	learner, name, out, network, set string
	holdOut                          []string
	metaBatch, every, shot           int
}

func trainCmd(a *app) *cobra.Command {
	var f trainFlags
	cmd := &cobra.Command{
		Use:   "train --data FILE… --learner NAME",
		Short: "Meta-train a model on your own labelled past, or on an image benchmark",
		Long: `Learns how to learn: from many small tasks, each a known attack among benign
records with a few examples of it. Every file is a site, scaled by its own benign
records, so the model works where it has never been.

With --schema image the tasks are those of the few-shot papers: --ways classes of
the benchmark's training part, --shots images of each to learn from, --queries to
judge. Afterwards the model is judged on 100 tasks of the validation part. --data
is one path, and the network is chosen:
` + aboutImages() + `
A matcher is one model for every table. Without --data it is trained on the
synthetic tasks that "inkling prior" shows, and judged on fresh ones.

--set gives the learner's other settings as a JSON object: inner steps (Steps in
training, TestSteps afterwards), their size (Rate), the outer optimizer's (Outer),
the network's layers (Hidden, Filters). A name that is none is answered with all
there are: --set '{"?":0}'

A checkpoint is kept beside the model while training; the same command goes on
where it was stopped, bit for bit. The same data, seed and settings give the same
bytes on any number of cores.`,
		Example: `  inkling train --data day1.log.gz,day2.log.gz --label label --benign benign --hold-out beacon --learner protonet --name mine
  inkling train --data day1.log.gz --learner maml --set '{"Steps":2,"Outer":{"Rate":0.001}}' -o maml.safetensors
  inkling train --learner matcher --iterations 20000 --meta-batch 8 --name any
  inkling train --schema image --data omniglot/ --learner protonet --network conv4 --ways 60 --queries 5 --meta-batch 1 \
      --iterations 4000 -o protonet.safetensors
  inkling train --schema image --data omniglot/ --learner maml --network mlp --ways 5 --shots 1 --meta-batch 32 --iterations 10000 \
      --set '{"Steps":1,"TestSteps":3,"Rate":0.4,"Hidden":[256,128,64,64],"BatchNorm":true,"Outer":{"Rate":0.001}}' -o maml.safetensors
  inkling train --schema image --data mini/ --images miniimagenet --learner maml --set '{"Filters":[32,32,32,32]}' -o mini.safetensors`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.train(cmd, a) },
	}
	f.flags(cmd)
	f.strictFlag(cmd)
	f.truth.flag(cmd)
	f.imageFlags(cmd)
	fl := cmd.Flags()
	fl.StringSliceVar(&f.data, "data", nil, "labelled files, or directories or patterns of them, each file a site of its own; or the images")
	fl.StringVar(&f.schema, "schema", "flow", aboutSchemas("; one file), FILE.json from inkling schema, or image (a benchmark)"))
	fl.StringSliceVar(&f.drop, "drop", nil, "columns of a table to leave out")
	fl.StringVar(&f.label, "label", "label", "column that holds the class")
	fl.StringVar(&f.benign, "benign", "benign", "the class of benign rows")
	fl.StringSliceVar(&f.holdOut, "hold-out", nil, "attack classes to leave out of training")
	fl.IntVar(&f.ways, "ways", 5, "image: classes of a task")
	fl.IntVar(&f.shot, "shots", 1, "image: images of a class to learn from")
	fl.StringVar(&f.learner, "learner", "protonet", "what to train: "+strings.Join(trainers(), ", "))
	fl.StringVar(&f.network, "network", "", "image: "+either(networkNames())+" (default conv4); records always have an mlp")
	fl.StringVar(&f.set, "set", "", "settings of the learner, as a JSON object")
	fl.StringVar(&f.name, "name", "model", "name of the model in the home; one of that name is replaced, and one inside the program (flow, matcher) gives way to it")
	fl.StringVarP(&f.out, "out", "o", "", "write the model to this file instead of the home")
	fl.IntVar(&f.iterations, "iterations", 0, "outer steps; 0 is the learner's default")
	fl.IntVar(&f.metaBatch, "meta-batch", 0, "tasks of an outer step; 0 is the learner's default")
	fl.IntVar(&f.every, "checkpoint-every", 0, "outer steps between checkpoints; 0 means 500")
	fl.Uint64Var(&f.seed, "seed", 1, "seed of weights and tasks")
	onlyFor(cmd, recordSchemas, "strict", "truth", "format", "names", "label", "benign", "hold-out")
	onlyFor(cmd, []string{"table"}, "drop")
	onlyFor(cmd, []string{schemaImage}, "images", "lists", "queries", "ways", "shots")
	complete(cmd, "schema", schemas)
	complete(cmd, "learner", trainers())
	complete(cmd, "network", networkNames())
	return cmd
}

func trainers() (names []string) {
	for _, e := range meta.Learners {
		if _, ok := e.New(0).(meta.Trainer); ok {
			names = append(names, e.Name)
		}
	}
	return names
}

func (f *trainFlags) train(cmd *cobra.Command, a *app) error {
	if err := f.usePinned(&f.schema); err != nil {
		return err
	}
	if f.pin != nil && len(f.drop) > 0 {
		return dropAndPinned()
	}
	if err := checkFor(cmd, f.schema); err != nil {
		return err
	}
	if f.iterations < 0 || f.metaBatch < 0 || f.every < 0 {
		return &inkling.Error{Code: inkling.Invalid, What: "a number of steps or tasks below 0", Remedy: "correct --iterations, --meta-batch or --checkpoint-every"}
	}
	if err := within([]bounded{{"meta-batch", f.metaBatch, 0, mostAtOnce}}); err != nil {
		return err
	}
	learners, err := learnersOf([]string{f.learner}, f.seed, "--learner")
	if err != nil {
		return err
	}
	l, ok := learners[0].(meta.Trainer)
	if !ok {
		return &inkling.Error{Code: inkling.Invalid, What: f.learner + " has nothing to train", Remedy: "choose from " + strings.Join(trainers(), ", ")}
	}
	if f.onPrior(l) {
		return f.trainOnPrior(cmd, a, l)
	}
	if len(f.data) == 0 {
		return &inkling.Error{Code: inkling.Invalid, What: "no data to train on", Remedy: "name labelled files, or a folder of images, with --data"}
	}
	if f.schema == schemaImage {
		return f.trainImages(cmd, a, l)
	}
	return f.trainRecords(cmd, a, l)
}

func (f *trainFlags) trainRecords(cmd *cobra.Command, a *app, l meta.Trainer) error {
	if f.network != "" && f.network != "mlp" {
		return &inkling.Error{Code: inkling.Invalid, What: fmt.Sprintf("--network %s with --schema %s", f.network, f.schema), Remedy: "records have an mlp: leave it out; convolutional networks are for --schema image"}
	}
	if err := build(l, "mlp", meta.Image{}, f.set); err != nil {
		return err
	}
	out, err := f.place(a)
	if err != nil {
		return err
	}
	if err := overInput(out, f.data); err != nil {
		return err
	}
	defer f.unused()
	d, err := f.load(cmd, f.data)
	if err != nil {
		return err
	}
	if err := eval.Named("--hold-out", f.holdOut, d); err != nil {
		return err
	}
	if err := noAttack("--hold-out", f.holdOut, f.benign); err != nil {
		return err
	}
	sites, err := d.Sites(f.benign, append([]string{f.benign}, f.holdOut...), feature.Scaling{}, f.seed)
	if err != nil {
		return err
	}
	contract, err := d.Contract()
	if err != nil {
		return err
	}
	extra := map[string]string{contractKey: contract.Hash(), holdOutKey: strings.Join(f.holdOut, ","), commandKey: f.command()}
	m, err := f.learn(cmd, a, l, meta.BenignAgainstOne(sites, meta.Episodes{Seed: f.seed}), out, extra)
	if err != nil {
		return err
	}
	if a.json {
		return a.print(cmd.OutOrStdout(), map[string]any{"model": out, "model_id": m.id, "learner": f.learner, "sites": len(sites), "seconds": m.took.Seconds()})
	}
	fmt.Fprintf(cmd.OutOrStdout(), "Trained %s on %s in %s: %s (%.12s)\n", f.learner, plural(len(sites), "site"), m.took.Round(time.Second/10), out, m.id)
	return nil
}

// place gives the file of the model, in a folder that is there and can be written to: training may take hours.
func (f *trainFlags) place(a *app) (out string, err error) {
	out = f.out
	if out == "" {
		h, err := a.store()
		if err != nil {
			return "", err
		}
		if err := store.CheckName(store.Models, f.name); err != nil {
			return "", err
		}
		out = h.Path(store.Models, f.name)
		if what, ok := map[string]string{flowModel: ", by which teach makes detectors of flows", anyModel: ""}[f.name]; ok {
			f.note("model " + f.name + " of this home takes the place of the one inside the program" + what + ": detectors that were taught with that one are refused while " + out + " is there")
		}
		if err := os.MkdirAll(filepath.Dir(out), 0o700); err != nil {
			return "", &inkling.Error{Code: inkling.Invalid, Place: out, What: "cannot be written", Remedy: "choose another home or -o FILE", Err: err}
		}
	}
	if info, err := os.Stat(filepath.Dir(out)); err != nil || !info.IsDir() {
		return "", &inkling.Error{Code: inkling.Invalid, Place: out, What: "cannot be written: its folder is not there", Remedy: "make the folder, or choose another file with -o"}
	}
	return out, store.Elsewhere(store.Writable(out), "with -o")
}

// made is a model that was trained and written.
type made struct {
	learner meta.Trainer
	id      string
	took    time.Duration
}

// learn trains l on src with a checkpoint beside out, and writes the model to out with extra among its texts.
func (f *trainFlags) learn(cmd *cobra.Command, a *app, l meta.Trainer, src meta.Source, out string, extra map[string]string) (made, error) {
	p := newProgress(a)
	defer p.clear()
	start, checkpoint, steps := time.Now(), out+".checkpoint", 0
	_, missing := os.Stat(checkpoint)
	trained, err := l.Train(cmd.Context(), src, meta.Run{
		Iterations: f.iterations, MetaBatch: f.metaBatch, Seed: f.seed, Checkpoint: checkpoint, CheckpointEvery: f.every,
		Report: func(q meta.Progress) {
			steps++
			left := (time.Since(start) * time.Duration(q.Of-q.Iteration) / time.Duration(steps)).Round(time.Second)
			p.show("%s %s  %d of %d  loss %.3f  accuracy %.3f  %.0f tasks/s  %s left", l.Name(), bar(style{}, float64(q.Iteration)/float64(q.Of)), q.Iteration, q.Of, q.Loss, q.Accuracy, q.TasksPerSecond, left)
		},
	})
	var cannot *fs.PathError
	switch {
	case err == nil:
	case cmd.Context().Err() != nil:
		if _, missing := os.Stat(checkpoint); missing == nil {
			p.clear()
			fmt.Fprintf(cmd.ErrOrStderr(), "inkling: %s is kept: the same command goes on from there\n", checkpoint)
		}
		return made{}, err
	case steps == 0 && missing == nil:
		return made{}, &inkling.Error{Code: inkling.Conflict, Place: checkpoint, What: "training cannot go on from this checkpoint", Remedy: "give the settings and the data it was made with, or remove it to start anew", Err: err}
	case errors.As(err, &cannot):
		return made{}, &inkling.Error{Code: inkling.Invalid, Place: checkpoint, What: "cannot be written", Remedy: "free space, or choose another place with -o", Err: cannot.Err}
	default:
		return made{}, &inkling.Error{Code: inkling.Invalid, What: "training stopped", Remedy: `correct the settings, as by --set '{"Rate":0.01,"Outer":{"Rate":0.001}}'`, Err: err}
	}
	bytes, err := meta.Encode(trained, extra)
	if err != nil {
		return made{}, err
	}
	if err := store.WriteFile(out, func(w io.Writer) error { _, err := w.Write(bytes); return err }); err != nil {
		return made{}, store.Elsewhere(err, "with -o")
	}
	os.Remove(checkpoint)
	return made{trained, modelID(bytes), time.Since(start)}, nil
}

// command is what makes the model again, whatever was left to defaults spelled out where it matters.
func (f *trainFlags) command() string {
	schema := f.schema
	if f.pin != nil {
		schema = filepath.Base(f.pinned)
	}
	words := fmt.Sprintf("inkling train --data %s --schema %s", inkling.Quoted(listOf(f.data, filepath.Base)), inkling.Quoted(schema))
	if f.schema == schemaImage {
		words += " --images " + f.images
		if f.lists != "" {
			words += " --lists " + inkling.Quoted(filepath.Base(f.lists))
		}
		words += fmt.Sprintf(" --ways %d --shots %d --queries %d --network %s", f.ways, f.shot, f.queries, f.network)
	} else {
		words += f.recordWords()
	}
	words += fmt.Sprintf(" --learner %s", f.learner)
	if f.set != "" {
		words += fmt.Sprintf(" --set '%s'", f.set)
	}
	return words + fmt.Sprintf(" --iterations %d --meta-batch %d --seed %d", f.iterations, f.metaBatch, f.seed)
}

// recordWords are those words of the command that say how records are read, and which are learned from.
func (f *trainFlags) recordWords() (words string) {
	as := func(v string) string { return v }
	if f.truth.file != "" {
		words += " --truth " + inkling.Quoted(filepath.Base(f.truth.file))
	}
	if f.format != "" {
		words += " --format " + f.format
	}
	words += fmt.Sprintf(" --label %s --benign %s", inkling.Quoted(f.label), inkling.Quoted(f.benign))
	for _, list := range []struct {
		flag   string
		values []string
	}{{"names", f.names}, {"drop", f.drop}, {"hold-out", f.holdOut}} {
		if len(list.values) > 0 {
			words += " --" + list.flag + " " + inkling.Quoted(listOf(list.values, as))
		}
	}
	return words
}
