package pack

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/inkling-sec/inkling/eval"
)

// played gives outcomes of two draws of two classes at one example; ap holds class a's draws, then class b's.
func played(learner string, development bool, ap ...float64) (out []Outcome) {
	for i, v := range ap {
		out = append(out, Outcome{Set: "s", Class: "ab"[i/2 : i/2+1], Shots: 1, Draw: i % 2, Learner: learner, Development: development, Metrics: eval.Metrics{AP: v}})
	}
	return out
}

// The difference is taken episode by episode with the best of the baselines, over the test classes alone.
func TestCompare(t *testing.T) {
	var all []Outcome
	for _, of := range [][]Outcome{
		played("vote", false, 0.5, 0.7, 0.2, 0.4), played("ratio", false, 0.4, 0.6, 0.1, 0.3), played("extra-trees", false, 0.3, 0.3, 0.3, 0.3),
		played("knn", false, 1, 1, 1, 1),         // judged too, but none of the baselines
		played("extra-trees-known", false, 1, 1), // of one class
		played("vote", true, 0, 0, 0, 0), played("extra-trees", true, 1, 1, 1, 1),
	} {
		all = append(all, of...)
	}
	Sort(all)
	got := Compare(all, "vote", false)
	if len(got) != 1 || got[0].Classes != 2 || got[0].Best != "ratio" || got[0].Top != "knn" || len(got[0].AP) != 4 {
		t.Fatalf("%+v", got)
	}
	own, ahead := got[0].AP["vote"], got[0].Ahead
	if math.Abs(own.Mean-0.45) > 1e-12 || own.Low != 0 || own.High != 1 { // 0.9 either way: two draws are few
		t.Errorf("vote: %+v", own)
	}
	for _, v := range []float64{ahead.Mean, ahead.Low, ahead.High} { // 0.1 in each episode, however these vary
		if math.Abs(v-0.1) > 1e-12 {
			t.Errorf("ahead: %+v", ahead)
		}
	}
	if got[0].Wins != 2 {
		t.Errorf("ahead in %d classes", got[0].Wins)
	}
	if got := Compare(all, "vote", true); len(got) != 1 || got[0].Best != "extra-trees" || got[0].Ahead.High != -1 {
		t.Errorf("development classes: %+v", got)
	}
	later := append(played("vote", false, 0.5, 0.7, 0.2, 0.4), append(played("ratio", false, 0.1, 0.1, 0.1, 0.1), played("random-forest", false, 0.9, 0.9, 0.9, 0.9)...)...)
	Sort(later)
	if got := Compare(later, "vote", false); got[0].Best != "random-forest" || got[0].Wins != 0 {
		t.Errorf("the best of the baselines is %s, behind in %d classes", got[0].Best, got[0].Wins)
	}
	one := append(played("vote", false, 0.5, 0.7, 0.2, 0.4), played("ratio", false, 0.1, 0.1, 0.9, 0.9)...)
	Sort(one)
	if got := Compare(one, "vote", false); got[0].Wins != 1 {
		t.Errorf("ahead in %d classes of two, not in one", got[0].Wins)
	}
	for _, learner := range []string{"vote", "odd"} {
		alone := Compare(played("vote", false, 0.5, 0.7, 0.2, 0.4), learner, false)
		if alone[0].Best != "" || !math.IsNaN(alone[0].Ahead.Mean) {
			t.Errorf("%s without a baseline: %+v", learner, alone[0])
		}
	}
}

// Of many classes the interval is over classes, whose means differ; of few it is over draws.
func TestManyClasses(t *testing.T) {
	ahead := func(classes int) Estimate {
		var all []Outcome
		for c := range classes {
			for draw := range 3 {
				for _, l := range []string{"vote", "ratio"} {
					o := Outcome{Set: "s", Class: string(rune('a' + c)), Shots: 1, Draw: draw, Learner: l}
					if l == "vote" {
						o.AP = float64(c%2) / 10
					}
					all = append(all, o)
				}
			}
		}
		Sort(all)
		return Compare(all, "vote", false)[0].Ahead
	}
	if e := ahead(ManyClasses - 2); math.Abs(e.High-e.Low) > 1e-9 || math.Abs(e.Mean-0.05) > 1e-9 {
		t.Errorf("few classes, of draws that are alike: %+v", e)
	}
	if e := ahead(ManyClasses); math.Abs(e.High-e.Mean-2.3646*0.05/math.Sqrt(7)) > 1e-4 { // Student's t for 7
		t.Errorf("many classes: %+v", e)
	}
}

// One draw of one class has no interval, and so is ahead of nothing.
func TestOneDrawHasNoInterval(t *testing.T) {
	got := Compare(append(played("ratio", false, 0.5), played("vote", false, 0.7)...), "vote", false)[0]
	if e := got.Ahead; math.Abs(e.Mean-0.2) > 1e-12 || !math.IsNaN(e.Low) || !math.IsNaN(e.High) {
		t.Errorf("%+v", e)
	}
	if b, err := json.Marshal(got.AP["vote"]); string(b) != `{"mean":0.7,"low":null,"high":null}` {
		t.Errorf("%s, %v", b, err)
	}
	if e := Compare(played("vote", false, 0.5, 0.7), "vote", false)[0].AP["vote"]; !(e.Low < e.High) {
		t.Errorf("two draws: %+v", e)
	}
}
