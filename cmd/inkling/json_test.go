package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestBaselineJSON(t *testing.T) {
	s := newSite(t)
	m := objects(t, must(t, s.args("baseline", s.log, "--label", "label", "--json")...))[0]
	has(t, "baseline", m, "baseline", "records", "skipped", "pool", "n_calibration", "smallest_alpha", "records_per_day", "contract", "contract_hash")
	if m["records"] != float64(benignRecords) || m["pool"] != 300. || m["n_calibration"] != 300. || m["skipped"] != 0. {
		t.Errorf("counts %v", m)
	}
}

func TestTeachJSON(t *testing.T) {
	s := taughtSite(t)
	m := objects(t, must(t, s.args("teach", "again", "--examples", s.mark("608,619-620"), "--json")...))[0]
	has(t, "teach", m, "detector", "examples", "self_test", "alpha", "n_calibration", "fpr_upper95", "alarms_per_day", "elapsed_ms", "doubts")
	test, _ := m["self_test"].(map[string]any)
	has(t, "self_test", test, "found", "of")
	alpha, _ := m["alpha"].(float64)
	upper, _ := m["fpr_upper95"].(float64)
	if m["detector"] != "again" || m["examples"] != 3. || test["found"] != 3. || test["of"] != 3. || m["n_calibration"] != 300. {
		t.Errorf("%v", m)
	}
	if math.Abs(alpha-1./301) > 1e-12 || upper <= alpha || m["alarms_per_day"] == nil || m["elapsed_ms"].(float64) <= 0 {
		t.Errorf("300 records promise 1/301 at best: %v", m)
	}
}

func TestTeachTwiceMarkedIsOneExample(t *testing.T) {
	s := taughtSite(t)
	again := s.dir + "/./" + filepath.Base(s.log) + ":608"
	m := objects(t, must(t, s.args("teach", "twice", "--examples", s.mark("608,608"), "--examples", s.mark("608"), "--examples", again, "--json")...))[0]
	if m["examples"] != 1. {
		t.Errorf("%v examples", m["examples"])
	}
}

func TestHuntJSON(t *testing.T) {
	s := taughtSite(t)
	first := must(t, s.args("hunt", s.log, "--detector", "scan", "--json")...)
	lines := objects(t, first)
	alerts, sum := lines[:len(lines)-1], lines[len(lines)-1]
	has(t, "summary", sum, "records", "alerts", "seconds", "records_per_s", "detectors")
	of, _ := sum["detectors"].(map[string]any)["scan"].(map[string]any)
	has(t, "detector", of, "alerts", "alpha", "expected_if_benign")
	if of["alerts"] != sum["alerts"] || of["expected_if_benign"] != of["alpha"].(float64)*sum["records"].(float64) {
		t.Errorf("summary %v", sum)
	}
	if sum["records"] != float64(benignRecords+scanRecords) || sum["alerts"] != float64(len(alerts)) {
		t.Errorf("%d alerts, summary %v", len(alerts), sum)
	}
	at := map[float64]bool{}
	for _, a := range alerts {
		has(t, "alert", a, "id", "detector", "time", "origin", "p_value", "score", "record", "evidence")
		e := a["evidence"].(map[string]any)
		has(t, "evidence", e, "nearest_taught", "nearest_benign", "contributions", "flip")
		for _, c := range e["contributions"].([]any) {
			has(t, "contribution", c.(map[string]any), "feature", "value", "typical", "share")
		}
		if a["detector"] != "scan" || a["p_value"].(float64) > 1./301+1e-12 || a["record"].(map[string]any)["conn_state"] == nil || a["time"].(float64) < 1.7e9 {
			t.Errorf("alert %v", a)
		}
		o := a["origin"].(map[string]any)
		if o["file"] != s.log {
			t.Errorf("origin %v", o)
		}
		at[o["line"].(float64)] = true
	}
	for _, line := range []float64{608, 619, 630} {
		if !at[line] {
			t.Errorf("the example at line %v is not found", line)
		}
	}
	if found := len(at); found < scanRecords*9/10 {
		t.Errorf("%d alerts on a scan of %d records", found, scanRecords)
	}

	again := objects(t, must(t, s.args("hunt", s.log, "--detector", "scan", "--json")...))
	ids := map[any]bool{}
	for i, a := range again[:len(again)-1] {
		if a["id"] != alerts[i]["id"] {
			t.Errorf("alert %d is %v the first time and %v the second", i, alerts[i]["id"], a["id"])
		}
		ids[a["id"]] = true
	}
	if len(ids) != len(alerts) {
		t.Errorf("%d alerts share %d ids", len(alerts), len(ids))
	}
	kept := objects(t, snapshot(t, s.home)[filepath.Join("alerts", "scan.jsonl")])
	if len(kept) != len(alerts) {
		t.Errorf("%d alerts are kept of %d", len(kept), len(alerts))
	}
}

func TestExplainJSON(t *testing.T) {
	s := taughtSite(t)
	alerts := objects(t, must(t, s.args("hunt", s.log, "--detector", "scan", "--json")...))
	id := alerts[0]["id"].(string)
	m := objects(t, must(t, s.args("explain", id[:12], "--json")...))[0]
	if m["id"] != id || m["alert"] != true {
		t.Errorf("explain %s gives %v", id, m["id"])
	}
	must(t, s.args("explain", id, "--detector", "scan")...)
	exec(t, s.args("explain", id, "--detector", "other")...).fails(t, 2, "--detector other with an alert of scan", "leave it out")
	exec(t, s.args("explain", id, "--before", s.log)...).fails(t, 2, "--before with an alert", "leave it out")
	m = objects(t, must(t, s.args("explain", s.mark("12"), "--detector", "scan", "--json")...))[0]
	if m["alert"] != false || m["p_value"].(float64) < 0.0034 {
		t.Errorf("a benign record: alert %v, p %v", m["alert"], m["p_value"])
	}
	text := must(t, s.args("explain", s.mark("12"), "--detector", "scan")...)
	if !strings.HasPrefix(text, "Not an alert: ") || strings.Contains(text, "would pass") {
		t.Errorf("a benign record is told as an alert: %s", text)
	}
}

func TestDetectorsJSON(t *testing.T) {
	s := taughtSite(t)
	for _, words := range [][]string{{"detectors", "--json"}, {"detectors", "list", "--json"}, {"detectors", "show", "scan", "--json"}} {
		m := objects(t, must(t, s.args(words...)...))
		if len(m) != 1 || m[0]["detector"] != "scan" || m[0]["state"] != "draft" {
			t.Errorf("%v: %v", words, m)
		}
	}
}

func TestEvalJSON(t *testing.T) {
	s := newSite(t)
	rows := objects(t, must(t, "eval", "--data", s.log, "--learners", "ratio,extra-trees", "--shots", "1,5", "--draws", "3", "--json"))
	means := 0
	for _, r := range rows {
		has(t, "result", r, "protocol", "dataset", "learner", "class", "shots", "draws", "auroc", "ap", "recall_fpr_1pct", "recall_fpr_01pct", "accuracy", "ci95")
		if r["protocol"] != "new-attack" || r["dataset"] != "conn.log" || r["draws"] != 3. {
			t.Errorf("%v", r)
		}
		if ci := r["ci95"].(map[string]any); len(ci) == 0 || len(ci["auroc"].([]any)) != 2 {
			t.Errorf("intervals %v", ci)
		}
		if r["class"] == "mean" {
			means++
		}
	}
	if len(rows) != 8 || means != 4 {
		t.Errorf("%d rows, %d of them means; 2 learners × 2 shots × (scan, mean)", len(rows), means)
	}
	again := must(t, "eval", "--data", s.log, "--learners", "ratio,extra-trees", "--shots", "1,5", "--draws", "3", "--json")
	for i, r := range objects(t, again) {
		if fmt.Sprint(r) != fmt.Sprint(rows[i]) {
			t.Errorf("the second time: %v, the first: %v", r, rows[i])
		}
	}
}

func TestEvalTableJSON(t *testing.T) {
	s := newSite(t)
	table := filepath.Join(s.dir, "flows.csv")
	write(t, table, must(t, "features", s.log, "--csv", "--keep", "uid,label"))
	rows := objects(t, must(t, "eval", "--data", table, "--schema", "table", "--drop", "uid", "--learners", "ratio", "--shots", "2", "--draws", "2", "--json"))
	if len(rows) != 2 || rows[0]["class"] != "scan" || rows[1]["class"] != "mean" || rows[0]["auroc"].(float64) < 0.95 {
		t.Errorf("%v", rows)
	}
}

// The rows of exported episodes count the records of the file as they stand,
// duplicates among them, so that another program finds the same ones.
func TestExportEpisodes(t *testing.T) {
	s := newSite(t)
	text := must(t, "features", s.log, "--csv", "--keep", "label")
	lines := strings.SplitAfter(text, "\n")
	body := []string{lines[0], lines[1], lines[1], lines[1]} // rows 0, 1 and 2 are one
	body = append(body, lines[2:]...)
	table := write(t, filepath.Join(s.dir, "twice.csv"), strings.Join(body, ""))
	out := filepath.Join(s.dir, "episodes.jsonl")
	must(t, "eval", "--data", table, "--schema", "table", "--learners", "ratio", "--shots", "1,5", "--draws", "2", "--export-episodes", out)
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	episodes := objects(t, string(b))
	if len(episodes) != 4 {
		t.Fatalf("%d episodes", len(episodes))
	}
	label := func(row int) string { l, _, _ := strings.Cut(body[row+1], ","); return l }
	for _, e := range episodes {
		has(t, "episode", e, "class", "shots", "draw", "benign", "support", "known", "query_benign", "query_attack")
		seen := map[int]string{}
		for _, part := range []string{"benign", "support", "query_benign", "query_attack"} {
			for _, row := range numbers(t, e[part]) {
				want := "benign"
				if strings.HasPrefix(part, "support") || strings.HasSuffix(part, "attack") {
					want = "scan"
				}
				if label(row) != want {
					t.Errorf("%s holds row %d, which is %s", part, row, label(row))
				}
				if was, twice := seen[row]; twice {
					t.Errorf("row %d is in %s and %s", row, was, part)
				}
				seen[row] = part
			}
		}
		if seen[1] != "" || seen[2] != "" {
			t.Error("a duplicate is used")
		}
		if len(numbers(t, e["support"])) != int(e["shots"].(float64)) {
			t.Errorf("support %v of %v shots", e["support"], e["shots"])
		}
		if all := numbers(t, e["query_attack"]); slices.Max(all) > benignRecords+scanRecords+1 || slices.Min(all) < benignRecords+2 {
			t.Errorf("attack rows %v", all)
		}
	}
}

func numbers(t *testing.T, v any) (out []int) {
	t.Helper()
	b, _ := json.Marshal(v)
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestFeaturesKeepsNumbers(t *testing.T) {
	s := newSite(t)
	lines := strings.Split(must(t, "features", s.log, "--csv", "--keep", "id.resp_p,ts,label"), "\n")
	if len(lines) != benignRecords+scanRecords+2 || !strings.HasPrefix(lines[0], "id.resp_p,ts,label,duration,") {
		t.Fatalf("%d lines, first %q", len(lines), lines[0])
	}
	if last := strings.Split(lines[len(lines)-2], ","); last[0] != "414" || !strings.HasPrefix(last[1], "170000") || last[2] != "scan" {
		t.Errorf("last row %v", last[:3])
	}
}
