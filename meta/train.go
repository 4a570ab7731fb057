package meta

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/inkling-sec/inkling/grad"
	"github.com/inkling-sec/inkling/nn"
	"github.com/inkling-sec/inkling/tensor"
)

// Outer says how the parameters are trained over tasks: by Adam on the mean
// gradient of a meta-batch.
type Outer struct {
	Iterations int     // outer steps; 0 means 1000, or 300 where adapting moves little of the network
	MetaBatch  int     // tasks an outer step; 0 means 8
	Rate       float32 // step size of Adam; 0 means 0.003, of SGD 0.1
	Flat       bool    // keeps Rate; without, it falls to 0 along half a cosine
	Clip       float64 // largest norm of a gradient; 0 means 1, less than 0 none
	Decay      float32 // weight decay, decoupled: with it Adam is AdamW; 0 means none

	SGD        bool    `json:",omitempty"` // gradient descent in place of Adam
	Momentum   float32 `json:",omitempty"` // of SGD: the share that it keeps of the gradients before; 0 means none
	Linear     bool    `json:",omitempty"` // Rate falls to 0 along a line in place of the cosine
	HalveEvery int     `json:",omitempty"` // Rate halves every so many outer steps in place of the cosine; 0 means never
}

// rateAt gives the step size after done outer steps.
func (o Outer) rateAt(done int) float32 {
	switch {
	case o.Flat:
		return o.Rate
	case o.HalveEvery > 0:
		return o.Rate * float32(nn.Halving(done, o.HalveEvery))
	case o.Linear:
		return o.Rate * float32(nn.Linear(done, o.Iterations))
	}
	return o.Rate * float32(nn.Cosine(done, o.Iterations))
}

// fewIterations is the default for learners that fit the classes they train on
// quickly: with a handful of known attacks more steps made new ones harder to find.
const fewIterations = 300

// outcome is what an episode tells the outer loop: the loss and the weighted
// accuracy on the query rows, and what the optimizer takes for each parameter's gradient;
// for one that is carried, what the task carries it to.
type outcome struct {
	loss, accuracy float64
	grads          []*grad.Node
}

// An episode goes through one task on the tape that params are on, whose Noise
// follows from the task's number. It is safe for use by many goroutines with a
// tape each and stops soon after ctx ends.
type episode func(ctx context.Context, params []*grad.Node, t *Task) (outcome, error)

// paced is a learner whose episodes change as training goes on. pace is called
// before each outer step, while no episode runs.
type paced interface{ pace(done int) }

// carrier is a learner whose last parameters, so many, no optimizer moves: after an outer
// step they are the mean of what its tasks have carried them to.
type carrier interface{ carried() int }

// loop is the outer loop, one for all learners. Tasks run in parallel, each
// into its own slot, and the slots are added up in task order: so a sum does
// not depend on who finished first.
type loop struct {
	learner modelled
	episode episode
	src     Source
	run     Run
	params  []*tensor.Tensor
	moved   int // by the optimizer; those after it are carried
	adam    nn.Adam
	done    int // outer steps
	slots   []slot
	workers []worker
}

// worker is what goes through tasks in one goroutine.
type worker struct {
	tape  *grad.Tape
	noise *rand.PCG // the tape's
}

// slot is a task's result.
type slot struct {
	loss, accuracy float64
	grads          []*tensor.Tensor
	err            error
}

// trainModel trains the parameters of l, a copy that is sized for the tasks of src.
func trainModel(ctx context.Context, l modelled, e episode, src Source, run Run) (Trainer, error) {
	if err := trainUnder(ctx, l, e, src, run); err != nil {
		return nil, fmt.Errorf("%s: %w", l.Name(), err)
	}
	return l, nil
}

// trainUnder is trainModel for a learner of another name.
func trainUnder(ctx context.Context, l modelled, e episode, src Source, run Run) error {
	m := l.model()
	if err := cmp.Or(checkSettings(&run), checkSettings(l)); err != nil {
		return err
	}
	m.Outer.Iterations = cmp.Or(run.Iterations, m.Outer.Iterations, 1000)
	m.Outer.MetaBatch = cmp.Or(run.MetaBatch, m.Outer.MetaBatch, 8)
	if m.Outer.SGD {
		m.Outer.Rate = cmp.Or(m.Outer.Rate, 0.1)
	}
	m.Outer.Rate = cmp.Or(m.Outer.Rate, 3e-3)
	m.Outer.Clip = cmp.Or(m.Outer.Clip, 1)
	m.params = clones(m.params)
	lp := &loop{learner: l, episode: e, src: src, run: run, params: m.params, moved: len(m.params)}
	if c, ok := l.(carrier); ok {
		lp.moved -= c.carried()
	}
	if m.Outer.SGD || lp.moved < len(m.params) { // checkpoints keep SGD's momentum as Adam's first moments, and have all for every parameter
		lp.adam.M, lp.adam.V = zerosLike(m.params), zerosLike(m.params)
	}
	for range m.Outer.MetaBatch {
		lp.slots = append(lp.slots, slot{grads: zerosLike(m.params)})
	}
	cores := cmp.Or(run.Workers, runtime.GOMAXPROCS(0))
	n := min(cores, m.Outer.MetaBatch)
	for range n {
		noise := new(rand.PCG)
		lp.workers = append(lp.workers, worker{&grad.Tape{Workers: cores / n, Noise: rand.New(noise)}, noise})
	}
	if err := lp.train(ctx); err != nil {
		return err
	}
	return lp.freeze(ctx)
}

func (l *loop) train(ctx context.Context) error {
	mark, err := l.resume()
	if err != nil {
		return err
	}
	of, every := l.learner.model().Outer.Iterations, cmp.Or(l.run.CheckpointEvery, 500)
	for l.done < of {
		start := time.Now()
		if err := l.step(ctx); err != nil {
			if ctx.Err() != nil {
				err = errors.Join(ctx.Err(), l.save(mark))
			}
			return err
		}
		if l.done%every == 0 || l.done == of {
			if err := l.save(mark); err != nil {
				return err
			}
		}
		l.report(of, time.Since(start))
	}
	return nil
}

// step makes one outer step, or leaves parameters and optimizer as they are.
func (l *loop) step(ctx context.Context) error {
	if p, ok := l.learner.(paced); ok {
		p.pace(l.done)
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for _, w := range l.workers {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(l.slots); i = int(next.Add(1)) - 1 {
				n := uint64(l.done)*uint64(len(l.slots)) + uint64(i)
				if l.slots[i].err = l.one(ctx, w, n, &l.slots[i]); l.slots[i].err != nil {
					l.slots[i].err = fmt.Errorf("task %d: %w", n, l.slots[i].err)
					return
				}
			}
		})
	}
	wg.Wait()
	for i := range l.slots {
		if err := l.slots[i].err; err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return l.update()
}

// one runs task n and puts its result into s.
func (l *loop) one(ctx context.Context, w worker, n uint64, s *slot) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t := l.src(n)
	if err := checkTask(t, l.learner.model().In); err != nil {
		return err
	}
	w.tape.Reset()
	w.noise.Seed(l.learner.model().Seed^n, 0x64726f70)
	o, err := l.episode(ctx, leaves(w.tape, l.params), t)
	if err != nil {
		return err
	}
	s.loss, s.accuracy = o.loss, o.accuracy
	for i, g := range o.grads {
		copy(s.grads[i].Data, g.Value().Data)
	}
	return nil
}

// freeze takes the statistics of batch norm from the rows of tasks after those of training.
func (l *loop) freeze(ctx context.Context) error {
	if !HasStatistics(l.learner) {
		return nil
	}
	const rows = 600
	var all []float32
	m := l.learner.model()
	for n := uint64(l.done) * uint64(len(l.slots)); len(all)/m.In < rows; n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		t := l.src(n)
		all = append(append(all, t.Support.X.Data...), t.Query.X.Data...)
	}
	m.net().Freeze(l.params[:len(m.net().Names())], tensor.From(all, len(all)/m.In, m.In))
	return nil
}

// update adds the slots' gradients up in order and lets the optimizer make its step.
func (l *loop) update() error {
	sum := l.slots[0].grads
	for i, g := range sum {
		for _, s := range l.slots[1:] {
			tensor.AddTo(g, g, s.grads[i])
		}
		tensor.ScaleTo(g, g, 1/float32(len(l.slots)))
	}
	params, sum, carried := l.params[:l.moved], sum[:l.moved], sum[l.moved:]
	o := l.learner.model().Outer
	if norm := nn.Clip(sum, o.Clip); math.IsNaN(norm) || math.IsInf(norm, 0) {
		return fmt.Errorf("outer step %d: the gradient is not finite: a smaller Rate may help", l.done)
	}
	l.adam.Rate = o.rateAt(l.done)
	l.decay(l.adam.Rate * o.Decay)
	if o.SGD {
		(&nn.Momentum{Rate: l.adam.Rate, Keep: o.Momentum, V: l.adam.M}).Step(params, sum)
	} else {
		l.adam.Step(params, sum)
	}
	for i, p := range l.params[l.moved:] {
		copy(p.Data, carried[i].Data)
	}
	l.done++
	return nil
}

// decay shrinks the network's matrices by share (Loshchilov and Hutter 2019), and leaves alone what
// else a learner learns, such as step sizes.
func (l *loop) decay(share float32) {
	if share == 0 {
		return
	}
	for _, p := range l.params[:len(l.learner.model().net().Names())] {
		if p.Rows() > 1 {
			tensor.ScaleTo(p, p, 1-share)
		}
	}
}

func (l *loop) report(of int, took time.Duration) {
	if l.run.Report == nil {
		return
	}
	p := Progress{Iteration: l.done, Of: of, TasksPerSecond: float64(len(l.slots)) / took.Seconds()}
	for _, s := range l.slots {
		p.Loss += s.loss / float64(len(l.slots))
		p.Accuracy += s.accuracy / float64(len(l.slots))
	}
	l.run.Report(p)
}

// checkTask says what keeps a task from being trained on.
func checkTask(t *Task, in int) error {
	_, d, err := dims(t)
	if err != nil {
		return err
	}
	if d != in {
		return fmt.Errorf("rows of %d columns, the model wants %d", d, in)
	}
	q := t.Query
	if q.X == nil || q.Len() == 0 || q.X.Rows() != q.Len() || q.X.Cols() != d || len(q.X.Data) < q.Len()*d {
		return fmt.Errorf("query set: no rows, or rows and classes do not match")
	}
	for i, c := range q.Y {
		if c < 0 || c >= t.Ways {
			return fmt.Errorf("query set: row %d: class %d of %d", i, c, t.Ways)
		}
	}
	return errors.Join(checkNumbers("support set", t.Support.X), checkNumbers("query set", q.X))
}

// leaves puts params on the tape.
func leaves(tape *grad.Tape, params []*tensor.Tensor) []*grad.Node {
	nodes := tape.Nodes(len(params))
	for i, p := range params {
		nodes[i] = tape.Leaf(p)
	}
	return nodes
}

// targets puts the weighted one-hot rows of y on the tape.
func targets(tape *grad.Tape, y []int, ways int) *grad.Node {
	n := tape.Zeros(len(y), ways)
	nn.TargetsTo(n.Value(), y)
	return n
}

func clones(ts []*tensor.Tensor) []*tensor.Tensor {
	out := make([]*tensor.Tensor, len(ts))
	for i, t := range ts {
		out[i] = t.Clone()
	}
	return out
}

func zerosLike(ts []*tensor.Tensor) []*tensor.Tensor {
	out := make([]*tensor.Tensor, len(ts))
	for i, t := range ts {
		out[i] = tensor.New(t.Shape...)
	}
	return out
}
