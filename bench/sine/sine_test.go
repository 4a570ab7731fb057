package main

import (
	"bytes"
	"context"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A short training has to do what the picture is to show: one step of MAML's
// network leads further than one of the other, and than none.
func TestSine(t *testing.T) {
	maml, pre, err := trainBoth(t.Context(), 3000, 1, func(int, int, float64) {})
	if err != nil {
		t.Fatal(err)
	}
	errs := curves{10, maml.judge(100, 10), pre.judge(100, 10)}
	t.Logf("MAML %.2f, then %.2f; pre-trained %.2f, then %.2f", errs.maml[0].Mean, errs.maml[1].Mean, errs.pre[0].Mean, errs.pre[1].Mean)
	if after := errs.maml[1].Mean; after > 0.6*errs.maml[0].Mean || after > 0.7*errs.pre[1].Mean {
		t.Errorf("error after one step %v, before %v, pre-trained %v", after, errs.maml[0].Mean, errs.pre[1].Mean)
	}
	for _, e := range errs.maml {
		if e.N != 100 || !(e.Low < e.Mean && e.Mean < e.High) {
			t.Errorf("estimate %+v", e)
		}
	}
}

func TestRun(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sine.png")
	var out, diag bytes.Buffer
	if status := run(t.Context(), []string{"--iterations", "20", "--tasks", "5", "--out", file}, &out, &diag); status != 0 {
		t.Fatalf("status %d: %s", status, &diag)
	}
	for _, want := range []string{"K = 5  MAML ", "K = 10 pre-trained ", "20 outer steps"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, &out)
		}
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if c, err := png.DecodeConfig(f); err != nil || c.Width < 1000 || c.Height < 500 {
		t.Errorf("picture %+v, %v", c, err)
	}
}

func TestRunSays(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		ctx    context.Context
		args   []string
		status int
		says   string
	}{
		{t.Context(), []string{"--help"}, 0, "about ten seconds"},
		{t.Context(), []string{"--iterations", "0"}, 2, "bad flags"},
		{t.Context(), []string{"--iterations", "1", "--tasks", "2", "--out", t.TempDir()}, 1, "is a directory"},
		{ended, nil, 130, "interrupted"},
	} {
		var out, diag bytes.Buffer
		if status := run(c.ctx, c.args, &out, &diag); status != c.status || !strings.Contains(out.String()+diag.String(), c.says) {
			t.Errorf("%v: status %d, %s%s; want %d and %q", c.args, status, &out, &diag, c.status, c.says)
		}
	}
}
