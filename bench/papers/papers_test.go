package main

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/tensor"
)

// The table replaces what is between the marks, tells the two ways of judging
// apart, and says what has not been run.
func TestTable(t *testing.T) {
	dir := t.TempDir()
	o := &options{work: dir, table: filepath.Join(dir, "table.md")}
	results, err := json.Marshal([]result{
		{Training: "maml-mlp-1", Ways: 5, Shots: 1, Statistics: true, Mean: 80.5, CI95: 0.5, Seconds: 61},
		{Training: "maml-mlp-1", Ways: 5, Shots: 1, Statistics: true, Transductive: true, Mean: 87.25, CI95: 0.25, Seconds: 61},
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"maml-mlp-1.results.json": string(results),
		"table.md":                "before\n" + beginMark + "\nold\n" + endMark + "\nafter\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := o.writeTable(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(o.table)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"before\n" + beginMark, endMark + "\nafter\n", "| 80.50 ± 0.50 | 87.25 ± 0.25 |", "| 1m1s |", "| not run |"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(string(text), "old") {
		t.Error("the old table is still there")
	}
	o.table = filepath.Join(dir, "maml-mlp-1.results.json")
	if err := o.writeTable(); err == nil || !strings.Contains(err.Error(), beginMark) {
		t.Errorf("a file without marks: %v", err)
	}
}

// By hand: accuracies of 1 and 1/2 in turn have the mean 3/4 and the standard
// deviation 1/4, so that four episodes give 1.96·¼/√4 for the interval.
func TestAccuracy(t *testing.T) {
	src := func(n uint64) *meta.Task {
		y := []int{0, int(n % 2)} // the second row is of class 0
		return &meta.Task{Ways: 2, Support: meta.Set{X: tensor.From([]float32{0, 1}, 2, 1), Y: []int{0, 1}}, Query: meta.Set{X: tensor.From([]float32{0.1, 0.2}, 2, 1), Y: y}}
	}
	for workers := 1; workers <= 3; workers++ {
		mean, ci, err := accuracy(context.Background(), &meta.NearestMean{}, src, 4, workers)
		if err != nil || math.Abs(mean-75) > 1e-9 || math.Abs(ci-100*1.96*0.25/2) > 1e-9 {
			t.Errorf("%d workers: %v ± %v, %v", workers, mean, ci, err)
		}
	}
}

// A training's time goes on where a stopped run left it.
func TestClock(t *testing.T) {
	o := &options{work: t.TempDir()}
	c, err := o.startClock(trainings[0])
	if err != nil {
		t.Fatal(err)
	}
	c.started = time.Now().Add(-time.Minute)
	if err := c.save(); err != nil {
		t.Fatal(err)
	}
	if c, err = o.startClock(trainings[0]); err != nil || math.Abs(c.seconds()-60) > 1 {
		t.Errorf("%v seconds, %v", c.seconds(), err)
	}
}

func TestNamesDiffer(t *testing.T) {
	seen := map[string]bool{}
	for _, tr := range trainings {
		if seen[tr.name] || tr.learner().Name() == "" || len(tr.tests) == 0 {
			t.Errorf("%s is there twice, or has no tests", tr.name)
		}
		seen[tr.name] = true
	}
	if _, err := parse([]string{"--only", "guess"}); err == nil || !strings.Contains(err.Error(), "--list") {
		t.Errorf("an unknown name: %v", err)
	}
}
