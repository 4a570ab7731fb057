package nn

import (
	"math"

	"github.com/inkling-sec/inkling/tensor"
)

// SGD moves parameters against their gradients.
type SGD struct {
	Rate float32
}

// Step changes params in place.
func (o SGD) Step(params, grads []*tensor.Tensor) {
	for i, p := range params {
		tensor.AddScaledTo(p, p, grads[i], -o.Rate)
	}
}

// Momentum moves parameters against a running sum of their gradients, of which
// it keeps the share Keep each step (Polyak 1964; Sutskever et al. 2013 without
// Nesterov's look ahead).
type Momentum struct {
	Rate float32
	Keep float32 // 0 makes it SGD

	V []*tensor.Tensor // the sums; Step makes them on its first call
}

// Step changes params in place, and the state.
func (o *Momentum) Step(params, grads []*tensor.Tensor) {
	for i, p := range params {
		if i == len(o.V) {
			o.V = append(o.V, tensor.New(p.Shape...))
		}
		tensor.MomentumTo(p, o.V[i], grads[i], o.Rate, o.Keep)
	}
}

// Adam is the optimizer of Kingma and Ba 2015, with decoupled weight decay
// (Loshchilov and Hutter 2019) if Decay is set.
type Adam struct {
	Rate  float32
	Beta1 float64 // 0 means 0.9
	Beta2 float64 // 0 means 0.999
	Eps   float64 // 0 means 1e-8
	Decay float32 // share of Rate by which matrices shrink each step

	// The state: steps taken, and the running means of gradients and of their
	// squares. Step makes M and V on its first call.
	Steps int
	M, V  []*tensor.Tensor
}

// Step changes params in place, and the state.
func (o *Adam) Step(params, grads []*tensor.Tensor) {
	if o.M == nil {
		for _, p := range params {
			o.M, o.V = append(o.M, tensor.New(p.Shape...)), append(o.V, tensor.New(p.Shape...))
		}
	}
	b1, b2, eps := or(o.Beta1, 0.9), or(o.Beta2, 0.999), or(o.Eps, 1e-8)
	o.Steps++
	rate := float64(o.Rate) * math.Sqrt(1-math.Pow(b2, float64(o.Steps))) / (1 - math.Pow(b1, float64(o.Steps)))
	step := tensor.AdamStep{Rate: float32(rate), Beta1: float32(b1), Beta2: float32(b2), Eps: float32(eps)}
	for i, p := range params {
		if o.Decay != 0 && p.Rows() > 1 {
			tensor.ScaleTo(p, p, 1-o.Rate*o.Decay)
		}
		tensor.AdamTo(p, o.M[i], o.V[i], grads[i], step)
	}
}

func or(v, def float64) float64 {
	if v == 0 {
		return def
	}
	return v
}

// Clip scales grads so that their [Norm] is at most limit; a limit of 0 or less is none.
// It gives the norm of before.
func Clip(grads []*tensor.Tensor, limit float64) float64 {
	norm := Norm(grads)
	if limit > 0 && norm > limit {
		for _, g := range grads {
			tensor.ScaleTo(g, g, float32(limit/norm))
		}
	}
	return norm
}
