package feature

import (
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling"
)

// A column is what its values look like.
func TestInferTableKinds(t *testing.T) {
	for name, tt := range map[string]struct {
		value func(i int) string
		want  ColumnKind
	}{
		"rises":            {func(i int) string { return fmt.Sprint(1000 + 3*i) }, IdentifierColumn},
		"rises, with ties": {func(i int) string { return fmt.Sprint(1000 + i/2) }, NumberColumn},
		"falls":            {func(i int) string { return fmt.Sprint(1000 - i) }, NumberColumn},
		"fractions":        {func(i int) string { return fmt.Sprint(float64(i) + 0.5) }, NumberColumn},
		"levels":           {func(i int) string { return fmt.Sprint("l", i%41) }, CategoryColumn},
		"text":             {func(i int) string { return fmt.Sprint("text ", i*2/3) }, TextColumn},
		"names":            {func(i int) string { return fmt.Sprint("n", i) }, IdentifierColumn},
		"addresses":        {func(i int) string { return fmt.Sprintf("2001:db8::%x", i%9) }, IdentifierColumn},
		"dates":            {func(i int) string { return fmt.Sprintf("2026-01-%02d", 1+i%9) }, TimeColumn},
		"nothing":          {func(int) string { return "-" }, TextColumn},
	} {
		lines := make([]string, 120)
		for i := range lines {
			lines[i] = tt.value(i)
		}
		s, rows := csvRows("x", lines...)
		got, err := InferTable(s, Each(rows), InferOptions{})
		if err != nil || got.Columns[0].Kind != tt.want {
			t.Errorf("%s: %+v (%v), want %s", name, got, err, tt.want)
		}
	}
}

// Numbers that a word among them makes names are told of.
func TestInferTableDoubts(t *testing.T) {
	for name, tt := range map[string]struct {
		value func(i int) string
		o     InferOptions
		want  string
	}{
		"numbers":      {func(i int) string { return fmt.Sprint(i * 7 % 100) }, InferOptions{}, ""},
		"one word":     {func(i int) string { return []string{fmt.Sprint(i * 7 % 100), "oops"}[i/119] }, InferOptions{}, `holds numbers but for 1 value ("oops")`},
		"two words":    {func(i int) string { return []string{fmt.Sprint(i * 7 % 100), "1;5"}[i/118] }, InferOptions{}, `holds numbers but for 2 values ("1;5" first)`},
		"missing":      {func(i int) string { return []string{fmt.Sprint(i * 7 % 100), "n/a"}[i/119] }, InferOptions{}, ""},
		"few codes":    {func(i int) string { return []string{fmt.Sprint(i * 7 % 20), "x"}[i/119] }, InferOptions{}, ""},
		"many words":   {func(i int) string { return []string{fmt.Sprint(i * 7 % 100), fmt.Sprint("x", i)}[i/100] }, InferOptions{}, ""},
		"a category":   {func(i int) string { return []string{fmt.Sprint(i * 7 % 100), "oops"}[i/119] }, InferOptions{Category: []string{"x"}}, ""},
		"is left out":  {func(i int) string { return []string{fmt.Sprint(i * 7 % 100), "oops"}[i/119] }, InferOptions{TableOptions: TableOptions{Drop: []string{"x"}}}, ""},
		"holds labels": {func(i int) string { return []string{fmt.Sprint(i * 7 % 100), "oops"}[i/119] }, InferOptions{TableOptions: TableOptions{Label: []string{"x"}}}, ""},
	} {
		lines := make([]string, 120)
		for i := range lines {
			lines[i] = tt.value(i)
		}
		s, rows := csvRows("x", lines...)
		got, err := InferTable(s, Each(rows), tt.o)
		if err != nil || (got.Columns[0].Doubt == "") != (tt.want == "") || !strings.HasPrefix(got.Columns[0].Doubt, tt.want) {
			t.Errorf("%s: %+v (%v), want %q", name, got, err, tt.want)
		}
	}
}

// held is a reader of records that are there.
type held struct{ rows []inkling.Record }

func (h *held) Read(r *inkling.Record) error {
	if len(h.rows) == 0 {
		return io.EOF
	}
	*r, h.rows = h.rows[0], h.rows[1:]
	return nil
}

func (*held) Close() error { return nil }

// Values come as the schema has them, whatever a file holds them in.
func TestPinnedValues(t *testing.T) {
	s := &inkling.Schema{Name: "table", Fields: []inkling.Field{{Name: "code", Kind: inkling.Number}, {Name: "when"}, {Name: "n"}}}
	for i := range 25 {
		s.Fields = append(s.Fields, inkling.Field{Name: fmt.Sprint("new", i)})
	}
	rows := make([]inkling.Record, 2)
	for i := range rows {
		rows[i].Reset(s)
		rows[i].Text[1], rows[i].Text[2] = []byte("1970-01-02 00:00:01"), []byte(" 2.5 ")
	}
	rows[0].Num[0] = 404
	p := Pin(&held{rows}, &TableSchema{Columns: []TableColumn{
		{Name: "n", Kind: NumberColumn, Learn: true}, {Name: "when", Kind: TimeColumn}, {Name: "code", Kind: CategoryColumn, Learn: true, Levels: []string{"404"}}, {Name: "gone", Kind: NumberColumn},
	}})
	var r inkling.Record
	for _, code := range []string{"404", ""} {
		if err := p.Read(&r); err != nil {
			t.Fatal(err)
		}
		if r.Num[0] != 2.5 || r.Num[1] != 86401 || string(r.Text[2]) != code || code == "" && r.Text[2] != nil || !math.IsNaN(r.Num[3]) {
			t.Errorf("%v %q", r.Num, r.Text)
		}
	}
	if n := p.Notes(); len(n) != 1 || strings.Count(n[0], "new") != mostUnread {
		t.Errorf("%q", n)
	}
}
