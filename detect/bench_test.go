package detect

import (
	"testing"

	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/models"
)

// The figures that a user waits for: teaching from five examples, judging a record, explaining an alert.
func BenchmarkTeachFive(b *testing.B) {
	base, rows, l := benchSite(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Teach(b.Context(), "x", rows, base, l, TeachOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkScore(b *testing.B) {
	a := benchArmed(b)
	x := rowsOf(a.Baseline.calib, 0, 256)
	dst := make([]float64, 256)
	b.ReportAllocs()
	for b.Loop() {
		a.scoreTo(dst, x)
	}
	b.ReportMetric(256*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkExplain(b *testing.B) {
	a := benchArmed(b)
	raw := a.Detector.Examples.Raw[0]
	b.ReportAllocs()
	for b.Loop() {
		a.Explain(raw)
	}
}

func benchArmed(b *testing.B) *Armed {
	base, rows, l := benchSite(b)
	_, a, err := Teach(b.Context(), "x", rows, base, l, TeachOptions{})
	if err != nil {
		b.Fatal(err)
	}
	return a
}

// benchSite is a capture of the lab with five examples of one of its attacks.
func benchSite(b *testing.B) (*Baseline, Rows, Choice) {
	b.Helper()
	base, rows := labSite(b, "../lab/conn/day1.conn.log.gz", "tunnel-dns", 5)
	l, _, err := meta.Decode(models.Flow)
	if err != nil {
		b.Fatal(err)
	}
	return base, rows, Choice{Learner: l}
}
