package tensor

import "math"

// Places are numbers that rise, among which others find their place. They stand in nodes, and before them the first number of
// each node but the first: a search compares with all of these at once, then with all of one node, and counts (k-ary search,
// Schlegel, Gemulla & Lehner 2009). Nothing jumps, and memory is read in two stretches. Immutable.
type Places struct {
	at    []float32 // as told
	marks []float32 // firsts of nodes, then not numbers up to a multiple of placesGroup
	nodes []float32 // at, then not numbers up to a whole node
	node  int       // numbers in a node: a multiple of placesGroup
}

// placesGroup is how many numbers the kernel compares with at a time.
const placesGroup = 32

// NewPlaces lays out at, which it keeps: at least one number, none twice.
func NewPlaces(at []float32) *Places {
	n := len(at)
	p := &Places{at: at, node: roundUp(int(math.Sqrt(float64(n))), placesGroup)}
	p.nodes = padded(at, p.node)
	var marks []float32
	for i := p.node; i < n; i += p.node {
		marks = append(marks, at[i])
	}
	p.marks = padded(marks, placesGroup)
	return p
}

// padded is a copy with what is no number behind it, up to a multiple of some.
func padded(x []float32, some int) []float32 {
	out := make([]float32, roundUp(len(x), some))
	for i := copy(out, x); i < len(out); i++ {
		out[i] = float32(math.NaN())
	}
	return out
}

// roundUp gives the least multiple of some, but 0, that is not below n.
func roundUp(n, some int) int { return max(1, (n+some-1)/some) * some }

// Len gives how many numbers there are.
func (p *Places) Len() int { return len(p.at) }

// At gives number i.
func (p *Places) At(i int) float32 { return p.at[i] }

// FindTo writes for each of x twice how many are smaller, and one more where it is one of them; 0 for what is no number.
func (p *Places) FindTo(dst []int32, x []float32) {
	if use == plain {
		p.findTo(dst, x)
		return
	}
	if len(x) > 0 {
		placesSIMD(&dst[:len(x)][0], &x[0], len(x), p.marks, p.nodes, p.node)
	}
}

// findTo is FindTo for all processors: by halving.
func (p *Places) findTo(dst []int32, xs []float32) {
	for i, x := range xs {
		from := 0
		for n := len(p.at); n > 1; {
			half := n >> 1
			if p.at[from+half] <= x {
				from += half
			}
			n -= half
		}
		switch at := p.at[from]; {
		case at < x:
			dst[i] = int32(2*from + 2)
		case at == x:
			dst[i] = int32(2*from + 1)
		default:
			dst[i] = 0
		}
	}
}
