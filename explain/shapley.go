package explain

import (
	"math/rand/v2"
	"slices"
)

// Shapley is the mean of what a value adds when values are put in one after the other, over random orders (Štrumbelj & Kononenko
// 2014). The parts sum to the whole rise. It costs a row a value and order.
type Shapley struct {
	Orders int
	Seed   uint64
}

// Name gives "shapley".
func (Shapley) Name() string { return "shapley" }

// Attribute judges the rows of all orders in one call.
func (m Shapley) Attribute(score Scores, row, typical []float64) []float64 {
	at := differing(row, typical)
	rng := rand.New(rand.NewPCG(m.Seed, 0x73686170))
	rows := [][]float64{typical}
	var orders [][]int
	for range m.Orders {
		order := slices.Clone(at)
		rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		orders = append(orders, order)
		now := typical
		for _, i := range order {
			now = with(now, i, row[i])
			rows = append(rows, now)
		}
	}
	s := score(rows)
	out := make([]float64, len(row))
	next := 1
	for _, order := range orders {
		before := s[0]
		for _, i := range order {
			out[i] += (s[next] - before) / float64(m.Orders)
			before = s[next]
			next++
		}
	}
	return out
}

// Random gives each value a random part: what any method has to be better than.
type Random struct{ Seed uint64 }

// Name gives "random".
func (Random) Name() string { return "random" }

// Attribute does not ask the score.
func (m Random) Attribute(_ Scores, row, typical []float64) []float64 {
	rng := rand.New(rand.NewPCG(m.Seed, uint64(len(row))))
	out := make([]float64, len(row))
	for _, i := range differing(row, typical) {
		out[i] = rng.Float64()
	}
	return out
}
