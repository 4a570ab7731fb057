package report

import (
	"fmt"
	"html/template"

	"github.com/inkling-sec/inkling/pack"
)

var shotsTemplate = parse("shots", `
<div class="charts">{{range .Charts}}<figure>{{.}}</figure>{{end}}</div>
<p class="note">Means of {{.Classes}} {{.Intervals}}. {{.Own}} is held against the best of the baselines {{join .Baselines ", "}}, chosen anew at each number of examples.</p>`)

// shotsSection draws figures by number of examples.
func shotsSection(v *view) (template.HTML, error) {
	var data struct {
		Charts    []template.HTML
		Own       string
		Intervals string
		Classes   string
		Baselines []string
	}
	data.Intervals = v.intervals()
	data.Own, data.Classes, data.Baselines = v.Card.Learner, v.classes(v.Compared...), pack.Baselines
	for _, of := range []struct {
		title string
		of    func(*pack.Comparison) map[string]pack.Estimate
	}{
		{"Average precision", func(c *pack.Comparison) map[string]pack.Estimate { return c.AP }},
		{"Recall at 1 % false alarms", func(c *pack.Comparison) map[string]pack.Estimate { return c.Recall1 }},
	} {
		c := chart{title: of.title, x: axis{title: "examples", min: -0.4, max: float64(len(v.Compared)) - 0.6}, y: axis{title: of.title, max: 1}}
		for i := range v.Compared {
			c.x.ticks = append(c.x.ticks, tick{float64(i), fmt.Sprint(v.Compared[i].Shots)})
		}
		for n, l := range v.shown() {
			drawn := v.drawn(l)
			drawn.points = true
			for i := range v.Compared {
				e, has := of.of(&v.Compared[i])[l]
				if !has {
					continue
				}
				drawn.x = append(drawn.x, float64(i)+0.05*float64(n-2)) // side by side, so that whiskers can be told apart
				drawn.y, drawn.low, drawn.high = append(drawn.y, e.Mean), append(drawn.low, e.Low), append(drawn.high, e.High)
			}
			c.lines = append(c.lines, drawn)
		}
		if c.y.min = bottom(c.lines); c.y.min > 0 {
			c.y.title += fmt.Sprintf(", from %g", c.y.min)
		}
		data.Charts = append(data.Charts, c.svg())
	}
	return render(shotsTemplate, data)
}

// bottom gives where an axis begins that has room for lines near 1 to be told apart: at 0 where one is not.
func bottom(lines []line) float64 {
	least := 1.
	for _, l := range lines {
		for i := range l.y {
			for _, v := range []float64{l.y[i], l.low[i]} {
				if finite(v) {
					least = min(least, v)
				}
			}
		}
	}
	for _, from := range []float64{.8, .5} {
		if least >= from {
			return from
		}
	}
	return 0
}

// shown gives the default and the baselines that were judged.
func (v *view) shown() []string {
	out := []string{v.Card.Learner}
	for _, b := range pack.Baselines {
		if _, has := v.most().AP[b]; has && b != v.Card.Learner {
			out = append(out, b)
		}
	}
	return out
}
