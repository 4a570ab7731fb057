package pack

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/inkling-sec/inkling/dataset"
)

var drug = Pack{
	Name: "drug", Title: "Adverse drug reactions, by reports", Area: "medicine",
	About:  "A record is a drug and an event that were reported together, gathered from reports of side effects: a line for each drug and event of a case. Found are pairs reported like known reactions: out of proportion, not merely often.",
	Schema: "drug", Learner: "logistic-regression",
	Why:     "level with the vote on the development classes, and simpler",
	Example: Example{File: "reports.csv", Attack: "rare-reaction", Make: makeReports},
	Judged: []Judged{{
		Name: "FAERS 2014 to 2020, statins", Folder: "faers-pvlrt", Benign: dataset.Unlisted, Apart: true, Load: dataset.Statins,
		About:       "a row is a statin and an event with three reports or more; found are the 45 events of muscle and kidney that the FDA holds for significant, some of which are not out of proportion; events that are learned from are never judged, and three of the six statins are for development only",
		Development: []string{dataset.SignificantTuning},
	}, {
		Name: "FAERS 2022 Q3, labelled by SIDER 4.1", Benign: dataset.Unlisted, Apart: true, Load: dataset.FAERS,
		About:       "a row is a drug and event with three reports or more; known is what the drug's labels list, as many pairs as unlisted ones of each event, for how common an event is would else tell most; labels are incomplete and older than the reports: near chance, which is an average precision of about 0.43; drugs that are learned from are never judged, and half of all are for development only",
		Development: []string{dataset.KnownTuning},
	}},
}

// reaction is what a pair of drug and event has to do with each other.
type reaction struct {
	label string
	times float64 // as often as by chance
}

// makeReports makes the reports of 60 drugs and 45 events. Most pairs come together by chance; some rare events are far more frequent
// with a drug, and some common ones a few times.
func makeReports(seed uint64) ([]byte, error) {
	const drugs, events, cases = 60, 45, 6500
	rng := rand.New(rand.NewPCG(seed, 0x64727567))
	weights := func(n int, spread float64) []float64 {
		w := make([]float64, n)
		for i := range w {
			w[i] = math.Exp(spread * (2*float64(i)/float64(n-1) - 1)) // rare first
		}
		return w
	}
	drugWeight, eventWeight := weights(drugs, 0.8), weights(events, 1.3)
	var bond [drugs][events]reaction
	for d := range drugs {
		for e := range events {
			bond[d][e] = reaction{"benign", math.Exp(0.25 * rng.NormFloat64())}
		}
		for range 2 {
			bond[d][rng.IntN(events/2)] = reaction{"rare-reaction", 6 + 6*rng.Float64()}
			bond[d][events/2+rng.IntN(events/2)] = reaction{"common-reaction", 2.5 + 2*rng.Float64()}
		}
	}
	var b bytes.Buffer
	b.WriteString("case,drug,event,label\n")
	for c := range cases {
		d := drawn(rng, drugs, func(i int) float64 { return drugWeight[i] })
		met := map[int]bool{}
		for range 1 + rng.IntN(3) {
			e := drawn(rng, events, func(i int) float64 { return eventWeight[i] * bond[d][i].times })
			if !met[e] {
				met[e] = true
				fmt.Fprintf(&b, "%d,drug-%02d,event-%02d,%s\n", c+1, d+1, e+1, bond[d][e].label)
			}
		}
	}
	return b.Bytes(), nil
}

// drawn gives one of n by weight.
func drawn(rng *rand.Rand, n int, weight func(i int) float64) int {
	total := 0.0
	for i := range n {
		total += weight(i)
	}
	u := rng.Float64() * total
	for i := range n {
		if u -= weight(i); u < 0 {
			return i
		}
	}
	return n - 1
}
