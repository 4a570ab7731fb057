package main

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// fake makes a python that imports everything, waits and prints a line, and a folder of scripts.
func fake(t *testing.T, body string) (python, dir string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the stand-in for python is a shell script")
	}
	dir = t.TempDir()
	python = filepath.Join(dir, "python3")
	write(t, python, "#!/bin/sh\ncase \"$2\" in 'import torch'*) exit 0;; esac\n"+body)
	for _, k := range works {
		if k.script.file != "" {
			write(t, filepath.Join(dir, k.script.file), "")
		}
	}
	return python, dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

// slow is far slower than any machine.
const slow = `echo '{"peer": "other", "rows_per_s": 1}'
echo '{"peer": "torch mlp + prototypes", "ms_per_task": 1e6, "ms_per_episode": 1e6, "ms_per_product": 1e6, "rows_per_s": 1}'
`

func TestEveryWorkPrintsItsLine(t *testing.T) {
	python, dir := fake(t, slow)
	var out, diag bytes.Buffer
	if status := run(t.Context(), python, []string{"--json", "--peers", dir, "--seconds", "0.001", "--rounds", "1"}, &out, &diag); status != 0 {
		t.Fatalf("status %d: %s", status, &diag)
	}
	var got, want []string
	for text := range strings.Lines(out.String()) {
		var l map[string]any
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatal(err)
		}
		ours, peer, ratio := l["ours_ms"].(float64), l["peer_ms"].(float64), l["ratio"].(float64)
		if len(l) != 5 || l["peer"] != "torch mlp + prototypes" || !(ours > 0) || peer != 1e6 || math.Abs(ratio-peer/ours) > 1e-9*ratio {
			t.Errorf("line %s", text)
		}
		got = append(got, l["work"].(string))
	}
	for _, k := range works {
		want = append(want, k.name)
	}
	if !slices.Equal(got, want) {
		t.Errorf("works %v, want %v", got, want)
	}
}

func TestWhatIsNotThereIsLeftOut(t *testing.T) {
	python, dir := fake(t, slow)
	broken := filepath.Join(t.TempDir(), "python3")
	write(t, broken, "#!/bin/sh\necho 'ModuleNotFoundError: No module named torch' >&2\nexit 1\n")
	for want, args := range map[string][2]string{
		"there is no /nowhere/python3":             {"/nowhere/python3", dir},
		"there is no maml_step.py in /nowhere":     {python, "/nowhere"},
		"cannot import torch: ModuleNotFoundError": {broken, dir},
	} {
		var out, diag bytes.Buffer
		status := run(t.Context(), args[0], []string{"--work", "maml-mlp-1", "--peers", args[1]}, &out, &diag)
		if status != 0 || out.Len() > 0 || !strings.Contains(diag.String(), want) {
			t.Errorf("status %d, %q, %q; want 0 and %q", status, &out, &diag, want)
		}
	}
}

func TestFailures(t *testing.T) {
	python, dir := fake(t, "echo boom >&2; exit 3\n")
	for want, args := range map[string][]string{
		"no work \"x\"":                {"--work", "maml-mlp-1,x"},
		"more than 0":                  {"--rounds", "0"},
		"unexpected argument \"more\"": {"more"},
		"flag provided but not":        {"--nonsense"},
	} {
		var out, diag bytes.Buffer
		if status := run(t.Context(), python, args, &out, &diag); status != 2 || !strings.Contains(diag.String(), want) {
			t.Errorf("%v: status %d, %s", args, status, &diag)
		}
	}
	var out, diag bytes.Buffer
	status := run(t.Context(), python, []string{"--work", "proto-mlp", "--peers", dir}, &out, &diag)
	if status != 1 || !strings.Contains(diag.String(), "proto_step.py: exit status 3: boom") {
		t.Errorf("status %d, %s", status, &diag)
	}
	if status := run(t.Context(), python, []string{"--help"}, &out, &diag); status != 0 || !strings.Contains(out.String(), "matmul-75x64x64") {
		t.Errorf("help: status %d, %s", status, &out)
	}
}

func TestInterrupt(t *testing.T) {
	python, dir := fake(t, "exec sleep 60\n")
	for _, name := range []string{"maml-mlp-1", "score-rows"} {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(200*time.Millisecond, cancel)
		var out, diag bytes.Buffer
		if status := run(ctx, python, []string{"--work", name, "--peers", dir}, &out, &diag); status != 130 {
			t.Errorf("%s: status %d, %s", name, status, &diag)
		}
	}
	for _, k := range works {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(20*time.Millisecond, cancel)
		if _, err := k.ours(ctx, 1, 60); err == nil {
			t.Errorf("%s: ours does not tell that it was interrupted", k.name)
		}
	}
}

// Sides are peer with 1, ours with 1, peer with 2, ours with 2 threads.
func TestTake(t *testing.T) {
	sides := (&sitting{}).sides(work{threads: 2})
	var r result
	r.take(sides, [][]float64{{4, 8, 6}, {2, 2, 9}, {7, 7, 7}, {1, 3, 3}})
	want := result{PeerMS: 6, OursMS: 2, Ratio: 3, peerThreads: 1, oursThreads: 1, low: 6. / 9, high: 4}
	if r != want {
		t.Errorf("%+v, want %+v", r, want)
	}
	if got := median([]float64{4, 1, 3, 2}); got != 2.5 {
		t.Errorf("median %v, want 2.5", got)
	}
}
