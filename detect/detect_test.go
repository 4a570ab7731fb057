package detect

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
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/meta"
)

// site makes records of a little table: three numbers and a category. The
// attack differs in column b alone.
type site struct {
	n, attackEvery int
	seed           uint64
	failAt         int // record that cannot be read; 0 for none
	at             int
	rng            *rand.Rand
}

var siteSchema = &inkling.Schema{Name: "table", Fields: []inkling.Field{
	{Name: "time", Kind: inkling.Time}, {Name: "a", Kind: inkling.Number}, {Name: "b", Kind: inkling.Number}, {Name: "c", Kind: inkling.Text}, {Name: "label", Kind: inkling.Text},
}}

func (s *site) Read(r *inkling.Record) error {
	if s.rng == nil {
		s.rng = rand.New(rand.NewPCG(s.seed, 1))
	}
	if s.at == s.n {
		return io.EOF
	}
	s.at++
	r.Reset(siteSchema)
	r.Origin = inkling.Origin{File: "site.csv", Line: s.at + 1}
	r.Num[0], r.Num[1], r.Num[2] = float64(s.at), s.rng.NormFloat64(), s.rng.NormFloat64()
	r.Text[3] = []byte([]string{"x", "y"}[s.rng.IntN(2)])
	r.Text[4] = []byte("benign")
	if s.attackEvery > 0 && s.at%s.attackEvery == 0 {
		r.Num[2] += 8
		r.Text[4] = []byte("attack")
	}
	if s.at == s.failAt {
		return &inkling.Error{Code: inkling.Invalid, Place: r.Origin.String(), What: "broken", Skippable: true}
	}
	return nil
}

func (*site) Close() error { return nil }

func testBaseline(t *testing.T) *Baseline {
	t.Helper()
	b, err := NewBaseline(t.Context(), "site", []string{"site.csv"}, func(string) (inkling.Reader, error) { return &site{n: 3000, seed: 1}, nil },
		BaselineOptions{Schema: "table", Drop: []string{"label"}, Pool: 400, Calibration: 1200})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func testLearner(t testing.TB) Choice {
	t.Helper()
	e, err := meta.Find("vote")
	if err != nil {
		t.Fatal(err)
	}
	return Choice{Learner: e.New(1)}
}

func testExamples(t *testing.T, b *Baseline, lines ...int) Rows {
	t.Helper()
	rows, err := Examples(t.Context(), &site{n: 3000, seed: 2, attackEvery: 10}, "site.csv", lines, b.Contract)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func taught(t *testing.T) (*Detector, *Armed, *Baseline) {
	t.Helper()
	b := testBaseline(t)
	d, a, err := Teach(t.Context(), "high-b", testExamples(t, b, 11, 21, 31, 41, 51), b, testLearner(t), TeachOptions{Alpha: 0.01})
	if err != nil {
		t.Fatal(err)
	}
	return d, a, b
}

func TestBaselineSamplesTwoDisjointParts(t *testing.T) {
	b := testBaseline(t)
	if b.Pool.Len() != 400 || b.Calibration.Len() != 1200 || b.Records != 3000 {
		t.Fatalf("pool %d, calibration %d of %d", b.Pool.Len(), b.Calibration.Len(), b.Records)
	}
	seen := map[inkling.Origin]bool{}
	for _, o := range slices.Concat(b.Pool.Origin, b.Calibration.Origin) {
		if seen[o] {
			t.Fatalf("%v is in the sample twice", o)
		}
		seen[o] = true
	}
	if want := 3000. / 2999 * 86400; math.Abs(b.RecordsPerDay()-want) > 1e-6 {
		t.Errorf("%v records a day, want %v", b.RecordsPerDay(), want)
	}
}

// Files of one time are as many records in that time, files of several times are records of all of these.
func TestVolumeOfSeveralFiles(t *testing.T) {
	for _, row := range []struct {
		name  string
		spans []span
		want  float64
	}{
		{"none", nil, 0},
		{"no times", []span{{math.Inf(1), math.Inf(-1)}}, 0},
		{"one", []span{{100, 160}}, 60},
		{"two sensors", []span{{100, 160}, {101, 159}}, 60},
		{"overlapping, in another order", []span{{150, 200}, {100, 160}}, 100},
		{"a day and another", []span{{100, 160}, {500, 530}}, 90},
		{"one of them without times", []span{{math.Inf(1), math.Inf(-1)}, {100, 160}, {5, 5}}, 60},
	} {
		if got := covered(row.spans); got != row.want {
			t.Errorf("%s: %v seconds, want %v", row.name, got, row.want)
		}
	}
	b, err := NewBaseline(t.Context(), "site", []string{"a.csv", "b.csv"}, func(string) (inkling.Reader, error) { return &site{n: 3000, seed: 1}, nil },
		BaselineOptions{Schema: "table", Drop: []string{"label"}})
	if err != nil {
		t.Fatal(err)
	}
	if want := 6000. / 2999 * 86400; math.Abs(b.RecordsPerDay()-want) > 1e-6 {
		t.Errorf("%v records a day of two sensors, want %v", b.RecordsPerDay(), want)
	}
}

func TestBaselineSurvivesItsFile(t *testing.T) {
	b := testBaseline(t)
	var file bytes.Buffer
	if err := b.Write(&file); err != nil {
		t.Fatal(err)
	}
	whole := slices.Clone(file.Bytes())
	back, err := ReadBaseline(&file, "site")
	if err != nil {
		t.Fatal(err)
	}
	if back.ID() != b.ID() || !reflect.DeepEqual(back.pool, b.pool) || !reflect.DeepEqual(back.Contract, b.Contract) {
		t.Error("the baseline read is another one")
	}
	for _, cut := range []int{0, 1, len(whole) / 2, len(whole) - 1} {
		if _, err := ReadBaseline(bytes.NewReader(whole[:cut]), "site"); inkling.CodeOf(err) != inkling.Invalid || !strings.Contains(err.Error(), "baseline site") {
			t.Errorf("cut at %d: %v", cut, err)
		}
	}
}

func TestEvidenceNamesTheColumn(t *testing.T) {
	_, a, b := taught(t)
	rows := testExamples(t, b, 101)
	if alert := a.AlertOf(rows, 0, a.Score(rows.Raw[0])); alert.Time != 100 || alert.Origin.Line != 101 { // whatever its time field is called
		t.Errorf("alert of %v at time %v", alert.Origin, alert.Time)
	}
	e := a.Explain(rows.Raw[0])
	if len(e.Contributions) == 0 || e.Contributions[0].Feature != "b" || e.Contributions[0].Share < 0.5 {
		t.Errorf("contributions %+v", e.Contributions)
	}
	if len(e.Flip) == 0 || e.Flip[0].Feature != "b" || e.Flip[len(e.Flip)-1].PValue <= 0.01 {
		t.Errorf("flip %+v", e.Flip)
	}
	if len(e.NearestTaught) != 3 || e.NearestTaught[0].Record["label"] != "attack" || e.NearestTaught[0].Distance > e.NearestTaught[1].Distance {
		t.Errorf("nearest taught %+v", e.NearestTaught)
	}
	if e.NearestBenign[0].Distance < e.NearestTaught[0].Distance {
		t.Errorf("an attack lies nearer to benign (%v) than to taught (%v)", e.NearestBenign[0].Distance, e.NearestTaught[0].Distance)
	}
}

func TestArmGivesTheSameDetector(t *testing.T) {
	d, a, b := taught(t)
	var file bytes.Buffer
	if err := d.Write(&file); err != nil {
		t.Fatal(err)
	}
	back, err := ReadDetector(file.Bytes(), d.Name)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Arm(t.Context(), back, b, testLearner(t))
	if err != nil {
		t.Fatal(err)
	}
	if again.threshold != a.threshold || !slices.Equal(again.Calibration.scores, a.Calibration.scores) {
		t.Error("armed from its file the detector judges differently")
	}
	other := *back
	other.BaselineID = "0000"
	if _, err := Arm(t.Context(), &other, b, testLearner(t)); inkling.CodeOf(err) != inkling.Conflict {
		t.Errorf("another baseline: %v", err)
	}
	other = *back
	other.Contract = "0000"
	if _, err := Arm(t.Context(), &other, b, testLearner(t)); inkling.CodeOf(err) != inkling.Conflict {
		t.Errorf("another contract: %v", err)
	}
	for _, alpha := range []float64{0, 1e-9, 1, 7, math.NaN()} { // would alert on nothing or all, and say so of a promise
		other = *back
		other.Promise.Alpha = alpha
		if _, err := Arm(t.Context(), &other, b, testLearner(t)); inkling.CodeOf(err) != inkling.Invalid || !strings.Contains(err.Error(), "detector high-b: the file was changed") {
			t.Errorf("a promise of %v: %v", alpha, err)
		}
	}
	other = *back
	other.Examples.Record = nil // which evidence shows
	if _, err := Arm(t.Context(), &other, b, testLearner(t)); inkling.CodeOf(err) != inkling.Invalid || !strings.Contains(err.Error(), "the file is damaged") {
		t.Errorf("examples without records: %v", err)
	}
	model := testLearner(t)
	model.Model, model.Contract = "m", "0000"
	if _, _, err := Teach(t.Context(), "x", d.Examples, b, model, TeachOptions{}); inkling.CodeOf(err) != inkling.Conflict {
		t.Errorf("a model of another contract: %v", err)
	}
}

// The same records give the same alerts in the same order on any number of cores.
func TestEngineKeepsOrder(t *testing.T) {
	_, a, _ := taught(t)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var want []inkling.Alert
	for _, cores := range []int{1, 2, 4} {
		runtime.GOMAXPROCS(cores)
		var got []inkling.Alert
		e := Engine{Detectors: []*Armed{a}, Alert: func(x inkling.Alert) error { got = append(got, x); return nil }}
		if _, err := e.Run(t.Context(), &site{n: 4000, seed: 5, attackEvery: 50}); err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = got
		}
		if len(got) < 70 || !reflect.DeepEqual(got, want) {
			t.Fatalf("%d cores: %d alerts, not the %d of one core", cores, len(got), len(want))
		}
	}
	if !slices.IsSortedFunc(want, func(x, y inkling.Alert) int { return x.Origin.Line - y.Origin.Line }) {
		t.Error("alerts are out of order")
	}
}

func TestEngineSkipsAndStops(t *testing.T) {
	_, a, _ := taught(t)
	var skipped []error
	e := Engine{Detectors: []*Armed{a}, Alert: func(inkling.Alert) error { return nil }, Skipped: func(err error) error { skipped = append(skipped, err); return nil }}
	sum, err := e.Run(t.Context(), &site{n: 1000, seed: 5, failAt: 300})
	if err != nil || sum.Records != 999 || sum.Skipped != 1 || len(skipped) != 1 {
		t.Errorf("%+v, %v, %v", sum, skipped, err)
	}
	e.Skipped = func(err error) error { return err }
	if sum, err := e.Run(t.Context(), &site{n: 1000, seed: 5, failAt: 300}); err == nil || sum.Records != 299 || err.Error() != skipped[0].Error() {
		t.Errorf("strict: %+v, %v", sum, err)
	}
	full := errors.New("full")
	e.Alert = func(inkling.Alert) error { return full }
	if _, err := e.Run(t.Context(), &site{n: 100000, seed: 5, attackEvery: 3}); !errors.Is(err, full) {
		t.Errorf("a sink that fails: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	e.Alert = func(inkling.Alert) error { cancel(); return nil }
	if _, err := e.Run(ctx, &site{n: 1 << 40, seed: 5, attackEvery: 3}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestMatrixIsExact(t *testing.T) {
	m := Matrix{{0, math.Copysign(0, -1), math.NaN()}, {math.Inf(1), 5e-324, math.MaxFloat64}}
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var back Matrix
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(back) != fmt.Sprint(m) || len(back) != 2 {
		t.Errorf("%v, want %v", back, m)
	}
	for _, bad := range []string{`""`, `"AAAA"`, `7`, `"/////////////w=="`, `"AQAAAAAAAAA="`} {
		if err := json.Unmarshal([]byte(bad), &back); err == nil {
			t.Errorf("%s was taken for a matrix", bad)
		}
	}
}

func TestExamplesNameMissingLines(t *testing.T) {
	b := testBaseline(t)
	_, err := Examples(t.Context(), &site{n: 20, seed: 2, failAt: 4}, "site.csv", []int{5}, b.Contract)
	if err == nil || !strings.Contains(err.Error(), "site.csv:5: broken") {
		t.Errorf("a marked line that cannot be read: %v", err)
	}
	_, err = Examples(t.Context(), &site{n: 20, seed: 2}, "site.csv", []int{5, 99}, b.Contract)
	if inkling.CodeOf(err) != inkling.NotFound || !strings.Contains(err.Error(), "line 99") {
		t.Errorf("%v", err)
	}
}

func TestRecordTime(t *testing.T) {
	for text, want := range map[string]float64{
		"1700000000.5": 1700000000.5, "2023-11-14 22:13:20": 1700000000, " 2023-11-14T22:13:20Z ": 1700000000, "73479.0": math.NaN(), "": math.NaN(), "2022-W20": math.NaN(), "1e300": math.NaN(),
	} {
		for _, name := range []string{"time", "ts", "hour"} {
			var r inkling.Record
			r.Reset(&inkling.Schema{Fields: []inkling.Field{{Name: "x"}, {Name: name}}})
			r.Text[1] = []byte(text)
			want := want
			if name == "hour" {
				want = math.NaN()
			}
			if got := recordTime(&r); got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
				t.Errorf("%s %q: %v, not %v", name, text, got, want)
			}
		}
	}
	r := inkling.Record{Schema: &inkling.Schema{Fields: []inkling.Field{{Name: "time"}, {Name: "at", Kind: inkling.Time}}}, Num: []float64{0, 5}, Text: [][]byte{[]byte("1700000000"), nil}}
	if got := recordTime(&r); got != 5 {
		t.Errorf("a field that is a time: %v", got)
	}
	r = inkling.Record{Schema: &inkling.Schema{Fields: []inkling.Field{{Name: "ts", Kind: inkling.Number}}}, Num: []float64{1.7e9}, Text: make([][]byte, 1)}
	if got := recordTime(&r); got != 1.7e9 {
		t.Errorf("a column of numbers: %v", got)
	}
}

// numbered is a reader whose labels are numbers: 1 for benign.
type numbered struct{ site }

var numberedSchema = &inkling.Schema{Name: "table", Fields: append(slices.Clone(siteSchema.Fields[:4]), inkling.Field{Name: "label", Kind: inkling.Number})}

func (n *numbered) Read(r *inkling.Record) error {
	if err := n.site.Read(r); err != nil {
		return err
	}
	if string(r.Text[4]) == "benign" {
		r.Num[4] = 1
	} else {
		r.Num[4] = 0
	}
	r.Text[4], r.Schema = nil, numberedSchema
	return nil
}

func TestBaselineOfNumbersAsLabels(t *testing.T) {
	b, err := NewBaseline(t.Context(), "site", []string{"site"}, func(string) (inkling.Reader, error) {
		return &numbered{site{n: 1000, seed: 1, attackEvery: 10}}, nil
	}, BaselineOptions{Schema: "table", Label: "label", Benign: "1"})
	if err != nil || b.Records != 900 || len(b.Doubts) != 0 {
		t.Errorf("%v: %d records, doubts %q", err, b.Records, b.Doubts)
	}
}
