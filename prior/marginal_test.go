package prior

import (
	"math"
	"slices"
	"testing"
)

// holds is what must be true of a column of each kind, made of 3,000 normal
// values in rising order.
var holds = map[string]func(x []float64) bool{
	"number":        func(x []float64) bool { return distinct(x) == len(x) },
	"log-normal":    func(x []float64) bool { return x[0] >= 0 && mean(x) > median(x) },
	"pareto":        func(x []float64) bool { return x[0] >= 1 && x[len(x)-1] > 8*median(x) },
	"zero-inflated": func(x []float64) bool { s := share(x, 0); return s > .25 && s < .99 && x[len(x)-1] > 0 },
	"count":         func(x []float64) bool { return whole(x) && x[0] >= 0 && distinct(x) > 1 },
	"ratio":         func(x []float64) bool { return x[0] >= 0 && x[len(x)-1] <= 1 && distinct(x) > 2 },
	"flag":          func(x []float64) bool { s := share(x, 1); return distinct(x) == 2 && s > .03 && s < .72 },
	"ordinal":       func(x []float64) bool { d := distinct(x); return whole(x) && d >= 2 && d <= 10 },
	"heavy":         func(x []float64) bool { return kurtosis(x) > 6 },
	"rounded":       func(x []float64) bool { return distinct(x) < len(x)/2 },
	"rare":          func(x []float64) bool { s := share(x, 0); return s > .94 && s < 1 },
	"category":      func(x []float64) bool { return whole(x) && distinct(x) >= 2 && distinct(x) <= 25 },
	"capped":        func(x []float64) bool { s := share(x, x[len(x)-1]); return whole(x) && s > .015 && s < .4 },
	"spiked":        func(x []float64) bool { return commonest(x) > .01 },
	"gapped": func(x []float64) bool { // on a logarithmic scale the widest gap is inside
		at, wide := 0, 0.0
		for i := 100; i < len(x)-30; i++ {
			if w := math.Log(x[i] / x[i-1]); w > wide {
				at, wide = i, w
			}
		}
		return wide >= 1 && at > 0
	},
}

func TestMarginals(t *testing.T) {
	for _, kind := range Marginals {
		test := holds[kind.Name]
		if test == nil {
			t.Fatalf("%s: no test", kind.Name)
		}
		g := testGen(t, 11)
		const tries = 60
		good := 0
		for range tries {
			x := g.normals(3000)
			slices.Sort(x)
			m := kind.draw(g)
			if m.kind != kind.Name || (m.levels > 0) != (kind.Name == "category") {
				t.Fatalf("%s: made %s of %d levels", kind.Name, m.kind, m.levels)
			}
			m.apply(x)
			if m.levels == 0 && !slices.IsSorted(x) {
				t.Fatalf("%s: does not rise with its feature", kind.Name)
			}
			if m.levels > 0 && slices.Max(x) >= float64(m.levels) {
				t.Fatalf("%s: level %v of %d", kind.Name, slices.Max(x), m.levels)
			}
			if test(x) {
				good++
			}
			far := []float64{-30, 30, 0}
			m.apply(far)
			for _, v := range far {
				if math.IsNaN(v) || math.IsInf(v, 0) || math.Abs(v) > 1e25 {
					t.Fatalf("%s: a far value becomes %v", kind.Name, v)
				}
			}
		}
		if good < tries*19/20 {
			t.Errorf("%s: %d of %d columns are what they should be", kind.Name, good, tries)
		}
	}
}

// A profile draws its marginals as often as it says.
func TestProfiles(t *testing.T) {
	g := testGen(t, 12)
	for _, p := range Profiles {
		seen := map[string]float64{}
		const n = 4000
		for range n {
			seen[p.columns.draw(g).Name]++
		}
		below := 0.0
		for i, k := range p.columns.of {
			want := (p.columns.upTo[i] - below) / p.columns.total
			below = p.columns.upTo[i]
			if got := seen[k.Name] / n; math.Abs(got-want) > .03 {
				t.Errorf("%s: %s in %.3f of the columns, not %.3f", p.Name, k.Name, got, want)
			}
		}
	}
}

func distinct(x []float64) int { return len(slices.Compact(slices.Sorted(slices.Values(x)))) }

func whole(x []float64) bool {
	return !slices.ContainsFunc(x, func(v float64) bool { return v != math.Floor(v) })
}

func share(x []float64, of float64) float64 {
	n := 0
	for _, v := range x {
		if v == of {
			n++
		}
	}
	return float64(n) / float64(len(x))
}

func commonest(x []float64) float64 {
	most := 0.0
	for _, v := range slices.Compact(slices.Clone(x)) {
		most = max(most, share(x, v))
	}
	return most
}

func mean(x []float64) float64   { m, _ := moments(x); return m }
func median(x []float64) float64 { return x[len(x)/2] }

func kurtosis(x []float64) float64 {
	m, s := moments(x)
	sum := 0.0
	for _, v := range x {
		sum += math.Pow((v-m)/s, 4)
	}
	return sum / float64(len(x))
}
