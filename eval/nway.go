package eval

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/detect"
	"github.com/inkling-sec/inkling/feature"
	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/tensor"
)

// NWay is the protocol of the few-shot papers on rows: classes are cut in two
// folds, everything is fitted on the one, and tasks of Ways classes of the
// other are to be told apart from Shots examples each; then the other way
// about. A class's accuracy is the share of its rows that are given to it.
type NWay struct {
	Ways     int   // classes of a task; 0 means 5; fewer where a fold has fewer
	Shots    []int // nil means 1, 5, 10
	Draws    int   // tasks for each fold and number of shots; 0 means 100
	Queries  int   // rows to judge a class, at most; 0 means 15
	MinRows  int   // of a class to take part, twice the most shots at least; 0 means 50
	Seed     uint64
	Learners []meta.Learner
	Training meta.Run
	Scaling  feature.Scaling
	Note     func(string) // may be nil
}

// Play runs the protocol on d.
func (p NWay) Play(ctx context.Context, d *Data) ([]Result, error) {
	if err := cmp.Or(someShots(p.Shots), noLess(count{"Ways", p.Ways}, count{"Draws", p.Draws}, count{"Queries", p.Queries}, count{"MinRows", p.MinRows})); err != nil {
		return nil, err
	}
	if p.Shots == nil {
		p.Shots = []int{1, 5, 10}
	}
	p.Shots = unique(p.Shots)
	if err := distinct(p.Learners); err != nil {
		return nil, err
	}
	var classes []string
	least := max(or(p.MinRows, 50), 2*slices.Max(p.Shots)) // of fewer, a task would take fewer examples than it says
	for _, c := range d.Classes() {
		if len(d.Of(c)) >= least {
			classes = append(classes, c)
		}
	}
	if len(classes) < 4 {
		return nil, &inkling.Error{Code: inkling.Invalid, Place: d.Name, What: fmt.Sprintf("%d classes with %d rows or more; two folds need 4", len(classes), least), Remedy: "give fewer --shots, or use protocol new-attack"}
	}
	rng := rand.New(rand.NewPCG(p.Seed, 0x6e776179))
	rng.Shuffle(len(classes), func(i, j int) { classes[i], classes[j] = classes[j], classes[i] })
	t := tally{protocol: "n-way", dataset: d.Name}
	half := len(classes) / 2
	for fold, split := range [][2][]string{{classes[:half], classes[half:]}, {classes[half:], classes[:half]}} {
		if err := p.fold(ctx, d, fold, split[0], split[1], &t); err != nil {
			return nil, err
		}
	}
	return t.results(), nil
}

func (p NWay) fold(ctx context.Context, d *Data, fold int, train, test []string, t *tally) error {
	var fit []int
	for _, c := range train {
		fit = append(fit, head(d.Of(c), 2000)...)
	}
	contract, raw, err := d.Features(fit)
	if err != nil {
		return err
	}
	scaler, err := feature.Fit(contract, choose(raw, fit), p.Scaling)
	if err != nil {
		return err
	}
	tensors := func(names []string) (out []*tensor.Tensor) {
		for _, c := range names {
			out = append(out, scaler.Tensor(choose(raw, d.Of(c))))
		}
		return out
	}
	known, unseen, columns := tensors(train), tensors(test), detect.Columns(scaler)
	ways := min(or(p.Ways, 5), len(train), len(test)) // the same in training: a network has so many outputs
	for _, l := range p.Learners {
		if trainer, ok := l.(meta.Trainer); ok {
			if p.Note != nil {
				p.Note(fmt.Sprintf("fold %d: training %s", fold+1, l.Name()))
			}
			if l, err = trainer.Train(ctx, tell(meta.NWay(known, meta.Episodes{Seed: p.Seed + 1, Ways: ways}), columns), p.Training); err != nil {
				return fmt.Errorf("training %s: %w", trainer.Name(), err)
			}
		}
		if err := p.judge(ctx, l, fold, ways, test, unseen, columns, t); err != nil {
			return err
		}
	}
	return nil
}

func (p NWay) judge(ctx context.Context, l meta.Learner, fold, ways int, names []string, classes []*tensor.Tensor, columns []meta.Column, t *tally) error {
	for _, shots := range p.Shots {
		tasks := tell(meta.NWay(classes, meta.Episodes{Seed: p.Seed + 2 + uint64(fold), Ways: ways, Shots: []int{shots}, Queries: or(p.Queries, 15)}), columns)
		for n := range or(p.Draws, 100) {
			task := tasks(uint64(n))
			s, err := l.Adapt(ctx, task)
			if err != nil {
				return fmt.Errorf("%s, %d shots: %w", l.Name(), shots, err)
			}
			scores := make([]float32, task.Query.Len()*task.Ways)
			s.Score(scores, task.Query.X)
			for way := range task.Ways {
				var own []float32
				var y []int
				for i, c := range task.Query.Y {
					if c == way {
						own = append(own, scores[i*task.Ways:(i+1)*task.Ways]...)
						y = append(y, c)
					}
				}
				m := unmeasured()
				m.Accuracy = meta.Accuracy(own, task.Ways, y)
				t.add(l.Name(), names[task.Classes[way]], shots, m)
			}
		}
	}
	return nil
}

func or[T comparable](v, zero T) T {
	var z T
	if v == z {
		return zero
	}
	return v
}
