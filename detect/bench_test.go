package detect

import (
	"fmt"
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

// Benign records under five detectors of one baseline, together: what they share is worked out once, and who cannot alert is soon known.
func BenchmarkTeam(b *testing.B) {
	e := Engine{Detectors: benchDetectors(b)}
	raw := e.Detectors[0].Baseline.Calibration.Raw
	for _, n := range []int{1, 5} {
		b.Run(fmt.Sprint("detectors=", n), func(b *testing.B) {
			e := Engine{Detectors: e.Detectors[:n]}
			team, batch := e.team(), e.newBatch()
			b.ReportAllocs()
			rows := 0
			for b.Loop() {
				batch.alerts = nil
				for lo := 0; lo+batchRows <= len(raw); lo += batchRows {
					batch.n = copy(batch.raw, raw[lo:lo+batchRows])
					e.marginsTo(batch, team)
					rows += batchRows
				}
			}
			b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// benchDetectors are five taught on a capture of the lab.
func benchDetectors(tb testing.TB) (out []*Armed) {
	tb.Helper()
	l, _, err := meta.Decode(models.Flow)
	if err != nil {
		tb.Fatal(err)
	}
	var base *Baseline
	for _, attack := range []string{"tunnel-dns", "scan-syn", "beacon", "guess-ssh", "exfil"} {
		b, rows := labSite(tb, "../lab/conn/day6.conn.log.gz", attack, 5)
		if base == nil {
			base = b
		}
		_, a, err := Teach(tb.Context(), attack, rows, base, Choice{Learner: l}, TeachOptions{})
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, a)
	}
	return out
}
