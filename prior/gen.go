package prior

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"
)

// table is columns of equally many values: worlds, marginals and attacks all
// go through rows one column at a time.
type table [][]float64

func (t table) rows() int {
	if len(t) == 0 {
		return 0
	}
	return len(t[0])
}

// gen draws one task. Its memory is lent until release and then used by other tasks.
type gen struct {
	*rand.Rand
	blocks [][]float64
	block  int // the one that is being filled
	used   int // of it
}

var gens = sync.Pool{New: func() any { return new(gen) }}

func newGen(r *rand.Rand) *gen {
	g := gens.Get().(*gen)
	g.Rand, g.block, g.used = r, 0, 0
	return g
}

func (g *gen) release() {
	g.Rand = nil
	gens.Put(g)
}

const blockSize = 1 << 16

// floats lends n values, which hold anything.
func (g *gen) floats(n int) []float64 {
	for g.block < len(g.blocks) && g.used+n > len(g.blocks[g.block]) {
		g.block, g.used = g.block+1, 0
	}
	if g.block == len(g.blocks) {
		g.blocks = append(g.blocks, make([]float64, max(n, blockSize)))
	}
	out := g.blocks[g.block][g.used : g.used+n : g.used+n]
	g.used += n
	return out
}

// table lends d columns of n values, which hold anything.
func (g *gen) table(d, n int) table {
	t := make(table, d)
	for j := range t {
		t[j] = g.floats(n)
	}
	return t
}

// part is rows lo to hi of t.
func (t table) part(lo, hi int) table {
	out := make(table, len(t))
	for j, c := range t {
		out[j] = c[lo:hi:hi]
	}
	return out
}

// borrow remembers how much is lent, for giveBack to take what was lent since.
func (g *gen) borrow() (block, used int) { return g.block, g.used }

func (g *gen) giveBack(block, used int) { g.block, g.used = block, used }

func (g *gen) chance(p float64) bool          { return g.Float64() < p }
func (g *gen) uniform(lo, hi float64) float64 { return lo + (hi-lo)*g.Float64() }
func (g *gen) logUniform(lo, hi float64) float64 {
	return math.Exp(g.uniform(math.Log(lo), math.Log(hi)))
}
func (g *gen) between(lo, hi int) int { return lo + g.IntN(hi-lo+1) } // both included
func (g *gen) sign() float64 {
	if g.Uint64()&1 == 0 {
		return -1
	}
	return 1
}

// of draws one of x, each as likely.
func of[T any](g *gen, x ...T) T { return x[g.IntN(len(x))] }

// pick gives the first place of the rising upTo that is above x.
func pick(upTo []float64, x float64) int {
	for i, v := range upTo {
		if x < v {
			return i
		}
	}
	return len(upTo) - 1
}

// weighted draws a place of w by its weight.
func (g *gen) weighted(w ...float64) int {
	sum := 0.0
	for _, v := range w {
		sum += v
	}
	x := g.Float64() * sum
	for i, v := range w {
		if x -= v; x < 0 {
			return i
		}
	}
	return len(w) - 1
}

func (g *gen) normals(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = g.NormFloat64()
	}
	return out
}

// sparse gives n normal values times scale, each 0 but with chance density.
func (g *gen) sparse(n int, density, scale float64) []float64 {
	out := make([]float64, n)
	for i := range out {
		if density >= 1 || g.chance(density) {
			out[i] = g.NormFloat64() * scale
		}
	}
	return out
}

// mask marks each of n with chance density, and one in any case.
func (g *gen) mask(n int, density float64) []bool {
	out := make([]bool, n)
	for i := range out {
		out[i] = density >= 1 || g.chance(density)
	}
	out[g.IntN(n)] = true
	return out
}

// dirichlet gives n shares that add up to 1.
func (g *gen) dirichlet(n int, alpha float64) []float64 {
	out, sum := make([]float64, n), 0.0
	for i := range out {
		out[i] = g.gamma(alpha) + 1e-12
		sum += out[i]
	}
	for i := range out {
		out[i] /= sum
	}
	return out
}

// gamma is Marsaglia and Tsang's (2000), with their boost below 1.
func (g *gen) gamma(a float64) float64 {
	if a < 1 {
		return g.gamma(a+1) * math.Pow(1-g.Float64(), 1/a)
	}
	d := a - 1.0/3
	for {
		x := g.NormFloat64()
		v := 1 + x/math.Sqrt(9*d)
		if v <= 0 {
			continue
		}
		v *= v * v
		if math.Log(1-g.Float64()) < x*x/2+d*(1-v+math.Log(v)) {
			return d * v
		}
	}
}

// subset gives k different numbers below n, in any order.
func (g *gen) subset(n, k int) []int { return g.Perm(n)[:min(n, k)] }

func rising(w []float64) []float64 {
	out, sum := make([]float64, len(w)), 0.0
	for i, v := range w {
		sum += v
		out[i] = sum
	}
	return out
}

func moments(x []float64) (mean, std float64) {
	for _, v := range x {
		mean += v
	}
	mean /= float64(len(x))
	for _, v := range x {
		std += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(std / float64(len(x)))
}

// axpy adds a·x to y.
func axpy(a float64, x, y []float64) {
	x = x[:len(y)]
	for i := range y {
		y[i] += a * x[i]
	}
}

// normalShare is the share of the standard normal distribution below v.
func normalShare(v float64) float64 { return .5 * math.Erfc(-v*math.Sqrt2/2) }

// quantile sorts x and gives the value with a share p of them below it.
func quantile(x []float64, p float64) float64 {
	slices.Sort(x)
	return x[min(int(p*float64(len(x))), len(x)-1)]
}
