package feature

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/inkling-sec/inkling"
)

var smallContract = &Contract{Name: "table", Version: 1, Features: []Feature{
	{Name: "n", Missing: true}, {Name: "proto", Kind: Category, Levels: []string{"tcp", "udp"}}, {Name: "const"},
}}

var bothViews = []string{ViewLog, ViewRank}

func smallScaler(t testing.TB, o Scaling) *Scaler {
	t.Helper()
	var benign [][]float64
	for _, v := range []float64{0, 0, 10, 20, 30, 1000, math.NaN(), math.Inf(1)} {
		benign = append(benign, []float64{v, 0, 5})
	}
	s, err := Fit(smallContract, benign, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func names(s *Scaler) (n []string) {
	for _, c := range s.Columns() {
		n = append(n, c.Name)
	}
	return n
}

func TestColumns(t *testing.T) {
	for _, c := range []struct {
		views []string
		want  []string
	}{
		{nil, []string{"n:log", "n:missing", "proto=tcp", "proto=udp", "proto=(other)", "const:log"}},
		{bothViews, []string{"n:log", "n:rank", "n:missing", "proto=tcp", "proto=udp", "proto=(other)", "const:log", "const:rank"}},
		{[]string{ViewRank}, []string{"n:rank", "n:missing", "proto=tcp", "proto=udp", "proto=(other)", "const:rank"}},
	} {
		s := smallScaler(t, Scaling{Views: c.views})
		if got := names(s); !slices.Equal(got, c.want) || s.Width() != len(c.want) {
			t.Errorf("views %v: columns %v, want %v", c.views, got, c.want)
		}
	}
	if _, err := Fit(smallContract, [][]float64{{1, 2, 3}}, Scaling{Views: []string{"square"}}); inkling.CodeOf(err) != inkling.Invalid {
		t.Errorf("unknown view: %v", err)
	}
	if _, err := Fit(smallContract, nil, Scaling{}); inkling.CodeOf(err) != inkling.Invalid || err == nil {
		t.Errorf("no rows: %v", err)
	}
	if _, err := Fit(smallContract, [][]float64{{1}}, Scaling{}); inkling.CodeOf(err) != inkling.Invalid || err == nil {
		t.Errorf("short row: %v", err)
	}
}

// Six benign values 0 0 10 20 30 1000: two ties at 0 have rank 2/2/6, 15 lies between ranks 2.5/6 and 3.5/6.
func TestApplyByHand(t *testing.T) {
	s := smallScaler(t, Scaling{Views: bothViews})
	rank := func(r float64) float32 { return float32((r - 0.5) * 0.7 * math.Sqrt(12)) }
	var mean, std float64
	logs := []float64{0, 0, math.Log(11), math.Log(21), math.Log(31), math.Log(1001)}
	for _, l := range logs {
		mean += l / 6
	}
	for _, l := range logs {
		std += (l - mean) * (l - mean) / 6
	}
	std = math.Sqrt(std)
	log := func(v float64) float32 { return float32((v - mean) / std) }
	for _, c := range []struct {
		raw  []float64
		want []float32
	}{
		{[]float64{0, 0, 5}, []float32{log(0), rank(1.0 / 6), 0, 2, 0, 0, 0, 0}},
		{[]float64{15, 1, 5}, []float32{log(math.Log(16)), rank(3.0 / 6), 0, 0, 2, 0, 0, 0}},
		{[]float64{1000, -1, 4}, []float32{log(math.Log(1001)), rank(5.5 / 6), 0, 0, 0, 2, float32(math.Log(5) - math.Log(6)), rank(0)}},
		{[]float64{1e9, 7, 1e9}, []float32{log(math.Log(1 + 1e9)), rank(1), 0, 0, 0, 2, 8, rank(1)}},
		{[]float64{-1e30, 0, -1e30}, []float32{-8, rank(0), 0, 2, 0, 0, -8, rank(0)}},
		{[]float64{math.NaN(), math.NaN(), math.NaN()}, []float32{0, 0, 2, 0, 0, 2, 0, 0}},
	} {
		got := make([]float32, s.Width())
		s.Apply(got, c.raw)
		for i := range got {
			if math.Abs(float64(got[i]-c.want[i])) > 1e-5 {
				t.Errorf("%v: %s is %v, want %v", c.raw, s.Columns()[i].Name, got[i], c.want[i])
			}
		}
	}
	all := s.Tensor([][]float64{{0, 0, 5}, {15, 1, 5}})
	if !slices.Equal(all.Shape, []int{2, 8}) || all.Data[0] != log(0) || all.Data[8] != log(math.Log(16)) {
		t.Errorf("tensor %v", all)
	}
}

// Shares of 0.02, 0.04 and 0.08 differ by their ratios, as bytes do: their unit is the median, 0.04. A column
// where more than half are the same keeps a deviation of one.
func TestSmallNumbersHaveTheirOwnUnit(t *testing.T) {
	c := &Contract{Name: "table", Version: 1, Features: []Feature{{Name: "share"}, {Name: "mostly"}}}
	s, err := Fit(c, [][]float64{{.02, 0}, {.04, 0}, {.08, .04}}, Scaling{})
	if err != nil {
		t.Fatal(err)
	}
	logs := []float64{math.Log(1.5), math.Log(2), math.Log(3)}
	mean := (logs[0] + logs[1] + logs[2]) / 3
	std := math.Sqrt(((logs[0]-mean)*(logs[0]-mean) + (logs[1]-mean)*(logs[1]-mean) + (logs[2]-mean)*(logs[2]-mean)) / 3)
	got := make([]float32, 2)
	s.Apply(got, []float64{.16, .04})
	if want := (math.Log(5) - mean) / std; math.Abs(float64(got[0])-want) > 1e-5 {
		t.Errorf("0.16 is %v, want %v", got[0], want)
	}
	if want := math.Log(2) * 2 / 3; math.Abs(float64(got[1])-want) > 1e-5 {
		t.Errorf("what is mostly 0 is %v at 0.04, want %v", got[1], want)
	}
}

func TestScalerIsStored(t *testing.T) {
	s := smallScaler(t, Scaling{Views: bothViews})
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var got Scaler
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if got.Contract().Hash() != s.Contract().Hash() || !slices.Equal(names(&got), names(s)) {
		t.Error("another contract or other columns")
	}
	again, err := json.Marshal(&got)
	if err != nil || string(again) != string(b) {
		t.Errorf("stored anew: %v\n%s\n%s", err, b, again)
	}
	for _, v := range []float64{0, 3, 17, 5000, math.NaN()} {
		a, b := make([]float32, s.Width()), make([]float32, s.Width())
		s.Apply(a, []float64{v, 1, v})
		got.Apply(b, []float64{v, 1, v})
		if !slices.Equal(a, b) {
			t.Errorf("%v: %v, stored %v", v, a, b)
		}
	}
	for _, bad := range []string{
		`{`, `{}`, `{"contract":{"name":"t","features":[]}}`, `{"contract":{"name":"t","features":[{"name":"a","kind":"numeric"}]},"numbers":[]}`,
		`{"contract":{"name":"t","features":[{"name":"a","kind":"numeric"}]},"numbers":[{"std":1,"knots":[2,1],"ranks":[0,1]}]}`,
		`{"contract":{"name":"t","features":[{"name":"a","kind":"round"}]},"numbers":[{}]}`,
	} {
		if err := got.UnmarshalJSON([]byte(bad)); err == nil {
			t.Errorf("no error for %s", bad)
		}
	}
}

// The rank view does not depend much on how many knots are kept.
func TestKnotsAreThinned(t *testing.T) {
	c := &Contract{Name: "table", Version: 1, Features: []Feature{{Name: "x"}}}
	rng := rand.New(rand.NewPCG(3, 3))
	var benign [][]float64
	for range 20000 {
		benign = append(benign, []float64{math.Exp(3 * rng.NormFloat64())})
	}
	full, err := Fit(c, benign, Scaling{Views: bothViews, Knots: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	thin, err := Fit(c, benign, Scaling{Views: bothViews})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(thin.numbers[0].Knots); n != 256 {
		t.Errorf("%d knots", n)
	}
	a, b := make([]float32, 2), make([]float32, 2)
	for _, row := range benign[:2000] {
		full.Apply(a, row)
		thin.Apply(b, row)
		if d := math.Abs(float64(a[1] - b[1])); d > 0.01 {
			t.Fatalf("%v: rank view differs by %v", row, d)
		}
	}
}

// Whatever the pool and the row hold, columns are finite and bounded.
func FuzzApply(f *testing.F) {
	f.Add(0.0, 1.0, math.NaN(), 2.0)
	f.Add(math.MaxFloat64, -math.MaxFloat64, 0.0, math.Inf(1))
	f.Add(-math.MaxFloat64, math.MaxFloat64, 1.0, 5e-324)
	f.Add(math.NaN(), math.NaN(), math.NaN(), -1e300)
	f.Add(1.0, 1.0, 1.0, -1.0)
	f.Add(1e-300, 1e-300, 1e308, -1e308)                             // in their unit these overflow
	f.Add(-math.MaxFloat64, math.MaxFloat64, math.MaxFloat64, 1e308) // the distance of the knots overflows
	c := &Contract{Name: "table", Version: 1, Features: []Feature{{Name: "x", Missing: true}, {Name: "y", Kind: Category, Levels: []string{"a"}}}}
	f.Fuzz(func(t *testing.T, a, b, d, v float64) {
		s, err := Fit(c, [][]float64{{a, 0}, {b, 0}, {d, 0}}, Scaling{Views: bothViews})
		if err != nil {
			t.Fatal(err)
		}
		dst := make([]float32, s.Width())
		for _, raw := range [][]float64{{v, v}, {a, b}, {b, v}, {a/2 + b/2, -v}} {
			s.Apply(dst, raw)
			for i, x := range dst {
				if !(math.Abs(float64(x)) <= 8) {
					t.Errorf("pool %v %v %v, row %v: %s is %v", a, b, d, raw, s.Columns()[i].Name, x)
				}
			}
		}
	})
}

func flowRows(t testing.TB, n int) [][]float64 {
	x := NewFlow(FlowOptions{})
	var raw [][]float64
	for _, r := range stream(t, n) {
		raw = append(raw, extract(t, x, &r))
	}
	return raw
}

func TestFlowRowsScale(t *testing.T) {
	raw := flowRows(t, 2000)
	s, err := Fit(Flow(), raw[:1000], Scaling{})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, c := range s.Columns() {
		if seen[c.Name] {
			t.Errorf("two columns are named %s", c.Name)
		}
		seen[c.Name] = true
	}
	for i, v := range s.Tensor(raw).Data {
		if !(math.Abs(float64(v)) <= 8) {
			t.Fatalf("row %d: %s is %v", i/s.Width(), s.Columns()[i%s.Width()].Name, v)
		}
	}
}

// A row of more features than are taken at once is shown as each feature by itself is.
func TestWideRows(t *testing.T) {
	const n = 2*logsAtOnce + 5
	wide, rng := &Contract{Name: "table", Version: 1}, rand.New(rand.NewPCG(91, 92))
	for i := range n {
		f := Feature{Name: fmt.Sprint("f", i), Missing: i%7 == 0}
		if i%5 == 0 {
			f = Feature{Name: f.Name, Kind: Category, Levels: []string{"a", "b"}}
		}
		wide.Features = append(wide.Features, f)
	}
	rows := make([][]float64, 60)
	for i := range rows {
		for j := range n {
			v := math.Exp(3*rng.NormFloat64()) * float64(1+j)
			switch {
			case j%5 == 0:
				v = float64(rng.IntN(4) - 1)
			case rng.IntN(9) == 0:
				v = math.NaN()
			}
			rows[i] = append(rows[i], v)
		}
	}
	o := Scaling{Views: bothViews}
	s, err := Fit(wide, rows, o)
	if err != nil {
		t.Fatal(err)
	}
	got := s.Tensor(rows)
	at := 0
	for j, f := range wide.Features {
		var column [][]float64
		for _, r := range rows {
			column = append(column, r[j:j+1])
		}
		one, err := Fit(&Contract{Name: "table", Version: 1, Features: []Feature{f}}, column, o)
		if err != nil {
			t.Fatal(err)
		}
		want := one.Tensor(column)
		for i := range rows {
			if !slices.Equal(got.Row(i)[at:at+one.Width()], want.Row(i)) {
				t.Fatalf("row %d, feature %d: %v, want %v", i, j, got.Row(i)[at:at+one.Width()], want.Row(i))
			}
		}
		at += one.Width()
	}
	if at != s.Width() {
		t.Errorf("%d columns, want %d", s.Width(), at)
	}
}

func BenchmarkApply(b *testing.B) {
	raw := flowRows(b, 2000)
	s, err := Fit(Flow(), raw[:1000], Scaling{})
	if err != nil {
		b.Fatal(err)
	}
	dst := make([]float32, s.Width())
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		s.Apply(dst, raw[i%len(raw)])
	}
}

func BenchmarkTableExtract(b *testing.B) {
	_, rows := csvRows("a,b,c,d", "1.25,tcp,-,3", "7,udp,0.5,4")
	c, err := InspectTable(rows[0].Schema, Each(rows), TableOptions{})
	if err != nil {
		b.Fatal(err)
	}
	x, err := NewTable(c)
	if err != nil {
		b.Fatal(err)
	}
	dst := make([]float64, len(c.Features))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if err := x.Extract(dst, &rows[i%2]); err != nil {
			b.Fatal(err)
		}
	}
}

func ExampleFit() {
	c := &Contract{Name: "table", Version: 1, Features: []Feature{{Name: "bytes", Unit: "bytes"}, {Name: "proto", Kind: Category, Levels: []string{"tcp"}}}}
	s, _ := Fit(c, [][]float64{{100, 0}, {200, 0}, {300, 0}}, Scaling{})
	row := make([]float32, s.Width())
	s.Apply(row, []float64{1e6, -1})
	for i, col := range s.Columns() {
		fmt.Printf("%s %.2f\n", col.Name, row[i])
	}
	// Output:
	// bytes:log 8.00
	// proto=tcp 0.00
	// proto=(other) 2.00
}
