package report

import (
	"html/template"

	"github.com/inkling-sec/inkling/pack"
)

var confusionTemplate = parse("confusion", `
<p>The share of rows that alerts where 1 % of benign rows may, by {{.Own}}.</p>
<div class="scroll"><table>
<tr><th>rows of</th>{{range .Shots}}<th>{{.}}</th>{{end}}<th>ought to alert</th></tr>
{{range .Rows}}<tr><td>{{.Name}}</td>{{range .Shares}}<td class="i">{{interval .}}</td>{{end}}<td>{{.Ought}}</td></tr>
{{end}}</table></div>
<p>At {{.Most}}, of 1,000 rows of each kind:</p>
<div class="scroll"><table>
<tr><th></th><th class="n">alert</th><th class="n">do not</th></tr>
{{range .Rows}}<tr><td>{{.Name}}</td><td class="n">{{.Alert}}</td><td class="n">{{.Quiet}}</td></tr>
{{end}}</table></div>
<p class="note">Means of {{.Classes}} {{.Intervals}}. Benign: the threshold of half of the benign rows, measured on the other half. Other attacks are those of other classes; whether an alert on one is an error is for the user to say.</p>`)

type confusionRow struct {
	Name, Ought  string
	Shares       []pack.Estimate
	Alert, Quiet string
}

// confusionSection says what alerts: the taught class, other attacks, benign rows.
func confusionSection(v *view) (template.HTML, error) {
	var data struct {
		Own, Most, Classes string
		Intervals          string
		Shots              []string
		Rows               []confusionRow
	}
	data.Own, data.Most, data.Classes, data.Intervals = v.Card.Learner, examples(v.most().Shots), v.classes(v.Compared...), v.intervals()
	for _, kind := range []struct {
		name, ought string
		of          func(*pack.Outcome) float64
	}{
		{"the taught class", "yes", func(o *pack.Outcome) float64 { return o.Recall1 }},
		{"other attacks", "no: not taught", func(o *pack.Outcome) float64 { return o.Taken1 }},
		{"benign", "no", func(o *pack.Outcome) float64 { return o.Kept1 }},
	} {
		row := confusionRow{Name: kind.name, Ought: kind.ought, Alert: none, Quiet: none}
		for i := range v.Compared {
			row.Shares = append(row.Shares, of(pack.Means(measured(v.Outcomes, kind.of), v.Compared[i].Shots, v.Development, kind.of), v.Card.Learner))
		}
		if mean := row.Shares[len(row.Shares)-1].Mean; finite(mean) {
			alert := int(1000*mean + 0.5)
			row.Alert, row.Quiet = count(alert), count(1000-alert)
		}
		data.Rows = append(data.Rows, row)
	}
	for i := range v.Compared {
		data.Shots = append(data.Shots, examples(v.Compared[i].Shots))
	}
	return render(confusionTemplate, data)
}

// measured gives the outcomes that have a figure: not every class has other attacks beside it, or benign rows enough.
func measured(outcomes []pack.Outcome, of func(*pack.Outcome) float64) (out []pack.Outcome) {
	for i := range outcomes {
		if finite(of(&outcomes[i])) {
			out = append(out, outcomes[i])
		}
	}
	return out
}
