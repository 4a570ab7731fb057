package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/eval"
	"github.com/inkling-sec/inkling/images"
	"github.com/inkling-sec/inkling/meta"
)

const validationTasks = 100

func (f *trainFlags) trainImages(cmd *cobra.Command, a *app, l meta.Trainer) error {
	if f.network == "" {
		f.network = "conv4"
	}
	if err := within([]bounded{{"ways", f.ways, 2, mostSampled}, {"shots", f.shot, 1, mostSampled}, {"queries", f.queries, 1, mostSampled}}); err != nil {
		return err
	}
	out, err := f.place(a)
	if err != nil {
		return err
	}
	if err := build(f.another(l), f.network, meta.Image{}, f.set); err != nil {
		return err // before the images are read
	}
	splits, err := f.splits(cmd.Context(), nil, images.Train, images.Validation)
	if err != nil {
		return err
	}
	set := splits.Train
	// Two classes are judged by prototypes as more are; ProtoNet's own way is for detection.
	if err := json.Unmarshal([]byte(`{"Prototypes":true}`), l); err != nil {
		return err
	}
	if err := build(l, f.network, meta.Image{Height: set.Height, Width: set.Width, Channels: set.Channels}, f.set); err != nil {
		return err
	}
	src, err := f.tasks(set, images.Train, f.shot)
	if err != nil {
		return err
	}
	extra, err := f.about(splits)
	if err != nil {
		return err
	}
	m, err := f.learn(cmd, a, l, src, out, extra)
	if err != nil {
		return err
	}
	w := cmd.OutOrStdout()
	if !a.json {
		fmt.Fprintf(w, "Trained %s, %s, on %s in %s: %s (%.12s)\n", f.learner, f.network, f.images, m.took.Round(time.Second/10), out, m.id)
		fmt.Fprintf(w, "%s\n", splits.Protocol)
	}
	judged, none, err := f.validate(cmd, a, m.learner, splits.Validation)
	if err != nil {
		return err
	}
	if a.json {
		return a.print(w, map[string]any{"model": out, "model_id": m.id, "learner": f.learner, "images": f.images, "division": splits.Protocol, "network": f.network,
			"ways": f.ways, "shots": f.shot, "queries": f.queries, "seconds": m.took.Seconds(), "validation": judged})
	}
	if none != "" {
		fmt.Fprintf(w, "Validation   none: %s\n", none)
	}
	for _, j := range judged {
		fmt.Fprintf(w, "Validation   %s on %d tasks of unseen classes, %s\n", j.percent(), j.Tasks, j.Manner)
	}
	fmt.Fprintf(w, "Next: inkling eval --schema image --data %s --images %s --ways %d --shots %d --models %s\n", inkling.Quoted(f.data[0]), f.images, f.ways, f.shot, inkling.Quoted(out))
	return nil
}

// another gives a fresh learner like l, to try settings on.
func (f *trainFlags) another(l meta.Trainer) meta.Trainer {
	e, err := meta.Find(f.learner)
	if err != nil {
		return l
	}
	return e.New(f.seed).(meta.Trainer)
}

// about is what the model file says of how it was made.
func (f *trainFlags) about(s *images.Splits) (map[string]string, error) {
	extra := map[string]string{
		imagesKey: f.images, protocolKey: s.Protocol, networkKey: f.network, commandKey: f.command(),
		waysKey: strconv.Itoa(f.ways), shotsKey: strconv.Itoa(f.shot), queriesKey: strconv.Itoa(f.queries), seedKey: strconv.FormatUint(f.seed, 10),
	}
	if s.Train.Scale != nil {
		scale, err := json.Marshal(s.Train.Scale)
		if err != nil {
			return nil, err
		}
		extra[scaleKey] = string(scale)
	}
	return extra, nil
}

// validate judges l on the validation part, or says why it cannot be.
func (f *trainFlags) validate(cmd *cobra.Command, a *app, l meta.Trainer, s *images.Set) (out []imageResult, none string, err error) {
	src, err := f.tasks(s, images.Validation, f.shot)
	if err != nil {
		if inkling.CodeOf(err) == inkling.Invalid {
			return nil, err.Error(), nil
		}
		return nil, "", err
	}
	for _, m := range manners(l) {
		p := newProgress(a)
		start := time.Now()
		e, err := eval.Images{Tasks: src, Draws: validationTasks, Note: p.count("validating " + m.name)}.Judge(cmd.Context(), m.learner)
		p.clear()
		if err != nil {
			return nil, "", err
		}
		out = append(out, f.result(e, l.Name(), m.name, f.shot, time.Since(start)))
	}
	return out, "", nil
}
