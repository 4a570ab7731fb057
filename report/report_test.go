package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/inkling-sec/inkling/dataset"
	"github.com/inkling-sec/inkling/eval"
	"github.com/inkling-sec/inkling/feature"
	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/pack"
)

// table is 500 benign rows and 80 of each of two attacks, one of which a column gives away, in two groups.
func table(t *testing.T) *eval.Data {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	sheets := []*dataset.Sheet{{Columns: []string{"size", "count", "flag", "still"}}, {Columns: []string{"size", "count", "flag", "still"}}}
	for i := range 660 {
		class, size, flag := "ok", rng.NormFloat64(), rng.NormFloat64()
		switch {
		case i%33 < 4:
			class, size = "flood <script>", size+3
		case i%33 < 8:
			class, flag = "probe", flag+50
		}
		sheets[i%2].Add(class, size, rng.NormFloat64(), flag, 7)
	}
	d, err := dataset.LoadSheets(t.Context(), "made", "table", sheets...)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// made plays the table and gives its card.
func made(t *testing.T) *Card {
	t.Helper()
	d := table(t)
	plan := eval.Plan{Protocol: eval.NewAttack{Benign: "ok", Shots: []int{1, 5}, Draws: 3, Seed: 1}, Trained: []meta.Learner{&meta.KNN{}, &meta.Ratio{}, &meta.Logistic{}}}
	episodes, err := plan.Protocol.Episodes(d)
	if err != nil {
		t.Fatal(err)
	}
	r := NewRecorder(Card{Name: "made", Title: "Made & played", Learner: "knn", Command: "inkling eval --data made.csv --report made.html", Program: "0", Made: time.Unix(1.8e9, 0).UTC(), Seed: 1, Draws: 3, Prevalence: 0.001})
	if err := r.Begin(t.Context(), Set{Name: "made", About: "rows that a test made", Benign: "ok"}, dataset.Part{Data: d}, &plan, episodes); err != nil {
		t.Fatal(err)
	}
	plan.Each = func(e eval.Outcome) { r.Each(pack.OutcomeOf("made", "", e.Episode.Draw, e), e) }
	if _, err := plan.Play(t.Context(), d, episodes); err != nil {
		t.Fatal(err)
	}
	return r.Card()
}

func written(t *testing.T, write func(io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// wellFormed reads a page as XML, which it is but for its first line.
func wellFormed(t *testing.T, page string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(page))
	d.Entity = xml.HTMLEntity
	for {
		_, err := d.Token()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatalf("not well-formed: %v", err)
		}
	}
}

func TestCard(t *testing.T) {
	c := made(t)
	page := written(t, func(w io.Writer) error { return Write(w, c) })
	wellFormed(t, page)
	for _, s := range sections {
		if !strings.Contains(page, "<h3>"+s.title+"</h3>") {
			t.Errorf("no section %q", s.title)
		}
	}
	for _, want := range []string{
		"Made &amp; played", "flood &lt;script&gt;", "The model", c.Command, c.Sets[0].Parts[0].Fingerprint, "still", "the same in all rows",
		"one feature", "flag", "AUROC", "Precision by prevalence", "extra-trees", "promised", "rows scored a second", "@media print",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if url := regexp.MustCompile(`(?i)https?://|src=|url\(|<script|<link|@import`).FindString(page); url != "" {
		t.Errorf("the page has %q", url)
	}
	if table := regexp.MustCompile(`(?s).{0,24}<table>`).FindString(strings.ReplaceAll(page, `<div class="scroll"><table>`, "")); table != "" {
		t.Errorf("%q is cut off where the page is narrow", table)
	}
	if n := strings.Count(page, `class="chart"`); n != 8 { // two by number of examples, ROC and precision for each of two, promise, prevalence
		t.Errorf("%d charts", n)
	}
	if bad := regexp.MustCompile(`NaN|Inf\b|%!`).FindString(page); bad != "" {
		t.Errorf("the page has %q", bad)
	}
	if len(page) > 300<<10 {
		t.Errorf("%d bytes", len(page))
	}
}

// A class with too few rows for many examples has no figures there, and each table says of how many classes it is.
func TestCardOfFewerClassesWithMoreExamples(t *testing.T) {
	v := &view{Card: &Card{Learner: "knn"}, Set: &Set{}}
	for _, o := range []struct {
		class string
		shots int
	}{{"a", 1}, {"a", 30}, {"b", 1}} {
		v.Outcomes = append(v.Outcomes, pack.Outcome{Class: o.class, Shots: o.shots, Learner: "knn"})
	}
	pack.Sort(v.Outcomes)
	v.Compared = pack.Compare(v.Outcomes, "knn", false)
	body, err := learnerSection(v)
	if err != nil || !strings.Contains(string(body), "1 example, 2 held-out classes") || !strings.Contains(string(body), "30 examples, one held-out class") {
		t.Errorf("%v, %s", err, body)
	}
	if got := v.classes(v.Compared...); got != "1 to 2 held-out classes" {
		t.Errorf("of all: %s", got)
	}
}

// The known attacks that a card tells of are those that learners get: none with Alone, those of other captures where these are given.
func TestCardTellsTheKnownThatLearnersGet(t *testing.T) {
	d := table(t)
	flood := slices.DeleteFunc(d.Of("probe"), func(r int) bool { return r >= 330 })
	for want, plan := range map[int]eval.Plan{
		40:         {},
		0:          {Alone: true},
		len(flood): {Known: d.Keep(flood)},
	} {
		plan.Protocol = eval.NewAttack{Benign: "ok", Classes: []string{"flood <script>"}, Shots: []int{1}, Draws: 1, Seed: 1}
		episodes, err := plan.Protocol.Episodes(d)
		if err != nil {
			t.Fatal(err)
		}
		r := NewRecorder(Card{Learner: "knn"})
		about := Set{Name: "made", Benign: "ok", Alone: plan.Alone}
		if err := r.Begin(t.Context(), about, dataset.Part{Data: d}, &plan, episodes); err != nil {
			t.Fatal(err)
		}
		if got := r.Card().Sets[0].Parts[0].Known; got != want {
			t.Errorf("%d known rows, want %d", got, want)
		}
		if says := strings.Contains(cut(&about), "rows of the other attacks"); says == plan.Alone {
			t.Errorf("alone is %v, the card says: %s", plan.Alone, cut(&about))
		}
	}
}

// A class that only a further draw's cut of the groups holds out is told as held out.
func TestCardOfSeveralCuts(t *testing.T) {
	d := table(t)
	r := NewRecorder(Card{Learner: "knn"})
	for _, class := range []string{"probe", "flood <script>"} {
		plan := eval.Plan{Protocol: eval.NewAttack{Benign: "ok", Classes: []string{class}, Shots: []int{1}, Draws: 1, Seed: 1}}
		episodes, err := plan.Protocol.Episodes(d)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Begin(t.Context(), Set{Name: "made", Benign: "ok"}, dataset.Part{Data: d}, &plan, episodes); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range r.Card().Sets[0].Parts[0].Classes {
		if c.HeldOut != (c.Name != "ok") {
			t.Errorf("%s: held out: %v", c.Name, c.HeldOut)
		}
	}
}

// Levels that are not listed are told of, and only they.
// Many findings do not push what was measured pages down, and rows that stand on one side only are counted, not listed.
func TestLeaksAreShort(t *testing.T) {
	leaks := func(found int, overlaps ...eval.Overlap) string {
		l := &eval.Leakage{Overlaps: overlaps}
		for i := range found {
			l.Findings = append(l.Findings, eval.Finding{Check: "one feature", Place: fmt.Sprintf("column%d", i), Learned: true})
		}
		body, err := leakSection(&view{Set: &Set{Parts: []*Part{{Leakage: l}}}})
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	clean, both := eval.Overlap{Judged: "clean", Rows: 9}, eval.Overlap{Judged: "on both", Rows: 9, Near: .5}
	few, many := leaks(shownFindings, clean), leaks(shownFindings+3, clean, both)
	if strings.Contains(few, "<details") || !strings.Contains(few, ">No judged row stands") {
		t.Errorf("few findings:\n%s", few)
	}
	open, rest, found := strings.Cut(many, "<details><summary>3 more</summary>")
	if !found || !strings.Contains(open, "column7<") || strings.Contains(open, "column8<") || !strings.Contains(rest, "column10<") {
		t.Errorf("many findings:\n%s", many)
	}
	if strings.Contains(many, "clean<") || !strings.Contains(many, "on both<") || !strings.Contains(many, "Of 1 more, no judged row") {
		t.Errorf("rows on both sides:\n%s", many)
	}
}

// An axis begins where lines near 1 can be told apart, and at 0 for others.
func TestBottom(t *testing.T) {
	for least, want := range map[float64]float64{.83: .8, .8: .8, .79: .5, .49: 0} {
		if got := bottom([]line{{y: []float64{.99, math.NaN()}, low: []float64{least, math.NaN()}}}); got != want {
			t.Errorf("from %g for %g: want %g", got, least, want)
		}
	}
}

func TestFeatureLevels(t *testing.T) {
	levels := strings.Split("abcdefg", "")
	for n, want := range map[int]string{6: "levels a, b, c, d, e, f<", 7: "levels a, b, c, d, e, f, …<"} {
		p := &Part{Features: []feature.Feature{{Name: "x", Kind: feature.Category, Levels: levels[:n]}}}
		body, err := featureSection(&view{Set: &Set{Parts: []*Part{p}}})
		if err != nil || !strings.Contains(string(body), want) {
			t.Errorf("%d levels: %v, %s", n, err, body)
		}
	}
}

// A card of two sets, one of them of two tables and of development classes alone.
func TestCardOfSeveral(t *testing.T) {
	d := table(t)
	plan := eval.Plan{Protocol: eval.NewAttack{Benign: "ok", Shots: []int{2}, Draws: 1, Seed: 1}, Trained: []meta.Learner{&meta.Ratio{}}}
	episodes, err := plan.Protocol.Episodes(d)
	if err != nil {
		t.Fatal(err)
	}
	r := NewRecorder(Card{Name: "several", Title: "Several", Learner: "ratio", Draws: 1, Prevalence: 0.5})
	for _, in := range [][2]string{{"one", ""}, {"two", "east"}, {"two", "west"}} {
		set, part := in[0], in[1]
		about := Set{Name: set, Benign: "ok"}
		if set == "two" {
			about.Development = []string{"probe"}
		}
		if err := r.Begin(t.Context(), about, dataset.Part{Name: part, Data: d}, &plan, episodes); err != nil {
			t.Fatal(err)
		}
		plan.Each = func(e eval.Outcome) {
			o := pack.OutcomeOf(set, part, 0, e)
			o.Development = set == "two"
			r.Each(o, e)
		}
		if _, err := plan.Play(t.Context(), d, episodes); err != nil {
			t.Fatal(err)
		}
	}
	page := written(t, func(w io.Writer) error { return Write(w, r.Card()) })
	wellFormed(t, page)
	for _, want := range []string{`<h2 class="set">one</h2>`, `<h2 class="set">two</h2>`, "4 development classes", "<td>west</td>", "held out; the default was chosen on it", "one record in 2 "} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if bad := regexp.MustCompile(`NaN|Inf\b|%!`).FindString(page); bad != "" {
		t.Errorf("the page has %q", bad)
	}
}

// A card that is stored and read again makes the same page.
func TestCardStored(t *testing.T) {
	c := made(t)
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	again := &Card{}
	if err := json.Unmarshal(b, again); err != nil {
		t.Fatal(err)
	}
	if !again.Same(c) {
		t.Error("the stored card is not the same")
	}
	if written(t, func(w io.Writer) error { return Write(w, c) }) != written(t, func(w io.Writer) error { return Write(w, again) }) {
		t.Error("the stored card makes another page")
	}
}

func TestSums(t *testing.T) {
	cards, skipped := []*Card{made(t)}, []Skipped{{"gone", "no data|here"}}
	wellFormed(t, written(t, func(w io.Writer) error { return Index(w, cards, skipped) }))
	uses := written(t, func(w io.Writer) error { return Uses(w, "inkling eval --all-packs", cards, skipped) })
	lines := strings.Split(uses, "\n")
	for _, l := range lines[:4] {
		if strings.Count(l, "|") != 13 {
			t.Errorf("not twelve cells: %q", l)
		}
	}
	if !strings.HasPrefix(lines[2], "| made | made | 1 | knn | 0.") || !strings.Contains(uses, `gone was not judged: no data\|here.`) {
		t.Errorf("%s", uses)
	}
	outcomes := written(t, func(w io.Writer) error { return Lines(w, cards) })
	if n := strings.Count(outcomes, "\n"); n != 2*2*3*3 || !strings.Contains(outcomes, `"pack":"made","set":"made"`) {
		t.Errorf("%d outcomes", n)
	}
}

// By hand: 4 benign scores and 2 of an attack.
func TestCurves(t *testing.T) {
	c := curvesOf(&eval.Outcome{Benign: []float32{1, 2, 3, 4}, Attack: []float32{3.5, 5}})
	if c.roc[0] != 0.5 || c.roc[len(c.roc)-1] != 1 { // none of four may alert: the threshold is 4
		t.Errorf("ROC %v", c.roc)
	}
	if c.pr[0] != 1 || c.pr[len(c.pr)-1] != 2./3 { // both are found at 3.5, which one benign row passes
		t.Errorf("precision %v", c.pr)
	}
	if !math.IsNaN(c.kept[0]) { // two rows cannot promise a thousandth
		t.Errorf("kept %v", c.kept)
	}
}

// What stands at the threshold does not alert.
func TestCurvesOfTies(t *testing.T) {
	c := curvesOf(&eval.Outcome{Benign: []float32{1, 2, 3, 4}, Attack: []float32{4, 5}})
	if c.roc[0] != 0.5 {
		t.Errorf("ROC %v", c.roc)
	}
}

// Episodes are played on several cores at once: the card is the same in whatever order they come.
func TestCardOfAnyOrder(t *testing.T) {
	type outcome struct {
		pack.Outcome
		of eval.Outcome
	}
	var all []outcome
	rng := rand.New(rand.NewPCG(4, 1)) // of these, a mean lies on the edge of two roundings
	for class := range 8 {
		var of eval.Outcome
		for range 400 {
			of.Benign = append(of.Benign, float32(rng.NormFloat64()))
		}
		for range 25 {
			of.Attack = append(of.Attack, float32(rng.NormFloat64()+1))
		}
		all = append(all, outcome{pack.Outcome{Set: "s", Class: fmt.Sprint(class), Shots: 1, Learner: "ratio"}, of})
	}
	traces := func() string {
		r := NewRecorder(Card{Learner: "ratio", Draws: 1})
		r.set(Set{Name: "s"})
		for _, o := range all {
			r.Each(o.Outcome, o.of)
		}
		r.Card() // asking changes nothing
		b, err := json.Marshal(r.Card().Sets[0].Traces)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	forth := traces()
	slices.Reverse(all)
	if back := traces(); back != forth {
		t.Errorf("%s\n%s", forth, back)
	}
}

// A margin that is no number is below all others: no alert.
func TestCurvesOfNoNumber(t *testing.T) {
	none := float32(math.NaN())
	c := curvesOf(&eval.Outcome{Benign: []float32{none, none}, Attack: []float32{none, 5}})
	if c.roc[0] != 0.5 || c.pr[0] != 1 || c.pr[len(c.pr)-1] != 0.5 {
		t.Errorf("ROC %v, precision %v", c.roc, c.pr)
	}
}

// A class that has no figure takes none from the others.
func TestMeasured(t *testing.T) {
	all := []pack.Outcome{{Draw: 1, Metrics: eval.Metrics{Taken1: math.NaN()}}, {Draw: 2, Metrics: eval.Metrics{Taken1: 0.5}}}
	if got := measured(all, func(o *pack.Outcome) float64 { return o.Taken1 }); len(got) != 1 || got[0].Draw != 2 {
		t.Errorf("%+v", got)
	}
}

func TestPrecision(t *testing.T) {
	if v := precision(0.001, 0.9, 0.001); fmt.Sprintf("%.4f", v) != "0.4739" { // .0009/(.0009+.000999)
		t.Error(v)
	}
}

func TestAmong(t *testing.T) {
	for prevalence, want := range map[float64]string{0.001: "1,000", 0.01: "100", 0.2: "5", 0.7: "1.4"} {
		if got := among(prevalence); got != want {
			t.Errorf("%g: one record in %s, not %s", prevalence, got, want)
		}
	}
}

func TestWithoutInterval(t *testing.T) {
	one := pack.Estimate{Mean: -.1, Low: nan, High: nan}
	if interval(one) != "-0.100" || signed(one) != "−0.100" || verdict(&pack.Comparison{Best: "ratio", Ahead: one}, "vote") != single {
		t.Errorf("%s, %s", interval(one), signed(one))
	}
	v := &view{Card: &Card{Learner: "vote"}, Compared: []pack.Comparison{{Shots: 1, Classes: 1, Best: "ratio", Ahead: one, AP: map[string]pack.Estimate{"vote": {Mean: .5, Low: nan, High: nan}}}}}
	if got := tiles(v)[0]; got.Says != "one draw does not tell it from ratio" || got.Ahead != "−0.100" {
		t.Errorf("%+v", got)
	}
	v.Compared[0].Classes, v.Compared[0].Wins = 3, 2
	if got := tiles(v)[0]; got.Ahead != "−0.100" || got.Wins != "ahead in 2 of 3 classes" { // by itself, so that the line can break before it
		t.Errorf("%+v", got)
	}
}

// A card of one draw speaks of no interval over draws, and one of many classes of those over classes.
func TestCardOfOneDraw(t *testing.T) {
	c := made(t)
	c.Draws = 1
	page := written(t, func(w io.Writer) error { return Write(w, c) })
	if n := strings.Count(page, "of one draw, which has no interval"); strings.Contains(page, "95 % interval") || n < 5 {
		t.Errorf("%d sections say that one draw has no interval; of 95 %% intervals: %v", n, strings.Contains(page, "95 % interval"))
	}
	v := c.view(c.Sets[0])
	v.Compared[len(v.Compared)-1].Classes = pack.ManyClasses
	if got := v.intervals(); got != "with 95 % intervals over classes" {
		t.Error(got)
	}
}

func TestVerdict(t *testing.T) {
	none := pack.Estimate{Mean: nan, Low: nan, High: nan}
	if verdict(&pack.Comparison{Best: "ratio"}, "ratio") != itself || verdict(&pack.Comparison{}, "ratio") != "" || verdict(&pack.Comparison{Best: "ratio", Ahead: none}, "vote") != "" {
		t.Error("a default that is a baseline, alone, or not judged")
	}
	for want, ahead := range map[string]pack.Estimate{better: {Mean: .1, Low: .05, High: .2}, worse: {Mean: -.1, Low: -.2, High: -.05}, level: {Mean: 0, Low: -.1, High: .1}} {
		if got := verdict(&pack.Comparison{Best: "ratio", Ahead: ahead}, "vote"); got != want {
			t.Errorf("%+v is %s", ahead, got)
		}
	}
}
