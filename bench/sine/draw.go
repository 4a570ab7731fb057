package main

import (
	"fmt"
	"image/color"
	"iter"
	"math/rand/v2"
	"os"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	vgdraw "gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/tensor"
)

// curves are the errors after each number of steps on k points.
type curves struct {
	k         int
	maml, pre []meta.Estimate
}

func (c curves) byName() iter.Seq2[string, []meta.Estimate] {
	return func(yield func(string, []meta.Estimate) bool) {
		_ = yield("MAML", c.maml) && yield("pre-trained", c.pre)
	}
}

var (
	ink    = color.RGBA{0x33, 0x33, 0x33, 0xff}
	pale   = color.RGBA{0xe6, 0xe6, 0xe6, 0xff}
	truth  = color.RGBA{0xbd, 0xbd, 0xbd, 0xff}
	points = color.RGBA{0xd9, 0x5f, 0x02, 0xff}
	blue   = color.RGBA{0x08, 0x30, 0x6b, 0xff}
	red    = color.RGBA{0xb2, 0x18, 0x2b, 0xff}
	// one for each of shownSteps
	stepped = []color.Color{color.RGBA{0x9e, 0xca, 0xe1, 0xff}, color.RGBA{0x4f, 0x9f, 0xd6, 0xff}, color.RGBA{0x21, 0x71, 0xb5, 0xff}, color.RGBA{0x08, 0x30, 0x6b, 0xff}}
)

// draw writes the picture: for each K a row with one wave as either network finds
// it, and the errors over all waves.
func draw(file string, maml, pre model, errs []curves) error {
	const columns, strip = 3, 24
	w, h := vg.Length(columns)*9.5*vg.Centimeter, vg.Length(len(errs))*7.5*vg.Centimeter+strip
	canvas := vgimg.NewWith(vgimg.UseWH(w, h), vgimg.UseDPI(110), vgimg.UseBackgroundColor(color.White))
	all := vgdraw.New(canvas)
	var plots [][]*plot.Plot
	var keys []key
	for i, c := range errs {
		w, x, y := example(c.k)
		left, found := wavePlot(fmt.Sprintf("MAML, K = %d", c.k), maml, w, x, y)
		right, _ := wavePlot(fmt.Sprintf("pre-trained on all waves, K = %d", c.k), pre, w, x, y)
		plots, keys = append(plots, []*plot.Plot{left, right, errorPlot(c, i == len(errs)-1)}), found
	}
	tiles := vgdraw.Tiles{Rows: len(errs), Cols: columns, PadTop: 4, PadBottom: 6, PadLeft: 6, PadRight: 12, PadX: 18, PadY: 14}
	for i, row := range plot.Align(plots, tiles, vgdraw.Crop(all, 0, 0, 0, -strip)) {
		for j, at := range row {
			plots[i][j].Draw(at)
		}
	}
	drawKeys(vgdraw.Crop(all, 30, -w/columns, h-strip, -4), keys)
	return writePNG(file, canvas)
}

// key is a line of the legend.
type key struct {
	name string
	what plot.Thumbnailer
}

// drawKeys draws the legend of the wave plots in one row.
func drawKeys(c vgdraw.Canvas, keys []key) {
	each := (c.Max.X - c.Min.X) / vg.Length(len(keys))
	for i, k := range keys {
		l := plot.NewLegend()
		l.Left, l.Top, l.ThumbnailWidth, l.Padding = true, true, 22, 4
		plain(&l.TextStyle)
		l.Add(k.name, k.what)
		from := vg.Length(i) * each
		l.Draw(vgdraw.Crop(c, from, from+each-(c.Max.X-c.Min.X), 0, 0))
	}
}

func plain(s *text.Style) {
	s.Font = font.From(plot.DefaultFont, 10)
	s.Font.Variant, s.Color = "Sans", ink
}

func writePNG(file string, c *vgimg.Canvas) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	if _, err := (vgimg.PngCanvas{Canvas: c}).WriteTo(f); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// example gives the wave that is drawn and k points of it. With K = 5 they all lie
// on one side, as in the paper's figure: the other side shows what the network knows of waves.
func example(k int) (w wave, x, y *tensor.Tensor) {
	rng := rand.New(rand.NewPCG(3, exampleStream))
	w = wave{amplitude: 4.2, phase: 2.6}
	x, y = tensor.New(k, 1), tensor.New(k, 1)
	w.points(rng, x, y)
	if k < shots {
		for i, v := range x.Data {
			x.Data[i] = (v + side) / 2
			y.Data[i] = float32(w.at(float64(x.Data[i])))
		}
	}
	return w, x, y
}

const bold = 3 // WeightBold of golang.org/x/image/font

func newPlot(title, x, y string) *plot.Plot {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	p.Title.TextStyle.Font = font.From(plot.DefaultFont, 12)
	p.Title.TextStyle.Font.Variant, p.Title.TextStyle.Font.Weight = "Sans", bold
	p.Title.Padding = 6
	for _, s := range []*text.Style{&p.X.Label.TextStyle, &p.Y.Label.TextStyle, &p.X.Tick.Label, &p.Y.Tick.Label, &p.Legend.TextStyle} {
		plain(s)
	}
	p.Title.TextStyle.Color = ink
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.LineStyle.Color, a.Tick.LineStyle.Color = ink, ink
	}
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = pale, pale
	p.Add(grid)
	return p
}

// wavePlot shows the network on its way to a wave.
func wavePlot(title string, m model, w wave, x, y *tensor.Tensor) (p *plot.Plot, keys []key) {
	p = newPlot(title, "x", "")
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = -side, side, -6, 6
	at, want := w.grid(300)
	add := func(name string, y *tensor.Tensor, c color.Color, width vg.Length) {
		l := must(plotter.NewLine(xys(at, y)))
		l.Color, l.Width = c, width
		p.Add(l)
		keys = append(keys, key{name, l})
	}
	add("the wave", want, truth, 4.5)
	names := []string{"before", "after 1 step", "after 5 steps", "after 10 steps"}
	m.follow(x, y, 10, func(step int, params []*tensor.Tensor) {
		if i := slices.Index(shownSteps, step); i >= 0 {
			got := tensor.New(300, 1)
			net.Forward(got, params, at)
			add(names[i], got, stepped[i], 1.8)
		}
	})
	dots := must(plotter.NewScatter(xys(x, y)))
	dots.GlyphStyle = vgdraw.GlyphStyle{Color: points, Radius: 4, Shape: vgdraw.CircleGlyph{}}
	p.Add(dots)
	return p, append(keys, key{"the K points", dots})
}

func errorPlot(c curves, legend bool) *plot.Plot {
	p := newPlot(fmt.Sprintf("error over %d new waves, K = %d", c.maml[0].N, c.k), "gradient steps", "mean squared error")
	p.Y.Min, p.Legend.Top, p.Legend.Padding = 0, true, 4
	colours := map[string]color.RGBA{"MAML": blue, "pre-trained": red}
	for name, curve := range c.byName() {
		mean, band := make(plotter.XYs, len(curve)), make(plotter.XYs, 2*len(curve))
		for i, e := range curve {
			x := float64(i)
			mean[i] = plotter.XY{X: x, Y: e.Mean}
			band[i], band[len(band)-1-i] = plotter.XY{X: x, Y: e.Low}, plotter.XY{X: x, Y: e.High}
		}
		l, area := must(plotter.NewLine(mean)), must(plotter.NewPolygon(band))
		c := colours[name]
		l.Color, l.Width = c, 2
		area.LineStyle.Width = 0
		area.Color = color.NRGBA{c.R, c.G, c.B, 0x40}
		p.Add(area, l)
		if legend {
			p.Legend.Add(name, l)
		}
	}
	return p
}

func xys(x, y *tensor.Tensor) plotter.XYs {
	out := make(plotter.XYs, len(x.Data))
	for i := range out {
		out[i] = plotter.XY{X: float64(x.Data[i]), Y: float64(y.Data[i])}
	}
	return out
}

// must is for plotters, which fail on empty and on infinite data only.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
