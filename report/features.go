package report

import (
	"html/template"
	"slices"
	"strings"

	"github.com/inkling-sec/inkling/eval"
	"github.com/inkling-sec/inkling/feature"
)

var featureTemplate = parse("features", `
<p>{{len .Part.Features}} features of the contract <code>{{.Part.Contract}}</code>; {{.Kinds}}.{{if .Several}} They are those of {{.Part.Name}}; other tables of the set may have others.{{end}}</p>
{{if .Dropped}}<div class="scroll"><table><tr><th>not learned from</th><th>why</th></tr>{{range .Dropped}}<tr><td>{{.Column}}</td><td>{{.Why}}</td></tr>{{end}}</table></div>
{{end}}{{if not .Table}}<p>Nothing of a record but these features is learned from: addresses, names and absolute time are left out.</p>{{end}}
<details><summary>All features</summary><div class="scroll"><table>
<tr><th>feature</th><th>kind</th><th>what it is</th></tr>
{{range .Rows}}<tr><td>{{.Name}}</td><td>{{.Kind}}</td><td>{{.Says}}</td></tr>
{{end}}</table></div></details>`)

// shownLevels is how many levels of a category are listed.
const shownLevels = 6

func head(s []string, n int) []string { return s[:min(len(s), n)] }

type featureRow struct{ Name, Kind, Says string }

func featureSection(v *view) (template.HTML, error) {
	p := v.Set.Parts[0]
	var data struct {
		Part    *Part
		Several bool
		Table   bool
		Kinds   string
		Dropped []eval.Omitted
		Rows    []featureRow
	}
	data.Part, data.Several, data.Table = p, len(v.Set.Parts) > 1, strings.HasPrefix(p.Contract, "table ")
	data.Dropped = p.Omitted
	for _, name := range p.Constant {
		data.Dropped = append(slices.Clip(data.Dropped), eval.Omitted{Column: name, Why: "a feature, but the same in all rows: it says nothing"})
	}
	over, attacker, categories := 0, 0, 0
	for _, f := range p.Features {
		var says []string
		if f.Kind == feature.Category {
			categories++
			says = append(says, "levels "+strings.Join(head(f.Levels, shownLevels), ", "))
			if len(f.Levels) > shownLevels {
				says[0] += ", …"
			}
		}
		for _, s := range []string{f.Doc, f.Unit} {
			if s != "" {
				says = append(says, s)
			}
		}
		if f.OverTime {
			over++
			says = append(says, "depends on earlier records")
		}
		if f.Attacker {
			attacker++
			says = append(says, "an attacker sets it at will")
		}
		data.Rows = append(data.Rows, featureRow{f.Name, f.Kind.String(), strings.Join(says, "; ")})
	}
	data.Kinds = plural(categories, "is a category", "are categories") + ", " + plural(over, "depends on earlier records", "depend on earlier records") + ", " + plural(attacker, "an attacker sets at will", "an attacker sets at will")
	return render(featureTemplate, data)
}

func plural(n int, one, many string) string {
	switch n {
	case 0:
		return "none " + one
	case 1:
		return "1 " + one
	}
	return count(n) + " " + many
}
