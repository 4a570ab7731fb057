package store

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/inkling-sec/inkling"
)

// A test binary that is started with this variable puts things into that home until it is killed.
const asWriter = "INKLING_TEST_WRITE_INTO"

func TestMain(m *testing.M) {
	if dir := os.Getenv(asWriter); dir != "" {
		for i := 0; ; i++ {
			err := Home{dir}.Put(Detectors, "x", func(w io.Writer) error {
				_, err := w.Write(version(i))
				return err
			})
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			if i == 0 {
				fmt.Println("writing")
			}
		}
	}
	os.Exit(m.Run())
}

// version is one whole thing: many copies of one byte, as many as that byte says.
func version(i int) []byte { return bytes.Repeat([]byte{byte(1 + i%200)}, 4096*(1+i%200)) }

func put(text string) func(io.Writer) error {
	return func(w io.Writer) error { _, err := io.WriteString(w, text); return err }
}

// files gives the names in a folder, hidden ones too.
func files(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestPutGetList(t *testing.T) {
	h := Home{filepath.Join(t.TempDir(), "not", "yet")}
	for _, k := range []Kind{Models, Baselines, Detectors, Alerts} {
		if names, err := h.List(k); err != nil || names != nil {
			t.Errorf("an absent home lists %v, %v", names, err)
		}
		if h.Has(k, "a") {
			t.Errorf("%s a is there", k.One())
		}
		_, err := h.Get(k, "a")
		if inkling.CodeOf(err) != inkling.NotFound || !strings.Contains(err.Error(), fmt.Sprintf("no %s %q (there is none yet)", k.One(), "a")) {
			t.Errorf("get from an absent home: %v", err)
		}
		for _, text := range []string{"first, longer", "second"} {
			for _, name := range []string{"b", "a.2", "a"} {
				if err := h.Put(k, name, put(text+name)); err != nil {
					t.Fatal(err)
				}
			}
		}
		if names, err := h.List(k); err != nil || !slices.Equal(names, []string{"a", "a.2", "b"}) {
			t.Errorf("list %v, %v", names, err)
		}
		if b, err := h.Get(k, "a.2"); err != nil || string(b) != "seconda.2" || !h.Has(k, "a.2") {
			t.Errorf("get %q, %v", b, err)
		}
		if _, err = h.Get(k, "c"); !strings.Contains(err.Error(), "there are: a, a.2, b") {
			t.Errorf("get what is not there: %v", err)
		}
	}
}

func TestCheckName(t *testing.T) {
	for _, good := range []string{"a", "ssh-guess_2.v1", "9", strings.Repeat("x", 100)} {
		if err := CheckName(Detectors, good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	h := Home{t.TempDir()}
	for _, bad := range []string{"", ".", "..", "../a", "a/b", `a\b`, "a..b", ".hidden", "-flag", "a b", "é", "a\x00", "a\n", strings.Repeat("x", 101)} {
		err := CheckName(Detectors, bad)
		if inkling.CodeOf(err) != inkling.Invalid || !strings.Contains(err.Error(), "detector (use letters") {
			t.Errorf("%q: %v", bad, err)
		}
		if err := h.Put(Detectors, bad, put("x")); err == nil {
			t.Errorf("%q was written", bad)
		}
		if _, err := h.Get(Detectors, bad); inkling.CodeOf(err) != inkling.Invalid {
			t.Errorf("%q was looked for: %v", bad, err)
		}
	}
	if names := files(t, h.Dir); len(names) != 0 {
		t.Errorf("left %v", names)
	}
}

// A writer that fails leaves what was there, and nothing else.
func TestFailedWriteLeavesTheOld(t *testing.T) {
	h := Home{t.TempDir()}
	if err := h.Put(Detectors, "x", put("old")); err != nil {
		t.Fatal(err)
	}
	boom := errors.New("boom")
	err := h.Put(Detectors, "x", func(w io.Writer) error {
		if _, err := w.Write(make([]byte, 1<<20)); err != nil {
			t.Error(err)
		}
		return boom
	})
	if !errors.Is(err, boom) {
		t.Errorf("error %v", err)
	}
	func() {
		defer func() { _ = recover() }()
		_ = h.Put(Detectors, "x", func(io.Writer) error { panic("boom") })
	}()
	if b, _ := h.Get(Detectors, "x"); string(b) != "old" {
		t.Errorf("now holds %q", b)
	}
	if names := files(t, filepath.Join(h.Dir, "detectors")); !slices.Equal(names, []string{"x.json"}) {
		t.Errorf("left %v", names)
	}
}

// An error of the file being written names the target and a remedy; one of the writer's own source stays what it is.
func TestWriteFileBlames(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full here")
	}
	full := filepath.Join(t.TempDir(), "full") // a link: a mistake would replace it and not the device
	if err := os.Symlink("/dev/full", full); err != nil {
		t.Fatal(err)
	}
	err := WriteFile(full, put("x"))
	if inkling.CodeOf(err) != inkling.Invalid || !strings.Contains(err.Error(), "full: cannot be written: no space left on device (free space") {
		t.Errorf("a full device: %v", err)
	}
	if info, err := os.Stat(full); err != nil || info.Mode().IsRegular() {
		t.Fatal("the device was replaced by a file")
	}
	other := &fs.PathError{Op: "read", Path: "conn.log", Err: errors.New("input/output error")}
	if err := WriteFile(filepath.Join(t.TempDir(), "x"), func(io.Writer) error { return other }); err != error(other) {
		t.Errorf("an error of the input became %v", err)
	}
}

func TestWritable(t *testing.T) {
	dir := t.TempDir()
	for path, want := range map[string]inkling.Code{dir: inkling.Invalid, filepath.Join(dir, "no", "x"): inkling.Invalid} {
		if err := Writable(path); inkling.CodeOf(err) != want {
			t.Errorf("%s: %v", path, err)
		}
	}
	if err := Writable(filepath.Join(dir, "x")); err != nil || len(files(t, dir)) != 0 {
		t.Errorf("%v, left %v", err, files(t, dir))
	}
	if err := Writable(os.DevNull); err != nil {
		t.Error(err)
	}
}

func TestUnwritable(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := WriteFile(file, put("x")); err != nil {
		t.Fatal(err)
	}
	h := Home{filepath.Join(file, "home")}
	if err := h.Put(Models, "m", put("x")); inkling.CodeOf(err) != inkling.Invalid || !strings.Contains(err.Error(), "m.safetensors: cannot be written") {
		t.Errorf("put under a file: %v", err)
	}
	if _, err := h.List(Models); inkling.CodeOf(err) != inkling.Invalid {
		t.Errorf("list under a file: %v", err)
	}
	if _, err := h.Get(Models, "m"); inkling.CodeOf(err) != inkling.Invalid {
		t.Errorf("get under a file: %v", err)
	}
	if err := WriteFile(filepath.Join(dir, "no", "such", "x"), put("x")); inkling.CodeOf(err) != inkling.Invalid {
		t.Errorf("a folder that is not there: %v", err)
	}
	full := Home{dir}
	if err := os.MkdirAll(filepath.Join(full.Path(Models, "m"), "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := full.Put(Models, "m", put("x")); inkling.CodeOf(err) != inkling.Invalid {
		t.Errorf("over a folder: %v", err)
	}
	if names := files(t, filepath.Join(dir, "models")); !slices.Equal(names, []string{"m.safetensors"}) {
		t.Errorf("left %v", names)
	}
	if names, err := full.List(Models); err != nil || len(names) != 0 {
		t.Errorf("a folder is listed: %v, %v", names, err)
	}
}

// The program is killed while it replaces a thing over and over: one whole
// version stands there at every moment.
func TestKilledWhileWriting(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	h := Home{t.TempDir()}
	left := 0
	for round := range 12 {
		cmd := exec.Command(self)
		cmd.Env = append(os.Environ(), asWriter+"="+h.Dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := out.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		for range 20 { // a reader beside a writer sees whole versions too
			whole(t, h)
		}
		time.Sleep(time.Duration(round*round) * time.Millisecond / 3)
		cmd.Process.Kill()
		cmd.Wait()
		whole(t, h)
		if names, err := h.List(Detectors); err != nil || !slices.Equal(names, []string{"x"}) {
			t.Errorf("list %v, %v", names, err)
		}
		left = len(files(t, filepath.Join(h.Dir, "detectors"))) - 1
	}
	t.Logf("%d temporary files were left by 12 kills", left)
}

func whole(t *testing.T, h Home) {
	t.Helper()
	b, err := h.Get(Detectors, "x")
	if err != nil || len(b) == 0 || !bytes.Equal(b, version(int(b[0])-1)) {
		t.Fatalf("half a thing of %d bytes, %v", len(b), err)
	}
}

// What a killed program left is swept a week later; what may still be written is not.
func TestSweep(t *testing.T) {
	h := Home{t.TempDir()}
	dir := filepath.Join(h.Dir, "detectors")
	if err := h.Put(Detectors, "x", put("x")); err != nil {
		t.Fatal(err)
	}
	for name, age := range map[string]time.Duration{".writing-old": 8 * 24 * time.Hour, ".writing-new": time.Hour, "keep.json": 1000 * time.Hour} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, time.Time{}, time.Now().Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Put(Detectors, "y", put("y")); err != nil {
		t.Fatal(err)
	}
	if names := files(t, dir); !slices.Equal(names, []string{".writing-new", "keep.json", "x.json", "y.json"}) {
		t.Errorf("the folder holds %v", names)
	}
}

func TestDefault(t *testing.T) {
	t.Setenv("XDG_DATA_HOME", "/data")
	if h, err := Default(); err != nil || h.Dir != "/data/inkling" {
		t.Errorf("%v, %v", h, err)
	}
	t.Setenv("XDG_DATA_HOME", "")
	t.Setenv("HOME", "/root")
	if h, err := Default(); err != nil || h.Dir != "/root/.local/share/inkling" {
		t.Errorf("%v, %v", h, err)
	}
	t.Setenv("HOME", "")
	if _, err := Default(); inkling.CodeOf(err) != inkling.Invalid || !strings.Contains(err.Error(), "--home") {
		t.Errorf("no home: %v", err)
	}
}

// Of two that add the same name at once one is refused, whoever began first, and nothing is left behind.
func TestAdd(t *testing.T) {
	h := Home{t.TempDir()}
	inner := error(nil)
	err := h.Add(Detectors, "x", func(w io.Writer) error {
		inner = h.Add(Detectors, "x", put("while another is written"))
		_, err := io.WriteString(w, "late")
		return err
	})
	if inner != nil || inkling.CodeOf(err) != inkling.Conflict || !strings.Contains(err.Error(), "detector x: exists already (") {
		t.Errorf("%v, then %v", inner, err)
	}
	if b, _ := h.Get(Detectors, "x"); string(b) != "while another is written" {
		t.Errorf("it holds %q", b)
	}
	if names := files(t, filepath.Join(h.Dir, "detectors")); !slices.Equal(names, []string{"x.json"}) {
		t.Errorf("left %v", names)
	}
	if err := h.Free(Detectors, "x"); inkling.CodeOf(err) != inkling.Conflict {
		t.Errorf("a name that is taken: %v", err)
	}
	if err := h.Free(Detectors, "y"); err != nil {
		t.Error(err)
	}
}

// Where there are no links, as of folders, a name is still not taken from another.
func TestNameFirstWithoutLinks(t *testing.T) {
	dir := t.TempDir()
	for i, want := range []error{nil, fs.ErrExist} {
		from := filepath.Join(dir, fmt.Sprint(i))
		if err := os.Mkdir(from, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := nameFirst(from, filepath.Join(dir, "to")); !errors.Is(err, want) {
			t.Errorf("%d: %v, not %v", i, err, want)
		}
	}
}

// What cannot be written is told by the name that was asked for, not by that of the file beside it.
func TestUnwritableFolder(t *testing.T) {
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "none", "x.log"): "there is no folder " + filepath.Join(dir, "none"), filepath.Join(plain, "x.log"): "not a directory",
	} {
		for _, err := range []error{Writable(path), WriteFile(path, func(io.Writer) error { return nil })} {
			if err == nil || !strings.Contains(err.Error(), path+": cannot be written: "+want) || strings.Contains(err.Error(), ".writing") {
				t.Errorf("%v, want %q", err, want)
			}
		}
	}
}
