package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// rotated writes the site's log as three files, the last in the middle of the scan, and gives them, the line of a scan in the last one,
// and that line in the log in one piece.
func rotated(t *testing.T, s site) (files []string, line, whole int) {
	t.Helper()
	lines := strings.SplitAfter(connLog(), "\n")
	cut := firstScan - 1 + 20
	for i, part := range [][]string{lines[:300], lines[300:cut], lines[cut:]} {
		text := strings.Join(part, "")
		if i > 0 {
			text = connHead + text
		}
		files = append(files, write(t, filepath.Join(s.dir, fmt.Sprintf("conn.%d.log", i+1)), text))
	}
	head := strings.Count(connHead, "\n")
	return files, head + 10, cut + 10
}

// What explain and features tell of a record of a log in several files is what a hunt through these judged it by, and what they tell of it in the log in one piece.
func TestBefore(t *testing.T) {
	t.Parallel()
	s := taughtSite(t)
	files, line, whole := rotated(t, s)
	last := fmt.Sprintf("%s:%d", files[2], line)
	features := func(args ...string) any {
		t.Helper()
		r := exec(t, s.args(append([]string{"features", "--json"}, args...)...)...)
		if r.status != 0 {
			t.Fatalf("%v: %s", args, r.stderr)
		}
		return objects(t, r.stdout)[0]["features"]
	}
	explain := func(at string, args ...string) map[string]any {
		t.Helper()
		r := exec(t, s.args(append([]string{"explain", "--json", "--detector", "scan", at}, args...)...)...)
		if r.status != 0 {
			t.Fatalf("%v: %s", args, r.stderr)
		}
		m := objects(t, r.stdout)[0]
		return map[string]any{"score": m["score"], "p": m["p_value"], "contributions": m["evidence"].(map[string]any)["contributions"]}
	}
	wantFeatures, wantAlert := features(s.mark(fmt.Sprint(whole))), explain(s.mark(fmt.Sprint(whole)))
	if reflect.DeepEqual(features(last), wantFeatures) {
		t.Fatal("nothing is remembered of this record's past")
	}
	pattern := filepath.Join(s.dir, "conn.?.log")
	for _, before := range [][]string{{"--before", files[0], "--before", files[1]}, {"--before", pattern}} {
		if got := features(append([]string{last}, before...)...); !reflect.DeepEqual(got, wantFeatures) {
			t.Errorf("%v: features %v, of the whole %v", before, got, wantFeatures)
		}
		if got := explain(last, before...); !reflect.DeepEqual(got, wantAlert) {
			t.Errorf("%v: explain %v, of the whole %v", before, got, wantAlert)
		}
	}

	// After a hunt through the files they are known.
	hunt := exec(t, s.args("hunt", pattern, "--detector", "scan", "--json")...)
	found := false
	for _, m := range objects(t, hunt.stdout) {
		if o, _ := m["origin"].(map[string]any); o != nil && o["file"] == files[2] && o["line"] == float64(line) {
			found = true
			got := map[string]any{"score": m["score"], "p": m["p_value"], "contributions": m["evidence"].(map[string]any)["contributions"]}
			if !reflect.DeepEqual(got, wantAlert) {
				t.Errorf("hunt gives %v, of the whole %v", got, wantAlert)
			}
		}
	}
	if !found {
		t.Fatalf("no alert at %s", last)
	}
	if got := explain(last); !reflect.DeepEqual(got, wantAlert) {
		t.Errorf("after a hunt: %v, of the whole %v", got, wantAlert)
	}
	if got := features(last); !reflect.DeepEqual(got, wantFeatures) {
		t.Errorf("after a hunt: %v, of the whole %v", got, wantFeatures)
	}
	if r := exec(t, s.args("features", last)...); !strings.Contains(r.stderr, "read after the files before it in the last hunt of scan") {
		t.Errorf("is not told: %s", r.stderr)
	}
	if err := os.Rename(files[0], files[0]+".gone"); err != nil {
		t.Fatal(err)
	}
	if r := exec(t, s.args("explain", last, "--detector", "scan")...); r.status != 0 || !strings.Contains(r.stderr, "judged as if nothing came before: "+files[0]) {
		t.Errorf("a file is gone: status %d: %s", r.status, r.stderr)
	}
	exec(t, s.args("explain", last, "--detector", "scan", "--before", files[0])...).fails(t, 3, files[0], "no such file")
	write(t, filepath.Join(s.home, "hunts", "scan.json"), fmt.Sprintf(`{"files":["-",%q]}`, files[2]))
	if r := exec(t, s.args("explain", last, "--detector", "scan")...); r.status != 0 || !strings.Contains(r.stderr, "not all can be read again") {
		t.Errorf("a hunt through standard input: status %d: %s", r.status, r.stderr)
	}
}

// A table of the features of several files is that of the log in one piece.
func TestBeforeCSV(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	files, _, _ := rotated(t, s)
	want := must(t, "features", s.log, "--csv")
	if got := must(t, "features", filepath.Join(s.dir, "conn.?.log"), "--csv"); got != want {
		t.Error("a log in several files has other features than the log in one piece")
	}
	got := must(t, "features", files[2], "--csv", "--before", files[0], "--before", files[1])
	if _, rows, _ := strings.Cut(got, "\n"); len(rows) == 0 || !strings.HasSuffix(want, rows) {
		t.Error("the last file has other features than the end of the log in one piece")
	}
}

// Examples are taught with what the baseline remembers, whatever of the log they are in.
func TestBeforeTaught(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	files, line, whole := rotated(t, s)
	must(t, s.args(append([]string{"baseline", "--label", "label"}, files...)...)...)
	raw := func(args ...string) any {
		t.Helper()
		if r := exec(t, s.args(append([]string{"teach", "x", "--replace"}, args...)...)...); r.status != 0 {
			t.Fatalf("%v: %s", args, r.stderr)
		}
		b, err := os.ReadFile(filepath.Join(s.home, "detectors", "x.json"))
		var d map[string]any
		if err == nil {
			err = json.Unmarshal(b, &d)
		}
		if err != nil {
			t.Fatal(err)
		}
		return d["examples"].(map[string]any)["raw"]
	}
	want := raw("--examples", s.mark(fmt.Sprint(whole)))
	truth := write(t, filepath.Join(s.dir, "truth.csv"), "uid,label\n"+"S29,scan\n")
	last := fmt.Sprintf("%s:%d", files[2], line)
	got := map[string]any{
		"known by the baseline": raw("--examples", last),
		"--before":              raw("--examples", last, "--before", files[0], "--before", files[1]),
		"marked by truth":       raw("--examples", filepath.Join(s.dir, "conn.?.log"), "--truth", truth),
	}
	for _, how := range slices.Sorted(maps.Keys(got)) {
		if !reflect.DeepEqual(got[how], want) {
			t.Errorf("%s: other numbers than of the log in one piece", how)
		}
	}
}
