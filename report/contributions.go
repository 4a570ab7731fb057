package report

import (
	"html/template"

	"github.com/inkling-sec/inkling/eval"
	"github.com/inkling-sec/inkling/feature"
)

// shownFeatures is how many features are listed for a class.
const shownFeatures = 8

var contributionTemplate = parse("contributions", `
<p>How much of the gap between the margins of the class and of benign rows {{.Own}} loses when one feature's values are dealt out anew among judged rows (permutation importance), and how well the feature by itself ranks the class above benign rows.</p>
<div class="scroll"><table>
{{range .Classes}}<tr><th>{{.Class}}{{with .Part}} ({{.}}){{end}}, {{.Of}}</th><th class="n">loss</th><th></th><th class="n">alone, AUROC</th><th>benign, usually</th><th>the class, usually</th></tr>
{{range .Features}}<tr><td>{{.Feature}}</td><td class="n">{{percent .Drop}}</td><td>{{.Bar}}</td><td class="n">{{.Ranks}}</td><td>{{.Benign}}</td><td>{{.Class}}</td></tr>
{{end}}{{end}}</table></div>
<p class="note">One draw, two deals, up to 400 benign rows and 200 of the class. Features that say the same stand in for each other, so that each loses little alone. AUROC below ½: smaller values in the class; categories have none.</p>`)

type contributionRow struct {
	eval.Importance
	Bar   template.HTML
	Ranks string
}

type contributionClass struct {
	Class, Part, Of string
	Features        []contributionRow
}

// category reports whether a feature has levels and no order.
func (s *Set) category(name string) bool {
	for _, p := range s.Parts {
		for _, f := range p.Features {
			if f.Name == name {
				return f.Kind == feature.Category
			}
		}
	}
	return false
}

// contributionSection says which features tell the class.
func contributionSection(v *view) (template.HTML, error) {
	var data struct {
		Own     string
		Classes []contributionClass
	}
	data.Own = v.Card.Learner
	for _, c := range v.Set.Contributions {
		class := contributionClass{Class: c.Class, Part: c.Part, Of: examples(c.Shots)}
		for _, f := range c.Features {
			row := contributionRow{f, bar(f.Drop, ownColour), figure(f.Alone)}
			if v.Set.category(f.Feature) {
				row.Ranks = none
			}
			class.Features = append(class.Features, row)
		}
		data.Classes = append(data.Classes, class)
	}
	if data.Classes == nil {
		return "", nil
	}
	return render(contributionTemplate, data)
}
