package follow

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// resume finds the files of a run before by what they are.
func (r *Reader) resume(p *Position) error {
	var last *File
	for i := range p.Files {
		f := &p.Files[i]
		known := *f
		r.files = append(r.files, &known)
		if f.Number < r.o.From.File {
			continue
		}
		last = f
		at, ok := r.find(f)
		if !ok {
			what := "records from there on are lost"
			if f.Number < p.Place.File {
				what = "what is remembered over time lacks it"
			}
			r.o.Told(fmt.Sprintf("%s: the file that was read up to line %d is gone, and no rotated one is it: %s", r.path, p.Place.Line, what))
			continue
		}
		if info, err := os.Stat(at); err == nil {
			f.Modified = info.ModTime()
		}
		if at != r.path {
			r.o.Told(fmt.Sprintf("%s: was rotated to %s, which is read first", r.path, at))
		}
		r.queue = append(r.queue, waiting{at, *f})
		if at == r.path && i == len(p.Files)-1 {
			return nil // nothing came after it
		}
	}
	if last != nil {
		r.after = last
		r.between(last)
	}
	return nil
}

// find looks for a file: at the log's path, by its inode beside it, by its first bytes.
func (r *Reader) find(f *File) (at string, ok bool) {
	if info, err := os.Stat(r.path); err == nil && f.moved(info) && (f.Prefix == 0 || f.begins(r.path, r.open)) {
		return r.path, true
	}
	beside := r.beside()
	for _, c := range beside {
		if f.moved(c.info) && (f.Prefix == 0 || f.begins(c.path, r.open)) {
			return c.path, true
		}
	}
	for _, c := range beside {
		if c.named && f.begins(c.path, r.open) {
			return c.path, true
		}
	}
	if info, err := os.Stat(r.path); err == nil && info.Size() >= f.Read && f.begins(r.path, r.open) {
		return r.path, true // copied over
	}
	return "", false
}

// between queues the rotated files that were written after one was and are not known: the log was rotated more than once.
func (r *Reader) between(after *File) {
	now, _ := os.Stat(r.path)
	var found []waiting
	for _, c := range r.beside() {
		if !c.named || c.info.Size() == 0 || c.info.ModTime().Before(after.Modified) || now != nil && os.SameFile(now, c.info) {
			continue
		}
		known := func(f *File) bool {
			return f.Prefix == 0 && f.moved(c.info) || f.begins(c.path, r.open)
		}
		if known(after) || slices.ContainsFunc(r.files, known) || slices.ContainsFunc(r.queue, func(w waiting) bool { return known(&w.file) }) {
			continue
		}
		b, err := firstBytes(c.path, r.open, prefixMost)
		if err != nil || len(b) == 0 {
			continue
		}
		w := waiting{c.path, File{Prefix: len(b), Sum: sum(b), Modified: c.info.ModTime()}}
		w.file.Device, w.file.Inode = inode(c.info)
		if slices.ContainsFunc(found, func(other waiting) bool { return other.file.Sum == w.file.Sum }) {
			continue // being compressed: both are there
		}
		found = append(found, w)
	}
	slices.SortStableFunc(found, func(a, b waiting) int { return a.file.Modified.Compare(b.file.Modified) })
	for _, w := range found {
		w.file.Number = r.highest() + 1
		r.queue = append(r.queue, w)
		r.o.Told(fmt.Sprintf("%s: was rotated more than once; %s is read next", r.path, w.at))
	}
}

// candidate is a file that may be the log, rotated.
type candidate struct {
	path  string
	info  os.FileInfo
	named bool // its name says so
}

// beside lists the files of the log's folder, and of the others that rotated files may be in, uncompressed ones first.
func (r *Reader) beside() (all []candidate) {
	folders := []string{filepath.Dir(r.path)}
	for _, d := range r.o.Beside {
		folders = append(folders, d)
		entries, _ := os.ReadDir(d)
		for _, e := range entries {
			if e.IsDir() {
				folders = append(folders, filepath.Join(d, e.Name()))
			}
		}
	}
	for _, d := range folders {
		entries, _ := os.ReadDir(d) // one that cannot be read has none
		for _, e := range entries {
			info, err := e.Info()
			if err != nil || !info.Mode().IsRegular() {
				continue
			}
			all = append(all, candidate{path: filepath.Join(d, e.Name()), info: info, named: r.o.Names(e.Name())})
		}
	}
	packed := func(c candidate) int {
		switch filepath.Ext(c.path) {
		case ".gz", ".zst":
			return 1
		}
		return 0
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return cmp.Compare(packed(a), packed(b)) })
	return all
}

// rotatedNames gives the usual rule: the log's name, with or without its ending, and behind it a dot or dash and a digit, as in
// conn.log.1, eve.json-20261125.gz or conn.2026-11-25-18-00-00.log.
func rotatedNames(base string) func(string) bool {
	stem := strings.TrimSuffix(base, filepath.Ext(base))
	return func(name string) bool {
		for _, start := range []string{base, stem} {
			rest, ok := strings.CutPrefix(name, start)
			if ok && len(rest) >= 2 && strings.IndexByte(".-_", rest[0]) >= 0 && rest[1] >= '0' && rest[1] <= '9' {
				return true
			}
		}
		return false
	}
}
