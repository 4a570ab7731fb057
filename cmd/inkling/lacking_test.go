package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// In JSON a field without a value is left out: a file in which one of the baseline's never turns up, or late, is hunted in and taught of,
// and told of. One that every benign record has must be there, and so must every column of a table with a header.
func TestLackingColumns(t *testing.T) {
	forms := map[string]func(i int, more string) string{
		"json": func(i int, more string) string {
			return fmt.Sprintf(`{"amount":%d,"shop":"s%d"%s}`, i*37%90, i%3, more)
		},
		"windows": func(i int, more string) string {
			return fmt.Sprintf(`{"EventID":1,"UtcTime":"2026-01-02 03:%02d:%02d","Channel":"c","amount":%d,"shop":"s%d"%s}`, i/60%60, i%60, i*37%90, i%3, more)
		},
		"eve-dns": func(i int, more string) string {
			return fmt.Sprintf(`{"timestamp":"2026-01-02T03:%02d:%02dZ","event_type":"dns","amount":%d,"shop":"s%d"%s}`, i/60%60, i%60, i*37%90, i%3, more)
		},
		"zeek-json": func(i int, more string) string {
			return fmt.Sprintf(`{"ts":%d,"uid":"C%d","amount":%d,"shop":"s%d"%s}`, 1767323045+i, i, i*37%90, i%3, more)
		},
	}
	for format, line := range forms {
		t.Run(format, func(t *testing.T) {
			s := newSite(t)
			text := func(n int, more func(i int) string) string {
				var b strings.Builder
				for i := range n {
					b.WriteString(line(i, more(i)) + "\n")
				}
				return b.String()
			}
			whole := write(t, filepath.Join(s.dir, "whole.json"), text(200, func(i int) string {
				return []string{`,"tip":3,"card":"x"`, `,"card":"x"`, `,"tip":4`, ``}[i%4]
			}))
			bare := text(200, func(int) string { return "" })
			lacking := write(t, filepath.Join(s.dir, "lacking.json"), bare)
			late := write(t, filepath.Join(s.dir, "late.json"), strings.Repeat(bare, 250)+line(1, `,"tip":5000,"card":"z"`)+"\n"+line(2, `,"tip":9000`)+"\n")
			must(t, s.args("baseline", whole, "--format", format, "--schema", "table", "--name", "b")...)
			marks := write(t, filepath.Join(s.dir, "marks.json"), line(1, `,"tip":5000`)+"\n"+line(2, `,"tip":6000`)+"\n")
			taught := exec(t, s.args("teach", "d", "--examples", marks+":1,2", "--format", format)...)
			if !strings.Contains(taught.stderr, "some of the baseline's: card") || taught.status != 0 {
				t.Errorf("teaching: %d, %s", taught.status, taught.stderr)
			}
			hunted := exec(t, s.args("hunt", lacking, "--detector", "d", "--format", format)...)
			if hunted.status != 0 || !strings.Contains(hunted.stderr, "card") || !strings.Contains(hunted.stderr, "tip") {
				t.Errorf("hunting without the columns: %d, %s", hunted.status, hunted.stderr)
			}
			if r := exec(t, s.args("hunt", late, "--detector", "d", "--format", format, "--json")...); !strings.Contains(r.stdout, `"line":50001`) || !strings.Contains(r.stdout, `"line":50002`) {
				t.Errorf("what turns up late is not read: %s", r.stderr)
			}
			other := write(t, filepath.Join(s.dir, "other.json"), strings.ReplaceAll(bare, "shop", "store"))
			exec(t, s.args("hunt", other, "--detector", "d", "--format", format)...).fails(t, 2, "needs the field shop")

			file := filepath.Join(s.dir, "pinned.json")
			must(t, "schema", whole, "--format", format, "--out", file)
			must(t, s.args("baseline", whole, "--format", format, "--schema", file, "--name", "p")...)
			exec(t, s.args("teach", "q", "--examples", marks+":1,2", "--format", format, "--baseline", "p")...)
			if r := exec(t, s.args("hunt", lacking, "--detector", "q", "--format", format)...); r.status != 0 || !strings.Contains(r.stderr, "card") {
				t.Errorf("hunting by a schema without its columns: %d, %s", r.status, r.stderr)
			}
			if format != "json" {
				return
			}
			csv := write(t, filepath.Join(s.dir, "t.csv"), "amount,shop,card\n5,s1,x\n")
			exec(t, s.args("hunt", csv, "--detector", "d")...).fails(t, 2, "needs the field tip")
			exec(t, s.args("hunt", csv, "--detector", "q")...).fails(t, 2, `no column "tip"`)
		})
	}
}
