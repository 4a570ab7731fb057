package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/feature"
	"github.com/inkling-sec/inkling/read"
)

// aboutSources says for the help what may stand where files are named.
const aboutSources = `A FILE may be a directory, with all below it, or a pattern in quotes. Of a directory,
what is not to be read is told of and passed over; so is a file that is named twice.`

// aboutRotated says for the help what files of one log are.
const aboutRotated = `A file that goes on where the one before ended, within ten minutes, is that log's next: what
is remembered over time goes on too. Any other begins anew.`

// files gives the files that sources stand for; of a directory, those whose records the contract is for, where there is one.
func (in *input) files(sources []string, c *feature.Contract) ([]string, error) {
	var fits func(inkling.Reader) error
	if c != nil && !gathers(c.Name) {
		fits = func(r inkling.Reader) error { return fitting(r, c) }
	}
	files, passed, err := read.Files(sources, in.options(), fits)
	if err == nil && len(passed) > 0 {
		in.note(passedOver(passed))
	}
	return files, err
}

// gathers reports whether records of a schema are made of many, up to the end of the input.
func gathers(schema string) bool {
	f := feature.Find(schema)
	return f != nil && f.Gather != nil
}

// fitting says why records cannot be of the contract, by the first that can be read.
func fitting(r inkling.Reader, c *feature.Contract) error {
	x, err := feature.New(c)
	if err != nil {
		return err
	}
	var rec inkling.Record
	for range 100 {
		if err := r.Read(&rec); err == nil {
			var e *inkling.Error
			if err = x.Extract(make([]float64, len(c.Features)), &rec); errors.As(err, &e) && !e.Skippable {
				return errors.New(e.What)
			}
			return nil
		} else if !inkling.Skippable(err) {
			return nil // an end, which is no harm, or damage, which reading it tells of
		}
	}
	return nil
}

// passedOver tells of the first few files and counts the others.
func passedOver(passed []read.Passed) string {
	var first []string
	for _, p := range passed[:min(3, len(passed))] {
		first = append(first, fmt.Sprintf("%s (%s)", p.File, fewOf(p.Err.Error())))
	}
	text := fmt.Sprintf("%s passed over: %s", plural(len(passed), "file"), strings.Join(first, ", "))
	if more := len(passed) - len(first); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// fewOf leaves out what comes after the first few items of a list.
func fewOf(why string) string {
	const most = 4
	items := strings.Split(why, ", ")
	if more := len(items) - most; more > 1 {
		return fmt.Sprintf("%s and %d more", strings.Join(items[:most], ", "), more)
	}
	return why
}

// note says something of the input, once.
func (in *input) note(what string) {
	if in.stderr == nil || in.told[what] {
		return
	}
	in.told[what] = true
	fmt.Fprintln(in.stderr(), "inkling: note:", inkling.Printable(what))
}

// contractOf gives the contract of a family's schema, nil for a table's, which depends on the rows.
func contractOf(schema string) *feature.Contract {
	if f := feature.Find(schema); f != nil {
		return f.New().Contract()
	}
	return nil
}

// overInput refuses to write over one of the files that are read.
func overInput(out string, files []string) error {
	if out == "" || out == "-" || !slices.ContainsFunc(files, func(f string) bool { return read.Same(f, out) }) {
		return nil
	}
	return &inkling.Error{Code: inkling.Invalid, Place: out, What: "is what is read, and would be written over", Remedy: "name another file"}
}
