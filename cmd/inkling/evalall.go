package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/pack"
	"github.com/inkling-sec/inkling/report"
	"github.com/inkling-sec/inkling/store"
)

// runAllPacks judges all packs and writes what came of it. What fails in one pack is told at the end.
func (f *evalFlags) runAllPacks(cmd *cobra.Command, a *app) error {
	packs, err := f.packs()
	if err != nil {
		return err
	}
	if len(f.data) > 0 {
		if _, err := dataFolder(f.data); err != nil { // of the usual folder, a pack says that it is not there
			return err
		}
	}
	if err := os.MkdirAll(f.out, 0o755); err != nil {
		return &inkling.Error{Code: inkling.Invalid, Place: f.out, What: "cannot be made", Remedy: "name another directory with --out", Err: err}
	}
	if err := store.Writable(filepath.Join(f.out, "index.html")); err != nil {
		return err
	}
	w, s := cmd.OutOrStdout(), styleOf(cmd.OutOrStdout())
	progress := newProgress(a)
	defer progress.clear()
	var cards []*report.Card
	var skipped []report.Skipped
	var failed error
	for _, p := range packs {
		card, kept, err := f.keptOrJudged(cmd, p, progress)
		progress.clear()
		switch {
		case cmd.Context().Err() != nil:
			return cmd.Context().Err()
		case err != nil:
			why := err.Error()
			if missing(err) {
				why = "its data is not there: " + strings.Join(sets(p), ", ")
			} else if failed == nil {
				failed = err
			}
			skipped = append(skipped, report.Skipped{Pack: p.Name, Why: why})
			if a.json {
				if err := a.print(w, map[string]any{"pack": p.Name, "skipped": why}); err != nil {
					return err
				}
				continue
			}
			fmt.Fprintf(w, "%s: not judged: %s\n\n", s.bold(p.Name), why)
			continue
		}
		cards = append(cards, card)
		if kept && !a.json {
			fmt.Fprintln(w, s.dim(p.Name+": judged before; --again judges again"))
		}
		if err := printPack(w, a, p, card.Results()); err != nil {
			return err
		}
	}
	if err := f.sumUp(cmd, cards, skipped); err != nil {
		return err
	}
	if !a.json {
		fmt.Fprintf(w, "%s: %s\n", plural(len(cards), "card"), filepath.Join(f.out, "index.html"))
	}
	return failed
}

// packs gives those that --pack names, or all.
func (f *evalFlags) packs() (out []*pack.Pack, err error) {
	if f.pack == "" {
		for i := range pack.Packs {
			out = append(out, &pack.Packs[i])
		}
		return out, nil
	}
	for _, name := range strings.Split(f.pack, ",") {
		p, err := pack.Find(name)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// sets names the data that a pack is judged on, with its folders.
func sets(p *pack.Pack) (out []string) {
	for _, j := range p.Judged {
		if j.Folder != "" {
			out = append(out, fmt.Sprintf("%s (%s)", j.Name, j.Folder))
		}
	}
	return out
}

// missing reports whether a pack's data is not there.
func missing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || inkling.CodeOf(err) == inkling.NotFound
}

// keptOrJudged gives the card of a pack, as it was stored or judged now, and writes its page.
func (f *evalFlags) keptOrJudged(cmd *cobra.Command, p *pack.Pack, progress *progress) (card *report.Card, kept bool, err error) {
	file := filepath.Join(f.out, p.Name+".json")
	now := f.packCard(cmd, p)
	if card = stored(file); card != nil && !f.again && card.Same(&now) {
		card.Prevalence, card.Command, kept = now.Prevalence, now.Command, true
	} else if card, err = f.cardOf(cmd, p, progress); err != nil {
		return nil, false, err
	}
	if err := store.WriteFile(file, func(w io.Writer) error { return json.NewEncoder(w).Encode(card) }); err != nil {
		return nil, false, err
	}
	return card, kept, writeCard(filepath.Join(f.out, p.Name+".html"), card)
}

// stored reads a card; nil when there is none, or not a whole one.
func stored(file string) *report.Card {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	c := &report.Card{}
	if json.Unmarshal(b, c) != nil {
		return nil
	}
	return c
}

// packCard begins the card of a pack.
func (f *evalFlags) packCard(cmd *cobra.Command, p *pack.Pack) report.Card {
	c := f.newCard(cmd, p.Name, p.Title)
	c.About, c.Learner, c.Why, c.Learners = p.About, p.Learner, p.Why, f.packLearners(cmd)
	c.Command = fmt.Sprintf("%s --pack %s --report %s.html", f.command(cmd, "all-packs", "pack", "out", "report", "data"), p.Name, p.Name)
	return c
}

// cardOf judges a pack.
func (f *evalFlags) cardOf(cmd *cobra.Command, p *pack.Pack, progress *progress) (*report.Card, error) {
	recorder := report.NewRecorder(f.packCard(cmd, p))
	if _, err := f.judgePack(cmd, p, progress, recorder); err != nil {
		return nil, err
	}
	return recorder.Card(), nil
}

// sumUp writes what is of all cards together.
func (f *evalFlags) sumUp(cmd *cobra.Command, cards []*report.Card, skipped []report.Skipped) error {
	for name, write := range map[string]func(io.Writer) error{
		"index.html":     func(w io.Writer) error { return report.Index(w, cards, skipped) },
		"uses.md":        func(w io.Writer) error { return report.Uses(w, f.command(cmd, "data", "out"), cards, skipped) },
		"outcomes.jsonl": func(w io.Writer) error { return report.Lines(w, cards) },
	} {
		if err := store.WriteFile(filepath.Join(f.out, name), write); err != nil {
			return err
		}
	}
	return nil
}
