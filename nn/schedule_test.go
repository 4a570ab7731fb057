package nn

import (
	"math"
	"testing"
)

func TestSchedules(t *testing.T) {
	for _, c := range []struct {
		name     string
		schedule func(done, of int) float64
		of, done int
		want     float64
	}{
		{"cosine, start", Cosine, 300, 0, 1},
		{"cosine, third", Cosine, 300, 100, 0.75}, // cos 60° is 1/2
		{"cosine, middle", Cosine, 300, 150, 0.5},
		{"cosine, end", Cosine, 300, 300, 0},
		{"linear, start", Linear, 300, 0, 1},
		{"linear, third", Linear, 300, 100, 2. / 3},
		{"linear, end", Linear, 300, 300, 0},
		{"halving, start", Halving, 100, 0, 1},
		{"halving, before", Halving, 100, 99, 1},
		{"halving, at", Halving, 100, 100, 0.5},
		{"halving, later", Halving, 100, 399, 0.125},
		{"halving, far on", Halving, 1, 5000, 0},
	} {
		if got := c.schedule(c.done, c.of); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
