package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/feature"
	"github.com/inkling-sec/inkling/images"
	"github.com/inkling-sec/inkling/meta"
)

// recordSchemas are those of records: the families of features, and any table.
var recordSchemas = append(feature.FamilyNames(), "table")

// schemas are what train and eval take.
var schemas = append(slices.Clone(recordSchemas), schemaImage)

// aboutSchemas says what they are of.
func aboutSchemas(more string) string {
	about := "what a record is: "
	for _, f := range feature.Families {
		about += f.Name + " (" + f.Doc + "), "
	}
	return about + "table (any columns" + more
}

const schemaImage = "image"

// imageFlags are the flags that train and eval share for images.
func (f *evalFlags) imageFlags(cmd *cobra.Command) {
	var names []string
	for _, b := range images.Benchmarks {
		names = append(names, b.Name)
	}
	fl := cmd.Flags()
	fl.StringVar(&f.images, "images", names[0], "image: the benchmark, "+either(names))
	fl.StringVar(&f.lists, "lists", "", "image: folder of lists that divide the classes, as published with the papers; without, see the protocol that is printed")
	fl.IntVar(&f.queries, "queries", 15, "image: images of a class to judge")
	complete(cmd, "images", names)
}

// aboutImages says for the help what --data is to be for each benchmark, and what the networks are.
func aboutImages() string {
	var b strings.Builder
	for _, x := range images.Benchmarks {
		fmt.Fprintf(&b, "\n  --images %-17s %s", x.Name, folded(x.About, 29))
	}
	for _, n := range networks {
		fmt.Fprintf(&b, "\n  --network %-16s %s", n.name, folded(n.about, 29))
	}
	return b.String() + "\n"
}

// folded breaks a text into lines of at most 60, each after the first behind indent spaces.
func folded(text string, indent int) string {
	var b strings.Builder
	width := 0
	for i, word := range strings.Fields(text) {
		n := len([]rune(word))
		switch {
		case width+1+n > 60:
			b.WriteString("\n" + strings.Repeat(" ", indent))
			width = 0
		case i > 0:
			b.WriteByte(' ')
			width++
		}
		b.WriteString(word)
		width += n
	}
	return b.String()
}

const schemaMark = "inkling_schemas"

// onlyFor says that flags are of use for some schemas alone.
func onlyFor(cmd *cobra.Command, schemas []string, flags ...string) {
	for _, name := range flags {
		if err := cmd.Flags().SetAnnotation(name, schemaMark, schemas); err != nil {
			panic(err)
		}
	}
}

// complete lets shells complete a flag's value.
func complete(cmd *cobra.Command, flag string, names []string) {
	if err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err)
	}
}

// checkFor refuses a schema that there is not, and flags that are of no use for it.
func checkFor(cmd *cobra.Command, schema string) (err error) {
	if err := checkSchema(schema, schemas); err != nil {
		return err
	}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if of := f.Annotations[schemaMark]; err == nil && of != nil && !slices.Contains(of, schema) {
			err = &inkling.Error{Code: inkling.Invalid, What: fmt.Sprintf("--%s with --schema %s", f.Name, schema), Remedy: "it is for --schema " + either(of) + ": leave it out"}
		}
	})
	return err
}

// splits loads parts of the benchmark.
func (f *evalFlags) splits(ctx context.Context, scale *images.Scale, parts ...string) (*images.Splits, error) {
	b, err := images.Find(f.images)
	if err != nil {
		return nil, err
	}
	if len(f.data) != 1 {
		return nil, &inkling.Error{Code: inkling.Invalid, What: fmt.Sprintf("%d paths of images", len(f.data)), Remedy: "give --data the one folder or file that holds them all"}
	}
	return b.Load(ctx, f.data[0], images.Options{Parts: parts, Lists: f.lists, Scale: scale})
}

// tasks draws tasks from a part of the benchmark.
func (f *evalFlags) tasks(s *images.Set, part string, shots int) (meta.Source, error) {
	src, err := s.Source(images.Episodes{Ways: f.ways, Shots: shots, Queries: f.queries, Seed: f.seed})
	var what *inkling.Error
	if errors.As(err, &what) {
		at := *what
		at.Place = strings.TrimSuffix(part+" part: "+what.Place, ": ")
		return nil, &at
	}
	return src, err
}

// manner is a way to judge: rows by themselves, or by those judged with them too.
type manner struct {
	name    string
	learner meta.Learner
}

const inductive, transductive = "inductive", "transductive"

// manners gives the ways in which l judges. They differ only where a network
// with batch norm is adapted by gradients.
func manners(l meta.Learner) []manner {
	out := []manner{{inductive, l}}
	if t, ok := l.(meta.Trainer); ok && byGradients(l) && meta.HasStatistics(t) {
		out = append(out, manner{transductive, meta.Transductive(t)})
	}
	return out
}
