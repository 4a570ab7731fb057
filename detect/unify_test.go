package detect

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read"
)

// A baseline of JSON may be made of files whose objects have other members, in another order; tables of other columns are refused.
func TestBaselineOfFilesThatLackColumns(t *testing.T) {
	const n = 60
	lines := func(of func(i int) string) (s string) {
		for i := range n {
			s += of(i) + "\n"
		}
		return s
	}
	first := lines(func(i int) string { return fmt.Sprintf(`{"size":%d,"kind":"a","only":%d}`, i, i%7) })
	for name, tt := range map[string]struct {
		second string
		want   string // columns, then those that are told of, or the error
	}{
		"the same":           {first, "size kind only |"},
		"in another order":   {lines(func(i int) string { return fmt.Sprintf(`{"only":%d,"kind":"b","size":%d}`, i%5, i) }), "size kind only |"},
		"one that lacks":     {lines(func(i int) string { return fmt.Sprintf(`{"size":%d,"kind":"b"}`, i) }), "size kind only | only"},
		"other members":      {lines(func(i int) string { return fmt.Sprintf(`{"size":%d,"kind":"b","new":%d}`, i, i%3) }), "size kind only new | only, new"},
		"of something else":  {lines(func(i int) string { return fmt.Sprintf(`{"size":%d,"x":1,"y":%d}`, i, i%3) }), "other columns"},
		"a table of columns": {"size,kind\n" + lines(func(i int) string { return fmt.Sprintf("%d,a", i) }), "other columns"},
	} {
		t.Run(name, func(t *testing.T) {
			open := func(file string) (inkling.Reader, error) {
				text := first
				if file == "second" {
					text = tt.second
				}
				r, _, err := read.New(strings.NewReader(text), file, read.Options{})
				return r, err
			}
			b, err := NewBaseline(t.Context(), "b", []string{"first", "second"}, open, BaselineOptions{Schema: "table"})
			if err != nil {
				if inkling.CodeOf(err) != inkling.Invalid || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("%v", err)
				}
				return
			}
			var names []string
			for _, f := range b.Contract.Features {
				names = append(names, f.Name)
			}
			got := strings.Join(names, " ") + " |"
			for _, d := range b.Doubts {
				if _, columns, ok := strings.Cut(d, "missing there: "); ok {
					got += " " + columns
				}
			}
			for _, r := range b.Pool.Record {
				if r["size"] == nil || r["kind"] == nil {
					t.Fatalf("of a record's values are left %v", r)
				}
			}
			if got != tt.want || b.Records != 2*n {
				t.Errorf("%s, want %s; %d records; %q", got, tt.want, b.Records, b.Doubts)
			}
			if lack := b.MayLack(); strings.Contains(tt.want, ", new") && !slices.Contains(lack, "new") {
				t.Errorf("hunts may lack %q", lack)
			}
		})
	}
}

// Schemas go together that are open and hold most fields to be the same.
func TestJoin(t *testing.T) {
	number := func(name string) inkling.Field { return inkling.Field{Name: name, Kind: inkling.Number} }
	all := func() *inkling.Schema {
		return &inkling.Schema{Fields: []inkling.Field{number("a"), number("b")}, Open: true}
	}
	for name, tt := range map[string]struct {
		s    inkling.Schema
		want int // fields of both; 0 where they do not go together
	}{
		"half are new":      {inkling.Schema{Fields: []inkling.Field{number("a"), number("c")}, Open: true}, 3},
		"most are new":      {inkling.Schema{Fields: []inkling.Field{number("a"), number("c"), number("d")}, Open: true}, 0},
		"a word":            {inkling.Schema{Fields: []inkling.Field{number("a"), {Name: "b"}}, Open: true}, 0},
		"not open":          {inkling.Schema{Fields: []inkling.Field{number("a"), number("b")}}, 0},
		"fewer":             {inkling.Schema{Fields: []inkling.Field{number("b")}, Open: true}, 2},
		"in another order":  {inkling.Schema{Fields: []inkling.Field{number("b"), number("a")}, Open: true}, 2},
		"without any field": {inkling.Schema{Open: true}, 2},
	} {
		a := all()
		if ok := join(a, &tt.s); ok != (tt.want > 0) || ok && len(a.Fields) != tt.want {
			t.Errorf("%s: %v, %v", name, ok, a.Fields)
		}
	}
}
