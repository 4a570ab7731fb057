package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling"
)

// What weighs most may speak against the verdict, as of a record that is none.
func TestWhatSpeaksForAndAgainst(t *testing.T) {
	told := func(shares ...float64) []string {
		var e inkling.Evidence
		for _, s := range shares {
			e.Contributions = append(e.Contributions, inkling.Contribution{Feature: "f", Share: s})
		}
		var out bytes.Buffer
		tellEvidence(&out, style{}, e)
		return strings.SplitAfter(out.String(), "\n")
	}
	for _, tt := range []struct {
		shares []float64
		lines  int
		starts string
	}{
		{[]float64{.7, -.2, .001}, 2, "  speaks for it   "},
		{[]float64{-1.5, .5}, 2, "  speaks against  "},
		{[]float64{.001}, 0, ""},
	} {
		if got := told(tt.shares...); len(got)-1 != tt.lines || !strings.HasPrefix(got[0], tt.starts) {
			t.Errorf("%v: %q", tt.shares, got)
		}
	}
	var out bytes.Buffer
	tellEvidence(&out, style{}, inkling.Evidence{NearestBenign: make([]inkling.Neighbour, 1)})
	if !strings.Contains(out.String(), "with typical values it would score the same") {
		t.Errorf("no shares: %q", out.String())
	}
}
