package feature

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling"
)

// Every family has a contract of its name, whose hash a stored one is held to, and refuses records that lack what it needs.
func TestFamilies(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range Families {
		c := f.New().Contract()
		if err := c.Check(); err != nil || c.Name != f.Name || f.Doc == "" || f.Name == tableName || seen[f.Name] {
			t.Errorf("%s: contract %s (%v)", f.Name, c.Name, err)
		}
		seen[f.Name] = true
		if x, err := New(c); err != nil || x.Contract().Hash() != c.Hash() {
			t.Errorf("%s: %v", f.Name, err)
		}
		older := *c
		older.Version--
		if _, err := New(&older); inkling.CodeOf(err) != inkling.Conflict {
			t.Errorf("%s: an older version: %v", f.Name, err)
		}
		for _, feature := range c.Features {
			if feature.Doc == "" {
				t.Errorf("%s: %s is not explained", f.Name, feature.Name)
			}
		}
		var r inkling.Record
		r.Reset(&inkling.Schema{Name: "other", Fields: []inkling.Field{{Name: "nothing"}}})
		if err := f.New().Extract(make([]float64, len(c.Features)), &r); inkling.CodeOf(err) != inkling.Invalid {
			t.Errorf("%s: a record without its fields: %v", f.Name, err)
		}
	}
}

// An account's number is the same account whether the reader kept its text or made a number of it.
func TestNamesOfNumbers(t *testing.T) {
	text := texts(schemaOf("account"), "4929123456789012")
	var number inkling.Record
	number.Reset(&inkling.Schema{Name: "table", Fields: []inkling.Field{{Name: "account", Kind: inkling.Number}}})
	number.Num[0] = 4929123456789012
	if a, b := text.Written(0), number.Written(0); string(a) != string(b) {
		t.Errorf("%s and %s", a, b)
	}
	number.Num[0]++
	a, _ := keyOf(text, 0)
	if b, ok := keyOf(&number, 0); !ok || a == b {
		t.Error("two accounts of long numbers are one")
	}
	number.Num[0] = math.NaN()
	if _, ok := keyOf(&number, 0); ok {
		t.Error("a missing number is a name")
	}
}

// Times are seconds or milliseconds, whatever holds them; what a reader took for a time is not counted anew.
func TestMoments(t *testing.T) {
	for text, want := range map[string]float64{
		"1767323045.25": 1767323045.25, "1767323045250": 1767323045.25, "2026-01-02 03:04:05.25": 1767323045.25, "0": 0, "12": 12,
		"-1": math.NaN(), "1767323045250000": math.NaN(), "1e300": math.NaN(), "x": math.NaN(),
	} {
		r := texts(schemaOf("time"), text)
		if got := Moment(r, 0); got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
	for kind, want := range map[inkling.Kind]float64{inkling.Number: 1767323045.25, inkling.Time: math.NaN()} {
		var r inkling.Record
		r.Reset(&inkling.Schema{Name: "table", Fields: []inkling.Field{{Name: "time", Kind: kind}}})
		r.Num[0] = 1767323045250
		if got := Moment(&r, 0); got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
			t.Errorf("kind %v: %v, want %v", kind, got, want)
		}
	}
}

// Records that are no flows are told which schemas they would do for.
func TestFlowTellsOtherSchemas(t *testing.T) {
	for _, tt := range []struct {
		fields []string
		want   string
	}{
		{[]string{"ts", "id.orig_h", "query"}, "of --schema dns or table"},
		{[]string{"ts", "host", "uri"}, "of --schema web or table"},
		{[]string{"time", "customer", "terminal", "amount"}, "of --schema payment or table"},
		{[]string{"a", "b"}, "of --schema table"},
	} {
		s := &inkling.Schema{Name: "table"}
		for _, name := range tt.fields {
			s.Fields = append(s.Fields, inkling.Field{Name: name})
		}
		var r inkling.Record
		r.Reset(s)
		x := NewFlow(FlowOptions{})
		err := x.Extract(make([]float64, len(x.Contract().Features)), &r)
		var e *inkling.Error
		if !errors.As(err, &e) || !strings.HasSuffix(e.Remedy, "records like these are "+tt.want) {
			t.Errorf("%v: %v", tt.fields, err)
		}
	}
}

// A table that has other names for what a family needs is told how to name its columns.
func TestColumnsOfOtherNames(t *testing.T) {
	for name, want := range map[string]bool{"table": true, "zeek.http": false} {
		var r inkling.Record
		r.Reset(&inkling.Schema{Name: name, Fields: []inkling.Field{{Name: "timestamp"}, {Name: "value"}}})
		x := newSeries()
		err := x.Extract(make([]float64, len(x.Contract().Features)), &r)
		if err == nil || strings.Contains(err.Error(), "or leave that out and name all columns in order with --names") != want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Of very many fields that are lacking the first are named, and the others counted.
func TestManyLacking(t *testing.T) {
	names := make([]string, mostLacking+4)
	for i := range names {
		names[i] = fmt.Sprintf("f%d", i)
	}
	if got := lacking(flowContract, &inkling.Schema{Name: "table"}, names, "").Error(); !strings.Contains(got, " f15, and 4 more") || strings.Contains(got, "f16") {
		t.Error(got)
	}
	if got := lacking(flowContract, &inkling.Schema{Name: "table"}, names[:mostLacking], "").Error(); !strings.HasSuffix(got, " f15") {
		t.Error(got)
	}
}
