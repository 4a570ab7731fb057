package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling/lab"
)

// The names that a model's command keeps are read back as they were.
func TestTrainedOn(t *testing.T) {
	for _, names := range [][]string{{"a.log"}, {"a.log.gz", "b.log"}, {"my conn.log", "o'clock.log"}, {"one, two.log"}, {`a "b".log`}} {
		f := trainFlags{learner: "protonet"}
		for _, n := range names {
			f.data = append(f.data, filepath.Join("in", n))
		}
		f.schema, f.label, f.benign = "flow", "label", "benign"
		if got := trainedOn(f.command()); !slices.Equal(got, names) {
			t.Errorf("%q is read as %q", f.command(), got)
		}
	}
	if got := trainedOn("inkling train --learner matcher --iterations 12500"); got != nil {
		t.Errorf("a model without data: %q", got)
	}
}

// A model that is judged on a file of a name that it was trained on is told of, and no other.
func TestModelJudgedOnItsOwnData(t *testing.T) {
	s := taughtSite(t)
	dir := t.TempDir()
	model := filepath.Join(dir, "own.safetensors")
	must(t, s.args("train", "--data", s.log, "--learner", "protonet", "--iterations", "1", "-o", model)...)
	other := write(t, filepath.Join(dir, "other.log"), connLog())
	judged := func(data string) string {
		r := exec(t, s.args("eval", "--data", data, "--models", model, "--learners", "nearest-mean", "--shots", "1", "--draws", "1")...)
		if r.status != 0 {
			t.Fatal(r.stderr)
		}
		return r.stderr
	}
	if got := judged(s.log); strings.Count(got, "own.safetensors was trained on conn.log, ") != 1 || !strings.Contains(got, "too good") {
		t.Errorf("not told: %q", got)
	}
	if got := judged(other); strings.Contains(got, "was trained on") {
		t.Errorf("told of another: %q", got)
	}
	shipped := filepath.Join("..", "..", "models", "flow.safetensors")
	r := exec(t, "eval", "--data", filepath.Join("..", "..", "lab", "conn", "day1.conn.log.gz"), "--models", shipped, "--classes", "scan-syn", "--learners", "nearest-mean", "--shots", "1", "--draws", "1")
	if r.status != 0 || !strings.Contains(r.stderr, "trained on day1.conn.log.gz, ") || !strings.Contains(r.stderr, strings.Join(lab.Unseen, ", ")) {
		t.Errorf("the model inside the program: %d %q", r.status, r.stderr)
	}
}

// A model is judged by its file, or by its name in the home or the program.
func TestModelByName(t *testing.T) {
	s := taughtSite(t)
	must(t, s.args("train", "--data", s.log, "--learner", "protonet", "--iterations", "1", "--name", "mine")...)
	for name, want := range map[string]string{"mine": "protonet", "flow": "meta-vote"} {
		other := write(t, filepath.Join(s.dir, "other.log"), connLog())
		out := must(t, s.args("eval", "--data", other, "--models", name, "--learners", "nearest-mean", "--shots", "1", "--draws", "1")...)
		if !strings.Contains(out, "\n"+want+" ") || !strings.Contains(out, "1 example, of one class") {
			t.Errorf("%s: %s", name, out)
		}
	}
	exec(t, s.args("eval", "--data", s.log, "--models", "none")...).fails(t, 3, "cannot read the model", "none", "flow or matcher", "inkling train")
}

// What rewrites a line of a terminal is shorter than it.
func TestCutTo(t *testing.T) {
	for _, tt := range []struct {
		width int
		known bool
		want  string
	}{{80, true, "conn.log: 12 records"}, {21, true, "conn.log: 12 records"}, {20, true, "conn.log: 12 recor…"}, {20, false, "conn.log: 12 records"}, {1, true, "conn.log: 12 records"}} {
		if got := cutTo("conn.log: 12 records", tt.width, tt.known); got != tt.want {
			t.Errorf("%d columns: %q", tt.width, got)
		}
	}
}
