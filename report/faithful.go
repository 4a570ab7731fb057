package report

import "html/template"

var faithfulTemplate = parse("faithful", `
<p>An alert says which features speak for it. Here its values are exchanged for those of a typical benign record, the features named first going first: the share of the rise of the margin that is left, on average, while they are taken away (deletion: small is faithful), and that a typical record has while it is given them (insertion: large is faithful).</p>
<div class="scroll"><table>
<tr><th>explained by</th><th class="n">deletion</th><th class="n">insertion</th><th class="n">alerts</th><th></th></tr>
{{range .Methods}}<tr{{if .Own}} class="own"{{end}}><td>{{.Method}}</td><td class="n">{{figure .Deletion}}</td><td class="n">{{figure .Insertion}}</td><td class="n">{{.Rows}}</td><td>{{.Says}}</td></tr>
{{end}}</table></div>
<p class="note">{{.Classes}}, one draw each, up to ten alerts at 1 % false alarms; means over classes. Petsiuk, Das and Saenko 2018.</p>`)

// faithfulSays tells what a method is.
var faithfulSays = map[string]string{
	"substitution": "the evidence of alerts: what a value takes with it, and what it brings",
	"occlusion":    "what a value takes with it",
	"shapley":      "what a value adds, over random orders; 16 times the work",
	"own":          "the network's own exact contributions, where it has some",
	"random":       "by chance",
}

// faithfulSection says how faithful explanations are.
func faithfulSection(v *view) (template.HTML, error) {
	type method struct {
		Method, Says        string
		Own                 bool
		Deletion, Insertion float64
		Rows, classes       int
	}
	var data struct {
		Methods []*method
		Classes string
	}
	at, classes := map[string]*method{}, 0
	for _, c := range v.Set.Contributions {
		if len(c.Faithful) > 0 {
			classes++
		}
		for _, f := range c.Faithful {
			m := at[f.Method]
			if m == nil {
				m = &method{Method: f.Method, Says: faithfulSays[f.Method], Own: f.Method == "substitution"}
				at[f.Method], data.Methods = m, append(data.Methods, m)
			}
			m.Deletion, m.Insertion = m.Deletion+f.Deletion, m.Insertion+f.Insertion
			m.Rows, m.classes = m.Rows+f.Rows, m.classes+1
		}
	}
	if classes == 0 {
		return "", nil
	}
	for _, m := range data.Methods {
		m.Deletion, m.Insertion = m.Deletion/float64(m.classes), m.Insertion/float64(m.classes)
	}
	data.Classes = plural(classes, "class", "classes")
	return render(faithfulTemplate, data)
}
