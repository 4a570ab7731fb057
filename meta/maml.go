package meta

import (
	"cmp"
	"context"
	"fmt"
	"sync"

	"github.com/inkling-sec/inkling/grad"
	"github.com/inkling-sec/inkling/nn"
	"github.com/inkling-sec/inkling/tensor"
)

// MAML learns the parameters from which a few gradient steps on a support set
// lead furthest (Finn, Abbeel and Levine, Model-Agnostic Meta-Learning for Fast
// Adaptation of Deep Networks, 2017, algorithm 1 and 2), through all steps and
// to second order.
//
// We differ in that classes weigh equally in both losses whatever their numbers
// of rows (a detection task has hundreds of benign rows and one taught), in
// layer norm instead of batch norm (a row is judged alone), and in Adam's cosine.
//
// Two variants share the code: FOMAML takes the gradient after the inner steps
// for the one before them (section 5.2 of the paper); ANIL takes the inner steps
// in the last layer only (Raghu et al., Rapid Learning or Feature Reuse?, 2020).
type MAML struct {
	Model             // Out is the number of classes; 0 means as many as the first task has
	Steps     int     // inner steps in training; 0 means 5
	TestSteps int     // inner steps of Adapt; 0 means 20
	Rate      float32 // inner step size; 0 means 0.3, or 1 for ANIL

	FirstOrder bool // FOMAML
	HeadOnly   bool // ANIL
}

var _ Trainer = (*MAML)(nil)

// Name gives "maml", "fomaml" or "anil" (also for first-order ANIL).
func (m *MAML) Name() string {
	switch {
	case m.HeadOnly:
		return "anil"
	case m.FirstOrder:
		return "fomaml"
	}
	return "maml"
}

// Config gives the settings.
func (m *MAML) Config() any { return *m }

// sized gives a copy with all defaults filled in and parameters, for tasks like t.
func (m *MAML) sized(t *Task, seed uint64) (*MAML, error) {
	c := *m
	if err := fit(&c, t, t.Ways, seed); err != nil {
		return nil, err
	}
	c.Steps, c.TestSteps, c.Rate = cmp.Or(m.Steps, 5), cmp.Or(m.TestSteps, 20), cmp.Or(m.Rate, 0.3)
	if m.HeadOnly {
		c.Rate = cmp.Or(m.Rate, 1)
		c.Outer.Iterations = cmp.Or(m.Outer.Iterations, fewIterations)
	}
	return &c, c.checkWays(t)
}

func (m *MAML) checkWays(t *Task) error {
	if t.Ways != m.Out {
		return fmt.Errorf("a task of %d classes, the model wants %d", t.Ways, m.Out)
	}
	return nil
}

// Train starts from the parameters of m if it has some. The seed of its start
// is run's, or m's if run has none.
func (m *MAML) Train(ctx context.Context, src Source, run Run) (Trainer, error) {
	c, err := m.sized(src(0), cmp.Or(run.Seed, m.Seed))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", m.Name(), err)
	}
	return trainModel(ctx, c, c.episode, src, run)
}

// episode adapts on the support set and differentiates the loss on the query
// set, with respect to the parameters before: eq. 1 of the paper.
func (m *MAML) episode(ctx context.Context, params []*grad.Node, t *Task) (o outcome, err error) {
	if err := m.checkWays(t); err != nil {
		return o, err
	}
	tape, net := params[0].Tape(), m.net()
	x, want := tape.Leaf(t.Support.X), targets(tape, t.Support.Y, m.Out)
	if m.HeadOnly {
		x = net.Body(params, x)
	}
	adapted := params
	for range m.Steps {
		if err := ctx.Err(); err != nil {
			return o, err
		}
		adapted = m.descend(net, adapted, x, want)
	}
	want = targets(tape, t.Query.Y, m.Out)
	logits := nn.Apply(net, adapted, tape.Leaf(t.Query.X))
	loss := nn.CrossEntropy(logits, want)
	return outcome{
		loss:     float64(loss.Scalar()),
		accuracy: nn.Accuracy(logits.Value(), want.Value()),
		grads:    grad.Grad(loss, params...),
	}, nil
}

// descend makes one inner step and gives the parameters after it. For ANIL x
// is what goes into the last layer.
func (m *MAML) descend(net nn.Net, params []*grad.Node, x, want *grad.Node) []*grad.Node {
	from, logits := 0, (*grad.Node)(nil)
	if m.HeadOnly {
		from, logits = net.Head(), net.Last(params, x)
	} else {
		logits = nn.Apply(net, params, x)
	}
	grads := grad.Grad(nn.CrossEntropy(logits, want), params[from:net.Trained()]...)
	out := x.Tape().Nodes(len(params))
	copy(out, params)
	for i, g := range grads {
		if m.FirstOrder {
			g = grad.Stop(g)
		}
		out[from+i] = grad.AddScaled(params[from+i], g, -m.Rate)
	}
	return out
}

var tapes = sync.Pool{New: func() any { return new(grad.Tape) }}

// Adapt makes TestSteps steps on the whole support set.
func (m *MAML) Adapt(ctx context.Context, t *Task) (Scorer, error) {
	c, err := m.sized(t, m.Seed)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", m.Name(), err)
	}
	tape := tapes.Get().(*grad.Tape)
	defer tapes.Put(tape)
	net, params, x := c.net(), clones(c.params), t.Support.X
	if m.HeadOnly {
		tape.Reset()
		x = net.Body(leaves(tape, params), tape.Leaf(x)).Value().Clone()
	}
	for range c.TestSteps {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		tape.Reset()
		next := c.descend(net, leaves(tape, params), tape.Leaf(x), targets(tape, t.Support.Y, c.Out))
		for i, p := range next {
			copy(params[i].Data, p.Value().Data)
		}
	}
	net.Freeze(params, t.Support.X)
	return &netScorer{net, params, c.Transductive}, ctx.Err()
}

// netScorer scores by a network's logits.
type netScorer struct {
	net          nn.Net
	params       []*tensor.Tensor
	transductive bool
}

func (s *netScorer) Ways() int {
	_, out := s.net.Sides()
	return out
}

func (s *netScorer) Score(dst []float32, x *tensor.Tensor) {
	in, ways := s.net.Sides()
	n := checkScore(dst, x, ways, in)
	params := s.params
	if at := s.net.Trained(); s.transductive && at < len(params) && n > 0 {
		params = append(params[:at:at], clones(params[at:])...)
		s.net.Freeze(params, x)
	}
	s.net.Forward(tensor.From(dst[:n*ways], n, ways), params, x)
}
