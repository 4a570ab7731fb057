package prior

import "math"

// Worlds are the kinds of joint distribution of benign rows. All of them turn
// a few latent variables, which stand around the centres of 1 to 20 modes (what
// users, services and machines there are), into features.
var Worlds = []WorldKind{
	{Kind{"factor", "features are sparse sums of latent variables", .35}, newFactor},
	{Kind{"network", "features come out of a random network of one hidden layer", .25}, newNetwork},
	{Kind{"graph", "each feature follows from a few before it, by a random function", .25}, newGraph},
	{Kind{"tree", "latent variables fall into the leaves of a tree, each with its own levels", .15}, newTree},
}

// WorldKind is a way to make features of latent variables.
type WorldKind struct {
	Kind
	make func(g *gen, w *world) mixer
}

// mixer makes features of latent variables, before noise: it writes x, which
// has the world's d columns, and reads z, which has its r.
type mixer interface {
	mix(g *gen, x, z table)
}

// world is a joint distribution of d features.
type world struct {
	kind   string
	d, r   int
	upTo   []float64   // rising shares of the modes
	centre [][]float64 // of each mode, r long
	spread [][]float64 // of each mode, r long
	noise  []float64   // of each feature
	loose  []bool      // features that are nothing but noise
	offset [][]float64 // of each mode, d long; nil where there is none
	mixer
}

func newWorld(g *gen, kinds *choice[WorldKind], d int) *world {
	w := &world{d: d, r: g.between(1, min(d, 12))}
	w.modes(g)
	level := of(g, .3, 1, 2)
	w.noise = make([]float64, d)
	for j := range w.noise {
		w.noise[j] = g.logUniform(.02, 1) * level
	}
	share := of(g, 0, .1, .4)
	w.loose = make([]bool, d)
	for j := range w.loose {
		w.loose[j] = g.chance(share)
	}
	if density := of(g, 0, .1, .3); density > 0 {
		scale := g.uniform(.5, 3)
		for range w.upTo {
			w.offset = append(w.offset, g.sparse(d, density, scale))
		}
	}
	kind := kinds.draw(g)
	w.kind, w.mixer = kind.Name, kind.make(g, w)
	return w
}

func (w *world) modes(g *gen) {
	n := []int{1, 2, 3, 5, 8, 12, 20}[g.weighted(.15, .15, .2, .2, .12, .1, .08)]
	w.upTo = rising(g.dirichlet(n, of(g, .4, 1, 5)))
	apart, wide := g.uniform(.3, 3), of(g, .2, .5, 1)
	for range n {
		centre, spread := g.normals(w.r), g.normals(w.r)
		whole := math.Exp(.6*g.NormFloat64()) * wide
		for i := range centre {
			centre[i] *= apart
			spread[i] = whole * math.Exp(.3*spread[i])
		}
		w.centre, w.spread = append(w.centre, centre), append(w.spread, spread)
	}
}

// any is the mode of a sample that has no particular one.
const anyMode = -1

// sample draws rows of one mode, or of any, into x and gives their latent variables.
func (w *world) sample(g *gen, x table, mode int) (z table) {
	n := x.rows()
	z = g.table(w.r, n)
	modes := make([]int, n)
	for k := range modes {
		if modes[k] = mode; mode == anyMode {
			modes[k] = pick(w.upTo, g.Float64())
		}
	}
	for i, c := range z {
		for k := range c {
			m := modes[k]
			c[k] = w.centre[m][i] + w.spread[m][i]*g.NormFloat64()
		}
	}
	w.features(g, x, z, modes)
	return z
}

// features makes x of z. modes may be nil: then no mode's offsets are added.
func (w *world) features(g *gen, x, z table, modes []int) {
	w.mix(g, x, z)
	for j, c := range x {
		noise := w.noise[j]
		if w.loose[j] {
			clear(c)
			noise = 1
		}
		for k := range c {
			c[k] += noise * g.NormFloat64()
		}
		if w.offset == nil || modes == nil || w.loose[j] {
			continue
		}
		for k, m := range modes {
			c[k] += w.offset[m][j]
		}
	}
}

// size is the root mean square of the modes' spreads.
func (w *world) size() float64 {
	sum, n := 0.0, 0
	for _, s := range w.spread {
		for _, v := range s {
			sum += v * v
			n++
		}
	}
	return math.Sqrt(sum / float64(n))
}

// activations are the functions that features follow from one another by.
var activations = [...]func(v float64) float64{
	math.Tanh,
	func(v float64) float64 { return max(v, 0) },
	math.Sin,
	math.Abs,
	func(v float64) float64 { return math.Copysign(min(v*v, 9), v) },
	func(v float64) float64 { return v },
	func(v float64) float64 { return math.Exp(-v * v) },
	func(v float64) float64 {
		if v > 0 {
			return 1
		}
		return 0
	},
}

const (
	smooth = len(activations) - 1 // of them, all but the step
	tanh   = 0
)

func apply(f func(float64) float64, x []float64) {
	for i, v := range x {
		x[i] = f(v)
	}
}
