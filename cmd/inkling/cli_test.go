package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A test binary that is started with this variable is the program itself.
const asProgram = "INKLING_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// result is what one run of the command line gave.
type result struct {
	args           []string
	stdout, stderr string
	status         int
}

// exec runs the command line in this process.
func exec(t *testing.T, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	defer func() {
		if p := recover(); p != nil {
			t.Fatalf("inkling %s: panic: %v", strings.Join(args, " "), p)
		}
	}()
	status := run(context.Background(), args, &out, &errs)
	return result{args, out.String(), errs.String(), status}
}

// must runs the command line and stops the test when it fails.
func must(t *testing.T, args ...string) string {
	t.Helper()
	r := exec(t, args...)
	if r.status != 0 || r.stderr != "" {
		t.Fatalf("inkling %s: status %d: %s", strings.Join(args, " "), r.status, r.stderr)
	}
	return r.stdout
}

// fails checks that a run failed with the status and one line that says each of says, which end in a remedy.
func (r result) fails(t *testing.T, status int, says ...string) {
	t.Helper()
	what := "inkling " + strings.Join(r.args, " ")
	if r.status != status {
		t.Errorf("%s: status %d, not %d: %s", what, r.status, status, r.stderr)
	}
	lines := strings.Split(strings.TrimSuffix(r.stderr, "\n"), "\n")
	last := lines[len(lines)-1]
	if !strings.HasPrefix(last, "inkling: ") || !strings.HasSuffix(last, ")") || strings.Contains(r.stderr, "goroutine") {
		t.Errorf("%s: no message with a remedy: %q", what, r.stderr)
	}
	for _, s := range says {
		if !strings.Contains(last, s) {
			t.Errorf("%s: the message does not say %q: %q", what, s, last)
		}
	}
}

const connHead = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n" +
	"#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state\tmissed_bytes\thistory\torig_pkts\torig_ip_bytes\tresp_pkts\tresp_ip_bytes\tlabel\n" +
	"#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tinterval\tcount\tcount\tstring\tcount\tstring\tcount\tcount\tcount\tcount\tstring\n"

// Where the parts of the log of connLog stand, in lines.
const (
	benignRecords = 600
	scanRecords   = 60
	firstScan     = 8 + benignRecords
	lastScan      = firstScan + scanRecords - 1
)

// connLog is the text of a small conn.log: web and name look-ups of 19 hosts, then a port scan.
func connLog() string {
	rng := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	b.WriteString(connHead)
	ts := 1.7e9
	for i := range benignRecords {
		ts += rng.ExpFloat64() * 3
		client, port := 2+rng.IntN(19), 30000+rng.IntN(30000)
		if rng.IntN(5) < 3 {
			sent, got := 200+rng.IntN(5000), 500+int(20000*rng.ExpFloat64())
			fmt.Fprintf(&b, "%.6f\tC%d\t10.0.0.%d\t%d\t192.0.2.%d\t443\ttcp\tssl\t%.6f\t%d\t%d\tSF\t0\tShADadFf\t%d\t%d\t%d\t%d\tbenign\n",
				ts, i, client, port, 1+rng.IntN(40), 0.05+30*rng.Float64(), sent, got, sent/400+3, sent+200, got/1000+3, got+300)
		} else {
			sent, got := 30+rng.IntN(50), 60+rng.IntN(400)
			fmt.Fprintf(&b, "%.6f\tC%d\t10.0.0.%d\t%d\t10.0.0.1\t53\tudp\tdns\t%.6f\t%d\t%d\tSF\t0\tDd\t1\t%d\t1\t%d\tbenign\n",
				ts, i, client, port, 0.001+0.1*rng.Float64(), sent, got, sent+28, got+28)
		}
	}
	for i := range scanRecords {
		ts += 0.05
		fmt.Fprintf(&b, "%.6f\tS%d\t10.0.0.66\t%d\t10.0.0.1\t%d\ttcp\t-\t-\t-\t-\tREJ\t0\tSr\t1\t60\t1\t40\tscan\n", ts, i, 40000+i, 1+7*i)
	}
	return b.String()
}

// site is a home with a baseline and a detector called scan, and the log they were made of.
type site struct{ dir, home, log, benign string }

// mark names lines of the log as examples.
func (s site) mark(lines string) string { return s.log + ":" + lines }

// args puts the home before the words of a command.
func (s site) args(words ...string) []string { return append([]string{"--home", s.home}, words...) }

// newSite writes the logs and leaves the home empty.
func newSite(t *testing.T) site {
	t.Helper()
	dir := t.TempDir()
	s := site{dir, filepath.Join(dir, "home"), filepath.Join(dir, "conn.log"), filepath.Join(dir, "benign.log")}
	text := connLog()
	write(t, s.log, text)
	lines := strings.SplitAfter(text, "\n")
	write(t, s.benign, strings.Join(lines[:firstScan-1], ""))
	return s
}

func taughtSite(t *testing.T) site {
	t.Helper()
	s := newSite(t)
	must(t, s.args("baseline", s.benign)...)
	must(t, s.args("teach", "scan", "--examples", s.mark("608,619,630"))...)
	return s
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// snapshot gives the files of a home with what they hold.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		files[rel] = string(b)
		return err
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return files
}

// same fails when the home is not as it was.
func same(t *testing.T, dir string, was map[string]string, after string) {
	t.Helper()
	is := snapshot(t, dir)
	for name, text := range was {
		if is[name] != text {
			t.Errorf("%s: %s is changed or gone", after, name)
		}
	}
	for name := range is {
		if _, ok := was[name]; !ok {
			t.Errorf("%s: %s was left behind", after, name)
		}
	}
}

// objects parses JSON lines.
func objects(t *testing.T, text string) (out []map[string]any) {
	t.Helper()
	for line := range strings.Lines(text) {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		out = append(out, m)
	}
	return out
}

// has checks that an object has the keys.
func has(t *testing.T, what string, m map[string]any, keys ...string) {
	t.Helper()
	for _, k := range keys {
		if _, ok := m[k]; !ok {
			t.Errorf("%s has no key %q: %v", what, k, m)
		}
	}
}
