package feature

import (
	"math"
	"slices"

	"github.com/inkling-sec/inkling"
)

const (
	ecgPatients = 4096 // remembered, 1 KB each; the one not seen for longest makes room
	ecgLearning = 8    // beats before the mean is compared with
	ecgMost     = 1e9  // a sample beyond is damaged
	ecgFlat     = 1e-9 // a peak lower than that is none
	ecgRemedy   = "give a table with a beat a line: 128 samples at 180 Hz around it, columns x1 to x128"
)

// ecgFade halves a beat's weight in the mean with every 32 beats after it, about half a minute.
var ecgFade = math.Exp2(-1.0 / 32)

// ecgExtractor makes rows of the ecg contract. The patient's mean takes in every beat, so it adapts: a change that lasts is
// normal within a minute, and beats that are odd from the first on are never compared with a healthy one's.
type ecgExtractor struct {
	schema   *inkling.Schema // that at is for
	at       []int
	patient  int // -1 without
	rr       int // -1 without
	patients *lru[meanBeat]
	x        [ecgSamples]float64
}

// meanBeat is damped means of a patient's beats.
type meanBeat struct {
	beats, weight, amplitude, energy float64
	rrWeight, rr                     float64
	x                                [ecgSamples]float64
}

func newECG() Extractor { return &ecgExtractor{patients: newLRU[meanBeat](ecgPatients)} }

func (*ecgExtractor) Contract() *Contract { return ecgContract }

func (e *ecgExtractor) memory() []any { return []any{e.patients} }

func (e *ecgExtractor) bind(s *inkling.Schema) error {
	at, err := columns(ecgContract, s, ecgRemedy, ecgColumns...)
	if err != nil {
		return err
	}
	e.schema, e.at, e.patient, e.rr = s, at, s.Index("patient"), s.Index("rr")
	return nil
}

func (e *ecgExtractor) Extract(dst []float64, r *inkling.Record) error {
	if r.Schema != e.schema {
		if err := e.bind(r.Schema); err != nil {
			return err
		}
	}
	for i, at := range e.at {
		v := number(r, at)
		if !(math.Abs(v) <= ecgMost) {
			return unusable(r, ecgColumns[i]+": not a sample", "leave the beat out, or fill the gap")
		}
		e.x[i] = v
	}
	b := beatOf(&e.x)
	b.row(dst)
	for i := eRR; i < ecgWidth; i++ {
		dst[i] = math.NaN()
	}
	if e.rr >= 0 {
		if v := number(r, e.rr); v > 0 && v < 60 {
			dst[eRR] = v
		}
	}
	if e.patient >= 0 {
		if k, ok := keyOf(r, e.patient); ok {
			e.patients.get(k).compare(dst, &b)
		}
	}
	return nil
}

// compare fills in what depends on the beats before, then takes the beat in.
func (m *meanBeat) compare(dst []float64, b *beat) {
	amplitude, energy := math.Abs(b.height), b.energy()
	if m.beats >= ecgLearning {
		dot, own, mean, gap := 0.0, 0.0, 0.0, 0.0
		for i, v := range b.x {
			dot, own, mean, gap = dot+v*m.x[i], own+v*v, mean+m.x[i]*m.x[i], gap+(v-m.x[i])*(v-m.x[i])
		}
		dst[eDistance] = 100 * quotient(math.Sqrt(gap), math.Sqrt(mean))
		dst[eCorrelation] = 100 * quotient(dot, math.Sqrt(own*mean))
		dst[eGain] = 100 * quotient(amplitude, m.amplitude)
		dst[eEnergyGain] = 100 * quotient(energy, m.energy)
		dst[eRRChange] = 100 * quotient(dst[eRR], m.rr)
	}
	m.beats++
	m.weight = m.weight*ecgFade + 1
	m.amplitude += (amplitude - m.amplitude) / m.weight
	m.energy += (energy - m.energy) / m.weight
	for i, v := range b.x {
		m.x[i] += (v - m.x[i]) / m.weight
	}
	if rr := dst[eRR]; !math.IsNaN(rr) {
		m.rrWeight = m.rrWeight*ecgFade + 1
		m.rr += (rr - m.rr) / m.rrWeight
	}
}

// quotient is NaN where there is nothing to divide by.
func quotient(a, b float64) float64 {
	if !(b > 0) {
		return math.NaN()
	}
	return a / b
}

// median gives the middle of v, which it leaves alone.
func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}
