package feature

import "fmt"

// The ecg contract: what is learned of a heart beat. A record is a window of 128 samples at 180 Hz with the beat's peak near its
// 65th, columns x1 to x128. Where a column "patient" says whose beat it is, it is compared with the patient's beats before;
// where a column "rr" gives the seconds since the beat before, with the rhythm. Never an input: who the patient is.

const (
	ecgName    = "ecg"
	ecgVersion = 1

	ecgSamples = 128
	ecgRate    = 180.0 // samples a second
	ecgMiddle  = 64    // where the peak is looked for, give or take ecgReach
	ecgReach   = 20
	ecgBlocks  = 16
)

// Positions in a row. Their order is part of the contract.
const (
	eAmplitude = iota
	eEnergy
	eWidth25
	eWidth50
	eWidth75
	eQRS
	eRise
	eFall
	eAsymmetry
	eSymmetry
	ePeaks
	eBefore
	eAfter
	eP
	ePAt
	eT
	eTAt
	eST
	eBand        // one a band of ecgBands
	eBlock       = eBand + len(ecgBands)
	eRR          = eBlock + ecgBlocks
	eRRChange    = eRR + 1
	eDistance    = eRRChange + 1
	eCorrelation = eDistance + 1
	eGain        = eCorrelation + 1
	eEnergyGain  = eGain + 1
	ecgWidth     = eEnergyGain + 1
)

// ecgBands are the ends of bands, in bins of ecgRate/ecgSamples = 1.4 Hz each; the first begins at bin 1.
var ecgBands = [...]int{2, 5, 10, 17, 28, 45}

var ecgContract = makeECG()

func makeECG() *Contract {
	f := make([]Feature, ecgWidth)
	number := func(at int, name, unit, doc string) *Feature {
		f[at] = Feature{Name: name, Unit: unit, Doc: doc}
		return &f[at]
	}
	number(eAmplitude, "amplitude", "", "of the peak above the window's median, signed, in the recorder's units")
	number(eEnergy, "energy", "%", "root mean square about the median, of the peak's height")
	number(eWidth25, "width_25", "ms", "of the peak at a quarter of its height")
	number(eWidth50, "width_50", "ms", "of the peak at half its height")
	number(eWidth75, "width_75", "ms", "of the peak at three quarters of its height")
	number(eQRS, "qrs", "ms", "span around the peak with slopes of a fifth of the steepest or more")
	number(eRise, "rise", "%/ms", "steepest slope towards the peak, of its height")
	number(eFall, "fall", "%/ms", "steepest slope away from the peak, of its height")
	number(eAsymmetry, "asymmetry", "%", "100 when all energy near the peak comes after it, -100 when all comes before")
	number(eSymmetry, "symmetry", "%", "correlation of the tenth of a second before the peak, mirrored, with that after it")
	number(ePeaks, "peaks", "peaks", "extremes that stand out by a fifth of the peak's height or more")
	number(eBefore, "before", "%", "deepest dip before the peak (Q), of its height")
	number(eAfter, "after", "%", "deepest dip after the peak (S), of its height")
	number(eP, "p", "%", "largest deflection 80 to 250 ms before the peak, signed, of its height")
	number(ePAt, "p_at", "ms", "where that is before the peak")
	number(eT, "t", "%", "largest deflection 130 to 330 ms after the peak, signed, of its height")
	number(eTAt, "t_at", "ms", "where that is after the peak")
	number(eST, "st", "%", "mean 80 to 120 ms after the peak, of its height")
	from := 1
	for i, to := range ecgBands {
		number(eBand+i, fmt.Sprintf("band_%d_%dhz", bandEdge(from), bandEdge(to+1)), "%", "share of the window's energy in that band")
		from = to + 1
	}
	for i := range ecgBlocks {
		number(eBlock+i, fmt.Sprintf("shape_%d", i+1), "%", "mean of that sixteenth of the window above the median, of the peak's height")
	}
	number(eRR, "rr", "s", "since the beat before; missing where column rr is").Missing = true
	over := func(at int, name, unit, doc string) {
		g := number(at, name, unit, doc+"; missing before the ninth beat and without column patient")
		g.Missing, g.OverTime = true, true
	}
	over(eRRChange, "rr_change", "%", "rr against the mean of the patient's beats before")
	over(eDistance, "mean.distance", "%", "root mean square distance to the mean of the patient's beats before, of that mean's own size")
	over(eCorrelation, "mean.correlation", "%", "with the mean of the patient's beats before")
	over(eGain, "mean.amplitude", "%", "amplitude against the mean of the patient's beats before")
	over(eEnergyGain, "mean.energy", "%", "energy against the mean of the patient's beats before")
	return &Contract{Name: ecgName, Version: ecgVersion, Features: f}
}

func bandEdge(bin int) int { return int(float64(bin) * ecgRate / ecgSamples) }
