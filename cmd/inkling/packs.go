package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/detect"
	"github.com/inkling-sec/inkling/feature"
	"github.com/inkling-sec/inkling/pack"
	"github.com/inkling-sec/inkling/store"
)

func packsCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "packs [NAME]",
		Short: "List the uses that the program is made ready for",
		Long: `A pack says what a record of a use is, which numbers are made of it, what judges by
default, and on which public data it was judged; docs/packs has a page for each.
inkling init NAME makes ready for one, with example data that was made for it.`,
		Example: "  inkling packs\n  inkling packs flow",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return listPacks(cmd.OutOrStdout(), a)
			}
			p, err := pack.Find(args[0])
			if err != nil {
				return err
			}
			return showPack(cmd.OutOrStdout(), a, p)
		},
	}
}

// packJSON is a pack for programs.
func packJSON(p *pack.Pack) map[string]any {
	var sets []string
	for _, j := range p.Judged {
		sets = append(sets, j.Name)
	}
	return map[string]any{"pack": p.Name, "title": p.Title, "area": p.Area, "about": p.About, "schema": p.Schema, "learner": p.Learner, "example": p.Example.File, "judged_on": sets}
}

func listPacks(w io.Writer, a *app) error {
	s, area := styleOf(w), ""
	for i := range pack.Packs {
		p := &pack.Packs[i]
		if a.json {
			if err := a.print(w, packJSON(p)); err != nil {
				return err
			}
			continue
		}
		if p.Area != area {
			area = p.Area
			fmt.Fprintln(w, s.bold(area))
		}
		fmt.Fprintf(w, "  %-14s %s\n", p.Name, s.dim(p.Title))
	}
	return nil
}

func showPack(w io.Writer, a *app, p *pack.Pack) error {
	if a.json {
		return a.print(w, packJSON(p))
	}
	s := styleOf(w)
	fmt.Fprintf(w, "%s: %s\n  %s\n  schema %s, judged by %s", s.bold(p.Name), p.Title, p.About, p.Schema, p.Learner)
	if p.Why != "" {
		fmt.Fprintf(w, " (%s)", p.Why)
	}
	fmt.Fprintln(w)
	for _, j := range p.Judged {
		fmt.Fprintf(w, "  judged on %s: %s\n", j.Name, j.About)
	}
	fmt.Fprintf(w, "Next: inkling init %s\n", p.Name)
	return nil
}

func initCmd(a *app) *cobra.Command {
	var seed uint64
	cmd := &cobra.Command{
		Use:   "init PACK [DIR]",
		Short: "Make ready for a use: example data, and a baseline of it",
		Long: `Writes the pack's example data to DIR, the current directory without, and makes the
baseline of that name from its benign records. The data was made for the program,
labelled, from a seed: replace it by your own, of the same columns. A file that is there
already is not written over.`,
		Example: "  inkling init flow\n  inkling init flow /tmp/try",
		Args:    cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := pack.Find(args[0])
			if err != nil {
				return err
			}
			h, err := a.store()
			if err != nil {
				return err
			}
			if err := h.Ready(store.Baselines, p.Name); err != nil {
				return err
			}
			dir := "."
			if len(args) == 2 {
				dir = args[1]
			}
			data, err := p.Example.Make(seed)
			if err != nil {
				return err
			}
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return &inkling.Error{Code: inkling.Invalid, Place: dir, What: "cannot be made", Remedy: "name another directory", Err: err}
			}
			file := filepath.Join(dir, p.Example.File)
			if there, err := os.ReadFile(file); err == nil && !bytes.Equal(there, data) {
				return &inkling.Error{Code: inkling.Conflict, Place: file, What: "is there already, and is not this example", Remedy: "name another directory, or move it away"}
			}
			if err := store.WriteFile(file, func(w io.Writer) error { _, err := w.Write(data); return err }); err != nil {
				return err
			}
			first, err := firstOf(cmd.Context(), p, file)
			if err != nil {
				return err
			}
			var in input
			b, err := detect.NewBaseline(cmd.Context(), p.Name, []string{file}, in.opener(cmd.Context()), detect.BaselineOptions{Schema: p.Schema, Drop: p.Drop, Label: "label", Benign: "benign", Seed: seed})
			if err != nil {
				return err
			}
			if err := h.Put(store.Baselines, p.Name, func(w io.Writer) error { return b.Write(w) }); err != nil {
				return err
			}
			if a.json {
				return a.print(cmd.OutOrStdout(), map[string]any{"pack": p.Name, "file": file, "baseline": p.Name, "records": b.Records, "attack": p.Example.Attack, "examples": first})
			}
			w := cmd.OutOrStdout()
			fmt.Fprintf(w, "%s: example data made, with %s among others.\n", styleOf(w).bold(file), p.Example.Attack)
			next := fmt.Sprintf("inkling teach %s --examples %s --baseline %s", p.Example.Attack, inkling.Printable(inkling.Quoted(first)), b.Name)
			if feature.Find(p.Schema) == nil && p.Learner != tableLearner {
				next += " --learner " + p.Learner
			}
			return printBaseline(w, a, b, next)
		},
	}
	cmd.Flags().Uint64Var(&seed, "seed", 1, "seed of the example data")
	return cmd
}

// firstOf names the first five records of the pack's attack in its example data: FILE:LINE,LINE….
func firstOf(ctx context.Context, p *pack.Pack, file string) (string, error) {
	var in input
	f, err := in.opener(ctx)(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	r := feature.Gather(p.Schema, f)
	var rec inkling.Record
	var lines []string
	for len(lines) < 5 {
		err := r.Read(&rec)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", err
		}
		if string(labelOf(&rec)) == p.Example.Attack {
			lines = append(lines, strconv.Itoa(rec.Origin.Line))
		}
	}
	return file + ":" + strings.Join(lines, ","), nil
}
