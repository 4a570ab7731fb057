package report

import (
	"html/template"
	"math"
)

var curveTemplate = parse("curves", `
<div class="charts">{{range .ROC}}<figure>{{.}}</figure>{{end}}</div>
<div class="charts">{{range .PR}}<figure>{{.}}</figure>{{end}}</div>
<p class="note">Means of {{.Classes}} {{.Intervals}}. Thin uprights mark 0.1 % and 1 % false alarms; left of one in the number of judged benign rows no false alarm is allowed at all. Precision is among the judged rows, where attacks are far commoner than in the field: see below.</p>`)

// curveSection draws ROC and precision-recall curves of the default and the best baseline.
func curveSection(v *view) (template.HTML, error) {
	var data struct {
		ROC, PR            []template.HTML
		Classes, Intervals string
	}
	data.Classes, data.Intervals = v.classes(v.Compared...), v.overDraws()
	for i := range v.Compared {
		c := &v.Compared[i]
		roc := chart{title: "ROC, " + examples(c.Shots), wide: 305, x: axis{title: "false-alarm rate", min: v.leastRate(), max: 1, log: true}, y: axis{title: "recall", max: 1}, marks: []float64{0.001, 0.01}}
		pr := chart{title: "Precision and recall, " + examples(c.Shots), wide: 305, x: axis{title: "recall", max: 1}, y: axis{title: "precision", max: 1}}
		for _, l := range v.rivals(c) {
			if t := v.trace(l, c.Shots); t != nil {
				roc.lines = append(roc.lines, v.banded(l, t.ROC))
				pr.lines = append(pr.lines, v.banded(l, t.PR))
			}
		}
		if len(roc.lines) > 0 {
			data.ROC, data.PR = append(data.ROC, roc.svg()), append(data.PR, pr.svg())
		}
	}
	if data.ROC == nil {
		return "", nil
	}
	return render(curveTemplate, data)
}

// leastRate is the smallest false-alarm rate worth drawing.
func (v *view) leastRate() float64 {
	judged := 1
	for _, p := range v.Set.Parts {
		judged = max(judged, p.Judged)
	}
	return min(max(math.Pow(10, math.Floor(-math.Log10(float64(judged)))), alarmRates[0]), 0.001)
}

func (v *view) banded(learner string, b Band) line {
	l := v.drawn(learner)
	l.x, l.y, l.low, l.high = b.X, floats(b.Mean), floats(b.Low), floats(b.High)
	return l
}
