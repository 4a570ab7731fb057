package jsonl

import (
	"io"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/readtest"
)

const table = `{"amount":12.5,"who":{"id":7,"name":"a\u00e9"},"tags":["x",{"y":[1,2]},3],"ok":true}
{"amount":"many","who":{"name":"b"},"later":null}
{"new":1}
`

func openTable(r io.Reader, file string) (inkling.Reader, error) { return NewTable(r, file), nil }

// A table's records are alike, whatever the objects have.
func TestTable(t *testing.T) {
	text := table + strings.Repeat("{\"amount\":1}\n", ahead/10) + `{"unseen":5,"amount":2}` + "\n"
	r := NewTable(strings.NewReader(text), "x.json")
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

func TestBattery(t *testing.T) { readtest.Check(t, openTable, []byte(table)) }

func FuzzRead(f *testing.F) {
	f.Add([]byte(table))
	f.Add([]byte("{\"a\":[[[{}]]],\"a\":{\"b\":\"\\ud800\"}}"))
	f.Fuzz(func(t *testing.T, b []byte) { readtest.Drain(t, openTable, b) })
}
