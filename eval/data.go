// Package eval judges learners honestly: episodes drawn from labelled data,
// every learner on the same ones, preprocessing fitted on nothing that is
// judged, intervals beside every mean.
//
// A [Data] is labelled rows; a protocol such as [NewAttack] cuts it into episodes; a [Plan] plays
// them and gives [Result]s. Row numbers in an [Episode] count the rows as they
// stand in the files, so that another program can play the same ones.
package eval

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/feature"
)

// Data is labelled rows of one contract, exact duplicates dropped.
type Data struct {
	Name       string
	Label      []string // class of row i
	Number     []int    // row i's number in the files as read, from 0
	Group      []int    // row i's file, or what Options.Group says
	Skipped    int      // records left out because they could not be read
	Duplicates int      // rows dropped for being the same as an earlier one, label included

	raw     [][]float64 // the features of row i where the contract is fixed; nil for tables
	fixed   *feature.Contract
	records []inkling.Record // the records where the contract is fitted to each episode
	options feature.TableOptions
	groups  map[string]int
	by      string // Options.Group
}

// Options say how labelled data is read.
type Options struct {
	Schema string               // of feature.Families, or "table"
	Drop   []string             // columns to leave out
	Label  string               // column that holds the class
	Pinned *feature.TableSchema // makes a table's contract, for all episodes the same; nil: the rows of each episode do
	Group  string               // column that says what belongs together, such as a patient, and is not learned from; "" makes a group of each file

	// Skipped is told of each record that cannot be read, and of its error; unless it gives one back the record is
	// left out. nil gives it back.
	Skipped func(error) error
}

// extractor gives that of a contract that is known before the rows are; nil where it is not.
func (o *Options) extractor() (feature.Extractor, error) {
	if f := feature.Find(o.Schema); f != nil {
		return f.New(), nil
	}
	if o.Pinned == nil {
		return nil, nil
	}
	c, err := o.Pinned.Contract()
	if err != nil {
		return nil, err
	}
	return feature.New(c)
}

// Load reads labelled records from the readers in turn, each a capture of its own.
func Load(ctx context.Context, name string, open []func() (inkling.Reader, error), o Options) (*Data, error) {
	d := &Data{Name: name, options: feature.TableOptions{Drop: o.Drop, Label: []string{o.Label}}, by: o.Group}
	if o.Group != "" && o.Schema == "table" {
		d.options.Drop = append(slices.Clone(o.Drop), o.Group)
		o.Drop = d.options.Drop
	}
	if o.Group != "" && o.Pinned != nil && slices.ContainsFunc(o.Pinned.Columns, func(c feature.TableColumn) bool { return c.Name == o.Group && c.Learn }) {
		return nil, &inkling.Error{Code: inkling.Invalid, Place: name, What: fmt.Sprintf("the groups, %q, are learned from", o.Group), Remedy: `write "learn":false beside them in the schema, or make it with --drop ` + o.Group}
	}
	seen := map[[2]uint64]bool{}
	number := 0
	for group, f := range open {
		r, err := f()
		if err != nil {
			return nil, err
		}
		err = d.read(ctx, r, group, &number, seen, o)
		r.Close()
		if err != nil {
			return nil, err
		}
	}
	if len(d.Label) == 0 {
		return nil, &inkling.Error{Code: inkling.Invalid, Place: name, What: "no labelled rows", Remedy: "give a file with a header line and rows"}
	}
	return d, nil
}

func (d *Data) read(ctx context.Context, r inkling.Reader, group int, number *int, seen map[[2]uint64]bool, o Options) error {
	x, err := o.extractor()
	if err != nil {
		return err
	}
	if x != nil {
		d.fixed = x.Contract()
		r = feature.Gather(o.Schema, r)
	}
	var rec inkling.Record
	var schema *inkling.Schema
	label, by, drop := -1, -1, []bool(nil)
	for ; ; *number++ {
		if *number%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		err := r.Read(&rec)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			if err = d.skipped(err, &o); err != nil {
				return err
			}
			continue
		}
		if rec.Schema != schema {
			schema = rec.Schema
			if by = schema.Index(o.Group); o.Group != "" && by < 0 {
				return &inkling.Error{Code: inkling.Invalid, Place: rec.Origin.String(), What: fmt.Sprintf("no column %q to group by among %s", o.Group, names(schema)), Remedy: "correct --group"}
			}
			if label, drop, err = d.bind(schema, rec.Origin, o); err != nil {
				return err
			}
		}
		if by >= 0 {
			group = d.groupOf(&rec, by)
		}
		class := string(rec.Written(label))
		if class == "" {
			return &inkling.Error{Code: inkling.Invalid, Place: rec.Origin.String(), What: fmt.Sprintf("no value in the label column %q", o.Label), Remedy: "label every row, or leave the row out"}
		}
		if x != nil {
			row := make([]float64, len(d.fixed.Features))
			if err := x.Extract(row, &rec); err != nil {
				if err = d.skipped(err, &o); err != nil {
					return err
				}
				continue
			}
			if class == Unjudged {
				continue
			}
			if d.fresh(seen, hashRow(row, class)) {
				d.raw = append(d.raw, row)
				d.add(class, *number, group)
			}
		} else if d.fresh(seen, hashRecord(&rec, drop)) {
			d.records = append(d.records, rec.Clone())
			d.add(class, *number, group)
		}
	}
}

// skipped gives the error that ends reading, nil where a record is left out.
func (d *Data) skipped(err error, o *Options) error {
	if o.Skipped == nil || !inkling.Skippable(err) {
		return err
	}
	d.Skipped++
	return o.Skipped(err)
}

// Unjudged is the class of records that only features over time see.
const Unjudged = "-"

// Named refuses what a flag names that is no class of any of the data, of which all but the first may be nil: by a slip
// there what was to stay unseen would be known.
func Named(flag string, classes []string, data ...*Data) error {
	for _, c := range classes {
		if !slices.ContainsFunc(data, func(d *Data) bool { return d != nil && slices.Contains(d.Label, c) }) {
			return &inkling.Error{Code: inkling.Invalid, Place: data[0].Name, What: fmt.Sprintf("%s %q: no class is called so", flag, c), Remedy: data[0].thereAre()}
		}
	}
	return nil
}

// thereAre names the classes, the first few of many.
func (d *Data) thereAre() string {
	const most = 20
	classes := d.Classes()
	more := ""
	if n := len(classes) - most; n > 0 {
		classes, more = classes[:most], fmt.Sprintf(" and %d more", n)
	}
	return "there are " + strings.Join(classes, ", ") + more
}

// groupOf numbers the values of the group's column as they come.
func (d *Data) groupOf(r *inkling.Record, by int) int {
	value := string(r.Written(by))
	n, ok := d.groups[value]
	if !ok {
		if d.groups == nil {
			d.groups = map[string]int{}
		}
		n = len(d.groups)
		d.groups[value] = n
	}
	return n
}

func (d *Data) bind(s *inkling.Schema, at inkling.Origin, o Options) (label int, drop []bool, err error) {
	label = s.Index(o.Label)
	if label < 0 {
		return 0, nil, &inkling.Error{Code: inkling.Invalid, Place: at.String(), What: fmt.Sprintf("no label column %q among %s", o.Label, names(s)), Remedy: "name it with --label"}
	}
	drop = make([]bool, len(s.Fields))
	for _, name := range o.Drop {
		i := s.Index(name)
		if i < 0 {
			return 0, nil, &inkling.Error{Code: inkling.Invalid, Place: at.String(), What: fmt.Sprintf("no column %q to drop among %s", name, names(s)), Remedy: "correct --drop"}
		}
		drop[i] = true
	}
	return label, drop, nil
}

func (d *Data) fresh(seen map[[2]uint64]bool, key [2]uint64) bool {
	if seen[key] {
		d.Duplicates++
		return false
	}
	seen[key] = true
	return true
}

func (d *Data) add(class string, number, group int) {
	d.Label = append(d.Label, class)
	d.Number = append(d.Number, number)
	d.Group = append(d.Group, group)
}

// Features gives the contract and the features of every row. Where the
// contract is not fixed it is made by inspecting the rows of fit alone.
func (d *Data) Features(fit []int) (*feature.Contract, [][]float64, error) {
	if d.fixed != nil {
		return d.fixed, d.raw, nil
	}
	c, err := feature.InspectTable(d.records[0].Schema, func(yield func(*inkling.Record) bool) {
		for _, i := range fit {
			if !yield(&d.records[i]) {
				return
			}
		}
	}, d.options)
	if err != nil {
		return nil, nil, err
	}
	x, err := feature.New(c)
	if err != nil {
		return nil, nil, err
	}
	width := len(c.Features)
	raw, flat := make([][]float64, len(d.records)), make([]float64, len(d.records)*width)
	for i := range d.records {
		raw[i] = flat[i*width : (i+1)*width]
		if err := x.Extract(raw[i], &d.records[i]); err != nil {
			return nil, nil, err
		}
	}
	return c, raw, nil
}

// Contract gives the contract of the rows; a table's is made of all of them.
func (d *Data) Contract() (*feature.Contract, error) {
	all := make([]int, len(d.Label))
	for i := range all {
		all[i] = i
	}
	c, _, err := d.Features(all)
	return c, err
}

// Classes gives the classes in order of name.
func (d *Data) Classes() []string {
	c := slices.Clone(d.Label)
	slices.Sort(c)
	return slices.Compact(c)
}

// Of gives the rows of a class, in order.
func (d *Data) Of(class string) []int {
	var rows []int
	for i, l := range d.Label {
		if l == class {
			rows = append(rows, i)
		}
	}
	return rows
}

// Keep gives the data of those rows alone, in that order. Numbers and groups
// stay as they are, and so do statistics over time, which went by all rows.
func (d *Data) Keep(rows []int) *Data {
	k := &Data{Name: d.Name, Duplicates: d.Duplicates, Skipped: d.Skipped, fixed: d.fixed, options: d.options, by: d.by}
	for _, r := range rows {
		k.add(d.Label[r], d.Number[r], d.Group[r])
		if d.fixed != nil {
			k.raw = append(k.raw, d.raw[r])
		} else {
			k.records = append(k.records, d.records[r])
		}
	}
	return k
}

// Relabel gives the same rows with other classes.
func (d *Data) Relabel(class func(row int) string) *Data {
	k := *d
	k.Label = make([]string, len(d.Label))
	for i := range k.Label {
		k.Label[i] = class(i)
	}
	return &k
}

var seeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}

func hashRecord(r *inkling.Record, drop []bool) [2]uint64 {
	return hash(func(h *maphash.Hash) {
		for i, f := range r.Schema.Fields {
			switch {
			case drop[i]:
			case f.Kind == inkling.Text:
				maphash.WriteComparable(h, len(r.Text[i]))
				h.Write(r.Text[i])
			default:
				maphash.WriteComparable(h, math.Float64bits(r.Num[i]))
			}
		}
	})
}

func hashRow(row []float64, class string) [2]uint64 {
	return hash(func(h *maphash.Hash) {
		for _, v := range row {
			maphash.WriteComparable(h, math.Float64bits(v))
		}
		h.WriteString(class)
	})
}

// hash gives 128 bits, so that two different rows are never taken for one.
func hash(write func(*maphash.Hash)) (sum [2]uint64) {
	for i, seed := range seeds {
		var h maphash.Hash
		h.SetSeed(seed)
		write(&h)
		sum[i] = h.Sum64()
	}
	return sum
}

func names(s *inkling.Schema) string {
	out := ""
	for i, f := range s.Fields {
		if i > 0 {
			out += ", "
		}
		if i == 12 && len(s.Fields) > 15 {
			return out + fmt.Sprintf("… (%d in all)", len(s.Fields))
		}
		out += f.Name
	}
	return out
}
