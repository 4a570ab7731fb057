package report

import (
	"html/template"

	"github.com/inkling-sec/inkling/eval"
)

// shownFindings is how many findings stand open on the page, so that what was measured is not pages below.
const shownFindings = 8

var leakTemplate = parse("leaks", `{{define "found"}}<div class="scroll"><table>
<tr><th>check</th>{{if .Several}}<th>data</th>{{end}}<th>class</th><th>place</th><th class="n">figure</th><th>measure</th><th>what was found</th><th>learners see it</th></tr>
{{range .Rows}}<tr><td>{{.Check}}</td>{{if $.Several}}<td>{{.Part}}</td>{{end}}<td>{{or .Class "any"}}</td><td>{{.Place}}</td><td class="n">{{figure .Figure}}</td><td>{{.Measure}}</td><td class="w">{{.Says}}</td><td>{{if .Learned}}<span class="warn">yes</span>{{else}}no{{end}}</td></tr>
{{end}}</table></div>{{end}}
{{if .Findings}}<p><span class="{{if .Learned}}warn{{end}}">{{.Learned}} of {{len .Findings}} findings {{if eq .Learned 1}}is{{else}}are{{end}} of what learners see.</span> A finding is a suspicion: a class may simply be easy. Look at what the column is before believing the figures below.</p>
{{template "found" .Shown}}{{with .Rest.Rows}}<details><summary>{{len .}} more</summary>{{template "found" $.Rest}}</details>{{end}}{{with .More}}<p class="note">{{.}} more are not listed.</p>{{end}}
{{else}}<p class="fine">Nothing was found.</p>{{end}}
<p class="note">Looked for: a single feature that tells a class from benign rows (AUROC, one threshold, single values, 0.99 or more), identifiers and times whose neighbours are of one class, the order of the files (0.9 or more), and judged rows that stand, the same or nearly so after scaling, among those to learn from too (5 % or more).</p>
<h4>On both sides of the cut</h4>
{{if .Overlaps}}<div class="scroll"><table>
<tr><th>held out</th>{{if .Several}}<th>data</th>{{end}}<th>judged rows of</th><th class="n">rows</th><th class="n">the same row is learned from</th><th class="n">nearly the same</th><th class="n">the same as a benign row</th></tr>
{{range .Overlaps}}<tr><td>{{or .Class "any"}}</td>{{if $.Several}}<td>{{.Part}}</td>{{end}}<td>{{.Judged}}</td><td class="n">{{count .Rows}}</td><td class="n">{{percent .Same}}</td><td class="n">{{percent .Near}}</td><td class="n">{{percent .Benign}}</td></tr>
{{end}}</table></div>{{end}}
<p>{{if .Clean}}{{if .Overlaps}}Of {{.Clean}} more, no{{else}}No{{end}} judged row stands among those to learn from, and none is the same as a benign one.{{end}}</p>
<p class="note">As learners see rows, scaled. For a class: among all its rows that examples are drawn from, of which a learner gets a few. A row of an attack that is the same as a benign one cannot be told from it.</p>`)

// seen gives the number of findings that are of what learners see.
func (s *Set) seen() (n int) {
	for _, p := range s.Parts {
		for _, f := range p.Leakage.Findings {
			if f.Learned {
				n++
			}
		}
	}
	return n
}

// beware says at the top what is found below.
func beware(s *Set) string {
	n := s.seen()
	if n == 0 {
		return ""
	}
	return plural(n, "finding", "findings") + " under Leakage: look there before believing these figures."
}

type foundRow struct {
	eval.Finding
	Part string
}

type overlapRow struct {
	eval.Overlap
	Part string
}

func leakSection(v *view) (template.HTML, error) {
	type found struct {
		Several bool
		Rows    []foundRow
	}
	var data struct {
		Findings      []foundRow
		Shown, Rest   found
		Learned, More int
		Several       bool
		Overlaps      []overlapRow // of rows that stand on both sides
		Clean         int          // classes without
	}
	data.Several = len(v.Set.Parts) > 1
	data.Learned = v.Set.seen()
	for _, learned := range []bool{true, false} {
		for _, p := range v.Set.Parts {
			for _, f := range p.Leakage.Findings {
				if f.Learned == learned {
					data.Findings = append(data.Findings, foundRow{f, p.Name})
				}
			}
		}
	}
	for _, p := range v.Set.Parts {
		for _, o := range p.Leakage.Overlaps {
			if o.Same+o.Near+o.Benign == 0 {
				data.Clean++
				continue
			}
			data.Overlaps = append(data.Overlaps, overlapRow{o, p.Name})
		}
	}
	listed := data.Findings[:min(len(data.Findings), shownParts)]
	open := min(len(listed), shownFindings)
	data.Shown, data.Rest = found{data.Several, listed[:open]}, found{data.Several, listed[open:]}
	data.More = len(data.Findings) - len(listed)
	data.Overlaps = data.Overlaps[:min(len(data.Overlaps), shownParts)]
	return render(leakTemplate, data)
}
