package eval

import (
	"cmp"
	"math"
	"slices"
)

// NABProfile is an application profile of the Numenta Anomaly Benchmark (Lavin and Ahmad 2015): what is gained by
// finding a window at its very start, and lost by each false alarm and each window that is missed.
type NABProfile struct {
	Name                 string
	Found, Alarm, Missed float64
}

// NABProfiles are those of NAB 1.0 and 1.1.
var NABProfiles = []NABProfile{{"standard", 1, 0.11, 1}, {"reward low FP", 1, 0.22, 1}, {"reward low FN", 1, 0.11, 2}}

// NABSeries is a series with a score a point, the higher the odder, and the windows in which anomalies are to be found.
type NABSeries struct {
	Name    string
	Scores  []float64
	Windows [][2]int // first and last point, in order, apart
}

// NABProbation gives how many of n points come before anything counts.
func NABProbation(n int) int { return min(int(math.Floor(0.15*float64(n))), 750) }

// Score gives the normalised score, 0 for no alarm at all and 100 for all windows found at their start without a false
// alarm, of alarms where scores are at least the threshold.
func (p NABProfile) Score(all []NABSeries, threshold float64) (score float64) {
	p.sweep(all, func(t, s float64) {
		if t >= threshold {
			score = s
		}
	})
	return score
}

// Best gives the one threshold for all series that scores best, and its score; as NAB does, it is chosen on what is judged.
func (p NABProfile) Best(all []NABSeries) (threshold, score float64) {
	threshold = math.Inf(1)
	p.sweep(all, func(t, s float64) {
		if s > score {
			threshold, score = t, s
		}
	})
	return threshold, score
}

// nabPoint is a point that counts. Its worth is what it adds as a false alarm, or the window's worth when it is the first alarm there.
type nabPoint struct {
	score, worth float64
	window       int // -1 outside
}

// sweep lowers the threshold from score to score and tells of each.
func (p NABProfile) sweep(all []NABSeries, tell func(threshold, score float64)) {
	var points []nabPoint
	windows := 0
	for i := range all {
		points = p.points(points, &all[i], windows)
		windows += len(all[i].Windows)
	}
	slices.SortFunc(points, func(a, b nabPoint) int { return cmp.Compare(b.score, a.score) })
	found := make([]float64, windows)
	for i := range found {
		found[i] = -p.Missed
	}
	null, perfect := -p.Missed*float64(windows), p.Found*float64(windows)
	sum := null
	for i, q := range points {
		if q.window < 0 {
			sum += q.worth
		} else if q.worth > found[q.window] {
			sum += q.worth - found[q.window]
			found[q.window] = q.worth
		}
		if i+1 == len(points) || points[i+1].score != q.score {
			tell(q.score, 100*(sum-null)/(perfect-null))
		}
	}
}

// points appends those of a series after its probation; its windows are numbered from first.
func (p NABProfile) points(out []nabPoint, s *NABSeries, first int) []nabPoint {
	at, before := 0, -1 // the window that is not over, and the last one that is
	for i, score := range s.Scores {
		for at < len(s.Windows) && s.Windows[at][1] < i {
			before, at = at, at+1
		}
		q := nabPoint{score, -p.Alarm, -1}
		switch {
		case at < len(s.Windows) && i >= s.Windows[at][0]:
			w := s.Windows[at]
			place := -float64(w[1]-i+1) / float64(w[1]-w[0]+1)
			q.worth, q.window = p.Found*nabSigmoid(place)/nabSigmoid(-1), first+at
		case before >= 0:
			w := s.Windows[before]
			q.worth = p.Alarm * nabSigmoid(float64(i-w[1])/float64(max(w[1]-w[0], 1)))
		}
		if i >= NABProbation(len(s.Scores)) {
			out = append(out, q)
		}
	}
	return out
}

// nabSigmoid is the worth at a place: -1 the start of a window, 0 its end, then in widths of the window before.
func nabSigmoid(place float64) float64 {
	if place > 3 {
		return -1
	}
	return 2/(1+math.Exp(5*place)) - 1
}
