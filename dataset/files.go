package dataset

import (
	"compress/gzip"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/eval"
	"github.com/inkling-sec/inkling/read"
)

// Files are tables or logs on disk, each a group of its own.
type Files struct {
	Names  []string // below the folder
	Header []string // column names of files without a header
	Format string   // of read.Formats; "" guesses
	Schema string   // "" means table
	Drop   []string
	Label  string
	Group  string // see eval.Options
}

// Load reads them.
func (f Files) Load(ctx context.Context, folder, name string) (*eval.Data, error) {
	var open []func() (inkling.Reader, error)
	for _, file := range f.Names {
		open = append(open, func() (inkling.Reader, error) {
			return read.Open(filepath.Join(folder, file), read.Options{Format: f.Format, Names: f.Header})
		})
	}
	schema := f.Schema
	if schema == "" {
		schema = "table"
	}
	return eval.Load(ctx, name, open, eval.Options{Schema: schema, Drop: f.Drop, Label: f.Label, Group: f.Group})
}

// Table reads a gzipped or plain CSV file whose first line names the columns,
// and gives each row to f.
func Table(r io.Reader, f func(get func(column string) string) error) error {
	c := csv.NewReader(r)
	c.ReuseRecord = true
	head, err := c.Read()
	if err != nil {
		return err
	}
	at := map[string]int{}
	for i, name := range head {
		at[name] = i
	}
	for {
		row, err := c.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		get := func(column string) string {
			if i, ok := at[column]; ok {
				return row[i]
			}
			return ""
		}
		if err := f(get); err != nil {
			return err
		}
	}
}

// Gunzip opens a gzipped file for f.
func Gunzip(file string, f func(r io.Reader) error) error {
	h, err := os.Open(file)
	if err != nil {
		return err
	}
	defer h.Close()
	z, err := gzip.NewReader(h)
	if err == nil {
		err = f(z)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

// inOrder gives the values by rising key.
func inOrder[K interface{ ~string | ~float64 }, V any](m map[K]V) (out []V) {
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, m[k])
	}
	return out
}
