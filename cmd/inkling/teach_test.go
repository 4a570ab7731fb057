package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/inkling-sec/inkling/detect"
)

// A volume below one record a day is told, not cut to none.
func TestSmallVolume(t *testing.T) {
	t.Parallel()
	dir, text := t.TempDir(), "time,a,b\n"
	for i := range 50 {
		day := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, 4*i)
		text += fmt.Sprintf("%s,%d,%d\n", day.Format("2006-01-02T15:04:05Z"), i*i%17, i%5)
	}
	table, home := write(t, filepath.Join(dir, "visits.csv"), text), filepath.Join(dir, "home")
	if out := must(t, "--home", home, "baseline", "--schema", "table", table); !strings.Contains(out, "50 benign records, 0.26 a day") {
		t.Errorf("baseline says %s", out)
	}
	if out := must(t, "--home", home, "teach", "x", "--odd"); !strings.Contains(out, "about 0.0098 a day at this baseline's volume of 0.26 records a day") {
		t.Errorf("teach says %s", out)
	}
}

// One example cannot test itself: that is no test in which none of none was found.
func TestNoSelfTest(t *testing.T) {
	t.Parallel()
	s := taughtSite(t)
	must(t, s.args("teach", "one", "--examples", s.mark("608"))...)
	for _, tt := range []struct{ name, says, list string }{{"one", "not possible with one example\n", " none "}, {"scan", " of 3 found\n", " of 3 "}} {
		if out := must(t, s.args("detectors", "show", tt.name)...); !strings.Contains(out, "self-test      ") || !strings.Contains(out, tt.says) {
			t.Errorf("show says %s", out)
		}
		for line := range strings.SplitSeq(must(t, s.args("detectors", "list")...), "\n") {
			if strings.HasPrefix(line, tt.name+" ") && !strings.Contains(line, tt.list) {
				t.Errorf("list says %s", line)
			}
		}
	}
}

// A detector that does not find the one example it was taught says so; it has no self-test that could.
func TestQuietDetector(t *testing.T) {
	t.Parallel()
	dir, text := t.TempDir(), "a,b\n"
	for i := range 200 {
		text += fmt.Sprintf("%d,%d\n", i%20, i*i%23)
	}
	table, home := write(t, filepath.Join(dir, "normal.csv"), text), filepath.Join(dir, "home")
	marked := write(t, filepath.Join(dir, "marked.csv"), "a,b\n10,10.5\n400,900\n")
	must(t, "--home", home, "baseline", "--schema", "table", table)
	const says = "does not even find"
	if out := must(t, "--home", home, "teach", "x", "--learner", "lda", "--examples", marked+":2"); !strings.Contains(out, says+" ") || !strings.Contains(out, "marked.csv:2, which it was taught") {
		t.Errorf("an example amid benign records: %s", out)
	}
	if out := must(t, "--home", home, "teach", "y", "--learner", "lda", "--examples", marked+":3"); strings.Contains(out, says) {
		t.Errorf("an example far from benign records: %s", out)
	}
}

// A copy of a detector's file is a detector of the copy's name: its alerts are told and kept as its own.
func TestCopiedDetector(t *testing.T) {
	t.Parallel()
	s := taughtSite(t)
	file, err := os.ReadFile(filepath.Join(s.home, "detectors", "scan.json"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(s.home, "detectors", "copy.json"), string(file))
	out := must(t, s.args("hunt", s.log, "--detector", "scan,copy")...)
	for _, name := range []string{"scan", "copy"} {
		kept, err := os.ReadFile(filepath.Join(s.home, "alerts", name+".jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		n := bytes.Count(kept, []byte(`"detector":"`+name+`"`))
		if n == 0 || n != bytes.Count(kept, []byte("\n")) || !strings.Contains(out, fmt.Sprintf("\n%s: %s.", name, plural(n, "alert"))) {
			t.Errorf("%s: %d alerts kept; hunt says %s", name, n, out)
		}
	}
}

// So is a baseline: what is taught on it finds it again.
func TestRenamedBaseline(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	must(t, s.args("baseline", s.benign)...)
	file := func(name string) string { return filepath.Join(s.home, "baselines", name+".json.gz") }
	if err := os.Rename(file("default"), file("moved")); err != nil {
		t.Fatal(err)
	}
	must(t, s.args("teach", "scan", "--baseline", "moved", "--examples", s.mark("608,619"))...)
	must(t, s.args("hunt", s.log, "--detector", "scan")...)
}

// The story does not take the place of the user's own detector, only of its own.
func TestQuickstartKeepsDetectors(t *testing.T) {
	t.Parallel()
	s := taughtSite(t)
	must(t, s.args("teach", "beacon", "--examples", s.mark("608,619"))...)
	was := snapshot(t, s.home)
	exec(t, s.args("quickstart", "--attack", "beacon")...).fails(t, 4, "detector beacon: is your own", "--home")
	if now := snapshot(t, s.home); !reflect.DeepEqual(was, now) {
		t.Error("something was written")
	}
	for range 2 {
		must(t, s.args("quickstart", "--attack", "exfil")...)
	}
	for _, file := range []string{"detectors/exfil.json", "baselines/quickstart.json.gz"} { // which may be the user's own, damaged
		file = filepath.Join(s.home, file)
		whole, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		write(t, file, string(whole[:len(whole)/2]))
		was = snapshot(t, s.home)
		exec(t, s.args("quickstart", "--attack", "exfil")...).fails(t, 4, "cannot be read, may be your own", "--home", "remove")
		same(t, s.home, was, "a damaged "+file)
		write(t, file, string(whole))
	}
	must(t, s.args("baseline", s.benign, "--name", "quickstart")...)
	exec(t, s.args("quickstart", "--attack", "slow-http")...).fails(t, 4, "baseline quickstart: is your own", "--home")
}

// A baseline that takes the place of one says which detectors no longer work.
func TestReplacedBaseline(t *testing.T) {
	t.Parallel()
	s := taughtSite(t)
	must(t, s.args("teach", "two", "--examples", s.mark("608"))...)
	if out := must(t, s.args("baseline", s.benign)...); strings.Contains(out, "Beware") {
		t.Errorf("the same once more: %s", out)
	}
	if out := must(t, s.args("baseline", s.benign, "--name", "other", "--seed", "9")...); strings.Contains(out, "Beware") {
		t.Errorf("another: %s", out)
	}
	if out := must(t, s.args("baseline", s.benign, "--seed", "9")...); !strings.Contains(out, "Beware: it replaces the baseline of 2 detectors (scan, two): teach again") {
		t.Errorf("replaced: %s", out)
	}
}

// What was meant for lines of a file is not taken for a file's name.
func TestMismarked(t *testing.T) {
	s := taughtSite(t)
	for lines, says := range map[string]string{
		"608,,609": `an item of the lines "608,,609" is empty`, "608,": "is empty", ",608": "is empty", "": `"" are no lines of`,
		"608, 609": `"608, 609" are no lines of`, "608-": `"608-" are no lines of`, "first": `"first" are no lines of`,
	} {
		for _, flag := range []string{"--examples", "--known"} {
			args := []string{"teach", "other", "--examples", s.mark("608"), flag, s.log + ":" + lines}
			exec(t, s.args(args...)...).fails(t, 2, flag+" "+s.log+":"+lines+": ", says, "write them as FILE:812,815,820-822")
		}
		exec(t, s.args("explain", s.log+":"+lines, "--detector", "scan")...).fails(t, 2, says, "write them as FILE:812,815,820-822")
	}
	exec(t, s.args("teach", "other", "--examples", filepath.Join(s.dir, "none.log:1,,3"))...).fails(t, 2, "--examples", "is empty")
	exec(t, s.args("teach", "other", "--examples", filepath.Join(s.dir, "12:30.none"))...).fails(t, 3, "no such file")
}

// A detector that finds few of its own examples says what may help, and only such a one.
func TestTeachThatFindsLittle(t *testing.T) {
	for found, want := range map[int]bool{0: true, 2: true, 3: false, 5: false} {
		var out bytes.Buffer
		d := &detect.Detector{Name: "x", Promise: detect.Promise{Alpha: 0.001, SelfTest: detect.SelfTest{Found: found, Of: 5}}}
		d.Examples.Raw = make([][]float64, 5)
		if err := printTaught(&out, &app{}, d, &detect.Baseline{}, 0); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(out.String(), "to find more: mark more examples"); got != want {
			t.Errorf("%d of 5: %s", found, out.String())
		}
	}
}
