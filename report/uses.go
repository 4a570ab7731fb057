package report

import (
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"github.com/inkling-sec/inkling/pack"
)

// Skipped is a pack that was not judged.
type Skipped struct{ Pack, Why string }

// use is a line of the table of all uses.
type use struct {
	Card     *Card
	Set      *Set
	Compared *pack.Comparison
	Own      pack.Estimate
	Baseline pack.Estimate
	Top      string // of all learners, where neither of both
	Verdict  string
	Wins     string // classes in which the default is ahead, of how many
	Remarks  string
	First    bool // of its set
}

// usesOf gives a line for each set and number of examples.
func usesOf(cards []*Card) (out []use) {
	for _, c := range cards {
		for _, s := range c.Sets {
			v := c.view(s)
			for i := range v.Compared {
				k := &v.Compared[i]
				top := ""
				if k.Top != c.Learner && k.Top != k.Best {
					top = fmt.Sprintf("%s %.3f", k.Top, of(k.AP, k.Top).Mean)
				}
				out = append(out, use{c, s, k, of(k.AP, c.Learner), of(k.AP, k.Best), top, verdict(k, c.Learner), wins(k, c.Learner), v.remarks(), i == 0})
			}
		}
	}
	return out
}

// of gives a learner's estimate; NaN where it has none.
func of(m map[string]pack.Estimate, learner string) pack.Estimate {
	if e, has := m[learner]; has {
		return e
	}
	return pack.Estimate{Mean: nan, Low: nan, High: nan}
}

// remarks says in a few words what to know of the figures.
func (v *view) remarks() string {
	out := []string{v.classes(v.Compared...)}
	switch {
	case v.Set.Apart:
		out = append(out, "groups kept apart")
	case v.Set.Forward:
		out = append(out, "cut by time")
	}
	if n := v.Set.seen(); n > 0 {
		out = append(out, plural(n, "leakage finding", "leakage findings"))
	}
	return strings.Join(out, "; ")
}

// Uses writes the table of all uses as Markdown; command is what made it.
func Uses(w io.Writer, command string, cards []*Card, skipped []Skipped) error {
	var b strings.Builder
	b.WriteString("| use | set | K | default | its AP | best baseline | its AP | difference | | classes ahead | best of all others | remarks |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n")
	for _, u := range usesOf(cards) {
		remarks := ""
		if u.First {
			remarks = u.Remarks
		}
		fmt.Fprintf(&b, "| %s | %s | %d | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", cell(u.Card.Name), cell(u.Set.Name), u.Compared.Shots, u.Card.Learner, interval(u.Own), u.Compared.Best, interval(u.Baseline), signed(u.Compared.Ahead), u.Verdict, u.Wins, u.Top, cell(remarks))
	}
	if len(cards) > 0 {
		fmt.Fprintf(&b, "\nAP is average precision, a mean over classes and %s with its 95 %% interval over draws, or over classes from eight on; the best baseline is the best of %s at that K. Better and worse are those whose interval of the difference leaves zero out, which is said of these classes: how far others may differ, the classes ahead tell; the best of all others is told where it is ahead of both. Made by `%s` (Inkling %s).\n", plural(cards[0].Draws, "draw", "draws"), strings.Join(pack.Baselines, ", "), command, cards[0].Program)
		if single := drawnOnce(usesOf(cards)); single != "" {
			fmt.Fprintf(&b, "\n%s\n", single)
		}
	}
	for _, s := range skipped {
		fmt.Fprintf(&b, "\n%s was not judged: %s.\n", s.Pack, cell(s.Why))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// drawnOnce says what verdicts of a single draw are worth; "" where there are none.
func drawnOnce(uses []use) string {
	if !slices.ContainsFunc(uses, func(u use) bool { return u.Verdict == single }) {
		return ""
	}
	return "One draw has no interval: it does not tell which of the two is better."
}

// cell keeps a text inside its cell of a Markdown table.
func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ").Replace(s)
}

// Lines writes the outcomes of all cards as JSON lines.
func Lines(w io.Writer, cards []*Card) error {
	e := json.NewEncoder(w)
	for _, c := range cards {
		for i := range c.Outcomes {
			line := struct {
				Pack string `json:"pack"`
				Outcome
			}{c.Name, c.Outcomes[i]}
			if err := e.Encode(line); err != nil {
				return err
			}
		}
	}
	return nil
}

// Index writes a page that leads to the cards NAME.html beside it.
func Index(w io.Writer, cards []*Card, skipped []Skipped) error {
	return indexTemplate.Execute(w, struct {
		Style   template.CSS
		Uses    []use
		Once    string
		Skipped []Skipped
	}{style, usesOf(cards), drawnOnce(usesOf(cards)), skipped})
}

var indexTemplate = parse("index", `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>Report cards</title>
<style>{{.Style}}</style>
</head>
<body>
<header><p class="kind">Inkling</p><h1>Report cards</h1>
<p class="about">How well each use is served: the default learner against the best baseline, by average precision, on public data.</p></header>
<div class="scroll"><table class="uses">
<tr><th>use</th><th>set</th><th class="n">K</th><th>default</th><th>best baseline</th><th>difference</th><th></th><th>classes ahead</th><th>best of all others</th></tr>
{{range .Uses}}<tr><td>{{if .First}}<a href="{{.Card.Name}}.html">{{.Card.Title}}</a>{{end}}</td><td>{{if .First}}{{.Set.Name}}<br/><span class="note">{{.Remarks}}</span>{{end}}</td><td class="n">{{.Compared.Shots}}</td><td><b>{{.Card.Learner}}</b> {{interval .Own}}</td><td><b>{{.Compared.Best}}</b> {{interval .Baseline}}</td><td class="i">{{signed .Compared.Ahead}}</td><td class="i">{{if eq .Verdict "better"}}<span class="fine">better</span>{{else if eq .Verdict "worse"}}<span class="warn">worse</span>{{else}}{{.Verdict}}{{end}}</td><td class="i">{{.Wins}}</td><td>{{.Top}}</td></tr>
{{end}}</table></div>
{{range .Skipped}}<p class="note">{{.Pack}} was not judged: {{.Why}}.</p>{{end}}
<p class="note">Means over held-out classes and draws with 95 % intervals over draws, or over classes from eight on. Better and worse are those whose interval of the difference leaves zero out, which is said of these classes: how far others may differ, the classes ahead tell.{{with .Once}} {{.}}{{end}}</p>
</body>
</html>
`)
