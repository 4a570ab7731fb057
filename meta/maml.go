package meta

import (
	"cmp"
	"context"
	"errors"
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
//
// Three options are those of MAML++ (Antoniou, Edwards and Storkey, How to Train
// Your MAML, 2019). Of its others, the cosine is always on, and batch norm with
// statistics and biases for each step is left out.
type MAML struct {
	Model             // Out is the number of classes; 0 means as many as the first task has
	Steps     int     // inner steps in training; 0 means 5
	TestSteps int     // inner steps of Adapt; 0 means 20
	Rate      float32 // inner step size; 0 means 0.3, or 1 for ANIL

	FirstOrder bool // FOMAML
	HeadOnly   bool // ANIL

	// LearnRates learns a step size for each array of parameters and each inner step of
	// training, starting from Rate. Further steps of Adapt go by the last one's.
	LearnRates bool `json:",omitempty"`
	// MultiStep is for how many outer steps the query loss after every inner step
	// counts: all the same at first, the earlier ones less and less. 0 means the last one only.
	MultiStep int `json:",omitempty"`
	// FirstOrderFor is for how many outer steps, at the start, gradients are of first order.
	FirstOrderFor int `json:",omitempty"`

	everyElement bool // has a step size to learn: Meta-SGD
	done         int  // outer steps of the training that runs
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

func (m *MAML) groups() []group {
	g := m.Model.groups()
	if !m.learnsRates() {
		return g
	}
	r := rates{net: m.net(), from: m.from(m.net()), steps: m.Steps, start: m.Rate}
	if m.everyElement {
		r.steps = 0
	}
	return append(g, group{"rate.", r})
}

func (m *MAML) learnsRates() bool { return m.LearnRates || m.everyElement }

// from gives the place of the first array that inner steps change.
func (m *MAML) from(net nn.Net) int {
	if m.HeadOnly {
		return net.Head()
	}
	return 0
}

// split gives a network's parameters and, if they are learned, the step sizes.
func split[T any](m *MAML, net nn.Net, params []T) (ofNet, rates []T) {
	if !m.learnsRates() {
		return params, nil
	}
	at := len(params) - net.Trained() + m.from(net)
	return params[:at:at], params[at:]
}

// Params gives the parameters by name; it is empty before training. They are
// the learner's own and must not be changed.
func (m *MAML) Params() map[string]*tensor.Tensor { return paramsOf(&m.Model, m.groups()) }

func (m *MAML) pace(done int) { m.done = done }

// sized gives a copy with all defaults filled in and parameters, for tasks like t.
func (m *MAML) sized(t *Task, seed uint64) (*MAML, error) {
	c := *m
	c.Steps, c.TestSteps, c.Rate = cmp.Or(m.Steps, 5), cmp.Or(m.TestSteps, 20), cmp.Or(m.Rate, 0.3)
	if m.HeadOnly {
		c.Rate = cmp.Or(m.Rate, 1)
		c.Outer.Iterations = cmp.Or(m.Outer.Iterations, fewIterations)
	}
	if err := fit(&c, t, t.Ways, seed); err != nil {
		return nil, err
	}
	return &c, errors.Join(c.checkRates(), c.checkWays(t))
}

// checkRates tells parameters of other settings by their step sizes.
func (m *MAML) checkRates() error {
	net := m.net()
	want := len(net.Names())
	if m.learnsRates() {
		want += net.Trained() - m.from(net)
	}
	if len(m.params) != want {
		return fmt.Errorf("the learner has %d parameters, with these settings it has %d", len(m.params), want)
	}
	if _, rates := split(m, net, m.params); m.LearnRates && len(rates) > 0 && rates[0].Rows() != m.Steps {
		return fmt.Errorf("the learner has step sizes for %d inner steps, wants %d", rates[0].Rows(), m.Steps)
	}
	return nil
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
	adapted, rates := split(m, net, params)
	x, want := tape.Leaf(t.Support.X), targets(tape, t.Support.Y, m.Out)
	if m.HeadOnly {
		x = net.Body(adapted, x)
	}
	var before *grad.Node // losses before the last step
	for k := range m.Steps {
		if err := ctx.Err(); err != nil {
			return o, err
		}
		adapted, _ = m.descend(net, adapted, rates, k, x, want)
		if w := m.weight(k); w > 0 && k < m.Steps-1 {
			l, _ := queryLoss(net, adapted, t)
			if l = grad.Scale(l, w); before != nil {
				l = grad.Add(before, l)
			}
			before = l
		}
	}
	loss, accuracy := queryLoss(net, adapted, t)
	if before != nil {
		loss = grad.AddScaled(before, loss, m.weight(m.Steps-1))
	}
	return outcome{float64(loss.Scalar()), accuracy, grad.Grad(loss, params...)}, nil
}

func queryLoss(net nn.Net, params []*grad.Node, t *Task) (loss *grad.Node, accuracy float64) {
	tape := params[0].Tape()
	want := targets(tape, t.Query.Y, t.Ways)
	logits := nn.Apply(net, params, tape.Leaf(t.Query.X))
	return nn.CrossEntropy(logits, want), nn.Accuracy(logits.Value(), want.Value())
}

// weight gives what the query loss after inner step k, counted from 0, counts for.
func (m *MAML) weight(k int) float32 {
	each := max(0, 1-float32(m.done)/float32(max(1, m.MultiStep))) / float32(m.Steps)
	if m.MultiStep == 0 {
		each = 0
	}
	if k < m.Steps-1 {
		return each
	}
	return 1 - float32(m.Steps-1)*each
}

// descend makes inner step number step, counted from 0, and gives the network's
// parameters after it and the loss before. For ANIL x is what goes into the last layer.
func (m *MAML) descend(net nn.Net, params, rates []*grad.Node, step int, x, want *grad.Node) (out []*grad.Node, loss *grad.Node) {
	from, logits := m.from(net), (*grad.Node)(nil)
	if m.HeadOnly {
		logits = net.Last(params, x)
	} else {
		logits = nn.Apply(net, params, x)
	}
	loss = nn.CrossEntropy(logits, want)
	grads := grad.Grad(loss, params[from:net.Trained()]...)
	out = x.Tape().Nodes(len(params))
	copy(out, params)
	for i, g := range grads {
		if m.FirstOrder || m.done < m.FirstOrderFor {
			g = grad.Stop(g)
		}
		if m.learnsRates() {
			out[from+i] = stepped(params[from+i], g, rates[i], step, m.everyElement)
			continue
		}
		out[from+i] = grad.AddScaled(params[from+i], g, -m.Rate)
	}
	return out, loss
}

var tapes = sync.Pool{New: func() any { return new(grad.Tape) }}

// Adapt makes TestSteps steps on the whole support set. Steps that go so far
// that the loss is no number any more are taken back.
func (m *MAML) Adapt(ctx context.Context, t *Task) (Scorer, error) {
	c, err := m.sized(t, m.Seed)
	if err = allNumbers(t, err); err != nil {
		return nil, fmt.Errorf("%s: %w", m.Name(), err)
	}
	return c.adapt(ctx, t)
}

// adapt is Adapt of a learner that is sized for t.
func (m *MAML) adapt(ctx context.Context, t *Task) (Scorer, error) {
	tape := tapes.Get().(*grad.Tape)
	defer tapes.Put(tape)
	net, x := m.net(), t.Support.X
	params, rates := split(m, net, m.params)
	params, last := clones(params), clones(params) // last had a loss that is a number
	if m.HeadOnly {
		tape.Reset()
		x = net.Body(leaves(tape, params), tape.Leaf(x)).Value().Clone()
	}
	for k := range m.TestSteps {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		tape.Reset()
		next, loss := m.descend(net, leaves(tape, params), leaves(tape, rates), k, tape.Leaf(x), targets(tape, t.Support.Y, m.Out))
		if !finite(loss.Value()) {
			break
		}
		params, last = last, params
		for i, p := range next {
			copy(params[i].Data, p.Value().Data)
		}
	}
	return m.scorer(params, last, t), ctx.Err()
}

// scorer gives that of the parameters after the last step, or of those of
// before, if they give no numbers for the support set.
func (m *Model) scorer(after, before []*tensor.Tensor, t *Task) *netScorer {
	net := m.net()
	net.Freeze(after, t.Support.X)
	if !finite(forward(net, after, t.Support.X)) {
		net.Freeze(before, t.Support.X)
		after = before
	}
	return &netScorer{net, after, m.Transductive}
}

func finite(x *tensor.Tensor) bool {
	for _, v := range x.Data {
		if v-v != 0 {
			return false
		}
	}
	return true
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
