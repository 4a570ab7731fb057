package dataset

import (
	"context"
	"io"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/eval"
)

// Texts is a table of texts in memory. It has a column of classes beside its own.
type Texts struct {
	Columns []string
	rows    [][]string // class last
}

// groupColumn is where a table's own columns name groups.
const groupColumn = "group"

// Add adds a row.
func (t *Texts) Add(class string, values ...string) {
	t.rows = append(t.rows, append(slices.Clone(values), class))
}

// cap leaves at most that many different rows of each class but one, drawn with a fixed seed.
func (t *Texts) cap(most int, but string) {
	rng, kept, seen := rand.New(rand.NewPCG(1, 0x636170)), map[string]int{}, map[string]bool{}
	order := rng.Perm(len(t.rows))
	keep := make([]bool, len(t.rows))
	for _, i := range order {
		row := t.rows[i]
		class, whole := row[len(row)-1], strings.Join(row, "\x00")
		keep[i] = class == but || kept[class] < most && !seen[whole]
		if keep[i] {
			kept[class]++
			seen[whole] = true
		}
	}
	rows := t.rows[:0]
	for i, row := range t.rows {
		if keep[i] {
			rows = append(rows, row)
		}
	}
	t.rows = rows
}

// loadTexts makes rows of a schema: of feature.Families, or "table". Each table is a recording of its own: features over time begin anew.
// group names the column of groups, "" where each table is one.
func loadTexts(ctx context.Context, name, schema, group string, tables ...*Texts) (*eval.Data, error) {
	var open []func() (inkling.Reader, error)
	for _, t := range tables {
		open = append(open, func() (inkling.Reader, error) {
			s := &inkling.Schema{Name: name}
			for _, c := range append(slices.Clone(t.Columns), classColumn) {
				s.Fields = append(s.Fields, inkling.Field{Name: c})
			}
			return &textReader{schema: s, rows: t.rows}, nil
		})
	}
	return eval.Load(ctx, name, open, eval.Options{Schema: schema, Label: classColumn, Group: group})
}

// textReader reads rows of text as records.
type textReader struct {
	schema *inkling.Schema
	rows   [][]string
	at     int
}

func (r *textReader) Read(rec *inkling.Record) error {
	if r.at == len(r.rows) {
		return io.EOF
	}
	rec.Reset(r.schema)
	rec.Origin = inkling.Origin{File: r.schema.Name, Line: r.at + 1}
	for i, v := range r.rows[r.at] {
		rec.Text[i] = []byte(v)
	}
	r.at++
	return nil
}

func (*textReader) Close() error { return nil }
