package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/detect"
	"github.com/inkling-sec/inkling/feature"
	"github.com/inkling-sec/inkling/read"
	"github.com/inkling-sec/inkling/store"
)

// aboutBefore begins what the help says of files that came before.
const aboutBefore = `Numbers over time are made from the records before, of FILE alone or of what --before
names too: the log's files before it, or all of them, as of conn.*.log.gz those that come before
FILE. `

// beforeFlag is for commands that judge single records, whose numbers over time depend on those before.
func (in *input) beforeFlag(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&in.before, "before", nil, "file of the same log that came before, or a directory or pattern of them, whose records are remembered over time as in a hunt through all; may be given again")
}

// sequence is files that were read one after the other, and by what.
type sequence struct {
	by    string
	files []string
}

// rows reads records of files as a hunt through these sees them: all of a file, or those at its lines; none of a file that lines, where it is
// not nil, does not name. What came before is remembered of the files of --before, or else of the first of known that has one of the files.
func (in *input) rows(ctx context.Context, files []string, lines map[string][]int, c *feature.Contract, known ...sequence) (all []detect.Rows, err error) {
	order, by, err := in.order(files, c, known)
	if err != nil {
		return nil, err
	}
	if by != "" {
		in.note(fmt.Sprintf("%s: read after %s, for what is remembered over time", files[0], by))
	}
	rows, failed, err := in.walk(ctx, order, files, lines, c)
	if err != nil && by != "" && ctx.Err() == nil && !slices.Contains(files, failed) {
		in.note(fmt.Sprintf("%s: judged as if nothing came before: %v", files[0], err))
		rows, _, err = in.walk(ctx, files, files, lines, c)
	}
	for _, f := range files {
		all = append(all, rows[f])
	}
	return all, err
}

// order gives the files in the order in which they are to be read, others that came before among them, and what these are known by where nobody named them.
func (in *input) order(files []string, c *feature.Contract, known []sequence) (order []string, by string, err error) {
	x, err := feature.New(c)
	switch {
	case err != nil:
		return nil, "", err
	case !feature.Remembers(x) && len(in.before) > 0:
		return nil, "", idle("--before with records that are judged each by itself", "leave it out")
	case !feature.Remembers(x):
		return files, "", nil
	}
	at := func(f string) int {
		return slices.IndexFunc(files, func(g string) bool { return !unfiled(f) && read.Same(f, g) })
	}
	before := in.before
	if len(before) > 0 {
		if before, err = in.files(before, c); err != nil {
			return nil, "", err
		}
	} else {
		for _, k := range known {
			if slices.ContainsFunc(k.files, func(f string) bool { return at(f) >= 0 }) {
				before, by = k.files, k.by
				break
			}
		}
	}
	last := -1 // of the files that is in before: what comes after it is not needed
	for i, f := range before {
		if k := at(f); k >= 0 {
			f, last = files[k], i
		}
		order = append(order, f)
	}
	if last >= 0 {
		order = order[:last+1]
	}
	if by != "" && slices.ContainsFunc(order, unfiled) {
		in.note(fmt.Sprintf("%s: judged as if nothing came before: of %s, not all can be read again", files[0], by))
		return files, "", nil
	}
	for _, f := range files {
		if !slices.Contains(order, f) {
			order = append(order, f)
		}
	}
	if len(order) == len(files) {
		by = ""
	}
	return order, by, nil
}

// idle refuses a flag that would do nothing.
func idle(what, remedy string) error {
	return &inkling.Error{Code: inkling.Invalid, What: what, Remedy: remedy}
}

// unfiled reports whether a source cannot be read again.
func unfiled(f string) bool { return f == "-" || read.Listens(f) }

// walk reads files in order and gives the rows that are wanted, by file. On an error it names the file that failed.
func (in *input) walk(ctx context.Context, order, files []string, lines map[string][]int, c *feature.Contract) (rows map[string]detect.Rows, failed string, err error) {
	rows = map[string]detect.Rows{}
	wanted := func(f string) bool {
		_, named := lines[f]
		return slices.Contains(files, f) && (lines == nil || named)
	}
	for len(order) > 0 && !wanted(order[len(order)-1]) {
		order = order[:len(order)-1]
	}
	m := detect.Memory{Thin: in.thin}
	for i, f := range order {
		err := func() error {
			r, err := in.opener(ctx)(f)
			if err != nil {
				return err
			}
			defer r.Close()
			if !wanted(f) {
				return m.Pass(ctx, r, c)
			}
			rows[f], err = m.Examples(ctx, r, f, lines[f], c, i < len(order)-1)
			return err
		}()
		if err != nil {
			return rows, f, err
		}
	}
	return rows, "", nil
}

// hunted is what is kept of a hunt beside its alerts.
type hunted struct {
	Time  time.Time `json:"time"`
	Files []string  `json:"files"` // in the order that they were read in
}

// recordOf makes the record of a hunt through files, which may be looked at from another folder.
func recordOf(files []string) hunted {
	h := hunted{Time: time.Now().UTC().Truncate(time.Second)}
	for _, f := range files {
		if whole, err := filepath.Abs(f); err == nil && !unfiled(f) {
			f = whole
		}
		h.Files = append(h.Files, f)
	}
	return h
}

// huntsOf gives what the last hunts of those detectors read, the latest first. What cannot be read is not known.
func huntsOf(h store.Home, detectors ...string) (all []sequence) {
	when := map[string]time.Time{}
	for _, name := range detectors {
		var last hunted
		if b, err := h.Get(store.Hunts, name); err == nil && json.Unmarshal(b, &last) == nil {
			by := "the files before it in the last hunt of " + name
			when[by] = last.Time
			all = append(all, sequence{by, last.Files})
		}
	}
	slices.SortStableFunc(all, func(a, b sequence) int { return when[b.by].Compare(when[a.by]) })
	return all
}

// hunts gives what the last hunts read, where there is a home with such.
func (a *app) hunts() []sequence {
	h, err := a.store()
	if err != nil {
		return nil
	}
	names, _ := h.List(store.Hunts)
	return huntsOf(h, names...)
}

// madeOf gives what a baseline was made of.
func madeOf(b *detect.Baseline) sequence {
	return sequence{"the files before it in baseline " + b.Name, b.Files}
}
