package images

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/inkling-sec/inkling"
)

// What is read at most, so that no input can exhaust memory.
const (
	maxFile   = 32 << 20 // bytes of an image file
	maxFiles  = 1 << 20  // image files
	maxText   = 64 << 20 // bytes of a list or header, unpacked
	maxPacked = 1 << 30  // bytes of packed images, unpacked
)

// file is an image file in a folder or a zip.
type file struct {
	place string // for errors
	path  string // inside the folder or zip, with slashes
	open  func() (io.ReadCloser, error)
}

func (f file) read() ([]byte, error) {
	r, err := f.open()
	if err != nil {
		return nil, unreadable(f.place, err)
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, unreadable(f.place, err)
	}
	if len(b) > maxFile {
		return nil, invalid(f.place, "it cannot be one of the benchmark's images: remove it", "the file is larger than %d bytes", maxFile)
	}
	return b, nil
}

// inZip lists the files of a zip in the same way; they can be read until it is closed.
func inZip(name string, extensions ...string) (out []file, closer io.Closer, err error) {
	z, err := zip.OpenReader(name)
	if err != nil {
		return nil, nil, unreadable(name, err)
	}
	for _, f := range z.File {
		if len(out) <= maxFiles && !f.FileInfo().IsDir() && wanted(f.Name, extensions) {
			out = append(out, file{name + ": " + f.Name, path.Clean(f.Name), f.Open})
		}
	}
	if err := tooMany(name, out); err != nil {
		z.Close()
		return nil, nil, err
	}
	return out, z, nil
}

func tooMany(place string, files []file) error {
	if len(files) > maxFiles {
		return invalid(place, "give the folder of the benchmark alone", "more than %d image files", maxFiles)
	}
	return nil
}

// wanted leaves out the shadow files that some systems put into folders and zips.
func wanted(p string, extensions []string) bool {
	if strings.HasPrefix(path.Base(p), ".") || strings.Contains("/"+p, "/__MACOSX/") {
		return false
	}
	for _, e := range extensions {
		if strings.EqualFold(path.Ext(p), e) {
			return true
		}
	}
	return false
}

func unreadable(place string, err error) error {
	code, remedy := inkling.Invalid, "it may be cut or damaged: get it again"
	switch {
	case errors.Is(err, fs.ErrNotExist):
		code, remedy = inkling.NotFound, "correct the path"
	case errors.Is(err, fs.ErrPermission):
		remedy = "allow reading it"
	}
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err // the place says the path
	}
	return &inkling.Error{Code: code, Place: place, What: "cannot be read", Remedy: remedy, Err: err}
}

// readText reads a whole small file, or the one inside a gzip.
func readText(place string, r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxText+1))
	if err != nil {
		return nil, unreadable(place, err)
	}
	if len(b) > maxText {
		return nil, invalid(place, "it cannot be the benchmark's file: get it again", "longer than %d bytes", maxText)
	}
	return b, nil
}

func counted(n int, thing string) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s + " " + thing
}
