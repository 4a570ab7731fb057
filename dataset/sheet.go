package dataset

import (
	"context"
	"fmt"
	"io"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/eval"
)

// Sheet is a table of numbers in memory, with a class a row.
type Sheet struct {
	Columns []string
	Rows    [][]float64
	Class   []string
}

// Add adds a row.
func (s *Sheet) Add(class string, row ...float64) {
	s.Rows, s.Class = append(s.Rows, row), append(s.Class, class)
}

// Numbered gives n columns names.
func Numbered(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("x%d", i+1)
	}
	return names
}

const classColumn = "class"

// sheetReader reads a Sheet as records.
type sheetReader struct {
	sheet  *Sheet
	schema *inkling.Schema
	at     int
}

func (r *sheetReader) Read(rec *inkling.Record) error {
	if r.at == len(r.sheet.Rows) {
		return io.EOF
	}
	rec.Reset(r.schema)
	rec.Origin = inkling.Origin{File: r.schema.Name, Line: r.at + 1}
	copy(rec.Num, r.sheet.Rows[r.at])
	rec.Text[len(rec.Text)-1] = []byte(r.sheet.Class[r.at])
	r.at++
	return nil
}

func (*sheetReader) Close() error { return nil }

// LoadSheets reads sheets of the same columns, each a group of its own, as records of a schema: of feature.Families, or "table".
func LoadSheets(ctx context.Context, name, of string, sheets ...*Sheet) (*eval.Data, error) {
	schema := &inkling.Schema{Name: name}
	for _, c := range sheets[0].Columns {
		schema.Fields = append(schema.Fields, inkling.Field{Name: c, Kind: inkling.Number})
	}
	schema.Fields = append(schema.Fields, inkling.Field{Name: classColumn})
	var open []func() (inkling.Reader, error)
	for _, s := range sheets {
		open = append(open, func() (inkling.Reader, error) { return &sheetReader{sheet: s, schema: schema}, nil })
	}
	return eval.Load(ctx, name, open, eval.Options{Schema: of, Label: classColumn})
}
