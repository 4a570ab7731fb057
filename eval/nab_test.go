package eval

import (
	"math"
	"testing"
)

// A series of 40 points: 6 are probation, the window is 20 to 23.
func nabSeries(alarms ...int) []NABSeries {
	s := NABSeries{Name: "s", Scores: make([]float64, 40), Windows: [][2]int{{20, 23}}}
	for _, i := range alarms {
		s.Scores[i] = 1
	}
	return []NABSeries{s}
}

// Worths are by the formulas of Lavin and Ahmad 2015, sigma(y) = 2/(1+exp(5y))-1, worked out by hand.
func TestNAB(t *testing.T) {
	standard, fp, fn := NABProfiles[0], NABProfiles[1], NABProfiles[2]
	start := 2/(1+math.Exp(-5)) - 1 // sigma(-1)
	for _, row := range []struct {
		name   string
		p      NABProfile
		alarms []int
		want   float64 // raw: from -Missed to 1
	}{
		{"none", standard, nil, -1},
		{"at the start", standard, []int{20}, 1},
		{"the first one counts", standard, []int{23, 20, 21}, 1},
		{"in the middle", standard, []int{22}, (2/(1+math.Exp(-2.5)) - 1) / start},
		{"at the end", standard, []int{23}, (2/(1+math.Exp(-1.25)) - 1) / start},
		{"in probation", standard, []int{5}, -1},
		{"before any window", standard, []int{10}, -1.11},
		{"right behind", standard, []int{24}, -1 + 0.11*(2/(1+math.Exp(5.0/3))-1)},
		{"far behind", standard, []int{39}, -1.11},
		{"found and false", fp, []int{10, 20}, 1 - 0.22},
		{"missed", fn, []int{10}, -2.11},
	} {
		null := -row.p.Missed
		want := 100 * (row.want - null) / (1 - null)
		if got := row.p.Score(nabSeries(row.alarms...), 1); math.Abs(got-want) > 1e-9 {
			t.Errorf("%s: %v, want %v", row.name, got, want)
		}
	}
	if at, score := standard.Best(nabSeries(20)); at != 1 || score != 100 {
		t.Errorf("the perfect detector: %v at %v", score, at)
	}
	if at, score := standard.Best(nabSeries()); !math.IsInf(at, 1) || score != 0 {
		t.Errorf("the null detector: %v at %v", score, at)
	}
	if NABProbation(4032) != 604 || NABProbation(22695) != 750 {
		t.Error("probation")
	}
}
