package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/prior"
	"github.com/inkling-sec/inkling/prior/picture"
	"github.com/inkling-sec/inkling/store"
)

func priorCmd(a *app) *cobra.Command {
	var c prior.Config
	var n int
	var plot string
	cmd := &cobra.Command{
		Use:   "prior",
		Short: "Show the synthetic tasks that a universal model is trained on",
		Long: `Without a flag, lists what tasks are made of. With --n, tells of so many tasks what
each was made of. With --plot, draws worlds, attacks, known attacks and columns
as PNG. The other flags leave only the kinds that they name.`,
		Example: "  inkling prior\n  inkling prior --n 5 --json\n  inkling prior --plot prior.png --world tree",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := c.Check(); err != nil {
				return &inkling.Error{Code: inkling.Invalid, Place: "prior", What: strings.TrimPrefix(err.Error(), "prior: "), Remedy: "inkling prior lists them"}
			}
			if n < 0 {
				return &inkling.Error{Code: inkling.Invalid, Place: "--n", What: "is below 0", Remedy: "name a number of tasks"}
			}
			if plot != "" {
				if err := store.WriteFile(plot, func(w io.Writer) error { return picture.Write(w, c) }); err != nil {
					return err
				}
			}
			if n == 0 && plot == "" {
				return listPrior(cmd.OutOrStdout(), a)
			}
			for i := range n {
				task, story := prior.Draw(c, uint64(i))
				if err := cmd.Context().Err(); err != nil {
					return err
				}
				if err := showTask(cmd.OutOrStdout(), a, i, task, story); err != nil {
					return err
				}
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.IntVar(&n, "n", 0, "tasks to tell of")
	f.StringVar(&plot, "plot", "", "write a picture to this PNG file")
	f.Uint64Var(&c.Seed, "seed", 1, "of the stream of tasks")
	f.StringSliceVar(&c.Worlds, "world", nil, "kinds of world")
	f.StringSliceVar(&c.Profiles, "profile", nil, "kinds of table")
	f.StringSliceVar(&c.Marginals, "marginal", nil, "kinds of column")
	f.StringSliceVar(&c.Attacks, "attack", nil, "kinds of attack")
	f.StringSliceVar(&c.Relations, "relation", nil, "how known attacks relate to the taught one")
	return cmd
}

// listPrior lists what tasks are made of.
func listPrior(w io.Writer, a *app) error {
	s := styleOf(w)
	for _, of := range prior.Parts() {
		if !a.json {
			fmt.Fprintln(w, s.bold(of.Name))
		}
		for _, k := range of.Kinds {
			if a.json {
				if err := a.print(w, map[string]any{"part": of.Name, "kind": k.Name, "doc": k.Doc}); err != nil {
					return err
				}
				continue
			}
			fmt.Fprintf(w, "  %-14s %s\n", k.Name, s.dim(k.Doc))
		}
	}
	return nil
}

// taskSummary is what --json says of a task.
type taskSummary struct {
	Task    int `json:"task"`
	Pool    int `json:"pool"`
	Taught  int `json:"taught"`
	Columns int `json:"columns"`
	Levels  int `json:"levels"` // columns that are of a category, or say that a value is missing
	Known   int `json:"known_rows"`
	Other   int `json:"other_rows"`
	*prior.Story
}

func showTask(w io.Writer, a *app, i int, t *meta.Task, story *prior.Story) error {
	sum := taskSummary{Task: i, Columns: len(t.Columns), Known: t.Known.Len(), Other: t.Other.Len(), Story: story}
	for _, y := range t.Support.Y {
		sum.Taught += y
	}
	sum.Pool = t.Support.Len() - sum.Taught
	for _, c := range t.Columns {
		if c == meta.Level {
			sum.Levels++
		}
	}
	if a.json {
		return a.print(w, sum)
	}
	known := "no known attacks"
	if story.Relation != "" {
		known = fmt.Sprintf("%d known attacks (%s)", len(story.Known), story.Relation)
	}
	_, err := fmt.Fprintf(w, "%4d  %4d benign, %2d taught, %2d columns  %s world  %s  %s\n", i, sum.Pool, sum.Taught, sum.Columns, story.World, strings.Join(story.Attacks, "+"), known)
	return err
}
