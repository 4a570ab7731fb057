package pack

import (
	"context"
	"math"
	"time"

	"github.com/inkling-sec/inkling/dataset"
)

var series = Pack{
	Name: "series", Title: "Anomalies of any regular series", Area: "series",
	About:  "A record is a point of a series: a meter, a count, a price. The row tells how it stands to the points before it. Found are stretches like those that were taught; learner odd finds what is unlike everything before, with nothing taught.",
	Schema: "series", Learner: "odd",
	Why:     "on the development series labels of other series gained nothing over what is odd; teach without --learner, which takes vote, where the kind matters",
	Example: Example{File: "meters.csv", Attack: "surge", Make: makeMeters},
	Judged: []Judged{
		nab("artificial", "made series with and without a change", true, "artificialNoAnomaly", "artificialWithAnomaly"),
		nab("cloud", "load of servers", true, "realAWSCloudwatch"),
		nab("traffic", "speed, occupancy and travel times of roads", true, "realTraffic"),
		nab("known causes", "failures of machines, servers and a taxi service", false, "realKnownCause"),
		nab("tweets", "mentions of companies", false, "realTweets"),
		nab("ads", "prices of advertisements", false, "realAdExchange"),
	},
}

// nab makes a judged set of some folders of the benchmark.
func nab(name, about string, development bool, folders ...string) Judged {
	j := Judged{
		Name: "nab, " + name, Folder: "nab", Benign: "usual", Apart: true,
		About: about + ": points in labelled windows among the others; series are kept apart. Windows are a tenth of a series, whatever in them is unusual, so no learner finds most of their points",
		Load: func(ctx context.Context, folder string) ([]dataset.Part, error) {
			return dataset.NAB(ctx, folder, folders...)
		},
	}
	if development {
		j.Development = []string{"anomaly"}
	}
	return j
}

// makeMeters makes half an hour's readings of five meters over two weeks, in order of time: days and weeks, noise, and now and then a
// meter that is stuck or a surge.
func makeMeters(seed uint64) ([]byte, error) {
	m := newMade(seed, "series", "time", "value", "label")
	const meters, length = 5, 700
	var level, swing, noise, memory, last [meters]float64
	for i := range meters {
		level[i], swing[i], noise[i] = m.between(50, 500), m.between(0.2, 0.6), m.between(0.02, 0.05)
	}
	var kind [meters]string
	var until, size [meters]float64
	begin := time.Date(2025, 3, 3, 0, 0, 0, 0, time.UTC)
	for t := range length {
		at := begin.Add(time.Duration(t) * 30 * time.Minute)
		for i := range meters {
			if float64(t) >= until[i] {
				kind[i] = "benign"
				if t > 100 && m.Float64() < 0.008 {
					kind[i], until[i], size[i] = oneOf(m.Rand, "surge", "stuck"), float64(t+7+m.IntN(6)), m.between(0.25, 0.6)
				}
			}
			hour := float64(at.Hour()) + float64(at.Minute())/60
			usual := level[i] * (1 - swing[i]*math.Cos(2*math.Pi*(hour-3)/24))
			if d := at.Weekday(); d == time.Saturday || d == time.Sunday {
				usual *= 0.75
			}
			memory[i] = 0.7*memory[i] + m.normal(0, noise[i])
			v := usual * (1 + memory[i])
			switch kind[i] {
			case "surge":
				v *= 1 + size[i]*m.between(0.5, 1.2)
			case "stuck":
				v = last[i]
			}
			last[i] = v
			m.row(string(rune('A'+i)), at.Format(time.DateTime), short(v, 1), kind[i])
		}
	}
	return m.bytes()
}
