package prior

import (
	"math"
	"slices"
	"testing"
)

func TestBurstRepeatsRows(t *testing.T) {
	g := testGen(t, 31)
	v := table{g.normals(1000), g.normals(1000)}
	was := table{slices.Clone(v[0]), slices.Clone(v[1])}
	burst(g, v, 1000)
	copies := 0
	for k := range 1000 {
		if v[0][k] == was[0][k] {
			continue
		}
		copies++
		from := slices.Index(was[0][:100], v[0][k])
		if from < 0 || was[1][from] != v[1][k] {
			t.Fatalf("row %d is no copy of one of the first tenth", k)
		}
	}
	if copies < 50 || copies > 600 {
		t.Errorf("%d of 1000 rows are copies", copies)
	}
}

// Derived columns can be worked out from the others; categories are left alone.
func TestDerive(t *testing.T) {
	g := testGen(t, 32)
	exact := 0
	for range 50 {
		raw, was := make(table, 8), make(table, 8)
		columns := make([]marginal, 8)
		columns[7].levels = 3
		for j := range raw {
			raw[j] = g.normals(30)
			was[j] = slices.Clone(raw[j])
		}
		derived := derive(g, columns, raw)
		if derived > 4 {
			t.Errorf("%d of 8 columns", derived)
		}
		changed := 0
		for j := range raw {
			if !slices.Equal(raw[j], was[j]) {
				changed++
			}
			for i := range raw {
				if i != j && slices.Equal(raw[i], raw[j]) {
					exact++
				}
			}
		}
		if changed > derived || !slices.Equal(raw[7], was[7]) {
			t.Errorf("%d columns changed, %d were said to", changed, derived)
		}
	}
	if exact == 0 {
		t.Error("no column was ever a copy of another")
	}
}

func TestDrop(t *testing.T) {
	g := testGen(t, 33)
	byValue, of := 0, 0
	for range 600 {
		raw, columns := table{g.normals(400), g.normals(400), g.normals(400)}, make([]marginal, 3)
		columns[2].levels = 4
		was := slices.Clone(raw[1])
		said, found := drop(g, columns, raw, 300), 0
		for j, c := range raw {
			if slices.ContainsFunc(c, math.IsNaN) {
				found++
				if j == 2 {
					t.Error("a category has missing values")
				}
			}
		}
		if found > said {
			t.Errorf("%d columns have missing values, %d were said to", found, said)
		}
		least, lost := math.Inf(1), math.Inf(-1) // of what is missing, and of what is there
		for k, v := range raw[1] {
			if math.IsNaN(v) {
				least = min(least, was[k])
			} else {
				lost = max(lost, v)
			}
		}
		if least < math.Inf(1) {
			of++
			if least > lost {
				byValue++
			}
		}
	}
	if byValue < of/8 { // two in nine; by chance of which column decides alone, one in eighteen
		t.Errorf("of %d columns with missing values %d miss the large ones", of, byValue)
	}
}
