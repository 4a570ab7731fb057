package main

import (
	"math"
	"math/rand/v2"

	"github.com/inkling-sec/inkling/tensor"
)

// wave is a task: find amplitude·sin(x − phase) from a few of its points.
type wave struct{ amplitude, phase float64 }

const side = 5 // x is in [-side, side]

func newWave(rng *rand.Rand) wave {
	return wave{0.1 + 4.9*rng.Float64(), math.Pi * rng.Float64()}
}

func (w wave) at(x float64) float64 { return w.amplitude * math.Sin(x-w.phase) }

// points fills columns x and y with points at random.
func (w wave) points(rng *rand.Rand, x, y *tensor.Tensor) {
	for i := range x.Data {
		v := side * (2*rng.Float64() - 1)
		x.Data[i], y.Data[i] = float32(v), float32(w.at(v))
	}
}

// grid gives n points evenly along x.
func (w wave) grid(n int) (x, y *tensor.Tensor) {
	x, y = tensor.New(n, 1), tensor.New(n, 1)
	for i := range n {
		v := side * (2*float64(i)/float64(n-1) - 1)
		x.Data[i], y.Data[i] = float32(v), float32(w.at(v))
	}
	return x, y
}
