package explain

import (
	"cmp"
	"slices"
)

// Faithfulness measures an attribution by what the score does when values are exchanged in its order, as areas under
// curves from 0 to 1.
type Faithfulness struct {
	// Deletion is the mean share of the row's rise that is left while its values are set to typical ones, the strongest first
	// (Petsiuk, Das & Saenko 2018). Small is faithful: what was named first carried the score.
	Deletion float64
	// Insertion is the mean share of the rise that a typical row has while it is given the row's values, the strongest first.
	// Large is faithful: what was named first is enough.
	Insertion float64
}

// Measure holds an attribution against the score that it is about. Only values that differ count; false where there are none, or the
// row's score is not above the typical one's.
func Measure(score Scores, row, typical, attribution []float64) (f Faithfulness, ok bool) {
	order := differing(row, typical)
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(attribution[j], attribution[i]) })
	rows := [][]float64{row, typical}
	less, more := row, typical
	for _, i := range order {
		less, more = with(less, i, typical[i]), with(more, i, row[i])
		rows = append(rows, less, more)
	}
	s := score(rows)
	whole, base := s[0], s[1]
	if len(order) == 0 || !(whole > base) {
		return f, false
	}
	share := func(v float64) float64 { return max(0, min(1, (v-base)/(whole-base))) }
	for k := range order {
		f.Deletion += share(s[2+2*k]) / float64(len(order))
		f.Insertion += share(s[3+2*k]) / float64(len(order))
	}
	return f, true
}
