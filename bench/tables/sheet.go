package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"slices"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/eval"
	"github.com/inkling-sec/inkling/read"
)

// sheet is a table of numbers in memory, with a class a row.
type sheet struct {
	columns []string
	rows    [][]float64
	class   []string
}

// add adds a row.
func (s *sheet) add(class string, row ...float64) {
	s.rows, s.class = append(s.rows, row), append(s.class, class)
}

// numbered gives n columns names.
func numbered(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("x%d", i+1)
	}
	return names
}

const classColumn = "class"

// sheetReader reads a sheet as records.
type sheetReader struct {
	sheet  *sheet
	schema *inkling.Schema
	at     int
}

func (r *sheetReader) Read(rec *inkling.Record) error {
	if r.at == len(r.sheet.rows) {
		return io.EOF
	}
	rec.Reset(r.schema)
	rec.Origin = inkling.Origin{File: r.schema.Name, Line: r.at + 1}
	copy(rec.Num, r.sheet.rows[r.at])
	rec.Text[len(rec.Text)-1] = []byte(r.sheet.class[r.at])
	r.at++
	return nil
}

func (*sheetReader) Close() error { return nil }

// loadSheets reads sheets of the same columns, each a group of its own.
func loadSheets(ctx context.Context, name string, sheets ...*sheet) (*eval.Data, error) {
	schema := &inkling.Schema{Name: name}
	for _, c := range sheets[0].columns {
		schema.Fields = append(schema.Fields, inkling.Field{Name: c, Kind: inkling.Number})
	}
	schema.Fields = append(schema.Fields, inkling.Field{Name: classColumn})
	var open []func() (inkling.Reader, error)
	for _, s := range sheets {
		open = append(open, func() (inkling.Reader, error) { return &sheetReader{sheet: s, schema: schema}, nil })
	}
	return eval.Load(ctx, name, open, eval.Options{Schema: "table", Label: classColumn})
}

// files are tables or logs on disk, each a group of its own.
type files struct {
	names  []string // below the folder
	header []string // column names of files without a header
	format string   // of read.Formats; "" guesses
	schema string   // "" means table
	drop   []string
	label  string
}

func (f files) load(ctx context.Context, folder, name string) (*eval.Data, error) {
	var open []func() (inkling.Reader, error)
	for _, file := range f.names {
		open = append(open, func() (inkling.Reader, error) {
			return read.Open(filepath.Join(folder, file), read.Options{Format: f.format, Names: f.header})
		})
	}
	schema := f.schema
	if schema == "" {
		schema = "table"
	}
	return eval.Load(ctx, name, open, eval.Options{Schema: schema, Drop: f.drop, Label: f.label})
}

// The most rows of a part that take part, drawn once and for all: the protocol
// uses up to 11,000 benign rows a draw and 1,000 of a class.
const (
	mostBenign = 20000
	mostClass  = 2000
)

// thin gives the data with at most so many rows a class, in the files' order.
func thin(d *eval.Data, benign string) *eval.Data {
	var keep []int
	for i, class := range d.Classes() {
		rows, most := d.Of(class), mostClass
		if class == benign {
			most = mostBenign
		}
		if len(rows) > most {
			rng := rand.New(rand.NewPCG(0x7461626c6573, uint64(i)))
			rng.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
			rows = rows[:most]
		}
		keep = append(keep, rows...)
	}
	slices.Sort(keep)
	return d.Keep(keep)
}

// only gives the rows of some classes.
func only(d *eval.Data, classes ...string) *eval.Data {
	var keep []int
	for i, l := range d.Label {
		if slices.Contains(classes, l) {
			keep = append(keep, i)
		}
	}
	return d.Keep(keep)
}
