package report

import (
	"fmt"
	"html/template"
)

// shownParts is the number of tables and of classes that are listed one by one.
const shownParts = 60

var dataTemplate = parse("data", `
{{with .Set.About}}<p>{{sentence .}}</p>{{end}}
<p>{{.Cut}}</p>
<div class="scroll"><table>
<tr><th>data</th><th class="n">rows</th><th class="n">groups</th><th class="n">exact duplicates dropped</th><th class="n">benign learned from</th><th class="n">benign judged</th><th class="n">known attacks</th><th>SHA-256 of the rows</th></tr>
{{range .Parts}}<tr><td>{{.Name}}</td><td class="n">{{count .Rows}}</td><td class="n">{{.Groups}}</td><td class="n">{{count .Duplicates}}</td><td class="n">{{count .Pool}}</td><td class="n">{{count .Judged}}</td><td class="n">{{count .Known}}</td><td><code>{{short .Fingerprint}}</code></td></tr>
{{end}}</table></div>{{with .Skipped}}<p class="warn">{{count .}} unreadable and left out.</p>{{end}}
<div class="scroll"><table>
<tr><th>class</th>{{if .Several}}<th>data</th>{{end}}<th class="n">rows</th><th class="n">groups</th><th>role</th></tr>
{{range .Classes}}<tr><td>{{.Name}}</td>{{if $.Several}}<td>{{.Part}}</td>{{end}}<td class="n">{{count .Rows}}</td><td class="n">{{.Groups}}</td><td>{{.Role}}</td></tr>
{{end}}</table></div>
{{with .More}}<p class="note">{{.}} more are not listed.</p>{{end}}`)

type classRow struct {
	Class
	Part, Role string
}

func dataSection(v *view) (template.HTML, error) {
	s := v.Set
	var data struct {
		Set     *Set
		Parts   []*Part
		Several bool
		Classes []classRow
		More    int
		Skipped int
		Cut     string
	}
	data.Set, data.Several, data.Cut = s, len(s.Parts) > 1, cut(s)
	for _, p := range s.Parts {
		name := *p
		data.Skipped += p.Skipped
		if name.Name == "" {
			name.Name = s.Name
		}
		data.Parts = append(data.Parts, &name)
		for _, c := range p.Classes {
			data.Classes = append(data.Classes, classRow{c, name.Name, role(s, c)})
		}
	}
	if n := len(data.Classes) - shownParts; n > 0 {
		data.Classes, data.More = data.Classes[:shownParts], n
	}
	if n := len(data.Parts) - shownParts; n > 0 {
		data.Parts, data.More = data.Parts[:shownParts], data.More+n
	}
	return render(dataTemplate, data)
}

func role(s *Set, c Class) string {
	switch {
	case c.Name == s.Benign:
		return "benign"
	case !c.HeldOut:
		return "not held out"
	case c.Development:
		return "held out; the default was chosen on it"
	}
	return "held out"
}

// cut says what is kept apart.
func cut(s *Set) string {
	gets, elsewhere := "benign rows, a few examples of the class and rows of the other attacks", " Known attacks and training come from other captures."
	if s.Alone {
		gets, elsewhere = "benign rows and a few examples of the class", " Training comes from other captures."
	}
	text := "Each attack class in turn is left out of everything: a learner gets " + gets + ", and is judged on other benign rows and other rows of the class. "
	switch {
	case s.Apart:
		text += "Groups, such as patients or captures, are kept apart: what is judged comes from other groups than what is learned from."
	case s.Forward:
		text += "Every class is cut by its order in the files: what is judged comes later than what is learned from."
	default:
		text += "Rows are cut at random within each class; exact duplicates were dropped before."
	}
	if s.Elsewhere {
		text += elsewhere
	}
	return text + fmt.Sprintf(" The benign class is %q.", s.Benign)
}
