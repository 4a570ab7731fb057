package report

import (
	"fmt"
	"html/template"
	"slices"
	"time"
)

var costTemplate = parse("cost", `
<div class="scroll"><table>
<tr><th>learner</th>{{range .Shots}}<th class="n">teach, {{.}}</th>{{end}}<th class="n">rows scored a second</th></tr>
{{range .Rows}}<tr{{if .Own}} class="own"{{end}}><td>{{.Learner}}</td>{{range .Teach}}<td class="n">{{.}}</td>{{end}}<td class="n">{{.Rate}}</td></tr>
{{end}}</table></div>
<p class="note">Median time to teach, and rows over time to score, on the machine that judged, with an episode on each core at once: a learner by itself is faster. Training beforehand does not count.</p>`)

type costRow struct {
	Learner string
	Own     bool
	Teach   []string
	Rate    string
}

func milliseconds(d time.Duration) string {
	if ms := d.Seconds() * 1000; ms < 100 {
		return fmt.Sprintf("%.3g ms", ms)
	}
	return count(int(d.Milliseconds())) + " ms"
}

// costSection says what learners take.
func costSection(v *view) (template.HTML, error) {
	var data struct {
		Shots []string
		Rows  []costRow
	}
	for i := range v.Compared {
		data.Shots = append(data.Shots, examples(v.Compared[i].Shots))
	}
	for _, l := range learners(v.most().AP) {
		row := costRow{Learner: l, Own: l == v.Card.Learner}
		var score time.Duration
		judged := 0
		for i := range v.Compared {
			var teach []time.Duration
			for _, o := range v.Outcomes {
				if o.Learner == l && o.Shots == v.Compared[i].Shots {
					teach = append(teach, o.Teach)
					score, judged = score+o.Score, judged+o.Judged
				}
			}
			slices.Sort(teach)
			row.Teach = append(row.Teach, milliseconds(teach[len(teach)/2]))
		}
		row.Rate = none
		if score > 0 {
			row.Rate = count(int(float64(judged) / score.Seconds()))
		}
		data.Rows = append(data.Rows, row)
	}
	return render(costTemplate, data)
}
