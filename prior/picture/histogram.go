package picture

import (
	"math"
	"slices"

	"gonum.org/v1/plot/vg"

	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/prior"
)

// histogram is counts side by side.
type histogram struct {
	counts []float64
	apart  bool // space between the bars
}

// columnOf counts the benign values of the first raw column that the task shows.
func columnOf(t *meta.Task, story *prior.Story) (histogram, bool) {
	d, pool := len(t.Columns), slices.Index(t.Support.Y, 1)
	if t.Columns[0] == meta.Level {
		h := histogram{apart: true}
		for j := range d {
			if story.Raw[j] != story.Raw[0] {
				break
			}
			n := 0.0
			for i := range pool {
				if t.Support.X.Data[i*d+j] != 0 {
					n++
				}
			}
			h.counts = append(h.counts, n)
		}
		return h, len(h.counts) > 2
	}
	const bins = 31
	h := histogram{counts: make([]float64, bins)}
	value := func(i int) float64 { return float64(t.Support.X.Data[i*d]) }
	least, most := value(0), value(0)
	for i := range pool {
		least, most = min(least, value(i)), max(most, value(i))
	}
	for i := range pool {
		at := int((value(i) - least) / (most - least) * bins)
		h.counts[min(at, bins-1)]++
	}
	return h, most > least
}

func (h histogram) fill(c canvas) {
	most := slices.Max(h.counts)
	each := (c.Max.X - c.Min.X) / vg.Length(len(h.counts))
	c.SetColor(bars)
	for i, n := range h.counts {
		if n == 0 {
			continue
		}
		left := c.Min.X + vg.Length(i)*each
		right := left + each
		if h.apart {
			right -= each / 4
		}
		top := c.Min.Y + (c.Max.Y-c.Min.Y)*vg.Length(.94*math.Sqrt(n/most))
		c.Fill(vg.Rectangle{Min: vg.Point{X: left, Y: c.Min.Y}, Max: vg.Point{X: right, Y: max(top, c.Min.Y+.6)}}.Path())
	}
}

// part is the i-th of n parts of c, side by side.
func part(c canvas, i, n int) canvas {
	wide := (c.Max.X - c.Min.X) / vg.Length(n)
	c.Min.X += vg.Length(i)*wide + 4
	c.Max.X = c.Min.X + wide - 8
	return c
}
