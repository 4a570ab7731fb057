package feature

// The outbreak contract: what is learned of one week's (or month's) count of one series, such as a disease in a district. It is held against
// the same season of up to five years before, and against the weeks just before. Never an input: which series, which year, which week.

const (
	outbreakName    = "outbreak"
	outbreakVersion = 1
)

// Positions in a row. Their order is part of the contract.
const (
	oCount = iota
	oIncidence
	oLast4
	oLevel8
	oLevel26
	oSeasonMean
	oSeasonRatio
	oFarrington
	oFarringtonRecent
	oDeviance
	oDevianceRecent
	oDevianceBefore
	oTrend
	oGrowth
	oRun
	oCusum
	oRecord
	oQuiet
	oZeros
	outbreakWidth
)

var outbreakContract = makeOutbreak()

func makeOutbreak() *Contract {
	f := make([]Feature, outbreakWidth)
	number := func(at int, name, unit, doc string) *Feature {
		f[at] = Feature{Name: name, Unit: unit, Doc: doc, OverTime: at > oIncidence}
		return &f[at]
	}
	late := func(at int, name, unit, doc, until string) {
		g := number(at, name, unit, doc+"; missing "+until)
		g.Missing = true
	}
	const lately, seasonal = "before the fifth count", "without seven counts of the season, a year before"
	number(oCount, "count", "cases", "of the week")
	late(oIncidence, "incidence", "cases/100,000", "of the week", "without a column population")
	number(oLast4, "last_4", "cases", "this week's and those of the three before")
	late(oLevel8, "level_8", "cases", "mean of the weeks before, damped with a half-life of 8", lately)
	late(oLevel26, "level_26", "cases", "mean of the weeks before, damped with a half-life of 26", lately)
	late(oSeasonMean, "season.mean", "cases", "mean of the seven weeks about this one in up to five years before", seasonal)
	late(oSeasonRatio, "season.ratio", "%", "count against that mean, half a case added to each", seasonal)
	late(oFarrington, "season.excess", "sd", "count above the season's mean, in standard deviations after the 2/3 power (Farrington et al. 1996, without the trend)", seasonal)
	late(oFarringtonRecent, "recent.excess", "sd", "the same against the 26 weeks that ended two weeks before, so that an outbreak that is under way hides itself less", lately)
	late(oDeviance, "season.deviance", "sd", "Poisson deviance residual against the season's mean", seasonal)
	late(oDevianceRecent, "recent.deviance", "sd", "Poisson deviance residual against level_26", lately)
	late(oDevianceBefore, "before.deviance", "sd", "the same of the week before", lately)
	late(oTrend, "trend", "%/week", "growth over the last eight weeks, by a line through the logarithm of counts plus one", lately)
	late(oGrowth, "growth", "%", "these four weeks against the four before, half a case added to each", lately)
	number(oRun, "run", "weeks", "in a row, this one being the last, above level_26 as it was then; at most 52")
	number(oCusum, "cusum", "sd", "cumulated excess over level_26, half a standard deviation a week being forgiven; at most 1,000")
	late(oRecord, "record", "%", "count against the most in the 52 weeks before, one case added to each", lately)
	number(oQuiet, "quiet", "weeks", "since the case before; at most 52")
	late(oZeros, "zeros", "%", "share of weeks without a case among the 52 before", lately)
	return &Contract{Name: outbreakName, Version: outbreakVersion, Features: f}
}
