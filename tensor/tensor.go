// Package tensor holds dense float32 arrays, row-major, and their loops.
package tensor

// Tensor is a dense array. Data has the product of Shape elements, row-major.
// A scalar has an empty Shape.
type Tensor struct {
	Shape []int
	Data  []float32
}
