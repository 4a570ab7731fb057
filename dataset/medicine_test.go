package dataset

import (
	"fmt"
	"testing"

	"github.com/inkling-sec/inkling/eval"
)

func TestThinned(t *testing.T) {
	classes := []string{"a", "b", "a", "a", "b", "a"}
	got, count := thinned(classes, func(c string) int { return map[string]int{"a": 2, "b": 5}[c] }), map[string]int{}
	for i, c := range got {
		if count[c]++; c != eval.Unjudged && c != classes[i] {
			t.Errorf("row %d became %s", i, c)
		}
	}
	if count["a"] != 2 || count["b"] != 2 || count[eval.Unjudged] != 2 {
		t.Errorf("%v", count)
	}
}

// As many listed as unlisted pairs are judged, of each event and half of the drugs.
func TestListedPairs(t *testing.T) {
	s := &sider{
		compounds: map[string][]string{"a": {"1"}, "c": {"2", "3"}, "e": {"4"}, "g": {"4"}},
		effects:   map[string]map[string]bool{"1": {"rash": true}, "3": {"rash": true}, "4": {"pain": true}},
		terms:     map[string]bool{"rash": true, "pain": true},
	}
	var reports []report
	count := map[pair]int{}
	for i, d := range []string{"A", "B", "C", "D", "E", "F", "G"} { // B, D and F are nobody's; A, C, E and G are of development
		reports = append(reports, report{fmt.Sprint(i), pair{d, "Rash"}}, report{fmt.Sprint(i), pair{d, "Fever"}})
		count[pair{d, "Rash"}], count[pair{d, "Fever"}] = 3, 9
	}
	count[pair{"G", "Rash"}] = 2
	got := s.classes(reports, count)
	if len(got) != 2 || got[pair{"E", "Rash"}] != unlistedTuning || got[pair{"A", "Rash"}] == got[pair{"C", "Rash"}] {
		t.Errorf("%v", got)
	}
}
