package meta

import (
	"cmp"
	"context"
	"fmt"

	"github.com/inkling-sec/inkling/tensor"
)

// MetaSGD learns the parameters to start from and, for each of their elements,
// a step size of either sign: so the direction of the inner step is learned
// too (Li, Zhou, Chen and Li, Meta-SGD: Learning to Learn Quickly for Few-Shot
// Learning, 2017, eq. 2 and algorithm 1). One step is enough then; the rest is MAML's, to second order.
//
// We differ in that all step sizes start at one constant, MAML's; the paper draws
// each from [0.005, 0.1], from where one step does little for a network whose
// hidden layers are normalised. Outer.Decay leaves them alone.
type MetaSGD struct {
	Model             // Out is the number of classes; 0 means as many as the first task has
	Steps     int     // inner steps in training; 0 means 1
	TestSteps int     // inner steps of Adapt; 0 means as many as in training
	Rate      float32 // what step sizes start at; 0 means 0.3
}

var _ Trainer = (*MetaSGD)(nil)

// Name gives "meta-sgd".
func (*MetaSGD) Name() string { return "meta-sgd" }

// Config gives the settings.
func (s *MetaSGD) Config() any { return *s }

// Params gives the parameters and step sizes by name; it is empty before
// training. They are the learner's own and must not be changed.
func (s *MetaSGD) Params() map[string]*tensor.Tensor { return paramsOf(&s.Model, s.groups()) }

func (s *MetaSGD) groups() []group { return s.inner().groups() }

func (s *MetaSGD) inner() *MAML {
	steps := cmp.Or(s.Steps, 1)
	return &MAML{Model: s.Model, Steps: steps, TestSteps: cmp.Or(s.TestSteps, steps), Rate: s.Rate, everyElement: true}
}

// Train starts from the parameters of s if it has some. The seed of its start
// is run's, or s's if run has none.
func (s *MetaSGD) Train(ctx context.Context, src Source, run Run) (Trainer, error) {
	m, err := s.inner().sized(src(0), cmp.Or(run.Seed, s.Seed))
	if err != nil {
		return nil, fmt.Errorf("meta-sgd: %w", err)
	}
	c := &MetaSGD{Model: m.Model, Steps: m.Steps, TestSteps: m.TestSteps, Rate: m.Rate}
	return trainModel(ctx, c, m.episode, src, run)
}

// Adapt makes TestSteps steps on the whole support set.
func (s *MetaSGD) Adapt(ctx context.Context, t *Task) (Scorer, error) {
	m, err := s.inner().sized(t, s.Seed)
	if err = allNumbers(t, err); err != nil {
		return nil, fmt.Errorf("meta-sgd: %w", err)
	}
	return m.adapt(ctx, t)
}
