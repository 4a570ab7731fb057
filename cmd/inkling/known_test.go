package main

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
)

// payments is a table of 400 usual rows, then 30 of one fraud and 30 of another, both large, of different channels.
func payments() string {
	rng := rand.New(rand.NewPCG(3, 4))
	var b strings.Builder
	b.WriteString("amount,hour,channel\n")
	row := func(amount float64, hour int, channel string) {
		fmt.Fprintf(&b, "%.2f,%d,%s\n", amount, hour, channel)
	}
	for range 400 {
		row(20+10*rng.ExpFloat64(), 8+rng.IntN(12), []string{"shop", "web", "app"}[rng.IntN(3)])
	}
	for range 30 {
		row(2000+500*rng.Float64(), 8+rng.IntN(12), "web")
	}
	for range 30 {
		row(2000+500*rng.Float64(), 1+rng.IntN(3), "app")
	}
	return b.String()
}

// Known attacks are kept with the detector and count for the new one, or with --only-this against it.
func TestTeachWithKnownAttacks(t *testing.T) {
	dir := t.TempDir()
	home, file := filepath.Join(dir, "home"), write(t, filepath.Join(dir, "p.csv"), payments())
	usual := write(t, filepath.Join(dir, "usual.csv"), strings.Join(strings.SplitAfter(payments(), "\n")[:401], ""))
	in := func(words ...string) []string { return append([]string{"--home", home}, words...) }
	must(t, in("baseline", usual, "--schema", "table")...)
	alerts := func(name string, more ...string) int {
		must(t, in(append([]string{"teach", name, "--examples", file + ":433,434,440", "--alpha", "0.01"}, more...)...)...)
		other := 0
		for _, o := range objects(t, must(t, in("hunt", file, "--detector", name, "--json")...)) {
			if r, ok := o["record"].(map[string]any); ok && r["channel"] == "web" && len(r["amount"].(string)) == len("2000.00") {
				other++
			}
		}
		return other
	}
	with := alerts("with", "--known", file+":402-431")
	only := alerts("only", "--known", file+":402-431", "--only-this")
	if with < 20 || only > with/3 {
		t.Errorf("of 30 records of the known attack %d alert, with --only-this %d", with, only)
	}
	if text := must(t, in("explain", file+":435", "--detector", "with")...); !strings.Contains(text, "votes, as p") || !strings.Contains(text, "extra-trees-known") || !strings.Contains(text, "network") {
		t.Errorf("the evidence does not tell the votes:\n%s", text)
	}
	if text := must(t, in("detectors", "show", "only")...); !strings.Contains(text, "1, of [30] records: they must not alert") {
		t.Errorf("the detector does not tell its known attacks:\n%s", text)
	}
	got := exec(t, in("teach", "many", "--examples", file+":433,434,440", "--alpha", "0.01", "--known", usual)...)
	if got.status != 0 || !strings.Contains(got.stderr, "has more than 200 records; so many, evenly spread") {
		t.Errorf("a file of 400 known records: %d\n%s", got.status, got.stderr)
	}
	if text := must(t, in("detectors", "show", "many")...); !strings.Contains(text, "1, of [200] records") {
		t.Errorf("the detector does not tell how many were taken:\n%s", text)
	}
	exec(t, in("teach", "x", "--examples", file+":433", "--only-this")...).fails(t, 2, "--only-this without known attacks", "--known")
	exec(t, in("teach", "x", "--examples", file+":433", "--known", file+":9999")...).fails(t, 3, "9999")
}

// Without examples a detector finds what is unlike the benign records.
func TestTeachWithoutExamples(t *testing.T) {
	dir := t.TempDir()
	home, file := filepath.Join(dir, "home"), write(t, filepath.Join(dir, "p.csv"), payments())
	usual := write(t, filepath.Join(dir, "usual.csv"), strings.Join(strings.SplitAfter(payments(), "\n")[:401], ""))
	in := func(words ...string) []string { return append([]string{"--home", home}, words...) }
	must(t, in("baseline", usual, "--schema", "table")...)
	must(t, in("teach", "strange", "--odd", "--alpha", "0.01")...)
	frauds, others := 0, 0
	for _, o := range objects(t, must(t, in("hunt", file, "--detector", "strange", "--json")...)) {
		if r, ok := o["record"].(map[string]any); ok {
			if len(r["amount"].(string)) == len("2000.00") {
				frauds++
			} else {
				others++
			}
		}
	}
	if frauds != 60 || others > 12 {
		t.Errorf("of 60 frauds %d alert, of 400 usual records %d", frauds, others)
	}
	if text := must(t, in("explain", file+":435", "--detector", "strange")...); !strings.Contains(text, "unlike the others") {
		t.Errorf("the evidence:\n%s", text)
	}
	must(t, in("detectors", "show", "strange")...)
	exec(t, in("teach", "x", "--odd", "--examples", file+":433")...).fails(t, 2, "--odd with examples")
}
