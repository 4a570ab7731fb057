package eval

import (
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/inkling-sec/inkling"
)

// planted is a table of 1,200 benign rows and 300 of an attack, mixed, which overlap in two columns; change alters a row.
func planted(t *testing.T, columns []inkling.Field, change func(rng *rand.Rand, i int, attack bool, num []float64, text []string)) (*Data, NewAttack, []Episode) {
	t.Helper()
	rng := rand.New(rand.NewPCG(3, 4))
	schema := &inkling.Schema{Name: "table", Fields: slices.Concat([]inkling.Field{{Name: "a", Kind: inkling.Number}, {Name: "b", Kind: inkling.Number}}, columns, []inkling.Field{{Name: "class"}})}
	var data []inkling.Record
	for i := range 1500 {
		attack := rng.IntN(5) == 0
		num, text := make([]float64, len(schema.Fields)), make([]string, len(schema.Fields))
		num[0], num[1] = rng.NormFloat64(), rng.NormFloat64()
		if attack {
			num[1] += 2
		}
		text[len(text)-1] = map[bool]string{true: "attack", false: "ok"}[attack]
		if change != nil {
			change(rng, i, attack, num, text)
		}
		rec := inkling.Record{}
		rec.Reset(schema)
		copy(rec.Num, num)
		for k, s := range text {
			if s != "" {
				rec.Text[k] = []byte(s)
			}
		}
		data = append(data, rec)
	}
	d, err := Load(t.Context(), "planted", []func() (inkling.Reader, error){func() (inkling.Reader, error) { return &recordReader{data: data}, nil }}, Options{Schema: "table", Label: "class"})
	if err != nil {
		t.Fatal(err)
	}
	p := NewAttack{Benign: "ok", Draws: 1, Seed: 5, Shots: []int{5}}
	episodes, err := p.Episodes(d)
	if err != nil {
		t.Fatal(err)
	}
	return d, p, episodes
}

type recordReader struct {
	data []inkling.Record
	at   int
}

func (r *recordReader) Read(rec *inkling.Record) error {
	if r.at == len(r.data) {
		return io.EOF
	}
	*rec = r.data[r.at].Clone()
	r.at++
	return nil
}

func (*recordReader) Close() error { return nil }

func number(name string) []inkling.Field { return []inkling.Field{{Name: name, Kind: inkling.Number}} }

// What stands twice among rows that no learner gets gives nothing away.
func TestLeaksLooksAmongWhatIsLearned(t *testing.T) {
	d, p, _ := planted(t, number("c"), func(rng *rand.Rand, i int, attack bool, num []float64, _ []string) {
		if num[2] = rng.NormFloat64(); attack && i > 900 { // nearly the same rows, all in the later half
			num[0], num[1], num[2] = 1, 2, rng.Float64()*1e-6
		}
	})
	p.Forward, p.QueryAttack = true, 60
	episodes, err := p.Episodes(d)
	if err != nil {
		t.Fatal(err)
	}
	l, err := Leaks(d, p, episodes)
	if err != nil || slices.ContainsFunc(l.Overlaps, func(o Overlap) bool { return o.Same+o.Near > 0 }) {
		t.Errorf("%+v, %v", l.Overlaps, err)
	}
}

// Every leak that is planted is found in its place, and none besides; a clean table has none.
func TestLeaks(t *testing.T) {
	counter := [2]int{}
	for _, tt := range []struct {
		name    string
		columns []inkling.Field
		change  func(rng *rand.Rand, i int, attack bool, num []float64, text []string)
		check   string
		place   string
		learned bool
	}{
		{name: "clean"},
		{"clean identifiers and times", []inkling.Field{{Name: "id"}, {Name: "n", Kind: inkling.Number}, {Name: "ts", Kind: inkling.Time}}, func(rng *rand.Rand, i int, _ bool, num []float64, text []string) {
			text[2], num[3], num[4] = fmt.Sprintf("tx%08x", rng.Uint32()), float64(i), 1.7e9+float64(i)
		}, "", "", false},
		{"clean category", []inkling.Field{{Name: "proto"}}, func(rng *rand.Rand, _ int, _ bool, _ []float64, text []string) {
			text[2] = []string{"tcp", "udp", "icmp"}[rng.IntN(3)]
		}, "", "", false},
		{"higher", number("flag"), func(rng *rand.Rand, _ int, attack bool, num []float64, _ []string) {
			if num[2] = rng.NormFloat64(); attack {
				num[2] += 20
			}
		}, LeakFeature, "flag", true},
		{"lower", number("flag"), func(rng *rand.Rand, _ int, attack bool, num []float64, _ []string) {
			if num[2] = rng.NormFloat64(); attack {
				num[2] -= 20
			}
		}, LeakFeature, "flag", true},
		{"a value in the middle", number("ttl"), func(rng *rand.Rand, _ int, attack bool, num []float64, _ []string) {
			if num[2] = []float64{31, 252}[rng.IntN(2)]; attack {
				num[2] = 64
			}
		}, LeakFeature, "ttl", true},
		{"pure levels", []inkling.Field{{Name: "tool"}}, func(rng *rand.Rand, _ int, attack bool, _ []float64, text []string) {
			if text[2] = []string{"a", "b"}[rng.IntN(2)]; attack {
				text[2] = []string{"x", "y"}[rng.IntN(2)]
			}
		}, LeakFeature, "tool", true},
		{"an identifier that begins with the class", []inkling.Field{{Name: "id"}}, func(rng *rand.Rand, _ int, attack bool, _ []float64, text []string) {
			text[2] = fmt.Sprintf("%s-%08x", map[bool]string{true: "q", false: "m"}[attack], rng.Uint32())
		}, LeakIdentifier, "id", true},
		{"an identifier given out by class", number("id"), func(_ *rand.Rand, _ int, attack bool, num []float64, _ []string) {
			k := map[bool]int{false: 0, true: 1}[attack]
			counter[k]++
			num[2] = float64(counter[k] + k*300) // amid those of benign rows
			if !attack && counter[0] > 300 {
				num[2] += 1000
			}
		}, LeakIdentifier, "id", true},
		{"a time", []inkling.Field{{Name: "ts", Kind: inkling.Time}}, func(rng *rand.Rand, i int, attack bool, num []float64, _ []string) {
			if num[2] = 1.7e9 + rng.Float64()*1e6; attack {
				num[2] = 1.7002e9 + rng.Float64()*1000
			}
		}, LeakTime, "ts", false},
		{"noise that hides duplicates", []inkling.Field{{Name: "ts", Kind: inkling.Time}}, func(rng *rand.Rand, i int, attack bool, num []float64, _ []string) {
			if num[2] = float64(rng.IntN(1 << 20)); attack {
				num[0], num[1] = float64(rng.IntN(40))/20, 2
			}
		}, LeakSame, "attack", true},
		{"near duplicates", nil, func(rng *rand.Rand, _ int, attack bool, num []float64, _ []string) {
			if !attack {
				k := rng.IntN(400)
				own := rand.New(rand.NewPCG(9, uint64(k)))
				num[0], num[1] = own.NormFloat64()+rng.Float64()*1e-4, own.NormFloat64()
			}
		}, LeakNear, "ok", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, p, episodes := planted(t, tt.columns, tt.change)
			l, err := Leaks(d, p, episodes)
			if err != nil {
				t.Fatal(err)
			}
			found := slices.ContainsFunc(l.Findings, func(f Finding) bool {
				return f.Check == tt.check && f.Place == tt.place && f.Learned == tt.learned && f.Class == map[bool]string{true: "", false: "attack"}[tt.place == "ok"]
			})
			if found != (tt.check != "") {
				t.Errorf("found %+v", l.Findings)
			}
			for _, f := range l.Findings {
				if f.Place != tt.place {
					t.Errorf("found besides: %+v", f)
				}
			}
			if len(l.Overlaps) != 2 || l.Overlaps[1].Rows != len(episodes[0].QueryAttack) {
				t.Errorf("overlaps %+v", l.Overlaps)
			}
		})
	}
}

// A file sorted by class is found; whether learners profit depends on the cut.
func TestLeaksOrder(t *testing.T) {
	d, p, _ := planted(t, nil, nil)
	sorted := slices.Concat(d.Of("ok")[:700], d.Of("attack"), d.Of("ok")[700:]) // in a block amid the others: an AUROC of about ½
	k := d.Keep(sorted)
	episodes, err := p.Episodes(k)
	if err != nil {
		t.Fatal(err)
	}
	l, err := Leaks(k, p, episodes)
	if err != nil {
		t.Fatal(err)
	}
	if len(l.Findings) != 1 || l.Findings[0].Check != LeakOrder || l.Findings[0].Figure < 0.95 || l.Findings[0].Learned {
		t.Errorf("found %+v", l.Findings)
	}
}

// Runs by hand: b b a a b, two of five are a; 1+2·2·3/5 runs are expected.
func TestRuns(t *testing.T) {
	runs, expected, z := runsTest(sides{benign: []int{0, 1, 4}, class: []int{2, 3}})
	if runs != 3 || expected != 3.4 || z > -0.43 || z < -0.44 { // variance 2·6·(12−5)/(25·4) = 0.84
		t.Errorf("%d runs, %g expected, z %g", runs, expected, z)
	}
}
