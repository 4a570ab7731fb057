package eval

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/feature"
	"github.com/inkling-sec/inkling/meta"
)

// rows are records of a table; every second of them stands twice.
type rows struct {
	data [][]string
	at   int
}

var tableSchema = &inkling.Schema{Name: "table", Fields: []inkling.Field{{Name: "a"}, {Name: "b"}, {Name: "kind"}, {Name: "class"}}}

func (r *rows) Read(rec *inkling.Record) error {
	if r.at == len(r.data) {
		return io.EOF
	}
	rec.Reset(tableSchema)
	rec.Origin = inkling.Origin{File: "t.csv", Line: r.at + 2}
	for i, v := range r.data[r.at] {
		rec.Text[i] = []byte(v)
	}
	r.at++
	return nil
}

func (*rows) Close() error { return nil }

// testData is 600 benign rows and 120 of each of five attacks, which differ in b.
func testData(t *testing.T) *Data {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	var data [][]string
	for i := range 1200 {
		class, shift := "ok", 0.
		if i%2 == 1 {
			k := i / 2 % 5
			class, shift = fmt.Sprintf("attack%d", k), 4+float64(k)
		}
		row := []string{fmt.Sprintf("%.4f", rng.NormFloat64()), fmt.Sprintf("%.4f", rng.NormFloat64()+shift), "x", class}
		data = append(data, row)
		if i%100 == 0 {
			data = append(data, row)
		}
	}
	d, err := Load(t.Context(), "t", []func() (inkling.Reader, error){func() (inkling.Reader, error) { return &rows{data: data}, nil }}, Options{Schema: "table", Label: "class"})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestLoadDropsDuplicatesAndKeepsNumbers(t *testing.T) {
	d := testData(t)
	if len(d.Label) != 1200 || d.Duplicates != 12 {
		t.Fatalf("%d rows, %d duplicates", len(d.Label), d.Duplicates)
	}
	if d.Number[0] != 0 || d.Number[1] != 2 || d.Number[1199] != 1211 { // row 1 of the file is row 0 again
		t.Errorf("numbers %d, %d, %d", d.Number[0], d.Number[1], d.Number[1199])
	}
}

// Nothing that is judged is learned from, and the class is in nothing but its own rows.
func TestEpisodesKeepTheProtocol(t *testing.T) {
	d := testData(t)
	for _, forward := range []bool{false, true} {
		p := NewAttack{Benign: "ok", Never: []string{"attack4"}, Draws: 3, Seed: 7, Pool: 200, QueryBenign: 300, QueryAttack: 40, KnownRows: 25, Forward: forward}
		episodes, err := p.Episodes(d)
		if err != nil {
			t.Fatal(err)
		}
		if len(episodes) != 5*3*3 {
			t.Fatalf("%d episodes", len(episodes))
		}
		for _, e := range episodes {
			if len(e.Benign) != 200 || len(e.QueryBenign) != 300 || len(e.Support) != e.Shots || len(e.QueryAttack) != 40 {
				t.Fatalf("%s: %d, %d, %d, %d rows", e.Class, len(e.Benign), len(e.QueryBenign), len(e.Support), len(e.QueryAttack))
			}
			used := map[int]bool{}
			for _, r := range slices.Concat(e.Benign, e.Support, e.Known, e.QueryBenign, e.QueryAttack) {
				if used[r] {
					t.Fatalf("%s: row %d has two parts", e.Class, r)
				}
				used[r] = true
			}
			for part, want := range map[string]struct {
				rows []int
				ok   func(string) bool
			}{
				"benign":       {e.Benign, func(l string) bool { return l == "ok" }},
				"query benign": {e.QueryBenign, func(l string) bool { return l == "ok" }},
				"support":      {e.Support, func(l string) bool { return l == e.Class }},
				"query attack": {e.QueryAttack, func(l string) bool { return l == e.Class }},
				"known":        {e.Known, func(l string) bool { return l != "ok" && l != e.Class && l != "attack4" }},
			} {
				for _, r := range want.rows {
					if !want.ok(d.Label[r]) {
						t.Fatalf("%s: a row of %s is in %s", e.Class, d.Label[r], part)
					}
				}
			}
			if forward && (slices.Max(e.Benign) > slices.Min(e.QueryBenign) || slices.Max(e.Support) > slices.Min(e.QueryAttack)) {
				t.Fatalf("%s: something that is learned from comes after something that is judged", e.Class)
			}
		}
	}
}

// What is asked for twice is judged once: as more draws it would make intervals narrower than they are.
func TestNothingCountsTwice(t *testing.T) {
	d := testData(t)
	once := NewAttack{Benign: "ok", Classes: []string{"attack0"}, Shots: []int{1}, Draws: 2}
	twice := once
	twice.Classes, twice.Shots = []string{"attack0", "attack0"}, []int{1, 1}
	a, err := once.Episodes(d)
	if err != nil {
		t.Fatal(err)
	}
	b, err := twice.Episodes(d)
	if err != nil || !reflect.DeepEqual(a, b) {
		t.Errorf("%d episodes, %d when asked for twice, %v", len(a), len(b), err)
	}
	twins := Plan{Protocol: once, Learners: []meta.Learner{&meta.KNN{}}, Trained: []meta.Learner{&meta.KNN{Neighbours: 3}}}
	if r, err := twins.Play(t.Context(), d, a); inkling.CodeOf(err) != inkling.Invalid {
		t.Errorf("two learners of one name: %v, %v", r, err)
	}
	if r, err := (NWay{Learners: []meta.Learner{&meta.KNN{}, &meta.KNN{}}, Draws: 1}).Play(t.Context(), d); inkling.CodeOf(err) != inkling.Invalid {
		t.Errorf("two learners of one name, n-way: %v, %v", r, err)
	}
}

func TestExportNumbersTheFilesRows(t *testing.T) {
	d := testData(t)
	episodes, err := NewAttack{Benign: "ok", Draws: 1, Shots: []int{5}}.Episodes(d)
	if err != nil {
		t.Fatal(err)
	}
	before := slices.Clone(episodes[0].Support)
	var out bytes.Buffer
	if err := Export(&out, d, episodes); err != nil {
		t.Fatal(err)
	}
	var first Episode
	if err := json.NewDecoder(&out).Decode(&first); err != nil {
		t.Fatal(err)
	}
	for i, r := range before {
		if first.Support[i] != d.Number[r] {
			t.Errorf("support %d is exported as row %d, not %d", r, first.Support[i], d.Number[r])
		}
	}
	if !slices.Equal(before, episodes[0].Support) {
		t.Error("exporting changed the episodes")
	}
}

func testLearners(t *testing.T, names ...string) (out []meta.Learner) {
	t.Helper()
	for _, n := range names {
		e, err := meta.Find(n)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, e.New(1))
	}
	return out
}

func TestPlayJudgesAllOnTheSameEpisodes(t *testing.T) {
	d := testData(t)
	plan := Plan{Protocol: NewAttack{Benign: "ok", Shots: []int{1, 5}, Draws: 3, Pool: 200, Seed: 3}, Learners: testLearners(t, "ratio", "extra-trees", "protonet"), Training: meta.Run{Iterations: 20}}
	episodes, err := plan.Protocol.Episodes(d)
	if err != nil {
		t.Fatal(err)
	}
	results, err := plan.Play(t.Context(), d, episodes)
	if err != nil {
		t.Fatal(err)
	}
	if len(results) != 3*5*2+3*2 {
		t.Fatalf("%d results", len(results))
	}
	again, err := plan.Play(t.Context(), d, episodes)
	if err != nil || !reflect.DeepEqual(again, results) {
		t.Errorf("the same plan gives other results (%v)", err)
	}
	for _, r := range results {
		if r.Class == "mean" && (r.Classes != 5 || r.Draws != 15) {
			t.Errorf("mean of %d classes, %d draws", r.Classes, r.Draws)
		}
		if r.Shots == 5 && *r.AUROC < 0.9 {
			t.Errorf("%s on %s: AUROC %v where attacks lie four deviations away", r.Learner, r.Class, *r.AUROC)
		}
		if r.Accuracy != nil || r.AP == nil || r.Recall1 == nil {
			t.Errorf("%s: accuracy %v, AP %v", r.Learner, r.Accuracy, r.AP)
		}
		if ci, ok := r.CI95["ap"]; !ok || ci[0] > *r.AP || ci[1] < *r.AP {
			t.Errorf("%s: interval %v of %v", r.Learner, ci, *r.AP)
		}
	}
}

// The attacks of testData lie along one line: those between benign rows and the taught one, and beyond, are told
// apart from it better once they are rows that must not alert. The promise is kept about as it was made.
func TestOtherAttacksAndThePromise(t *testing.T) {
	d := testData(t)
	play := func(only bool) Result {
		plan := Plan{Protocol: NewAttack{Benign: "ok", Classes: []string{"attack4"}, Shots: []int{10}, Draws: 6}, Trained: []meta.Learner{&meta.Forest{Random: true}}, OnlyThis: only}
		episodes, err := plan.Protocol.Episodes(d)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range episodes[0].QueryOther {
			if c := d.Label[row]; c == "ok" || c == "attack4" {
				t.Fatalf("a row of %s is judged as one of another attack", c)
			}
		}
		results, err := plan.Play(t.Context(), d, episodes)
		if err != nil {
			t.Fatal(err)
		}
		return results[len(results)-1]
	}
	with, only := play(false), play(true)
	if !(*only.Other > *with.Other+.01) || !(*only.Taken1 < *with.Taken1-.1) {
		t.Errorf("AUROC against other attacks %v, with OnlyThis %v; taken for it %v and %v", *with.Other, *only.Other, *with.Taken1, *only.Taken1)
	}
	if *with.Kept1 < .001 || *with.Kept1 > .03 {
		t.Errorf("promised 1 %%, kept %v", *with.Kept1)
	}
}

func TestRealised(t *testing.T) {
	scores := make([]float32, 400)
	for i := range scores {
		scores[i] = float32(i % 200)
	}
	scores[399] = 500 // two of the first 200 may reach the threshold, 198, which only this one of the second half exceeds
	if v := Realised(scores, .01); v != .005 {
		t.Errorf("%v of the second half is above", v)
	}
	if v := Realised(scores[:100], .01); !math.IsNaN(v) {
		t.Errorf("50 rows promise 1 %%: %v", v)
	}
}

func TestNWayTellsClassesApart(t *testing.T) {
	d := testData(t)
	for i, l := range d.Label { // five classes: the folds have two and three
		if l == "attack4" {
			d.Label[i] = "attack3"
		}
	}
	results, err := NWay{Ways: 3, Shots: []int{5}, Draws: 20, MinRows: 60, Learners: testLearners(t, "nearest-mean", "protonet", "maml"), Training: meta.Run{Iterations: 20}}.Play(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if r.Class == "mean" && *r.Accuracy < 0.5 {
			t.Errorf("%s: accuracy %v of three classes", r.Learner, *r.Accuracy)
		}
	}
}

// On benign rows of one kind the promise holds; the test is on the protocol, the theorem has its own in detect.
func TestBoundHoldsOnExchangeableRows(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	var open []func() (inkling.Reader, error)
	for g := range 2 {
		var data [][]string
		for i := range 4000 {
			class, shift := "ok", float64(g) // the second capture is another site
			if i%100 == 0 {
				class, shift = "attack", 3
			}
			data = append(data, []string{fmt.Sprintf("%.5f", rng.NormFloat64()), fmt.Sprintf("%.5f", rng.NormFloat64()+shift), "x", class})
		}
		open = append(open, func() (inkling.Reader, error) { return &rows{data: data}, nil })
	}
	d, err := Load(t.Context(), "t", open, Options{Schema: "table", Label: "class"})
	if err != nil {
		t.Fatal(err)
	}
	kept, err := Bound{Benign: "ok", Attack: "attack", Learner: testLearners(t, "ratio")[0], Alphas: []float64{0.02}, Calibration: 300, Draws: 200}.Play(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range kept {
		switch k.Judged {
		case sameTime, later:
			if k.Realised > 0.02*1.25 || k.Covered < 0.90 {
				t.Errorf("%s: %v alert, promised %v; the bound holds in %v of draws", k.Judged, k.Realised, k.Alpha, k.Covered)
			}
		case others:
			if math.Abs(k.Realised-0.02) < 0.005 {
				t.Errorf("another site keeps the promise to %v: is it judged at all?", k.Realised)
			}
		}
	}
	if _, err := d.Sites("ok", nil, feature.Scaling{}, 1); err == nil || !strings.Contains(err.Error(), "--schema FILE.json") {
		t.Errorf("two tables as sites: %v", err)
	}
	_, err = Bound{Benign: "ok", Attack: "attack", Learner: testLearners(t, "ratio")[0]}.Play(t.Context(), d)
	if err == nil || !strings.Contains(err.Error(), "3960 benign records and 40 of \"attack\" are too few (give captures of 8000 benign records and 5 of the attack at least") {
		t.Errorf("captures too small for 2,000 calibration records: %v", err)
	}
}

func TestLoadRefuses(t *testing.T) {
	one := func(data ...[]string) []func() (inkling.Reader, error) {
		return []func() (inkling.Reader, error){func() (inkling.Reader, error) { return &rows{data: data}, nil }}
	}
	good := []string{"1", "2", "x", "ok"}
	for _, row := range []struct {
		name, says string
		open       []func() (inkling.Reader, error)
		options    Options
	}{
		{"no rows", "no labelled rows", one(), Options{Schema: "table", Label: "class"}},
		{"no such label", `no label column "kind2" among a, b, kind, class`, one(good), Options{Schema: "table", Label: "kind2"}},
		{"no such column to drop", `no column "z" to drop`, one(good), Options{Schema: "table", Label: "class", Drop: []string{"z"}}},
		{"an empty label", "t.csv:3: no value in the label column", one(good, []string{"1", "2", "x", ""}), Options{Schema: "table", Label: "class"}},
	} {
		_, err := Load(t.Context(), "t", row.open, row.options)
		if err == nil || !strings.Contains(err.Error(), row.says) || inkling.CodeOf(err) != inkling.Invalid {
			t.Errorf("%s: %v", row.name, err)
		}
	}
}

// Labels may be numbers, as in a column of zeros and ones of a Parquet file.
func TestNumbersAsLabels(t *testing.T) {
	s := &inkling.Schema{Name: "table", Fields: []inkling.Field{{Name: "x", Kind: inkling.Number}, {Name: "class", Kind: inkling.Number}}}
	var rows []inkling.Record
	for i := range 60 {
		r := inkling.Record{Schema: s, Num: []float64{float64(i), float64(i / 30)}, Text: make([][]byte, 2)}
		rows = append(rows, r)
	}
	load := func() (*Data, error) {
		return Load(t.Context(), "numbers", []func() (inkling.Reader, error){func() (inkling.Reader, error) { return &recordReader{data: rows}, nil }}, Options{Schema: "table", Label: "class"})
	}
	d, err := load()
	if err != nil {
		t.Fatal(err)
	}
	if d.Label[0] != "0" || d.Label[59] != "1" || len(d.Label) != 60 {
		t.Errorf("labels are %q", d.Label)
	}
	c, _, err := d.Features([]int{0, 1, 30, 31})
	if err != nil || len(c.Features) != 1 || c.Features[0].Name != "x" {
		t.Errorf("%v, features %+v", err, c)
	}
	rows[7].Num[1] = math.NaN()
	if _, err := load(); err == nil || !strings.Contains(err.Error(), "no value in the label column") {
		t.Errorf("a missing number: %v", err)
	}
}

// A class with too few rows for so many examples takes no part, rather than to give fewer than the result says.
func TestNWayGivesAsManyExamplesAsItSays(t *testing.T) {
	d, seen := testData(t), &counting{}
	if _, err := (NWay{Shots: []int{60}, Draws: 3, Learners: []meta.Learner{seen}}).Play(t.Context(), d); err != nil || seen.fewest != 60 {
		t.Errorf("%d examples of a class, %v", seen.fewest, err)
	}
	if _, err := (NWay{Shots: []int{61}, Draws: 3, Learners: []meta.Learner{seen}}).Play(t.Context(), d); inkling.CodeOf(err) != inkling.Invalid {
		t.Errorf("61 of 120 rows: %v", err)
	}
}

// counting is nearest mean that counts the examples it is given.
type counting struct {
	meta.NearestMean
	fewest int
}

func (c *counting) Adapt(ctx context.Context, t *meta.Task) (meta.Scorer, error) {
	n := make([]int, t.Ways)
	for _, y := range t.Support.Y {
		n[y]++
	}
	c.fewest = slices.Min(n)
	return c.NearestMean.Adapt(ctx, t)
}

func TestTooManyShotsAreToldAsRows(t *testing.T) {
	_, err := NewAttack{Benign: "ok", Shots: []int{100, 60}}.Episodes(testData(t))
	var e *inkling.Error
	if !errors.As(err, &e) || !strings.Contains(e.Remedy, "122 rows") { // half of 122 is one more than 60
		t.Errorf("%v", err)
	}
}
