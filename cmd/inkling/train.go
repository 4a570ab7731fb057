package main

import (
	"crypto/sha256"
	"encoding/hex"
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
	"github.com/inkling-sec/inkling/detect"
	"github.com/inkling-sec/inkling/feature"
	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/models"
	"github.com/inkling-sec/inkling/store"
)

// Keys of what a model file says beside its parameters.
const (
	contractKey = "contract" // hash of the feature contract its rows are of
	holdOutKey  = "held_out" // attack classes it never saw
	commandKey  = "command"  // what made it
)

type trainFlags struct {
	evalFlags
	learner, name, out string
	holdOut            []string
	metaBatch, every   int
}

func trainCmd(a *app) *cobra.Command {
	var f trainFlags
	cmd := &cobra.Command{
		Use:   "train --data FILE… --learner NAME",
		Short: "Meta-train a model on your own labelled past",
		Long: `Learns how to learn: from many small tasks, each a known attack among benign
records with a few examples of it. Every file is a site, scaled by its own benign
records, so the model works where it has never been.

A checkpoint is kept beside the model while training; the same command goes on
where it was stopped, bit for bit. The same data, seed and settings give the same
bytes on any number of cores.`,
		Example: "  inkling train --data day1.log.gz,day2.log.gz --label label --benign benign --hold-out beacon --learner protonet --name flow",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return f.train(cmd, a) },
	}
	f.flags(cmd)
	fl := cmd.Flags()
	fl.StringSliceVar(&f.data, "data", nil, "labelled files, each a site of its own")
	fl.StringVar(&f.schema, "schema", "flow", "flow (conn logs, pcap) or table (any columns; one file)")
	fl.StringSliceVar(&f.drop, "drop", nil, "columns of a table to leave out")
	fl.StringVar(&f.label, "label", "label", "column that holds the class")
	fl.StringVar(&f.benign, "benign", "benign", "the class of benign rows")
	fl.StringSliceVar(&f.holdOut, "hold-out", nil, "attack classes to leave out of training")
	fl.StringVar(&f.learner, "learner", "protonet", "what to train: "+strings.Join(trainers(), ", "))
	fl.StringVar(&f.name, "name", "model", "name of the model in the home; one of that name is replaced")
	fl.StringVarP(&f.out, "out", "o", "", "write the model to this file instead of the home")
	fl.IntVar(&f.iterations, "iterations", 0, "outer steps; 0 is the learner's default")
	fl.IntVar(&f.metaBatch, "meta-batch", 0, "tasks of an outer step; 0 is the learner's default")
	fl.IntVar(&f.every, "checkpoint-every", 0, "outer steps between checkpoints; 0 means 500")
	fl.Uint64Var(&f.seed, "seed", 1, "seed of weights and tasks")
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
	if len(f.data) == 0 {
		return &inkling.Error{Code: inkling.Invalid, What: "no data to train on", Remedy: "name labelled files with --data"}
	}
	if err := checkSchema(f.schema); err != nil {
		return err
	}
	if f.iterations < 0 || f.metaBatch < 0 || f.every < 0 {
		return &inkling.Error{Code: inkling.Invalid, What: "a number of steps or tasks below 0", Remedy: "correct --iterations, --meta-batch or --checkpoint-every"}
	}
	learners, err := learnersOf([]string{f.learner}, f.seed, "--learner")
	if err != nil {
		return err
	}
	l, ok := learners[0].(meta.Trainer)
	if !ok {
		return &inkling.Error{Code: inkling.Invalid, What: f.learner + " has nothing to train", Remedy: "choose from " + strings.Join(trainers(), ", ")}
	}
	out := f.out
	if out == "" {
		h, err := a.store()
		if err != nil {
			return err
		}
		if err := store.CheckName(store.Models, f.name); err != nil {
			return err
		}
		out = h.Path(store.Models, f.name)
		if err := os.MkdirAll(filepath.Dir(out), 0o700); err != nil {
			return &inkling.Error{Code: inkling.Invalid, Place: out, What: "cannot be written", Remedy: "choose another home or -o FILE", Err: err}
		}
	}
	if info, err := os.Stat(filepath.Dir(out)); err != nil || !info.IsDir() {
		return &inkling.Error{Code: inkling.Invalid, Place: out, What: "cannot be written: its folder is not there", Remedy: "make the folder, or choose another file with -o"}
	}
	d, err := f.load(cmd, f.data)
	if err != nil {
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
	p := newProgress(a)
	defer p.clear()
	start, checkpoint, steps := time.Now(), out+".checkpoint", 0
	_, missing := os.Stat(checkpoint)
	trained, err := l.Train(cmd.Context(), meta.BenignAgainstOne(sites, meta.Episodes{Seed: f.seed}), meta.Run{
		Iterations: f.iterations, MetaBatch: f.metaBatch, Seed: f.seed, Checkpoint: checkpoint, CheckpointEvery: f.every,
		Report: func(q meta.Progress) {
			steps++
			eta := "…"
			if done := q.Iteration; done > 0 {
				eta = (time.Since(start) * time.Duration(q.Of-done) / time.Duration(done)).Round(time.Second).String()
			}
			p.show("%s %s  %d of %d  loss %.3f  accuracy %.3f  %.0f tasks/s  %s left", l.Name(), bar(style{}, float64(q.Iteration)/float64(q.Of)), q.Iteration, q.Of, q.Loss, q.Accuracy, q.TasksPerSecond, eta)
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
		return err
	case steps == 0 && missing == nil:
		return &inkling.Error{Code: inkling.Conflict, Place: checkpoint, What: "training cannot go on from this checkpoint", Remedy: "give the settings and the data it was made with, or remove it to start anew", Err: err}
	case errors.As(err, &cannot):
		return &inkling.Error{Code: inkling.Invalid, Place: checkpoint, What: "cannot be written", Remedy: "free space, or choose another place with -o", Err: cannot.Err}
	default:
		return err
	}
	bytes, err := meta.Encode(trained, map[string]string{contractKey: contract.Hash(), holdOutKey: strings.Join(f.holdOut, ","), commandKey: f.command()})
	if err != nil {
		return err
	}
	if err := store.WriteFile(out, func(w io.Writer) error { _, err := w.Write(bytes); return err }); err != nil {
		return err
	}
	os.Remove(checkpoint)
	p.clear()
	return f.tell(cmd, a, out, modelID(bytes), len(sites), time.Since(start))
}

func (f *trainFlags) tell(cmd *cobra.Command, a *app, out, id string, sites int, took time.Duration) error {
	if a.json {
		return a.print(cmd.OutOrStdout(), map[string]any{"model": out, "model_id": id, "learner": f.learner, "sites": sites, "seconds": took.Seconds()})
	}
	fmt.Fprintf(cmd.OutOrStdout(), "Trained %s on %s in %s: %s (%.12s)\n", f.learner, plural(sites, "site"), took.Round(time.Second/10), out, id)
	return nil
}

// command is what makes the model again, whatever was left to defaults spelled out where it matters.
func (f *trainFlags) command() string {
	var names []string
	for _, d := range f.data {
		names = append(names, filepath.Base(d))
	}
	return fmt.Sprintf("inkling train --data %s --schema %s --label %s --benign %s --hold-out %s --learner %s --iterations %d --meta-batch %d --seed %d",
		strings.Join(names, ","), f.schema, f.label, f.benign, strings.Join(f.holdOut, ","), f.learner, f.iterations, f.metaBatch, f.seed)
}

func modelID(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:16])
}

// readModel reads a model file as a learner; its rows must be of a contract of this program.
func readModel(file string) (detect.Choice, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return detect.Choice{}, &inkling.Error{Code: inkling.NotFound, What: "cannot read the model", Remedy: "train one with: inkling train", Err: err}
	}
	return decodeModel(b, file)
}

func decodeModel(b []byte, name string) (detect.Choice, error) {
	l, extra, err := meta.Decode(b)
	if err != nil {
		return detect.Choice{}, &inkling.Error{Code: inkling.Invalid, Place: "model " + name, What: "the file is damaged", Remedy: "train it again", Err: err}
	}
	return detect.Choice{Learner: l, Model: name, ModelID: modelID(b), Contract: extra[contractKey]}, nil
}

// findModel looks for a model in the home, then among those inside the program.
func findModel(h store.Home, name string) (detect.Choice, error) {
	if h.Has(store.Models, name) {
		b, err := h.Get(store.Models, name)
		if err != nil {
			return detect.Choice{}, err
		}
		return decodeModel(b, name)
	}
	if name == flowModel {
		return decodeModel(models.Flow, name)
	}
	return detect.Choice{}, &inkling.Error{Code: inkling.NotFound, Place: h.Dir, What: fmt.Sprintf("no model %q", name), Remedy: "use the one inside the program, " + flowModel + ", or train one with: inkling train --name " + name}
}
