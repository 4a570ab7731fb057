package feature

import (
	"bytes"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/inkling-sec/inkling"
)

const (
	tableName     = "table"
	tableVersion  = 1
	defaultLevels = 40
	distinctMost  = 1 << 16 // distinct texts counted a column; later new ones count as other
)

// TableOptions says what of a table not to learn from.
type TableOptions struct {
	File   string   // what errors call the table
	Drop   []string // columns to leave out: identifiers, notes
	Label  []string // columns that hold the answer
	Levels int      // commonest levels kept of a category; 0 means 40
}

// InspectTable makes a contract from the given rows of a table and no others:
// give it the rows of the training side. Rows are not kept.
//
// A text column whose present values are all numbers is Numeric, and there an
// empty value, "-", "?", "NA", "NaN" and the like are missing. Any other text column is
// a Category with its commonest levels, ties by name; "-" is then a level like
// another. Number fields are Numeric. Time fields are left out: absolute time
// tells one recording from another, not an attack from normal use.
func InspectTable(s *inkling.Schema, rows iter.Seq[*inkling.Record], o TableOptions) (*Contract, error) {
	if o.Levels == 0 {
		o.Levels = defaultLevels
	}
	skip, err := columnsOf(s, slices.Concat(o.Drop, o.Label), o.File)
	if err != nil {
		return nil, err
	}
	columns := make([]inspected, len(s.Fields))
	_, err = inspect(s, rows, func(r *inkling.Record) {
		for i, f := range s.Fields {
			if skip[i] || f.Kind == inkling.Time {
				continue
			}
			if f.Kind == inkling.Text {
				columns[i].text(r.Text[i])
			} else {
				columns[i].number(r.Num[i])
			}
		}
	})
	if err != nil {
		return nil, err
	}
	c := &Contract{Name: tableName, Version: tableVersion}
	for i, f := range s.Fields {
		if !skip[i] && f.Kind != inkling.Time {
			c.Features = append(c.Features, columns[i].feature(f, o.Levels))
		}
	}
	return c, c.Check()
}

// inspect has look see each of some rows, all of one schema, and gives how many there are.
func inspect(s *inkling.Schema, rows iter.Seq[*inkling.Record], look func(*inkling.Record)) (n int, err error) {
	for r := range rows {
		if r.Schema != s && !slices.Equal(r.Schema.Fields, s.Fields) {
			return n, &inkling.Error{Code: inkling.Invalid, Place: r.Origin.String(), What: "the record has other columns than those before it", Remedy: otherColumns(r.Schema)}
		}
		look(r)
		n++
	}
	if n == 0 {
		return 0, &inkling.Error{Code: inkling.Invalid, Place: "table " + s.Name, What: "has no rows to inspect", Remedy: "give a table with rows"}
	}
	return n, nil
}

// zeekLogs are what the names of the schemas of Zeek's logs begin with.
const zeekLogs = "zeek."

// otherColumns says what to do about records of other columns than a table's.
func otherColumns(s *inkling.Schema) string {
	if strings.HasPrefix(s.Name, zeekLogs) {
		return "a Zeek log of JSON leaves out what is unset, and this field turns up late: read it with --format json, which goes by its first part, to hunt too"
	}
	return "give files of the same columns in the same order"
}

// Each ranges over records held in a slice, for [InspectTable].
func Each(rows []inkling.Record) iter.Seq[*inkling.Record] {
	return func(yield func(*inkling.Record) bool) {
		for i := range rows {
			if !yield(&rows[i]) {
				return
			}
		}
	}
}

// columnsOf marks the columns with those names of the table in a file.
func columnsOf(s *inkling.Schema, names []string, file string) ([]bool, error) {
	marked := make([]bool, len(s.Fields))
	for _, name := range names {
		i := s.Index(name)
		if i < 0 {
			have := make([]string, len(s.Fields))
			for k, f := range s.Fields {
				have[k] = f.Name
			}
			return nil, &inkling.Error{Code: inkling.Invalid, Place: file,
				What: "has no column " + strconv.Quote(name), Remedy: "it has " + strings.Join(have, ", ")}
		}
		marked[i] = true
	}
	return marked, nil
}

// inspected is what is known of a column so far.
type inspected struct {
	counts  map[string]int
	numbers int // present values that are numbers
	words   int // present values that are not
	missing int
}

func (c *inspected) number(v float64) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		c.missing++
	} else {
		c.numbers++
	}
}

func (c *inspected) text(b []byte) {
	b = bytes.TrimSpace(b)
	if c.counts == nil {
		c.counts = map[string]int{}
	}
	if _, ok := c.counts[string(b)]; ok || len(c.counts) < distinctMost {
		c.counts[string(b)]++
	}
	v, ok := parse(b)
	switch {
	case !ok:
		c.words++
	case math.IsNaN(v):
		c.missing++
	default:
		c.numbers++
	}
}

func (c *inspected) feature(f inkling.Field, most int) Feature {
	if f.Kind != inkling.Text || c.words == 0 && c.numbers > 0 {
		return Feature{Name: f.Name, Kind: Numeric, Missing: c.missing > 0}
	}
	return Feature{Name: f.Name, Kind: Category, Levels: c.levels(most)}
}

// levels gives the commonest values.
func (c *inspected) levels(most int) []string {
	levels := make([]string, 0, len(c.counts))
	for l := range c.counts {
		levels = append(levels, l)
	}
	slices.SortFunc(levels, func(a, b string) int {
		if d := c.counts[b] - c.counts[a]; d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	return slices.Clone(levels[:min(most, len(levels))])
}

// parse reads a number. What stands for a missing or an infinite one is NaN and
// still a number; ok is false for a word.
func parse(b []byte) (v float64, ok bool) {
	if absent(b) {
		return math.NaN(), true
	}
	v, err := strconv.ParseFloat(string(b), 64)
	if math.IsInf(v, 0) {
		return math.NaN(), true
	}
	return v, err == nil
}

// absent reports whether b is a usual sign for "no value".
func absent(b []byte) bool {
	switch len(b) {
	case 0:
		return true
	case 1:
		return b[0] == '-' || b[0] == '?'
	case 2, 3, 4:
		for _, sign := range [...]string{"na", "n/a", "nan", "null", "none"} {
			if len(sign) == len(b) && strings.EqualFold(sign, string(b)) {
				return true
			}
		}
	}
	return false
}

// NewTable gives the extractor of a table contract. It finds columns by name,
// so further columns and another order do no harm. A value that is not a number
// where one is due is missing; a level that the contract does not list is -1.
func NewTable(c *Contract) (Extractor, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	t := &table{contract: c, levels: make([]map[string]int, len(c.Features)), at: make([]int, len(c.Features))}
	for i, f := range c.Features {
		if f.Kind == Category {
			t.levels[i] = map[string]int{}
			for k, l := range f.Levels {
				t.levels[i][l] = k
			}
		}
	}
	return t, nil
}

type table struct {
	contract *Contract
	levels   []map[string]int // of each Category
	schema   *inkling.Schema  // that at is for
	at       []int            // field of each feature
}

func (t *table) Contract() *Contract { return t.contract }

func (t *table) Extract(dst []float64, r *inkling.Record) error {
	if r.Schema != t.schema {
		if err := t.bind(r.Schema); err != nil {
			return err
		}
	}
	for i, at := range t.at {
		if levels := t.levels[i]; levels != nil {
			dst[i] = t.category(levels, r, at)
			continue
		}
		v := r.Num[at]
		if t.schema.Fields[at].Kind == inkling.Text {
			var ok bool
			if v, ok = parse(bytes.TrimSpace(r.Text[at])); !ok {
				v = math.NaN()
			}
		} else if math.IsInf(v, 0) {
			v = math.NaN()
		}
		dst[i] = v
	}
	return nil
}

// category looks a level up; a number field is looked up as it would be written.
func (t *table) category(levels map[string]int, r *inkling.Record, at int) float64 {
	b := bytes.TrimSpace(r.Text[at])
	var buf [32]byte
	if t.schema.Fields[at].Kind != inkling.Text && !math.IsNaN(r.Num[at]) {
		b = strconv.AppendFloat(buf[:0], r.Num[at], 'f', -1, 64)
	}
	if k, ok := levels[string(b)]; ok {
		return float64(k)
	}
	return -1
}

func (t *table) bind(s *inkling.Schema) error {
	var missing []string
	at := make([]int, len(t.contract.Features))
	for i, f := range t.contract.Features {
		if at[i] = s.Index(f.Name); at[i] < 0 {
			missing = append(missing, f.Name)
		}
	}
	if missing != nil {
		remedy := "give the table the columns it was inspected with, or make a contract without them"
		if strings.HasPrefix(s.Name, zeekLogs) {
			remedy += "; a baseline of Zeek's JSON that was read with --format json needs that here too"
		}
		return lacking(t.contract, s, missing, remedy)
	}
	t.schema, t.at = s, at
	return nil
}
