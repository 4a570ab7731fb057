package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// What a file of ground truth says of the records is as good as labels in them.
func TestTruth(t *testing.T) {
	s := newSite(t)
	truth := write(t, filepath.Join(s.dir, "truth.csv"), "address,start,label\n10.0.0.66,,scan\n203.0.113.9,2026-01-02 03:04:05,never\n")
	judge := []string{"eval", "--data", s.log, "--learners", "ratio", "--shots", "1,5", "--draws", "2", "--json"}
	want := must(t, s.args(append(judge, "--label", "label")...)...)
	got := exec(t, s.args(append(judge, "--label", "kind", "--truth", truth)...)...)
	if got.status != 0 || timeless(got.stdout) != timeless(want) || !strings.Contains(got.stderr, "truth.csv: 1 of 2 lines label no record, lines 3 among them") {
		t.Errorf("status %d: %s%s, by the labels in the records %s", got.status, got.stdout, got.stderr, want)
	}
	if r := exec(t, s.args("baseline", s.log, "--truth", truth, "--json")...); r.status != 0 || objects(t, r.stdout)[0]["records"] != float64(benignRecords) {
		t.Errorf("%s%s", r.stdout, r.stderr)
	}
	exec(t, s.args("teach", "scan", "--examples", s.log, "--truth", truth, "--class", "never")...).fails(t, 2, "marks no record", "as never")
	exec(t, s.args("teach", "scan", "--examples", s.log, "--truth", truth, "--class", "scna")...).fails(t, 2, `--class "scna"`, "there are scan, never")
	exec(t, s.args("teach", "scan", "--examples", s.mark("608"), "--truth", truth)...).fails(t, 2, "lines as well as ground truth")
	if r := exec(t, s.args("teach", "scan", "--examples", s.log, "--truth", truth, "--class", "scan", "--json")...); r.status != 0 || objects(t, r.stdout)[0]["examples"] != float64(scanRecords) {
		t.Errorf("%s%s", r.stdout, r.stderr)
	}
	// Ten of many examples are left out in turn; what is told says so.
	if r := exec(t, s.args("teach", "scan", "--replace", "--examples", s.log, "--truth", truth)...); !strings.Contains(r.stdout, "each of the first 10 examples is found by the others") {
		t.Errorf("%s%s", r.stdout, r.stderr)
	}
	if out := must(t, s.args("detectors", "show", "scan")...); !strings.Contains(out, "10 of the first 10 found") {
		t.Errorf("%s", out)
	}
	// The column that a table has its own labels in, as numbers, is in nobody's way; what is shown of an example is as it was.
	var text, benign strings.Builder
	for i := range 300 {
		row := fmt.Sprintf("%d,%d,%d,0\n", 1700000000+i, i%7, i%11)
		if i < 20 {
			row = fmt.Sprintf("%d,%d,%d,0\n", 1700000000+i, 100+i, i)
		} else {
			benign.WriteString(row)
		}
		text.WriteString(row)
	}
	table := write(t, filepath.Join(s.dir, "t.csv"), "ts,a,b,label\n"+text.String())
	usual := write(t, filepath.Join(s.dir, "usual.csv"), "ts,a,b,label\n"+benign.String())
	marks := write(t, filepath.Join(s.dir, "marks.csv"), "start,end,label\n1700000003,1700000005,odd\n")
	schema := filepath.Join(s.dir, "t.schema.json")
	must(t, s.args("schema", table, "--label", "label", "--out", schema)...)
	if r := exec(t, s.args("baseline", table, "--schema", schema, "--truth", marks, "--name", "pinned", "--json")...); r.status != 0 || objects(t, r.stdout)[0]["records"] != 297. {
		t.Errorf("%s%s", r.stdout, r.stderr)
	}
	if r := exec(t, s.args("baseline", table, "--schema", schema, "--label", "label", "--benign", "0", "--name", "pinned", "--json")...); r.status != 0 || objects(t, r.stdout)[0]["records"] != 300. {
		t.Errorf("%s%s", r.stdout, r.stderr)
	}
	must(t, s.args("baseline", usual, "--schema", schema, "--name", "pinned")...)
	must(t, s.args("teach", "odd", "--baseline", "pinned", "--examples", table, "--truth", marks)...)
	if r := objects(t, must(t, s.args("detectors", "show", "odd", "--json")...))[0]; fmt.Sprint(r["origins"]) != fmt.Sprintf("[map[file:%[1]s line:5] map[file:%[1]s line:6] map[file:%[1]s line:7]]", table) || !strings.Contains(fmt.Sprint(r["examples"]), "label:0") || strings.Contains(fmt.Sprint(r["examples"]), "odd") {
		t.Errorf("%v", r)
	}
	bad := write(t, filepath.Join(s.dir, "bad.csv"), "address,label\n10.0.0.300,scan\n")
	exec(t, s.args(append(judge, "--truth", bad)...)...).fails(t, 2, "bad.csv:2", "neither an address nor a network")
}
