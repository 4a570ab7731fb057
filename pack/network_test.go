package pack

import (
	"bytes"
	"testing"
)

// Example data of the packs of texts follow from the seed alone, and have records enough of each kind.
func TestTextExamples(t *testing.T) {
	for _, p := range []Pack{web, dns, host} {
		a, err := p.Example.Make(1)
		b, _ := p.Example.Make(1)
		if err != nil || !bytes.Equal(a, b) || len(a) > 500_000 {
			t.Errorf("%s: %d bytes, the same again: %t (%v)", p.Name, len(a), bytes.Equal(a, b), err)
		}
		if c, _ := p.Example.Make(2); bytes.Equal(a, c) {
			t.Errorf("%s: another seed makes the same", p.Name)
		}
		kinds := map[string]int{}
		for l := range bytes.Lines(a) {
			l = bytes.TrimSpace(l)
			if i := bytes.LastIndexAny(l, ",\t"); i > 0 && l[0] != '#' {
				kinds[string(l[i+1:])]++
			}
		}
		delete(kinds, "label")
		if kinds["benign"] < 1500 || kinds[p.Example.Attack] == 0 || len(kinds) < 3 {
			t.Errorf("%s: %v", p.Name, kinds)
		}
		for kind, n := range kinds {
			if n < 40 {
				t.Errorf("%s: %d of %s", p.Name, n, kind)
			}
		}
	}
}
