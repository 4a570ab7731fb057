package report

import (
	"fmt"
	"html/template"

	"github.com/inkling-sec/inkling/pack"
)

var prevalenceTemplate = parse("prevalence", `
<div class="charts"><figure>{{.Chart}}</figure>
<div><p>Where one record in {{.Among}} is of the attack (the upright), of 100 alerts by {{.Own}}:</p>
<div class="scroll"><table><tr><th>threshold at</th><th class="n">recall</th><th class="n">are right</th></tr>
{{range .Rows}}<tr><td>{{.Rate}} false alarms</td><td class="n">{{percent .Recall}}</td><td class="n">{{.Right}}</td></tr>
{{end}}</table></div></div></div>
<p class="note">Precision = π·R / (π·R + (1 − π)·F), with prevalence π, recall R and false-alarm rate F; {{.Most}}, means of {{.Classes}}. The prevalence is set by <code>--prevalence</code>.</p>`)

type prevalenceRow struct {
	Rate   string
	Recall float64
	Right  string
}

// prevalenceSection says what precision is to be had where attacks are rare.
func prevalenceSection(v *view) (template.HTML, error) {
	var data struct {
		Chart         template.HTML
		Among, Own    string
		Rows          []prevalenceRow
		Most, Classes string
	}
	k := v.most().Shots
	data.Among, data.Own, data.Most, data.Classes = among(v.Card.Prevalence), v.Card.Learner, examples(k), v.classes(*v.most())
	c := chart{title: "Precision by prevalence", wide: 400, marks: []float64{v.Card.Prevalence}, y: axis{title: "precision", max: 1}, x: axis{title: "prevalence", min: min(1e-5, v.Card.Prevalence), max: max(0.1, v.Card.Prevalence), log: true}}
	for _, at := range operating {
		recall, has := pack.Means(v.Outcomes, k, v.Development, at.recall)[v.Card.Learner]
		if !has {
			return "", nil
		}
		l := line{name: v.Card.Learner + " at " + rate(at.rate), colour: at.colour, dash: at.dash, thick: true}
		for _, p := range logSteps(c.x.min, c.x.max, 10) {
			l.x, l.y = append(l.x, p), append(l.y, precision(p, recall.Mean, at.rate))
		}
		c.lines = append(c.lines, l)
		data.Rows = append(data.Rows, prevalenceRow{rate(at.rate), recall.Mean, fmt.Sprintf("%.0f", 100*precision(v.Card.Prevalence, recall.Mean, at.rate))})
	}
	data.Chart = c.svg()
	return render(prevalenceTemplate, data)
}

// among says of how many records one is of the attack.
func among(prevalence float64) string {
	if n := 1 / prevalence; n < 10 {
		return fmt.Sprintf("%.2g", n)
	}
	return count(int(1/prevalence + 0.5))
}

// operating are the thresholds that are shown.
var operating = []struct {
	rate         float64
	recall       func(*pack.Outcome) float64
	colour, dash string
}{
	{0.001, func(o *pack.Outcome) float64 { return o.Recall01 }, "#0072B2", ""},
	{0.01, func(o *pack.Outcome) float64 { return o.Recall1 }, "#E69F00", "6 3"},
}

// precision gives the share of alerts that are right.
func precision(prevalence, recall, alarms float64) float64 {
	right, wrong := prevalence*recall, (1-prevalence)*alarms
	if right+wrong == 0 {
		return 0
	}
	return right / (right + wrong)
}
