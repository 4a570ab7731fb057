package pack

import (
	"bytes"
	"testing"
)

// Made logs follow from their seed, are in order of time, and have benign records and kinds of attack enough.
func TestMadeLogs(t *testing.T) {
	for _, p := range []Pack{payment, laundering, identity} {
		log, err := p.Example.Make(1)
		if err != nil {
			t.Fatal(err)
		}
		again, _ := p.Example.Make(1)
		other, _ := p.Example.Make(2)
		if !bytes.Equal(log, again) || bytes.Equal(log, other) {
			t.Errorf("%s: the log does not follow from its seed", p.Name)
		}
		kinds, before := map[string]int{}, ""
		for i, line := range bytes.Split(bytes.TrimSpace(log), []byte("\n")) {
			if i == 0 {
				continue
			}
			kinds[string(line[bytes.LastIndexByte(line, ',')+1:])]++
			time, _, _ := bytes.Cut(line, []byte(","))
			if string(time) < before {
				t.Fatalf("%s: line %d is before the one before", p.Name, i+1)
			}
			before = string(time)
		}
		if len(log) > 400_000 || kinds["benign"] < 1500 || len(kinds) < 3 {
			t.Errorf("%s: %d bytes, %v", p.Name, len(log), kinds)
		}
		for kind, n := range kinds {
			if n < 40 {
				t.Errorf("%s: %d records of %s", p.Name, n, kind)
			}
		}
	}
}
