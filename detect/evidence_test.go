package detect

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/feature"
	"github.com/inkling-sec/inkling/tensor"
)

// sum scores a row by which of its columns are high.
type sum func(high []bool) float32

func (sum) Ways() int { return 2 }

func (f sum) Score(dst []float32, x *tensor.Tensor) {
	high := make([]bool, x.Cols())
	for i := range x.Rows() {
		for j, v := range x.Row(i) {
			high[j] = v > 1
		}
		dst[2*i], dst[2*i+1] = 0, f(high)
	}
}

// The changes named are those that are needed, wherever in the order of what they do alone they stand; more than eight are none.
func TestFlip(t *testing.T) {
	const features = 12
	c := &feature.Contract{Name: "table", Version: 1}
	raw, benign, rows := make([]float64, features), make([]float64, features), make([][]float64, 100)
	for i := range raw {
		c.Features = append(c.Features, feature.Feature{Name: fmt.Sprint("f", i)})
		raw[i] = 1000
	}
	for i := range rows {
		rows[i] = make([]float64, features)
		for j := range rows[i] {
			rows[i][j] = float64(i % 10)
		}
	}
	s, err := feature.Fit(c, rows, feature.Scaling{})
	if err != nil {
		t.Fatal(err)
	}
	count := func(high []bool) (n float32) {
		for _, h := range high {
			if h {
				n++
			}
		}
		return n
	}
	// Two that each do nothing alone, beside ten that do a little and are not needed.
	pair := func(high []bool) float32 {
		n := count(high[:10])
		if high[10] || high[11] {
			n += 20
		}
		return n
	}
	for _, tt := range []struct {
		name      string
		score     sum
		threshold float64
		want      []string
	}{
		{"the first one", count, features - 1, []string{"f0"}},
		{"eight", count, features - 8, []string{"f0", "f1", "f2", "f3", "f4", "f5", "f6", "f7"}},
		{"nine", count, features - 9, nil},
		{"the last two", pair, 15, []string{"f10", "f11"}},
		{"never", func([]bool) float32 { return 1 }, 0, nil},
	} {
		a := &Armed{Baseline: &Baseline{Contract: c, scaler: s}, scorer: tt.score, threshold: tt.threshold, Calibration: NewCalibration([]float64{0, 1, 2})}
		var got []string
		at := raw
		for _, change := range a.flip(raw, benign) {
			got = append(got, change.Feature)
			i := slices.IndexFunc(c.Features, func(f feature.Feature) bool { return f.Name == change.Feature })
			if at = with(at, i, benign[i]); change.From != 1000. || change.To != 0. || change.PValue != a.PValue(a.Score(at)) {
				t.Errorf("%s: %+v", tt.name, change)
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, not %v", tt.name, got, tt.want)
		}
		if got != nil && a.Alerts(a.Score(at)) {
			t.Errorf("%s: after its changes the record still alerts", tt.name)
		}
	}
}

// Changes are taken back for trial some together; what is left is what taking back one after the other leaves, whatever depends on what.
func TestNeeded(t *testing.T) {
	const features = 12
	c := &feature.Contract{Name: "table", Version: 1}
	raw, benign, rows := make([]float64, features), make([]float64, features), make([][]float64, 100)
	var all []int
	for i := range raw {
		c.Features = append(c.Features, feature.Feature{Name: fmt.Sprint("f", i)})
		raw[i] = 1000
		all = append(all, i)
	}
	for i := range rows {
		rows[i] = slices.Repeat([]float64{float64(i % 10)}, features)
	}
	s, err := feature.Fit(c, rows, feature.Scaling{})
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(81, 82))
	many, some := 0, 0
	for range 300 {
		score := make([]float32, 1<<features) // of each choice of high ones; of none 0
		share := rng.Float32()
		for i := 1; i < len(score); i++ {
			if rng.Float32() < share {
				score[i] = 1
			}
		}
		a := &Armed{Baseline: &Baseline{Contract: c, scaler: s}, threshold: .5, scorer: sum(func(high []bool) float32 {
			n := 0
			for i, h := range high {
				if h {
					n |= 1 << i
				}
			}
			return score[n]
		})}
		changed := slices.Clone(all)
		rng.Shuffle(features, func(i, j int) { changed[i], changed[j] = changed[j], changed[i] })
		var want []int
		at := benign
		for _, i := range changed {
			if back := with(at, i, raw[i]); a.Alerts(a.Score(back)) {
				want = append(want, i)
			} else {
				at = back
			}
		}
		got := a.needed(benign, raw, changed)
		if len(want) > mostChanges {
			if many++; len(got) <= mostChanges {
				t.Fatalf("%v of %v are needed, not %v", got, changed, want)
			}
			continue
		}
		if some++; !slices.Equal(got, want) {
			t.Fatalf("%v of %v are needed, not %v", got, changed, want)
		}
	}
	if many < 20 || some < 20 {
		t.Errorf("%d with too many, %d others: neither is told", many, some)
	}
}

// Parts of no difference are no shares: they would be scores, told as percent.
func TestNoSharesOfNothing(t *testing.T) {
	c := &feature.Contract{Name: "table", Version: 1, Features: []feature.Feature{{Name: "f"}, {Name: "g"}, {Name: "h"}}}
	rows := make([][]float64, 100)
	for i := range rows {
		rows[i] = []float64{float64(i % 10), float64(i % 10), float64(i % 10)}
	}
	s, err := feature.Fit(c, rows, feature.Scaling{})
	if err != nil {
		t.Fatal(err)
	}
	against := func(high []bool) (n float32) { // f for it, g as much against it
		if high[0] {
			n += 3
		}
		if high[1] {
			n -= 3
		}
		return n
	}
	a := &Armed{Baseline: &Baseline{Contract: c, scaler: s, likely: []float64{0, 0, 0}}, scorer: sum(against)}
	if got := a.contributions([]float64{1000, 1000, 1000}); len(got) != 0 {
		t.Errorf("the score is that of the typical record: %+v", got)
	}
	a.scorer = sum(func(high []bool) (n float32) { // as much but for next to nothing
		if n = against(high); high[2] {
			n += .1
		}
		return n
	})
	if got := a.contributions([]float64{1000, 1000, 1000}); len(got) != 0 {
		t.Errorf("the score is nearly that of the typical record: %+v", got)
	}
	a.scorer = sum(against)
	if got := a.contributions([]float64{1000, 0, 1000}); len(got) != 2 || got[0].Feature != "f" || got[0].Share != 1 || got[1].Share != 0 {
		t.Errorf("one feature makes the difference: %+v", got)
	}
}

// A vote is told no finer than the benign rows it looks at allow: of a large pool these are a part.
func TestVotesOfALargePool(t *testing.T) {
	for _, row := range []struct{ pool, of int }{{400, 400}, {5000, 2000}} {
		b, err := NewBaseline(t.Context(), "site", []string{"site.csv"}, func(string) (inkling.Reader, error) { return &site{n: row.pool + 2000, seed: 1}, nil },
			BaselineOptions{Schema: "table", Drop: []string{"label"}, Pool: row.pool, Calibration: 2000})
		if err != nil {
			t.Fatal(err)
		}
		if b.Pool.Len() != min(row.pool, (row.pool+2000)/2) {
			t.Fatalf("a pool of %d", b.Pool.Len())
		}
		examples := testExamples(t, b, 11, 21)
		_, a, err := Teach(t.Context(), "x", examples, b, testLearner(t), TeachOptions{Alpha: 0.01})
		if err != nil {
			t.Fatal(err)
		}
		least := 1.
		for _, v := range a.Explain(examples.Raw[0]).Votes {
			least = min(least, v.PValue)
		}
		if want := 1 / float64(row.of+1); least != want {
			t.Errorf("a pool of %d: the least p is %v, want %v", b.Pool.Len(), least, want)
		}
	}
}

// The nearest rows are the first of all rows by distance, of equal ones the first.
func TestNearest(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 50 {
		n, d, k := 1+r.IntN(40), 1+r.IntN(9), 1+r.IntN(20)
		x, v, want := tensor.New(n, d), make([]float32, d), make([]int, n)
		for i := range x.Data {
			x.Data[i] = float32(r.IntN(3))
		}
		for j := range v {
			v[j] = float32(r.IntN(3))
		}
		far := func(i int) (sum float64) {
			for j, u := range x.Row(i) {
				sum += float64((u - v[j]) * (u - v[j]))
			}
			return math.Sqrt(sum)
		}
		for i := range want {
			want[i] = i
		}
		slices.SortStableFunc(want, func(a, b int) int { return cmp.Compare(far(a), far(b)) })
		at, distance := nearest(v, x, k)
		if !slices.Equal(at, want[:min(k, n)]) {
			t.Fatalf("%d of %d: %v, want %v", k, n, at, want)
		}
		for i, d := range distance {
			if d != far(at[i]) {
				t.Fatalf("row %d is %v away, want %v", at[i], d, far(at[i]))
			}
		}
	}
}
