package tensor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// The kernels give the plain loop's bits, on odd sides, with columns that take
// the smallest, ties, NaN and Inf.
func TestPoolPathsAgree(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for _, p := range []Pool{{4, 6, 2, 2}, {7, 5, 2, 2}, {2, 3, 2, 2}, {1, 9, 1, 2}, {3, 3, 1, 1}, {6, 6, 3, 2}} {
		for _, d := range []int{1, 7, 16, 64, 67} {
			for _, images := range []int{0, 1, 3} {
				t.Run(fmt.Sprint(p, d, images), func(t *testing.T) {
					h, w := p.Out()
					x, sign, g := random(rng, images*p.Height*p.Width, d), random(rng, d), random(rng, images*h*w, d)
					for i := range x.Data {
						switch rng.IntN(12) {
						case 0:
							x.Data[i] = float32(math.NaN())
						case 1:
							x.Data[i] = float32(math.Inf(1 - 2*rng.IntN(2)))
						case 2, 3:
							x.Data[i] = 0.5
						}
					}
					var want []*Tensor
					onEachPath(t, func(t *testing.T) {
						got := poolAll(x, sign, g, &p)
						if want == nil {
							want = got
							checkPool(t, got, x, sign, g, &p)
						}
						for k := range got {
							for i, v := range got[k].Data {
								if !sameBits(v, want[k].Data[i]) {
									t.Fatalf("result %d: element %d is %v, want %v", k, i, v, want[k].Data[i])
								}
							}
						}
					})
				})
			}
		}
	}
}

// poolAll gives the pooled, the places, what they pick, and g put back on x in two ways.
func poolAll(x, sign, g *Tensor, p *Pool) []*Tensor {
	out := []*Tensor{g.Clone(), g.Clone(), g.Clone(), x.Clone(), x.Clone()}
	PoolTo(out[0], out[1], x, sign, p, 2)
	PickTo(out[2], x, out[1], p)
	FillTo(out[3], 9)
	AddUnpoolTo(out[3], x, g, out[1], p)
	AddUnpoolTo(out[4], out[4], g, out[1], p)
	return out
}

// checkPool holds the plain loop against the definition.
func checkPool(t *testing.T, got []*Tensor, x, sign, g *Tensor, p *Pool) {
	t.Helper()
	h, w := p.Out()
	d := x.Cols()
	sum := x.Clone()
	for i := range g.Data {
		row, c := i/d, i%d
		first := (row/(h*w)*p.Height+row/w%h*p.High)*p.Width + row%w*p.Wide
		best, at := x.Data[first*d+c], first
		for y := range p.High {
			for z := range p.Wide {
				v := x.Data[(first+y*p.Width+z)*d+c]
				if sign.Data[c] >= 0 && v > best || sign.Data[c] < 0 && v < best {
					best, at = v, first+y*p.Width+z
				}
			}
		}
		if !sameBits(got[0].Data[i], best) || !sameBits(got[2].Data[i], best) {
			t.Fatalf("element %d: pooled %v, picked %v, want %v", i, got[0].Data[i], got[2].Data[i], best)
		}
		sum.Data[at*d+c] += g.Data[i]
	}
	for i, v := range sum.Data {
		if !sameBits(v, got[3].Data[i]) || !sameBits(v, got[4].Data[i]) {
			t.Fatalf("element %d put back: %v and %v, want %v", i, got[3].Data[i], got[4].Data[i], v)
		}
	}
}
