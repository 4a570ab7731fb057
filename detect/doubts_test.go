package detect

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/feature"
)

// sampleOf makes a sample of the rows of a table of texts; "" is missing.
func sampleOf(columns string, n int, row func(i int) []string) (kept []sampled) {
	s := &inkling.Schema{Name: "made"}
	for name := range strings.SplitSeq(columns, ",") {
		s.Fields = append(s.Fields, inkling.Field{Name: name})
	}
	for i := range n {
		var r inkling.Record
		r.Reset(s)
		for k, v := range row(i) {
			if v != "" {
				r.Text[k] = []byte(v)
			}
		}
		kept = append(kept, sampled{record: r, order: i})
	}
	return kept
}

func TestDoubts(t *testing.T) {
	table := BaselineOptions{Schema: "table"}
	with := func(o BaselineOptions, change func(*BaselineOptions)) BaselineOptions { change(&o); return o }
	rows := sampleOf("id,when,host,kind,amount,Is Fraud", 100, func(i int) []string {
		fraud := "no"
		if i%4 == 0 {
			fraud = "yes"
		}
		return []string{fmt.Sprint(i + 7), fmt.Sprint(i / 2), fmt.Sprintf("10.0.0.%d", i%9), "a", fmt.Sprint(i * 7 % 11), fraud}
	})
	const (
		id    = `column "id" never falls from row to row: a number or time of the record; leave it out with --drop id`
		when  = `column "when" never falls from row to row: a number or time of the record; leave it out with --drop when`
		host  = `column "host" holds addresses, which tell sites apart, not attacks; leave it out with --drop host`
		fraud = `column "Is Fraud" looks like labels (no 75 %, yes 25 %), and every record was taken for benign; keep the benign ones with --label 'Is Fraud' --benign no`
		leak  = `column "Is Fraud" looks like labels; leave it out with --drop 'Is Fraud'`
	)
	two := slices.Concat(rows, rows)
	for name, tt := range map[string]struct {
		kept  []sampled
		files int
		o     BaselineOptions
		want  []string
	}{
		"a table that nobody looked at": {rows, 1, table, []string{fraud, id, when, host}},
		"what was dropped":              {rows, 1, with(table, func(o *BaselineOptions) { o.Drop = []string{"id", "when", "host"} }), []string{fraud}},
		"labels":                        {rows, 1, with(table, func(o *BaselineOptions) { o.Label = "Is Fraud" }), []string{id, when, host}},
		"other labels":                  {rows, 1, with(table, func(o *BaselineOptions) { o.Label = "kind" }), []string{leak, id, when, host}},
		"a pinned schema":               {rows, 1, with(table, func(o *BaselineOptions) { o.Pinned = &feature.TableSchema{} }), []string{fraud}},
		"no table":                      {rows, 1, BaselineOptions{Schema: "flow"}, []string{fraud}},
		"numbers begin anew with files": {two, 2, table, []string{fraud, id, when, host}},
		"numbers begin anew amid one":   {two, 1, table, []string{fraud, host}},
		"one label":                     {sampleOf("label,x", 50, func(i int) []string { return []string{"b", fmt.Sprint(i % 7)} }), 1, table, []string{`column "label" looks like labels; leave it out with --drop label`}},
		"many labels":                   {sampleOf("class,x", 90, func(i int) []string { return []string{fmt.Sprint("c", i), "1"} }), 1, BaselineOptions{Schema: "flow"}, nil},
		"labels without a benign name": {sampleOf("label,x", 60, func(i int) []string { return []string{[]string{"scan", "scan", "", "dos"}[i%4], "1"} }), 1, BaselineOptions{Schema: "flow"},
			[]string{`column "label" looks like labels (scan 66.7 %, dos 33.3 %), and every record was taken for benign; keep the benign ones with --label label --benign VALUE`}},
		"files of other fields": {slices.Concat(sampleOf("label,x", 50, func(i int) []string { return []string{[]string{"benign", "scan"}[i%2], "1"} }), sampleOf("y", 50, func(int) []string { return []string{"1"} })), 2, BaselineOptions{Schema: "flow"},
			[]string{`column "label" looks like labels (benign 50 %, scan 50 %), and every record was taken for benign; keep the benign ones with --label label --benign benign`}},
		"a row for a header": {sampleOf("tcp,0,0.25,x0", 60, func(i int) []string { return []string{"udp", fmt.Sprint(i * 7 % 11), fmt.Sprint(i % 7), "a"} }), 1, table,
			[]string{`the header calls a column "0.25": if the file has no header line, name its columns with --names`}},
		"a row for a header, pinned": {sampleOf("tcp,0.25", 60, func(i int) []string { return []string{"udp", fmt.Sprint(i % 7)} }), 1, with(table, func(o *BaselineOptions) { o.Pinned = &feature.TableSchema{} }), nil},
		"times": {sampleOf("at,x", 60, func(i int) []string {
			return []string{fmt.Sprintf("2026-01-%02d 10:00:00", 1+i*7%28), fmt.Sprint(i % 7)}
		}), 1, table,
			[]string{`column "at" holds times: absolute time tells recordings apart, not attacks; leave it out with --drop at`}},
		"years for names": {sampleOf("2024,2025", 60, func(i int) []string { return []string{fmt.Sprint(i * 7 % 11), fmt.Sprint(i % 7)} }), 1, table, nil},
		"a word among numbers": {sampleOf("amount", 200, func(i int) []string { return []string{[]string{fmt.Sprint(i * 7 % 199), "1.000,00"}[i/199]} }), 1, table,
			[]string{`column "amount" holds numbers but for 1 value ("1.000,00"), so that all are taken for names: mend it, or make its kind number in what inkling schema --out writes`}},
		"few values": {sampleOf("hour,x", 60, func(i int) []string { return []string{fmt.Sprint(i / 4), "1"} }), 1, table, nil},
		"words":      {sampleOf("x", 60, func(i int) []string { return []string{[]string{"a", fmt.Sprint(i)}[i%2]} }), 1, table, nil},
	} {
		if got := doubts(tt.kept, tt.files, tt.o); !slices.Equal(got, tt.want) {
			t.Errorf("%s:\n%s\nwant:\n%s", name, strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
		}
	}
	many := sampleOf("a1,a2,a3,a4,a5,a6,a7,a8,a9,label", 50, func(i int) []string { return slices.Repeat([]string{fmt.Sprint(i)}, 10) })
	if got := doubts(many, 1, table); len(got) != mostDoubts+1 || !strings.HasPrefix(got[0], `column "label"`) || got[mostDoubts] != "2 more columns are to be doubted; see inkling schema" {
		t.Errorf("of ten: %q", got)
	}
}

func TestLikelyBenign(t *testing.T) {
	for want, labels := range map[string][]string{
		"Normal Traffic": {"DoS", "Normal Traffic"}, "normal.": {"smurf.", "normal."}, "0": {"1", "0"}, "Benign": {"Background", "Benign"}, "F": {"T", "F"}, "VALUE": {"normality", "nothing"},
	} {
		if got := likelyBenign(labels); got != want {
			t.Errorf("%q: %q, not %q", labels, got, want)
		}
	}
}

// One record of 1970 makes the volume next to nothing: that is told. What is even, or of one time, is not doubted.
func TestDoubtTimes(t *testing.T) {
	schema := &inkling.Schema{Name: "conn", Fields: []inkling.Field{{Name: "ts", Kind: inkling.Time}}}
	at := func(n int, of func(i int) float64) (kept []sampled) {
		for i := range n {
			kept = append(kept, sampled{order: i})
			kept[i].record.Reset(schema)
			kept[i].record.Num[0] = of(i)
		}
		return kept
	}
	span := func(kept []sampled) float64 {
		s := span{math.Inf(1), math.Inf(-1)}
		for i := range kept {
			s.add(kept[i].record.Num[0])
		}
		return covered([]span{s})
	}
	minutes := func(i int) float64 { return 1.79e9 + float64(i)*60 }
	for _, row := range []struct {
		name string
		kept []sampled
		want string
	}{
		{"even", at(3000, minutes), ""},
		{"few", at(40, minutes), ""},
		{"no times", at(3000, func(int) float64 { return math.NaN() }), ""},
		{"all of one time", at(3000, func(int) float64 { return 1.79e9 }), ""},
		{"two days far apart", at(3000, func(i int) float64 { return 1.79e9 + float64(i) + 1e7*float64(i/1500) }), ""},
		{"one of 1970", at(3000, func(i int) float64 { return minutes(i) * float64(min(i, 1)) }), "of 2.04 days, a few others make it 20720 days"},
		{"one of the future", at(40, func(i int) float64 { return minutes(i) + 1e10*float64(i/39) }), "of 2220 seconds, a few others make it 115741 days"},
	} {
		got := strings.Join(doubtTimes(row.kept, span(row.kept)), "; ")
		if (got == "") != (row.want == "") || !strings.Contains(got, row.want) {
			t.Errorf("%s: %q, want %q", row.name, got, row.want)
		}
	}
}
