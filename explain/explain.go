// Package explain says which values of a row its score comes from, and measures how faithful such a saying is.
//
// It asks the scorer itself and knows nothing else of it: values of the row are exchanged for those of a typical
// row, and back. A [Method] is a file here and a line in [Methods].
package explain

import "math"

// Scores judges rows, none of which it changes; a larger score is more like what was taught.
type Scores func(rows [][]float64) []float64

// Method gives each value's part in the rise of the row's score over that of a typical row.
type Method interface {
	Name() string
	// Attribute gives a number for each value, in the score's unit; 0 where row and typical row are the same.
	Attribute(score Scores, row, typical []float64) []float64
}

// Methods are all methods there are.
var Methods = []Method{Substitution{}, Occlusion{}, Shapley{Orders: 32}, Random{}}

// differing gives the places at which two rows differ.
func differing(row, typical []float64) (at []int) {
	for i, v := range row {
		if v != typical[i] && !(math.IsNaN(v) && math.IsNaN(typical[i])) {
			at = append(at, i)
		}
	}
	return at
}

// with is a copy of the row whose value i is v.
func with(row []float64, i int, v float64) []float64 {
	out := append([]float64(nil), row...)
	out[i] = v
	return out
}
