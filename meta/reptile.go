package meta

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/inkling-sec/inkling/grad"
	"github.com/inkling-sec/inkling/tensor"
)

// Reptile moves the parameters towards those that gradient steps on a task lead
// to (Nichol, Achiam and Schulman, On First-Order Meta-Learning Algorithms,
// 2018, algorithm 2). The steps alternate between the task's two sets, whose
// gradients' inner product is what Reptile raises (section 5); the difference
// of parameters goes to Adam as if it were a gradient (section 2).
//
// The paper's setting for Omniglot and miniImageNet (section 6, tables 4 and 5) is
//
//	&Reptile{InnerAdam: true, InnerBatch: 10, TestSteps: 50, Steps: 5 or 8,
//		Model: Model{Outer: Outer{SGD: true, Linear: true, MetaBatch: 5, Iterations: 100000}}}
//
// on tasks whose support and query rows are 10 or 15 a class, whatever the shots are
// when it is judged. As in the authors' code the inner Adam keeps its second moments from
// task to task, also into Adapt. We differ in that the tasks of a meta-batch, which go in parallel,
// set out from the same moments and the mean of theirs is kept; in the authors' code a task has those of the one before.
type Reptile struct {
	Model             // Out is the number of classes; 0 means as many as the first task has. With Outer.SGD its Rate 0 means 1 and its Clip 0 none
	Steps     int     // inner steps in training; 0 means 8
	TestSteps int     // inner steps of Adapt; 0 means 30
	Rate      float32 // inner step size; 0 means 0.3, of Adam 0.001

	InnerAdam  bool `json:",omitempty"` // inner steps by Adam without a first moment (β₁ = 0)
	InnerBatch int  `json:",omitempty"` // rows of an inner step, in training drawn from both sets, each once before any comes again; 0 means the sets in turn
	TestBatch  int  `json:",omitempty"` // rows of an inner step of Adapt; 0 means InnerBatch, or all if that is 0 too
}

var (
	_ Trainer = (*Reptile)(nil)
	_ carrier = (*Reptile)(nil)
)

// Name gives "reptile".
func (*Reptile) Name() string { return "reptile" }

// Config gives the settings.
func (r *Reptile) Config() any { return *r }

// Params gives the parameters by name, the inner Adam's moments among them; it is empty before
// training. They are the learner's own and must not be changed.
func (r *Reptile) Params() map[string]*tensor.Tensor { return paramsOf(&r.Model, r.groups()) }

func (r *Reptile) groups() []group {
	g := r.Model.groups()
	if r.InnerAdam {
		g = append(g, group{"inner.", moments{r.net()}})
	}
	return g
}

// carried gives the number of the inner Adam's moments.
func (r *Reptile) carried() int {
	if !r.InnerAdam {
		return 0
	}
	return r.net().Trained() + 1
}

// inner gives the inner loop, which is that of first-order MAML.
func (r *Reptile) inner() *MAML {
	m := &MAML{Model: r.Model, Steps: cmp.Or(r.Steps, 8), TestSteps: cmp.Or(r.TestSteps, 30), Rate: r.Rate, FirstOrder: true}
	if r.InnerAdam {
		m.Rate = cmp.Or(r.Rate, 0.001)
	}
	return m
}

// sized gives a copy with all defaults filled in and parameters, for tasks like t.
func (r *Reptile) sized(t *Task, seed uint64) (*Reptile, error) {
	m, c := r.inner(), *r
	c.Steps, c.TestSteps, c.Rate = m.Steps, m.TestSteps, cmp.Or(m.Rate, 0.3)
	if err := fit(&c, t, t.Ways, seed); err != nil {
		return nil, err
	}
	if want := len(c.net().Names()) + c.carried(); len(c.params) != want {
		return nil, fmt.Errorf("the learner has %d parameters, with these settings it has %d", len(c.params), want)
	}
	if err := c.inner().checkWays(t); err != nil {
		return nil, err
	}
	if c.Outer.SGD {
		c.Outer.Rate, c.Outer.Clip = cmp.Or(c.Outer.Rate, 1), cmp.Or(c.Outer.Clip, -1)
	}
	return &c, nil
}

// Train starts from the parameters of r if it has some. The seed of its start
// is run's, or r's if run has none.
func (r *Reptile) Train(ctx context.Context, src Source, run Run) (Trainer, error) {
	c, err := r.sized(src(0), cmp.Or(run.Seed, r.Seed))
	if err != nil {
		return nil, fmt.Errorf("reptile: %w", err)
	}
	return trainModel(ctx, c, c.episode(), src, run)
}

func (r *Reptile) episode() episode {
	if r.InnerAdam || r.InnerBatch > 0 {
		return r.walk
	}
	return r.inner().reptile
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
		adapted, _ = m.descend(net, adapted, nil, i, tape.Leaf(s.X), targets(tape, s.Y, m.Out))
	}
	o.grads = tape.Nodes(len(params))
	for i, p := range params {
		o.grads[i] = grad.Sub(p, adapted[i])
	}
	loss, accuracy := queryLoss(net, adapted, t)
	o.loss, o.accuracy = float64(loss.Scalar()), accuracy
	return o, nil
}

// walk is reptile for the inner loops that a [walker] makes.
func (r *Reptile) walk(ctx context.Context, params []*grad.Node, t *Task) (o outcome, err error) {
	if t.Ways != r.Out {
		return o, fmt.Errorf("a task of %d classes, the model wants %d", t.Ways, r.Out)
	}
	tape := params[0].Tape()
	w := walkers.Get().(*walker)
	defer walkers.Put(w)
	w.start(r, params, tape.Noise, t.Support, t.Query)
	w.tape.Workers, w.tape.Noise = tape.Workers, tape.Noise
	if err := w.steps(ctx, r.Steps, r.InnerBatch); err != nil {
		return o, err
	}
	o.grads = tape.Nodes(len(params))
	for i, after := range w.params {
		o.grads[i] = grad.Sub(params[i], tape.Leaf(after))
	}
	w.moments(o.grads[len(w.params):], tape)
	w.tape.Reset()
	loss, accuracy := queryLoss(w.net, leaves(&w.tape, w.params), t)
	o.loss, o.accuracy = float64(loss.Scalar()), accuracy
	return o, nil
}

// Adapt makes TestSteps steps on the support set.
func (r *Reptile) Adapt(ctx context.Context, t *Task) (Scorer, error) {
	c, err := r.sized(t, r.Seed)
	if err = allNumbers(t, err); err != nil {
		return nil, fmt.Errorf("reptile: %w", err)
	}
	if batch := cmp.Or(r.TestBatch, r.InnerBatch); r.InnerAdam || batch > 0 {
		return c.walkTo(ctx, t, batch)
	}
	return c.inner().Adapt(ctx, t) // which is sized already: no error but ctx's
}

func (r *Reptile) walkTo(ctx context.Context, t *Task, batch int) (Scorer, error) {
	w := new(walker) // whose parameters the scorer keeps
	w.start(r, leaves(&w.tape, r.params), rand.New(rand.NewPCG(r.Seed, 0x72657074)), t.Support)
	if err := w.steps(ctx, r.TestSteps, batch); err != nil {
		return nil, err
	}
	return r.scorer(w.params, clones(r.params[:len(w.params)]), t), ctx.Err()
}
