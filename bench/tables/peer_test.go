package main

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// hasSklearn gives an interpreter with scikit-learn, or skips.
func hasSklearn(t *testing.T) string {
	t.Helper()
	const python = "/usr/bin/python3"
	if err := exec.Command(python, "-c", "import sklearn").Run(); err != nil {
		t.Skipf("SKIPPED: %s has no scikit-learn: %v", python, err)
	}
	return python
}

// Learners of scikit-learn are judged on the same episodes, alike each time.
func TestSklearnJoins(t *testing.T) {
	python := hasSklearn(t)
	data := t.TempDir()
	npz(t, filepath.Join(data, "adbench", "2_annthyroid.npz"))
	tell := func(learner string) (figures string, err error) {
		var out, diag bytes.Buffer
		err = run(t.Context(), []string{"--data", data, "--work", t.TempDir(), "--only", "adbench/2_annthyroid", "--draws", "1", "--shots", "10", "--json",
			"--learners", "", "--sklearn", learner, "--against", "", "--python", python}, &out, &diag)
		for line := range strings.Lines(out.String()) {
			if strings.Contains(line, `"set":"adbench/2_annthyroid"`) { // others tell time
				figures += line
			}
		}
		return figures, err
	}
	got, err := tell("boosting,extra-trees")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(got, `"auroc":0.9`) + strings.Count(got, `"auroc":1`); n != 2 {
		t.Errorf("far-away outliers are not found:\n%s", got)
	}
	if again, err := tell("boosting,extra-trees"); err != nil || again != got {
		t.Errorf("the second time it says %v\n%s\nand the first time it said\n%s", err, again, got)
	}
	if _, err := tell("no-such"); err == nil || !strings.Contains(err.Error(), "KeyError: 'no-such'") {
		t.Errorf("a learner that is none: %v", err)
	}
}
