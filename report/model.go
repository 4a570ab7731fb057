package report

import (
	"fmt"
	"html/template"
	"strings"

	"github.com/inkling-sec/inkling/meta"
)

var modelTemplate = parse("model", `
<section id="model"><h2>The model</h2>
<table class="text">
<tr><th>what it is</th><td>{{.What}}</td></tr>
<tr><th>training data</th><td>{{.Training}}</td></tr>
<tr><th>intended use</th><td>Finding records like a handful of examples of an attack among records of a known kind, for people who look at each alert. The learner is taught where it is used, with that place's own benign records.</td></tr>
<tr><th>not meant for</th><td>Decisions about people without a person who looks, diagnosis, or anything where a missed attack or a false alarm does harm that nobody can undo. A low score is no proof that a record is benign.</td></tr>
<tr><th>limits</th><td>The figures hold for data like these, cut as above; another place has other benign records. An attack unlike the examples is not found. An attacker who knows the features can change those that are marked as theirs to set. The false-alarm promise holds for benign records like those calibrated on, and no longer when they drift. Public sets have artefacts: see the findings under Leakage.</td></tr>
<tr><th>licence</th><td>Program and models: Apache License 2.0. Data sets have licences of their own and are not part of the program.</td></tr>
</table></section>
<section id="again"><h2>To make it again</h2>
<p>The same command on the same data makes the same figures, times aside.</p>
<pre>{{.Card.Command}}</pre>
<table class="text">
<tr><th>program</th><td>Inkling {{.Card.Program}}</td></tr>
<tr><th>seed</th><td>{{.Card.Seed}}; {{.Card.Draws}} draw{{if ne .Card.Draws 1}}s{{end}}</td></tr>
{{range .Card.Sets}}{{$set := .Name}}{{range .Parts}}<tr><th>{{$set}} {{.Name}}</th><td>{{count .Rows}} rows, SHA-256 <code>{{.Fingerprint}}</code></td></tr>
{{end}}{{end}}</table></section>`)

// trainedOn says what of the learners that judge by default was trained on what.
var trainedOn = map[string]string{
	"vote":      "The matcher inside the program was meta-trained on synthetic tasks alone; no record of a user or of a public data set has been near it. All else is fitted to the benign records and examples at hand.",
	"matcher":   "Meta-trained on synthetic tasks alone; no record of a user or of a public data set has been near it.",
	"meta-vote": "The prototypical network was meta-trained on five days of our own lab, without the held-out capture and attacks; the matcher on synthetic tasks alone. No public data set has been near either. All else is fitted to the benign records and examples at hand.",
}

// modelSection is the model card, and how to make the page again.
func modelSection(c *Card) (template.HTML, error) {
	data := struct {
		Card           *Card
		What, Training string
	}{Card: c, What: c.Learner, Training: trainedOn[c.Learner]}
	if e, err := meta.Find(c.Learner); err == nil {
		data.What = fmt.Sprintf("%s: %s.", c.Learner, strings.TrimSuffix(e.Doc, "."))
	}
	if data.Training == "" {
		data.Training = "None beforehand: it is fitted to the benign records and examples at hand."
		if e, err := meta.Find(c.Learner); err == nil {
			if _, trains := e.New(0).(meta.Trainer); trains {
				data.Training = "Meta-trained on the other attack classes of these data, anew for each class that was held out."
			}
		}
	}
	return render(modelTemplate, data)
}
