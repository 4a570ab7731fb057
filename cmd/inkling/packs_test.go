package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/feature"
	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/pack"
)

// Every pack is whole, and its page's worked example runs as it stands there.
func TestPacks(t *testing.T) {
	for i := range pack.Packs {
		p := &pack.Packs[i]
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			if p.Title == "" || p.Area == "" || p.About == "" || len(p.Judged) == 0 {
				t.Error("title, area, about or data sets are missing")
			}
			if p.Schema != "table" && feature.Find(p.Schema) == nil {
				t.Errorf("no schema %q", p.Schema)
			}
			if _, err := meta.Find(p.Learner); err != nil {
				t.Error(err)
			}
			if testing.Short() && p.Name != "payment" {
				t.Skip("one worked example will do where tests are slow")
			}
			workedExample(t, p)
		})
	}
}

// workedExample runs the indented lines that begin with "inkling" in the page's part of that name, and wants alerts.
func workedExample(t *testing.T, p *pack.Pack) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "packs", p.Name+".md"))
	if err != nil {
		t.Fatal(err)
	}
	_, text, found := strings.Cut(string(page), "## Worked example")
	text, _, _ = strings.Cut(text, "\n## ")
	dir, home, alerts, ran := t.TempDir(), t.TempDir(), 0, 0
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if !strings.HasPrefix(line, "    inkling ") {
			continue
		}
		ran++
		for i, w := range words {
			if i > 0 && strings.HasPrefix(w, p.Example.File) {
				words[i] = filepath.Join(dir, w)
			}
		}
		if words[1] == "init" {
			words = append(words, dir)
		}
		var out, diag bytes.Buffer
		if status := run(t.Context(), append(words[1:], "--home", home, "--json"), &out, &diag); status != 0 {
			t.Fatalf("%s: status %d: %s", strings.TrimSpace(line), status, diag.String())
		}
		if words[1] == "hunt" {
			for l := range strings.Lines(out.String()) {
				var s struct {
					Alerts *int
					Late   int
				}
				var a inkling.Alert
				switch {
				case json.Unmarshal([]byte(l), &s) == nil && s.Alerts != nil:
					alerts += *s.Alerts
					if s.Late > 0 {
						t.Errorf("%d records of the example are late", s.Late)
					}
				case json.Unmarshal([]byte(l), &a) == nil:
					if f := feature.Find(p.Schema); f != nil && f.About != nil && called(a.Record) == nil {
						t.Errorf("nothing says what %v is about", a.Record)
					}
				}
			}
		}
	}
	if !found || ran < 3 || alerts == 0 {
		t.Errorf("the page's worked example: %d commands, %d alerts", ran, alerts)
	}
}

// Who tries one page after the other in one home meets no detector of the same name.
func TestWorkedExamplesShareAHome(t *testing.T) {
	of := map[string]string{}
	for _, p := range pack.Packs {
		page, err := os.ReadFile(filepath.Join("..", "..", "docs", "packs", p.Name+".md"))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(page)) {
			if words := strings.Fields(line); strings.HasPrefix(line, "    inkling teach ") {
				if other := of[words[2]]; other != "" {
					t.Errorf("%s teaches %s, as %s does", p.Name, words[2], other)
				}
				of[words[2]] = p.Name
			}
		}
	}
}

// A file of the user's own, or another pack's, is not written over; the pack's own may be there.
func TestInitKeepsWhatIsThere(t *testing.T) {
	dir := t.TempDir()
	home := filepath.Join(dir, "home")
	file := write(t, filepath.Join(dir, "reports.csv"), "mine\n")
	exec(t, "--home", home, "init", "drug", dir).fails(t, 4, "reports.csv: is there already", "another directory")
	if b, err := os.ReadFile(file); err != nil || string(b) != "mine\n" {
		t.Errorf("what was there is gone: %q, %v", b, err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	must(t, "--home", home, "init", "drug", dir)
	must(t, "--home", home, "init", "drug", dir)
	was := snapshot(t, dir)
	exec(t, "--home", home, "init", "accident", dir).fails(t, 4, "reports.csv: is there already")
	same(t, dir, was, "another pack")
}
