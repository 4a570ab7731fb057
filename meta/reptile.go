package meta

import (
	"cmp"
	"context"
	"fmt"

	"github.com/inkling-sec/inkling/grad"
	"github.com/inkling-sec/inkling/nn"
)

// Reptile moves the parameters towards those that gradient steps on a task lead
// to (Nichol, Achiam and Schulman, On First-Order Meta-Learning Algorithms,
// 2018, algorithm 2). The steps alternate between the task's two sets, whose
// gradients' inner product is what Reptile raises (section 5); the difference
// of parameters goes to Adam as if it were a gradient (section 2).
type Reptile struct {
	Model             // Out is the number of classes; 0 means as many as the first task has
	Steps     int     // inner steps in training; 0 means 8
	TestSteps int     // inner steps of Adapt; 0 means 30
	Rate      float32 // inner step size; 0 means 0.3
}

var _ Trainer = (*Reptile)(nil)

// Name gives "reptile".
func (*Reptile) Name() string { return "reptile" }

// Config gives the settings.
func (r *Reptile) Config() any { return *r }

// inner gives the inner loop, which is that of first-order MAML.
func (r *Reptile) inner() *MAML {
	return &MAML{Model: r.Model, Steps: cmp.Or(r.Steps, 8), TestSteps: cmp.Or(r.TestSteps, 30), Rate: r.Rate, FirstOrder: true}
}

// Train starts from the parameters of r if it has some. The seed of its start
// is run's, or r's if run has none.
func (r *Reptile) Train(ctx context.Context, src Source, run Run) (Trainer, error) {
	m, err := r.inner().sized(src(0), cmp.Or(run.Seed, r.Seed))
	if err != nil {
		return nil, fmt.Errorf("reptile: %w", err)
	}
	c := &Reptile{Model: m.Model, Steps: m.Steps, TestSteps: m.TestSteps, Rate: m.Rate}
	return trainModel(ctx, c, m.reptile, src, run)
}

// reptile gives the way back from the adapted parameters for a gradient.
func (m *MAML) reptile(ctx context.Context, params []*grad.Node, t *Task) (o outcome, err error) {
	if err := m.checkWays(t); err != nil {
		return o, err
	}
	tape, net := params[0].Tape(), m.net()
	sets := [2]Set{t.Support, t.Query}
	adapted := params
	for i := range m.Steps {
		if err := ctx.Err(); err != nil {
			return o, err
		}
		s := sets[i%2]
		adapted = m.descend(net, adapted, nil, i, tape.Leaf(s.X), targets(tape, s.Y, m.Out))
	}
	o.grads = tape.Nodes(len(params))
	for i, p := range params {
		o.grads[i] = grad.Sub(p, adapted[i])
	}
	want := targets(tape, t.Query.Y, m.Out)
	logits := nn.Apply(net, adapted, tape.Leaf(t.Query.X))
	o.loss = float64(nn.CrossEntropy(logits, want).Scalar())
	o.accuracy = nn.Accuracy(logits.Value(), want.Value())
	return o, nil
}

// Adapt makes TestSteps steps on the whole support set.
func (r *Reptile) Adapt(ctx context.Context, t *Task) (Scorer, error) {
	s, err := r.inner().Adapt(ctx, t)
	if err != nil && ctx.Err() == nil {
		return nil, fmt.Errorf("reptile: %w", err)
	}
	return s, err
}
