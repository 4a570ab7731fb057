package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// A baseline of labelled records that nobody told apart says so, and so does the schema of their table.
func TestBaselineDoubts(t *testing.T) {
	s := newSite(t)
	const says = `column "label" looks like labels`
	if out := must(t, s.args("baseline", s.log)...); strings.Count(out, "Beware: "+says) != 1 || !strings.Contains(out, "--label label --benign benign") {
		t.Errorf("of benign records and scans: %s", out)
	}
	var told struct{ Doubts []string }
	if out := must(t, s.args("baseline", s.log, "--json")...); json.Unmarshal([]byte(out), &told) != nil || len(told.Doubts) != 1 || !strings.HasPrefix(told.Doubts[0], says) {
		t.Errorf("as JSON: %s", out)
	}
	for _, args := range [][]string{{"baseline", s.benign}, {"baseline", s.log, "--label", "label"}} {
		if out := must(t, s.args(args...)...); strings.Contains(out, "Beware") {
			t.Errorf("%v: %s", args, out)
		}
	}
	exec(t, s.args("baseline", s.log, "--label", "label", "--benign", "good")...).fails(t, 2, `"good" in the column "label", which has benign `, "scan ")
	if out := must(t, "schema", s.log); !strings.Contains(out, "looks like labels: if so, name it with --label") {
		t.Errorf("schema: %s", out)
	}
	if out := must(t, "schema", s.log, "--label", "label"); strings.Contains(out, "looks like labels") {
		t.Errorf("schema with labels: %s", out)
	}
}
