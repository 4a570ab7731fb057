package dataset

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/eval"
	"github.com/inkling-sec/inkling/read"
)

// Texts is a table of texts in memory. It has the columns class and group beside its own, and is read as a CSV file is.
type Texts struct {
	Columns []string
	rows    [][]string
}

const groupColumn = "group"

// Add adds a row.
func (t *Texts) Add(class, group string, values ...string) {
	t.rows = append(t.rows, append([]string{class, group}, values...))
}

// loadTexts makes rows of a family of features of each table, which is a recording of its own: features over time begin anew.
func loadTexts(ctx context.Context, name, schema string, tables ...*Texts) (*eval.Data, error) {
	var open []func() (inkling.Reader, error)
	for _, t := range tables {
		open = append(open, func() (inkling.Reader, error) {
			var b bytes.Buffer
			w := csv.NewWriter(&b)
			if err := errors.Join(w.Write(append([]string{classColumn, groupColumn}, t.Columns...)), w.WriteAll(t.rows)); err != nil {
				return nil, err
			}
			r, _, err := read.New(io.Reader(&b), name, read.Options{Format: "csv"})
			return r, err
		})
	}
	return eval.Load(ctx, name, open, eval.Options{Schema: schema, Label: classColumn, Group: groupColumn})
}
