package inkling_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/inkling-sec/inkling"

// floors lists the packages from the ground up; a package imports only from
// lower floors. Two columns stand side by side: numbers, that know no telemetry,
// and telemetry, that knows no learning. They meet in detect and eval.
var floors = [][]string{
	{"."},
	{"tensor", "explain"},
	{"grad", "read/line", "read/community", "store", "lab", "models"},
	{"read/jsonl", "read/conn"},
	{"nn", "read/*", "feature"},
	{"meta", "read"},
	{"meta/metatest", "prior", "detect", "read/readtest"},
	{"eval", "images", "prior/picture"},
	{"dataset"},
	{"pack"},
	{"report"},
	{"cmd/*", "bench", "bench/*"},
}

// numbers is the column that knows no telemetry.
var numbers = []string{"tensor", "grad", "nn", "meta", "meta/metatest", "prior", "prior/picture", "models"}

// forbidden lists what telemetry must not know.
var forbidden = map[string][]string{
	"read": {"grad", "nn", "meta", "tensor"}, "read/*": {"grad", "nn", "meta", "tensor"},
	"feature": {"grad", "nn", "meta"}, "store": {"tensor", "grad", "nn", "meta"},
}

func TestImportsRunDown(t *testing.T) {
	for dir, imports := range packageImports(t) {
		from := floorOf(dir)
		if from < 0 {
			t.Errorf("%s stands on no floor: add it to the table", dir)
			continue
		}
		for _, to := range imports {
			if f := floorOf(to); f >= from {
				t.Errorf("%s (floor %d) imports %s (floor %d)", dir, from, to, f)
			}
			if matches(dir, numbers) && !matches(to, numbers) {
				t.Errorf("%s is of the numbers and imports %s", dir, to)
			}
			for pattern, names := range forbidden {
				if match(pattern, dir) && matches(to, names) {
					t.Errorf("%s is of the telemetry and imports %s", dir, to)
				}
			}
		}
	}
}

// packageImports gives the module's own imports of each of its folders, tests left out.
func packageImports(t *testing.T) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && p != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "gen") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		dir := path.Dir(filepath.ToSlash(p))
		for _, i := range f.Imports {
			name, _ := strconv.Unquote(i.Path.Value)
			if name == module {
				out[dir] = append(out[dir], ".")
			} else if rest, ok := strings.CutPrefix(name, module+"/"); ok {
				out[dir] = append(out[dir], rest)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func floorOf(dir string) int {
	best := -1
	for i, f := range floors {
		for _, p := range f {
			if p == dir {
				return i
			}
			if match(p, dir) {
				best = i
			}
		}
	}
	return best
}

func matches(dir string, patterns []string) bool {
	for _, p := range patterns {
		if match(p, dir) {
			return true
		}
	}
	return false
}

func match(pattern, dir string) bool { ok, _ := path.Match(pattern, dir); return ok }
