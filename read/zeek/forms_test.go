package zeek

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/line"
)

// TestForms reads 32 kinds of real log in both forms and finds the same records.
func TestForms(t *testing.T) {
	dir := filepath.Join(cmp.Or(os.Getenv("INKLING_DATA"), filepath.Join("..", "..", "..", "shared", "data")), "zed-sample-zeek")
	logs, _ := filepath.Glob(filepath.Join(dir, "zeek-default", "*.log.gz"))
	if len(logs) == 0 {
		t.Skip("zed-sample-zeek is not there; set INKLING_DATA to the folder that holds it")
	}
	total := tally{}
	records := 0
	for _, log := range logs {
		t.Run(strings.TrimSuffix(filepath.Base(log), ".log.gz"), func(t *testing.T) {
			values := tally{}
			n := sameRecords(t, values, gunzip(t, log), gunzip(t, filepath.Join(dir, "zeek-json", strings.TrimSuffix(filepath.Base(log), ".log.gz")+".json.gz")))
			records += n
			for k, v := range values {
				total[k] += v
			}
			t.Logf("%d records; values: %v", n, values)
		})
	}
	t.Logf("%d logs, %d records; values: %v", len(logs), records, total)
}

// A tally counts values by how far they agree.
type tally map[string]int

const (
	equal  = "equal"
	digits = "of other digits" // Zeek writes doubles with more in one form than in the other
	quoted = "of bytes quoted" // JSON does not tell a byte that is quoted from text that looks so
)

func (t tally) String() string {
	var s []string
	for _, k := range slices.Sorted(maps.Keys(t)) {
		s = append(s, fmt.Sprintf("%d %s", t[k], k))
	}
	return strings.Join(s, ", ")
}

func gunzip(t *testing.T, path string) io.Reader {
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// onlyJSON are fields that stand there in place of a header.
var onlyJSON = []string{"_path", "_write_ts"}

func sameRecords(t *testing.T, values tally, tsv, js io.Reader) (n int) {
	a, b := NewTSV(tsv, "log"), NewJSON(js, "log")
	var x, y inkling.Record
	for bad := 0; bad < 5; n++ {
		errA, errB := a.Read(&x), b.Read(&y)
		if errA == io.EOF && errB == io.EOF {
			return n
		}
		if errA != nil || errB != nil {
			t.Errorf("record %d: %v, %v", n, errA, errB)
			return n
		}
		if x.Schema.Name != y.Schema.Name {
			t.Errorf("record %d: %s, in JSON %s", n, x.Schema.Name, y.Schema.Name)
			bad++
		}
		for i, f := range slices.Concat(x.Schema.Fields, y.Schema.Fields) {
			if again := i >= len(x.Schema.Fields) && x.Schema.Index(f.Name) >= 0; again || slices.Contains(onlyJSON, f.Name) {
				continue
			}
			how, ok := agree(&x, &y, f.Name)
			if !ok {
				t.Errorf("record %d: %s: %s", n, f.Name, how)
				bad++
			}
			values[how]++
		}
	}
	return n
}

// agree tells how a field of the two forms agrees, or how it differs.
func agree(x, y *inkling.Record, name string) (how string, ok bool) {
	a, textA, kindA := value(x, name)
	b, textB, kindB := value(y, name)
	switch {
	case textA == nil && textB == nil && math.IsNaN(a) && math.IsNaN(b):
		return equal, true
	case kindA == kindB && kindA != inkling.Text && math.Abs(a-b) <= 1e-6*max(1, math.Abs(a)):
		if a != b {
			return digits, true
		}
		return equal, true
	case kindA != kindB || (textA == nil) != (textB == nil):
	case bytes.Equal(textA, textB):
		return equal, true
	case bytes.Equal(rawBytes(bytes.Clone(textA)), textB):
		return quoted, true
	case sameNumbers(textA, textB):
		return digits, true
	}
	return fmt.Sprintf("%v %q of kind %v, in JSON %v %q of kind %v", a, textA, kindA, b, textB, kindB), false
}

// value gives a record's field, missing where the log has none of the name.
func value(r *inkling.Record, name string) (float64, []byte, inkling.Kind) {
	i := r.Schema.Index(name)
	if i < 0 {
		return math.NaN(), nil, inkling.Number
	}
	return r.Num[i], r.Text[i], r.Schema.Fields[i].Kind
}

// sameNumbers holds for vectors of numbers that are written with other digits.
func sameNumbers(a, b []byte) bool {
	x, y := bytes.Split(a, []byte(",")), bytes.Split(b, []byte(","))
	for i := range x {
		if len(x) != len(y) {
			return false
		}
		v, ok := line.Number(x[i])
		w, ok2 := line.Number(y[i])
		if !ok || !ok2 || math.Abs(v-w) > 1e-6*math.Max(1, math.Abs(v)) {
			return false
		}
	}
	return true
}

// A comma inside a value of a list is told from those between, in both forms alike.
func TestCommaInsideAValue(t *testing.T) {
	const want = `answers="TXT 1 a\\x2cb,c"`
	for name, r := range map[string]inkling.Reader{
		"tsv":           NewTSV(strings.NewReader("#set_separator\t,\n#fields\tanswers\n#types\tvector[string]\nTXT 1 a\\x2cb,c\n"), "dns.log"),
		"bars":          NewTSV(strings.NewReader("#set_separator\t|\n#fields\tanswers\n#types\tvector[string]\nTXT 1 a,b|c\n"), "dns.log"),
		"without types": NewTSV(strings.NewReader("#fields\tanswers\nTXT 1 a\\x2cb,c\n"), "dns.log"),
		"json":          NewJSON(strings.NewReader(`{"answers":["TXT 1 a,b","c"]}`+"\n"), "dns.log"),
	} {
		recs, skipped, err := readAll(r)
		if err != nil || len(skipped) > 0 || len(recs) != 1 {
			t.Errorf("%s: %v, %v, %v", name, recs, skipped, err)
		} else if got := show(recs[0]); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}
