package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling/dataset"
	"github.com/inkling-sec/inkling/pack"
)

func TestEvalReport(t *testing.T) {
	s := newSite(t)
	write(t, s.log, edit(edit(connLog(), 20, "\tbenign", "\ta,b"), 21, "\tbenign", "\tc"))
	card := filepath.Join(s.dir, "card.html")
	must(t, "eval", "--data", s.log, "--learners", "knn,ratio", "--draws", "2", "--shots", "1,5", "--prevalence", "0.01", "--forward=false", "--never", `"a,b",c`, "--report", card)
	b, err := os.ReadFile(card)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"conn.log", "inkling eval --data conn.log --draws 2 --learners knn,ratio --never &#39;&#34;a,b&#34;,c&#39; --prevalence 0.01 --report card.html --shots 1,5", "one record in 100 ", "scan"} {
		if !strings.Contains(string(b), want) {
			t.Errorf("the card does not say %q", want)
		}
	}
	if strings.Contains(string(b), s.dir) {
		t.Error("the card tells where its files were")
	}
}

// A class has the name that the file gives it: it is taken for no line of the table, and commands no terminal.
func TestEvalHostileClasses(t *testing.T) {
	var b strings.Builder
	b.WriteString("a,b,kind\n")
	for i := range 600 {
		fmt.Fprintf(&b, "%d,%d,%s\n", i*7919%601, i, []string{"mean", "ok", "\x1b[2Jgone", "ok", "ok"}[i%5])
	}
	file := write(t, filepath.Join(t.TempDir(), "t.csv"), b.String())
	text := must(t, "eval", "--data", file, "--schema", "table", "--label", "kind", "--benign", "ok", "--learners", "ratio", "--shots", "1", "--draws", "2")
	if n := strings.Count(text, "\nratio "); n != 1 || !strings.Contains(text, "mean of 2 classes") {
		t.Errorf("%d lines of the one learner: %s", n, text)
	}
	terminal, err := os.Create(filepath.Join(t.TempDir(), "terminal"))
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	(&progress{w: terminal}).show("%s: training", "\x1b[2Jgone")
	if shown, err := os.ReadFile(terminal.Name()); err != nil || strings.Contains(string(shown), "\x1b[2J") {
		t.Errorf("%q, %v", shown, err)
	}
}

// A class that no cut of the groups can test is named, and the others are judged.
func TestEvalTellsWhatIsNotJudged(t *testing.T) {
	var b strings.Builder
	b.WriteString("a,b,who,kind\n")
	for i := range 600 {
		kind, who := []string{"ok", "ok", "ok", "wide", "narrow"}[i%5], i%7
		if kind == "narrow" {
			who = 1
		}
		fmt.Fprintf(&b, "%d,%d,p%d,%s\n", i*7919%601, i*31%97, who, kind)
	}
	file := write(t, filepath.Join(t.TempDir(), "t.csv"), b.String())
	r := exec(t, "eval", "--data", file, "--schema", "table", "--label", "kind", "--benign", "ok", "--learners", "ratio", "--shots", "1", "--draws", "2", "--group", "who")
	if r.status != 0 || r.stderr != "inkling: note: class narrow is not judged: all its rows are of one group, which cannot be learned from and judged\n" {
		t.Errorf("status %d: %s", r.status, r.stderr)
	}
}

// What could not be read is no part of the figures, and the card says so.
func TestEvalReportTellsWhatWasSkipped(t *testing.T) {
	s := newSite(t)
	log, err := os.ReadFile(s.log)
	if err != nil {
		t.Fatal(err)
	}
	broken, card := write(t, filepath.Join(s.dir, "broken.log"), string(log)+"no record\n"), filepath.Join(s.dir, "card.html")
	exec(t, "eval", "--data", broken, "--learners", "ratio", "--draws", "1", "--shots", "1", "--report", card)
	if page, err := os.ReadFile(card); err != nil || !strings.Contains(string(page), ">1 unreadable and left out.<") {
		t.Errorf("the card does not tell, %v", err)
	}
}

func TestEvalReportMisuse(t *testing.T) {
	s := newSite(t)
	for _, tt := range []struct{ args, says string }{
		{"--data " + s.log + " --report x.html --protocol n-way", "--report with --protocol n-way"},
		{"--data " + s.log + " --out x", "--out or --again without --all-packs"},
		{"--all-packs --report x.html", "--report with --all-packs"},
		{"--data " + s.log + " --prevalence 1.5", "--prevalence 1.5"},
		{"--all-packs --draws 0", "--draws 0"},
		{"--data gone.log --report " + s.dir + "/no/x.html", "x.html: cannot be written"},
		{"--pack web --export-episodes x.jsonl", "--export-episodes with packs"},
		{"--pack web --forward", "--forward with packs"},
		{"--data " + s.log + " --protocol n-way --models x.safetensors", "--models with --protocol n-way"},
		{"--data " + s.log + " --protocol bound --classes scan --shots 3", "--shots with --protocol bound"},
		{"--data " + s.log + " --forward --group uid", "--forward with --group"},
		{"--data " + s.log + " --known " + s.dir + "/./" + filepath.Base(s.log), "is in --known and in --data"},
		{"--data " + s.log + " --protocol both", "protocol \"both\""},
	} {
		exec(t, append([]string{"eval"}, strings.Fields(tt.args)...)...).fails(t, 2, tt.says)
	}
	exec(t, "eval", "--data", s.log, "--learners", "", "--report", "x.html").fails(t, 2, "no learner to judge")
	exec(t, "eval", "--all-packs", "--pack", "nope", "--out", s.dir).fails(t, 3, "no pack nope")
	out := filepath.Join(s.dir, "cards")
	exec(t, "eval", "--all-packs", "--pack", "host", "--out", out, "--data", filepath.Join(s.dir, "gone")).fails(t, 3, "gone: no folder of data sets", "--data")
	if _, err := os.Stat(out); err == nil {
		t.Error("cards of nothing were written")
	}
}

// All packs are judged once, a pack without its data is skipped, and what was judged is kept.
func TestEvalAllPacks(t *testing.T) {
	was := pack.Packs
	t.Cleanup(func() { pack.Packs = was })
	loads := 0
	small := pack.Pack{Name: "small", Title: "A small pack", Learner: "knn", Judged: []pack.Judged{{Name: "made", Benign: "ok", Load: func(ctx context.Context, _ string) ([]dataset.Part, error) {
		loads++
		sheet := &dataset.Sheet{Columns: []string{"a", "b"}}
		for i := range 300 {
			if i%5 == 0 {
				sheet.Add("bad", float64(i%7)+9, float64(i))
			} else {
				sheet.Add("ok", float64(i%11), float64(i))
			}
		}
		d, err := dataset.LoadSheets(ctx, "made", "table", sheet)
		return []dataset.Part{{Data: d}}, err
	}}}}
	gone := pack.Pack{Name: "gone", Title: "Without its data", Learner: "knn", Judged: []pack.Judged{{Name: "far", Folder: "far", Load: func(_ context.Context, folder string) ([]dataset.Part, error) {
		_, err := os.Stat(folder)
		return nil, err
	}}}}
	half := pack.Pack{Name: "half", Title: "Half of its data", Learner: "knn", Judged: []pack.Judged{gone.Judged[0], small.Judged[0]}}
	pack.Packs = []pack.Pack{small, gone}
	t.Setenv("INKLING_DATA", t.TempDir())
	out := filepath.Join(t.TempDir(), "cards")
	args := []string{"eval", "--all-packs", "--draws", "1", "--shots", "1", "--learners", "knn,ratio", "--out", out}
	text := must(t, args...)
	if !strings.Contains(text, "A small pack, K = 1") || !strings.Contains(text, "gone: not judged: its data is not there: far (far)") || loads != 1 {
		t.Errorf("%d loads: %s", loads, text)
	}
	for _, name := range []string{"small.html", "small.json", "index.html", "uses.md", "outcomes.jsonl"} {
		if _, err := os.Stat(filepath.Join(out, name)); err != nil {
			t.Error(err)
		}
	}
	uses, _ := os.ReadFile(filepath.Join(out, "uses.md"))
	if !strings.Contains(string(uses), "| small | made | 1 | knn |") || !strings.Contains(string(uses), "gone was not judged") {
		t.Errorf("%s", uses)
	}
	if again := must(t, args...); !strings.Contains(again, "judged before") || loads != 1 {
		t.Errorf("judged again, %d loads: %s", loads, again)
	}
	if err := os.Rename(filepath.Join(out, "index.html"), filepath.Join(out, "was.html")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(out, "index.html"), 0o755); err != nil {
		t.Fatal(err)
	}
	exec(t, append(args, "--seed", "9")...).fails(t, 2, "index.html: cannot be written")
	if loads != 1 {
		t.Error("judged for nothing")
	}
	os.Remove(filepath.Join(out, "index.html"))
	must(t, append(args, "--prevalence", "0.01")...) // needs no judging, and both files say it
	page, _ := os.ReadFile(filepath.Join(out, "small.html"))
	figures, _ := os.ReadFile(filepath.Join(out, "small.json"))
	if loads != 1 || !strings.Contains(string(page), "one record in 100 ") || !strings.Contains(string(figures), `"prevalence":0.01`) {
		t.Errorf("%d loads; the page or the figures are of another prevalence", loads)
	}
	must(t, append(args, "--seed", "2")...)
	must(t, append(args, "--seed", "2", "--again")...)
	if loads != 3 {
		t.Errorf("%d loads after another seed and --again", loads)
	}
	pack.Packs = []pack.Pack{half}
	for range 2 { // not kept: the data may have come
		r := exec(t, args...)
		card, _ := os.ReadFile(filepath.Join(out, "half.html"))
		if r.status != 0 || !strings.Contains(r.stdout, "Half of its data, K = 1") || !strings.Contains(r.stderr, "far (far) is not judged: its data is not there") || !strings.Contains(string(card), "Not judged, for want of data: far.") {
			t.Errorf("%+v", r)
		}
	}
	if loads != 5 {
		t.Errorf("%d loads with data missing", loads)
	}
}

func TestEvalAllPacksFlow(t *testing.T) {
	if testing.Short() {
		t.Skip("judges a capture")
	}
	t.Parallel()
	out := t.TempDir()
	must(t, "eval", "--all-packs", "--pack", "flow", "--draws", "1", "--shots", "1", "--learners", "extra-trees", "--out", out)
	b, err := os.ReadFile(filepath.Join(out, "flow.html"))
	if err != nil || !strings.Contains(string(b), "tunnel-dns") || !strings.Contains(string(b), "meta-vote") {
		t.Errorf("%v: %d bytes", err, len(b))
	}
}

// What gives the answer away is told beside the figures, and nothing where nothing does.
func TestEvalTellsLeaks(t *testing.T) {
	var b strings.Builder
	b.WriteString("id,x,y,kind\n")
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 600 {
		kind := "ok"
		if i >= 500 {
			kind = "bad"
		}
		fmt.Fprintf(&b, "%d,%g,%g,%s\n", i, rng.NormFloat64(), rng.NormFloat64(), kind)
	}
	file := write(t, filepath.Join(t.TempDir(), "t.csv"), b.String())
	args := []string{"eval", "--data", file, "--schema", "table", "--label", "kind", "--benign", "ok", "--learners", "ratio", "--shots", "1", "--draws", "1"}
	for _, more := range [][]string{nil, {"--report", filepath.Join(t.TempDir(), "r.html")}} {
		if out := must(t, append(args, more...)...); !strings.Contains(out, "Beware:") || !strings.Contains(out, "\n  one feature id of bad: ") || strings.Contains(out, " x of bad") {
			t.Errorf("%v: %s", more, out)
		}
	}
	if out := must(t, append(args, "--drop", "id")...); strings.Contains(out, "Beware") {
		t.Errorf("without the number of the row: %s", out)
	}
}
