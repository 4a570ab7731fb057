// Package readtest is the battery that every reader passes: what
// inkling.Reader promises, held on whole, cut and damaged input.
package readtest

import (
	"bytes"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling"
)

// Open makes a reader of a file's bytes; it may refuse them with an error.
type Open func(r io.Reader, file string) (inkling.Reader, error)

// Check runs the battery on sample, a small whole file, and on what damage
// makes of it.
func Check(t *testing.T, open Open, sample []byte) {
	t.Helper()
	t.Run("whole", func(t *testing.T) { whole(t, open, sample) })
	t.Run("cut", func(t *testing.T) {
		step := max(1, len(sample)/200)
		for n := 0; n < len(sample); n += step {
			Drain(t, open, sample[:n])
		}
	})
	t.Run("damaged", func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for range 300 {
			b := bytes.Clone(sample)
			for range 1 + rng.IntN(4) {
				b[rng.IntN(len(b))] = byte(rng.Uint32())
			}
			Drain(t, open, b)
		}
	})
	t.Run("junk", func(t *testing.T) {
		rng := rand.New(rand.NewPCG(3, 4))
		for n := range 200 {
			b := make([]byte, n*7)
			for i := range b {
				b[i] = byte(rng.Uint32())
			}
			Drain(t, open, b)
		}
	})
	t.Run("memory", func(t *testing.T) { memory(t, open, sample) })
}

func whole(t *testing.T, open Open, sample []byte) {
	n, errs := Drain(t, open, sample)
	if n == 0 || len(errs) > 0 {
		t.Fatalf("the sample gave %d records and errors %v", n, errs)
	}
	m, _ := Drain(t, open, sample)
	if n != m {
		t.Fatalf("the sample gave %d records, then %d", n, m)
	}
	r, err := open(bytes.NewReader(sample), "sample")
	if err != nil {
		t.Fatal(err)
	}
	var rec inkling.Record
	for err == nil {
		err = r.Read(&rec)
	}
	for range 3 {
		if err := r.Read(&rec); err != io.EOF {
			t.Fatalf("Read after the end gives %v, not io.EOF", err)
		}
	}
}

// Drain reads b to its end or its final error. It fails the test on what the
// contract forbids: reading without end, a malformed record, an error without
// a place or remedy.
func Drain(t testing.TB, open Open, b []byte) (records int, errs []error) {
	t.Helper()
	r, err := open(bytes.NewReader(b), "sample")
	if err != nil {
		inWords(t, err)
		return 0, []error{err}
	}
	defer r.Close()
	var rec inkling.Record
	for reads := 0; ; reads++ {
		if reads > 2*len(b)+16 {
			t.Fatalf("no end after %d reads of %d bytes", reads, len(b))
		}
		switch err := r.Read(&rec); {
		case err == io.EOF:
			return records, errs
		case err != nil:
			inWords(t, err)
			errs = append(errs, err)
			if !inkling.Skippable(err) {
				return records, errs
			}
		default:
			wellFormed(t, &rec)
			records++
		}
	}
}

func inWords(t testing.TB, err error) {
	t.Helper()
	e, ok := err.(*inkling.Error)
	if !ok {
		t.Fatalf("error %v is a %T, not an *inkling.Error", err, err)
	}
	if e.Code != inkling.Invalid || !strings.HasPrefix(e.Place, "sample") || e.What == "" || e.Remedy == "" {
		t.Fatalf("error lacks code, place, what or remedy: %#v", e)
	}
}

func wellFormed(t testing.TB, r *inkling.Record) {
	t.Helper()
	if r.Schema == nil || len(r.Num) != len(r.Schema.Fields) || len(r.Text) != len(r.Schema.Fields) {
		t.Fatalf("record does not fit its schema: %+v", r)
	}
	if r.Origin.File != "sample" || r.Origin.Line < 1 {
		t.Fatalf("record has origin %v", r.Origin)
	}
	for i, f := range r.Schema.Fields {
		if f.Kind != inkling.Text && r.Text[i] != nil {
			t.Fatalf("field %s holds text and is none", f.Name)
		}
		if f.Kind == inkling.Text && r.Num[i] == r.Num[i] {
			t.Fatalf("field %s holds a number and is text", f.Name)
		}
	}
}

// memory holds reading to an allocation in proportion to its input.
func memory(t *testing.T, open Open, sample []byte) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	Drain(t, open, sample)
	runtime.ReadMemStats(&after)
	limit := uint64(4<<20 + 64*len(sample))
	if got := after.TotalAlloc - before.TotalAlloc; got > limit {
		t.Fatalf("reading %d bytes allocated %d, over %d", len(sample), got, limit)
	}
}

// Fields holds a record's values to those that are wanted, numbers up to a millionth.
func Fields(t *testing.T, r *inkling.Record, want map[string]any) {
	t.Helper()
	got := r.Map()
	for name, v := range want {
		if got[name] != v {
			t.Errorf("%s: %s is %v, want %v", r.Origin, name, got[name], v)
		}
	}
}
