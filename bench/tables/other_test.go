package main

import (
	"strings"
	"testing"
)

// Two draws of two sets, by hand: means over draws, then over sets, and the set whose false alarms lie above 1 %.
func TestOtherAttacksAndKeptPromises(t *testing.T) {
	v := func(x float64) *float64 { return &x }
	of := func(set string, kept ...float64) *book {
		b := &book{Set: set, Learner: "vote"}
		for n, k := range kept {
			b.Draws = append(b.Draws, &draw{Number: n, Cells: []cell{{Class: "x", Shots: 1, Other: v(.6 + .2*float64(n)), Taken: v(.5), Kept: v(k)}}})
		}
		return b
	}
	chosen := []*set{{name: "good"}, {name: "bad"}, {name: "once"}}
	books := []*book{of("good", .008, .012), of("bad", .0299, .0301), of("once", .02)}
	o := options{shots: []int{1}, draws: 2}
	var out strings.Builder
	o.printOther(&out, chosen, []string{"vote"}, books)
	o.printKept(&out, chosen, []string{"vote"}, books)
	for _, want := range []string{"| vote | 1 | 3 | 0.667 [", "| 0.500 [0.500, 0.500] |", "| good | 1.00 [", "| bad | 3.00 [", "| once | 2.00 |", "above 1 % on 1 sets"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}
