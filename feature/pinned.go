package feature

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/line"
)

// A Pinned holds the records of a table to a schema and gives them with its columns alone. A column that is learned
// from must be there, and its values be what the schema says: a record where one is not can be passed over. Other
// columns may be missing, and values of them that are not what they should be are. What the schema does not know is
// told of and left out.
type Pinned struct {
	in     inkling.Reader
	pin    *TableSchema
	schema *inkling.Schema
	from   *inkling.Schema // of raw, that at is for
	at     []int           // field of raw for each column, -1: none
	raw    inkling.Record
	text   []byte // numbers that are categories, of the record
	unread []string
}

// Pin holds the records of r, which is closed with the Pinned, to the schema.
func Pin(r inkling.Reader, t *TableSchema) *Pinned {
	p := &Pinned{in: r, pin: t, schema: &inkling.Schema{Name: tableName}, at: make([]int, len(t.Columns))}
	for _, c := range t.Columns {
		p.schema.Fields = append(p.schema.Fields, inkling.Field{Name: c.Name, Kind: map[ColumnKind]inkling.Kind{NumberColumn: inkling.Number, TimeColumn: inkling.Time}[c.Kind]})
	}
	return p
}

// Close implements inkling.Reader.
func (p *Pinned) Close() error { return p.in.Close() }

// Notes tells which columns the schema does not know.
func (p *Pinned) Notes() []string {
	notes := inkling.NotesOf(p.in)
	if len(p.unread) > 0 {
		notes = append(notes, "not in the schema, and left out: "+strings.Join(p.unread, ", "))
	}
	return notes
}

// Read implements inkling.Reader. Text stays valid until the next Read.
func (p *Pinned) Read(r *inkling.Record) error {
	if err := p.in.Read(&p.raw); err != nil {
		return err
	}
	if p.raw.Schema != p.from {
		if err := p.bind(p.raw.Schema); err != nil {
			return err
		}
	}
	r.Reset(p.schema)
	r.Origin = p.raw.Origin
	p.text = p.text[:0]
	for i, at := range p.at {
		if at < 0 {
			continue
		}
		if !p.put(r, i, at) && p.pin.Columns[i].Learn {
			return unusable(r, fmt.Sprintf("%s: %s is no number, as the schema has it", p.schema.Fields[i].Name, line.Show(p.raw.Text[at])), "correct or remove the record, or make the column a category in the schema")
		}
	}
	return nil
}

func (p *Pinned) bind(s *inkling.Schema) error {
	known := map[string]bool{}
	for i, c := range p.pin.Columns {
		known[c.Name] = true
		if p.at[i] = s.Index(c.Name); p.at[i] < 0 && c.Learn {
			return &inkling.Error{Code: inkling.Invalid, Place: p.raw.Origin.String(), What: fmt.Sprintf("no column %q, which the schema learns from", c.Name),
				Remedy: "give the table this column, or set its learn to false in the schema and begin with a new baseline"}
		}
	}
	for _, f := range s.Fields {
		if !known[f.Name] && !slices.Contains(p.unread, f.Name) && len(p.unread) < mostUnread {
			p.unread = append(p.unread, f.Name)
		}
	}
	p.from = s
	return nil
}

// mostUnread is how many columns that are left out are named.
const mostUnread = 20

// put writes field at of the raw record as column i; not ok where it is not of the column's kind.
func (p *Pinned) put(r *inkling.Record, i, at int) (ok bool) {
	ok = true
	text, isText := bytes.TrimSpace(p.raw.Text[at]), p.from.Fields[at].Kind == inkling.Text
	switch kind := p.schema.Fields[i].Kind; {
	case kind == inkling.Text && isText:
		r.Text[i] = p.raw.Text[at]
	case kind == inkling.Text && !math.IsNaN(p.raw.Num[at]):
		from := len(p.text)
		p.text = strconv.AppendFloat(p.text, p.raw.Num[at], 'f', -1, 64)
		r.Text[i] = p.text[from:len(p.text):len(p.text)]
	case kind == inkling.Text:
	case !isText:
		r.Num[i] = p.raw.Num[at]
	case kind == inkling.Time:
		r.Num[i], ok = line.Moment(text)
	default:
		r.Num[i], ok = parse(text)
	}
	if !ok {
		r.Num[i] = math.NaN()
	}
	return ok
}
