package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/detect"
	"github.com/inkling-sec/inkling/feature"
	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/models"
	"github.com/inkling-sec/inkling/pack"
	"github.com/inkling-sec/inkling/read"
	"github.com/inkling-sec/inkling/store"
)

// What teach uses when it is not told: the honest winners on the development
// captures; see ARCHITECTURE.md.
const (
	flowModel    = "flow"    // inside the program, for baselines of the flow contract
	anyModel     = "matcher" // inside the program, for any table
	tableLearner = "vote"    // for any table: that model, ratio and extra trees
	oddLearner   = "odd"     // without examples
)

// choose finds what a detector is made by: one of meta.Learners, a model by its
// name, or, with neither, the default for the contract.
func choose(h store.Home, learner, model string, c *feature.Contract, seed uint64) (detect.Choice, error) {
	switch {
	case learner != "" && model != "":
		return detect.Choice{}, &inkling.Error{Code: inkling.Invalid, What: "both --learner and --model are given", Remedy: "a model is a trained learner: choose one"}
	case model != "":
		return findModel(h, model)
	case learner == "" && c.Hash() == feature.Flow().Hash():
		return findModel(h, flowModel)
	case learner == "":
		learner = learnerOf(c)
	}
	e, err := meta.Find(learner)
	if err != nil {
		return detect.Choice{}, &inkling.Error{Code: inkling.Invalid, What: err.Error(), Remedy: "correct --learner"}
	}
	l := e.New(seed)
	if _, trains := l.(meta.Trainer); trains {
		return detect.Choice{}, &inkling.Error{Code: inkling.Invalid, What: fmt.Sprintf("%s must be trained before it can be taught", learner), Remedy: "train a model with: inkling train, and name it with --model"}
	}
	chosen := detect.Choice{Learner: l}
	if _, ok := l.(*meta.Vote); ok { // which the program's own matcher votes in
		chosen.ModelID = modelID(models.Matcher)
	}
	return chosen, nil
}

// learnerOf gives what is taught by examples of a contract by default: what the pack of that family says, where that looks at examples.
func learnerOf(c *feature.Contract) string {
	for _, p := range pack.Packs {
		if p.Schema == c.Name && feature.Find(c.Name) != nil && p.Learner != oddLearner {
			return p.Learner
		}
	}
	return tableLearner
}

// armed loads a detector with its baseline and model and makes it ready.
func armed(ctx context.Context, h store.Home, name string) (*detect.Armed, error) {
	all, err := armedTogether(ctx, h, []string{name})
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// armedTogether makes detectors of one baseline ready.
func armedTogether(ctx context.Context, h store.Home, names []string) (all []*detect.Armed, err error) {
	var b *detect.Baseline
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return nil, &inkling.Error{Code: inkling.Invalid, What: fmt.Sprintf("detector %s is named twice", name), Remedy: "name it once"}
		}
		d, err := loadDetector(h, name)
		if err != nil {
			return nil, err
		}
		if b == nil {
			if b, err = baseline(h, d.Baseline); err != nil {
				return nil, err
			}
		} else if d.BaselineID != b.ID() {
			return nil, &inkling.Error{Code: inkling.Conflict, Place: "detector " + name, What: fmt.Sprintf("taught on another baseline (%s) than %s (%s)", d.Baseline, names[0], b.Name), Remedy: "take each by itself"}
		}
		a, err := armedOn(ctx, h, d, b)
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
}

func armedOn(ctx context.Context, h store.Home, d *detect.Detector, b *detect.Baseline) (*detect.Armed, error) {
	learner := d.Learner
	if d.Model != "" {
		learner = ""
	}
	c, err := choose(h, learner, d.Model, b.Contract, d.Seed)
	if err != nil {
		return nil, &inkling.Error{Code: inkling.CodeOf(err), Place: "detector " + d.Name, What: "cannot be made ready", Remedy: "teach it again with this program", Err: err}
	}
	return detect.Arm(ctx, d, b, c)
}

func baseline(h store.Home, name string) (*detect.Baseline, error) {
	data, err := h.Get(store.Baselines, name)
	if err != nil {
		return nil, err
	}
	b, err := detect.ReadBaseline(bytes.NewReader(data), name)
	if err == nil {
		b.Name = name // that of the file, which may have been copied or renamed: detectors look for it by that
	}
	return b, err
}

var marked = regexp.MustCompile(`(?s)^(.+):(\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*)$`)

// parseLines splits FILE:3,7,10-12 into the file and the lines; FILE alone has none. An error tells the flag, "" where there is none.
func parseLines(arg, flag string) (file string, lines []int, err error) {
	if _, err := os.Stat(arg); err == nil { // a file that is named so
		return arg, nil, nil
	}
	place := strings.TrimSpace(flag + " " + arg)
	m := marked.FindStringSubmatch(arg)
	if m == nil {
		return arg, nil, mismarked(arg, place)
	}
	for part := range strings.SplitSeq(m[2], ",") {
		from, to, isRange := strings.Cut(part, "-")
		lo, err := strconv.Atoi(from)
		hi := lo
		if isRange && err == nil {
			hi, err = strconv.Atoi(to)
		}
		if err != nil || lo < 1 || hi < lo || hi-lo > 1000 {
			return "", nil, &inkling.Error{Code: inkling.Invalid, Place: place, What: fmt.Sprintf("lines %q", part), Remedy: "write lines as 12 or 12-20, at most 1,000 of them, the first line is 1"}
		}
		for l := lo; l <= hi; l++ {
			lines = append(lines, l)
		}
	}
	return m[1], lines, nil
}

// mismarked refuses what was meant for lines of a file and is none: something like numbers, or anything behind a file that is there.
func mismarked(arg, place string) error {
	at := strings.LastIndexByte(arg, ':')
	if at < 1 || read.Listens(arg) {
		return nil
	}
	file, lines := arg[:at], arg[at+1:]
	if info, err := os.Stat(file); (err != nil || info.IsDir()) && strings.Trim(lines, "0123456789,- ") != "" {
		return nil
	}
	what := fmt.Sprintf("%q are no lines of %s", lines, file)
	if parts := strings.Split(lines, ","); len(parts) > 1 && slices.ContainsFunc(parts, func(p string) bool { return strings.TrimSpace(p) == "" }) {
		what = fmt.Sprintf("an item of the lines %q is empty", lines)
	}
	return &inkling.Error{Code: inkling.Invalid, Place: place, What: what, Remedy: "write them as FILE:812,815,820-822, with no spaces and nothing empty between commas; FILE alone is all its records"}
}

// examples reads the marked records of all arguments of a flag, each FILE:LINES, or all records of a file, directory or pattern.
func examples(ctx context.Context, in *input, flag string, args []string, b *detect.Baseline) (detect.Rows, error) {
	var all detect.Rows
	for _, arg := range args {
		source, lines, err := parseLines(arg, flag)
		if err != nil {
			return all, err
		}
		if len(lines) > 0 && in.truth.read != nil {
			return all, &inkling.Error{Code: inkling.Invalid, Place: arg, What: "lines as well as ground truth", Remedy: "name the file alone: the ground truth marks its records"}
		}
		files := []string{source}
		if len(lines) == 0 {
			if files, err = in.files(files, b.Contract); err != nil {
				return all, err
			}
		}
		var at map[string][]int // nil: all records
		if len(lines) > 0 {
			at = map[string][]int{source: lines}
		} else if in.truth.read != nil {
			if at, err = in.linesByTruth(ctx, files); err != nil {
				return all, err
			}
		}
		found := 0
		rows, err := in.unlabelled().rows(ctx, files, at, b.Contract, madeOf(b))
		if err != nil {
			return all, err
		}
		for _, r := range rows {
			found += r.Len()
			addNew(&all, r)
		}
		if found == 0 && in.truth.read != nil {
			what := "the ground truth marks no record in it"
			if in.truth.class != "" {
				what += " as " + in.truth.class
			}
			return all, &inkling.Error{Code: inkling.Invalid, Place: source, What: what, Remedy: "check times and addresses of " + in.truth.file + "; times are UTC"}
		}
		if found == 0 {
			return all, &inkling.Error{Code: inkling.Invalid, Place: source, What: "no records", Remedy: "check that this is the right file"}
		}
	}
	return all, nil
}

// addNew appends rows but those that are there: a record that is marked twice must not find itself in the self-test.
func addNew(all *detect.Rows, rows detect.Rows) {
	for i, o := range rows.Origin {
		if slices.ContainsFunc(all.Origin, func(there inkling.Origin) bool { return there.Line == o.Line && read.Same(there.File, o.File) }) {
			continue
		}
		all.Raw = append(all.Raw, rows.Raw[i])
		all.Origin = append(all.Origin, o)
		all.Record = append(all.Record, rows.Record[i])
		all.Time = append(all.Time, rows.Time[i])
	}
}

// mostKnown bounds the rows of a known attack that a detector keeps.
const mostKnown = 200

// knownAttacks reads the records of known attacks, each argument one; nil without any.
func knownAttacks(ctx context.Context, in *input, args []string, onlyThis bool, b *detect.Baseline) (*detect.Known, error) {
	if len(args) == 0 {
		if onlyThis {
			return nil, &inkling.Error{Code: inkling.Invalid, What: "--only-this without known attacks", Remedy: "name records of other attacks with --known"}
		}
		return nil, nil
	}
	k, plain := &detect.Known{OnlyThis: onlyThis}, in.unlabelled() // the ground truth marks the examples,
	plain.before, plain.thin = nil, true                           // and what came before is before these
	for class, arg := range args {
		rows, err := examples(ctx, plain, "--known", []string{arg}, b)
		if err != nil {
			return nil, err
		}
		n := min(rows.Len(), mostKnown)
		if n < rows.Len() {
			in.note(fmt.Sprintf("--known %s: has more than %d records; so many, evenly spread, are learned from", arg, n))
		}
		for i := range n {
			k.Rows, k.Class = append(k.Rows, rows.Raw[i*rows.Len()/n]), append(k.Class, class)
		}
	}
	return k, nil
}
