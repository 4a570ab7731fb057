package explain

import (
	"math"
	"slices"
	"testing"
)

// additive is 3a + 2b - c, whatever d is.
func additive(rows [][]float64) (s []float64) {
	for _, r := range rows {
		s = append(s, 3*r[0]+2*r[1]-r[2])
	}
	return s
}

var one, typical = []float64{1, 1, 1, 5}, []float64{0, 0, 0, math.NaN()}

// Of an additive score every method but chance gives each value its own part.
func TestAdditive(t *testing.T) {
	for _, m := range Methods {
		if m.Name() == "random" {
			continue
		}
		for i, v := range m.Attribute(additive, one, typical) {
			if math.Abs(v-[]float64{3, 2, -1, 0}[i]) > 1e-12 {
				t.Errorf("%s: part %d is %g", m.Name(), i, v)
			}
		}
	}
}

// Two values that say the same: alone each loses nothing, Shapley shares it out, substitution sees both.
func TestTwins(t *testing.T) {
	either := func(rows [][]float64) (s []float64) {
		for _, r := range rows {
			s = append(s, max(r[0], r[1]))
		}
		return s
	}
	for name, want := range map[string][]float64{"occlusion": {0, 0}, "substitution": {0.5, 0.5}} {
		i := slices.IndexFunc(Methods, func(m Method) bool { return m.Name() == name })
		if got := Methods[i].Attribute(either, []float64{1, 1}, []float64{0, 0}); !slices.Equal(got, want) {
			t.Errorf("%s: %v", name, got)
		}
	}
	got := Shapley{Orders: 200}.Attribute(either, []float64{1, 1}, []float64{0, 0})
	if math.Abs(got[0]+got[1]-1) > 1e-12 || math.Abs(got[0]-0.5) > 0.1 {
		t.Errorf("shapley: %v", got)
	}
}

// By hand, from 4 of a typical 0: deleting a, b, d, c leaves 1, -1 (0), -1 (0), 0; giving them makes 3, 5 (4), 5 (4), 4.
func TestMeasure(t *testing.T) {
	f, ok := Measure(additive, one, typical, []float64{3, 2, -1, 0})
	if want := (Faithfulness{Deletion: 0.25 / 4, Insertion: 3.75 / 4}); !ok || f != want {
		t.Errorf("%v %+v, want %+v", ok, f, want)
	}
	worse, _ := Measure(additive, one, typical, []float64{-3, -2, 1, 0})
	if worse.Deletion <= f.Deletion || worse.Insertion >= f.Insertion {
		t.Errorf("the wrong order is as good: %+v", worse)
	}
	if _, ok := Measure(additive, typical, typical, make([]float64, 4)); ok {
		t.Error("a typical row has something to explain")
	}
	if _, ok := Measure(additive, []float64{0, 0, 1, 0}, typical, make([]float64, 4)); ok {
		t.Error("a row below the typical one has a rise to explain")
	}
}

// The same seed gives the same parts, and rows are not changed.
func TestMethodsLeaveRowsAlone(t *testing.T) {
	row, base := slices.Clone(one), slices.Clone(typical)
	for _, m := range Methods {
		a, b := m.Attribute(additive, row, base), m.Attribute(additive, row, base)
		if !slices.Equal(a, b) {
			t.Errorf("%s: %v, then %v", m.Name(), a, b)
		}
	}
	if !slices.Equal(row, one) || !math.IsNaN(base[3]) || base[0] != 0 {
		t.Errorf("%v %v", row, base)
	}
}
