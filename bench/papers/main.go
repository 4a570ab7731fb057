// Command papers trains the learners on Omniglot as their papers do and holds
// the accuracies against the published ones:
//
//	go run ./bench/papers --data DIR [--work DIR] [--only NAME,…] [--episodes N] [--table FILE]
//
// Each training keeps a checkpoint and its model in --work, so that a stopped
// run goes on where it was, and each judged model its result; a training that is
// done is not done again. --table writes all results there are as docs/benchmarks.md has them.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/inkling-sec/inkling/images"
	"github.com/inkling-sec/inkling/meta"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "papers:", err)
		if errors.Is(err, context.Canceled) {
			os.Exit(130)
		}
		os.Exit(1)
	}
}

// options are the command's flags.
type options struct {
	data, work, table string
	only              []string
	episodes, workers int
	list, rejudge     bool
}

func run(ctx context.Context, args []string) error {
	o, err := parse(args)
	if err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}
	if o.list {
		for _, t := range trainings {
			fmt.Printf("%-22s %s, %d outer steps of %d tasks\n", t.name, t.about, t.iterations, t.metaBatch)
		}
		return nil
	}
	if err := os.MkdirAll(o.work, 0o755); err != nil {
		return err
	}
	if o.table == "" || len(o.only) > 0 {
		if err := o.all(ctx); err != nil {
			return err
		}
	}
	if o.table == "" {
		return nil
	}
	return o.writeTable()
}

func parse(args []string) (o options, err error) {
	f := flag.NewFlagSet("papers", flag.ContinueOnError)
	f.Usage = func() {
		fmt.Fprintln(f.Output(), "Usage: go run ./bench/papers [flags]\n\nTrains learners on Omniglot as their papers do, judges them on episodes of unseen characters and holds\nthe accuracies against the published ones. A stopped run goes on where it was.")
		fmt.Fprintln(f.Output())
		f.PrintDefaults()
	}
	data := os.Getenv("INKLING_DATA")
	if data == "" {
		data = "../shared/data"
	}
	f.StringVar(&o.data, "data", filepath.Join(data, "omniglot"), "Omniglot: PNG folders, a zip of them, or the packed file")
	f.StringVar(&o.work, "work", "papers", "where checkpoints, models and results are kept")
	f.StringVar(&o.table, "table", "", "write the results there are to this file; with no --only, train nothing")
	only := f.String("only", "", "trainings to run, by name; all without")
	f.IntVar(&o.episodes, "episodes", 1000, "test episodes for each figure")
	f.IntVar(&o.workers, "workers", runtime.GOMAXPROCS(0), "goroutines")
	f.BoolVar(&o.list, "list", false, "list the trainings and end")
	f.BoolVar(&o.rejudge, "rejudge", false, "judge models again that have results")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if *only != "" {
		o.only = strings.Split(*only, ",")
	}
	for _, name := range o.only {
		if !slices.ContainsFunc(trainings, func(t training) bool { return t.name == name }) {
			return o, fmt.Errorf("no training %q: --list has them", name)
		}
	}
	return o, nil
}

// all runs the trainings that are asked for and not done.
func (o *options) all(ctx context.Context) error {
	splits, err := images.Omniglot(ctx, o.data, images.Options{})
	if err != nil {
		return err
	}
	for _, t := range trainings {
		if len(o.only) > 0 && !slices.Contains(o.only, t.name) {
			continue
		}
		l, took, err := o.train(ctx, t, splits)
		if err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
		if err := o.judge(ctx, t, l, took, splits); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
	}
	return nil
}

func (o *options) file(t training, suffix string) string { return filepath.Join(o.work, t.name+suffix) }

// train gives the trained learner and the wall time of its training, in seconds.
func (o *options) train(ctx context.Context, t training, splits *images.Splits) (meta.Trainer, float64, error) {
	model := o.file(t, ".safetensors")
	if l, extra, err := meta.Load(model); err == nil {
		var took float64
		_, err := fmt.Sscan(extra["seconds"], &took)
		return l, took, err
	} else if !errors.Is(err, os.ErrNotExist) {
		return nil, 0, err
	}
	src, err := splits.TrainAndValidation().Source(images.Episodes{Ways: t.ways, Shots: t.shots, Queries: t.queries, Seed: seed})
	if err != nil {
		return nil, 0, err
	}
	clock, err := o.startClock(t)
	if err != nil {
		return nil, 0, err
	}
	told := time.Now()
	l, err := t.learner().Train(ctx, src, meta.Run{
		Iterations: t.iterations, MetaBatch: t.metaBatch, Seed: seed, Workers: o.workers,
		Checkpoint: o.file(t, ".checkpoint"), CheckpointEvery: max(1, t.iterations/50),
		Report: func(p meta.Progress) {
			clock.tick()
			if time.Since(told) > 10*time.Second || p.Iteration == p.Of {
				told = time.Now()
				left := time.Duration(float64(p.Of-p.Iteration) * float64(t.metaBatch) / p.TasksPerSecond * float64(time.Second))
				fmt.Fprintf(os.Stderr, "%s  %d of %d  loss %.3f  accuracy %.3f  %.0f tasks/s  %s left\n",
					t.name, p.Iteration, p.Of, p.Loss, p.Accuracy, p.TasksPerSecond, left.Round(time.Second))
			}
		},
	})
	if err := errors.Join(err, clock.err, clock.save()); err != nil {
		return nil, 0, err
	}
	if err := meta.Save(model, l, map[string]string{"seconds": fmt.Sprint(clock.seconds())}); err != nil {
		return nil, 0, err
	}
	return l, clock.seconds(), os.Remove(o.file(t, ".checkpoint"))
}
