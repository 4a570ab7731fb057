package feature

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/inkling-sec/inkling"
)

func TestWindow(t *testing.T) {
	w := windowOf([]float64{1, 3, 1, 3})
	want := window{mean: 2, dev: 1, low: 1, high: 3, rough: 2, jerk: 2, crossings: 3}
	if w != want {
		t.Errorf("%+v, want %+v", w, want)
	}
	if c := correlation([]float64{1, 2, 3}, []float64{6, 4, 2}); math.Abs(c+1) > 1e-12 {
		t.Errorf("correlation %v, want -1", c)
	}
	if c := correlation([]float64{1, 1}, []float64{6, 4}); c != 0 {
		t.Errorf("correlation with what does not change: %v", c)
	}
}

// record makes a record of text, as a reader of CSV does.
func record(s *inkling.Schema, values map[string]string) *inkling.Record {
	var r inkling.Record
	r.Reset(s)
	for i, f := range s.Fields {
		if v, ok := values[f.Name]; ok {
			r.Text[i] = []byte(v)
		}
	}
	return &r
}

func schemaOf(names ...string) *inkling.Schema {
	s := &inkling.Schema{Name: "test"}
	for _, n := range names {
		s.Fields = append(s.Fields, inkling.Field{Name: n})
	}
	return s
}

// survives feeds an extractor with garbage: it must give a value or an error, never panic or an infinite value.
func survives(t *testing.T, f *Family, s *inkling.Schema) {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 1))
	garbage := []string{"", "-", "NaN", "Inf", "-1e308", "1e308", "x", "0", "1", "-7", "\x00\xff", "99999999999999999999", "2014-01-01 00:00:00"}
	x := f.New()
	dst := make([]float64, len(x.Contract().Features))
	for range 3000 {
		values := map[string]string{}
		for _, field := range s.Fields {
			values[field.Name] = garbage[rng.IntN(len(garbage))]
		}
		if err := x.Extract(dst, record(s, values)); err != nil {
			if inkling.CodeOf(err) != inkling.Invalid {
				t.Fatal(err)
			}
			continue
		}
		for i, v := range dst {
			if math.IsInf(v, 0) {
				t.Fatalf("%s = %v", x.Contract().Features[i].Name, v)
			}
		}
	}
}
