package main

import (
	"bytes"
	"context"
	"encoding/json"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPrior(t *testing.T) {
	if list := must(t, "prior"); !strings.Contains(list, "zero-inflated") || !strings.Contains(list, "overlap") {
		t.Errorf("the list says %q", list)
	}
	if lines := strings.Split(strings.TrimSpace(must(t, "prior", "--n", "3", "--attack", "volume")), "\n"); len(lines) != 3 || !strings.Contains(lines[2], "volume") {
		t.Errorf("three tasks: %q", lines)
	}
	var one struct {
		Pool, Taught, Columns int
		World                 string
		Attacks               []string
	}
	if out := must(t, "prior", "--n", "1", "--world", "tree", "--json"); json.Unmarshal([]byte(out), &one) != nil || one.World != "tree" || one.Pool < 64 || one.Taught < 1 || one.Columns < 1 || len(one.Attacks) == 0 {
		t.Errorf("one task: %s", out)
	}
	file := filepath.Join(t.TempDir(), "p.png")
	must(t, "prior", "--plot", file, "--attack", "volume", "--marginal", "count", "--world", "tree", "--relation", "variants")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := png.Decode(bytes.NewReader(b)); err != nil {
		t.Error(err)
	}
	exec(t, "prior", "--world", "flat").fails(t, 2, `unknown world "flat"`, "choose from factor", "inkling prior")
	exec(t, "prior", "--n", "-1").fails(t, 2, "--n", "below 0")
	ctx, stop := context.WithCancel(t.Context())
	stop() // Ctrl-C
	if status := run(ctx, []string{"prior", "--n", "100"}, io.Discard, io.Discard); status != statusInterrupted {
		t.Errorf("Ctrl-C does not end it: status %d", status)
	}
}
