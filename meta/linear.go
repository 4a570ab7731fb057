package meta

import "github.com/inkling-sec/inkling/tensor"

// linearScorer scores a class by weight·row + bias.
type linearScorer struct {
	weight *tensor.Tensor // [ways, d]
	bias   []float32      // [ways]
}

func (s *linearScorer) Ways() int { return len(s.bias) }

func (s *linearScorer) Score(dst []float32, x *tensor.Tensor) {
	ways := len(s.bias)
	n := checkScore(dst, x, ways, s.weight.Shape[1])
	tensor.MatMulBTo(&tensor.Tensor{Shape: []int{n, ways}, Data: dst[:n*ways]}, x, s.weight)
	for i := range n {
		for c, b := range s.bias {
			dst[i*ways+c] += b
		}
	}
}

// newLinearScorer scores by weight·(row − centre) + bias.
func newLinearScorer(weight, bias, centre []float32) *linearScorer {
	d := len(centre)
	for c := range bias {
		sum := 0.0
		for j, v := range weight[c*d : (c+1)*d] {
			sum += float64(v) * float64(centre[j])
		}
		bias[c] -= float32(sum)
	}
	return &linearScorer{&tensor.Tensor{Shape: []int{len(bias), d}, Data: weight}, bias}
}
