package images

import (
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// inFolder lists the files under root of which the name ends in one of the extensions. Links to folders are followed, after
// the folders themselves, but not to what was listed already, nor to a folder that root is in: that would lead round in a circle.
func inFolder(root string, extensions ...string) (out []file, err error) {
	l := listing{root: root, extensions: extensions, seen: map[string]bool{}}
	itself, err := actual(root)
	if err != nil {
		return nil, unreadable(root, err)
	}
	if err := l.folder(".", itself); err != nil {
		return nil, err
	}
	for len(l.links) > 0 {
		p := l.links[0]
		l.links = l.links[1:]
		target, err := actual(l.place(p))
		if err != nil || strings.HasPrefix(itself+string(filepath.Separator), strings.TrimSuffix(target, string(filepath.Separator))+string(filepath.Separator)) {
			continue
		}
		if err := l.folder(p, target); err != nil {
			return nil, err
		}
	}
	return l.out, tooMany(root, l.out)
}

// actual gives the name that a file has whatever link it is named by.
func actual(name string) (string, error) {
	whole, err := filepath.Abs(name)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(whole)
}

type listing struct {
	root       string
	extensions []string
	seen       map[string]bool // folders, by their actual names
	links      []string        // to folders, not followed yet: paths under root
	out        []file
}

func (l *listing) place(p string) string { return filepath.Join(l.root, filepath.FromSlash(p)) }

// folder lists the one at the path p under the root, with all below it.
func (l *listing) folder(p, itself string) error {
	if l.seen[itself] {
		return nil
	}
	l.seen[itself] = true
	entries, err := os.ReadDir(l.place(p))
	if err != nil {
		return unreadable(l.place(p), err)
	}
	for _, e := range entries {
		inside := path.Join(p, e.Name())
		switch {
		case len(l.out) > maxFiles:
			return nil
		case e.IsDir():
			if err := l.folder(inside, filepath.Join(itself, e.Name())); err != nil {
				return err
			}
		case e.Type()&fs.ModeSymlink != 0 && isDir(l.place(inside)):
			l.links = append(l.links, inside)
		case wanted(inside, l.extensions):
			where := l.place(inside)
			l.out = append(l.out, file{where, inside, func() (io.ReadCloser, error) { return os.Open(where) }})
		}
	}
	return nil
}

func isDir(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}
