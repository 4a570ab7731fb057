package feature

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling"
)

// csvRows lays lines of comma-separated text out under a header; an empty value is missing.
func csvRows(header string, lines ...string) (*inkling.Schema, []inkling.Record) {
	s := &inkling.Schema{Name: "table"}
	for _, n := range strings.Split(header, ",") {
		s.Fields = append(s.Fields, inkling.Field{Name: n})
	}
	rows := make([]inkling.Record, len(lines))
	for i, l := range lines {
		rows[i].Reset(s)
		for k, v := range strings.Split(l, ",") {
			if v != "" {
				rows[i].Text[k] = []byte(v)
			}
		}
	}
	return s, rows
}

func TestInspectTable(t *testing.T) {
	s, rows := csvRows("id,n,gap,service,mixed,empty,inf,label",
		"1, 3.5,-,-,1,,Infinity,Normal",
		"2,-4e2,7,http,2,,1,Worm",
		"3,0,NA,http,x,,2,Normal")
	c, err := InspectTable(s, Each(rows), TableOptions{Drop: []string{"id"}, Label: []string{"label"}})
	if err != nil {
		t.Fatal(err)
	}
	want := []Feature{
		{Name: "n"},
		{Name: "gap", Missing: true},
		{Name: "service", Kind: Category, Levels: []string{"http", "-"}},
		{Name: "mixed", Kind: Category, Levels: []string{"1", "2", "x"}},
		{Name: "empty", Kind: Category, Levels: []string{""}},
		{Name: "inf", Missing: true},
	}
	if len(c.Features) != len(want) {
		t.Fatalf("%d features, want %d", len(c.Features), len(want))
	}
	for i, w := range want {
		g := c.Features[i]
		if g.Name != w.Name || g.Kind != w.Kind || g.Missing != w.Missing || !slices.Equal(g.Levels, w.Levels) {
			t.Errorf("feature %d is %+v, want %+v", i, g, w)
		}
	}

	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var stored Contract
	if err := json.Unmarshal(b, &stored); err != nil {
		t.Fatal(err)
	}
	if stored.Hash() != c.Hash() {
		t.Error("a stored contract has another hash")
	}
	x, err := New(&stored)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]float64{{3.5, math.NaN(), 1, 0, 0, math.NaN()}, {-400, 7, 0, 1, 0, 1}, {0, math.NaN(), 0, 2, 0, 2}} {
		if got := extract(t, x, &rows[i]); !slices.EqualFunc(got, want, same) {
			t.Errorf("row %d is %v, want %v", i, got, want)
		}
	}
	// Columns in another order, unseen values.
	_, more := csvRows("extra,empty,inf,mixed,service,gap,n", "e,word,x,9,smtp,?,many")
	if got, want := extract(t, x, &more[0]), []float64{math.NaN(), math.NaN(), -1, -1, -1, math.NaN()}; !slices.EqualFunc(got, want, same) {
		t.Errorf("unseen row is %v, want %v", got, want)
	}
	if got := stored.Format(2, -1) + " " + stored.Format(4, 0) + " " + stored.Format(0, 2.25); got != "(other) (missing) 2.25" {
		t.Errorf("written %q", got)
	}
}

func TestTableLevelsAreTheCommonest(t *testing.T) {
	var lines []string
	for i := range 60 {
		for range 1 + i%3 {
			lines = append(lines, fmt.Sprintf("v%02d", i))
		}
	}
	s, rows := csvRows("c", lines...)
	c, err := InspectTable(s, Each(rows), TableOptions{})
	if err != nil {
		t.Fatal(err)
	}
	l := c.Features[0].Levels // 20 levels three times, then 20 twice
	if len(l) != 40 || l[0] != "v02" || l[19] != "v59" || l[20] != "v01" || l[39] != "v58" {
		t.Errorf("levels %v", l)
	}
}

func TestTableOfNumbers(t *testing.T) {
	s := &inkling.Schema{Name: "parquet", Fields: []inkling.Field{{Name: "when", Kind: inkling.Time}, {Name: "x", Kind: inkling.Number}}}
	rows := make([]inkling.Record, 2)
	for i := range rows {
		rows[i].Reset(s)
		rows[i].Num[0] = 1e9
	}
	rows[0].Num[1] = 5
	c, err := InspectTable(s, Each(rows), TableOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Features) != 1 || c.Features[0].Name != "x" || c.Features[0].Kind != Numeric || !c.Features[0].Missing {
		t.Errorf("features %+v", c.Features)
	}
	x, err := NewTable(c)
	if err != nil {
		t.Fatal(err)
	}
	rows[1].Num[1] = math.Inf(1)
	if a, b := extract(t, x, &rows[0]), extract(t, x, &rows[1]); a[0] != 5 || !math.IsNaN(b[0]) {
		t.Errorf("rows %v, %v", a, b)
	}
}

func TestTableFailures(t *testing.T) {
	s, rows := csvRows("a,b", "1,2")
	var e *inkling.Error
	if _, err := InspectTable(s, Each(rows), TableOptions{Drop: []string{"c"}}); !errors.As(err, &e) || e.Code != inkling.Invalid || !strings.Contains(err.Error(), `"c"`) || !strings.Contains(err.Error(), "a, b") {
		t.Errorf("column that is not there: %v", err)
	}
	if _, err := InspectTable(s, Each(nil), TableOptions{}); inkling.CodeOf(err) != inkling.Invalid || err == nil {
		t.Errorf("no rows: %v", err)
	}
	same, more := csvRows("a,b", "3,4") // another file of the same columns
	if same == s {
		t.Fatal("two files share a schema: nothing is tested")
	}
	if _, err := InspectTable(s, Each(append(rows, more...)), TableOptions{}); err != nil {
		t.Errorf("two files of the same columns: %v", err)
	}
	_, odd := csvRows("a,c", "3,4")
	if _, err := InspectTable(s, Each(append(rows, odd...)), TableOptions{}); !errors.As(err, &e) || e.Code != inkling.Invalid || e.Remedy == "" {
		t.Errorf("two files of other columns: %v", err)
	}
	c, err := InspectTable(s, Each(rows), TableOptions{})
	if err != nil {
		t.Fatal(err)
	}
	x, err := NewTable(c)
	if err != nil {
		t.Fatal(err)
	}
	_, other := csvRows("a", "1")
	if err := x.Extract(make([]float64, 2), &other[0]); !errors.As(err, &e) || e.Code != inkling.Invalid || !strings.Contains(err.Error(), "field b") || e.Remedy == "" {
		t.Errorf("table without a column: %v", err)
	}
	if _, err := New(&Contract{Name: "flow", Version: 0, Features: []Feature{{Name: "x"}}}); inkling.CodeOf(err) != inkling.Conflict {
		t.Errorf("flow contract of another version: %v", err)
	}
}

func TestHashChangesWithMeaning(t *testing.T) {
	base := func() *Contract {
		return &Contract{Name: "table", Version: 1, Features: []Feature{{Name: "a", Doc: "x"}, {Name: "b", Kind: Category, Levels: []string{"u", "v"}}}}
	}
	seen := map[string]string{base().Hash(): "base"}
	for name, change := range map[string]func(*Contract){
		"name": func(c *Contract) { c.Name = "flow" }, "version": func(c *Contract) { c.Version++ },
		"order": func(c *Contract) { slices.Reverse(c.Features) }, "kind": func(c *Contract) { c.Features[0].Kind = Category },
		"missing": func(c *Contract) { c.Features[0].Missing = true }, "feature": func(c *Contract) { c.Features[0].Name = "aa" },
		"level order": func(c *Contract) { slices.Reverse(c.Features[1].Levels) }, "level": func(c *Contract) { c.Features[1].Levels[1] = "w" },
		"quoting": func(c *Contract) { c.Features[1].Levels = []string{`u" "v`} }, "fewer": func(c *Contract) { c.Features = c.Features[:1] },
	} {
		c := base()
		change(c)
		if other, ok := seen[c.Hash()]; ok {
			t.Errorf("hash with another %s is that of %s", name, other)
		}
		seen[c.Hash()] = name
	}
	c := base()
	c.Features[0].Doc, c.Features[0].Unit = "y", "s"
	if c.Hash() != base().Hash() {
		t.Error("a text changes the hash")
	}
}

// What Zeek's logs of JSON leave out is told, with how to read them.
func TestTableOfZeekJSON(t *testing.T) {
	row := func(names ...string) inkling.Record {
		s := &inkling.Schema{Name: "zeek.ssl"}
		for _, n := range names {
			s.Fields = append(s.Fields, inkling.Field{Name: n})
		}
		var r inkling.Record
		r.Reset(s)
		return r
	}
	rows := []inkling.Record{row("a", "b"), row("a")}
	if _, err := InspectTable(rows[0].Schema, Each(rows), TableOptions{}); err == nil || !strings.Contains(err.Error(), "--format json") {
		t.Errorf("inspected: %v", err)
	}
	c, err := InspectTable(rows[0].Schema, Each(rows[:1]), TableOptions{})
	if err != nil {
		t.Fatal(err)
	}
	x, err := NewTable(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Extract(make([]float64, 2), &rows[1]); err == nil || !strings.Contains(err.Error(), "--format json") {
		t.Errorf("judged: %v", err)
	}
}
