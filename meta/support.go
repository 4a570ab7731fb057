package meta

import (
	"fmt"
	"sync"

	"github.com/inkling-sec/inkling/tensor"
)

// badCall is the text of a panic over a caller's bug.
func badCall(format string, a ...any) string { return "meta: " + fmt.Sprintf(format, a...) }

// dims gives the shape of the rows of a task and says what is wrong with a
// support set that nothing can be learned from.
func dims(t *Task) (n, d int, err error) {
	x := t.Support.X
	if t.Ways < 2 {
		return 0, 0, fmt.Errorf("a task of %d classes: give two at least, such as benign and taught", t.Ways)
	}
	if x == nil || len(x.Shape) != 2 || x.Shape[0] != len(t.Support.Y) || len(x.Data) < x.Shape[0]*x.Shape[1] {
		return 0, 0, fmt.Errorf("support set: rows and classes do not match")
	}
	var room [64]int // on the stack
	count := room[:]
	if t.Ways > len(room) {
		count = make([]int, t.Ways)
	}
	count = count[:t.Ways]
	for i, c := range t.Support.Y {
		if c < 0 || c >= t.Ways {
			return 0, 0, fmt.Errorf("support set: row %d: class %d of %d", i, c, t.Ways)
		}
		count[c]++
	}
	for c, k := range count {
		if k == 0 {
			return 0, 0, fmt.Errorf("support set: class %d has no row", c)
		}
	}
	if x.Shape[1] < 1 {
		return 0, 0, fmt.Errorf("support set: rows of no columns")
	}
	return x.Shape[0], x.Shape[1], checkKnown(t.Known, x.Shape[1])
}

func checkKnown(known Set, d int) error {
	x := known.X
	if x == nil && len(known.Y) == 0 {
		return nil
	}
	if x == nil || len(x.Shape) != 2 || x.Shape[1] != d || x.Shape[0] != len(known.Y) || len(x.Data) < x.Shape[0]*d {
		return fmt.Errorf("known rows: not of the shape of the support set")
	}
	for i, c := range known.Y {
		if c < 0 {
			return fmt.Errorf("known rows: row %d: class %d: they are numbered from 0 on", i, c)
		}
	}
	return nil
}

// checkNumbers names the first of x's values that nothing can be learned from.
func checkNumbers(set string, x *tensor.Tensor) error {
	if sum := tensor.SumSquares(x); sum-sum == 0 {
		return nil
	}
	for i, v := range x.Data {
		if v-v != 0 {
			return fmt.Errorf("%s: row %d, column %d is %v: fill it in, or leave the row out", set, i/x.Cols(), i%x.Cols(), v)
		}
	}
	return nil
}

// allNumbers gives err, else names a value of the support set that is no number: of it, who learns from all rows at once makes
// scores that are NaN for every row. Who looks for neighbours, or grows trees, can do without.
func allNumbers(t *Task, err error) error {
	if err != nil {
		return err
	}
	return checkNumbers("support set", t.Support.X)
}

// rowsOf gives the rows of each class, in support order. Where a class's rows
// stand together they are the task's own memory, else a copy.
func rowsOf(t *Task) [][]float32 {
	d := t.Support.X.Shape[1]
	by, last := make([][]float32, t.Ways), make([]int, t.Ways)
	for i, c := range t.Support.Y {
		row := t.Support.X.Data[i*d : (i+1)*d : (i+1)*d]
		switch {
		case by[c] == nil:
			by[c] = row
		case last[c] == i-1 && cap(by[c]) == len(by[c]) && &by[c][0] == &t.Support.X.Data[(i-len(by[c])/d)*d]:
			from := i - len(by[c])/d
			by[c] = t.Support.X.Data[from*d : (i+1)*d : (i+1)*d]
		default:
			by[c] = append(by[c], row...)
		}
		last[c] = i
	}
	return by
}

// meanOf gives the mean of n rows of d columns.
func meanOf(x []float32, d int) []float32 {
	sum := make([]float64, d)
	n := len(x) / d
	for i := range n {
		for j, v := range x[i*d : (i+1)*d] {
			sum[j] += float64(v)
		}
	}
	mean := make([]float32, d)
	for j, v := range sum {
		mean[j] = float32(v / float64(n))
	}
	return mean
}

// checkScore panics unless x is [n, d] and dst has room for its scores.
func checkScore(dst []float32, x *tensor.Tensor, ways, d int) (n int) {
	if len(x.Shape) != 2 || x.Shape[1] != d {
		panic(badCall("Score: rows %v, want [n %d]", x.Shape, d))
	}
	if n = x.Shape[0]; len(dst) < n*ways {
		panic(badCall("Score: room for %d scores, want %d", len(dst), n*ways))
	}
	return n
}

// scratch lends blocks of float32 so that scoring does not allocate.
var scratch = sync.Pool{New: func() any { return new([]float32) }}

func borrow(n int) *[]float32 {
	b := scratch.Get().(*[]float32)
	if cap(*b) < n {
		*b = make([]float32, n)
	}
	*b = (*b)[:n]
	return b
}

func giveBack(b *[]float32) { scratch.Put(b) }

// negLog is the score of a distance: −log, with a floor far below any distance
// that means something between standardised rows. The softmax of two such
// scores is the distances' ratio.
func negLog(distance float32) float32 {
	one := [1]float32{distance}
	negLogTo(one[:], one[:])
	return one[0]
}

func negLogTo(dst, distances []float32) { tensor.NegLogTo(dst, distances, 1e-6) }
