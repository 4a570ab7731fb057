package meta

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/inkling-sec/inkling/tensor"
)

// scatter sums the outer products of rows about their class means.
type scatter struct {
	d, n   int
	sum    []float32 // [d, d]
	fourth float64   // Σ ‖row−mean‖⁴
}

// add adds the rows of one class, but those of which a value is missing.
func (s *scatter) add(rows []float32) {
	if s.sum == nil {
		s.sum = make([]float32, s.d*s.d)
	}
	rows = wholeRows(rows, s.d)
	if len(rows) == 0 {
		return
	}
	d, n, mean := s.d, len(rows)/s.d, meanOf(rows, s.d)
	s.n += n
	from, to := borrow(len(rows)), borrow(d*d)
	defer giveBack(from)
	defer giveBack(to)
	for i := range n {
		square, off := 0.0, (*from)[i*d:(i+1)*d]
		for j, v := range rows[i*d : (i+1)*d] {
			off[j] = v - mean[j]
			square += float64(off[j]) * float64(off[j])
		}
		s.fourth += square * square
	}
	x := &tensor.Tensor{Shape: []int{n, d}, Data: *from}
	tensor.MatMulATo(&tensor.Tensor{Shape: []int{d, d}, Data: *to}, x, x)
	for i, v := range *to {
		s.sum[i] += v
	}
}

// wholeRows gives the rows of which every value is a number.
func wholeRows(rows []float32, d int) []float32 {
	if finite(tensor.From(rows, len(rows)/d, d)) {
		return rows
	}
	var whole []float32
	for row := range slices.Chunk(rows, d) {
		if finite(tensor.From(row, 1, d)) {
			whole = append(whole, row...)
		}
	}
	return whole
}

// shrunk gives the covariance (1−s)·S + s·μI, where μ is the mean variance and
// s the shrinkage of Ledoit & Wolf 2004, at least floor.
func (s *scatter) shrunk(floor float64) []float64 {
	d, n := s.d, float64(max(1, s.n))
	cov := make([]float64, d*d)
	trace, square := 0.0, 0.0
	for i := range d {
		for j := range i + 1 {
			v := float64(s.sum[i*d+j]) / n
			cov[i*d+j], cov[j*d+i] = v, v
			square += 2 * v * v
		}
		trace += cov[i*d+i]
		square -= cov[i*d+i] * cov[i*d+i]
	}
	mean := trace / float64(d)
	if !(mean > 0) {
		mean = 1
	}
	spread := square - mean*trace // ‖S−μI‖²
	shrink := 1.0
	if noise := (s.fourth/n - square) / n; noise < spread {
		shrink = noise / spread
	}
	shrink = max(floor, min(1, shrink))
	for i := range d {
		for j := range d {
			cov[i*d+j] *= 1 - shrink
		}
		cov[i*d+i] += shrink * mean
	}
	return cov
}

// cholesky replaces the lower triangle of a positive definite matrix by L with
// LLᵀ equal to it.
func cholesky(a []float64, d int) {
	for i := range d {
		for j := range i + 1 {
			v := a[i*d+j]
			p, q := a[i*d:i*d+j], a[j*d:j*d+j]
			for k, u := range p {
				v -= u * q[k]
			}
			if i == j {
				a[i*d+i] = math.Sqrt(max(v, 1e-12))
			} else {
				a[i*d+j] = v / a[j*d+j]
			}
		}
	}
}

// inverseOf gives the inverse of a lower triangular matrix, transposed:
// column i of L⁻¹ is row i.
func inverseOf(l []float64, d int) []float32 {
	inv := make([]float64, d*d)
	for c := range d {
		col := inv[c*d : (c+1)*d]
		col[c] = 1 / l[c*d+c]
		for i := c + 1; i < d; i++ {
			v := 0.0
			for k, u := range l[i*d+c : i*d+i] {
				v -= u * col[c+k]
			}
			col[i] = v / l[i*d+i]
		}
	}
	out := make([]float32, d*d)
	for i, v := range inv {
		out[i] = float32(v)
	}
	return out
}

// Whitened measures distances for another head after whitening by how rows of
// one class differ among themselves: the covariance within the known classes,
// shrunk (Ledoit & Wolf 2004). Without known rows it is the covariance within
// the support's own classes, where the benign one dominates.
type Whitened struct {
	Head  Learner // nil means Ratio
	Least float64 // least shrinkage; 0 means 0.2
}

var _ Learner = (*Whitened)(nil)

// Name gives the head's name and "-whitened".
func (l *Whitened) Name() string { return l.head().Name() + "-whitened" }

func (l *Whitened) head() Learner {
	if l.Head == nil {
		return &Ratio{}
	}
	return l.Head
}

// Adapt learns the whitening and adapts the head to whitened rows.
func (l *Whitened) Adapt(ctx context.Context, t *Task) (Scorer, error) {
	_, d, err := ready(l, t)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", l.Name(), err)
	}
	s := scatter{d: d}
	for _, rows := range withinClasses(t) {
		s.add(rows)
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	least := l.Least
	if least == 0 {
		least = .2
	}
	cov := s.shrunk(least)
	cholesky(cov, d)
	w := &whitened{inverse: &tensor.Tensor{Shape: []int{d, d}, Data: inverseOf(cov, d)}, d: d}
	near := *t
	near.Support.X = &tensor.Tensor{Shape: t.Support.X.Shape, Data: make([]float32, len(t.Support.X.Data))}
	w.applyTo(near.Support.X.Data, t.Support.X.Data)
	near.Known, near.Query = Set{}, Set{}
	if w.head, err = l.head().Adapt(ctx, &near); err != nil {
		return nil, err
	}
	return w, nil
}

// withinClasses gives the rows of each known class, or of each support class
// when there is none.
func withinClasses(t *Task) [][]float32 {
	if t.Known.Len() == 0 {
		return rowsOf(t)
	}
	numbers := slices.Compact(slices.Sorted(slices.Values(t.Known.Y))) // which may leave any number out
	k := &Task{Ways: len(numbers), Support: Set{X: t.Known.X, Y: make([]int, len(t.Known.Y))}}
	for i, c := range t.Known.Y {
		k.Support.Y[i], _ = slices.BinarySearch(numbers, c)
	}
	return rowsOf(k)
}

type whitened struct {
	head    Scorer
	inverse *tensor.Tensor // L⁻¹, transposed
	d       int
}

func (s *whitened) Ways() int { return s.head.Ways() }

func (s *whitened) Score(dst []float32, x *tensor.Tensor) {
	const block = 256
	ways := s.Ways()
	n := checkScore(dst, x, ways, s.d)
	buf := borrow(block * s.d)
	defer giveBack(buf)
	for lo := 0; lo < n; lo += block {
		hi := min(n, lo+block)
		white := (*buf)[:(hi-lo)*s.d]
		s.applyTo(white, x.Data[lo*s.d:hi*s.d])
		s.head.Score(dst[lo*ways:hi*ways], &tensor.Tensor{Shape: []int{hi - lo, s.d}, Data: white})
	}
}

// ScoreSelf is the head's.
func (s *whitened) ScoreSelf() []float32 {
	if h, ok := s.head.(SelfScorer); ok {
		return h.ScoreSelf()
	}
	return nil
}

// applyTo writes L⁻¹x of each row.
func (s *whitened) applyTo(dst, x []float32) {
	shape := []int{len(x) / s.d, s.d}
	tensor.MatMulTo(&tensor.Tensor{Shape: shape, Data: dst[:len(x)]}, &tensor.Tensor{Shape: shape, Data: x}, s.inverse)
}
