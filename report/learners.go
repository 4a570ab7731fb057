package report

import (
	"html/template"

	"github.com/inkling-sec/inkling/pack"
)

var learnerTemplate = parse("learners", `
{{range .Tables}}<h4>{{.Title}}</h4><div class="scroll"><table>
<tr><th>learner</th><th>average precision</th><th>recall at 1 %</th><th>recall at 0.1 %</th><th>AUROC</th></tr>
{{range .Rows}}<tr{{if .Own}} class="own"{{end}}><td>{{.Learner}}</td><td class="i">{{interval .AP}}</td><td class="i">{{interval .Recall1}}</td><td class="i">{{interval .Recall01}}</td><td class="i">{{interval .AUROC}}</td></tr>
{{end}}</table></div>{{end}}
<h4>{{.Own}} by class</h4><div class="scroll"><table>
<tr><th>class</th>{{if .Several}}<th>data</th>{{end}}<th></th>{{range .Shots}}<th>{{.}}</th>{{end}}</tr>
{{range .Classes}}<tr><td>{{.Class}}</td>{{if $.Several}}<td>{{.Part}}</td>{{end}}<td>{{if .Development}}<span class="note">development</span>{{end}}</td>{{range .AP}}<td class="i">{{interval .}}</td>{{end}}</tr>
{{end}}</table></div>
<p class="note">Means {{.Intervals}}; by class: average precision {{.OverDraws}}. All learners were judged on the same episodes.</p>`)

type learnerRow struct {
	Learner                      string
	Own                          bool
	AP, Recall1, Recall01, AUROC pack.Estimate
}

type learnerTable struct {
	Title string
	Rows  []learnerRow
}

type byClass struct {
	Part, Class string
	Development bool
	AP          []pack.Estimate
}

// learnerSection lists all learners, and the default by class.
func learnerSection(v *view) (template.HTML, error) {
	var data struct {
		Own                  string
		Intervals, OverDraws string
		Tables               []learnerTable
		Shots                []string
		Several              bool
		Classes              []byClass
	}
	data.Own, data.Several = v.Card.Learner, len(v.Set.Parts) > 1
	data.Intervals, data.OverDraws = v.intervals(), v.overDraws()
	for i := range v.Compared {
		c := &v.Compared[i]
		t := learnerTable{Title: examples(c.Shots) + ", " + v.classes(*c)}
		low := pack.Means(v.Outcomes, c.Shots, v.Development, func(o *pack.Outcome) float64 { return o.Recall01 })
		area := pack.Means(v.Outcomes, c.Shots, v.Development, func(o *pack.Outcome) float64 { return o.AUROC })
		for _, l := range learners(c.AP) {
			t.Rows = append(t.Rows, learnerRow{l, l == v.Card.Learner, c.AP[l], c.Recall1[l], low[l], area[l]})
		}
		data.Tables = append(data.Tables, t)
		data.Shots = append(data.Shots, examples(c.Shots))
	}
	data.Classes = v.byClass()
	return render(learnerTemplate, data)
}

func (v *view) byClass() (out []byClass) {
	outcomes := map[byClassKey][]pack.Outcome{}
	var order []byClassKey
	for _, o := range v.Outcomes {
		if k := (byClassKey{o.Part, o.Class, o.Development}); o.Learner == v.Card.Learner {
			if outcomes[k] == nil {
				order = append(order, k)
			}
			outcomes[k] = append(outcomes[k], o)
		}
	}
	for _, k := range order[:min(len(order), shownParts)] {
		row := byClass{Part: k.part, Class: k.class, Development: k.development}
		for i := range v.Compared {
			row.AP = append(row.AP, of(pack.Means(outcomes[k], v.Compared[i].Shots, k.development, func(o *pack.Outcome) float64 { return o.AP }), v.Card.Learner))
		}
		out = append(out, row)
	}
	return out
}

type byClassKey struct {
	part, class string
	development bool
}
