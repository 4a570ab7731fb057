package feature

import (
	"math"
	"testing"

	"github.com/inkling-sec/inkling"
)

// beats gives records of family ecg with the window that f draws.
func beatRecord(patient string, rr float64, f func(i int) float64) *inkling.Record {
	s := &inkling.Schema{Name: "test"}
	for _, n := range ecgColumns {
		s.Fields = append(s.Fields, inkling.Field{Name: n, Kind: inkling.Number})
	}
	s.Fields = append(s.Fields, inkling.Field{Name: "patient"}, inkling.Field{Name: "rr", Kind: inkling.Number})
	r := &inkling.Record{}
	r.Reset(s)
	for i := range ecgSamples {
		r.Num[i] = f(i)
	}
	r.Text[ecgSamples], r.Num[ecgSamples+1] = []byte(patient), rr
	return r
}

func ecgRow(t *testing.T, x Extractor, r *inkling.Record) []float64 {
	t.Helper()
	row := make([]float64, ecgWidth)
	if err := x.Extract(row, r); err != nil {
		t.Fatal(err)
	}
	return row
}

// triangle is a peak of 100 above 7 that is 10 samples wide at its foot on either side.
func triangle(i int) float64 { return 7 + max(0, 100-10*math.Abs(float64(i-ecgMiddle))) }

func TestECGShape(t *testing.T) {
	row := ecgRow(t, newECG(), beatRecord("", math.NaN(), triangle))
	for at, want := range map[int]float64{
		eAmplitude: 100,
		eWidth50:   11 * sampleMS, // 50 to 100 to 50
		eWidth75:   5 * sampleMS,  // 80 to 100 to 80
		eQRS:       20 * sampleMS,
		eRise:      10 / sampleMS,
		eFall:      10 / sampleMS,
		eAsymmetry: 0,
		eSymmetry:  100,
		ePeaks:     1,
		eBefore:    0,
		eT:         0,
		eBlock + 8: 100 * (1 + .9 + .8 + .7 + .6 + .5 + .4 + .3) / 8,
		eBlock + 7: 100 * (.9 + .8 + .7 + .6 + .5 + .4 + .3 + .2) / 8,
	} {
		if math.Abs(row[at]-want) > 1e-9 {
			t.Errorf("%s = %v, want %v", ecgContract.Features[at].Name, row[at], want)
		}
	}
	for at := eRR; at < ecgWidth; at++ {
		if !math.IsNaN(row[at]) {
			t.Errorf("%s = %v without patient and rr", ecgContract.Features[at].Name, row[at])
		}
	}
	// 16 whole waves in 128 samples are bin 16: 22.5 Hz, the fourth band.
	row = ecgRow(t, newECG(), beatRecord("", math.NaN(), func(i int) float64 { return math.Sin(2 * math.Pi * float64(i) / 8) }))
	if math.Abs(row[eBand+4]-0) > 1e-6 || math.Abs(row[eBand+3]-100) > 1e-6 {
		t.Errorf("bands %v", row[eBand:eBlock])
	}
}

func TestECGOfPatient(t *testing.T) {
	x := newECG()
	for n := range ecgLearning {
		if row := ecgRow(t, x, beatRecord("p", 0.8, triangle)); !math.IsNaN(row[eDistance]) {
			t.Errorf("beat %d is compared already", n+1)
		}
		ecgRow(t, x, beatRecord("q", 1, func(int) float64 { return 0 })) // another's, and flat
	}
	half := func(i int) float64 { return triangle(i) / 2 }
	row := ecgRow(t, x, beatRecord("p", 0.4, half))
	for at, want := range map[int]float64{eDistance: 50, eCorrelation: 100, eGain: 50, eEnergyGain: 50, eRR: 0.4, eRRChange: 50} {
		if math.Abs(row[at]-want) > 1e-9 {
			t.Errorf("%s = %v, want %v", ecgContract.Features[at].Name, row[at], want)
		}
	}
	last := row
	for range 400 {
		last = ecgRow(t, x, beatRecord("p", 0.4, half))
	}
	if last[eDistance] > 1 {
		t.Errorf("after 400 such beats the distance is %v: the mean does not adapt", last[eDistance])
	}
}

func TestECGRefuses(t *testing.T) {
	x, row := newECG(), make([]float64, ecgWidth)
	for _, bad := range []float64{math.NaN(), math.Inf(1), 1e300} {
		r := beatRecord("p", -3, triangle)
		r.Num[5] = bad
		if err := x.Extract(row, r); inkling.CodeOf(err) != inkling.Invalid || !inkling.Skippable(err) {
			t.Errorf("%v: %v", bad, err)
		}
	}
	for _, f := range []func(int) float64{func(int) float64 { return 0 }, func(i int) float64 { return float64(i%2) * ecgMost }, func(i int) float64 { return math.SmallestNonzeroFloat64 * float64(i) }} {
		for _, v := range ecgRow(t, x, beatRecord("p", math.Inf(1), f)) {
			if math.IsInf(v, 0) {
				t.Error("an infinite feature")
			}
		}
	}
}
