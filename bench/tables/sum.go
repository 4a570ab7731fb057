package main

import (
	"math"
	"math/rand/v2"
	"slices"
)

// score is what a learner did on a set at one number of shots.
type score struct {
	set, learner string
	shots        int
	classes      int
	figure       [figures]float64
}

// interval is a mean over data sets with its 95 % bootstrap interval.
type interval struct {
	Mean float64 `json:"mean"`
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// summary is a learner over data sets at one number of shots.
type summary struct {
	learner string
	shots   int
	sets    int
	mean    [figures]interval
	ahead   [figures]interval // of the learner that all are compared with, paired by data set
	record  [figures]tallied
}

// tallied counts data sets on which a learner is ahead of, level with or behind another.
type tallied struct {
	wins, ties, losses int
	worst              float64 // the most it is behind, and where; positive when it is ahead everywhere
	worstSet           string
}

// Differences below tie are none: draws alone make such.
const (
	tie        = 0.005
	resamples  = 10000
	resampling = 0x626f6f74 // seed: all learners and figures have the same resamples
)

// summarise sums up over the data sets on which all learners have a score at
// that number of shots. against is a learner's name; where it has no scores
// there are no differences.
func summarise(scores []score, learners []string, shots int, against string) (out []summary) {
	at := map[[2]string][figures]float64{}
	count := map[string]int{}
	var order []string
	for _, s := range scores {
		if s.shots == shots {
			if count[s.set]++; count[s.set] == 1 {
				order = append(order, s.set)
			}
			at[[2]string{s.set, s.learner}] = s.figure
		}
	}
	order = slices.DeleteFunc(order, func(set string) bool { return count[set] < len(learners) })
	if len(order) == 0 {
		return nil
	}
	column := func(learner string, f int) []float64 {
		v := make([]float64, len(order))
		for i, set := range order {
			v[i] = at[[2]string{set, learner}][f]
		}
		return v
	}
	for _, l := range learners {
		s := summary{learner: l, shots: shots, sets: len(order)}
		for f := range figures {
			own := column(l, f)
			s.mean[f] = bootstrap(own)
			if !slices.Contains(learners, against) || l == against {
				continue
			}
			other := column(against, f)
			for i := range own {
				own[i] -= other[i]
			}
			s.ahead[f], s.record[f] = bootstrap(own), tallyOf(own, order)
		}
		out = append(out, s)
	}
	return out
}

func tallyOf(ahead []float64, sets []string) tallied {
	t := tallied{worst: math.Inf(1)}
	for i, d := range ahead {
		switch {
		case d > tie:
			t.wins++
		case d < -tie:
			t.losses++
		default:
			t.ties++
		}
		if d < t.worst {
			t.worst, t.worstSet = d, sets[i]
		}
	}
	return t
}

// bootstrap gives the mean of x and the 2.5 and 97.5 % points of the means of resamples.
func bootstrap(x []float64) interval {
	rng := rand.New(rand.NewPCG(resampling, uint64(len(x))))
	means := make([]float64, resamples)
	for r := range means {
		sum := 0.0
		for range x {
			sum += x[rng.IntN(len(x))]
		}
		means[r] = sum / float64(len(x))
	}
	slices.Sort(means)
	mean := 0.0
	for _, v := range x {
		mean += v / float64(len(x))
	}
	return interval{mean, means[resamples*25/1000], means[resamples*975/1000]}
}
