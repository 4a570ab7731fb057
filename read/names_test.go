package read

import (
	"slices"
	"strings"
	"testing"
)

// Column names are taken for a table without a header line, and refused where a format has its own: they would do nothing.
func TestNames(t *testing.T) {
	for _, f := range Formats {
		_, _, err := New(strings.NewReader(samples[f.Name]), "x", Options{Format: f.Name, Names: []string{"a", "b"}})
		if takes := slices.Contains(unnamed, f.Name); takes != (err == nil) || !takes && !strings.Contains(err.Error(), "leave --names out") {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
	for _, o := range []Options{{Names: []string{"a"}}, {Format: "eve"}} {
		if _, err := Open("udp://127.0.0.1:0", o); err == nil || !strings.Contains(err.Error(), "out") {
			t.Errorf("%+v at a port: %v", o, err)
		}
	}
}
