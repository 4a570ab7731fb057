package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/feature"
	"github.com/inkling-sec/inkling/read"
	"github.com/inkling-sec/inkling/read/truth"
)

// aboutTruth says for the help what --truth takes.
const aboutTruth = `With --truth, labels come from a file of their own, a table of who did what when: of
its columns start, end, address, port, community_id, uid and label, each line says
what it knows. The first line that holds for a record labels it; a record that none
holds for is benign.`

// truthFlags label records by ground truth in a file of its own.
type truthFlags struct {
	file         string
	field, other string // the field of the labels, and the label of what no line holds for
	class        string // teach: the label that makes a record an example; any but other when empty
	read         *truth.Truth
}

func (t *truthFlags) flag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&t.file, "truth", "", "file of ground truth that labels the records: a table with start, end, address, port, community_id, uid, label, or some of these")
}

// useTruth reads the ground truth, if any; labels then are in a field of that name.
func (in *input) useTruth(ctx context.Context, field, benign string) error {
	if in.pin != nil && slices.ContainsFunc(in.pin.Columns, func(c feature.TableColumn) bool { return c.Name == field && c.Learn }) {
		return &inkling.Error{Code: inkling.Invalid, Place: in.pinned, What: fmt.Sprintf("the labels, %q, are learned from", field), Remedy: "say so when the schema is made, with --label " + field + ", or write \"learn\":false there"}
	}
	t := &in.truth
	t.field, t.other = cmp.Or(field, "label"), cmp.Or(benign, "benign")
	if t.file == "" || t.read != nil {
		return nil
	}
	f, err := opened(ctx, t.file, read.Options{})
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { f.Close() })()
	defer f.Close()
	if t.read, err = truth.Read(f, t.file); err != nil {
		return err
	}
	if labels := t.read.Labels(); t.class != "" && !slices.Contains(labels, t.class) {
		return &inkling.Error{Code: inkling.Invalid, Place: t.file, What: fmt.Sprintf("no line has the label of --class %q", t.class), Remedy: "there are " + strings.Join(labels, ", ")}
	}
	return nil
}

// label gives records their labels, where there is ground truth.
func (t *truthFlags) label(r inkling.Reader) inkling.Reader {
	if t.read == nil {
		return r
	}
	return t.read.Label(r, t.field, t.other)
}

// kept gives a schema that records with labels are held to: labels are words, whatever their column is in it.
func (t *truthFlags) kept(s *feature.TableSchema) *feature.TableSchema {
	there := slices.ContainsFunc(s.Columns, func(c feature.TableColumn) bool { return c.Name == t.field })
	if !there && t.read == nil {
		return s
	}
	others := slices.DeleteFunc(slices.Clone(s.Columns), func(c feature.TableColumn) bool { return c.Name == t.field && !c.Learn })
	if slices.ContainsFunc(others, func(c feature.TableColumn) bool { return c.Name == t.field }) {
		return s
	}
	return &feature.TableSchema{Columns: append(others, feature.TableColumn{Name: t.field, Kind: feature.CategoryColumn})}
}

// unlabelled is the input without the ground truth.
func (in *input) unlabelled() *input {
	plain := *in
	plain.truth = truthFlags{}
	return &plain
}

// unused tells of lines of the ground truth that labelled nothing.
func (in *input) unused() {
	if in.truth.read != nil {
		for _, n := range in.truth.read.Notes() {
			in.note(n)
		}
	}
}

// markField is where teach has the labels while it looks for examples; no record has such a field.
const markField = "label by ground truth"

// linesByTruth gives the lines of the files' records that the ground truth makes examples, of files that have such.
func (in *input) linesByTruth(ctx context.Context, files []string) (map[string][]int, error) {
	at := map[string][]int{}
	for _, f := range files {
		lines, err := in.linesOf(ctx, f)
		if err != nil {
			return nil, err
		}
		if len(lines) > 0 {
			at[f] = lines
		}
	}
	return at, nil
}

// linesOf gives the lines of a file's records that the ground truth makes examples.
func (in *input) linesOf(ctx context.Context, file string) (lines []int, err error) {
	if file == "-" {
		return nil, &inkling.Error{Code: inkling.Invalid, Place: "stdin", What: "ground truth needs to read the records twice", Remedy: "save them as a file"}
	}
	r, err := in.opener(ctx)(file)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var rec inkling.Record
	for {
		err := r.Read(&rec)
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		if inkling.Skippable(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		label := string(rec.Text[rec.Schema.Index(in.truth.field)])
		if label == in.truth.other || in.truth.class != "" && label != in.truth.class {
			continue
		}
		if lines = append(lines, rec.Origin.Line); len(lines) > mostMarked {
			return nil, &inkling.Error{Code: inkling.Invalid, Place: file, What: fmt.Sprintf("the ground truth marks more than %d records", mostMarked), Remedy: "narrow its lines: a few examples are enough"}
		}
	}
}

// mostMarked bounds the records that ground truth may mark as examples.
const mostMarked = 200
