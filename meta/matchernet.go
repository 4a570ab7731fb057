package meta

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/inkling-sec/inkling/grad"
	"github.com/inkling-sec/inkling/nn"
	"github.com/inkling-sec/inkling/tensor"
)

// form says which parts a matcher has and how wide they are.
type form struct {
	withKnown, withDerived, withRatio, withVotes bool
	heads                                        int // of the learned metric
	token, width, cell, pool, last               int // units of hidden layers
}

const (
	evidenceSides = 8  // of a cell's evidence besides the additive one
	metricSides   = 6  // of a head's distances
	ratioSides    = 4  // whole-row ratios besides the heads'
	clipAdditive  = 20 // of the additive score on its way to the last layer
)

func (f form) cellSides() int {
	if f.withKnown {
		return cellSides + pairSides + knownSides
	}
	return cellSides + pairSides
}

func (f form) tokenSides() int {
	if f.withKnown {
		return tokenSides + knownTokenSides
	}
	return tokenSides
}

// gains gives the number of ratios that are added to the score, each by a gain of the task's own.
func (f form) gains() (n int) {
	if f.withRatio {
		n += f.heads + ratioSides
	}
	if f.withVotes {
		n += voteSides
	}
	return n
}

// pooledSides gives the columns of what is told of the task as a whole.
func (f form) pooledSides() int {
	if f.withVotes {
		return f.width + voteContext
	}
	return f.width
}

// lastSides gives the columns of the last layer's input: the heads' distances,
// evidence, the additive score, what the columns have in common; then plain distances and votes.
func (f form) lastSides() int {
	n := f.heads*metricSides + evidenceSides + 1 + f.width
	if f.withRatio {
		n += plainSides
	}
	if f.withVotes {
		n += voteSides
	}
	return n
}

// Where a parameter stands; weights are followed by biases.
const (
	pToken0 = 2 * iota
	pToken1
	pMix0
	pMix1
	pNorm // scale and shift
	pCell0
	pFilm
	pCell1
	pCell2
	pGate
	pPool0
	pPool1
	pLast0
	pLast1
	pMetric // of form.heads
)

var matcherLayers = [...]string{"token0", "token1", "mix0", "mix1", "norm", "cell0", "film", "cell1", "cell2", "gate", "pool0", "pool1", "last0", "last1", "metric"}

// sides gives the shape of each layer's weight; a norm's is a row.
func (f form) sides() [][2]int {
	s := [][2]int{
		{f.tokenSides(), f.token}, {f.token, f.width}, {f.width, f.width}, {f.width, f.width}, {1, f.width},
		{f.cellSides(), f.cell}, {f.width, 2 * f.cell}, {f.cell, f.cell}, {f.cell, 1 + evidenceSides},
		{f.width, 1}, {f.pooledSides(), f.pool}, {f.pool, 2 + f.gains()}, {f.lastSides(), f.last}, {f.last, 1},
	}
	if f.heads > 0 {
		s = append(s, [2]int{f.width, 2 * f.heads})
	}
	return s
}

// matcherNet is a matcher's network as far as the outer loop, checkpoints and
// files see it. It takes a task rather than rows, so what a [nn.Net] does with rows it cannot.
type matcherNet struct{ form }

var _ nn.Net = matcherNet{}

func (n matcherNet) Names() (names []string) {
	for i := range n.sides() {
		if 2*i == pNorm {
			names = append(names, "norm.scale", "norm.shift")
			continue
		}
		names = append(names, matcherLayers[i]+".weight", matcherLayers[i]+".bias")
	}
	return names
}

// Init draws weights and biases evenly from ±1/√inputs, those of the last
// layers from a tenth of that: untrained, a matcher judges by distances.
func (n matcherNet) Init(seed uint64) (params []*tensor.Tensor) {
	rng := rand.New(rand.NewPCG(seed, 0x6d61746368))
	for i, s := range n.sides() {
		w, b := tensor.New(s[0], s[1]), tensor.New(s[1])
		bound := float32(1 / math.Sqrt(float64(s[0])))
		switch 2 * i {
		case pNorm:
			w = tensor.New(s[1])
			tensor.FillTo(w, 1)
			params = append(params, w, b)
			continue
		case pCell2, pLast1:
			bound /= 10
		}
		for _, p := range []*tensor.Tensor{w, b} {
			for k := range p.Data {
				p.Data[k] = bound * (2*rng.Float32() - 1)
			}
		}
		if 2*i == pPool1 && n.withVotes {
			for k, v := range voteStart {
				b.Data[len(b.Data)-voteSides+k] = v
			}
		}
		params = append(params, w, b)
	}
	return params
}

// voteStart is where the gains of votes start, before softplus: what looks at the taught rows counts, the rest a little.
var voteStart = [voteSides]float32{0, 0, -2, -.5, -.5, -2}

func (n matcherNet) Check(params []*tensor.Tensor) error {
	sides := n.sides()
	if len(params) != 2*len(sides) {
		return fmt.Errorf("%d parameters, the matcher has %d", len(params), 2*len(sides))
	}
	names := n.Names()
	for i, p := range params {
		s := sides[i/2]
		if p == nil {
			return fmt.Errorf("%s is missing", names[i])
		}
		if i%2 == 1 {
			s[0] = 1
		}
		if p.Rows() != s[0] || p.Cols() != s[1] || len(p.Data) != s[0]*s[1] {
			return fmt.Errorf("%s has shape %v, the matcher wants %v", names[i], p.Shape, s)
		}
	}
	return nil
}

func (n matcherNet) Sides() (in, out int) { return 1, 1 }
func (n matcherNet) Trained() int         { return 2 * len(n.sides()) }
func (n matcherNet) Head() int            { return pLast1 }
func (n matcherNet) Body([]*grad.Node, *grad.Node) *grad.Node {
	panic(badCall("a matcher takes tasks"))
}
func (n matcherNet) Last([]*grad.Node, *grad.Node) *grad.Node {
	panic(badCall("a matcher takes tasks"))
}
func (n matcherNet) Freeze([]*tensor.Tensor, *tensor.Tensor) {}
func (n matcherNet) Forward(*tensor.Tensor, []*tensor.Tensor, *tensor.Tensor) {
	panic(badCall("a matcher takes tasks"))
}
