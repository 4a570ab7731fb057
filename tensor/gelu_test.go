package tensor

import (
	"math"
	"testing"
)

func TestGelu(t *testing.T) {
	x := New(1, 2001)
	for i := range x.Data {
		x.Data[i] = float32(i-1000) / 100
	}
	copy(x.Data, []float32{-1e10, 1e10, -1e-40, 1e-40, float32(math.Copysign(0, -1))})
	y, s := New(1, 2001), New(1, 2001)
	GeluTo(y, x)
	GeluSlopeTo(s, x)
	both, slope := New(1, 2001), New(1, 2001)
	GeluBothTo(both, slope, x)
	for i, v := range x.Data {
		if both.Data[i] != y.Data[i] || slope.Data[i] != s.Data[i] {
			t.Errorf("both at %v: %v and %v, one by one %v and %v", v, both.Data[i], slope.Data[i], y.Data[i], s.Data[i])
		}
		v := float64(v)
		if want := v * phi(v); math.Abs(float64(y.Data[i])-want) > 2e-6 {
			t.Errorf("gelu(%v) = %v, want %v", v, y.Data[i], want)
		}
		if want := phi(v) + v*bell(v); math.Abs(float64(s.Data[i])-want) > 2e-6 {
			t.Errorf("slope at %v: %v, want %v", v, s.Data[i], want)
		}
	}
}

// Two groups of three rows.
func TestGroups(t *testing.T) {
	a := From([]float32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, 6, 2)
	v, w := From([]float32{2, 3, 4, 5}, 2, 2), From([]float32{1, 0, 0, 1}, 2, 2)
	wide, small := New(6, 2), New(2, 2)
	for name, c := range map[string]struct {
		do   func()
		got  *Tensor
		want []float32
	}{
		"affine": {func() { AffineGroupsTo(wide, a, v, w) }, wide, []float32{3, 6, 7, 12, 11, 18, 28, 41, 36, 51, 44, 61}},
		"mul":    {func() { MulGroupsTo(wide, a, v) }, wide, []float32{2, 6, 6, 12, 10, 18, 28, 40, 36, 50, 44, 60}},
		"spread": {func() { SpreadGroupsTo(wide, v) }, wide, []float32{2, 3, 2, 3, 2, 3, 4, 5, 4, 5, 4, 5}},
		"sum":    {func() { SumGroupsTo(small, a) }, small, []float32{9, 12, 27, 30}},
		"dot":    {func() { DotGroupsTo(small, a, a) }, small, []float32{35, 56, 251, 308}},
	} {
		c.do()
		for i, want := range c.want {
			if c.got.Data[i] != want {
				t.Errorf("%s: %v, want %v", name, c.got.Data, c.want)
				break
			}
		}
	}
}
