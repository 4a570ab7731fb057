package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/detect"
	"github.com/inkling-sec/inkling/feature"
	"github.com/inkling-sec/inkling/store"
)

func schemaCmd(a *app) *cobra.Command {
	var in input
	var o feature.InferOptions
	var out string
	cmd := &cobra.Command{
		Use:   "schema FILE…",
		Short: "Show what the columns of a table are, and save it to edit and pin",
		Long: `Looks at all rows of a table — CSV, JSON lines, Parquet — and says of each column
what it is, what was seen of it, and whether it is learned from: numbers and
categories are; times, addresses, identifiers and free text are not.

With --out it is saved: a small JSON file to read and edit. Given as --schema to
baseline or eval it is what records are then held to, by the hunts of the
baseline's detectors too. A file that lacks a column that is learned from is
refused, but for one of JSON lines and a column that benign records lack too,
which is missing there; a new column is told of and left out, and a record with
a word where a number is due is told of, left out and counted.

` + aboutSources,
		Example: "  inkling schema payments.csv --label fraud\n  inkling schema events.jsonl --category EventID --out events.schema.json\n  inkling baseline events.jsonl --schema events.schema.json",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			if out != "" && !strings.HasSuffix(out, ".json") {
				return &inkling.Error{Code: inkling.Invalid, Place: out, What: "is no name of a schema: --schema takes FILE.json", Remedy: "end it in .json"}
			}
			files, err := in.files(files, nil)
			if err != nil {
				return err
			}
			if err := overInput(out, files); err != nil {
				return err
			}
			if o.Levels < 0 {
				return &inkling.Error{Code: inkling.Invalid, Place: "--levels", What: fmt.Sprintf("%d is no number of values", o.Levels), Remedy: "give how many, or 0 for 40"}
			}
			p := newProgress(a)
			defer in.tellUnread(cmd)
			t, rows, err := infer(cmd.Context(), files, in.opener(cmd.Context()), o, in.skipped(cmd, p))
			if err != nil {
				return err
			}
			if _, err := t.Contract(); err != nil {
				return &inkling.Error{Code: inkling.Invalid, Place: strings.Join(files, ", "), What: "cannot be learned from", Err: err}
			}
			if out != "" {
				if err := store.WriteFile(out, t.Write); err != nil {
					return err
				}
			}
			return showSchema(cmd.OutOrStdout(), a, t, rows, out)
		},
	}
	in.flags(cmd)
	in.strictFlag(cmd)
	cmd.Flags().StringVarP(&out, "out", "o", "", "save the schema to this file, FILE.json")
	cmd.Flags().StringSliceVar(&o.Drop, "drop", nil, "columns not to learn from")
	cmd.Flags().StringSliceVar(&o.Label, "label", nil, "columns that hold the answer")
	cmd.Flags().StringSliceVar(&o.Category, "category", nil, "columns that are categories although they look like numbers or texts")
	cmd.Flags().IntVar(&o.Levels, "levels", 0, "commonest values kept of a category; 0 means 40")
	return cmd
}

// infer reads the rows of all files once.
func infer(ctx context.Context, files []string, open func(string) (inkling.Reader, error), o feature.InferOptions, skipped func(error) error) (*feature.TableSchema, int, error) {
	var rec inkling.Record
	n := 0
	in := &rowsOf{ctx: ctx, files: files, open: open}
	defer in.close()
	var failed error
	next := func() bool {
		for {
			err := in.read(&rec)
			if err == nil {
				n++
				return true
			}
			if inkling.Skippable(err) {
				if err = skipped(err); err == nil {
					continue
				}
			}
			if !errors.Is(err, io.EOF) {
				failed = err
			}
			return false
		}
	}
	if !next() {
		if failed == nil {
			failed = &inkling.Error{Code: inkling.Invalid, Place: strings.Join(files, ", "), What: "no rows", Remedy: "give a table with rows"}
		}
		return nil, 0, failed
	}
	o.File = rec.Origin.File
	t, err := feature.InferTable(rec.Schema, func(yield func(*inkling.Record) bool) {
		for ok := true; ok; ok = next() {
			if !yield(&rec) {
				return
			}
		}
	}, o)
	if failed != nil {
		return nil, 0, failed
	}
	return t, n, err
}

// rowsOf reads the rows of files one after the other.
type rowsOf struct {
	ctx   context.Context
	files []string
	open  func(string) (inkling.Reader, error)
	r     inkling.Reader
}

func (f *rowsOf) read(rec *inkling.Record) error {
	for {
		if err := f.ctx.Err(); err != nil {
			return err
		}
		if f.r == nil {
			if len(f.files) == 0 {
				return io.EOF
			}
			r, err := f.open(f.files[0])
			if err != nil {
				return err
			}
			f.r, f.files = r, f.files[1:]
		}
		if err := f.r.Read(rec); err != io.EOF {
			return err
		}
		f.close()
	}
}

func (f *rowsOf) close() {
	if f.r != nil {
		f.r.Close()
		f.r = nil
	}
}

func showSchema(w io.Writer, a *app, t *feature.TableSchema, rows int, out string) error {
	if a.json {
		for _, c := range t.Columns {
			if err := a.print(w, c); err != nil {
				return err
			}
		}
		return nil
	}
	s := styleOf(w)
	width := len("column")
	learned := 0
	for _, c := range t.Columns {
		width = max(width, min(len([]rune(inkling.Printable(c.Name))), 40))
		if c.Learn {
			learned++
		}
	}
	fmt.Fprintf(w, "%s in %s, %d learned from\n", plural(len(t.Columns), "column"), plural(rows, "row"), learned)
	fmt.Fprintf(w, "%s\n", s.bold(fmt.Sprintf("  %-*s  %-10s  %7s  %8s  %s", width, "column", "kind", "missing", "distinct", "examples")))
	for _, c := range t.Columns {
		mark := s.green("●")
		if !c.Learn {
			mark = "·"
		}
		fmt.Fprintf(w, "%s %-*s  %-10s  %7s  %8s  %s", mark, width, inkling.Printable(c.Name), c.Kind, rate(c.Seen.Missing), count(c.Seen.Distinct), inkling.Printable(strings.Join(c.Seen.Examples, ", ")))
		if c.Doubt != "" {
			fmt.Fprintf(w, "  %s", s.red(inkling.Printable(c.Doubt)))
		} else if c.Why != "" {
			fmt.Fprintf(w, "  %s", s.dim("not learned from: "+c.Why))
		} else if feature.NamesLabels(c.Name) {
			fmt.Fprintf(w, "  %s", s.red("looks like labels: if so, name it with --label"))
		}
		fmt.Fprintln(w)
	}
	if out == "" {
		fmt.Fprintln(w, "Save it with --out schema.json, edit it, and give it as --schema schema.json.")
	} else {
		fmt.Fprintf(w, "Saved. Next: inkling baseline FILE… --schema %s\n", inkling.Printable(inkling.Quoted(out)))
	}
	return nil
}

// usePinned takes a file that --schema names for what records are held to; the schema is then a table's.
func (in *input) usePinned(schema *string) error {
	if !strings.HasSuffix(*schema, ".json") {
		return nil
	}
	text, err := os.ReadFile(*schema)
	if err != nil {
		code := inkling.Invalid
		if errors.Is(err, os.ErrNotExist) {
			code = inkling.NotFound
		}
		return &inkling.Error{Code: code, Place: *schema, What: "cannot be read", Err: err, Remedy: "make it with: inkling schema TABLE --out " + *schema}
	}
	in.pin, err = feature.ReadTableSchema(bytes.NewReader(text), *schema)
	in.pinned, *schema = *schema, "table"
	return err
}

// held holds records to the schema of a baseline; one that was given must be of the same contract.
func (in *input) held(b *detect.Baseline, place string) error {
	in.lacks = b.MayLack()
	if in.pin == nil {
		in.pin = b.Pinned
		return nil
	}
	own, err := in.pin.Contract()
	if err == nil && own.Hash() != b.Contract.Hash() {
		err = &inkling.Error{Code: inkling.Conflict, Place: place, What: "was made with another schema than --schema names", Remedy: "leave --schema out, or make baseline and detector again with it"}
	}
	return err
}
