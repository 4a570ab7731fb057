package tensor

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestAddPieces(t *testing.T) {
	onEachPath(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(63, 64))
		value := hard(rng)
		for n := range 40 {
			pieces := make([]Piece, 1+rng.IntN(9))
			for i := range pieces {
				p := &pieces[i]
				p.X, p.Y = value(), value()
				for k := range p.From {
					p.From[k], p.Slope[k], p.Turn[k] = value(), value(), value()
				}
			}
			sums, kept := within(rng, value, n, PieceSides)
			want, which, x, y := sums.Clone(), make([]int32, n), make([]float32, n), make([]float32, n)
			for i := range n {
				which[i], x[i], y[i] = int32(rng.IntN(len(pieces))), value(), value()
				for k := range PieceSides {
					p := &pieces[which[i]]
					slope, turn := p.Slope[k]*(x[i]-p.X), p.Turn[k]*(y[i]-p.Y)
					want.Row(i)[k] += p.From[k] + slope + turn
				}
			}
			if AddPieces(sums, pieces, which, x, y); !slices.EqualFunc(sums.Data, want.Data, sameBits) || !kept() {
				t.Fatalf("%d rows: %v, want %v", n, sums.Data, want.Data)
			}
		}
	})
}
