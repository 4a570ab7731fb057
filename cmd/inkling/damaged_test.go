package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling/feature"
	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/tensor"
)

// A detector promises something about the baseline it was taught on. When that
// is replaced, it is refused and not used with numbers that mean nothing any more.
func TestBaselineReplaced(t *testing.T) {
	s := taughtSite(t)
	must(t, s.args("baseline", s.benign, "--seed", "2")...)
	was := snapshot(t, s.home)
	for _, args := range [][]string{{"hunt", s.log, "--detector", "scan"}, {"explain", s.mark("608"), "--detector", "scan"}} {
		exec(t, s.args(args...)...).fails(t, 4, "detector scan", "taught with another baseline", "teach it again")
	}
	same(t, s.home, was, "a baseline that was replaced")
	must(t, s.args("detectors", "show", "scan")...)
	must(t, s.args("teach", "scan", "--replace", "--examples", s.mark("608,619,630"))...)
	must(t, s.args("hunt", s.log, "--detector", "scan")...)

	// The same records sampled in the same way are the same baseline.
	must(t, s.args("baseline", s.benign, "--seed", "2")...)
	must(t, s.args("hunt", s.log, "--detector", "scan")...)

	if err := os.Remove(filepath.Join(s.home, "baselines", "default.json.gz")); err != nil {
		t.Fatal(err)
	}
	exec(t, s.args("hunt", s.log, "--detector", "scan")...).fails(t, 3, `no baseline "default"`)
}

// model writes a model whose rows are of a contract and a width.
func model(t *testing.T, file, contract string, width int) {
	t.Helper()
	var classes []*tensor.Tensor
	for range 4 {
		classes = append(classes, &tensor.Tensor{Shape: []int{40, width}, Data: make([]float32, 40*width)})
	}
	l, err := (&meta.ProtoNet{}).Train(t.Context(), meta.NWay(classes, meta.Episodes{Seed: 1, Ways: 2}), meta.Run{Iterations: 1, MetaBatch: 1, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	b, err := meta.Encode(l, map[string]string{contractKey: contract})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, file, string(b))
}

func TestModelOfAnotherContract(t *testing.T) {
	s := taughtSite(t)
	in := func(name string) string { return filepath.Join(s.home, "models", name+".safetensors") }
	model(t, in("other"), strings.Repeat("ab", 32), 12)
	exec(t, s.args("teach", "x", "--examples", s.mark("608"), "--model", "other")...).fails(t, 4, "model other", "another contract", "train the model again")
	exec(t, s.args("eval", "--data", s.log, "--models", in("other"), "--learners", "ratio")...).fails(t, 4, "another contract")

	// A file that claims the contract but is of another width.
	model(t, in("liar"), feature.Flow().Hash(), 12)
	if r := exec(t, s.args("teach", "x", "--examples", s.mark("608"), "--model", "liar")...); r.status == 0 || strings.Contains(r.stderr, "goroutine") {
		t.Errorf("a model of another width: %d %s", r.status, r.stderr)
	}

	write(t, in("cut"), snapshot(t, s.home)[filepath.Join("models", "other.safetensors")][:200])
	exec(t, s.args("teach", "x", "--examples", s.mark("608"), "--model", "cut")...).fails(t, 2, "model cut", "damaged")
	if _, err := os.Stat(filepath.Join(s.home, "detectors", "x.json")); err == nil {
		t.Error("a detector was written")
	}
}

// A damaged file of the home is named and no command falls over it.
func TestDamagedDetector(t *testing.T) {
	t.Parallel()
	s := taughtSite(t)
	must(t, s.args("teach", "whole", "--examples", s.mark("608"))...)
	file := filepath.Join(s.home, "detectors", "scan.json")
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	damage := map[string]string{
		"empty": "", "junk": "\x00\x01\x02", "cut": string(good[:len(good)/2]), "number": "1", "null": "null", "list": "[]", "object": "{}",
		"format alone": `{"format":2}`, "later format": `{"format":99}`, "twice": string(good) + string(good),
		"matrix": strings.Replace(string(good), `"raw": "`, `"raw": "AAAA`, 1),
	}
	for name, text := range without(t, good) {
		damage[name] = text
	}
	for name, text := range damage {
		write(t, file, text)
		for _, args := range [][]string{{"hunt", s.log, "--detector", "scan", "--no-save"}, {"explain", s.mark("608"), "--detector", "scan"}} {
			r := exec(t, s.args(args...)...)
			if strings.HasPrefix(name, "without ") && r.status == 0 {
				continue // not needed to hunt
			}
			if r.status == 0 || r.status == 1 {
				t.Errorf("%s: status %d: %s", name, r.status, r.stderr)
			}
			r.fails(t, r.status, "scan")
		}
		r := exec(t, s.args("detectors", "list")...)
		if !strings.Contains(r.stdout, "whole") {
			t.Errorf("%s: the other detector is not listed: %s", name, r.stdout)
		}
		exec(t, s.args("detectors", "show", "scan")...)
	}
	write(t, file, "junk")
	exec(t, s.args("detectors", "list")...).fails(t, 2, "detector scan", "damaged", "teach it again")
	must(t, s.args("hunt", s.log, "--detector", "whole", "--no-save")...)
	must(t, s.args("teach", "scan", "--replace", "--examples", s.mark("608"))...)
	must(t, s.args("detectors", "list")...)
}

// without gives a JSON object once for each of its keys, and of the keys of the
// objects in it, without that key.
func without(t *testing.T, text []byte) map[string]string {
	t.Helper()
	out := map[string]string{}
	var whole map[string]any
	if err := json.Unmarshal(text, &whole); err != nil {
		t.Fatal(err)
	}
	var cut func(path string, in map[string]any)
	cut = func(path string, in map[string]any) {
		for k, v := range in {
			delete(in, k)
			b, err := json.Marshal(whole)
			if err != nil {
				t.Fatal(err)
			}
			out["without "+path+k] = string(b)
			in[k] = v
			if sub, ok := v.(map[string]any); ok {
				cut(path+k+".", sub)
			}
		}
	}
	cut("", whole)
	return out
}

func TestDamagedBaseline(t *testing.T) {
	t.Parallel()
	s := taughtSite(t)
	file := filepath.Join(s.home, "baselines", "default.json.gz")
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(good))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(good)
	flipped[len(good)/2] ^= 0x10
	damage := map[string]string{
		"empty": "", "junk": "\x00\x01\x02", "magic": string(good[:2]), "cut": string(good[:len(good)/2]), "cut by one": string(good[:len(good)-1]), "flipped": string(flipped),
		"plain": string(text), "half a text": gzipped(t, string(text[:len(text)/2])), "object": gzipped(t, "{}"), "null": gzipped(t, "null"),
		"later format": gzipped(t, `{"format":99}`), "format alone": gzipped(t, `{"format":1}`),
	}
	for name, text := range without(t, text) {
		damage[name] = gzipped(t, text)
	}
	for name, text := range damage {
		write(t, file, text)
		for _, args := range [][]string{{"teach", "x", "--replace", "--examples", s.mark("608")}, {"hunt", s.log, "--detector", "scan", "--no-save"}} {
			r := exec(t, s.args(args...)...)
			if strings.HasPrefix(name, "without ") && r.status == 0 {
				continue
			}
			if r.status == 0 || r.status == 1 {
				t.Errorf("%s: %s: status %d: %s", name, args[0], r.status, r.stderr)
			}
			r.fails(t, r.status, "(")
		}
	}
	write(t, file, "junk")
	exec(t, s.args("hunt", s.log, "--detector", "scan")...).fails(t, 2, "baseline default", "damaged", "make the baseline again")
	must(t, s.args("baseline", s.benign)...)
	must(t, s.args("hunt", s.log, "--detector", "scan")...)
}

func TestDamagedAlerts(t *testing.T) {
	s := taughtSite(t)
	alerts := objects(t, must(t, s.args("hunt", s.log, "--detector", "scan", "--json")...))
	file := filepath.Join(s.home, "alerts", "scan.jsonl")
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	first, last := alerts[0]["id"].(string), alerts[len(alerts)-2]["id"].(string)
	must(t, s.args("explain", last)...)
	exec(t, s.args("explain", commonStart(alerts))...).fails(t, 2, "several alerts begin with", "give more of the ID")
	for name, text := range map[string]string{"cut": string(good[:len(good)-20]), "junk": "\x00\x01", "text": "hello\n"} {
		write(t, file, text)
		exec(t, s.args("explain", last)...).fails(t, 2, "alerts of scan is damaged", "hunt again")
		if name == "cut" {
			must(t, s.args("explain", first)...)
		}
	}
	middle := bytes.IndexByte(good, '\n') + 50 // one alert that is damaged does not hide those behind it
	flipped := bytes.Clone(good)
	flipped[middle] = 0
	write(t, file, string(flipped))
	must(t, s.args("explain", last)...)
	exec(t, s.args("explain", alerts[1]["id"].(string))...).fails(t, 2, "alerts of scan is damaged")
	if err := os.Symlink("nowhere", filepath.Join(s.home, "alerts", "another.jsonl")); err != nil { // nor does a file that cannot be read
		t.Fatal(err)
	}
	must(t, s.args("explain", last)...)
	exec(t, s.args("explain", "nothing")...).fails(t, 2, "alerts of another (", "is damaged")
	must(t, s.args("hunt", s.log, "--detector", "scan")...)
	must(t, s.args("explain", last)...)
}

// What lies about in a home is not taken for something of ours.
func TestStrangersInHome(t *testing.T) {
	s := taughtSite(t)
	for _, name := range []string{".writing-123", "scan.json.bak", "notes.txt", ".json", "a b.json", "models.checkpoint"} {
		write(t, filepath.Join(s.home, "detectors", name), "half a th")
		write(t, filepath.Join(s.home, "baselines", name), "half a th")
	}
	if err := os.Mkdir(filepath.Join(s.home, "detectors", "folder.json"), 0o700); err != nil {
		t.Fatal(err)
	}
	if m := objects(t, must(t, s.args("detectors", "list", "--json")...)); len(m) != 1 {
		t.Errorf("%v", m)
	}
	must(t, s.args("teach", "x", "--examples", s.mark("608"))...)
	must(t, s.args("hunt", s.log, "--detector", "scan")...)
}

// A home that cannot be written or read. Root may write anywhere, so the home
// stands where nothing can: under a file, and in /proc.
func TestHomeUnwritable(t *testing.T) {
	s := taughtSite(t)
	under := filepath.Join(s.log, "home")
	homes := []string{under}
	if _, err := os.Stat("/proc/self"); err == nil {
		homes = append(homes, "/proc/inkling")
	}
	was := snapshot(t, s.dir)
	for _, home := range homes {
		exec(t, "--home", home, "baseline", s.benign).fails(t, 2, home, "cannot be written", "--home")
		exec(t, "--home", home, "quickstart").fails(t, 2, home, "cannot be written", "--home")
		for _, words := range [][]string{{"teach", "x", "--examples", s.mark("608")}, {"hunt", s.log, "--detector", "scan"}, {"detectors", "show", "scan"}, {"explain", "0123"}} {
			r := exec(t, append([]string{"--home", home}, words...)...)
			if r.status != 2 && r.status != 3 {
				t.Errorf("%v: status %d: %s", words, r.status, r.stderr)
			}
			r.fails(t, r.status, home)
		}
	}
	exec(t, "--home", under, "detectors", "list").fails(t, 2, "cannot list the detectors", "check the home")
	exec(t, "convert", s.log, "-o", filepath.Join(s.log, "out.log")).fails(t, 2, "out.log", "cannot be written", "-o")
	exec(t, "eval", "--data", s.log, "--learners", "ratio", "--export-episodes", filepath.Join(s.log, "out")).fails(t, 2, "cannot be written")
	same(t, s.dir, was, "homes that cannot be written")
}

// That is found out before anything is read or made.
func TestHomeUnwritableAtOnce(t *testing.T) {
	s := taughtSite(t)
	home := filepath.Join(t.TempDir(), "home")
	must(t, "--home", home, "baseline", s.benign)
	if err := os.WriteFile(filepath.Join(home, "detectors"), nil, 0o600); err != nil { // a file in the way of the folder
		t.Fatal(err)
	}
	example := t.TempDir()
	broken := write(t, filepath.Join(s.dir, "broken.log"), connHead+"half\n"+strings.TrimPrefix(connLog(), connHead))
	for _, words := range [][]string{
		{"--home", filepath.Join(s.log, "home"), "baseline", broken},
		{"--home", filepath.Join(s.log, "home"), "init", "payment", example},
		{"--home", home, "teach", "x", "--examples", broken + ":1"},
	} {
		r := exec(t, words...)
		r.fails(t, 2, "cannot be written", "--home")
		if strings.Contains(r.stderr, "skipped") {
			t.Errorf("%v: read before: %s", words, r.stderr)
		}
	}
	if made, _ := os.ReadDir(example); len(made) > 0 {
		t.Errorf("made %v", made)
	}
	fresh := filepath.Join(t.TempDir(), "fresh")
	exec(t, "--home", fresh, "baseline", write(t, filepath.Join(s.dir, "few.log"), connHead)).fails(t, 2, "too few")
	if _, err := os.Stat(fresh); err == nil {
		t.Error("a home was made of nothing")
	}
}

// The remedy names the flags that the command has, and no others.
func TestUnwritableRemedies(t *testing.T) {
	s := taughtSite(t)
	for _, folder := range []string{"alerts", "watch"} {
		if err := os.WriteFile(filepath.Join(s.home, folder), nil, 0o600); err != nil { // a file in the way of the folder
			t.Fatal(err)
		}
	}
	nowhere := filepath.Join(s.log, "out")
	for remedy, words := range map[string][]string{
		"choose another place with --home, or hunt with --no-save)": {"hunt", s.log, "--detector", "scan"},
		"choose another place with --out or --home)":                {"watch", s.log, "--detector", "scan"},
		"choose another place with --out)":                          {"watch", s.log, "--detector", "scan", "--out", nowhere},
		"choose another place with -o)":                             {"convert", s.log, "-o", nowhere},
		"choose another place)":                                     {"eval", "--data", s.log, "--learners", "ratio", "--report", nowhere},
		"choose another place with --home)":                         {"--home", nowhere, "baseline", s.benign},
	} {
		exec(t, s.args(words...)...).fails(t, 2, "cannot be written", remedy)
	}
}

// A folder stands where a file is to be.
func TestFolderInTheWay(t *testing.T) {
	s := newSite(t)
	if err := os.MkdirAll(filepath.Join(s.home, "baselines", "default.json.gz", "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	exec(t, s.args("baseline", s.benign)...).fails(t, 2, "default.json.gz", "cannot be written")
}

// Standard output that takes nothing: the command must not end as if all was told.
func TestOutputFull(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no /dev/full here")
	}
	defer full.Close()
	s := taughtSite(t)
	for _, words := range [][]string{
		{"hunt", s.log, "--detector", "scan"}, {"hunt", s.log, "--detector", "scan", "--json"}, {"explain", s.mark("608"), "--detector", "scan"}, {"detectors", "list"}, {"detectors", "show", "scan"},
		{"baseline", s.benign, "--name", "b"}, {"teach", "x", "--examples", s.mark("608"), "--baseline", "default"}, {"features"}, {"features", s.log, "--csv"}, {"version"}, {"convert", s.log},
		{"eval", "--data", s.log, "--learners", "ratio", "--draws", "1"}, {"teach", "--help"}, {"completion", "bash"}, {"quickstart"},
	} {
		var errs bytes.Buffer
		args := s.args(words...)
		status := run(context.Background(), args, full, &errs)
		result{args, "", errs.String(), status}.fails(t, 2, "standard output: cannot be written", "no space left")
	}
	link := filepath.Join(s.dir, "full") // a link: a mistake would replace it and not the device
	if err := os.Symlink("/dev/full", link); err != nil {
		t.Fatal(err)
	}
	for _, words := range [][]string{
		{"convert", s.log, "-o", link}, {"convert", s.log, "--json", "-o", link}, {"eval", "--data", s.log, "--learners", "ratio", "--draws", "1", "--export-episodes", link},
	} {
		exec(t, words...).fails(t, 2, "full: cannot be written", "no space left")
	}
	if info, err := os.Stat(link); err != nil || info.Mode().IsRegular() {
		t.Error("a device was replaced by a file")
	}
}

// commonStart gives a beginning that the IDs of two alerts have.
func commonStart(alerts []map[string]any) string {
	seen := map[string]bool{}
	for _, a := range alerts {
		if id, ok := a["id"].(string); ok {
			if seen[id[:1]] {
				return id[:1]
			}
			seen[id[:1]] = true
		}
	}
	return "no two"
}
