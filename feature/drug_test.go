package feature

import (
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling"
)

// textReader reads lines of comma-separated values, the first line their names.
type textReader struct {
	lines  []string
	schema *inkling.Schema
	at     int
}

func readText(s string) *textReader {
	r := &textReader{lines: strings.Split(strings.TrimSpace(s), "\n"), schema: &inkling.Schema{Name: "test"}, at: 1}
	for _, n := range strings.Split(r.lines[0], ",") {
		r.schema.Fields = append(r.schema.Fields, inkling.Field{Name: n})
	}
	return r
}

func (r *textReader) Read(rec *inkling.Record) error {
	if r.at == len(r.lines) {
		return io.EOF
	}
	rec.Reset(r.schema)
	for i, v := range strings.Split(r.lines[r.at], ",") {
		if rec.Text[i] = []byte(v); v == "" {
			rec.Text[i] = nil
		}
	}
	r.at++
	rec.Origin = inkling.Origin{File: "test.csv", Line: r.at}
	return nil
}

func (*textReader) Close() error { return nil }

func TestDrugPairs(t *testing.T) {
	in := "case,drug,event,label\n" +
		"1,A,rash,x\n1,A,rash,y\n1,A,fever,\n" + // the second row says nothing new
		"2,A,rash,\n2,,rash,\n2,B,rash,\n" + // the row without a drug is skipped
		"3,B,fever,\n4,B,pain,\n5,C,pain,\n"
	g, x := gatherDrug(readText(in)), newDrug()
	var names []string
	rows, skipped := map[string][]float64{}, 0
	for {
		var r inkling.Record
		err := g.Read(&r)
		if errors.Is(err, io.EOF) {
			break
		}
		if inkling.Skippable(err) {
			skipped++
			continue
		}
		row := make([]float64, drugWidth)
		if err == nil {
			err = x.Extract(row, &r)
		}
		if err != nil {
			t.Fatal(err)
		}
		name := string(r.Text[0]) + " " + string(r.Text[1])
		names, rows[name] = append(names, name), row
		if r.Origin.Line != len(names) || name == "A rash" && string(r.Text[len(r.Text)-1]) != "x" {
			t.Errorf("%s: origin %v, label %q", name, r.Origin, r.Text[len(r.Text)-1])
		}
	}
	if got := strings.Join(names, ","); got != "A rash,A fever,B rash,B fever,B pain,C pain" || skipped != 1 {
		t.Fatalf("pairs %s, %d skipped", got, skipped)
	}
	// A and rash: both in cases 1 and 2 of 5, A in no other, rash in no other.
	for at, want := range map[int]float64{
		dReports: 2, dExpected: 0.8, dPRR: 2.5 / 3 / (0.5 / 4), dROR: 2.5 * 3.5 / 0.25, dIC: math.Log2(2.5 / 1.3), dChi2: (6 - 2.5) * (6 - 2.5) * 5 / 36,
		dDrugReports: 2, dEventReports: 2, dDrugShare: 100, dEventShare: 100, dDrugEvents: 2, dEventDrugs: 2, dDrugRank: 100, dEventRank: 100, dCompany: 0.5,
	} {
		if got := rows["A rash"][at]; math.Abs(got-want) > 1e-9 {
			t.Errorf("%s = %v, want %v", drugContract.Features[at].Name, got, want)
		}
	}
	if v := rows["B rash"][dChi2]; v > 0 {
		t.Errorf("B and rash, once where 1.2 are expected: chi2 %v", v)
	}
}

func TestDrugOfCounts(t *testing.T) {
	g, x := gatherDrug(readText("reports,drug.reports,event.reports,all.reports\n2,2,2,5\n3,2,2,5\n-1,2,2,5\nx,2,2,5\n1e300,1e300,1e300,1e300\n")), newDrug()
	for n := range 5 {
		var r inkling.Record
		row := make([]float64, drugWidth)
		if err := g.Read(&r); err != nil {
			t.Fatal(err)
		}
		err := x.Extract(row, &r)
		if n > 0 && (inkling.CodeOf(err) != inkling.Invalid || !inkling.Skippable(err)) {
			t.Errorf("row %d: %v", n+1, err)
		}
		if n == 0 && (err != nil || row[dExpected] != 0.8 || !math.IsNaN(row[dCompany])) {
			t.Errorf("%v: %v", row, err)
		}
	}
}

func TestDrugCaseIsBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString("case,drug,event\n")
	for i := range mostCaseRows + 3 {
		b.WriteString("1,A," + strconv.Itoa(i) + "\n")
	}
	g, refused, pairs := gatherDrug(readText(b.String())), 0, 0
	for {
		var r inkling.Record
		err := g.Read(&r)
		if errors.Is(err, io.EOF) {
			break
		}
		if inkling.Skippable(err) {
			refused++
		} else if err == nil {
			pairs++
		} else {
			t.Fatal(err)
		}
	}
	if refused != 3 || pairs != mostCaseRows {
		t.Errorf("%d rows refused, %d pairs", refused, pairs)
	}
}
