// Package store keeps what Inkling has learned: models, baselines, detectors
// and alerts, as files of one directory. Every write is whole or not at all: to
// a temporary file beside the target, synced, then renamed over it.
package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/inkling-sec/inkling"
)

// Kind is a folder of the home and the ending of its files.
type Kind struct{ Folder, Ext string }

// The kinds of things kept.
var (
	Models    = Kind{"models", ".safetensors"}
	Baselines = Kind{"baselines", ".json.gz"}
	Detectors = Kind{"detectors", ".json"}
	Alerts    = Kind{"alerts", ".jsonl"} // of hunts
	Watches   = Kind{"watch", ".jsonl"}  // alerts of watches
	Hunts     = Kind{"hunts", ".json"}   // what the last hunts read
)

// One names a thing of this kind in messages: "detector", "baseline", ….
func (k Kind) One() string { return strings.TrimSuffix(k.Folder, "s") }

// Home is the directory of one installation. The directory is made at the first write.
type Home struct{ Dir string }

// Default gives the home under the user's data directory.
func Default() (Home, error) {
	if dir := os.Getenv("XDG_DATA_HOME"); dir != "" {
		return Home{filepath.Join(dir, "inkling")}, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return Home{}, &inkling.Error{Code: inkling.Invalid, What: "no home directory to keep detectors in", Remedy: "name one with --home or INKLING_HOME", Err: err}
	}
	return Home{filepath.Join(home, ".local", "share", "inkling")}, nil
}

var goodName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)

// CheckName refuses names that would not be a plain file name.
func CheckName(k Kind, name string) error {
	if goodName.MatchString(name) && !strings.Contains(name, "..") {
		return nil
	}
	return &inkling.Error{Code: inkling.Invalid, What: fmt.Sprintf("%q cannot be the name of a %s", name, k.One()), Remedy: "use letters, digits, dots, dashes and underscores, 100 at most"}
}

// Path gives the file of a thing.
func (h Home) Path(k Kind, name string) string {
	return filepath.Join(h.Dir, k.Folder, name+k.Ext)
}

// Put writes a thing through write, whole or not at all.
func (h Home) Put(k Kind, name string, write func(io.Writer) error) error {
	path, err := h.Room(k, name)
	if err != nil {
		return err
	}
	sweep(filepath.Dir(path))
	return Elsewhere(WriteFile(path, write), otherHome)
}

const otherHome = "with --home"

// Add is Put for what is not to take the place of another: of several programs that add one name, at once too, the first has it.
func (h Home) Add(k Kind, name string, write func(io.Writer) error) error {
	path, err := h.Room(k, name)
	if err != nil {
		return err
	}
	sweep(filepath.Dir(path))
	if err = writeFile(path, write, nameFirst); errors.Is(err, fs.ErrExist) {
		return taken(k, name)
	}
	return Elsewhere(err, otherHome)
}

// Free refuses a name that Add would refuse, before the work of making the thing.
func (h Home) Free(k Kind, name string) error {
	if h.Has(k, name) {
		return taken(k, name)
	}
	return nil
}

func taken(k Kind, name string) error {
	return &inkling.Error{Code: inkling.Conflict, Place: k.One() + " " + name, What: "exists already", Remedy: "choose another name, or overwrite it with --replace"}
}

// nameFirst renames a file, which may keep its old name beside, unless the new name is another's.
func nameFirst(from, to string) error {
	err := os.Link(from, to)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	if _, err := os.Lstat(to); err == nil { // the file system has no links: two within a moment are not told apart
		return fs.ErrExist
	}
	return os.Rename(from, to)
}

// Room gives the file of a thing, whose folder it makes.
func (h Home) Room(k Kind, name string) (path string, err error) {
	if err := CheckName(k, name); err != nil {
		return "", err
	}
	path = h.Path(k, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", Elsewhere(unwritable(path, err), otherHome)
	}
	return path, nil
}

// Ready refuses a home that a thing could not be put into, before the work of making it. Nothing is made yet.
func (h Home) Ready(k Kind, name string) error {
	if err := CheckName(k, name); err != nil {
		return err
	}
	path := h.Path(k, name)
	dir := filepath.Dir(path)
	if _, err := os.Stat(dir); err == nil {
		return Elsewhere(Writable(path), otherHome)
	}
	for dir != filepath.Dir(dir) {
		if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		dir = filepath.Dir(dir)
	}
	if err := tried(dir); err != nil {
		return Elsewhere(unwritable(path, err), otherHome)
	}
	return nil
}

// sweep removes from a folder what a killed program left a week ago or before. Failing is harmless: nobody reads such files.
func sweep(dir string) {
	left, _ := filepath.Glob(filepath.Join(dir, temporary))
	for _, f := range left {
		if info, err := os.Stat(f); err == nil && time.Since(info.ModTime()) > 7*24*time.Hour {
			os.Remove(f)
		}
	}
}

// temporary is what files are called until they are whole; no kind's file is.
const temporary = ".writing-*"

// Get reads a whole thing.
func (h Home) Get(k Kind, name string) ([]byte, error) {
	if err := CheckName(k, name); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(h.Path(k, name))
	if err != nil {
		return nil, h.unread(k, name, err)
	}
	return data, nil
}

// Open opens a thing that may be too large to be read whole.
func (h Home) Open(k Kind, name string) (io.ReadCloser, error) {
	if err := CheckName(k, name); err != nil {
		return nil, err
	}
	f, err := os.Open(h.Path(k, name))
	if err != nil {
		return nil, h.unread(k, name, err)
	}
	return f, nil
}

// unread makes an error of a thing that cannot be read.
func (h Home) unread(k Kind, name string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		have, _ := h.List(k)
		remedy := "there is none yet"
		if len(have) > 0 {
			remedy = "there are: " + strings.Join(have, ", ")
		}
		return &inkling.Error{Code: inkling.NotFound, Place: h.Dir, What: fmt.Sprintf("no %s %q", k.One(), name), Remedy: remedy}
	}
	return &inkling.Error{Code: inkling.Invalid, What: fmt.Sprintf("cannot read the %s", k.One()), Remedy: "check the home and its permissions", Err: err}
}

// Has reports whether a thing is there.
func (h Home) Has(k Kind, name string) bool {
	_, err := os.Stat(h.Path(k, name))
	return err == nil
}

// List gives the names of a kind, sorted. A home that is not there yet has none.
func (h Home) List(k Kind) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(h.Dir, k.Folder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, &inkling.Error{Code: inkling.Invalid, What: "cannot list the " + k.Folder, Remedy: "check the home and its permissions", Err: err}
	}
	var names []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), k.Ext); ok && goodName.MatchString(name) && !e.IsDir() {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// WriteFile writes a file through write, whole or not at all: what a link leads
// to, and with the permissions that it had. What is no plain file, such as a
// device or a pipe, is written as it is.
func WriteFile(path string, write func(io.Writer) error) error {
	return writeFile(path, write, os.Rename)
}

// writeFile is WriteFile, with what gives the whole file its name.
func writeFile(path string, write func(io.Writer) error, name func(from, to string) error) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	before, err := os.Stat(path)
	if err == nil && !before.Mode().IsRegular() {
		return writeDevice(path, write)
	}
	f, err := createTemp(filepath.Dir(path))
	if err != nil {
		return unwritable(path, err)
	}
	defer os.Remove(f.Name()) // fails harmlessly once the file has its name
	defer f.Close()
	if err := write(f); err != nil {
		return blame(f, path, err)
	}
	if err := commit(f, path, before, name); err != nil {
		return unwritable(path, err)
	}
	syncFolder(path)
	return nil
}

// createTemp is [os.CreateTemp] with the permissions of a usual file, which the user's mask narrows.
func createTemp(dir string) (f *os.File, err error) {
	for {
		name := strings.Replace(temporary, "*", strconv.FormatUint(rand.Uint64(), 36), 1)
		f, err = os.OpenFile(filepath.Join(dir, name), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
}

// Writable refuses a place that WriteFile could not write to, before the work of making what is to be written.
// Of a device or a pipe only writing tells.
func Writable(path string) error {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return unwritable(path, errors.New("it is a directory"))
	case err == nil && !info.Mode().IsRegular():
		return nil
	}
	if err := tried(filepath.Dir(path)); err != nil {
		return unwritable(path, err)
	}
	return nil
}

// tried makes a file in a folder and removes it.
func tried(dir string) error {
	f, err := createTemp(dir)
	if err != nil {
		return err
	}
	f.Close()
	return os.Remove(f.Name())
}

// syncFolder makes a file's name survive a power cut.
func syncFolder(path string) {
	if dir, err := os.Open(filepath.Dir(path)); err == nil {
		dir.Sync()
		dir.Close()
	}
}

// writeDevice writes to what must not be replaced.
func writeDevice(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return unwritable(path, err)
	}
	defer f.Close()
	if err := write(f); err != nil {
		return blame(f, path, err)
	}
	if err := f.Close(); err != nil {
		return unwritable(path, err)
	}
	return nil
}

// blame tells an error of the file being written, such as a full disk, from any other of the writer.
func blame(f *os.File, path string, err error) error {
	var p *fs.PathError
	if errors.As(err, &p) && p.Path == f.Name() {
		return unwritable(path, p.Err)
	}
	return err
}

func unwritable(path string, err error) error {
	var p *fs.PathError
	prefix, _, _ := strings.Cut(temporary, "*")
	if errors.As(err, &p) && strings.HasPrefix(filepath.Base(p.Path), prefix) { // nobody has named that
		if err = p.Err; errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("there is no folder %s", filepath.Dir(path))
		}
	}
	return &inkling.Error{Code: inkling.Invalid, Place: path, What: "cannot be written", Remedy: chooseAnother, Err: err}
}

const chooseAnother = "free space, mend its permissions, or choose another place"

// Elsewhere says how to choose another place, such as "with -o", where err is that one cannot be written to.
func Elsewhere(err error, how string) error {
	var e *inkling.Error
	if !errors.As(err, &e) || !strings.HasPrefix(e.Remedy, chooseAnother) {
		return err
	}
	other := *e
	other.Remedy = chooseAnother + " " + how
	return &other
}

// commit makes the temporary file f the file at path, with the permissions of the one before, nil for none; what failed stops it.
func commit(f *os.File, path string, before fs.FileInfo, name func(from, to string) error) error {
	for _, step := range []func() error{
		func() error {
			if before == nil {
				return nil
			}
			return f.Chmod(before.Mode().Perm())
		},
		f.Sync,
		f.Close,
		func() error { return name(f.Name(), path) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}
