package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/dataset"
	"github.com/inkling-sec/inkling/eval"
	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/pack"
	"github.com/inkling-sec/inkling/report"
	"github.com/inkling-sec/inkling/store"
)

// checkReport refuses flags of report cards that do not go together.
func (f *evalFlags) checkReport(cmd *cobra.Command) error {
	changed := cmd.Flags().Changed
	switch {
	case !(f.prevalence > 0 && f.prevalence < 1):
		return &inkling.Error{Code: inkling.Invalid, What: fmt.Sprintf("--prevalence %g", f.prevalence), Remedy: "give a share between 0 and 1, such as 0.001 for one record in 1,000"}
	case f.report != "" && f.allPacks:
		return &inkling.Error{Code: inkling.Invalid, What: "--report with --all-packs", Remedy: "name the directory of the cards with --out"}
	case (changed("out") || f.again) && !f.allPacks:
		return &inkling.Error{Code: inkling.Invalid, What: "--out or --again without --all-packs", Remedy: "write one card with --report FILE"}
	case f.report != "" && f.pack == "" && f.protocol != "new-attack":
		return &inkling.Error{Code: inkling.Invalid, What: "--report with --protocol " + f.protocol, Remedy: "report cards are of protocol new-attack"}
	}
	if f.pack != "" || f.allPacks {
		if err := f.check(); err != nil {
			return err
		}
	}
	if f.report != "" { // not after hours of judging
		return store.Writable(f.report)
	}
	return nil
}

// command writes what was asked for, so that the same figures are made again. Of files it gives the names alone.
func (f *evalFlags) command(cmd *cobra.Command, leaveOut ...string) string {
	words := []string{"inkling", "eval"}
	cmd.Flags().Visit(func(fl *pflag.Flag) {
		if slices.Contains(leaveOut, fl.Name) || slices.Contains([]string{"json", "home", "again"}, fl.Name) {
			return
		}
		name := func(v string) string { return v }
		if slices.Contains([]string{"data", "known", "models", "export-episodes", "report", "out"}, fl.Name) {
			name = filepath.Base
		}
		value := fl.Value.String()
		if list, is := fl.Value.(pflag.SliceValue); is {
			value = listOf(list.GetSlice(), name)
		} else {
			value = name(value)
		}
		switch {
		case fl.Value.Type() != "bool":
			words = append(words, "--"+fl.Name, inkling.Quoted(value))
		case value == "true":
			words = append(words, "--"+fl.Name)
		}
	})
	return strings.Join(words, " ")
}

// listOf writes a flag's values as it reads them: one with a comma in it stands in quotes.
func listOf(values []string, name func(string) string) string {
	var b strings.Builder
	row := make([]string, len(values))
	for i, v := range values {
		row[i] = name(v)
	}
	w := csv.NewWriter(&b)
	w.Write(row) // a Builder takes everything
	w.Flush()
	return strings.TrimSuffix(b.String(), "\n")
}

// newCard begins a report card.
func (f *evalFlags) newCard(cmd *cobra.Command, name, title string) report.Card {
	c := report.Card{Name: name, Title: title, Program: builtBy(), Made: time.Now().UTC(), Seed: f.seed, Draws: f.draws, Prevalence: f.prevalence, Command: f.command(cmd)}
	if cmd.Flags().Changed("shots") {
		c.Shots = f.shots
	}
	return c
}

func writeCard(file string, c *report.Card) error {
	return store.WriteFile(file, func(w io.Writer) error { return report.Write(w, c) })
}

// reported plays a plan and writes its report card.
func (f *evalFlags) reported(cmd *cobra.Command, d *eval.Data, plan *eval.Plan, episodes []eval.Episode) ([]eval.Result, *eval.Leakage, error) {
	c := f.newCard(cmd, d.Name, d.Name)
	c.Learner = chosen(slices.Concat(plan.Trained, plan.Learners))
	about := report.Set{Name: d.Name, Benign: f.benign, Apart: plan.Protocol.Apart, Forward: f.forward, Elsewhere: plan.Known != nil, Alone: f.alone}
	recorder := report.NewRecorder(c)
	if err := recorder.Begin(cmd.Context(), about, dataset.Part{Data: d}, plan, episodes); err != nil {
		return nil, nil, err
	}
	plan.Each = func(e eval.Outcome) { recorder.Each(pack.OutcomeOf(d.Name, "", e.Episode.Draw, e), e) }
	results, err := plan.Play(cmd.Context(), d, episodes)
	if err != nil {
		return nil, nil, err
	}
	card := recorder.Card()
	return results, card.Sets[0].Parts[0].Leakage, writeCard(f.report, card)
}

// chosen names the learner that a card holds against the baselines: the program's default, or else the last that is none of them.
func chosen(learners []meta.Learner) string {
	names := make([]string, len(learners))
	for i, l := range learners {
		names[i] = l.Name()
	}
	for _, n := range []string{metaVote, "vote"} {
		if slices.Contains(names, n) {
			return n
		}
	}
	for _, n := range slices.Backward(names) {
		if !slices.Contains(pack.Baselines, n) {
			return n
		}
	}
	return names[len(names)-1]
}
