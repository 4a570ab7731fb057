package detect

import (
	"io"
	"slices"
	"testing"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/feature"
	"github.com/inkling-sec/inkling/read"
)

// part reads some of a capture's records, as one file of those that a log was rotated to; its lines go on counting.
type part struct {
	inkling.Reader
	from, to, at int
}

func (p *part) Read(r *inkling.Record) error {
	for p.at < p.to {
		if err := p.Reader.Read(r); err != nil {
			return err
		}
		if p.at++; p.at > p.from {
			return nil
		}
	}
	return io.EOF
}

// parts opens a lab capture as files that begin at those records.
func parts(starts ...int) func(file string) (inkling.Reader, error) {
	return func(file string) (inkling.Reader, error) {
		r, err := read.Open("../lab/conn/day1.conn.log.gz", read.Options{})
		i := int(file[0] - 'a')
		to := 1 << 30
		if i+1 < len(starts) {
			to = starts[i+1]
		}
		return &part{Reader: r, from: starts[i], to: to}, err
	}
}

// Of a log that was rotated baseline and hunt are those of the log in one piece: the promise is about rows that remember.
func TestMemoryGoesOn(t *testing.T) {
	o := BaselineOptions{Label: "label", Benign: "benign"}
	whole, err := NewBaseline(t.Context(), "b", []string{"a"}, parts(0), o)
	if err != nil {
		t.Fatal(err)
	}
	rotated, err := NewBaseline(t.Context(), "b", []string{"a", "b", "c"}, parts(0, 9000, 17000), o)
	if err != nil {
		t.Fatal(err)
	}
	if whole.ID() != rotated.ID() {
		t.Error("a log that was rotated makes another baseline")
	}
	e := Choice{Learner: testLearner(t).Learner}
	_, examples := labSite(t, "../lab/conn/day1.conn.log.gz", "tunnel-dns", 5)
	_, a, err := Teach(t.Context(), "x", examples, whole, e, TeachOptions{Alpha: 0.01})
	if err != nil {
		t.Fatal(err)
	}
	hunt := func(files string, starts ...int) (ids []string) {
		var m Memory
		for _, f := range files {
			r, err := parts(starts...)(string(f))
			if err != nil {
				t.Fatal(err)
			}
			run := Engine{Detectors: []*Armed{a}, Evidence: 1, Memory: &m, Alert: func(alert inkling.Alert) error { ids = append(ids, alert.ID); return nil }}
			if _, err := run.Run(t.Context(), r); err != nil {
				t.Fatal(err)
			}
		}
		return ids
	}
	want := hunt("a", 0)
	if got := hunt("abc", 0, 9000, 17000); len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("%d alerts in the log's parts, %d in the whole", len(got), len(want))
	}
	if got := hunt("aa", 0); !slices.Equal(got, slices.Concat(want, want)) { // as another sensor's of the same time
		t.Errorf("%d alerts in two files of the same time, %d in one", len(got), len(want))
	}
}

// Rows of single records are those that a hunt makes: of a log in parts as of one piece, and behind another sensor's file of
// the same time as if it had not been there.
func TestMemoryOfExamples(t *testing.T) {
	lines := []int{9500, 12000, 16000} // of the second part
	rows := func(files string, starts ...int) [][]float64 {
		var m Memory
		for i, f := range files {
			r, err := parts(starts...)(string(f))
			if err != nil {
				t.Fatal(err)
			}
			if i < len(files)-1 {
				if err := m.Pass(t.Context(), r, feature.Flow()); err != nil {
					t.Fatal(err)
				}
				continue
			}
			out, err := m.Examples(t.Context(), r, string(f), lines, feature.Flow(), false)
			if err != nil {
				t.Fatal(err)
			}
			return out.Raw
		}
		return nil
	}
	same := func(a, b [][]float64) bool {
		return len(a) == len(lines) && slices.EqualFunc(a, b, func(a, b []float64) bool {
			return slices.EqualFunc(a, b, func(x, y float64) bool { return x == y || x != x && y != y })
		})
	}
	whole := rows("a", 0)
	if !same(rows("ab", 0, 9000), whole) {
		t.Error("records of a log in two parts have other rows than those of the whole")
	}
	if same(rows("b", 0, 9000), whole) {
		t.Error("what came before makes no difference, so that nothing is tested")
	}
	if !same(rows("aa", 0), whole) {
		t.Error("a file of the same time is remembered")
	}
}

func TestMemoryBeginsAnew(t *testing.T) {
	s := &inkling.Schema{Name: "zeek.conn", Fields: []inkling.Field{{Name: "ts", Kind: inkling.Time}, {Name: "duration", Kind: inkling.Number}}}
	for _, row := range []struct {
		name   string
		before [][2]float64 // start and duration
		first  [2]float64
		goesOn bool
	}{
		{"the hour after", [][2]float64{{1e9, 1}, {1e9 + 3590, 5}}, [2]float64{1e9 + 3600, 1}, true},
		{"a flow that began long before", [][2]float64{{1e9, 1}, {1e9 + 3590, 5}}, [2]float64{1e9, 3601}, true},
		{"one that the sensor held", [][2]float64{{1e9, 1}, {1e9 + 3590, 5}}, [2]float64{1e9 + 3300, 1}, true},
		{"another sensor's", [][2]float64{{1e9, 1}, {1e9 + 3590, 5}}, [2]float64{1e9 + 2, 1}, false},
		{"another sensor's few minutes", [][2]float64{{1e9, 1}, {1e9 + 300, 5}}, [2]float64{1e9 + 2, 1}, false},
		{"a day later", [][2]float64{{1e9, 1}, {1e9 + 3590, 5}}, [2]float64{1e9 + 90000, 1}, false},
		{"the hour before", [][2]float64{{1e9, 1}, {1e9 + 3590, 5}}, [2]float64{1e9 - 3600, 1}, false},
	} {
		record := func(at [2]float64) *inkling.Record {
			r := &inkling.Record{}
			r.Reset(s)
			r.Num[0], r.Num[1] = at[0], at[1]
			return r
		}
		var m Memory
		if _, err := m.extractor(feature.Flow()); err != nil {
			t.Fatal(err)
		}
		var was feature.Extractor
		for _, at := range row.before {
			was = m.record(record(at))
		}
		if _, err := m.extractor(feature.Flow()); err != nil {
			t.Fatal(err)
		}
		if now := m.record(record(row.first)); (now == was) != row.goesOn {
			t.Errorf("%s: goes on %v", row.name, now == was)
		}
	}
}

// Of all records of a file, a memory that thins takes more than examples may be and up to twice as many, the first and others equally far apart.
func TestMemoryThins(t *testing.T) {
	for n, want := range map[int]int{150: 150, 399: 399, 400: 400, 401: 201, 3000: 375} {
		r, err := parts(0, n)("a")
		if err != nil {
			t.Fatal(err)
		}
		m := Memory{Thin: true}
		rows, err := m.Examples(t.Context(), r, "a", nil, feature.Flow(), false)
		if err != nil || rows.Len() != want || len(rows.Origin) != want || len(rows.Record) != want || len(rows.Time) != want {
			t.Fatalf("of %d records %d rows, want %d (%v)", n, rows.Len(), want, err)
		}
		for i, r := range rows.Record {
			if r["ts"] != rows.Time[i] {
				t.Fatalf("of %d records row %d is of another record's time", n, i)
			}
		}
		step := rows.Origin[1].Line - rows.Origin[0].Line
		for i, o := range rows.Origin {
			if o.Line != rows.Origin[0].Line+i*step {
				t.Fatalf("of %d records the row %d is of line %d, want %d", n, i, o.Line, rows.Origin[0].Line+i*step)
			}
		}
	}
}
