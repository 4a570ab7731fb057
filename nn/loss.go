package nn

import (
	"math"

	"github.com/inkling-sec/inkling/grad"
	"github.com/inkling-sec/inkling/tensor"
)

// TargetsTo writes to dst [n, ways] a one-hot row for each class y[i], weighted
// so that each class that occurs weighs the same whatever its number of rows,
// and all weights add up to 1.
func TargetsTo(dst *tensor.Tensor, y []int) {
	clear(dst.Data)
	ways := dst.Cols()
	classes := 0
	for c := range ways {
		n := 0
		for _, v := range y {
			if v == c {
				n++
			}
		}
		if n == 0 {
			continue
		}
		classes++
		for i, v := range y {
			if v == c {
				dst.Data[i*ways+c] = 1 / float32(n)
			}
		}
	}
	tensor.ScaleTo(dst, dst, 1/float32(max(classes, 1)))
}

// CrossEntropy gives −Σ targets·log softmax(logits), a scalar. With targets by
// [TargetsTo] that is the mean over classes of the mean over a class's rows.
func CrossEntropy(logits, targets *grad.Node) *grad.Node {
	return grad.Neg(grad.Sum(grad.Mul(grad.LogSoftmax(logits), targets)))
}

// Accuracy gives the share, by the weights of targets, of the rows whose
// largest logit is at their class.
func Accuracy(logits, targets *tensor.Tensor) (share float64) {
	for i := range logits.Rows() {
		share += float64(targets.Row(i)[tensor.ArgMax(logits.Row(i))])
	}
	return share
}

// Norm gives the Euclidean norm over all arrays.
func Norm(ts []*tensor.Tensor) float64 {
	var s float64
	for _, t := range ts {
		s += tensor.SumSquares(t)
	}
	return math.Sqrt(s)
}
