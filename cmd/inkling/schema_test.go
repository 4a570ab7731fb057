package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const payHead = "id,when,code,amount,shop,client,note,fraud\n"

// paid gives rows of a table that has a column of each kind; the last few are fraud.
func paid(from, n int) string {
	var b strings.Builder
	for i := from; i < from+n; i++ {
		amount, fraud := fmt.Sprintf("%d.%02d", 5+i*37%90, i%100), "no"
		if i%9 == 0 {
			amount = ""
		}
		if i >= 300 {
			amount, fraud = fmt.Sprint(5000+i), "yes"
		}
		fmt.Fprintf(&b, "P%06d,2026-01-02T03:%02d:%02dZ,%d,%s,%s,10.0.%d.%d,%s %d,%s\n", i*7919%1000000, i/60%60, i%60, 100+i%3, amount, []string{"bakery", "books", "-"}[i%3], i%7, i%250, []string{"for the", "because of"}[i%2], i*i, fraud)
	}
	return b.String()
}

func TestSchema(t *testing.T) {
	s := newSite(t)
	csv := write(t, filepath.Join(s.dir, "pay.csv"), payHead+paid(0, 300))
	file := filepath.Join(s.dir, "pay.schema.json")
	out := must(t, "schema", csv, "--label", "fraud", "--category", "code", "--out", file)
	for _, says := range []string{
		"8 columns in 300 rows, 3 learned from", "id            identifier", "not learned from: is another in nearly every row", "when          time", "absolute time tells", "code          category", "amount        number         11.3 %",
		"shop          category", "client        identifier", "holds addresses", "not learned from: is another", "fraud         category", "holds the answer", "Next: inkling baseline FILE… --schema " + file,
	} {
		if !strings.Contains(squeezed(out), squeezed(says)) {
			t.Errorf("the text does not say %q:\n%s", says, out)
		}
	}
	saved, err := os.ReadFile(file)
	if err != nil || strings.Count(string(saved), "\n") != 13 || !strings.Contains(string(saved), `{"name":"code","kind":"category","learn":true,"levels":["100","101","102"],"seen":{"missing":0,"distinct":3,"examples":["100","101","102"]}}`) {
		t.Errorf("saved %s (%v)", saved, err)
	}
	if columns := objects(t, must(t, "schema", csv, "--json")); len(columns) != 8 || columns[3]["name"] != "amount" || columns[3]["may_be_missing"] != true || columns[2]["kind"] != "number" {
		t.Errorf("as JSON: %v", columns)
	}
	// The schema alone decides the contract: another sample of the table, and the same table in another order of columns, have the same.
	hash := func(args ...string) string {
		m := objects(t, must(t, s.args(append(args, "--schema", file, "--json")...)...))
		return m[0]["contract_hash"].(string)
	}
	first := hash("baseline", csv, "--name", "pay")
	half := write(t, filepath.Join(s.dir, "half.csv"), payHead+paid(150, 60))
	if h := hash("baseline", half, "--name", "half"); h != first {
		t.Errorf("another sample has contract %s, not %s", h, first)
	}
	write(t, filepath.Join(s.dir, "edited.json"), strings.Replace(string(saved), `"name":"shop","kind":"category","learn":true`, `"name":"shop","kind":"category","learn":false`, 1))
	edited := objects(t, must(t, s.args("baseline", csv, "--name", "edited", "--schema", filepath.Join(s.dir, "edited.json"), "--json")...))[0]
	if edited["contract_hash"] == first {
		t.Error("an edited schema has the same contract")
	}

	all := write(t, filepath.Join(s.dir, "all.csv"), payHead+paid(0, 370))
	must(t, s.args("teach", "fraud", "--examples", all+":302,303,304", "--baseline", "pay")...)
	alerts := must(t, s.args("hunt", all, "--detector", "fraud", "--json")...)
	if n := strings.Count(alerts, `"detector":"fraud"`); n < 60 {
		t.Errorf("%d alerts of 70 frauds", n)
	}
	if again := must(t, s.args("hunt", all, "--detector", "fraud", "--json", "--schema", file)...); timeless(again) != timeless(alerts) {
		t.Error("the same schema named again gives other alerts")
	}
	exec(t, s.args("hunt", all, "--detector", "fraud", "--schema", filepath.Join(s.dir, "edited.json"))...).fails(t, 4, "another schema")
	exec(t, s.args("hunt", all, "--detector", "fraud", "--schema", filepath.Join(s.dir, "none.json"))...).fails(t, 3, "none.json", "inkling schema")

	// A column that is not there is looked for in that file.
	for _, args := range [][]string{{"schema", csv, "--label", "no"}, {"schema", csv, "--category", "no"}, {"baseline", csv, "--schema", "table", "--drop", "no"}} {
		exec(t, s.args(args...)...).fails(t, 2, csv+`: has no column "no" (it has `)
	}

	// A later file with a column too few, too many, a word for a number, without what is not learned from.
	lacks := write(t, filepath.Join(s.dir, "lacks.csv"), "when,code,shop\n2026-01-02,100,books\n")
	for _, args := range [][]string{
		{"hunt", lacks, "--detector", "fraud"}, {"baseline", lacks, "--schema", file}, {"eval", "--data", lacks, "--schema", file, "--label", "fraud"}, {"teach", "x", "--examples", lacks, "--baseline", "pay"}, {"explain", lacks + ":2", "--detector", "fraud"},
		{"train", "--data", lacks, "--schema", file, "--label", "fraud"},
	} {
		exec(t, s.args(args...)...).fails(t, 2, `lacks.csv:2`, `no column "amount"`, "new baseline")
	}
	more := write(t, filepath.Join(s.dir, "more.csv"), "new,code,amount,shop\n1,100,5.5,books\n2,101,many,books\n3,102,,never\n")
	r := exec(t, s.args("hunt", more, "--detector", "fraud")...)
	if r.status != 0 || strings.Count(r.stderr, "\n") != 2 || !strings.Contains(r.stderr, `more.csv:3: amount: "many" is no number, as the schema has it`) || !strings.Contains(r.stderr, "note: "+more+": not in the schema, and left out: new") {
		t.Errorf("more columns: status %d: %s", r.status, r.stderr)
	}
	if !strings.Contains(r.stdout, "in 2 records") || !strings.Contains(r.stdout, "1 unreadable and skipped") {
		t.Errorf("more columns: %s", r.stdout)
	}
	if r := exec(t, s.args("eval", "--data", all, "--schema", file, "--label", "fraud", "--benign", "no", "--learners", "ratio", "--draws", "1", "--shots", "1", "--json")...); r.status != 0 || len(objects(t, r.stdout)) == 0 {
		t.Errorf("eval: status %d: %s", r.status, r.stderr)
	}
}

func squeezed(s string) string { return strings.Join(strings.Fields(s), " ") }

// A schema that was edited wrongly says which column, what and how.
func TestWrongSchema(t *testing.T) {
	s := newSite(t)
	csv := write(t, filepath.Join(s.dir, "pay.csv"), payHead+paid(0, 100))
	for says, columns := range map[string]string{
		`column "a": is a category without levels`:                 `{"name":"a","kind":"category","learn":true}`,
		`column "a": no kind "numbr"`:                              `{"name":"a","kind":"numbr","learn":true}`,
		`column "a": nothing can be learned from a column of kind`: `{"name":"a","kind":"time","learn":true}`,
		`column "a": appears twice`:                                `{"name":"a","kind":"number"},{"name":"a","kind":"number"}`,
		`no column is learned from`:                                `{"name":"a","kind":"number"}`,
		`unknown field "knd"`:                                      `{"name":"a","knd":"number"}`,
		`column "": has no name`:                                   `{"kind":"number","learn":true}`,
		`has level "x" twice`:                                      `{"name":"a","kind":"category","learn":true,"levels":["x","x"]}`,
	} {
		file := write(t, filepath.Join(s.dir, "x.json"), `{"inkling_schema":1,"columns":[`+columns+`]}`)
		r := exec(t, s.args("baseline", csv, "--schema", file)...)
		if r.status != 2 || !strings.Contains(r.stderr, "x.json: ") || !strings.Contains(r.stderr, says) {
			t.Errorf("%s: status %d: %s", columns, r.status, r.stderr)
		}
	}
	for text, says := range map[string]string{"": "is no schema", "{}": "version 0", `{"inkling_schema":1,"columns":[]}`: "no column is learned from", `{"inkling_schema":1,"columns":[{"name":"a","kind":"number","learn":true}]} x`: "something follows"} {
		r := exec(t, s.args("baseline", csv, "--schema", write(t, filepath.Join(s.dir, "x.json"), text))...)
		if r.status != 2 || !strings.Contains(r.stderr, says) {
			t.Errorf("%q: status %d: %s", text, r.status, r.stderr)
		}
	}
	exec(t, "schema", write(t, filepath.Join(s.dir, "head.csv"), payHead)).fails(t, 2, "no rows")
	exec(t, "schema", csv, "--label", "frod").fails(t, 2, `no column "frod"`)
	slip := write(t, filepath.Join(s.dir, "slip.csv"), payHead+strings.Replace(paid(0, 100), ",42.01,", ",4Z.01,", 1))
	if out := must(t, "schema", slip); !strings.Contains(out, "but for 1 value (") {
		t.Errorf("a slip among numbers is not told of: %s", out)
	}
	exec(t, s.args("baseline", csv, "--schema", filepath.Join(s.dir, "x.json"), "--drop", "id")...).fails(t, 2)
}

// What holds the answer is not learned from, whoever made the schema.
func TestSchemaLearnsNoLabels(t *testing.T) {
	s := newSite(t)
	csv := write(t, filepath.Join(s.dir, "pay.csv"), payHead+paid(0, 400))
	file := filepath.Join(s.dir, "pay.schema.json")
	must(t, "schema", csv, "--out", file)
	for _, args := range [][]string{
		{"baseline", csv, "--schema", file, "--label", "fraud", "--benign", "no"}, {"eval", "--data", csv, "--schema", file, "--label", "fraud"}, {"train", "--data", csv, "--schema", file, "--label", "fraud"},
	} {
		exec(t, s.args(args...)...).fails(t, 2, `pay.schema.json: the labels, "fraud", are learned from`)
	}
}

// Nor is what says which records belong together, as where no schema is pinned.
func TestSchemaLearnsNoGroups(t *testing.T) {
	s := newSite(t)
	csv := write(t, filepath.Join(s.dir, "pay.csv"), payHead+paid(0, 400))
	file := filepath.Join(s.dir, "pay.schema.json")
	const group = "shop"
	eval := []string{"eval", "--data", csv, "--schema", file, "--label", "fraud", "--benign", "no", "--group", group}
	must(t, "schema", csv, "--label", "fraud", "--out", file)
	exec(t, s.args(eval...)...).fails(t, 2, fmt.Sprintf("the groups, %q, are learned from", group), `"learn":false`)
	must(t, "schema", csv, "--label", "fraud", "--drop", group, "--out", file)
	if r := exec(t, s.args(eval...)...); strings.Contains(r.stderr, "learned from") {
		t.Error(r.stderr)
	}
}

// Nor can an alert say anything to the terminal, or an error.
func TestAlertsOfHostileRecords(t *testing.T) {
	s := newSite(t)
	var b strings.Builder
	for i := range 400 {
		amount, shop, label := 100+i*37%50, []string{"bakery", `b\u001b[31mooks`}[i%2], "ok"
		if i%100 == 99 {
			amount, shop, label = 5000+i, `x\u001b[2Jy`, "bad"
		}
		fmt.Fprintf(&b, `{"amount":%d,"shop":"%s","o\u001b[1mther":%d,"label":"%s"}`+"\n", amount, shop, i*7%13, label)
	}
	log := write(t, filepath.Join(s.dir, "pay.json"), b.String()+`{"amount":"\u001b[5m"}`+"\n")
	for _, args := range [][]string{
		{"baseline", log, "--name", "usual", "--schema", "table", "--label", "label", "--benign", "ok"}, {"teach", "odd", "--examples", log + ":100,200"}, {"hunt", log, "--detector", "odd"}, {"explain", log + ":300", "--detector", "odd"},
	} {
		r := exec(t, s.args(args...)...)
		if r.status != 0 || strings.Contains(r.stdout+r.stderr, "\x1b") {
			t.Errorf("%v: status %d: %q", args, r.status, r.stdout+r.stderr)
		}
	}
}

// Nor can the name of a file, such as one that is found in a folder.
func TestHostileFileNames(t *testing.T) {
	s := newSite(t)
	log := filepath.Join(s.dir, "x\x1b[31m.log")
	write(t, log, edit(connLog(), 20, "\tbenign", "\todd"))
	must(t, s.args("baseline", log, "--label", "label")...)
	for _, args := range [][]string{
		{"baseline", log, "--name", "other"}, {"teach", "scan", "--baseline", "default", "--examples", log + ":608,20,619"}, {"hunt", log, "--detector", "scan"}, {"explain", log + ":608", "--detector", "scan"},
		{"watch", log, "--detector", "scan", "--from", "start"}, {"watch", log, "--detector", "scan"}, {"schema", log}, {"features", log + ":608"}, {"detectors", "show", "scan"},
	} {
		var out, errs bytes.Buffer
		status := 0
		for patience := time.Second; ; patience *= 4 {
			ctx, cancel := context.WithCancel(t.Context())
			if args[0] == "watch" { // it waits for more, once it has begun
				ctx, cancel = context.WithTimeout(t.Context(), patience)
			}
			out.Reset()
			errs.Reset()
			status = run(ctx, s.args(args...), &out, &errs)
			if cancel(); status != 130 || patience > time.Minute {
				break
			}
		}
		if status != 0 || strings.Contains(out.String()+errs.String(), "\x1b") {
			t.Errorf("%v: status %d: %q", args, status, out.String()+errs.String())
		}
	}
}

// A name out of a file cannot say anything to the terminal.
func TestSchemaOfHostileNames(t *testing.T) {
	file := write(t, filepath.Join(t.TempDir(), "x.jsonl"), `{"a\u001b[2Jx":1,"b":"v\u001b[31m"}`+"\n"+`{"a\u001b[2Jx":2,"b":"w"}`+"\n")
	if out := must(t, "schema", file); strings.Contains(out, "\x1b") || !strings.Contains(out, "a [2Jx") {
		t.Errorf("%q", out)
	}
	if columns := objects(t, must(t, "schema", file, "--json")); columns[0]["name"] != "a\x1b[2Jx" {
		t.Errorf("as JSON: %v", columns)
	}
}
