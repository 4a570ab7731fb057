package report

import (
	"bytes"
	"fmt"
	"html/template"
	"io"
	"math"
	"slices"
	"strings"
	"unicode"

	"github.com/inkling-sec/inkling/pack"
)

// section is a part of the page about a set; an empty body leaves it out.
type section struct {
	title string
	body  func(*view) (template.HTML, error)
}

// sections are all of them, in order. Adding one is a file and a line here.
var sections = []section{
	{"Data", dataSection},
	{"Features", featureSection},
	{"Leakage", leakSection},
	{"By number of examples", shotsSection},
	{"Curves", curveSection},
	{"All learners", learnerSection},
	{"Who alerts", confusionSection},
	{"The false-alarm promise", boundSection},
	{"Precision in the field", prevalenceSection},
	{"What tells the class", contributionSection},
	{"How faithful the evidence is", faithfulSection},
	{"Cost", costSection},
}

// view is a set as its sections see it.
type view struct {
	Card        *Card
	Set         *Set
	Outcomes    []pack.Outcome
	Development bool              // the figures are of development classes, for want of others
	Compared    []pack.Comparison // by number of examples
}

func (c *Card) view(s *Set) *view {
	v := &view{Card: c, Set: s, Outcomes: c.of(s.Name)}
	v.Development = onDevelopment(v.Outcomes)
	v.Compared = pack.Compare(v.Outcomes, c.Learner, v.Development)
	return v
}

// most is the comparison at the largest number of examples.
func (v *view) most() *pack.Comparison { return &v.Compared[len(v.Compared)-1] }

// intervals says over what the means' intervals are: classes where there are many, else draws; one draw has none.
func (v *view) intervals() string {
	if v.most().Classes >= pack.ManyClasses {
		return "with 95 % intervals over classes"
	}
	return v.overDraws()
}

func (v *view) overDraws() string {
	if v.Card.Draws == 1 {
		return "of one draw, which has no interval"
	}
	return "with 95 % intervals over draws"
}

// classes says of how many classes the figures of those comparisons are: not every class has rows enough for many examples.
func (v *view) classes(of ...pack.Comparison) string {
	kind := "held-out class"
	if v.Development {
		kind = "development class"
	}
	least, most := of[0].Classes, of[0].Classes
	for _, c := range of {
		least, most = min(least, c.Classes), max(most, c.Classes)
	}
	switch {
	case most == 1:
		return "one " + kind
	case least < most:
		return fmt.Sprintf("%d to %d %ses", least, most, kind)
	}
	return fmt.Sprintf("%d %ses", most, kind)
}

// trace gives a learner's curves, or nil.
func (v *view) trace(learner string, shots int) *Trace {
	for _, t := range v.Set.Traces {
		if t.Learner == learner && t.Shots == shots && t.Development == v.Development {
			return t
		}
	}
	return nil
}

// rivals gives the default and the best baseline at a number of examples, where they are two.
func (v *view) rivals(c *pack.Comparison) []string {
	if c.Best == "" || c.Best == v.Card.Learner {
		return []string{v.Card.Learner}
	}
	return []string{v.Card.Learner, c.Best}
}

type chapter struct {
	ID, Name string
	Tiles    []tile
	Beware   string
	Sections []printed
}

type printed struct {
	ID, Title string
	Body      template.HTML
}

// Write writes the page of a card.
func Write(w io.Writer, c *Card) error {
	var page struct {
		Card     *Card
		Style    template.CSS
		Chapters []chapter
		Model    template.HTML
	}
	page.Card, page.Style = c, style
	for i, s := range c.Sets {
		v := c.view(s)
		if len(v.Compared) == 0 {
			continue
		}
		ch := chapter{ID: fmt.Sprintf("set%d", i+1), Name: s.Name, Tiles: tiles(v), Beware: beware(s)}
		for k, sec := range sections {
			body, err := sec.body(v)
			if err != nil {
				return fmt.Errorf("report card: %s: %w", sec.title, err)
			}
			if body != "" {
				ch.Sections = append(ch.Sections, printed{fmt.Sprintf("%s-%d", ch.ID, k+1), sec.title, body})
			}
		}
		page.Chapters = append(page.Chapters, ch)
	}
	var err error
	if page.Model, err = modelSection(c); err != nil {
		return err
	}
	return pageTemplate.Execute(w, page)
}

// parse makes the template of a section.
func parse(name, text string) *template.Template {
	return template.Must(template.New(name).Funcs(template.FuncMap{
		"interval": interval, "signed": signed, "percent": percent, "figure": figure, "count": count, "sentence": sentence, "join": strings.Join, "short": fingerprint,
	}).Parse(text))
}

func render(t *template.Template, data any) (template.HTML, error) {
	var b bytes.Buffer
	err := t.Execute(&b, data)
	return template.HTML(b.String()), err
}

const none = "–"

var nan = math.NaN()

func figure(v float64) string {
	if !finite(v) {
		return none
	}
	return fmt.Sprintf("%.3f", v)
}

func interval(e pack.Estimate) string {
	if !finite(e.Mean) {
		return none
	}
	return strings.TrimSpace(fmt.Sprintf("%.3f %s", e.Mean, ends(e)))
}

// ends writes the interval alone; "" where there is none.
func ends(e pack.Estimate) string {
	if !finite(e.Low, e.High) {
		return ""
	}
	return fmt.Sprintf("[%.3f, %.3f]", e.Low, e.High)
}

func signed(e pack.Estimate) string {
	if !finite(e.Mean) {
		return none
	}
	text := fmt.Sprintf("%+.3f", e.Mean)
	if finite(e.Low, e.High) {
		text += fmt.Sprintf(" [%+.3f, %+.3f]", e.Low, e.High)
	}
	return strings.ReplaceAll(text, "-", "−")
}

// percent writes a share with two significant digits, or none after the point from 10 % on.
func percent(v float64) string {
	switch p := 100 * v; {
	case !finite(v):
		return none
	case math.Abs(p) >= 9.95 || p == 0:
		return fmt.Sprintf("%.0f %%", p)
	default:
		return fmt.Sprintf("%.2g %%", p)
	}
}

// count writes a whole number with commas.
func count(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// sentence makes one of a text that may lack a capital or a full stop.
func sentence(s string) string {
	r := []rune(strings.TrimSpace(s))
	if len(r) == 0 {
		return ""
	}
	r[0] = unicode.ToUpper(r[0])
	if !strings.ContainsRune(".!?", r[len(r)-1]) {
		r = append(r, '.')
	}
	return string(r)
}

// fingerprint shortens a hash for people.
func fingerprint(s string) string { return s[:min(len(s), 16)] }

// colours tell learners apart, for colour-blind people too (Okabe and Ito 2008); dashes do so in print without colour.
var colours = []struct{ learner, colour, dash string }{
	{"ratio", "#009E73", "6 3"},
	{"extra-trees", "#D55E00", "2 2"},
	{"random-forest", "#CC79A7", "8 3 2 3"},
	{"logistic-regression", "#E69F00", "4 2 1 2"},
}

const (
	ownColour   = "#0072B2"
	otherColour = "#56B4E9"
)

// drawn gives a line in the learner's colour.
func (v *view) drawn(learner string) line {
	if learner == v.Card.Learner {
		return line{name: learner, colour: ownColour, thick: true}
	}
	for _, c := range colours {
		if c.learner == learner {
			return line{name: learner, colour: c.colour, dash: c.dash}
		}
	}
	return line{name: learner, colour: otherColour}
}

// learners gives those that have figures, the best first.
func learners(of map[string]pack.Estimate) []string {
	names := make([]string, 0, len(of))
	for n := range of {
		names = append(names, n)
	}
	slices.SortFunc(names, func(a, b string) int {
		switch d := of[b].Mean - of[a].Mean; {
		case d > 0:
			return 1
		case d < 0:
			return -1
		}
		return strings.Compare(a, b)
	})
	return names
}

var pageTemplate = parse("page", `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>{{.Card.Title}}: report card</title>
<style>{{.Style}}</style>
</head>
<body>
<header>
<p class="kind">Report card</p>
<h1>{{.Card.Title}}</h1>
{{with .Card.About}}<p class="about">{{sentence .}}</p>{{end}}
<p class="meta">Judged by default: <b>{{.Card.Learner}}</b>{{with .Card.Why}} ({{.}}){{end}}. {{with .Card.Draws}}{{if eq . 1}}1 draw, which has no interval{{else}}{{.}} draws{{end}}{{end}}, seed {{.Card.Seed}}. Inkling {{.Card.Program}}, {{.Card.Made.Format "2 January 2006"}}.</p>
{{with .Card.Missing}}<p class="warn">Not judged, for want of data:{{range .}} {{.}}.{{end}}</p>{{end}}
</header>
{{$many := gt (len .Chapters) 1}}
{{range .Chapters}}
<section class="chapter" id="{{.ID}}">
{{if $many}}<h2 class="set">{{.Name}}</h2>{{end}}
<div class="tiles">{{range .Tiles}}<div class="tile {{.Kind}}"><p class="k">{{.Title}}</p><p class="v">{{.Figure}} <span>{{.Interval}}</span></p><p class="s">{{.Says}}{{with .Ahead}}: <span>{{.}}</span>{{end}}{{with .Wins}}, {{.}}{{end}}</p></div>{{end}}</div>
{{with .Beware}}<p class="warn">{{.}}</p>{{end}}
<nav>{{range .Sections}}<a href="#{{.ID}}">{{.Title}}</a> {{end}}<a href="#model">The model</a> <a href="#again">To make it again</a></nav>
{{range .Sections}}<section id="{{.ID}}"><h3>{{.Title}}</h3>
{{.Body}}</section>
{{end}}</section>
{{end}}
{{.Model}}
</body>
</html>
`)
