package meta

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/inkling-sec/inkling/grad"
	"github.com/inkling-sec/inkling/nn"
	"github.com/inkling-sec/inkling/tensor"
)

// walker makes the inner steps of Reptile that no gradient has to go through:
// by Adam, or on a few rows at a time. Its tape holds one step.
type walker struct {
	tape   grad.Tape
	net    nn.Net
	params []*tensor.Tensor // the network's, its own
	grads  []*tensor.Tensor // of those to be trained, on the tape
	rate   float32
	adam   *nn.Adam // nil steps by plain descent
	spare  nn.Adam

	sets  [2]Set
	rng   *rand.Rand
	order []int // of the rows of all sets
	at    int   // the next one in order
	y     []int // of a step's rows
}

var walkers = sync.Pool{New: func() any { return new(walker) }}

// start sets out from a learner's params, towards one or two sets.
func (w *walker) start(r *Reptile, params []*grad.Node, rng *rand.Rand, sets ...Set) {
	w.net, w.rate, w.rng, w.adam = r.net(), r.Rate, rng, nil
	at := len(params) - r.carried()
	params, carried := params[:at], params[at:]
	fits := len(w.params) == len(params) && len(w.grads) == w.net.Trained()
	for i, p := range params {
		fits = fits && slices.Equal(w.params[i].Shape, p.Value().Shape)
	}
	if !fits {
		w.params, w.grads = nil, make([]*tensor.Tensor, w.net.Trained())
		for _, p := range params {
			w.params = append(w.params, p.Value().Clone())
		}
		w.spare = nn.Adam{M: zerosLike(w.params[:w.net.Trained()]), V: zerosLike(w.params[:w.net.Trained()])}
	}
	for i, p := range params {
		copy(w.params[i].Data, p.Value().Data)
	}
	if r.InnerAdam {
		w.adam = &w.spare
		w.adam.Rate, w.adam.Beta1 = r.Rate, tiny
		for i, v := range w.adam.V {
			clear(w.adam.M[i].Data)
			copy(v.Data, carried[i].Value().Data)
		}
		w.adam.Steps = int(math.Round(min(float64(carried[len(w.adam.V)].Scalar()), 1<<24))) // a mean, and all the same from some thousands on
	}
	w.sets = [2]Set{}
	copy(w.sets[:], sets)
	w.order = w.order[:0]
	for i := range w.sets[0].Len() + w.sets[1].Len() {
		w.order = append(w.order, i)
	}
	w.at = len(w.order)
}

// moments puts the inner Adam's moments after its steps on tape, if there is one.
func (w *walker) moments(dst []*grad.Node, tape *grad.Tape) {
	if w.adam == nil {
		return
	}
	for i, v := range w.adam.V {
		dst[i] = tape.Zeros(v.Rows(), v.Cols())
		copy(dst[i].Value().Data, v.Data)
	}
	steps := tape.Zeros(1, 1)
	steps.Value().Data[0] = float32(w.adam.Steps)
	dst[len(w.adam.V)] = steps
}

// tiny is a β₁ so small that nothing of a first moment is kept; for [nn.Adam] 0 means its default.
const tiny = 1e-300

// steps makes n steps on batch rows each; on the sets in turn if batch is 0.
func (w *walker) steps(ctx context.Context, n, batch int) error {
	for i := range n {
		if err := ctx.Err(); err != nil {
			return err
		}
		w.tape.Reset()
		if batch > 0 {
			w.step(w.draw(min(batch, len(w.order))))
			continue
		}
		s := w.sets[i%2]
		if s.Len() == 0 {
			s = w.sets[0]
		}
		w.step(w.tape.Leaf(s.X), s.Y)
	}
	return nil
}

func (w *walker) step(x *grad.Node, y []int) {
	_, ways := w.net.Sides()
	nodes := leaves(&w.tape, w.params)
	loss := nn.CrossEntropy(nn.Apply(w.net, nodes, x), targets(&w.tape, y, ways))
	for i, g := range grad.Grad(loss, nodes[:w.net.Trained()]...) {
		w.grads[i] = g.Value()
	}
	trained := w.params[:w.net.Trained()]
	if w.adam != nil {
		w.adam.Step(trained, w.grads)
		return
	}
	nn.SGD{Rate: w.rate}.Step(trained, w.grads)
}

// draw puts n rows on the tape: the next in a random order of all, in which each comes
// once before any comes again.
func (w *walker) draw(n int) (*grad.Node, []int) {
	w.y = w.y[:0]
	x := w.tape.Zeros(n, w.sets[0].X.Cols())
	for i := range n {
		if w.at == len(w.order) {
			for j := len(w.order) - 1; j > 0; j-- {
				k := w.rng.IntN(j + 1)
				w.order[j], w.order[k] = w.order[k], w.order[j]
			}
			w.at = 0
		}
		s, row := w.sets[0], w.order[w.at]
		if row >= s.Len() {
			s, row = w.sets[1], row-s.Len()
		}
		copy(x.Value().Row(i), s.X.Row(row))
		w.y = append(w.y, s.Y[row])
		w.at++
	}
	return x, w.y
}
