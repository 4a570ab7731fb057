package feature

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling"
)

var callsSchema = &inkling.Schema{Name: "table", Fields: []inkling.Field{{Name: "label"}, {Name: "calls"}}}

func callsRow(x Extractor, calls string) ([]float64, error) {
	var r inkling.Record
	r.Reset(callsSchema)
	r.Text[1] = []byte(calls)
	row := make([]float64, len(x.Contract().Features))
	return row, x.Extract(row, &r)
}

func TestCalls(t *testing.T) {
	x := newAPI()
	row, err := callsRow(x, "open read, read;read close\topen")
	if err != nil {
		t.Fatal(err)
	}
	// open 2, read 3, close 1 of 6: entropy = log2 6 − (2·1 + 3·log2 3)/6; pairs o-r, r-r twice, r-c, c-o are 4 different ones of 5
	for name, want := range map[string]float64{
		"length": 6, "distinct": 3, "entropy": math.Log2(6) - (2+3*math.Log2(3))/6, "pairs": 80, "top": 50, "repeated": 40, "run": 3, "late_new": 100.0 / 3,
	} {
		if got := row[x.Contract().Index(name)]; math.Abs(got-want) > 1e-9 {
			t.Errorf("%s = %v, want %v", name, got, want)
		}
	}
	ones, pairs := row[callsFixed:callsFixed+callGrams[0]], row[callsFixed+callGrams[0]:]
	if sum(ones) != 6 || sum(pairs) != 5 {
		t.Errorf("%v calls and %v pairs in the buckets", sum(ones), sum(pairs))
	}
	if h := hashCalls(nil, []byte("read"), 9)[0]; ones[bucket(h, callGrams[0])] < 3 {
		t.Error("read was called three times")
	}
	back, _ := callsRow(x, "open close read read read open") // the same calls, other pairs
	if !slices.Equal(ones, back[callsFixed:callsFixed+callGrams[0]]) || slices.Equal(pairs, back[callsFixed+callGrams[0]:]) {
		t.Error("the order of calls must tell in pairs, and there alone")
	}
	again, _ := callsRow(x, "open read, read;read close\topen")
	if !slices.Equal(row, again) {
		t.Error("a sequence depends on the one before")
	}
	if one, err := callsRow(x, "open"); err != nil || one[cLength] != 1 || one[cEntropy] != 0 || one[cPairs] != 0 {
		t.Errorf("one call: %v, %v", one[:callsFixed], err)
	}
}

func sum(v []float64) (s float64) {
	for _, x := range v {
		s += x
	}
	return s
}

func TestHostileCalls(t *testing.T) {
	x := newAPI()
	for _, none := range []string{"", " , ;\x00\n", "\"\"()"} {
		if _, err := callsRow(x, none); inkling.CodeOf(err) != inkling.Invalid {
			t.Errorf("%q: %v", none, err)
		}
	}
	long, err := callsRow(x, strings.Repeat("a b ", callsMost))
	if err != nil || long[cLength] != callsMost {
		t.Errorf("a long sequence: %v, %v", long[cLength], err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for n := range 200 {
		b := make([]byte, 1+n)
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
		row, err := callsRow(x, string(b)+"x")
		if err != nil || slices.ContainsFunc(row, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) || v < 0 }) {
			t.Fatalf("%q: %v, %v", b, row, err)
		}
	}
	var r inkling.Record
	r.Reset(&inkling.Schema{Name: "table", Fields: []inkling.Field{{Name: "calls", Kind: inkling.Number}}})
	if err := x.Extract(make([]float64, len(x.Contract().Features)), &r); inkling.CodeOf(err) != inkling.Invalid {
		t.Errorf("a number for a sequence: %v", err)
	}
}
