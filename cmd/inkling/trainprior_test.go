package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A matcher is trained without data, says how it does on fresh tasks, is the same again, and judges records.
func TestTrainOnSyntheticTasks(t *testing.T) {
	if testing.Short() {
		t.Skip("judges on 900 tasks")
	}
	t.Parallel()
	dir := t.TempDir()
	model := func(name string) string { return filepath.Join(dir, name) }
	args := []string{"train", "--learner", "matcher", "--set", `{"Width":0.25}`, "--iterations", "2", "--meta-batch", "2"}
	var out struct {
		Fresh []struct {
			Learner string
			AUROC   struct{ Mean float64 }
		} `json:"fresh_tasks"`
	}
	if text := must(t, append(args, "-o", model("a"), "--json")...); json.Unmarshal([]byte(text), &out) != nil || len(out.Fresh) != 3 || out.Fresh[0].Learner != "matcher" || out.Fresh[0].AUROC.Mean < .6 {
		t.Errorf("training says %s", text)
	}
	must(t, append(args, "-o", model("b"))...)
	a, err := os.ReadFile(model("a"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(model("b"))
	if err != nil {
		t.Fatal(err)
	}
	if string(a) != string(b) {
		t.Error("the same command gives another model")
	}
	if !strings.Contains(string(a), "inkling train --learner matcher --set") {
		t.Error("the model does not say which command made it")
	}
	exec(t, append(args, "--label", "class", "-o", model("c"))...).fails(t, 2, "--label without --data")
	exec(t, append(args, "--set", `{"Wide":2}`, "-o", model("c"))...).fails(t, 2, "Wide", "Width")
	exec(t, "train", "--learner", "protonet").fails(t, 2, "no data to train on")
}

// A model of the home that is called as one inside the program takes its place, for new detectors and old ones: that is told before.
func TestTrainNamedAsInside(t *testing.T) {
	t.Parallel()
	s := taughtSite(t)
	for name, told := range map[string]bool{"mine": false, "flow": true} {
		r := exec(t, s.args("train", "--data", s.log, "--iterations", "1", "--name", name)...)
		if says := strings.Contains(r.stderr, "note: model flow of this home takes the place of the one inside the program, by which teach makes detectors of flows"); r.status != 0 || says != told {
			t.Errorf("--name %s: status %d: %s", name, r.status, r.stderr)
		}
	}
	exec(t, s.args("hunt", s.log, "--detector", "scan")...).fails(t, 4, "teach it again")
}
