package report

import "html/template"

var boundTemplate = parse("bound", `
<div class="charts"><figure>{{.Chart}}</figure>
<div><p>A threshold is taken from half of the judged benign rows so that a false-alarm rate is promised, and the rate is measured on the other half. Where the promise is kept, points lie on the line.</p>
<div class="scroll"><table><tr><th>promised</th>{{range .Learners}}<th>{{.}}</th>{{end}}</tr>
{{range .Rows}}<tr><td>{{.Promised}}</td>{{range .Realised}}<td class="i">{{.}}</td>{{end}}</tr>{{end}}</table></div></div></div>
<p class="note">{{.Most}}; means of {{.Classes}} {{.Intervals}}. The promise is for benign rows like those it was calibrated on: other captures, patients or times may differ, which this does not measure. A promise smaller than one in the number of rows cannot be made.</p>`)

type boundRow struct {
	Promised string
	Realised []string
}

// boundSection holds promised false-alarm rates against those that came.
func boundSection(v *view) (template.HTML, error) {
	var data struct {
		Chart         template.HTML
		Learners      []string
		Rows          []boundRow
		Most, Classes string
		Intervals     string
	}
	data.Most, data.Classes, data.Intervals = examples(v.most().Shots), v.classes(*v.most()), v.overDraws()
	c := chart{title: "False-alarm rate", wide: 400, equal: true, x: axis{title: "promised", min: 0.0005, max: 0.2, log: true}, y: axis{title: "measured", min: 0.0001, max: 0.2, log: true}}
	for _, p := range promises {
		data.Rows = append(data.Rows, boundRow{Promised: rate(p)})
	}
	for _, l := range v.rivals(v.most()) {
		t := v.trace(l, v.most().Shots)
		if t == nil || !finite(floats(t.Kept.Mean)[len(promises)-1]) {
			continue
		}
		drawn := v.banded(l, t.Kept)
		drawn.points = true
		c.lines = append(c.lines, drawn)
		data.Learners = append(data.Learners, l)
		for i := range promises {
			text := none
			if finite(drawn.y[i]) {
				text = percent(drawn.y[i])
				if finite(drawn.low[i]) {
					text += " [" + percent(drawn.low[i]) + ", " + percent(drawn.high[i]) + "]"
				}
			}
			data.Rows[i].Realised = append(data.Rows[i].Realised, text)
		}
	}
	if c.lines == nil {
		return "", nil
	}
	data.Chart = c.svg()
	return render(boundTemplate, data)
}
