package feature

import (
	"testing"

	"github.com/inkling-sec/inkling"
)

// Every family has a contract of its name, whose hash a stored one is held to, and refuses records that lack what it needs.
func TestFamilies(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range Families {
		c := f.New().Contract()
		if err := c.Check(); err != nil || c.Name != f.Name || f.Doc == "" || f.Name == tableName || seen[f.Name] {
			t.Errorf("%s: contract %s (%v)", f.Name, c.Name, err)
		}
		seen[f.Name] = true
		if x, err := New(c); err != nil || x.Contract().Hash() != c.Hash() {
			t.Errorf("%s: %v", f.Name, err)
		}
		older := *c
		older.Version--
		if _, err := New(&older); inkling.CodeOf(err) != inkling.Conflict {
			t.Errorf("%s: an older version: %v", f.Name, err)
		}
		for _, feature := range c.Features {
			if feature.Doc == "" {
				t.Errorf("%s: %s is not explained", f.Name, feature.Name)
			}
		}
		var r inkling.Record
		r.Reset(&inkling.Schema{Name: "other", Fields: []inkling.Field{{Name: "nothing"}}})
		if err := f.New().Extract(make([]float64, len(c.Features)), &r); inkling.CodeOf(err) != inkling.Invalid {
			t.Errorf("%s: a record without its fields: %v", f.Name, err)
		}
	}
}
