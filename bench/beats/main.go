// Command beats asks whether a network meta-learned on heart beats is worth its training: prototypical networks on the
// waves themselves (a 1-D convolution, and a perceptron beside it) and on the numbers of family ecg, against what
// is fitted on the spot, with a new kind of beat in new patients.
//
//	go run ./bench/beats -data ../shared/data/mit-bih-arrhythmia
//
// Every other patient is for training, by pack ecg's development kinds alone; the others are judged by the other kinds. Then the
// sides are exchanged. Within both, what is learned from and what is judged are of different patients. Nothing was tuned: one
// training each, with the learners' own settings.
package main

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"github.com/inkling-sec/inkling/dataset"
	"github.com/inkling-sec/inkling/eval"
	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/pack"
)

func main() {
	var o options
	flag.StringVar(&o.data, "data", "../shared/data/mit-bih-arrhythmia", "folder of the beats")
	flag.IntVar(&o.draws, "draws", 10, "cuts of the patients that are judged")
	flag.IntVar(&o.steps, "steps", 1000, "outer steps of a training")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := o.run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type options struct {
	data         string
	draws, steps int
}

func (o *options) run(ctx context.Context) error {
	p, err := pack.Find("ecg")
	if err != nil {
		return err
	}
	known := p.Judged[0].Development
	beats, waves, err := dataset.MITWaves(ctx, o.data)
	if err != nil {
		return err
	}
	var all []pack.Outcome
	for side := range 2 {
		var train, judge []int
		for i, g := range beats.Group {
			if g%2 == side {
				train = append(train, i)
			} else {
				judge = append(judge, i)
			}
		}
		onBeats, onWaves, err := o.learners(ctx, beats.Keep(train), waves.Keep(train), known)
		if err != nil {
			return err
		}
		got, err := o.judge(ctx, beats.Keep(judge), waves.Keep(judge), known, onBeats, onWaves)
		if err != nil {
			return err
		}
		for i := range got {
			got[i].Part = fmt.Sprint(side)
		}
		all = append(all, got...)
	}
	pack.Sort(all)
	print(all)
	return nil
}

const normal = "N"

// judge plays the same episodes on the numbers and on the waves.
func (o *options) judge(ctx context.Context, beats, waves *eval.Data, known []string, onBeats, onWaves []meta.Learner) (out []pack.Outcome, err error) {
	for draw := range o.draws {
		protocol := eval.NewAttack{Benign: normal, Apart: true, Shots: []int{1, 5, 10}, Draws: 1, Seed: uint64(draw + 1), QueryBenign: 4000, QueryAttack: 300}
		protocol.Classes = slices.DeleteFunc(beats.Classes(), func(c string) bool { return c == normal || slices.Contains(known, c) || len(beats.Of(c)) < 50 })
		episodes, err := protocol.Episodes(beats)
		if err != nil {
			return nil, err
		}
		for _, on := range []struct {
			name     string
			data     *eval.Data
			learners []meta.Learner
		}{{"numbers", beats, onBeats}, {"waves", waves, onWaves}} {
			plan := eval.Plan{Protocol: protocol, Trained: on.learners, Each: func(e eval.Outcome) {
				of := pack.OutcomeOf("MIT-BIH", "", draw, e)
				of.Learner += ", " + on.name
				out = append(out, of)
			}}
			if _, err := plan.Play(ctx, on.data, episodes); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// named gives a learner a name that tells it from others of its kind.
type named struct {
	meta.Learner
	name string
}

func (n named) Name() string { return n.name }

// learners gives those that judge numbers and those that judge waves, the networks trained.
func (o *options) learners(ctx context.Context, beats, waves *eval.Data, known []string) (onBeats, onWaves []meta.Learner, err error) {
	for _, name := range []string{"ratio", "logistic-regression", "random-forest", "extra-trees", "vote"} {
		e, err := meta.Find(name)
		if err != nil {
			return nil, nil, err
		}
		onBeats, onWaves = append(onBeats, e.New(1)), append(onWaves, e.New(1))
	}
	series := meta.Model{Seed: 1, Image: meta.Image{Height: 1, Width: 128, Channels: 1}, Filters: []int{32, 32, 32, 32}}
	for _, n := range []struct {
		name string
		data *eval.Data
		net  meta.Model
		to   *[]meta.Learner
	}{
		{"protonet, perceptron", beats, meta.Model{Seed: 1}, &onBeats},
		{"protonet, perceptron", waves, meta.Model{Seed: 1}, &onWaves},
		{"protonet, 1-D convolution", waves, series, &onWaves},
	} {
		began := time.Now()
		source, err := tasks(n.data, known)
		if err != nil {
			return nil, nil, err
		}
		var last meta.Progress
		l, err := (&meta.ProtoNet{Model: n.net}).Train(ctx, source, meta.Run{Iterations: o.steps, Seed: 1, Report: func(p meta.Progress) { last = p }})
		if err != nil {
			return nil, nil, err
		}
		fmt.Printf("%s: trained in %s, accuracy of the last step %.3f\n", n.name, time.Since(began).Round(time.Second), last.Accuracy)
		*n.to = append(*n.to, named{l, n.name})
	}
	return onBeats, onWaves, nil
}

func print(outcomes []pack.Outcome) {
	for _, c := range pack.Compare(outcomes, "", false) {
		fmt.Printf("\nK = %d, %d new kinds\n", c.Shots, c.Classes)
		for _, n := range slices.SortedFunc(maps.Keys(c.AP), func(a, b string) int { return strings.Compare(a, b) }) {
			ap, recall := c.AP[n], c.Recall1[n]
			fmt.Printf("  %-34s average precision %.3f [%.3f, %.3f]  recall at 1 %% %.3f [%.3f, %.3f]\n", n, ap.Mean, ap.Low, ap.High, recall.Mean, recall.Low, recall.High)
		}
	}
}
