package main

import (
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/inkling-sec/inkling/detect"
)

// commands gives every command but cobra's own.
func commands(c *cobra.Command) (all []*cobra.Command) {
	for _, sub := range c.Commands() {
		if sub.Name() != "help" && sub.Name() != "completion" {
			all = append(append(all, sub), commands(sub)...)
		}
	}
	return all
}

func TestHelp(t *testing.T) {
	for _, c := range commands(rootCmd()) {
		words := strings.Fields(c.CommandPath())[1:]
		help := must(t, append(words, "--help")...)
		if !strings.Contains(help, "Examples:\n  ") || !strings.Contains(help, "inkling "+strings.Join(words, " ")) || !strings.Contains(help, "Usage:") {
			t.Errorf("%v --help shows no example:\n%s", words, help)
		}
		if c.Short == "" || strings.HasSuffix(c.Short, ".") {
			t.Errorf("%v: short text %q", words, c.Short)
		}
		_, flags, _ := strings.Cut(help, "\nFlags:\n")
		for line := range strings.Lines(c.Long + "\n" + flags) {
			text := strings.TrimSpace(line)
			if len([]rune(text)) > 100 {
				t.Errorf("%v: long line %q", words, text)
			}
		}
	}
	if out := must(t); !strings.Contains(out, "inkling quickstart") {
		t.Errorf("inkling alone says %q", out)
	}
}

func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if out := must(t, "completion", shell); !strings.Contains(out, "inkling") || len(out) < 1000 {
			t.Errorf("%s: %d bytes", shell, len(out))
		}
	}
	if r := exec(t, "__complete", "hun"); r.status != 0 || !strings.HasPrefix(r.stdout, "hunt\t") {
		t.Errorf("hun is completed to %q", r.stdout)
	}
}

func TestMisuse(t *testing.T) {
	for _, tt := range []struct {
		args []string
		says []string
	}{
		{[]string{"nope"}, []string{`unknown command "nope"`, "inkling --help"}},
		{[]string{"hunts"}, []string{"did you mean hunt", "inkling --help"}},
		{[]string{"help", "nope"}, []string{`unknown command "nope"`, "--help"}},
		{[]string{"completion", "nope"}, []string{`unknown command "nope"`, "inkling completion --help"}},
		{[]string{"detectors", "nope"}, []string{`unknown command "nope"`, "inkling detectors --help"}},
		{[]string{"--nope"}, []string{"unknown flag: --nope", "inkling --help"}},
		{[]string{"teach", "--nope"}, []string{"teach: unknown flag: --nope", "inkling teach --help"}},
		{[]string{"teach"}, []string{"teach: accepts 1 arg", "usage: inkling teach NAME --examples", "inkling teach --help"}},
		{[]string{"baseline"}, []string{"requires at least 1 arg", "inkling baseline --help"}},
		{[]string{"detectors", "show"}, []string{"detectors show: accepts 1 arg", "inkling detectors show --help"}},
		{[]string{"eval", "left", "over"}, []string{"left", "inkling eval --help"}},
		{[]string{"teach", "x", "--alpha", "much"}, []string{"--alpha", "inkling teach --help"}},
		{[]string{"eval", "--draws", "x"}, []string{`invalid argument "x" for "--draws" flag: not a number that it takes`}},
		{[]string{"eval", "--seed", "-1"}, []string{`invalid argument "-1" for "--seed" flag: not a number that it takes`}},
		{[]string{"hunt", "--show"}, []string{"--show", "inkling hunt --help"}},
	} {
		r := exec(t, tt.args...)
		r.fails(t, 2, tt.says...)
		if r.stdout != "" {
			t.Errorf("%v writes to standard output: %q", tt.args, r.stdout)
		}
	}
}

// Nothing but a terminal sees a colour or a cursor code.
func TestNoColours(t *testing.T) {
	s := taughtSite(t)
	t.Setenv("TERM", "xterm-256color")
	t.Setenv("NO_COLOR", "")
	for _, words := range [][]string{
		{"hunt", s.log, "--detector", "scan"}, {"explain", s.mark("608"), "--detector", "scan"}, {"explain", s.mark("12"), "--detector", "scan"},
		{"detectors", "list"}, {"detectors", "show", "scan"}, {"teach", "two", "--examples", s.mark("608,609")}, {"baseline", s.benign},
		{"features"}, {"features", s.mark("608")}, {"version"}, {"eval", "--data", s.log, "--learners", "ratio", "--draws", "1"},
		{"convert", s.log, "-o", filepath.Join(s.dir, "out.log")}, {"nope"}, {"hunt", "none", "--detector", "scan"},
	} {
		r := exec(t, s.args(words...)...)
		if strings.ContainsAny(r.stdout+r.stderr, "\x1b\r") {
			t.Errorf("%v writes control codes: %q", words, r.stdout+r.stderr)
		}
		if r.stdout+r.stderr == "" {
			t.Errorf("%v says nothing", words)
		}
	}
}

// What a command says to do next can be done.
func TestNextStep(t *testing.T) {
	s := newSite(t)
	if out := must(t, s.args("detectors", "list")...); !strings.Contains(out, "inkling teach NAME --examples") {
		t.Errorf("an empty home: %q", out)
	}
	exec(t, s.args("teach", "x", "--examples", s.mark("608"))...).fails(t, 3, "no baseline yet", "inkling baseline conn.log")
	if out := must(t, s.args("baseline", s.benign)...); !strings.Contains(out, "Next: inkling teach NAME --examples FILE:LINE,LINE… --baseline default") {
		t.Errorf("baseline: %q", out)
	}
	if out := must(t, s.args("teach", "x", "--examples", s.mark("608"), "--baseline", "default")...); !strings.Contains(out, "Next: inkling hunt FILE… --detector x") || !strings.Contains(out, "not possible with one example") {
		t.Errorf("teach: %q", out)
	}
	out := must(t, s.args("hunt", s.log, "--detector", "x")...)
	_, id, found := strings.Cut(out, "  alert ")
	if !found {
		t.Fatalf("hunt: %q", out)
	}
	id, _, _ = strings.Cut(id, "\n")
	if out := must(t, s.args("explain", id)...); !strings.Contains(out, id) {
		t.Errorf("explain: %q", out)
	}
}

// What a command says to do next can be done where names have spaces, and with the file that was written.
func TestNextStepQuoted(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "my data")
	next := func(home string, args ...string) []string {
		t.Helper()
		_, command, _ := strings.Cut(must(t, append([]string{"--home", home}, args...)...), "Next: inkling ")
		command, _, _ = strings.Cut(command, "\n")
		words, err := osexec.Command("sh", "-c", "printf '%s\\n' "+strings.ReplaceAll(command, "FILE…", "")).Output()
		if err != nil {
			t.Fatalf("%s: %v", command, err)
		}
		return append([]string{"--home", home}, strings.Split(strings.TrimSpace(string(words)), "\n")...)
	}
	home := filepath.Join(dir, "home")
	must(t, next(home, "init", "payment", dir)...)
	schema := filepath.Join(dir, "my schema.json")
	must(t, append(next(home, "schema", filepath.Join(dir, "payments.csv"), "--label", "label", "--out", schema), filepath.Join(dir, "payments.csv"))...)
	exec(t, "schema", filepath.Join(dir, "payments.csv"), "--out", filepath.Join(dir, "schema.txt")).fails(t, 2, "schema.txt", ".json")
	if _, err := os.Stat(filepath.Join(dir, "schema.txt")); err == nil {
		t.Error("a schema was written that --schema does not take")
	}
}

// What doubts say of how to leave columns out, one by one, is told together too.
func TestDroppable(t *testing.T) {
	got := droppable([]string{
		`column "id" rises` + detect.LeaveOut + "id", `column "label" looks like labels`, `column "a b" is text` + detect.LeaveOut + "'a b'", `column "ts" holds times` + detect.LeaveOut + "ts",
	})
	if strings.Join(got, ",") != "id,ts" {
		t.Errorf("%q", got)
	}
}

// Of a file that is passed over a few words say why.
func TestFewOf(t *testing.T) {
	for why, want := range map[string]string{
		"the file is empty": "the file is empty", "needs the fields a, b, c, d, e": "needs the fields a, b, c, d, e",
		"needs the fields a, b, c, d, e, f": "needs the fields a, b, c, d and 2 more",
	} {
		if got := fewOf(why); got != want {
			t.Errorf("%q is shortened to %q", why, got)
		}
	}
}

func TestVersion(t *testing.T) {
	if flag, command := must(t, "--version"), must(t, "version"); flag != command || !strings.HasPrefix(flag, "inkling "+release) || strings.Contains(flag, unknown) {
		t.Errorf("%q, %q", flag, command)
	}
}
