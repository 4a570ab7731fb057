package feature

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/line"
)

// A ColumnKind says what a column of a table is.
type ColumnKind string

// The kinds. Features are made of numbers and categories alone.
const (
	NumberColumn     ColumnKind = "number"
	CategoryColumn   ColumnKind = "category"
	TimeColumn       ColumnKind = "time"
	TextColumn       ColumnKind = "text"
	IdentifierColumn ColumnKind = "identifier"
)

var columnKinds = []ColumnKind{NumberColumn, CategoryColumn, TimeColumn, TextColumn, IdentifierColumn}

// A TableSchema says what the columns of a table are and which of them are learned from. It is had by [InferTable], may
// be edited, and then decides the contract: that follows from names, kinds, levels and what may be missing, in order.
type TableSchema struct {
	Columns []TableColumn `json:"columns"`
}

// A TableColumn is one column, and what was seen of it, which decides nothing.
type TableColumn struct {
	Name    string     `json:"name"`
	Kind    ColumnKind `json:"kind"`
	Learn   bool       `json:"learn"`
	Why     string     `json:"why,omitempty"`            // it is not learned from
	Doubt   string     `json:"doubt,omitempty"`          // that the kind is what was meant
	Missing bool       `json:"may_be_missing,omitempty"` // of a number: that it is missing tells something
	Levels  []string   `json:"levels,omitempty"`         // of a category: all others are one
	Seen    *Seen      `json:"seen,omitempty"`
}

// Seen is what was seen of a column.
type Seen struct {
	Missing  float64  `json:"missing"`  // share of rows
	Distinct int      `json:"distinct"` // values; 65,536 may be more
	Examples []string `json:"examples"`
}

// InferOptions say what a user knows of a table.
type InferOptions struct {
	TableOptions
	Category []string // columns that are categories although they look like numbers or texts
}

// InferTable looks at rows of one schema for what their columns are.
func InferTable(s *inkling.Schema, rows iter.Seq[*inkling.Record], o InferOptions) (*TableSchema, error) {
	if o.Levels == 0 {
		o.Levels = defaultLevels
	}
	var marked [3][]bool
	for i, names := range [][]string{o.Drop, o.Label, o.Category} {
		var err error
		if marked[i], err = columnsOf(s, names, o.File); err != nil {
			return nil, err
		}
	}
	columns := make([]surveyed, len(s.Fields))
	n, err := inspect(s, rows, func(r *inkling.Record) {
		for i, f := range s.Fields {
			columns[i].add(f, r.Num[i], r.Text[i])
		}
	})
	if err != nil {
		return nil, err
	}
	t := &TableSchema{}
	for i, f := range s.Fields {
		c := columns[i].column(f, n, o.Levels, marked[2][i])
		switch {
		case marked[0][i]:
			c.Learn, c.Why, c.Doubt = false, "left out by --drop", ""
		case marked[1][i]:
			c.Learn, c.Why, c.Doubt = false, "holds the answer", ""
		}
		t.Columns = append(t.Columns, c)
	}
	return t, nil
}

// NamesLabels reports whether a column's name says that it holds labels: which records are attacks, or of what kind.
func NamesLabels(name string) bool {
	plain := strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) {
			return unicode.ToLower(c)
		}
		return -1
	}, name)
	switch plain {
	case "label", "labels", "detailedlabel", "class", "target", "outcome", "groundtruth", "verdict",
		"attack", "attacks", "attackcat", "attackcategory", "attacktype", "attackclass", "attackname", "isattack",
		"malicious", "ismalicious", "malware", "ismalware", "fraud", "isfraud", "fraudulent", "anomaly", "isanomaly", "outlier", "isoutlier":
		return true
	}
	return false
}

// surveyed is what is known of a column so far.
type surveyed struct {
	inspected
	moments, addresses int // present values that are such
	risen              int // present whole numbers larger than the one before
	last               float64
	first              []string // values, the first few that differ
	word               string   // the first present value that is no number
	buf                []byte
}

func (c *surveyed) add(f inkling.Field, num float64, text []byte) {
	if f.Kind != inkling.Text {
		c.buf, text = c.buf[:0], nil
		if !math.IsNaN(num) {
			c.buf = strconv.AppendFloat(c.buf, num, 'f', -1, 64)
			text = c.buf
		}
	}
	text = bytes.TrimSpace(text)
	before, words := len(c.counts), c.words
	c.text(text)
	if c.words > words && words == 0 {
		c.word = shortened(text)
	}
	if absent(text) {
		return
	}
	if len(c.counts) > before && len(c.first) < 3 {
		c.first = append(c.first, shortened(text))
	}
	if _, ok := line.Moment(text); ok {
		c.moments++
	}
	if len(text) < 64 && bytes.ContainsAny(text, ".:") {
		if _, err := netip.ParseAddr(string(text)); err == nil {
			c.addresses++
		}
	}
	if v, ok := line.Number(text); ok && v == math.Trunc(v) {
		if c.risen == 0 || v > c.last {
			c.risen++
		}
		c.last = v
	}
}

// shortened gives a value for people.
func shortened(b []byte) string {
	s := []rune(strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return ' '
		}
		return c
	}, string(bytes.ToValidUTF8(b, []byte("?")))))
	if len(s) > 40 {
		return string(s[:40]) + "…"
	}
	return string(s)
}

// fewValues is how many values a column needs for them all to differ by more than chance.
const fewValues = 20

func (c *surveyed) column(f inkling.Field, rows, most int, category bool) TableColumn {
	present := c.numbers + c.words
	distinct := len(c.counts)
	for v := range c.counts {
		if absent([]byte(v)) {
			distinct--
		}
	}
	t := TableColumn{Name: f.Name, Seen: &Seen{Missing: math.Round(float64(rows-present)/float64(rows)*1e4) / 1e4, Distinct: distinct, Examples: c.first}}
	enough := present >= fewValues
	switch {
	case category:
		t.Kind = CategoryColumn
	case f.Kind == inkling.Time || present > 0 && c.moments == present && c.words == present:
		t.Kind, t.Why = TimeColumn, "absolute time tells recordings apart, not attacks"
	case present == 0:
		t.Kind, t.Why = TextColumn, "has no value in any row"
	case c.addresses == present:
		t.Kind, t.Why = IdentifierColumn, "holds addresses, which tell sites apart, not attacks"
	case c.words == 0 && enough && c.risen == present:
		t.Kind, t.Why = IdentifierColumn, "rises from row to row: a number or time of the record"
	case c.words == 0:
		t.Kind = NumberColumn
	case enough && float64(distinct) >= 0.95*float64(min(present, distinctMost)):
		t.Kind, t.Why = IdentifierColumn, "is another in nearly every row"
	case distinct > most && distinct > min(present, distinctMost)/2:
		t.Kind, t.Why = TextColumn, "is text of many values"
	default:
		t.Kind = CategoryColumn
	}
	switch t.Kind {
	case NumberColumn:
		t.Missing = present < rows
	case CategoryColumn:
		t.Levels = c.levels(most)
	}
	t.Learn = t.Kind == NumberColumn || t.Kind == CategoryColumn
	if !category && distinct > most {
		t.Doubt = c.slip()
	}
	return t
}

// slip tells of a few words among numbers, "" where there are none or many: by one slip of the pen all are names.
func (c *surveyed) slip() string {
	if c.words == 0 || c.numbers < 9*c.words {
		return ""
	}
	what := fmt.Sprintf("1 value (%q)", c.word)
	if c.words > 1 {
		what = fmt.Sprintf("%d values (%q first)", c.words, c.word)
	}
	return "holds numbers but for " + what + ", so that all are taken for names: mend it, or make its kind number in what inkling schema --out writes"
}

// Contract gives the contract that follows from the schema.
func (t *TableSchema) Contract() (*Contract, error) {
	c := &Contract{Name: tableName, Version: tableVersion}
	seen := map[string]bool{}
	bad := func(name, what, remedy string) error {
		return &inkling.Error{Code: inkling.Invalid, Place: "column " + strconv.Quote(name), What: what, Remedy: remedy}
	}
	for _, col := range t.Columns {
		switch {
		case col.Name == "":
			return nil, bad("", "has no name", "name it as the table's header does")
		case seen[col.Name]:
			return nil, bad(col.Name, "appears twice", "remove one")
		case !slices.Contains(columnKinds, col.Kind):
			return nil, bad(col.Name, fmt.Sprintf("no kind %q", col.Kind), "choose number, category, time, text or identifier")
		case col.Learn && col.Kind == CategoryColumn && len(col.Levels) == 0:
			return nil, bad(col.Name, "is a category without levels", "list them, or infer it with: inkling schema --category "+col.Name)
		case col.Learn && col.Kind == CategoryColumn:
			c.Features = append(c.Features, Feature{Name: col.Name, Kind: Category, Levels: col.Levels})
		case col.Learn && col.Kind == NumberColumn:
			c.Features = append(c.Features, Feature{Name: col.Name, Kind: Numeric, Missing: col.Missing})
		case col.Learn:
			return nil, bad(col.Name, fmt.Sprintf("nothing can be learned from a column of kind %s", col.Kind), "make it a number or a category, or set learn to false")
		}
		seen[col.Name] = true
	}
	if len(c.Features) == 0 {
		return nil, &inkling.Error{Code: inkling.Invalid, What: "no column is learned from", Remedy: "set learn to true for a number or a category"}
	}
	return c, c.Check()
}

// tableSchemaFile is what a file of a schema says beside the columns.
const tableSchemaFile = 1

// Write writes the schema as JSON, a line a column.
func (t *TableSchema) Write(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "{\n  \"inkling_schema\": %d,\n  \"columns\": [", tableSchemaFile)
	for i, c := range t.Columns {
		text, err := json.Marshal(c)
		if err != nil {
			return err
		}
		b.WriteString(strings.Repeat(",", min(i, 1)) + "\n    ")
		b.Write(text)
	}
	b.WriteString("\n  ]\n}\n")
	_, err := w.Write(b.Bytes())
	return err
}

// ReadTableSchema reads what Write wrote and a user may have edited; file names it in errors.
func ReadTableSchema(r io.Reader, file string) (*TableSchema, error) {
	var f struct {
		Version int           `json:"inkling_schema"`
		Columns []TableColumn `json:"columns"`
	}
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	bad := func(what string, err error) error {
		return &inkling.Error{Code: inkling.Invalid, Place: file, What: what, Err: err, Remedy: "correct it, or make it again with: inkling schema TABLE --out FILE"}
	}
	if err := d.Decode(&f); err != nil {
		return nil, bad("is no schema of a table", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, bad("something follows the schema", nil)
	}
	if f.Version != tableSchemaFile {
		return nil, bad(fmt.Sprintf("is of version %d, not %d", f.Version, tableSchemaFile), nil)
	}
	t := &TableSchema{f.Columns}
	if _, err := t.Contract(); err != nil {
		return nil, &inkling.Error{Code: inkling.Invalid, Place: file, What: "cannot be used", Err: err}
	}
	return t, nil
}
