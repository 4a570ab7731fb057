package feature

import (
	"math"
	"testing"

	"github.com/inkling-sec/inkling"
)

// rowOf gives the row of a record by the names of its features.
func rowOf(t testing.TB, x Extractor, r *inkling.Record) map[string]float64 {
	t.Helper()
	c := x.Contract()
	raw := make([]float64, len(c.Features))
	for i := range raw {
		raw[i] = -12345 // every value has to be written
	}
	if err := x.Extract(raw, r); err != nil {
		t.Fatal(err)
	}
	row := map[string]float64{}
	for i, f := range c.Features {
		if raw[i] == -12345 {
			t.Errorf("%s is not written", f.Name)
		}
		if math.IsNaN(raw[i]) && !f.Missing {
			t.Errorf("%s is missing and may not be", f.Name)
		}
		row[f.Name] = raw[i]
	}
	return row
}

// wants compares some values of a row; NaN equals NaN.
func wants(t *testing.T, what string, row, want map[string]float64) {
	t.Helper()
	for name, w := range want {
		if got, has := row[name]; !has || !(math.Abs(got-w) < 1e-6 || math.IsNaN(got) && math.IsNaN(w)) {
			t.Errorf("%s: %s = %v, want %v", what, name, got, w)
		}
	}
}

func TestHostByHand(t *testing.T) {
	_, rows := csvRows("calls", "3 4 3 3", "7")
	x := newHost()
	row := rowOf(t, x, &rows[0])
	wants(t, "3 4 3 3", row, map[string]float64{ // pairs are 3-4, 4-3 and 3-3
		"calls": 4, "distinct": 2, "entropy": 0.8112781, "pairs": 3, "pair_entropy": 1.5849625, "repeats": 100. / 3, "longest_run": 2, "commonest": 75,
	})
	for i, run := range []string{"run1.", "run2.", "run3."} {
		sum, most := 0.0, 0.0
		for name, v := range row {
			if len(name) == len(run)+2 && name[:len(run)] == run {
				sum += v
				most = max(most, v)
			}
		}
		if math.Abs(sum-100) > 1e-9 || i == 0 && most != 75 {
			t.Errorf("%s* add up to %v, the most is %v", run, sum, most)
		}
	}
	wants(t, "one call", rowOf(t, x, &rows[1]), map[string]float64{"calls": 1, "entropy": 0, "pairs": 0, "pair_entropy": 0, "repeats": 0, "longest_run": 1, "commonest": 100})
}

// Runs are told by their order, not by names: the same calls in another order are another row.
func TestHostOrderCounts(t *testing.T) {
	_, rows := csvRows("calls", "open read close open", "open close read open", "open;read;close;open")
	x := newHost()
	a, b, c := rowOf(t, x, &rows[0]), rowOf(t, x, &rows[1]), rowOf(t, x, &rows[2])
	differ := false
	for name := range a {
		differ = differ || a[name] != b[name]
		if a[name] != c[name] {
			t.Errorf("%s depends on what stands between calls", name)
		}
	}
	if !differ {
		t.Error("the order of calls makes no difference")
	}
}
