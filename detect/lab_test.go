package detect

import (
	"testing"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read"
)

// labSite makes a baseline of a lab capture's benign records and takes the first examples of an attack.
func labSite(tb testing.TB, file, attack string, shots int) (*Baseline, Rows) {
	tb.Helper()
	open := func(file string) (inkling.Reader, error) { return read.Open(file, read.Options{}) }
	b, err := NewBaseline(tb.Context(), "lab", []string{file}, open, BaselineOptions{Label: "label", Benign: "benign"})
	if err != nil {
		tb.Fatal(err)
	}
	r, err := open(file)
	if err != nil {
		tb.Fatal(err)
	}
	defer r.Close()
	var lines []int
	var rec inkling.Record
	for len(lines) < shots {
		if err := r.Read(&rec); err != nil {
			tb.Fatal(err)
		}
		if string(rec.Text[rec.Schema.Index("label")]) == attack {
			lines = append(lines, rec.Origin.Line)
		}
	}
	again, err := open(file)
	if err != nil {
		tb.Fatal(err)
	}
	defer again.Close()
	rows, err := Examples(tb.Context(), again, file, lines, b.Contract)
	if err != nil {
		tb.Fatal(err)
	}
	return b, rows
}
