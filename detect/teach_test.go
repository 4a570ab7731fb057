package detect

import (
	"bytes"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/feature"
	"github.com/inkling-sec/inkling/meta"
)

func TestTeachFindsWhatWasTaught(t *testing.T) {
	d, a, _ := taught(t)
	if d.Promise.SelfTest.Found != 5 || d.Promise.SelfTest.Of != 5 {
		t.Errorf("self-test %+v", d.Promise.SelfTest)
	}
	var hits, falseAlarms int
	e := Engine{Detectors: []*Armed{a}, Alert: func(alert inkling.Alert) error {
		if alert.Record["label"] == "attack" {
			hits++
		} else {
			falseAlarms++
		}
		return nil
	}}
	sum, err := e.Run(t.Context(), &site{n: 10000, seed: 7, attackEvery: 100})
	if err != nil {
		t.Fatal(err)
	}
	if hits < 95 || sum.Records != 10000 || sum.Alerts != hits+falseAlarms {
		t.Errorf("found %d of 100, %d false alarms, %+v", hits, falseAlarms, sum)
	}
	if upper := d.Promise.Upper95 * 9900; float64(falseAlarms) > upper+3*math.Sqrt(upper) {
		t.Errorf("%d false alarms of 9900, promised %v, upper bound %v", falseAlarms, d.Promise.Alpha, d.Promise.Upper95)
	}
}

// One example has no self-test, but a detector that does not find even that says so.
func TestQuietExample(t *testing.T) {
	b := testBaseline(t)
	e, err := meta.Find("lda")
	if err != nil {
		t.Fatal(err)
	}
	benign, err := Examples(t.Context(), &site{n: 3000, seed: 3}, "site.csv", []int{100}, b.Contract)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name     string
		examples Rows
		want     []int
	}{{"like benign records", benign, []int{0}}, {"of the attack", testExamples(t, b, 11), nil}} {
		d, a, err := Teach(t.Context(), "x", row.examples, b, Choice{Learner: e.New(1)}, TeachOptions{Alpha: 0.01})
		if err != nil {
			t.Fatal(err)
		}
		if got := d.Promise.SelfTest.Quiet; !slices.Equal(got, row.want) || a.Alerts(a.Score(row.examples.Raw[0])) != (row.want == nil) {
			t.Errorf("%s: %v do not alert, want %v", row.name, got, row.want)
		}
	}
}

// An example is not found by another that looks the same: of those there is no test, and among others they are left out together.
func TestSelfTestOfTwins(t *testing.T) {
	b := testBaseline(t)
	one := testExamples(t, b, 11)
	twins := func(n int, more Rows) Rows {
		for range n {
			more.Raw, more.Origin = append(more.Raw, one.Raw[0]), append(more.Origin, one.Origin[0])
			more.Record, more.Time = append(more.Record, one.Record[0]), append(more.Time, one.Time[0])
		}
		return more
	}
	far := testExamples(t, b, 21)
	at := slices.IndexFunc(b.Contract.Features, func(f feature.Feature) bool { return f.Name == "b" })
	far.Raw[0] = with(far.Raw[0], at, -8) // of another attack, that does not help to find the twins
	for _, tt := range []struct {
		name     string
		examples Rows
		found    int
		of       int
	}{
		{"four twins", twins(4, Rows{}), 0, 0},
		{"four twins and another kind", twins(4, far), 1, 5}, // only the other one
		{"twins among others of the kind", twins(2, testExamples(t, b, 21, 31)), 4, 4},
	} {
		d, _, err := Teach(t.Context(), "x", tt.examples, b, testLearner(t), TeachOptions{Alpha: 0.01})
		if err != nil {
			t.Fatal(err)
		}
		if got := d.Promise.SelfTest; got.Found != tt.found || got.Of != tt.of {
			t.Errorf("%s: %+v, want %d of %d", tt.name, got, tt.found, tt.of)
		}
	}
}

func TestTeachRefuses(t *testing.T) {
	b := testBaseline(t)
	benign := Rows{Raw: b.Pool.Raw[:1], Origin: b.Pool.Origin[:1], Record: b.Pool.Record[:1]}
	good := testExamples(t, b, 11, 21)
	for _, row := range []struct {
		name     string
		examples Rows
		options  TeachOptions
		says     string
	}{
		{"no examples", Rows{}, TeachOptions{}, "no examples"},
		{"a benign example", benign, TeachOptions{}, "same in every feature as the benign record"},
		{"a rate too small", good, TeachOptions{Alpha: 1e-6}, "cannot promise"},
		{"no rate", good, TeachOptions{Alpha: 2}, "a false-alarm rate of 2"},
		{"more alarms than records", good, TeachOptions{PerDay: 1e6}, "1e+06 false alarms a day, of 86428.8 records a day (give a number above 0 and below that of the records, such as 72)"},
		{"too few alarms", good, TeachOptions{PerDay: 71}, "1200 benign calibration records cannot promise 71 false alarms a day, of 86428.8 records a day (the fewest they can promise is 72 a day; 1217 records would do for 71)"},
		{"an example that must not alert", good, TeachOptions{Known: &Known{Rows: good.Raw[1:], Class: []int{0}, OnlyThis: true}}, "site.csv:21: this example is the same as a record of a known attack, which must not alert"},
		{"two rates", good, TeachOptions{Alpha: 0.01, PerDay: 3}, "choose one"},
	} {
		_, _, err := Teach(t.Context(), "x", row.examples, b, testLearner(t), row.options)
		if err == nil || !strings.Contains(err.Error(), row.says) {
			t.Errorf("%s: %v", row.name, err)
		}
	}
	if _, _, err := Teach(t.Context(), "x", good, b, testLearner(t), TeachOptions{Known: &Known{Rows: good.Raw[1:], Class: []int{0}}}); err != nil {
		t.Errorf("an example that is known and may alert: %v", err)
	}
	if _, _, err := Teach(t.Context(), "x", good, b, testLearner(t), TeachOptions{PerDay: 72}); err != nil {
		t.Errorf("the fewest alarms a day as they are told: %v", err)
	}
}

// An example that is among the calibration records too is told of: the detector is held to keep quiet about it.
func TestExampleAmongCalibration(t *testing.T) {
	b := testBaseline(t)
	rows := testExamples(t, b, 11, 21, 31)
	d, _, err := Teach(t.Context(), "x", rows, b, testLearner(t), TeachOptions{Alpha: 0.01})
	if err != nil || len(d.Doubts) > 0 {
		t.Errorf("%v, %v", err, d.Doubts)
	}
	rows.Raw[1], rows.Origin[1] = b.Calibration.Raw[7], inkling.Origin{File: "today.csv", Line: 5}
	d, _, err = Teach(t.Context(), "x", rows, b, testLearner(t), TeachOptions{Alpha: 0.01})
	if err != nil || len(d.Doubts) != 1 || !strings.Contains(d.Doubts[0], "1 of 3 marked as examples is, or looks just like,") || !strings.Contains(d.Doubts[0], "today.csv:5 is as "+b.Calibration.Origin[7].String()) {
		t.Errorf("%v, %v", err, d.Doubts)
	}
	rows.Raw[2] = b.Calibration.Raw[8]
	d, _, err = Teach(t.Context(), "x", rows, b, testLearner(t), TeachOptions{Alpha: 0.01})
	if err != nil || len(d.Doubts) != 1 || !strings.Contains(d.Doubts[0], "2 of 3 marked as examples are, or look just like,") {
		t.Errorf("%v, %v", err, d.Doubts)
	}
}

// Whatever byte of a detector's file is changed: it is refused, or what it says is the same.
func TestFlippedDetector(t *testing.T) {
	d, _, _ := taught(t)
	var file bytes.Buffer
	if err := d.Write(&file); err != nil {
		t.Fatal(err)
	}
	good, err := ReadDetector(file.Bytes(), d.Name)
	if err != nil {
		t.Fatal(err)
	}
	good.Sum = ""
	for i := range file.Len() {
		b := bytes.Clone(file.Bytes())
		b[i] ^= 1 << (i % 7)
		got, err := ReadDetector(b, d.Name)
		if err == nil {
			got.Sum = ""
		}
		if err == nil && !reflect.DeepEqual(got, good) {
			t.Fatalf("byte %d changed, and read as another detector: %s", i, b[max(0, i-60):min(len(b), i+60)])
		}
	}
}

// Large numbers are told as people write them.
func TestRefusedAlarmsOfManyRecords(t *testing.T) {
	b := testBaseline(t)
	b.Seconds /= 30
	_, _, err := Teach(t.Context(), "x", testExamples(t, b, 11), b, testLearner(t), TeachOptions{PerDay: 71})
	if err == nil || !strings.Contains(err.Error(), "71 false alarms a day, of 2592864 records a day (the fewest they can promise is 2200 a day;") {
		t.Error(err)
	}
}

// Beyond eight standard deviations values are as one: what differs there is not called the same.
func TestExampleLikeABenignOutlier(t *testing.T) {
	b := testBaseline(t)
	at := slices.IndexFunc(b.Contract.Features, func(f feature.Feature) bool { return f.Name == "b" })
	far := func(v float64) []float64 { return with(b.Pool.Raw[0], at, v) }
	b.Pool.Raw[0] = far(1e9)
	if err := b.prepare(); err != nil {
		t.Fatal(err)
	}
	for v, says := range map[float64]string{1e9: "the same in every feature as the benign record", 2e9: "no detector can tell this example from the benign record"} {
		rows := testExamples(t, b, 11)
		rows.Raw[0] = far(v)
		if _, _, err := Teach(t.Context(), "x", rows, b, testLearner(t), TeachOptions{}); err == nil || !strings.Contains(err.Error(), says+" "+b.Pool.Origin[0].String()) {
			t.Errorf("b = %g: %v", v, err)
		}
	}
}
