//go:build unix

package store

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A file is for whom the user's mask says, one that was there for whom it was, and a link leads where it led.
func TestWriteFileKeepsItsPlace(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o077))
	dir := t.TempDir()
	path, shared, link := filepath.Join(dir, "new"), filepath.Join(dir, "shared"), filepath.Join(dir, "link")
	if err := os.WriteFile(shared, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(shared, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("shared", link); err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{path, link} {
		if err := WriteFile(to, put("whole")); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]os.FileMode{path: 0o600, shared: 0o640} {
		info, err := os.Lstat(name)
		if err != nil || info.Mode() != want || info.Size() != 5 {
			t.Errorf("%s: %v, want %v", name, info.Mode(), want)
		}
	}
	if to, err := os.Readlink(link); err != nil || to != "shared" {
		t.Errorf("the link is gone: %q, %v", to, err)
	}
}
