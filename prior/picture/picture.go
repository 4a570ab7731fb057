// Package picture draws what package prior makes: benign rows of each kind of
// world, each kind of attack among them, known attacks beside a taught one, and
// each kind of column. The panels are tasks and columns as they come, from number 0 on.
package picture

import (
	"image/color"
	"io"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"github.com/inkling-sec/inkling/prior"
)

var (
	ink    = color.NRGBA{0x33, 0x33, 0x33, 0xff}
	soft   = color.NRGBA{0x77, 0x77, 0x77, 0xff}
	paper  = color.NRGBA{0xf6, 0xf6, 0xf4, 0xff}
	benign = color.NRGBA{0x9a, 0x9a, 0x9a, 0x90}
	attack = color.NRGBA{0xd9, 0x5f, 0x02, 0xb0}
	taught = color.NRGBA{0x7f, 0x27, 0x04, 0xff}
	bars   = color.NRGBA{0x21, 0x71, 0xb5, 0xff}
	knowns = []color.NRGBA{{0x08, 0x51, 0x9c, 0xb0}, {0x41, 0xab, 0x5d, 0xb0}, {0x88, 0x41, 0x9d, 0xb0}, {0x02, 0x81, 0x8a, 0xb0}, {0xdd, 0x34, 0x97, 0xb0}, {0x73, 0x6b, 0x00, 0xb0}}
)

const (
	width   = 26 * vg.Centimeter
	margin  = 14
	heading = 40 // of a section
	caption = 14 // of a panel
	gap     = 8
)

// Write draws the picture as PNG. Seed, worlds, profiles, marginals, attacks
// and relations of c are kept; the rest is set so that there is something to see.
func Write(w io.Writer, c prior.Config) error {
	if err := c.Check(); err != nil {
		return err
	}
	sections := []section{worlds(c), attacks(c), relations(c), marginals(c)}
	height := vg.Length(2*margin - 10)
	for _, s := range sections {
		height += s.height()
	}
	canvas := vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(110), vgimg.UseBackgroundColor(color.White))
	all := draw.New(canvas)
	top := height - margin
	for _, s := range sections {
		s.draw(all, top)
		top -= s.height()
	}
	_, err := vgimg.PngCanvas{Canvas: canvas}.WriteTo(w)
	return err
}

// section is a heading and panels in rows.
type section struct {
	title, says string
	legend      []entry
	columns     int
	tall        vg.Length
	panels      []panel
}

// panel has a name and fills its part of the canvas.
type panel struct {
	name string
	fill func(c draw.Canvas)
}

// entry is a line of a legend.
type entry struct {
	name   string
	colour color.Color
}

// row gives the panels of row r, and what stands over them needs; nil behind the last.
func (s section) row(r int) (panels []panel, over vg.Length) {
	if r*s.columns >= len(s.panels) {
		return nil, 0
	}
	panels = s.panels[r*s.columns : min((r+1)*s.columns, len(s.panels))]
	for _, p := range panels {
		if p.name != "" {
			over = caption
		}
	}
	return panels, over
}

func (s section) height() vg.Length {
	high := vg.Length(heading + 10)
	for r := 0; ; r++ {
		panels, over := s.row(r)
		if panels == nil {
			return high
		}
		high += over + s.tall + gap
	}
}

func (s section) draw(all draw.Canvas, top vg.Length) {
	write(all, margin, top-13, 12, bold, ink, s.title)
	write(all, margin, top-28, 9, plain, soft, s.says)
	right := width - margin
	for i := len(s.legend) - 1; i >= 0; i-- {
		e := s.legend[i]
		right -= textStyle(9, plain, ink).Width(e.name)
		write(all, right, top-28, 9, plain, ink, e.name)
		right -= 8
		dot(all, vg.Point{X: right, Y: top - 25}, 2.6, e.colour)
		right -= 14
	}
	wide := (width - 2*margin + gap) / vg.Length(s.columns)
	y := top - heading
	for r := 0; ; r++ {
		panels, over := s.row(r)
		if panels == nil {
			return
		}
		for i, p := range panels {
			left := margin + vg.Length(i)*wide
			write(all, left, y-9, 9, plain, ink, p.name)
			box := vg.Rectangle{Min: vg.Point{X: left, Y: y - over - s.tall}, Max: vg.Point{X: left + wide - gap, Y: y - over}}
			all.SetColor(paper)
			all.Fill(box.Path())
			p.fill(draw.Canvas{Canvas: all.Canvas, Rectangle: box})
		}
		y -= over + s.tall + gap
	}
}

const (
	plain = 0
	bold  = 3 // WeightBold of golang.org/x/image/font
)

func textStyle(size vg.Length, weight int, c color.Color) text.Style {
	f := font.From(plot.DefaultFont, size)
	f.Variant = "Sans"
	if weight == bold {
		f.Weight = bold
	}
	return text.Style{Color: c, Font: f, Handler: plot.DefaultTextHandler}
}

func write(c draw.Canvas, x, y, size vg.Length, weight int, colour color.Color, words string) {
	c.FillText(textStyle(size, weight, colour), vg.Point{X: x, Y: y}, words)
}

func dot(c draw.Canvas, at vg.Point, radius vg.Length, colour color.Color) {
	c.DrawGlyph(draw.GlyphStyle{Color: colour, Radius: radius, Shape: draw.CircleGlyph{}}, at)
}
