package feature

import (
	"math"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling"
)

// peRecord has all fields as text, as a table has them, each number 1.
func peRecord(imports string) *inkling.Record {
	s := &inkling.Schema{Name: "table"}
	for _, n := range peNumbers {
		s.Fields = append(s.Fields, inkling.Field{Name: n.name})
	}
	for _, n := range peFields {
		s.Fields = append(s.Fields, inkling.Field{Name: n})
	}
	var r inkling.Record
	r.Reset(s)
	for i := range peNumbers {
		r.Text[i] = []byte(" 1 ")
	}
	for i, v := range []string{"x64", "driver", "wrong", imports} {
		r.Text[len(peNumbers)+i] = []byte(v)
	}
	return &r
}

func TestPE(t *testing.T) {
	x := newPE()
	c := x.Contract()
	row := make([]float64, len(c.Features))
	if err := x.Extract(row, peRecord("kernel32!LoadLibraryA kernel32!LoadLibraryW advapi32!RegSetValueExA ntdll!NtUnmapViewOfSection ws2_32!connect connect x!y")); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]float64{"size": 1, "machine": 1, "subsystem": -1, "checksum": 2, "import.resolve": 2, "import.registry": 1, "import.inject": 1, "import.network": 2, "import.file": 0} {
		if got := row[c.Index(name)]; got != want {
			t.Errorf("%s = %v, want %v", name, got, want)
		}
	}
	buckets := row[c.Index("import.0"):]
	if len(buckets) != peBuckets || sum(buckets) != 7 {
		t.Errorf("%d buckets hold %v functions", len(buckets), sum(buckets))
	}
	if h := hashCalls(nil, []byte("loadlibrarya"), 1)[0]; buckets[bucket(h, peBuckets)] < 1 {
		t.Error("names are hashed in lower case, without their library")
	}
	if err := x.Extract(row, peRecord("")); err != nil || sum(row[c.Index("import.inject"):]) != 0 {
		t.Errorf("no imports: %v", err)
	}
}

func TestHostilePE(t *testing.T) {
	x := newPE()
	c := x.Contract()
	row := make([]float64, len(c.Features))
	if err := x.Extract(row, peRecord(strings.Repeat("! !! a!b! \x00\xff", 1000))); err != nil {
		t.Error(err)
	}
	r := peRecord("")
	r.Text[c.Index("entry_entropy")], r.Text[c.Index("checksum")+1] = nil, nil
	if err := x.Extract(row, r); err != nil || !math.IsNaN(row[c.Index("entry_entropy")]) {
		t.Errorf("what may be missing: %v", err)
	}
	r.Text[c.Index("size")] = []byte("large")
	if err := x.Extract(row, r); inkling.CodeOf(err) != inkling.Invalid {
		t.Errorf("a size that is no number: %v", err)
	}
}
