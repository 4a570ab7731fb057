package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"sync"
	"time"

	"github.com/inkling-sec/inkling/images"
	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/tensor"
)

// result is what a trained model does at one test.
type result struct {
	Training     string
	Ways, Shots  int
	Transductive bool
	Statistics   bool // the network has batch norm
	Episodes     int
	Mean, CI95   float64 // accuracy in percent
	Seconds      float64 // wall time of the training
	JudgeSeconds float64
	Kernel       string
}

// judge judges l at the training's tests and keeps the results.
func (o *options) judge(ctx context.Context, t training, l meta.Trainer, took float64, splits *images.Splits) error {
	file := o.file(t, ".results.json")
	if _, err := os.Stat(file); err == nil && !o.rejudge {
		return nil
	}
	var results []result
	for _, c := range t.tests {
		src, err := splits.Test.Source(images.Episodes{Ways: c.ways, Shots: c.shots, Queries: 15, Seed: testSeed})
		if err != nil {
			return err
		}
		modes := []meta.Trainer{l}
		if t.gradient && meta.HasStatistics(l) {
			modes = append(modes, meta.Transductive(l))
		}
		for i, m := range modes {
			start := time.Now()
			mean, ci, err := accuracy(ctx, m, src, o.episodes, o.workers)
			if err != nil {
				return err
			}
			r := result{t.name, c.ways, c.shots, i == 1, meta.HasStatistics(l), o.episodes, mean, ci, took, time.Since(start).Seconds(), tensor.Kernel()}
			results = append(results, r)
			fmt.Printf("%-22s %2d-way %d-shot %-13s %6.2f ± %.2f   trained in %s\n", t.name, c.ways, c.shots, mode(r), mean, ci, time.Duration(took*float64(time.Second)).Round(time.Second))
		}
	}
	text, err := json.MarshalIndent(results, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o644)
}

func mode(r result) string {
	switch {
	case !r.Statistics:
		return ""
	case r.Transductive:
		return "transductive"
	}
	return "inductive"
}

// accuracy gives the mean accuracy over episodes in percent and half its 95 % interval.
func accuracy(ctx context.Context, l meta.Learner, src meta.Source, episodes, workers int) (mean, ci float64, err error) {
	shares, errs := make([]float64, episodes), make([]error, episodes)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for n := w; n < episodes && ctx.Err() == nil; n += workers {
				shares[n], errs[n] = share(ctx, l, src(uint64(n)))
			}
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return 0, 0, ctx.Err()
	}
	var sum, squares float64
	for n, s := range shares {
		if errs[n] != nil {
			return 0, 0, fmt.Errorf("episode %d: %w", n, errs[n])
		}
		sum += s
		squares += s * s
	}
	k := float64(episodes)
	mean = sum / k
	return 100 * mean, 100 * 1.96 * math.Sqrt(max(0, squares/k-mean*mean)/k), nil
}

// share gives the share of a task's query rows that are given to their class.
func share(ctx context.Context, l meta.Learner, t *meta.Task) (float64, error) {
	s, err := l.Adapt(ctx, t)
	if err != nil {
		return 0, err
	}
	scores := make([]float32, t.Query.Len()*t.Ways)
	s.Score(scores, t.Query.X)
	right := 0
	for i, y := range t.Query.Y {
		if tensor.ArgMax(scores[i*t.Ways:(i+1)*t.Ways]) == y {
			right++
		}
	}
	return float64(right) / float64(t.Query.Len()), nil
}
