package report

import (
	"fmt"
	"html/template"
	"math"
	"strings"
)

// Axis is a chart's axis.
type axis struct {
	title    string
	min, max float64
	log      bool
	ticks    []tick // nil means some
}

type tick struct {
	at   float64
	text string
}

// line is a curve with a band about it, or points with whiskers.
type line struct {
	name      string
	colour    string
	dash      string // of SVG; "" is solid
	thick     bool
	points    bool // marks and whiskers in place of a band
	x, y      []float64
	low, high []float64 // nil without an interval
}

// chart is a plot of lines; what is not finite is left out.
type chart struct {
	title string
	x, y  axis
	lines []line
	equal bool      // draws where x and y are the same
	marks []float64 // upright hairlines at these x
	wide  int       // 0 means 460
	bare  bool      // no legend
}

const (
	plotLeft, plotRight = 52, 20
	plotTop, plotHeight = 26, 220
	plotBottom, keyLine = 44, 16
	letter              = 5.9 // width of a letter of the legend, about
)

// svg draws the chart.
func (c chart) svg() template.HTML {
	if c.wide == 0 {
		c.wide = 460
	}
	rows, key := c.legend()
	high := plotTop + plotHeight + plotBottom + rows*keyLine
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="chart" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s">`, c.wide, high, c.wide, high, esc(c.title))
	fmt.Fprintf(&b, `<text x="%d" y="14" class="ct">%s</text>`, plotLeft, esc(c.title))
	c.frame(&b)
	for _, l := range c.lines {
		if !l.points && l.low != nil {
			c.band(&b, l)
		}
	}
	for i := len(c.lines) - 1; i >= 0; i-- { // the first lies on top
		c.curve(&b, c.lines[i])
	}
	b.WriteString(key)
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}

func esc(s string) string { return template.HTMLEscapeString(s) }

func (a axis) share(v float64) float64 {
	if a.log {
		return (math.Log10(max(v, a.min)) - math.Log10(a.min)) / (math.Log10(a.max) - math.Log10(a.min))
	}
	return (v - a.min) / (a.max - a.min)
}

func (c *chart) px(v float64) float64 {
	return plotLeft + min(max(c.x.share(v), 0), 1)*float64(c.wide-plotLeft-plotRight)
}

func (c *chart) py(v float64) float64 {
	return plotTop + (1-min(max(c.y.share(v), 0), 1))*plotHeight
}

// ticked gives the axis's ticks: a power of ten each, or fifths of its length.
func (a axis) ticked() []tick {
	if a.ticks != nil {
		return a.ticks
	}
	var out []tick
	if a.log {
		for e := math.Ceil(math.Log10(a.min) - 1e-9); e <= math.Log10(a.max)+1e-9; e++ {
			out = append(out, tick{math.Pow(10, e), rate(math.Pow(10, e))})
		}
		return out
	}
	for i := range 6 {
		v := a.min + (a.max-a.min)*float64(i)/5
		out = append(out, tick{v, fmt.Sprintf("%.3g", v)})
	}
	return out
}

// rate writes a share as people say it.
func rate(v float64) string {
	return fmt.Sprintf("%.4g %%", 100*v)
}

// frame draws axes, ticks, grid and hairlines.
func (c *chart) frame(b *strings.Builder) {
	right, bottom := c.wide-plotRight, plotTop+plotHeight
	for _, t := range c.y.ticked() {
		y := c.py(t.at)
		fmt.Fprintf(b, `<line x1="%d" x2="%d" y1="%.1f" y2="%.1f" class="grid"/><text x="%d" y="%.1f" class="tick end">%s</text>`, plotLeft, right, y, y, plotLeft-6, y+3.5, esc(t.text))
	}
	for _, t := range c.x.ticked() {
		x := c.px(t.at)
		fmt.Fprintf(b, `<line x1="%.1f" x2="%.1f" y1="%d" y2="%d" class="axis"/><text x="%.1f" y="%d" class="tick mid">%s</text>`, x, x, bottom, bottom+4, x, bottom+16, esc(t.text))
	}
	for _, m := range c.marks {
		x := c.px(m)
		fmt.Fprintf(b, `<line x1="%.1f" x2="%.1f" y1="%d" y2="%d" class="mark"/>`, x, x, plotTop, bottom)
	}
	if c.equal {
		lo, hi := max(c.x.min, c.y.min), min(c.x.max, c.y.max)
		fmt.Fprintf(b, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" class="equal"/>`, c.px(lo), c.py(lo), c.px(hi), c.py(hi))
	}
	fmt.Fprintf(b, `<path d="M%d %dV%dH%d" class="axis"/>`, plotLeft, plotTop, bottom, right)
	fmt.Fprintf(b, `<text x="%d" y="%d" class="label mid">%s</text>`, (plotLeft+right)/2, bottom+34, esc(c.x.title))
	fmt.Fprintf(b, `<text transform="translate(13 %d) rotate(-90)" class="label mid">%s</text>`, plotTop+plotHeight/2, esc(c.y.title))
}

func finite(v ...float64) bool {
	for _, x := range v {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return false
		}
	}
	return true
}

func (c *chart) band(b *strings.Builder, l line) {
	var there, back []string
	for i, x := range l.x {
		if finite(x, l.low[i], l.high[i]) {
			there = append(there, fmt.Sprintf("%.1f %.1f", c.px(x), c.py(l.high[i])))
			back = append(back, fmt.Sprintf("%.1f %.1f", c.px(x), c.py(l.low[i])))
		}
	}
	if len(there) < 2 {
		return
	}
	for i, j := 0, len(back)-1; i < j; i, j = i+1, j-1 {
		back[i], back[j] = back[j], back[i]
	}
	fmt.Fprintf(b, `<path d="M%sL%sZ" fill="%s" fill-opacity="0.16"/>`, strings.Join(there, "L"), strings.Join(back, "L"), l.colour)
}

func (c *chart) curve(b *strings.Builder, l line) {
	var path []string
	for i, x := range l.x {
		if !finite(x, l.y[i]) {
			continue
		}
		px, py := c.px(x), c.py(l.y[i])
		path = append(path, fmt.Sprintf("%.1f %.1f", px, py))
		if l.points && l.low != nil && finite(l.low[i], l.high[i]) {
			fmt.Fprintf(b, `<line x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f" stroke="%s" stroke-width="1.2"/>`, px, px, c.py(l.low[i]), c.py(l.high[i]), l.colour)
		}
		if l.points {
			fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="%.1f" fill="%s"/>`, px, py, l.width()+1.4, l.colour)
		}
	}
	if len(path) > 1 {
		fmt.Fprintf(b, `<path d="M%s" fill="none" stroke="%s" stroke-width="%.1f"%s/>`, strings.Join(path, "L"), l.colour, l.width(), l.dashed())
	}
}

func (l *line) width() float64 {
	if l.thick {
		return 2.6
	}
	return 1.5
}

func (l *line) dashed() string {
	if l.dash == "" {
		return ""
	}
	return ` stroke-dasharray="` + l.dash + `"`
}

// legend lays the names out under the plot, and says how many rows they take.
func (c *chart) legend() (rows int, key string) {
	if c.bare {
		return 0, ""
	}
	var b strings.Builder
	x, rows := float64(plotLeft), 1
	for _, l := range c.lines {
		wide := 34 + letter*float64(len([]rune(l.name)))
		if x > plotLeft && x+wide > float64(c.wide) {
			x, rows = plotLeft, rows+1
		}
		y := plotTop + plotHeight + plotBottom + rows*keyLine - 8
		fmt.Fprintf(&b, `<line x1="%.1f" x2="%.1f" y1="%d" y2="%d" stroke="%s" stroke-width="%.1f"%s/><text x="%.1f" y="%d" class="tick">%s</text>`, x, x+20, y, y, l.colour, l.width(), l.dashed(), x+25, y+4, esc(l.name))
		x += wide
	}
	return rows, b.String()
}

// bar draws a share of 1 as a bar for a table's cell; one below 0 goes to the left.
func bar(share float64, colour string) template.HTML {
	const wide, mid = 110, 22.0
	if !finite(share) {
		return ""
	}
	n := min(max(share, -0.25), 1) * (wide - mid)
	x := mid
	if n < 0 {
		x, n = mid+n, -n
	}
	return template.HTML(fmt.Sprintf(`<svg class="bar" viewBox="0 0 %d 10" width="%d" height="10" aria-hidden="true"><rect x="%.1f" y="1" width="%.1f" height="8" fill="%s"/><line x1="%.0f" x2="%.0f" y1="0" y2="10" class="axis"/></svg>`, wide, wide, x, n, colour, mid, mid))
}
