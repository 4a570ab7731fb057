package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"
)

// Marks between which the table stands in its file.
const (
	beginMark = "<!-- papers: begin -->"
	endMark   = "<!-- papers: end -->"
)

// writeTable puts the results there are between the marks of the table's file.
func (o *options) writeTable() error {
	var b strings.Builder
	b.WriteString("| training | test | published | bar | inductive | transductive | outer steps × tasks | wall time |\n|---|---|---|---|---|---|---|---|\n")
	for _, t := range trainings {
		results, err := o.results(t)
		if err != nil {
			return err
		}
		for _, c := range t.tests {
			t.line(&b, c, results)
		}
	}
	text, err := os.ReadFile(o.table)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(text), beginMark)
	_, after, closed := strings.Cut(rest, endMark)
	if !ok || !closed {
		return fmt.Errorf("%s: no lines %s and %s to write between", o.table, beginMark, endMark)
	}
	return os.WriteFile(o.table, []byte(before+beginMark+"\n"+b.String()+endMark+after), 0o644)
}

func (o *options) results(t training) (all []result, err error) {
	text, err := os.ReadFile(o.file(t, ".results.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	return all, err
}

// line writes a row of the table.
func (t training) line(b *strings.Builder, c test, results []result) {
	figure := map[bool]string{}
	wall := "not run"
	for _, r := range results {
		if r.Ways == c.ways && r.Shots == c.shots {
			figure[r.Transductive] = fmt.Sprintf("%.2f ± %.2f", r.Mean, r.CI95)
			wall = time.Duration(r.Seconds * float64(time.Second)).Round(time.Second).String()
		}
	}
	fmt.Fprintf(b, "| `%s` (%s) | %d-way %d-shot | %s | %s | %s | %s | %d × %d | %s |\n", t.name, t.about, c.ways, c.shots,
		c.published, c.bar, figure[false], figure[true], t.iterations, t.metaBatch, wall)
}
