package feature

import (
	"math"
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
