package meta

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/inkling-sec/inkling/grad"
	"github.com/inkling-sec/inkling/nn"
	"github.com/inkling-sec/inkling/tensor"
)

// Relation learns to tell how a row and a class are related: a relation module,
// a second network, gives a number for the embedding of a class beside that of the row
// (Sung, Yang, Zhang, Xiang, Torr and Hospedales, Learning to Compare: Relation
// Network for Few-Shot Learning, 2018). Its loss is the paper's, the squared
// error of the sigmoid of that number from 1 for the row's class and 0 for the others (eq. 2);
// with CrossEntropy that of a softmax over a row's classes. It learns from
// tasks of any number of classes.
//
// Where the network is convolutional with no linear layer the module is the
// paper's: two blocks of convolution, batch norm, ReLU and max-pool on the maps of class and
// row, channel on channel, and two linear layers. The paper pools two of four blocks of its embedding,
// which leaves 7×7 of Omniglot's pixels, and four take all four: two Filters leave as much, and of a map one high or wide
// nothing is pooled. For any other network the module is two linear layers.
//
// We differ in that a class's embedding is the mean of its support rows' rather
// than the sum; of a class of 50 rows and more, a detection task's benign one, it
// is the mean of the five that are nearest to the row, since such a class is no
// single cloud. Two classes of which one is so large are judged as by [Ratio] in the embedding: the module
// found fewer of new attacks (0.88 of them at 0.1 % false alarms, with five examples each, where [Ratio] found 0.95). And
// the module starts out from the difference of its two sides, as a kind of distance,
// where the paper's has a million episodes to find that out.
type Relation struct {
	Model             // Out is the number of sides of the embedding; 0 means 64
	Units        int  // of the module's hidden linear layer; 0 means 64, or the paper's 8 after convolutions
	CrossEntropy bool // loss
	Module       bool // judges detection tasks by the module too

	at     []int // places of the groups
	linear nn.Net
	maps   *differing // the module's convolutions; nil where it has none
}

var _ Trainer = (*Relation)(nil)

// Name gives "relation".
func (*Relation) Name() string { return "relation" }

// Config gives the settings.
func (l *Relation) Config() any { return *l }

// Groups of Relation.
const (
	relationLinear = 1 + iota
	relationMaps
)

func (l *Relation) groups() []group {
	linear, maps := l.module()
	g := []group{{"", l.net()}, {"relation.", linear}}
	if maps != nil {
		g = append(g, group{"relation.", maps})
	}
	return g
}

// module gives the linear layers of the module and its convolutions, if it has some.
func (l *Relation) module() (nn.Net, *differing) {
	if net, ok := l.net().(nn.ConvNet); ok && net.Out == 0 {
		h, w, c := net.Map()
		maps := &differing{nn.ConvNet{Height: h, Width: w, Channels: 2 * c, Filters: []int{c, c}}, c}
		_, in := maps.Sides()
		return nn.MLP{In: in, Hidden: []int{cmp.Or(l.Units, 8)}, Out: 1}, maps
	}
	_, d := l.net().Sides()
	return distant{nn.MLP{In: 2 * d, Hidden: []int{cmp.Or(l.Units, 64)}, Out: 1}}, nil
}

// differing is convolutions that begin with the difference of a class's channels and a row's.
type differing struct {
	nn.ConvNet
	half int // channels of either
}

func (d differing) Init(seed uint64) []*tensor.Tensor {
	params := d.ConvNet.Init(seed)
	w := params[0] // [window·channels, filters]
	for i := range w.Rows() {
		if i%(2*d.half) >= d.half {
			for j, v := range w.Row(i - d.half) {
				w.Row(i)[j] = -v
			}
		}
	}
	return params
}

// distant is two linear layers that begin as a number that falls with the
// distance of the input's halves: hidden units come in pairs of max(±w·(a − b), 0), and all count against.
type distant struct{ nn.MLP }

func (d distant) Init(seed uint64) []*tensor.Tensor {
	params := d.MLP.Init(seed)
	w, out := params[0], params[2]
	for i := range d.In / 2 {
		row, other := w.Row(i), w.Row(i+d.In/2)
		for j := range row {
			if j%2 == 1 {
				row[j] = -row[j-1]
			}
			other[j] = -row[j]
		}
	}
	// |w·(a − b)| is 0.8 times the root of the mean squared difference, in the mean over w of Init's spread.
	tensor.FillTo(out, -8/float32(d.Hidden[0]))
	params[3].Data[0] = 2
	return params
}

// Params gives the parameters by name.
func (l *Relation) Params() map[string]*tensor.Tensor { return paramsOf(&l.Model, l.groups()) }

func (l *Relation) sized(t *Task, seed uint64) (*Relation, error) {
	c := *l
	c.Outer.Iterations = cmp.Or(l.Outer.Iterations, fewIterations)
	err := fit(&c, t, c.defaultOut(), seed)
	if err != nil {
		return nil, err
	}
	c.at = places(c.groups())
	c.linear, c.maps = c.module()
	return &c, nil
}

// Train starts from the parameters of l if it has some. The seed of its start
// is run's, or l's if run has none.
func (l *Relation) Train(ctx context.Context, src Source, run Run) (Trainer, error) {
	c, err := l.sized(src(0), cmp.Or(run.Seed, l.Seed))
	if err != nil {
		return nil, fmt.Errorf("relation: %w", err)
	}
	out, err := trainModel(ctx, c, c.episode, src, run)
	if err != nil {
		return nil, err
	}
	c.freezeModule(src)
	return out, nil
}

// episode relates each query row to each class.
func (l *Relation) episode(ctx context.Context, params []*grad.Node, t *Task) (o outcome, err error) {
	tape, net := params[0].Tape(), l.net()
	support := nn.Apply(net, params, tape.Leaf(t.Support.X))
	if err := ctx.Err(); err != nil {
		return o, err
	}
	query := nn.Apply(net, params, tape.Leaf(t.Query.X))
	x := l.pairs(query, support, t)
	if l.maps != nil {
		x = nn.Apply(l.maps, params[l.at[relationMaps]:], x)
	}
	logits := grad.Reshape(nn.Apply(l.linear, params[l.at[relationLinear]:], x), t.Query.Len(), t.Ways)
	want := targets(tape, t.Query.Y, t.Ways)
	loss := nn.CrossEntropy(logits, want)
	if !l.CrossEntropy {
		loss = squaredError(grad.Sigmoid(logits), want)
	}
	return outcome{
		loss:     float64(loss.Scalar()),
		accuracy: nn.Accuracy(logits.Value(), want.Value()),
		grads:    grad.Grad(loss, params...),
	}, nil
}

// squaredError gives the sum over classes of (relation − 1 or 0)², in the mean over rows by the weights of targets.
func squaredError(relation, targets *grad.Node) *grad.Node {
	tape := relation.Tape()
	one, weight := tape.Zeros(targets.Rows(), targets.Cols()), tape.Zeros(targets.Rows(), 1)
	for i, v := range targets.Value().Data {
		if v > 0 {
			one.Value().Data[i], weight.Value().Data[i/targets.Cols()] = 1, v
		}
	}
	d := grad.Sub(relation, one)
	return grad.Sum(grad.Mul(grad.DotRows(d, d), weight))
}

// pairs gives for each embedded row x [n, d] and each class the class's
// embedding beside the row's, in n·ways rows: pixel by pixel for a convolutional module.
func (l *Relation) pairs(x, support *grad.Node, t *Task) *grad.Node {
	tape, n, d := x.Tape(), x.Rows(), x.Cols()
	which := tape.Zeros(n*t.Ways, 1)
	for i := range which.Value().Data {
		which.Value().Data[i] = float32(i / t.Ways)
	}
	class := grad.MatMul(shares(x, support, t), support)
	row := grad.Gather(x, which)
	if l.maps == nil {
		return grad.Beside(class, row)
	}
	channels := l.maps.half
	pixels := n * t.Ways * d / channels
	both := grad.Beside(grad.Reshape(class, pixels, channels), grad.Reshape(row, pixels, channels))
	return grad.Reshape(both, n*t.Ways, 2*d)
}

// shares gives what each support row counts in a class's embedding, for each
// embedded row x and class: [n·ways, support rows].
func shares(x, support *grad.Node, t *Task) *grad.Node {
	tape := x.Tape()
	count := tape.Zeros(1, t.Ways).Value().Data
	for _, c := range t.Support.Y {
		count[c]++
	}
	d2 := tape.Zeros(x.Rows(), support.Rows()).Value()
	tensor.SquaredDistancesTo(d2, x.Value(), support.Value())
	out := tape.Zeros(x.Rows()*t.Ways, support.Rows())
	for i := range x.Rows() {
		for c, k := range count {
			share := out.Value().Row(i*t.Ways + c)
			if k < manyRows {
				markAll(share, t.Support.Y, c, 1/k)
			} else {
				markNearest(share, d2.Row(i), t.Support.Y, c, 5)
			}
		}
	}
	return out
}

func markAll(dst []float32, y []int, c int, share float32) {
	for j, own := range y {
		if own == c {
			dst[j] = share
		}
	}
}

// mostRows gives the number of support rows of the class that has most.
func mostRows(t *Task) int {
	count := make([]int, t.Ways)
	for _, c := range t.Support.Y {
		count[c]++
	}
	return slices.Max(count)
}

// markNearest gives the several rows of class c nearest by d2 an equal share each.
func markNearest(dst, d2 []float32, y []int, c, several int) {
	for range several {
		best := -1
		for j, v := range d2 {
			if y[j] == c && dst[j] == 0 && (best < 0 || v < d2[best]) {
				best = j
			}
		}
		dst[best] = 1 / float32(several)
	}
}

// freezeModule takes the statistics of the module's batch norm from pairs of the tasks after those of training.
func (l *Relation) freezeModule(src Source) {
	if l.maps == nil {
		return
	}
	const pairs, each = 1200, 300 // in all, and of a task
	var all []float32
	_, d := l.net().Sides()
	var tape grad.Tape
	for n := uint64(l.Outer.Iterations) * uint64(l.Outer.MetaBatch); len(all)/(2*d) < pairs; n++ {
		t := src(n)
		step := max(1, t.Query.Len()*t.Ways/each)
		tape.Reset()
		var query []float32
		for i := 0; i < t.Query.Len(); i += step {
			query = append(query, t.Query.X.Row(i)...)
		}
		x := tensor.From(query, len(query)/l.In, l.In)
		all = append(all, l.pairs(tape.Leaf(forward(l.net(), l.params, x)), tape.Leaf(forward(l.net(), l.params, t.Support.X)), t).Value().Data...)
	}
	l.maps.Freeze(l.params[l.at[relationMaps]:], tensor.From(all, len(all)/(2*d), 2*d))
}

// Adapt embeds the support set.
func (l *Relation) Adapt(ctx context.Context, t *Task) (Scorer, error) {
	c, err := l.sized(t, l.Seed)
	if err != nil {
		return nil, fmt.Errorf("relation: %w", err)
	}
	if !c.Module && t.Ways == 2 && mostRows(t) >= manyRows {
		return judging{ratio: true, name: "relation"}.scorer(ctx, &c.Model, t)
	}
	if err := allNumbers(t, nil); err != nil {
		return nil, fmt.Errorf("relation: %w", err)
	}
	support := forward(c.net(), c.params, t.Support.X)
	judge := func(y *grad.Node) *grad.Node {
		tape := y.Tape()
		x := c.pairs(y, tape.Leaf(support), t)
		if c.maps != nil {
			_, d := c.maps.Sides()
			out := tape.Zeros(x.Rows(), d)
			c.maps.Forward(out.Value(), c.params[c.at[relationMaps]:], x.Value())
			x = out
		}
		scores := tape.Zeros(x.Rows(), 1)
		c.linear.Forward(scores.Value(), c.params[c.at[relationLinear]:], x.Value())
		return grad.Reshape(scores, y.Rows(), t.Ways)
	}
	return &tapeScorer{c.net(), c.params, t.Ways, judge}, ctx.Err()
}
