package read

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/inkling-sec/inkling"
)

// A Passed is a file that is not read, of a directory or named before, and why.
type Passed struct {
	File string
	Err  error
}

// Files gives the files that sources stand for: files, standard input ("-"), what is listened on, patterns of file
// names, of which the shell may have left some as they are, and directories, with all below them. Files of a pattern
// or directory come in order of their names. In a directory, what is hidden is left out, and so is, told of in passed,
// what is in no format that is known, is empty, or that fits, where not nil, refuses. One that is damaged is not:
// reading it says so. A file that is there already by another name is passed over: its records would count twice, as
// ones to learn from and to promise on.
func Files(sources []string, o Options, fits func(inkling.Reader) error) (files []string, passed []Passed, err error) {
	for _, source := range sources {
		found, left, err := expand(source, o, fits)
		if err != nil {
			return nil, nil, err
		}
		files, passed = append(files, found...), append(passed, left...)
	}
	files, again := once(files)
	return files, append(passed, again...), nil
}

// once leaves out files that stand before by any name.
func once(files []string) (first []string, again []Passed) {
	seen := map[string]string{}
	for _, f := range files {
		if before, ok := seen[itself(f)]; ok {
			again = append(again, Passed{f, fmt.Errorf("is read already, as %s", before)})
			continue
		}
		seen[itself(f)] = f
		first = append(first, f)
	}
	return first, again
}

// Same reports whether two names are of one file.
func Same(a, b string) bool { return a == b || itself(a) == itself(b) }

// itself gives the name of a file that it has by whatever path or link it is named; of what is no file, its name.
func itself(name string) string {
	if name == "-" || Listens(name) {
		return name
	}
	whole, err := filepath.Abs(name)
	if err != nil {
		return name
	}
	if target, err := filepath.EvalSymlinks(whole); err == nil {
		return target
	}
	return whole
}

func expand(source string, o Options, fits func(inkling.Reader) error) (files []string, passed []Passed, err error) {
	if source == "-" || Listens(source) {
		return []string{source}, nil, nil
	}
	names := []string{source} // opening it says what is wrong
	if _, err := os.Stat(source); err != nil && strings.ContainsAny(source, "*?[") {
		if names, err = matching(source); err != nil {
			return nil, nil, err
		}
	}
	for _, n := range names {
		found, left := []string{n}, []Passed(nil)
		if info, err := os.Stat(n); err == nil && info.IsDir() {
			if found, left, err = directory(n, o, fits); err != nil {
				return nil, nil, err
			}
		}
		files, passed = append(files, found...), append(passed, left...)
	}
	return files, passed, nil
}

// matching gives the names that a pattern is of.
func matching(pattern string) ([]string, error) {
	names, err := filepath.Glob(pattern)
	if err != nil {
		return nil, &inkling.Error{Code: inkling.Invalid, Place: pattern, What: "is no pattern of file names", Err: err, Remedy: "close the bracket, or put a backslash before it"}
	}
	if len(names) == 0 {
		return nil, &inkling.Error{Code: inkling.NotFound, Place: pattern, What: "no file has such a name", Remedy: "check the pattern; see what there is with ls"}
	}
	slices.Sort(names)
	return names, nil
}

// directory gives the files below a directory, and below those that links in it lead to.
func directory(dir string, o Options, fits func(inkling.Reader) error) (files []string, passed []Passed, err error) {
	w := walk{o: o, fits: fits, seen: map[string]bool{}, links: []string{dir}}
	for len(w.links) > 0 { // all that is in the directory itself comes before what a link leads to
		from := w.links[0]
		w.links = w.links[1:]
		if err := filepath.WalkDir(from+string(filepath.Separator), w.visit); err != nil && from == dir {
			return nil, nil, &inkling.Error{Code: inkling.Invalid, Place: dir, What: "cannot be listed", Err: err, Remedy: "check its permissions"}
		} else if err != nil {
			w.passed = append(w.passed, Passed{from, err})
		}
	}
	slices.SortFunc(w.files, func(a, b string) int { return slices.Compare(parts(a), parts(b)) })
	if len(w.files) > 0 {
		return w.files, w.passed, nil
	}
	what := "there is no file in this directory"
	if len(w.passed) > 0 {
		what = fmt.Sprintf("no file in this directory is one to read; the first of %d: %v", len(w.passed), w.passed[0].Err)
	}
	return nil, w.passed, &inkling.Error{Code: inkling.Invalid, Place: dir, What: what, Remedy: "name another, or the files themselves"}
}

func parts(name string) []string { return strings.Split(name, string(filepath.Separator)) }

// A walk goes through a directory, and through each that a link leads to once.
type walk struct {
	o      Options
	fits   func(inkling.Reader) error
	top    string          // the directory, by its own name
	seen   map[string]bool // directories, by their own names
	links  []string        // to directories that are still to be gone through
	files  []string
	passed []Passed
}

// visit takes a file or directory; it implements fs.WalkDirFunc.
func (w *walk) visit(path string, e fs.DirEntry, err error) error {
	root := strings.HasSuffix(path, string(filepath.Separator))
	switch {
	case err != nil && root:
		return err
	case err != nil:
		w.passed = append(w.passed, Passed{path, err})
		return nil
	case !root && strings.HasPrefix(e.Name(), "."):
		if e.IsDir() {
			return fs.SkipDir
		}
		return nil
	case e.IsDir() || root:
		return w.enter(path)
	}
	info, err := os.Stat(path) // of what a link leads to
	if err == nil && info.IsDir() {
		w.links = append(w.links, path)
		return nil
	}
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("is no regular file")
	}
	if err == nil {
		err = recognised(path, w.o, w.fits)
	}
	if err != nil {
		w.passed = append(w.passed, Passed{path, err})
	} else {
		w.files = append(w.files, path)
	}
	return nil
}

// enter passes over a directory that was gone through already, and one that the walk began inside of, which would be all around it.
func (w *walk) enter(path string) error {
	own := itself(path)
	if w.top == "" {
		w.top = own
	}
	switch {
	case w.seen[own]:
		return fs.SkipDir
	case own != w.top && strings.HasPrefix(w.top, strings.TrimSuffix(own, string(filepath.Separator))+string(filepath.Separator)):
		w.passed = append(w.passed, Passed{filepath.Clean(path), errors.New("leads to a directory that this one is in")})
		return fs.SkipDir
	}
	w.seen[own] = true
	return nil
}

// recognised says why a file cannot be one to read.
func recognised(path string, o Options, fits func(inkling.Reader) error) error {
	f, err := Open(path, o)
	var e *inkling.Error
	if errors.As(err, &e) && (e.What == isEmpty || e.What == isUnknown) {
		return errors.New(e.What)
	}
	if err != nil {
		return nil
	}
	defer f.Close()
	if fits == nil {
		return nil
	}
	return fits(f)
}
