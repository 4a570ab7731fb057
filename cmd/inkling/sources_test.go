package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// folder is a directory of logs as a sensor keeps them: the site's log in two parts, another log, notes, and hidden files.
func folder(t *testing.T, s site) string {
	t.Helper()
	dir := filepath.Join(s.dir, "logs")
	for _, d := range []string{"1", "2", ".git"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	lines := strings.SplitAfter(connLog(), "\n")
	write(t, filepath.Join(dir, "1", "conn.log"), strings.Join(lines[:400], ""))
	write(t, filepath.Join(dir, "2", "conn.log"), connHead+strings.Join(lines[400:], ""))
	write(t, filepath.Join(dir, "1", "dns.log"), "#separator \\x09\n#path\tdns\n#fields\tts\tuid\tquery\n#types\ttime\tstring\tstring\n1.5\tC1\ta.example\n")
	write(t, filepath.Join(dir, "README"), "Dear all,\nthese are the logs\n")
	write(t, filepath.Join(dir, ".git", "conn.log"), connLog())
	return dir
}

// Every command that reads records takes a directory and a pattern for the files in them.
func TestSources(t *testing.T) {
	s := taughtSite(t)
	dir := folder(t, s)
	pattern := filepath.Join(dir, "?", "conn.log")
	files := []string{filepath.Join(dir, "1", "conn.log"), filepath.Join(dir, "2", "conn.log")}
	scans := filepath.Join(s.dir, "scans")
	if err := os.Mkdir(scans, 0o700); err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(connLog(), "\n")
	for i, name := range []string{"a.log", "b.log"} {
		write(t, filepath.Join(scans, name), connHead+strings.Join(lines[firstScan+3*i:firstScan+3*i+3], ""))
	}
	both := func(words ...string) [][]string { // of a command with FILE for its files: as the files, as a directory, as a pattern
		var out [][]string
		for _, to := range [][]string{files, {dir}, {pattern}} {
			var args []string
			for _, w := range words {
				switch {
				case w == "FILE":
					args = append(args, to...)
				case w == "FILE,":
					args = append(args, strings.Join(to, ","))
				default:
					args = append(args, w)
				}
			}
			out = append(out, args)
		}
		return out
	}
	for _, words := range [][]string{
		{"baseline", "FILE", "--label", "label", "--json"},
		{"hunt", "FILE", "--detector", "scan"},
		{"eval", "--data", "FILE,", "--learners", "ratio", "--draws", "1", "--shots", "1", "--json"},
		{"train", "--data", "FILE,", "--learner", "protonet", "--iterations", "2", "-o", filepath.Join(s.dir, "m.safetensors"), "--json"},
	} {
		var first string
		for i, args := range both(words...) {
			if words[0] == "baseline" {
				args = append(args, "--name", "other")
			}
			r := exec(t, s.args(args...)...)
			if r.status != 0 {
				t.Fatalf("%v: status %d: %s", args, r.status, r.stderr)
			}
			told := strings.Contains(r.stderr, "2 files passed over: ") && strings.Contains(r.stderr, "dns.log (contract flow needs the fields duration") && strings.Contains(r.stderr, "README (the format is not recognised")
			if told != (i == 1) {
				t.Errorf("%v: %s", args, r.stderr)
			}
			out := timeless(r.stdout)
			if i == 0 {
				first = out
			} else if out != first {
				t.Errorf("%v gives other results than the files themselves:\n%s\n%s", args, out, first)
			}
		}
	}
	for _, source := range []string{scans, filepath.Join(scans, "*.log")} {
		out := must(t, s.args("teach", "again", "--replace", "--examples", source, "--json")...)
		if !strings.Contains(out, `"examples":6`) {
			t.Errorf("%s: %s", source, out)
		}
		out = must(t, s.args("teach", "again", "--replace", "--examples", s.mark("608"), "--known", source, "--json")...)
		if !strings.Contains(out, `"examples":1`) {
			t.Errorf("%s: %s", source, out)
		}
		if out := must(t, "features", source, "--csv", "--keep", "label"); strings.Count(out, "\n") != 7 {
			t.Errorf("%s: %s", source, out)
		}
		if r := exec(t, "convert", source); r.status != 0 || strings.Count(r.stdout, "\tscan\n") != 6 {
			t.Errorf("%s: %s", source, r.stdout)
		}
	}
	for _, words := range [][]string{{"baseline", s.benign, s.dir + "/./benign.log", "--json", "--name", "twice"}, {"hunt", s.benign, s.dir + "/./benign.log", "--detector", "scan"}} {
		once := exec(t, s.args(slices.Delete(slices.Clone(words), 2, 3)...)...)
		r := exec(t, s.args(words...)...)
		if timeless(r.stdout) != timeless(once.stdout) || !strings.Contains(r.stderr, "1 file passed over: "+words[2]+" (is read already, as "+s.benign+")") {
			t.Errorf("%v: a file named twice counts twice: %s%s", words, r.stdout, r.stderr)
		}
	}
	empty := filepath.Join(s.dir, "empty")
	if err := os.Mkdir(empty, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, args := range readers(s, empty) {
		if !strings.Contains(strings.Join(args, " "), ":300") {
			exec(t, args...).fails(t, 2, "there is no file in this directory")
		}
	}
}

// What is read is not written over by what is made of it.
func TestOutputIsNoInput(t *testing.T) {
	s := newSite(t)
	log := write(t, filepath.Join(s.dir, "log.json"), strings.Repeat(`{"a":1,"label":"benign"}`+"\n", 60))
	was := snapshot(t, s.dir)
	for _, args := range [][]string{
		{"convert", s.log, "-o", s.dir + "/./conn.log"}, {"convert", s.dir, "-o", s.log}, {"schema", log, "--out", log},
		{"eval", "--data", s.log, "--report", s.log, "--learners", "ratio", "--draws", "1", "--shots", "1"}, {"eval", "--data", s.log, "--export-episodes", s.log, "--learners", "ratio", "--draws", "1", "--shots", "1"},
		{"train", "--data", s.log, "-o", s.log, "--iterations", "1"},
	} {
		exec(t, args...).fails(t, 2, "is what is read", "name another file")
		same(t, s.dir, was, strings.Join(args, " "))
	}
}

// timeless leaves out the parts of an output that differ from run to run.
func timeless(out string) string {
	for _, part := range []string{`"seconds":`, `_ms":`, `"model_id":`, `"records_per_s":`} {
		for {
			i := strings.Index(out, part)
			if i < 0 {
				break
			}
			j := strings.IndexAny(out[i:], ",}")
			out = out[:i] + out[i+j:]
		}
	}
	i := strings.Index(out, " records (")
	if i < 0 {
		return out
	}
	return out[:i] + out[i+strings.Index(out[i:], " a second"):]
}
