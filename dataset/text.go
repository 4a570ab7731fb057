package dataset

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"math/rand/v2"
	"strings"

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

// cap leaves at most that many different rows of each class but one, drawn with a fixed seed.
func (t *Texts) cap(most int, but string) {
	rng, kept, seen := rand.New(rand.NewPCG(1, 0x636170)), map[string]int{}, map[string]bool{}
	order := rng.Perm(len(t.rows))
	keep := make([]bool, len(t.rows))
	for _, i := range order {
		class, whole := t.rows[i][0], strings.Join(t.rows[i], "\x00")
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
