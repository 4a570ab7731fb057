package images

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	_ "image/gif" // formats that image.Decode knows
	_ "image/jpeg"
	_ "image/png"
	"math"
)

// decode reads an image of any standard format. Its size is looked at before
// memory for it is taken.
func decode(b []byte, maxPixels int) (image.Image, error) {
	c, _, err := image.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	if c.Width < 1 || c.Height < 1 || c.Width > maxPixels/c.Height {
		return nil, fmt.Errorf("it says it is %d x %d pixels; at most %d are read", c.Width, c.Height, maxPixels)
	}
	m, _, err := image.Decode(bytes.NewReader(b))
	return m, err
}

// raster is bytes with channels last.
type raster struct {
	height, width, channels int
	pix                     []uint8
}

// grayOf and rgbOf lay an image on white.
func grayOf(m image.Image) raster {
	b := m.Bounds()
	g := image.NewGray(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(g, g.Rect, image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.Draw(g, g.Rect, m, b.Min, draw.Over)
	return raster{b.Dy(), b.Dx(), 1, g.Pix}
}

func rgbOf(m image.Image) raster {
	b := m.Bounds()
	c := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(c, c.Rect, image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.Draw(c, c.Rect, m, b.Min, draw.Over)
	pix := c.Pix[:0]
	for i := 0; i < len(c.Pix); i += 4 {
		pix = append(pix, c.Pix[i], c.Pix[i+1], c.Pix[i+2])
	}
	return raster{b.Dy(), b.Dx(), 3, pix}
}

// taps are the weights of source pixels, from start on, that make one pixel; their sum is 1.
type taps struct {
	start   int
	weights []float32
}

// A filter gives the taps of each of to pixels made from from pixels.
type filter func(from, to int) []taps

// area weighs source pixels by how much of them a pixel covers.
func area(from, to int) []taps {
	out := make([]taps, to)
	for j := range out {
		left, right := j*from, (j+1)*from // in units in which a source pixel is to wide
		t := taps{start: left / to}
		for i := t.start; i*to < right; i++ {
			t.weights = append(t.weights, float32(min(right, (i+1)*to)-max(left, i*to))/float32(from))
		}
		out[j] = t
	}
	return out
}

// lanczos is the windowed sinc of three lobes, stretched when shrinking, as
// PIL's LANCZOS is, with which miniImageNet is made.
func lanczos(from, to int) []taps {
	scale := float64(from) / float64(to)
	stretch := max(scale, 1)
	out := make([]taps, to)
	for j := range out {
		centre := (float64(j) + 0.5) * scale
		first, last := max(0, int(centre-3*stretch+0.5)), min(from, int(centre+3*stretch+0.5))
		weights, sum := make([]float64, last-first), 0.0
		for i := range weights {
			x := (float64(first+i) - centre + 0.5) / stretch
			if math.Abs(x) < 3 {
				weights[i] = sinc(x) * sinc(x/3)
			}
			sum += weights[i]
		}
		out[j] = taps{start: first, weights: make([]float32, len(weights))}
		for i, w := range weights {
			out[j].weights[i] = float32(w / sum)
		}
	}
	return out
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// resizeTo fills dst, height x width with the channels of src; the aspect ratio is
// not kept, as in the papers. The result is rounded once, at the end.
func resizeTo(dst []uint8, height, width int, src raster, f filter) {
	if src.height == height && src.width == width {
		copy(dst, src.pix)
		return
	}
	ch := src.channels
	across := f(src.width, width)
	narrow := make([]float32, src.height*width*ch)
	for y := range src.height {
		line := src.pix[y*src.width*ch:]
		for x, t := range across {
			for c := range ch {
				var sum float32
				for i, w := range t.weights {
					sum += w * float32(line[(t.start+i)*ch+c])
				}
				narrow[(y*width+x)*ch+c] = sum
			}
		}
	}
	n := width * ch
	sums := make([]float32, n)
	for y, t := range f(src.height, height) {
		clear(sums)
		for i, w := range t.weights {
			for x, v := range narrow[(t.start+i)*n : (t.start+i+1)*n] {
				sums[x] += w * v
			}
		}
		for x, v := range sums {
			dst[y*n+x] = uint8(min(max(v+0.5, 0), 255))
		}
	}
}
