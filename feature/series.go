package feature

import "fmt"

// The contract of series: a record is a point (series, time, value); the row
// tells how the point stands to the points before it, in the series' own
// deviations, so that series of any unit and size have rows alike. The name of the
// series, absolute time and the value itself are never inputs.

const (
	seriesName    = "series"
	seriesVersion = 1
	seriesMost    = 1 << 10 // series remembered at a time, 16 kB each
)

// seriesLives are the half-lives of damped statistics, in points.
var seriesLives = [...]float64{4, 32, 256}

const (
	sLife     = iota // deviation of the value, one a half-life, as all that follow
	sChange   = sLife + len(seriesLives)
	sForecast = sChange + len(seriesLives)
	sShift    = sForecast + 1 + len(seriesLives) // drift of the forecast's errors comes before
	sDay      = sShift + 2
	sWeek     = sDay + 1
	sRank     = sWeek + 1
	sBeyond   = sRank + 1
	sShape    = sBeyond + 1
	sLevel    = sShape + 1
	sSame     = sLevel + 1
	sWidth    = sSame + 1
)

var seriesContract = makeSeries()

func makeSeries() *Contract {
	f := make([]Feature, sWidth)
	put := func(at int, name, unit, doc string) {
		f[at] = Feature{Name: name, Unit: unit, Doc: doc, Missing: true, OverTime: true}
	}
	for i, l := range seriesLives {
		put(sLife+i, fmt.Sprintf("off.mean_%g", l), "dev", fmt.Sprintf("value less the damped mean of the points before, half-life %g points, in the damped deviation around it", l))
		put(sChange+i, fmt.Sprintf("change_%g", l), "dev", fmt.Sprintf("step from the point before, in the damped deviation of steps, half-life %g points", l))
		put(sForecast+1+i, fmt.Sprintf("drift_%g", l), "dev", fmt.Sprintf("damped mean of the forecast's errors up to now, half-life %g points, in their long deviation", l))
	}
	put(sForecast, "off.forecast", "dev", "value less what the eight points before foretell (autoregression, learned as it goes), in the deviation of such errors")
	put(sShift, "shift_4", "dev", "damped mean of a few points less that of many")
	put(sShift+1, "shift_32", "dev", "damped mean of some points less that of many")
	put(sDay, "off.day", "dev", "value less the usual one at this time of day, where there are several points a day")
	put(sWeek, "off.week", "dev", "value less the usual one at this hour of the week")
	put(sRank, "rank", "%", "points of the trailing 512 below the value, less those above")
	put(sBeyond, "beyond", "dev", "how far outside the range of the trailing 512 points")
	put(sShape, "shape", "dev", "distance of the last 16 points to the most similar 16 of the trailing 512, each by its own mean")
	put(sLevel, "like", "dev", "distance of the last 16 points to the most similar 16 of the trailing 512")
	put(sSame, "same", "points", "how often the value has come in a row")
	return &Contract{Name: seriesName, Version: seriesVersion, Features: f}
}
