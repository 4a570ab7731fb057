package jsonl

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/readtest"
)

const table = `{"amount":12.5,"who":{"id":7,"name":"a\u00e9"},"tags":["x",{"y":[1,2]},3],"ok":true}
{"amount":"many","who":{"name":"b"},"later":null}
{"new":1}
`

func openTable(r io.Reader, file string) (inkling.Reader, error) {
	return NewTable(r, file, Options{}), nil
}

// A table's records are alike, whatever the objects have.
func TestTable(t *testing.T) {
	text := table + strings.Repeat("{\"amount\":1}\n", ahead/10) + `{"amount":2,"unseen":5}` + "\n"
	r := NewTable(strings.NewReader(text), "x.json", Options{})
	var rec inkling.Record
	var first *inkling.Schema
	want := []map[string]string{{"amount": "12.5", "who.id": "7", "who.name": "aé", "tags": "x,,3", "ok": "T"}, {"amount": "many", "who.name": "b"}, {"new": "1"}}
	n := 0
	for ; ; n++ {
		err := r.Read(&rec)
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = rec.Schema
		}
		if rec.Schema != first {
			t.Fatalf("record %d has another schema", n)
		}
		got := rec.Map()
		if n < len(want) {
			if len(got) != len(want[n]) {
				t.Errorf("record %d: %v", n, got)
			}
			for k, v := range want[n] {
				if got[k] != v {
					t.Errorf("record %d: %s is %v, want %v", n, k, got[k], v)
				}
			}
		}
	}
	if got := rec.Map(); len(got) != 1 || got["amount"] != "2" {
		t.Errorf("the last record: %v", got)
	}
	if notes := r.Notes(); len(notes) != 1 || !strings.HasSuffix(notes[0], ": unseen") {
		t.Errorf("notes %q", notes)
	}
	if n != 3+ahead/10+1 {
		t.Errorf("%d records", n)
	}
}

// A line that cannot be read is told of with the reason, and the next is read.
func TestBadLines(t *testing.T) {
	deep := func(n int) string { return strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n) }
	long := strings.Repeat("n", maxName)
	for line, says := range map[string]string{
		deep(9): "", deep(10): "more than 8 deep", strings.Repeat(`{"a":`, 1e4): "more than 8 deep", `{"a":` + strings.Repeat("[", 9) + "1" + strings.Repeat("]", 9) + "}": "more than 8 deep",
		`{"a":1}{"a":2}`: "column 8", `{"a":1,}`: "column 8", `[1]`: "column 1", `5`: "column 1", `{"a":[1,2,]}`: "column 11", `{"a":NaN}`: "column 6", `{"a":"\q"}`: "column 10", `{"a":"\u12"}`: "column 12", `{"a":"\ud800\u004"}`: "column",
		`{"` + long + `":1}`: "", `{"` + long + `n":1}`: "name of a member is longer", `{"` + long + `":{"a":1}}`: "name of a member is longer",
		`{"a":"\ud800\u0041","b":"x` + "\xff" + `"}`: "", `{}`: "",
		`{"a":1-2}`: "column 7", `{"a":+1}`: "column 6", `{"a":.5}`: "column 6", `{"a":-}`: "column 7", `{"a":01}`: "column 7", `{"a":1.}`: "column 8", `{"a":1e}`: "column 8", `{"a":[1,-]}`: "column 10",
		`{"a":-0,"b":-1.5e+10,"c":1E5,"d":0.0,"e":10}`: "",
	} {
		r := NewTable(strings.NewReader(line+"\r\n{\"z\":1}"), "x", Options{})
		var rec inkling.Record
		err := r.Read(&rec)
		if says == "" && err != nil || says != "" && (!inkling.Skippable(err) || !strings.Contains(err.Error(), says) || !strings.HasPrefix(err.Error(), "x:1: ")) {
			t.Errorf("%.60s: %v, not %s", line, err, says)
		}
		if err := r.Read(&rec); err != nil || rec.Map()["z"] != "1" {
			t.Errorf("%.60s: after it %v, %v", line, rec.Map(), err)
		}
	}
}

// Half a pair is a character that is not known, and what stands behind it is kept; marks and remarks are passed over.
func TestOddText(t *testing.T) {
	r := NewReader(strings.NewReader("\xef\xbb\xbf# made by hand\n\n"+`{"a":"\ud800\u0041","b":"\ud83d\ude00","c":"\ude00x"}`+"\r\n"), "x", Options{})
	var rec inkling.Record
	if err := r.Read(&rec); err != nil || rec.Origin.Line != 3 {
		t.Fatal(rec.Origin, err)
	}
	readtest.Fields(t, &rec, map[string]any{"a": "\ufffdA", "b": "😀", "c": "\ufffdx"})
	for _, first := range []string{"\xef\xbb\xbf", ""} {
		r = NewReader(strings.NewReader(first+`{"a":"x"}`), "x", Options{})
		if err := r.Read(&rec); err != nil {
			t.Error(err)
		}
		readtest.Fields(t, &rec, map[string]any{"a": "x"})
	}
}

// Names without end are no fields of a log.
func TestMostFields(t *testing.T) {
	var b strings.Builder
	for i := range maxFields + 10 {
		fmt.Fprintf(&b, "{\"f%d\":1}\n", i)
	}
	r := NewReader(strings.NewReader(b.String()), "x", Options{})
	var rec inkling.Record
	bad := 0
	for {
		err := r.Read(&rec)
		if err == io.EOF {
			break
		}
		if err != nil {
			bad++
		}
	}
	if bad != 10 {
		t.Errorf("%d records with too many fields", bad)
	}
}

// Long names before the names of all that is in them take no more than there is.
func TestLongNames(t *testing.T) {
	var b strings.Builder
	fmt.Fprintf(&b, `{"%s":{"0":1`, strings.Repeat("n", 1<<18))
	for i := range 4000 {
		fmt.Fprintf(&b, `,"%d":1`, i)
	}
	b.WriteString("}}\n")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r := NewReader(strings.NewReader(b.String()), "x", Options{})
	var rec inkling.Record
	if err := r.Read(&rec); !inkling.Skippable(err) {
		t.Error(err)
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 64<<20 {
		t.Errorf("%d MiB for a line of %d bytes", got>>20, b.Len())
	}
}

func TestBattery(t *testing.T) { readtest.Check(t, openTable, []byte(table)) }

func FuzzRead(f *testing.F) {
	f.Add([]byte(table))
	f.Add([]byte("{\"a\":[[[{}]]],\"a\":{\"b\":\"\\ud800\"}}"))
	f.Fuzz(func(t *testing.T, b []byte) { readtest.Drain(t, openTable, b) })
}
