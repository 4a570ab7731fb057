package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/detect"
	"github.com/inkling-sec/inkling/feature"
)

func featuresCmd(a *app) *cobra.Command {
	var in input
	var asCSV bool
	var keep []string
	var schema string
	cmd := &cobra.Command{
		Use:   "features [FILE[:LINE,LINE…]]",
		Short: "Show the numbers that records are judged by",
		Long: `Without a file, lists the features of the schema: what each means, its
unit, whether an attacker sets it at will, whether it depends on the records
before, and, of flows, which fields it is made of. With FILE:LINE, shows each
number of that record. With --csv, writes the features of every record as a table,
of a directory or a pattern too.

` + aboutBefore + `Without it, FILE:LINE is as in the last hunt through FILE, where
one was kept. With --csv, only files that are named count.

` + aboutRotated,
		Example: "  inkling features\n  inkling features --schema payment\n  inkling features conn.log:812\n  inkling features conn.2.log:12 --before conn.1.log\n  inkling features conn.log --csv --keep label > rows.csv",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			family := feature.Find(schema)
			if family == nil {
				return checkSchema(schema, feature.FamilyNames())
			}
			c := family.New().Contract()
			if len(keep) > 0 && !asCSV {
				return &inkling.Error{Code: inkling.Invalid, What: "--keep without --csv", Remedy: "add --csv: fields are kept beside the features in a table"}
			}
			if asCSV && a.json {
				return &inkling.Error{Code: inkling.Invalid, What: "--json with --csv", Remedy: "leave out one: a table is no lines of JSON"}
			}
			if len(args) == 0 && asCSV {
				return &inkling.Error{Code: inkling.Invalid, What: "--csv without a file", Remedy: "name the file whose records' features are to be written"}
			}
			if len(args) == 0 && len(in.before) > 0 {
				return idle("--before without a file", "name the file that they came before")
			}
			if len(args) == 0 {
				return listFeatures(cmd.OutOrStdout(), a, c)
			}
			file, lines, err := parseLines(args[0], "")
			if err != nil {
				return err
			}
			if asCSV && len(lines) > 0 {
				return &inkling.Error{Code: inkling.Invalid, Place: args[0], What: "lines with --csv", Remedy: "leave out one: --csv writes every record, " + file}
			}
			if asCSV {
				files, err := in.files([]string{file}, c)
				if err != nil {
					return err
				}
				order, _, err := in.order(files, c, nil)
				if err != nil {
					return err
				}
				defer in.tellUnread(cmd)
				return writeFeatures(cmd, order, files, in.opener(cmd.Context()), family, keep, in.skipped(cmd, newProgress(a)))
			}
			if len(lines) == 0 {
				r, err := in.opener(cmd.Context())(file)
				if err != nil {
					return err
				}
				r.Close()
				return &inkling.Error{Code: inkling.Invalid, Place: file, What: "which record?", Remedy: "name a line, " + file + ":12, or write all with --csv"}
			}
			rows, err := in.rows(cmd.Context(), []string{file}, map[string][]int{file: lines}, c, a.hunts()...)
			if err != nil {
				return err
			}
			return showFeatures(cmd.OutOrStdout(), a, c, rows[0])
		},
	}
	in.flags(cmd)
	in.strictFlag(cmd)
	in.beforeFlag(cmd)
	cmd.Flags().StringVar(&schema, "schema", "flow", "what records are: "+strings.Join(feature.FamilyNames(), ", "))
	complete(cmd, "schema", feature.FamilyNames())
	cmd.Flags().BoolVar(&asCSV, "csv", false, "write the features of every record as CSV")
	cmd.Flags().StringSliceVar(&keep, "keep", nil, "fields of the records to write beside them, such as label")
	return cmd
}

func listFeatures(w io.Writer, a *app, c *feature.Contract) error {
	if a.json {
		for _, f := range c.Features {
			if err := a.print(w, f); err != nil {
				return err
			}
		}
		return nil
	}
	s := styleOf(w)
	fmt.Fprintf(w, "Contract %s version %d, %d features, hash %.16s\n", s.bold(c.Name), c.Version, len(c.Features), c.Hash())
	fmt.Fprintf(w, "%s\n", s.dim(marksSay))
	for i := range c.Features {
		f := &c.Features[i]
		unit := f.Unit
		if f.Kind == feature.Category {
			unit = fmt.Sprintf("one of %d", len(f.Levels)+1)
		}
		fmt.Fprintf(w, "%s %-26s %-12s %s\n", marks(f), f.Name, unit, s.dim(f.Doc+from(f)))
	}
	return nil
}

const marksSay = "a: an attacker sets it at will   t: depends on the records before"

func marks(f *feature.Feature) string {
	m := []byte("  ")
	if f.Attacker {
		m[0] = 'a'
	}
	if f.OverTime {
		m[1] = 't'
	}
	return string(m)
}

// from says which fields a feature is made of, where that is known.
func from(f *feature.Feature) string {
	if len(f.From) == 0 {
		return ""
	}
	return " ← " + strings.Join(f.From, ", ")
}

func showFeatures(w io.Writer, a *app, c *feature.Contract, rows detect.Rows) error {
	for i, raw := range rows.Raw {
		if a.json {
			values := map[string]any{}
			for k, f := range c.Features {
				values[f.Name] = c.Value(k, raw[k])
			}
			if err := a.print(w, map[string]any{"origin": rows.Origin[i], "features": values}); err != nil {
				return err
			}
			continue
		}
		s := styleOf(w)
		fmt.Fprintf(w, "%s  %s\n%s\n", s.bold(who(inkling.Alert{Record: rows.Record[i], Origin: rows.Origin[i]})), s.dim(inkling.Printable(rows.Origin[i].String())), s.dim(marksSay))
		for k := range c.Features {
			f := &c.Features[k]
			fmt.Fprintf(w, "%s %-26s %-16s %s\n", marks(f), inkling.Printable(f.Name), inkling.Printable(c.Format(k, raw[k])), s.dim(inkling.Printable(f.Doc+from(f))))
		}
	}
	return nil
}

// table writes records as CSV, the header before the first: until then a field that is not there is an error without output.
type table struct {
	*csv.Writer
	header []string // nil when it is written
	keep   []string
}

func (t *table) head() error {
	if t.header == nil {
		return nil
	}
	err := t.Write(t.header)
	t.header = nil
	return err
}

// writeFeatures writes one CSV line a record of the files: the kept fields, then the features. Other files in the order are remembered over time.
func writeFeatures(cmd *cobra.Command, order, files []string, open func(string) (inkling.Reader, error), family *feature.Family, keep []string, skipped func(error) error) error {
	out := &table{csv.NewWriter(cmd.OutOrStdout()), slices.Clone(keep), keep}
	defer out.Flush()
	c := family.New().Contract()
	for _, f := range c.Features {
		out.header = append(out.header, f.Name)
	}
	var m detect.Memory
	for _, file := range order {
		r, err := open(file)
		if err != nil {
			return err
		}
		if slices.Contains(files, file) {
			err = writeRows(cmd, out, feature.Gather(family.Name, r), &m, c, skipped)
		} else {
			err = m.Pass(cmd.Context(), r, c)
		}
		r.Close()
		if err != nil {
			return err
		}
	}
	if err := out.head(); err != nil { // there was no record
		return err
	}
	out.Flush()
	return out.Error()
}

func writeRows(cmd *cobra.Command, out *table, r inkling.Reader, m *detect.Memory, c *feature.Contract, skipped func(error) error) error {
	if err := m.Begin(c); err != nil {
		return err
	}
	var line []string
	var rec inkling.Record
	raw := make([]float64, len(c.Features))
	for {
		if cmd.Context().Err() != nil {
			return cmd.Context().Err()
		}
		err := r.Read(&rec)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = m.Row(raw, &rec)
		}
		if inkling.Skippable(err) {
			if err := skipped(err); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		line = line[:0]
		for _, k := range out.keep {
			i := rec.Schema.Index(k)
			if i < 0 {
				return &inkling.Error{Code: inkling.Invalid, Place: rec.Origin.String(), What: fmt.Sprintf("no field %q", k), Remedy: "correct --keep"}
			}
			line = append(line, fieldOf(&rec, i))
		}
		for k, v := range raw {
			line = append(line, cellOf(c, k, v))
		}
		if err := out.head(); err != nil {
			return err
		}
		if err := out.Write(line); err != nil {
			return err
		}
	}
}

func fieldOf(r *inkling.Record, i int) string {
	switch {
	case r.Schema.Fields[i].Kind == inkling.Text:
		return string(r.Text[i])
	case math.IsNaN(r.Num[i]):
		return ""
	}
	return strconv.FormatFloat(r.Num[i], 'f', -1, 64)
}

func cellOf(c *feature.Contract, k int, v float64) string {
	switch {
	case c.Features[k].Kind == feature.Category:
		return fmt.Sprint(c.Value(k, v))
	case math.IsNaN(v):
		return ""
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
