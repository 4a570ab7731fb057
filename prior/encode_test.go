package prior

import (
	"math"
	"slices"
	"testing"

	"github.com/inkling-sec/inkling/feature"
	"github.com/inkling-sec/inkling/meta"
)

// Numbers are shown as the pipeline shows them, to its last digit but one.
func TestShowsNumbersAsThePipelineDoes(t *testing.T) {
	g := testGen(t, 41)
	const n, pool = 300, 200
	raw := table{g.normals(n), g.normals(n), g.normals(n)}
	for k := range n {
		raw[0][k] *= 1e5                       // wide: standardised
		raw[1][k] *= .1                        // narrow: under the floor
		raw[2][k] = math.Exp(3*raw[2][k]) * 50 // with missing values
		if k%7 == 3 {
			raw[2][k] = math.NaN()
		}
	}
	rows := make([][]float64, n)
	for k := range rows {
		rows[k] = []float64{raw[0][k], raw[1][k], raw[2][k]}
	}
	contract := &feature.Contract{Name: "table", Version: 1, Features: []feature.Feature{{Name: "a"}, {Name: "b"}, {Name: "c", Missing: true}}}
	scaler, err := feature.Fit(contract, rows[:pool], feature.Scaling{Views: []string{feature.ViewLog}})
	if err != nil {
		t.Fatal(err)
	}
	want := scaler.Tensor(rows)
	got := show(g, make([]marginal, 3), raw, pool, pool, n, 64)
	if !slices.Equal(got.columns, []meta.Column{meta.Number, meta.Number, meta.Number, meta.Level}) || !slices.Equal(got.raw, []int{0, 1, 2, 2}) {
		t.Fatalf("columns %v of %v", got.columns, got.raw)
	}
	x := got.set(part{0, n, 0}).X
	for i, v := range x.Data {
		if math.Abs(float64(v-want.Data[i])) > 1e-6 {
			t.Fatalf("row %d, column %d: %v, the pipeline has %v", i/4, i%4, v, want.Data[i])
		}
	}
}

func TestShowsLevels(t *testing.T) {
	g := testGen(t, 42)
	// a pool of levels 0 to 7, the higher the rarer, two taught rows of 7 and 9, two others of 8 and 2
	var x []float64
	for l := range 8 {
		for range 20 - 2*l {
			x = append(x, float64(l))
		}
	}
	m := len(x)
	got := show(g, []marginal{{levels: 12}}, table{append(x, 7, 9, 8, 2)}, m, m, m+2, 64)
	if len(got.table) != levelsKept+2+1 {
		t.Fatalf("%d columns", len(got.table))
	}
	for i, want := range [][]int{{6}, {7}, {8}, {2}} { // 0 to 5 are the frequent ones, then the taught 7 and 9, then all others
		for j, c := range got.table {
			if is := c[m+i] == weight; is != slices.Contains(want, j) {
				t.Errorf("row %d: column %d is %v", i, j, c[m+i])
			}
		}
	}
}

func TestShowLeavesOutConstantsAndTheRest(t *testing.T) {
	g := testGen(t, 43)
	wide := make(table, 30)
	for j := range wide {
		wide[j] = g.normals(20)
	}
	for k := range wide[4] {
		wide[4][k] = 3
	}
	copy(wide[9], make([]float64, 15)) // differs only in rows that nobody may look at
	got := show(g, make([]marginal, 30), wide, 10, 10, 15, 28)
	if len(got.columns) != 28 || slices.Contains(got.raw, 4) || slices.Contains(got.raw, 9) {
		t.Errorf("columns %v", got.raw)
	}
	wide = make(table, 30)
	for j := range wide {
		wide[j] = g.normals(20)
	}
	if got := show(g, make([]marginal, 30), wide, 10, 10, 15, 7); len(got.columns) != 7 || !slices.IsSorted(got.raw) {
		t.Errorf("columns %v", got.raw)
	}
}
