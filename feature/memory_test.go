package feature

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling"
)

// some makes records of a family that depend on each other.
func some(f *Family, n int) []inkling.Record {
	rng := rand.New(rand.NewPCG(3, 4))
	var s *inkling.Schema
	if f.Name == flowName {
		s = &inkling.Schema{Name: "conn"}
		for i, name := range flowFieldNames {
			k := inkling.Number
			if slices.Contains(textFields, i) {
				k = inkling.Text
			}
			s.Fields = append(s.Fields, inkling.Field{Name: name, Kind: k})
		}
	} else {
		s = schemaOf(hostileColumns(f)...)
	}
	out := make([]inkling.Record, n)
	for i := range out {
		r := &out[i]
		r.Reset(s)
		for k, field := range s.Fields {
			v := float64(rng.IntN(30))
			switch field.Name {
			case "ts", "time":
				v = 1.7e9 + 60*float64(i)
			case "frame":
				v = float64(i)
			case "series", "video", "pedestrian":
				v = 1
			case "xbr", "ybr":
				v += 40
			}
			if f.Name == outbreakName && field.Name == "time" {
				v = float64(i) // of the week
			}
			if field.Kind != inkling.Text {
				r.Num[k] = v
			} else if r.Text[k] = fmt.Append(nil, v); strings.HasPrefix(field.Name, "id.") || field.Name == "query" {
				r.Text[k] = fmt.Appendf(nil, "%v.example", v)
			}
		}
	}
	return out
}

// An extractor that takes another's memory over makes the same rows, to the bit.
func TestMemory(t *testing.T) {
	remembering := 0
	for i := range Families {
		f := &Families[i]
		t.Run(f.Name, func(t *testing.T) {
			c := f.New().Contract()
			one, records := f.New(), some(f, 900)
			row, again := make([]float64, len(c.Features)), make([]float64, len(c.Features))
			for i := range 600 {
				if err := one.Extract(row, &records[i]); err != nil && !inkling.Skippable(err) {
					t.Fatal(err)
				}
			}
			saved := SaveMemory(one)
			two := f.New()
			if err := LoadMemory(two, saved); err != nil {
				t.Fatal(err)
			}
			overTime := slices.ContainsFunc(c.Features, func(f Feature) bool { return f.OverTime }) && f.Gather == nil
			if (saved != nil) != overTime && f.Name != seriesName && f.Name != pedestrianName {
				t.Errorf("features over time: %v; %d bytes of memory", overTime, len(saved))
			}
			if again := SaveMemory(two); !bytes.Equal(again, saved) {
				t.Error("saved again it is another copy")
			}
			differ := saved == nil
			fresh := f.New()
			for i := 600; i < len(records); i++ {
				err := one.Extract(row, &records[i])
				if err2 := two.Extract(again, &records[i]); (err == nil) != (err2 == nil) {
					t.Fatalf("record %d: %v, then %v", i, err, err2)
				}
				if err != nil {
					continue
				}
				if k := unlike(row, again); k >= 0 {
					t.Fatalf("record %d: %s is %v, then %v", i, c.Features[k].Name, row[k], again[k])
				}
				differ = differ || fresh.Extract(again, &records[i]) == nil && unlike(row, again) >= 0
			}
			if !differ {
				t.Error("rows do not depend on the memory: the test shows nothing")
			}
			if saved == nil {
				return
			}
			if Evictions(one) != Evictions(two) {
				t.Errorf("evicted: %d and %d", Evictions(one), Evictions(two))
			}
			remembering++
			for name, b := range map[string][]byte{"empty": {}, "cut": saved[:len(saved)-1], "damaged": append(slices.Clone(saved[:len(saved)-1]), saved[len(saved)-1]^1), "longer": summed(append(slices.Clone(saved), 0)), "of other": SaveMemory(Families[(i+1)%2].New())} {
				if name == "of other" && i < 2 {
					b = SaveMemory(Families[1-i].New())
				}
				if err := LoadMemory(f.New(), b); err == nil {
					t.Errorf("%s: taken", name)
				}
			}
		})
	}
	if remembering < 9 {
		t.Errorf("%d families remember", remembering)
	}
}

// summed gives a copy the checksum that it should have.
func summed(saved []byte) []byte {
	binary.LittleEndian.PutUint32(saved, crc32.Checksum(saved[8:], checksums))
	return saved
}

func unlike(a, b []float64) int {
	for i := range a {
		if math.Float64bits(a[i]) != math.Float64bits(b[i]) && !(math.IsNaN(a[i]) && math.IsNaN(b[i])) {
			return i
		}
	}
	return -1
}

// A full memory that is taken over goes on putting out the same keys.
func TestMemoryFull(t *testing.T) {
	records := some(Find(flowName), 3000)
	one := NewFlow(FlowOptions{Keys: 20})
	row, again := make([]float64, len(flowContract.Features)), make([]float64, len(flowContract.Features))
	for i := range records {
		two := NewFlow(FlowOptions{Keys: 20})
		if err := LoadMemory(two, SaveMemory(one)); err != nil {
			t.Fatal(err)
		}
		one.Extract(row, &records[i])
		two.Extract(again, &records[i])
		if k := unlike(row, again); k >= 0 || one.Evictions() != two.Evictions() {
			t.Fatalf("record %d: %s is %v, then %v", i, flowContract.Features[k].Name, row[k], again[k])
		}
		one = two
	}
	if one.Evictions() == 0 {
		t.Error("nothing was put out: the test shows nothing")
	}
	if err := LoadMemory(NewFlow(FlowOptions{Keys: 10}), SaveMemory(one)); err == nil {
		t.Error("a memory of more keys than there is room for is taken")
	}
}

func BenchmarkSaveMemory(b *testing.B) {
	x := NewFlow(FlowOptions{})
	for i := range uint64(1 << 16) {
		x.sources.get(key{i})
		x.destinations.get(key{i})
		x.pairs.get(key{i})
		x.services.get(key{i})
	}
	b.ReportAllocs()
	for b.Loop() {
		b.SetBytes(int64(len(SaveMemory(x))))
	}
}
