package read

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling"
)

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for name, text := range map[string]string{
		"b.csv": "a,b\n1,2\n", "a/z.log": samples["zeek"], "a/.hidden.csv": "a,b\n", ".git/c.csv": "a,b\n", "notes.txt": "Dear all,\nsee there\n", "nothing": "", "cut.csv.gz": "\x1f\x8b\x08",
		"only/notes.txt": "hello\n", "a[1].csv": "a,b\n",
		"far/off/x.csv": "a,b\n", "joins/x.csv": "a,b\n",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, d := range []string{"empty", "a/deep"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(dir, "b.csv"), filepath.Join(dir, "a/link.csv")); err != nil {
		t.Skip(err)
	}
	if err := os.Symlink(dir, filepath.Join(dir, "a/deep/circle")); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{"link*": "nowhere", "current": "a", "joins/a": "far/off", "joins/z": "far/off", "far/off/back": "joins"} {
		if err := os.Symlink(filepath.Join(dir, to), filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	socket, err := net.Listen("unix", "socket")
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	noText := func(r inkling.Reader) error {
		var rec inkling.Record
		if err := r.Read(&rec); err == nil && rec.Schema.Index("uid") >= 0 {
			return errors.New("has a uid")
		}
		return nil
	}
	for name, tt := range map[string]struct {
		sources []string
		fits    func(inkling.Reader) error
		want    string // files, then "|" and what was passed over
		code    inkling.Code
		says    string
	}{
		"as they are":  {[]string{"b.csv", "-", "none.csv"}, nil, "b.csv - none.csv |", 0, ""},
		"directory":    {[]string{"."}, nil, "a/link.csv a/z.log a[1].csv cut.csv.gz far/off/x.csv joins/x.csv | link* notes.txt nothing only/notes.txt socket b.csv", 0, ""},
		"linked":       {[]string{"joins"}, nil, "joins/a/x.csv joins/x.csv |", 0, ""},
		"named twice":  {[]string{"b.csv", "./b.csv", "a/link.csv", "-", "none.csv", "b.csv"}, nil, "b.csv - none.csv | ./b.csv a/link.csv b.csv", 0, ""},
		"that fit":     {[]string{"a"}, noText, "a/link.csv | a/z.log a/deep/circle", 0, ""},
		"pattern":      {[]string{"*.csv", "?/*.log"}, nil, "a[1].csv b.csv a/z.log |", 0, ""},
		"of folders":   {[]string{"[ab]"}, nil, "a/link.csv a/z.log | a/deep/circle", 0, ""},
		"is a file":    {[]string{"a[1].csv"}, nil, "a[1].csv |", 0, ""},
		"leads on":     {[]string{"current"}, nil, "current/link.csv current/z.log | current/deep/circle", 0, ""},
		"leads off":    {[]string{"link*"}, nil, "link* |", 0, ""},
		"an address":   {[]string{"udp://[::1]:2055"}, nil, "udp://[::1]:2055 |", 0, ""},
		"no match":     {[]string{"*.pcap"}, nil, "", inkling.NotFound, "*.pcap: no file has such a name"},
		"bad":          {[]string{"[a"}, nil, "", inkling.Invalid, "no pattern"},
		"empty":        {[]string{"empty"}, nil, "", inkling.Invalid, "empty: there is no file in this directory"},
		"none to read": {[]string{"only"}, nil, "", inkling.Invalid, "only: no file in this directory is one to read; the first of 1: the format is not recognised"},
	} {
		t.Run(name, func(t *testing.T) {
			files, passed, err := Files(tt.sources, Options{}, tt.fits)
			if tt.says != "" {
				if inkling.CodeOf(err) != tt.code || !strings.Contains(err.Error(), tt.says) {
					t.Errorf("%v", err)
				}
				return
			}
			got := strings.Join(files, " ") + " |"
			for _, p := range passed {
				got += " " + p.File
			}
			if err != nil || filepath.ToSlash(got) != tt.want {
				t.Errorf("%s (%v), want %s", got, err, tt.want)
			}
		})
	}
}
