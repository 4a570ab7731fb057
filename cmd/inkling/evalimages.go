package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/eval"
	"github.com/inkling-sec/inkling/images"
	"github.com/inkling-sec/inkling/meta"
)

// imageLearners are judged when neither learners nor models are named.
var imageLearners = []string{"nearest-mean", "knn", "logistic-regression", "random-forest"}

// imageResult is how well one learner did. Its JSON form is public.
type imageResult struct {
	Protocol string                `json:"protocol"`           // "image"
	Dataset  string                `json:"dataset"`            // the benchmark
	Division string                `json:"division,omitempty"` // how its classes were divided
	Learner  string                `json:"learner"`
	Model    string                `json:"model,omitempty"` // the file
	ModelID  string                `json:"model_id,omitempty"`
	Trained  string                `json:"trained_by,omitempty"` // the command
	Manner   string                `json:"judged"`               // inductive or transductive
	Ways     int                   `json:"ways"`
	Shots    int                   `json:"shots"`
	Queries  int                   `json:"queries"` // of a class
	Tasks    int                   `json:"tasks"`
	Seed     uint64                `json:"seed"`
	Accuracy float64               `json:"accuracy"`
	CI95     map[string][2]float64 `json:"ci95"` // over tasks; empty for one task
	Seconds  float64               `json:"seconds"`
}

func (f *evalFlags) result(e meta.Estimate, learner, manner string, shots int, took time.Duration) imageResult {
	r := imageResult{Protocol: schemaImage, Dataset: f.images, Learner: learner, Manner: manner, Ways: f.ways, Shots: shots, Queries: f.queries,
		Tasks: e.N, Seed: f.seed, Accuracy: round5(e.Mean), CI95: map[string][2]float64{}, Seconds: math.Round(took.Seconds()*1e3) / 1e3}
	if !math.IsNaN(e.Low) {
		r.CI95["accuracy"] = [2]float64{round5(max(e.Low, 0)), round5(min(e.High, 1))}
	}
	return r
}

func round5(v float64) float64 { return math.Round(v*1e5) / 1e5 }

// percent gives the accuracy as the papers do.
func (r imageResult) percent() string {
	ci, ok := r.CI95["accuracy"]
	if !ok {
		return fmt.Sprintf("%.2f %%", 100*r.Accuracy)
	}
	half := max(r.Accuracy-ci[0], ci[1]-r.Accuracy) // one side may have been cut at 0 or 1
	return fmt.Sprintf("%.2f %% ± %.2f", 100*r.Accuracy, 100*half)
}

// contestant is a learner to judge, or a model as it is.
type contestant struct {
	learner meta.Learner
	file    string // of a model, as are the next two
	id      string
	about   map[string]string
	scale   *images.Scale
}

func (f *evalFlags) runImages(cmd *cobra.Command, a *app) error {
	if !cmd.Flags().Changed("shots") {
		f.shots = []int{1, 5}
	}
	bounds := []bounded{{"ways", f.ways, 2, mostSampled}, {"queries", f.queries, 1, mostSampled}, {"tasks", f.tests, 1, mostSampled}}
	for _, n := range f.shots {
		bounds = append(bounds, bounded{"shots", n, 1, mostSampled})
	}
	if err := within(bounds); err != nil {
		return err
	}
	all, scale, err := f.contestants(cmd, a)
	if err != nil {
		return err
	}
	splits, err := f.splits(cmd.Context(), scale, images.Test)
	if err != nil {
		return err
	}
	for _, c := range all {
		if err := f.fits(c, splits); err != nil {
			return err
		}
	}
	for _, shots := range f.shots { // before a word is written
		if _, err := f.tasks(splits.Test, images.Test, shots); err != nil {
			return err
		}
	}
	if !a.json {
		f.printSetting(cmd.OutOrStdout(), splits, all)
	}
	for _, shots := range f.shots {
		if err := f.judgeShots(cmd, a, all, splits, shots); err != nil {
			return err
		}
	}
	return nil
}

// contestants gives the models and learners to judge, and the scale of the first model that has one.
func (f *evalFlags) contestants(cmd *cobra.Command, a *app) (all []contestant, scale *images.Scale, err error) {
	for _, file := range f.models {
		b, err := a.readModelFile(file)
		if err != nil {
			return nil, nil, err
		}
		l, about, err := decodeAny(b, file)
		if err != nil {
			return nil, nil, err
		}
		c := contestant{learner: l, file: file, id: modelID(b), about: about}
		if text := about[scaleKey]; text != "" {
			if err := json.Unmarshal([]byte(text), &c.scale); err != nil {
				return nil, nil, &inkling.Error{Code: inkling.Invalid, Place: "model " + file, What: "the file is damaged", Remedy: "train it again", Err: err}
			}
			if scale == nil {
				scale = c.scale
			}
		}
		all = append(all, c)
	}
	names := f.learners
	switch {
	case cmd.Flags().Changed("learners"):
	case len(f.models) > 0:
		names = nil
	default:
		names = imageLearners
	}
	learners, err := learnersOf(names, f.seed, "--learners")
	if err != nil {
		return nil, nil, err
	}
	for _, l := range learners {
		if _, ok := l.(meta.Trainer); ok {
			return nil, nil, &inkling.Error{Code: inkling.Invalid, What: l.Name() + " is not trained here", Remedy: "train a model first, with: inkling train --schema image --learner " + l.Name() + ", and name it with --models"}
		}
		all = append(all, contestant{learner: l, scale: scale})
	}
	return all, scale, nil
}

// fits refuses a model that judges something else, or may have been trained on what it is tested on.
func (f *evalFlags) fits(c contestant, s *images.Splits) error {
	t, ok := c.learner.(meta.Trainer)
	if !ok {
		return nil
	}
	var size struct {
		In, Out int
		Filters []int
		Image   meta.Image
	}
	config, err := json.Marshal(t.Config())
	if err == nil {
		err = json.Unmarshal(config, &size)
	}
	if err != nil {
		return err
	}
	set := s.Test
	here := meta.Image{Height: set.Height, Width: set.Width, Channels: set.Channels}
	refused := func(remedy, what string, a ...any) error {
		return &inkling.Error{Code: inkling.Conflict, Place: "model " + c.file, What: fmt.Sprintf(what, a...), Remedy: remedy}
	}
	of := c.about[imagesKey]
	switch {
	case of == "" && c.about[contractKey] != "":
		return refused("train one with: inkling train --schema image", "it judges records, not images")
	case of != "" && of != f.images:
		return refused("judge it with --images "+of, "trained on %s, not on %s", of, f.images)
	case size.Filters != nil && size.Image != here:
		return refused("judge it on images like those it was trained on", "it takes images of %s, these are %s", sizeOf(size.Image), sizeOf(here))
	case size.In != set.Columns():
		return refused("judge it on images like those it was trained on", "it takes rows of %d numbers, an image of %s has %d", size.In, sizeOf(here), set.Columns())
	case c.scale != nil && (len(c.scale.Mean) != set.Channels || len(c.scale.Deviation) != set.Channels):
		return refused("train it again", "its scale is not of %d channels", set.Channels)
	case byGradients(t) && size.Out != f.ways:
		return refused(fmt.Sprintf("give --ways %d, or train one with --ways %d", size.Out, f.ways), "it tells %d classes apart, a task has %d", size.Out, f.ways)
	case of != "" && c.about[protocolKey] != s.Protocol:
		return refused("give the data and --lists that it was trained with", "trained on another division of the classes (%s; here %s), so it may know those to test", c.about[protocolKey], s.Protocol)
	}
	return nil
}

func sizeOf(i meta.Image) string { return fmt.Sprintf("%d × %d × %d", i.Height, i.Width, i.Channels) }

func (f *evalFlags) judgeShots(cmd *cobra.Command, a *app, all []contestant, splits *images.Splits, shots int) error {
	w := cmd.OutOrStdout()
	for i, c := range all {
		set := *splits.Test // the same images in the same tasks, normalised as the model knows them
		if c.scale != nil {
			set.Scale = c.scale
		}
		src, err := f.tasks(&set, images.Test, shots)
		if err != nil {
			return err
		}
		if i == 0 && !a.json {
			fmt.Fprintf(w, "\n%s\n%-28s %-14s %-16s %s\n", styleOf(w).bold(fmt.Sprintf("%d-way %d-shot", f.ways, shots)), "learner", "judged", "accuracy", "time")
		}
		for _, m := range manners(c.learner) {
			p := newProgress(a)
			start := time.Now()
			e, err := eval.Images{Tasks: src, Draws: f.tests, Note: p.count(c.name() + " " + m.name)}.Judge(cmd.Context(), m.learner)
			p.clear()
			if err != nil {
				return err
			}
			r := f.result(e, c.learner.Name(), m.name, shots, time.Since(start))
			r.Division, r.Model, r.ModelID, r.Trained = splits.Protocol, c.file, c.id, c.about[commandKey]
			if a.json {
				if err := a.print(w, r); err != nil {
					return err
				}
				continue
			}
			fmt.Fprintf(w, "%-28s %-14s %-16s %.1f s\n", c.name(), m.name, r.percent(), r.Seconds)
		}
	}
	return nil
}

func (c contestant) name() string {
	if c.file != "" {
		return strings.TrimSuffix(filepath.Base(c.file), ".safetensors")
	}
	return c.learner.Name()
}

// printSetting says what is judged on what, and what the models were trained on.
func (f *evalFlags) printSetting(w io.Writer, s *images.Splits, all []contestant) {
	fmt.Fprintf(w, "%s\n%s of %s and %s a class, drawn with seed %d from %s classes to test; ± is the 95 %% interval over tasks\n",
		s.Protocol, plural(f.tests, "task"), plural(f.ways, "way"), plural(f.queries, "query image"), f.seed, count(s.Test.Count()))
	both := false
	for _, c := range all {
		both = both || len(manners(c.learner)) > 1
		switch {
		case c.file == "":
		case c.about[imagesKey] == "":
			fmt.Fprintf(w, "%s: %s; its file does not say what it was trained on\n", c.name(), c.learner.Name())
		default:
			fmt.Fprintf(w, "%s: %s, %s, trained on %s-way %s-shot tasks with seed %s\n  %s\n", c.name(), c.learner.Name(), c.about[networkKey], c.about[waysKey], c.about[shotsKey], c.about[seedKey], styleOf(w).dim(c.about[commandKey]))
		}
	}
	if both {
		fmt.Fprintf(w, "transductive: batch norm goes by the %d images that are judged together, as in MAML's paper\n", f.ways*f.queries)
	}
}
