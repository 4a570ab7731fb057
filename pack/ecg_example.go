package pack

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
)

// wave is a bump of a beat: its place and width in seconds about the R peak, its height in millivolts.
type wave struct{ at, width, height float64 }

// usualBeat is P, Q, R, S and T as sums of bumps (after McSharry et al. 2003, whose model is a path about such bumps).
var usualBeat = []wave{{-0.17, 0.022, 0.13}, {-0.035, 0.009, -0.1}, {0, 0.011, 1.1}, {0.032, 0.011, -0.22}, {0.22, 0.045, 0.26}}

// makeBeats makes the beats of twelve patients, each with a heart of its own: usual ones, ectopic ones that often come early and are
// wide, with little P, and aberrant ones in time whose R is notched and slow. Movement blurs some of each.
func makeBeats(seed uint64) ([]byte, error) {
	rng := rand.New(rand.NewPCG(seed, 0x656367))
	var b bytes.Buffer
	b.WriteString("patient,rr")
	for i := range 128 {
		fmt.Fprintf(&b, ",x%d", i+1)
	}
	b.WriteString(",label\n")
	for patient := range 12 {
		heart, rate := varied(rng, usualBeat, 0.25), 0.65+0.4*rng.Float64()
		for range 150 {
			label, waves, rr := "benign", varied(rng, heart, 0.12), rate*(1+0.07*rng.NormFloat64())
			switch u := rng.Float64(); {
			case u < 0.04:
				label, rr = "ectopic", rr*(0.72+0.28*rng.Float64())
				waves = varied(rng, []wave{{-0.17, 0.02, 0.06}, {0, 0.022, 1.1}, {0.05, 0.018, -0.35}, {0.23, 0.05, -0.1}}, 0.35)
			case u < 0.075:
				label = "aberrant"
				waves[2].width *= 1.1 + 0.5*rng.Float64()
				waves = append(waves, wave{0.03 + 0.01*rng.Float64(), 0.014, (0.2 + 0.3*rng.Float64()) * waves[2].height})
			}
			if rng.Float64() < 0.15 { // the patient moves
				waves = append(waves, wave{0.6*rng.Float64() - 0.3, 0.02 + 0.1*rng.Float64(), 0.5 * rng.NormFloat64()})
			}
			fmt.Fprintf(&b, "p%02d,%.3f", patient+1, rr)
			drift, phase := 0.08*rng.Float64(), 2*math.Pi*rng.Float64()
			for i := range 128 {
				t := float64(i-64) / 180
				v := drift*math.Sin(2*math.Pi*0.4*t+phase) + 0.03*rng.NormFloat64()
				for _, w := range waves {
					v += w.height * math.Exp(-(t-w.at)*(t-w.at)/(2*w.width*w.width))
				}
				fmt.Fprintf(&b, ",%.0f", 100*v)
			}
			fmt.Fprintf(&b, ",%s\n", label)
		}
	}
	return b.Bytes(), nil
}

// varied draws waves about the given ones.
func varied(rng *rand.Rand, waves []wave, by float64) []wave {
	out := make([]wave, len(waves))
	for i, w := range waves {
		out[i] = wave{w.at * (1 + 0.3*by*rng.NormFloat64()), w.width * math.Exp(0.6*by*rng.NormFloat64()), w.height * math.Exp(by*rng.NormFloat64())}
	}
	return out
}
