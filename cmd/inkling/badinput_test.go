package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// edit gives the benign log with line n changed.
func edit(text string, n int, old, new string) string {
	lines := strings.SplitAfter(text, "\n")
	lines[n-1] = strings.Replace(lines[n-1], old, new, 1)
	return strings.Join(lines, "")
}

func gzipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// readers are the commands that read records, each with what it needs to write something.
func readers(s site, file string) [][]string {
	return [][]string{
		s.args("baseline", file),
		s.args("teach", "scan", "--replace", "--examples", file),
		s.args("teach", "scan", "--replace", "--examples", file+":300"),
		s.args("hunt", file, "--detector", "scan"),
		s.args("hunt", s.log, file, "--detector", "scan"),
		s.args("explain", file+":300", "--detector", "scan"),
		s.args("features", file+":300"),
		s.args("eval", "--data", file, "--learners", "ratio", "--draws", "1", "--export-episodes", filepath.Join(s.home, "episodes")),
	}
}

// A file that is no input at all stops every command, names itself, and leaves
// everything as it was.
func TestUnreadableFile(t *testing.T) {
	t.Parallel()
	s := taughtSite(t)
	must(t, s.args("hunt", s.log, "--detector", "scan")...)
	was := snapshot(t, s.home)
	whole := gzipped(t, connLog())
	junk := make([]byte, 20000)
	for i, x := 0, uint32(1); i < len(junk); i++ {
		x = x*1664525 + 1013904223
		junk[i] = byte(x >> 24)
	}
	for name, text := range map[string]string{
		"empty": "", "one": "x", "zero": "\x00", "newline": "\n", "half-magic": "\x1f", "junk": string(junk), "zeros": strings.Repeat("\x00", 9000),
		"bare.gz": whole[:5], "cut.gz": whole[:len(whole)/3], "cut-end.gz": whole[:len(whole)-4], "empty.gz": gzipped(t, ""), "header.log": connHead, "prose.txt": "Dear all,\nthe log is attached\n",
		"headless.log": strings.TrimPrefix(connLog(), connHead),
	} {
		file := write(t, filepath.Join(s.dir, name), text)
		for _, args := range readers(s, file) {
			r := exec(t, args...)
			if args[2] == "hunt" && len(args) == 7 && name == "header.log" {
				if r.status != 0 {
					t.Errorf("an hour without traffic among others: %v", r.stderr)
				}
				read := filepath.Join("hunts", "scan.json")
				was[read] = snapshot(t, s.home)[read]
				continue // that hunt is whole
			}
			if name == "cut-end.gz" && strings.Contains(strings.Join(args, " "), name+":300") {
				continue // line 300 stands before the cut
			}
			if r.status == 3 && strings.Contains(r.stderr, "no record at line 300") {
				r.fails(t, 3, name)
			} else {
				r.fails(t, 2, name)
			}
			same(t, s.home, was, strings.Join(args[2:], " "))
			if t.Failed() {
				return
			}
		}
	}
	for _, args := range readers(s, filepath.Join(s.dir, "none.log")) {
		exec(t, args...).fails(t, 3, "none.log", "no such file", "check the path")
	}
	for _, args := range readers(s, filepath.Join(s.dir, "*.none")) {
		if strings.Contains(strings.Join(args, " "), ":300") {
			continue // lines are of one file
		}
		exec(t, args...).fails(t, 3, "*.none", "no file has such a name")
	}
	long := filepath.Join(s.dir, strings.Repeat("x", 300)+".log")
	for _, args := range readers(s, long) {
		exec(t, args...).fails(t, 2, "x.log", "file name too long", "check the path")
	}
	same(t, s.home, was, "none.log and a pattern without match")
	if r := exec(t, s.args("explain", write(t, filepath.Join(s.dir, "two\nlines.log"), connLog())+":300", "--detector", "scan")...); r.status != 0 {
		t.Errorf("a name of two lines: %s", r.stderr)
	}
}

// A record that cannot be read is named with its line, left out and counted by
// commands that go over whole files, and refused where every record counts.
func TestUnreadableRecord(t *testing.T) {
	t.Parallel()
	s := taughtSite(t)
	text := connLog()
	for name, tt := range map[string]struct{ text, says string }{
		"nan":         {edit(text, 300, "\tSF\t0\t", "\tSF\tNaN\t"), `missed_bytes: "NaN" is not a finite number`},
		"infinity":    {edit(text, 300, "\tSF\t0\t", "\tSF\tInf\t"), `missed_bytes: "Inf" is not a finite number`},
		"1e400":       {edit(text, 300, "\tSF\t0\t", "\tSF\t1e400\t"), `missed_bytes: "1e400" is not a finite number`},
		"1e400 time":  {edit(text, 300, "17000", "1e40017000"), "is not a time"},
		"a column +":  {edit(text, 300, "\tSF\t", "\tSF\t\t"), "missed_bytes"},
		"columns +":   {edit(text, 300, "\tbenign", "\tbenign\tmore"), "has 20 columns, the header 19"},
		"columns -":   {edit(text, 300, "\tbenign", ""), "has 18 columns, the header 19"},
		"10 MB":       {edit(text, 300, "\tbenign", "\t"+strings.Repeat("b", 10<<20)), "longer than 1048576 bytes"},
		"zeros":       {edit(text, 300, "\tbenign", "\x00\tbenign"), `resp_ip_bytes: "`},
		"line of one": {edit(text, 300, "17", "x\n17"), "has 1 columns, the header 19"},
	} {
		t.Run(name, func(t *testing.T) {
			file := write(t, filepath.Join(t.TempDir(), "conn.log"), tt.text)
			for _, args := range [][]string{{"baseline", file, "--name", "other"}, {"hunt", file, "--detector", "scan"}, {"features", file, "--csv"}} {
				r := exec(t, s.args(args...)...)
				if r.status != 0 || !strings.HasPrefix(r.stderr, "inkling: skipped: "+file+":300: ") || !strings.Contains(r.stderr, tt.says) || strings.Count(r.stderr, "\n") != 1 {
					t.Errorf("%v: status %d: %s", args, r.status, r.stderr)
				}
				if args[0] == "baseline" && !strings.Contains(r.stdout, "1 record could not be read") || args[0] == "hunt" && !strings.Contains(r.stdout, "1 unreadable and skipped") {
					t.Errorf("%v does not count it: %s", args, r.stdout)
				}
			}
			for _, args := range [][]string{
				{"baseline", file, "--name", "strict"}, {"hunt", file, "--detector", "scan"}, {"features", file, "--csv"},
				{"eval", "--data", file, "--learners", "ratio"}, {"train", "--data", file, "--learner", trainers()[0]},
			} {
				exec(t, s.args(append(args, "--strict")...)...).fails(t, 2, ":300: ", tt.says)
			}
			if r := exec(t, "eval", "--data", file, "--learners", "ratio", "--draws", "1"); r.status != 0 || !strings.HasPrefix(r.stderr, "inkling: skipped: "+file+":300: ") || !strings.Contains(r.stdout, "1 unreadable and skipped") {
				t.Errorf("eval: status %d: %s%s", r.status, r.stderr, r.stdout)
			}
			exec(t, s.args("teach", "x", "--examples", file)...).fails(t, 2)
			exec(t, s.args("teach", "x", "--examples", file+":300")...).fails(t, 2, ":300: ", tt.says)
			// Lines after a bad one keep their numbers.
			must(t, s.args("features", file+":301")...)
		})
	}
}

// Of many records that cannot be read the first few are named, and all are counted by reason.
func TestManyUnreadableRecords(t *testing.T) {
	s := taughtSite(t)
	lines := strings.SplitAfter(connLog(), "\n")
	for i := 100; i < 150; i++ {
		lines[i] = strings.Replace(lines[i], "\tSF\t0\t", fmt.Sprintf("\tSF\tx%d\t", i), 1)
	}
	lines[200], lines[201] = "half\n", "\n\nhalf\n"
	file := write(t, filepath.Join(s.dir, "bad.log"), strings.Join(lines, ""))
	r := exec(t, s.args("hunt", file, "--detector", "scan")...)
	if strings.Count(r.stderr, "\n") != 4 || !strings.Contains(r.stdout, "52 unreadable and skipped") || !strings.Contains(r.stdout, "      50  missed_bytes: … is not a finite number\n       2  the line has … columns, the header …\n") {
		t.Errorf("hunt: %s%s", r.stderr, r.stdout)
	}
	by := objects(t, exec(t, s.args("hunt", file, "--detector", "scan", "--json")...).stdout)
	if m, ok := by[len(by)-1]["skipped_by"].(map[string]any); !ok || m["missed_bytes: … is not a finite number"] != 50. || len(m) != 2 {
		t.Errorf("summary %v", by[len(by)-1])
	}
	for _, args := range [][]string{{"features", file, "--csv"}, {"eval", "--data", file, "--learners", "ratio", "--draws", "1"}} {
		if r := exec(t, args...); r.status != 0 || !strings.HasSuffix(r.stderr, "inkling: skipped: further ones are not named\ninkling: skipped: 52 records in all\n") {
			t.Errorf("%v: %s", args, r.stderr)
		}
	}
}

// Numbers that are finite but absurd are judged, not a reason to fall over.
func TestAbsurdNumbers(t *testing.T) {
	t.Parallel()
	s := taughtSite(t)
	for _, v := range []string{"1e308", "-1e308", "1e-308", "18446744073709551616", "-1"} {
		file := write(t, filepath.Join(t.TempDir(), "conn.log"), edit(connLog(), 300, "\tSF\t0\t", "\tSF\t"+v+"\t"))
		r := exec(t, s.args("hunt", file, "--detector", "scan", "--json")...)
		if r.status != 0 {
			t.Errorf("%s: status %d: %s", v, r.status, r.stderr)
		}
		objects(t, r.stdout)
		if r := exec(t, s.args("explain", file+":300", "--detector", "scan", "--json")...); r.status != 0 {
			t.Errorf("%s: explain: status %d: %s", v, r.status, r.stderr)
		}
		if r := exec(t, s.args("baseline", file, "--name", "absurd")...); r.status != 0 {
			t.Errorf("%s: baseline: status %d: %s", v, r.status, r.stderr)
		}
	}
}

// A table of the same absurdities.
func TestAbsurdTable(t *testing.T) {
	s := newSite(t)
	var b strings.Builder
	b.WriteString("a,b,c\n")
	for i := range 300 {
		b.WriteString([]string{"1,x,0.5\n", "2,y,-1e308\n", "NaN,x,1e308\n", ",z,1e400\n", "-inf,,7\n"}[i%5])
	}
	file := write(t, filepath.Join(s.dir, "odd.csv"), b.String())
	must(t, s.args("baseline", file, "--schema", "table")...)
	mark := write(t, filepath.Join(s.dir, "mark.csv"), "a,b,c\n1e300,new,1e-300\n-4,,\n")
	must(t, s.args("teach", "odd", "--examples", mark)...)
	objects(t, must(t, s.args("hunt", file, mark, "--detector", "odd", "--json")...))
	exec(t, s.args("hunt", write(t, filepath.Join(s.dir, "other.csv"), "a,b\n1,x\n"), "--detector", "odd")...).fails(t, 2, "other.csv", "c")
	exec(t, s.args("teach", "z", "--examples", write(t, filepath.Join(s.dir, "wide.csv"), "a,b,c\n1,2,3\n1,2\n"))...).fails(t, 2, "wide.csv:3: the record has 2 columns, the header 3")
}

func TestWrongWords(t *testing.T) {
	s := taughtSite(t)
	was := snapshot(t, s.home)
	table := write(t, filepath.Join(s.dir, "t.csv"), "a,b\n1,2\n3,4\n")
	for _, tt := range []struct {
		status int
		args   []string
		says   []string
	}{
		{2, []string{"baseline", s.benign, "--schema", "tabel"}, []string{`no schema "tabel"`, "choose flow, ", " or table with --schema"}},
		{2, []string{"baseline", s.benign, "--pool", "-5"}, []string{"-5", "--pool"}},
		{2, []string{"baseline", s.benign, "--pool", "9223372036854775807"}, []string{"--pool 9223372036854775807", "give 10,000,000 or less"}},
		{2, []string{"baseline", s.benign, "--calibration", "9223372036854775807"}, []string{"--calibration 9223372036854775807"}},
		{2, []string{"baseline", s.benign, "--calibration", "0"}, []string{"--calibration"}},
		{2, []string{"baseline", s.log, "--label", "lable"}, []string{"conn.log:8", `no label column "lable"`, "--label"}},
		{2, []string{"baseline", s.log, "--label", "label", "--benign", "Normal"}, []string{"conn.log: 0 benign records", `"Normal"`}},
		{2, []string{"baseline", s.log, "--drop", "service"}, []string{"--drop with --schema flow", "leave it out"}},
		{2, []string{"eval", "--data", s.log, "--drop", "service"}, []string{"--drop with --schema flow", "leave it out"}},
		{2, []string{"train", "--data", s.log, "--drop", "service"}, []string{"--drop with --schema flow", "leave it out"}},
		{2, []string{"convert", s.log, "--max-flows", "-5"}, []string{"--max-flows -5", "0 or more"}},
		{2, []string{"features", s.log, "--csv", "--json"}, []string{"--json with --csv", "leave out one"}},
		{2, []string{"baseline", s.log, "--schema", "table", "--drop", "nocol"}, []string{`no column "nocol"`, "uid"}},
		{2, []string{"baseline", table}, []string{"t.csv:2", "needs the fields ts"}},
		{2, []string{"baseline", table, "--schema", "table"}, []string{"2 benign records are too few", "at least 40"}},
		{2, []string{"baseline", s.benign, "--name", "../up"}, []string{`"../up"`, "letters"}},
		{2, []string{"baseline", s.benign, "--format", "wireshark"}, []string{"wireshark", "known are pcap, ", "zeek"}},

		{2, []string{"baseline", s.log, "--benign", "normal"}, []string{"--benign without labels", "--label"}},

		{2, []string{"schema", s.log, "--levels", "-1"}, []string{"--levels: -1 is no number", "0 for 40"}},
		{2, []string{"teach", "x", "--examples", s.log, "--class", "scan"}, []string{"--class without ground truth", "--truth"}},
		{2, []string{"features", s.mark("608"), "--csv"}, []string{"conn.log:608: lines with --csv", "leave out one"}},
		{2, []string{"features", "--before", s.log}, []string{"--before without a file", "name the file"}},
		{2, []string{"teach", "x", "--odd", "--before", s.log}, []string{"--odd with examples, what came before", "leave them out"}},
		{2, []string{"features", "--schema", "pe", "--before", s.log, s.mark("608")}, []string{"--before with records that are judged each by itself", "leave it out"}},
		{2, []string{"features", "--schema", "pe", "--before", s.log, s.log, "--csv"}, []string{"--before with records that are judged each by itself"}},
		{2, []string{"features", "--csv"}, []string{"--csv without a file", "name the file"}},
		{2, []string{"features", s.mark("608"), "--keep", "label"}, []string{"--keep without --csv", "add --csv"}},
		{2, []string{"teach", "a/b", "--examples", s.mark("608")}, []string{`"a/b"`, "letters"}},
		{4, []string{"teach", "scan", "--examples", s.mark("608")}, []string{"exists already", "--replace"}},
		{2, []string{"teach", "x"}, []string{"no examples", "--examples conn.log:120,121,140"}},
		{2, []string{"teach", "x", "--examples", s.mark("0")}, []string{`lines "0"`, "the first line is 1"}},
		{2, []string{"teach", "x", "--examples", s.mark("9-5")}, []string{`lines "9-5"`}},
		{2, []string{"teach", "x", "--examples", s.mark("1-9999999999")}, []string{"lines"}},
		{3, []string{"teach", "x", "--examples", s.mark("3")}, []string{"no record at line 3", "include the header"}},
		{3, []string{"teach", "x", "--examples", s.mark("608,99999")}, []string{"no record at line 99999"}},
		{2, []string{"teach", "x", "--examples", s.log}, []string{"more than 200 examples", "name the lines that show the attack: " + s.log + ":120"}},
		{2, []string{"teach", "x", "--examples", s.benign + ":8-500"}, []string{"more than 200 examples"}},
		{2, []string{"teach", "x", "--examples", s.benign + ":8-100"}, []string{"the same in every feature as the benign record", "leave the example out"}},
		{2, []string{"teach", "x", "--examples", s.mark("608"), "--alpha", "2"}, []string{"a false-alarm rate of 2", "between 0 and 1"}},
		{2, []string{"teach", "x", "--examples", s.mark("608"), "--alpha", "NaN"}, []string{"a false-alarm rate of NaN"}},
		{2, []string{"teach", "x", "--examples", s.mark("608"), "--alpha", "0.001"}, []string{"300 benign calibration records cannot promise", "999 records would do"}},
		{2, []string{"teach", "x", "--examples", s.mark("608"), "--per-day", "-3"}, []string{"-3 false alarms a day", "--per-day"}},
		{2, []string{"teach", "x", "--examples", s.mark("608"), "--per-day", "0"}, []string{"0 false alarms a day", "--per-day"}},
		{2, []string{"teach", "x", "--examples", s.mark("608"), "--per-day", "NaN"}, []string{"NaN false alarms a day", "--per-day"}},
		{2, []string{"teach", "x", "--examples", s.mark("608"), "--alpha", "0"}, []string{"a false-alarm rate of 0", "--alpha"}},
		{2, []string{"teach", "x", "--examples", s.mark("608"), "--learner", "guess"}, []string{`no learner "guess"`, "ratio", "--learner"}},
		{3, []string{"teach", "x", "--examples", s.mark("608"), "--model", "guess"}, []string{`no model "guess"`, "inkling train"}},
		{3, []string{"teach", "x", "--examples", s.mark("608"), "--model", s.log}, []string{"is a file", "--model names a model of the home", filepath.Join(s.home, "models")}},
		{3, []string{"teach", "x", "--examples", s.mark("608"), "--baseline", "other"}, []string{`no baseline "other"`, "default"}},
		{2, []string{"teach", "x", "--examples", table}, []string{"t.csv:2", "needs the fields ts"}},

		{2, []string{"hunt", s.log}, []string{"--detector", "inkling detectors list"}},
		{3, []string{"hunt", s.log, "--detector", "other"}, []string{`no detector "other"`, "scan"}},
		{2, []string{"hunt", s.log, "--detector", "../scan"}, []string{`"../scan"`}},
		{2, []string{"hunt", table, "--detector", "scan"}, []string{"t.csv:2", "needs the fields ts"}},

		{2, []string{"hunt", s.log, "--detector", "scan", "--show", "-1"}, []string{"--show -1", "give 0 or more"}},
		{2, []string{"watch", s.log, "--detector", "scan", "--show", "-1"}, []string{"--show -1", "give 0 or more"}},
		{2, []string{"watch", s.log, "--detector", "scan", "--save-memory", "-1s"}, []string{"--save-memory -1s", "0 to keep none"}},

		{3, []string{"explain", "0123"}, []string{`no alert "0123"`, "inkling explain FILE:LINE --detector NAME"}},
		{3, []string{"explain", ""}, []string{`no alert ""`}},
		{3, []string{"explain", s.log, "--detector", "scan"}, []string{"no alert", "a file of that name", s.log + ":12", "FILE:LINE"}},
		{2, []string{"explain", s.mark("608")}, []string{"no detector", "--detector"}},
		{3, []string{"explain", s.mark("3"), "--detector", "scan"}, []string{"no record at line 3"}},
		{3, []string{"detectors", "show", "other"}, []string{`no detector "other"`, "scan"}},

		{2, []string{"features", s.log}, []string{"which record?", "conn.log:12", "--csv"}},
		{2, []string{"features", s.log, "--csv", "--keep", "lable"}, []string{`no field "lable"`, "--keep"}},
		{2, []string{"features", table, "--csv"}, []string{"needs the fields ts"}},

		{2, []string{"eval"}, []string{"--data"}},
		{2, []string{"eval", "--data", s.log, "--label", "lable"}, []string{"conn.log:8", `no label column "lable"`, "--label"}},
		{2, []string{"eval", "--data", s.log, "--benign", "Normal"}, []string{`0 rows of the benign class "Normal"`, "--benign", "there are benign, scan"}},
		{2, []string{"eval", "--data", s.log, "--classes", "flood"}, []string{`no attack class "flood"`, "scan"}},
		{2, []string{"eval", "--data", s.log, "--never", "scna"}, []string{`--never "scna"`, "there are benign, scan"}},
		{2, []string{"eval", "--data", s.log, "--schema", "table", "--group", "nocol"}, []string{`no column "nocol" to group by`, "--group"}},
		{2, []string{"eval", "--data", s.log, "--group", "nocol"}, []string{`no column "nocol" to group by`, "--group"}},
		{2, []string{"eval", "--data", s.log, "--schema", "tabel"}, []string{"tabel", "choose flow, ", "table or image"}},
		{2, []string{"eval", "--data", s.log, "--schema", "table", "--drop", "nocol"}, []string{`no column "nocol"`, "--drop"}},
		{2, []string{"eval", "--data", s.log, "--protocol", "best"}, []string{`protocol "best"`, "n-way"}},
		{2, []string{"eval", "--data", s.log, "--protocol", "n-way"}, []string{"2 classes", "new-attack"}},
		{2, []string{"eval", "--data", s.log, "--learners", "guess"}, []string{`no learner "guess"`, "--learners"}},
		{2, []string{"eval", "--data", s.log, "--shots", "-1"}, []string{"--shots -1", "1 or more"}},
		{2, []string{"eval", "--data", s.log, "--shots", "5,0"}, []string{"--shots 0"}},
		{2, []string{"eval", "--data", s.log, "--draws", "0"}, []string{"--draws 0"}},
		{2, []string{"eval", "--data", s.log, "--draws", "99999999999"}, []string{"--draws 99999999999", "give 10,000 or less"}},
		{2, []string{"eval", "--data", s.log, "--shots", "9223372036854775807"}, []string{"--shots 9223372036854775807", "or less"}},
		{2, []string{"eval", "--data", s.log, "--schema", "image", "--tasks", "100000000000"}, []string{"--tasks 100000000000", "10,000,000 or less"}},
		{2, []string{"eval", "--data", s.log, "--shots", "1000"}, []string{"no class has enough rows"}},
		{3, []string{"eval", "--data", s.log, "--models", filepath.Join(s.dir, "none.safetensors")}, []string{"none.safetensors", "inkling train"}},
		{2, []string{"eval", "--data", s.log, "--models", s.log}, []string{"conn.log", "damaged"}},
		{2, []string{"eval", "--data", s.log, "--heads", "ratio"}, []string{"--heads without a model", "--models"}},

		{2, []string{"train"}, []string{"--data"}},
		{2, []string{"train", "--data", s.log, "--learner", "ratio"}, []string{"nothing to train"}},
		{2, []string{"train", "--data", s.log, "--learner", "guess"}, []string{`no learner "guess"`, "--learner)"}},
		{2, []string{"train", "--data", s.log, "--schema", "tabel"}, []string{"tabel", "choose flow, ", "table or image"}},
		{2, []string{"train", "--data", s.log, "--hold-out", "scna"}, []string{`--hold-out "scna"`, "there are benign, scan"}},
		{2, []string{"train", "--data", s.log, "--benign", "Normal"}, []string{`0 rows of the benign class "Normal"`, "--benign", "there are benign, scan"}},
		{2, []string{"train", "--data", s.log, "--hold-out", "benign"}, []string{`--hold-out "benign" is the benign class`, "name attacks"}},
		{2, []string{"eval", "--data", s.log, "--never", "benign"}, []string{`--never "benign" is the benign class`, "name attacks"}},
		{2, []string{"train", "--data", s.log, "--iterations", "-1"}, []string{"--iterations"}},
		{2, []string{"train", "--data", s.log, "--meta-batch", "99999999999"}, []string{"--meta-batch 99999999999", "give 10,000 or less"}},
		{2, []string{"train", "--data", s.log, "-o", filepath.Join(s.dir, "no", "model")}, []string{"its folder is not there"}},
		{2, []string{"train", "--data", "no.log", "-o", s.dir}, []string{s.dir, "cannot be written", "it is a directory", "-o"}}, // found out before anything is read
		{2, []string{"train", "--data", "no", "--schema", "image", "-o", s.dir}, []string{s.dir, "cannot be written"}},
		{2, []string{"train", "--learner", "matcher", "-o", s.dir}, []string{s.dir, "cannot be written"}},
		{2, []string{"train", "--data", s.log, "-o", filepath.Join(s.dir, "m"), "--set", `{"Hidden":[65536,65536]}`}, []string{"Hidden: layers of 65536 and 65536", "weights"}},
		{2, []string{"quickstart", "--attack", "flood"}, []string{`"flood"`, "choose one of"}},
		{2, []string{"quickstart", "--shots", "1000000"}, []string{"the first half of the attack has", "or fewer"}},
		{2, []string{"quickstart", "--shots", "201"}, []string{"--shots 201", "give 200 or fewer"}},
		{2, []string{"quickstart", "--shots", "0"}, []string{"--shots 0", "give 1 or more"}},
		{2, []string{"quickstart", "--shots", "-1"}, []string{"--shots -1", "give 1 or more"}},
	} {
		r := exec(t, s.args(tt.args...)...)
		if r.stdout != "" {
			t.Errorf("%v writes %q before it finds that", tt.args, r.stdout)
		}
		os.RemoveAll(filepath.Join(s.home, "quickstart")) // its capture stays when the words are wrong
		r.fails(t, tt.status, tt.says...)
	}
	same(t, s.home, was, "wrong words")
}

// A checkpoint of other settings is refused and kept, not trained over.
func TestTrainForeignCheckpoint(t *testing.T) {
	if len(trainers()) == 0 {
		t.Skip("no learner of the list is trained")
	}
	s := newSite(t)
	out := filepath.Join(s.dir, "m.safetensors")
	write(t, out+".checkpoint", "not a checkpoint")
	was := snapshot(t, s.dir)
	exec(t, "train", "--data", s.log, "--learner", trainers()[0], "--iterations", "2", "-o", out).fails(t, 4, "m.safetensors.checkpoint", "cannot go on", "remove it")
	same(t, s.dir, was, "a foreign checkpoint")
}
