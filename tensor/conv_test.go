package tensor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

var convs = []Conv{
	{Height: 1, Width: 1, Channels: 1, High: 3, Wide: 3, Stride: 1},
	{Height: 5, Width: 4, Channels: 3, High: 3, Wide: 3, Stride: 1},
	{Height: 7, Width: 7, Channels: 17, High: 3, Wide: 3, Stride: 1},
	{Height: 28, Width: 28, Channels: 1, High: 3, Wide: 3, Stride: 2},
	{Height: 5, Width: 4, Channels: 2, High: 3, Wide: 3, Stride: 2},
	{Height: 1, Width: 9, Channels: 2, High: 1, Wide: 3, Stride: 1},
	{Height: 1, Width: 8, Channels: 2, High: 1, Wide: 5, Stride: 2},
	{Height: 3, Width: 3, Channels: 2, High: 1, Wide: 1, Stride: 1},
}

// terms calls f for each product that a convolution of images images adds up:
// element r, o of the result gets that of a pixel's element with a weight.
func (c *Conv) terms(images, filters int, f func(result, pixel, weight int)) {
	oh, ow := c.Out()
	for i := range images * oh * ow * filters {
		row, o := i/filters, i%filters
		image, y, x := row/(oh*ow), row/ow%oh, row%ow
		for p := range c.High * c.Wide {
			py, px := y*c.Stride+p/c.Wide-c.High/2, x*c.Stride+p%c.Wide-c.Wide/2
			if py < 0 || py >= c.Height || px < 0 || px >= c.Width {
				continue
			}
			for ch := range c.Channels {
				f(i, ((image*c.Height+py)*c.Width+px)*c.Channels+ch, (p*c.Channels+ch)*filters+o)
			}
		}
	}
}

func TestConv(t *testing.T) {
	onEachPath(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for _, c := range convs {
			for _, images := range []int{0, 1, 3} {
				for _, filters := range []int{1, 5, 64} {
					t.Run(fmt.Sprint(c, images, filters), func(t *testing.T) { checkConv(t, rng, &c, images, filters) })
				}
			}
		}
	})
}

func checkConv(t *testing.T, rng *rand.Rand, c *Conv, images, filters int) {
	oh, ow := c.Out()
	x, w, g := random(rng, images*c.Height*c.Width, c.Channels), random(rng, c.Window(), filters), random(rng, images*oh*ow, filters)
	wantY, wantX, wantW := make([]float64, len(g.Data)), make([]float64, len(x.Data)), make([]float64, len(w.Data))
	c.terms(images, filters, func(y, p, k int) {
		wantY[y] += float64(x.Data[p]) * float64(w.Data[k])
		wantX[p] += float64(g.Data[y]) * float64(w.Data[k])
		wantW[k] += float64(g.Data[y]) * float64(x.Data[p])
	})
	for name, s := range map[string]struct {
		like *Tensor
		want []float64
		run  func(dst *Tensor, workers int)
	}{
		"ConvTo":        {g, wantY, func(dst *Tensor, workers int) { ConvTo(dst, x, w, c, workers) }},
		"ConvBackTo":    {x, wantX, func(dst *Tensor, workers int) { ConvBackTo(dst, g, w, c, workers) }},
		"ConvWeightsTo": {w, wantW, func(dst *Tensor, workers int) { ConvWeightsTo(dst, x, g, c, workers) }},
	} {
		var first *Tensor
		for _, workers := range []int{0, 1, 2, 4} {
			dst := s.like.Clone()
			for i := range dst.Data {
				dst.Data[i] = float32(math.NaN()) // all is to be overwritten
			}
			s.run(dst, workers)
			for i, v := range dst.Data {
				if math.Abs(float64(v)-s.want[i]) > 1e-5*float64(10+c.Window()+images*oh*ow) {
					t.Fatalf("%s: element %d is %v, want %v", name, i, v, s.want[i])
				}
			}
			if first == nil {
				first = dst
			}
			if !slices.Equal(dst.Data, first.Data) {
				t.Fatalf("%s: %d workers give other bits", name, workers)
			}
		}
	}
}

// An image's result does not depend on the images beside it.
func TestConvImagesAlone(t *testing.T) {
	onEachPath(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(3, 2))
		c := &Conv{Height: 6, Width: 5, Channels: 4, High: 3, Wide: 3, Stride: 1}
		const pixels = 6 * 5
		x, w := random(rng, 40*pixels, 4), random(rng, c.Window(), 7)
		all, one := New(40*pixels, 7), New(pixels, 7)
		ConvTo(all, x, w, c, 2)
		for i := range 40 {
			ConvTo(one, x.RowRange(i*pixels, (i+1)*pixels), w, c, 1)
			if !slices.Equal(one.Data, all.Data[i*pixels*7:(i+1)*pixels*7]) {
				t.Fatalf("image %d", i)
			}
		}
	})
}

// The mean of each column, and 1/√(variance + eps), of columns far from 0 too.
func TestMoments(t *testing.T) {
	onEachPath(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(5, 2))
		for _, n := range []int{1, 2, 255, 256, 257, 3000} {
			x := random(rng, n, 5)
			for i := range n {
				x.Row(i)[1] += 1000
				x.Row(i)[2] = 3
			}
			var first [2]*Tensor
			for _, workers := range []int{1, 2, 3} {
				mean, rstd := New(5), New(5)
				MomentsTo(mean, rstd, x, 0.1, workers)
				for j := range 5 {
					var m, v float64
					for i := range n {
						m += float64(x.Row(i)[j]) / float64(n)
					}
					for i := range n {
						v += (float64(x.Row(i)[j]) - m) * (float64(x.Row(i)[j]) - m) / float64(n)
					}
					want := 1 / math.Sqrt(v+float64(float32(0.1)))
					if math.Abs(float64(mean.Data[j])-m) > 1e-6*(1+math.Abs(m)) || math.Abs(float64(rstd.Data[j])-want) > 1e-4*want {
						t.Fatalf("%d rows, column %d: %v and %v, want %v and %v", n, j, mean.Data[j], rstd.Data[j], m, want)
					}
				}
				if first[0] == nil {
					first = [2]*Tensor{mean, rstd}
				}
				if !slices.Equal(mean.Data, first[0].Data) || !slices.Equal(rstd.Data, first[1].Data) {
					t.Fatalf("%d workers give other bits", workers)
				}
			}
		}
	})
}

// Five images through the second block of Conv-4, and the two ways back, on one core.
func BenchmarkConv(b *testing.B) {
	c := &Conv{Height: 14, Width: 14, Channels: 64, High: 3, Wide: 3, Stride: 1}
	rng := rand.New(rand.NewPCG(1, 2))
	x, w, y := random(rng, 5*14*14, 64), random(rng, c.Window(), 64), random(rng, 5*14*14, 64)
	for _, k := range []struct {
		name string
		run  func()
	}{
		{"ConvTo", func() { ConvTo(y, x, w, c, 1) }},
		{"ConvBackTo", func() { ConvBackTo(x, y, w, c, 1) }},
		{"ConvWeightsTo", func() { ConvWeightsTo(w, x, y, c, 1) }},
	} {
		b.Run(k.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				k.run()
			}
			b.ReportMetric(2*float64(y.Rows()*c.Window()*64)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}
