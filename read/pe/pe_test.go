package pe

import (
	"archive/zip"
	"bytes"
	"debug/pe"
	"go/build"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/readtest"
)

func open(r io.Reader, file string) (inkling.Reader, error) { return NewReader(r, file), nil }

// sample has a bit of everything.
func sample(wide bool) *Program {
	noise := make([]byte, 4096)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range noise {
		noise[i] = byte(rng.Uint32())
	}
	return &Program{
		Wide: wide, Console: true, Linker: 14, Checksum: true, Entry: 1, Flags: pe.IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE,
		Sections: []Section{
			{Name: ".text", Data: bytes.Repeat([]byte{0xcc}, 300), Flags: Code},
			{Name: "packed", Data: noise, Size: 40960, Flags: Code | pe.IMAGE_SCN_MEM_WRITE},
			{Name: ".data", Data: []byte("http://a.example/x\x00HKEY_CURRENT_USER\\Software\\x\x00C:\\Temp\x0010.0.0.1\x00h\x00e\x00l\x00l\x00o\x00\x00\x00"), Flags: Data},
		},
		Imports:   []Import{{"KERNEL32.dll", []string{"CreateFileA", "WriteFile"}}, {"made-up.dll", []string{"f"}}},
		Exports:   []string{"a", "b"},
		Resources: []Resource{{resIcon, []byte("one")}, {resIcon, []byte("two")}, {resVersion, []byte("three")}},
		Overlay:   []byte("after the end"),
	}
}

// read gives the records of a file by field name.
func read(t *testing.T, b []byte) (out []map[string]any) {
	t.Helper()
	r := NewReader(bytes.NewReader(b), "sample")
	for {
		var rec inkling.Record
		switch err := r.Read(&rec); {
		case err == io.EOF:
			return out
		case err != nil:
			t.Fatal(err)
		}
		out = append(out, rec.Map())
	}
}

func TestFields(t *testing.T) {
	for _, wide := range []bool{false, true} {
		b := sample(wide).Bytes()
		r := read(t, b)[0]
		for name, want := range map[string]any{
			"size": float64(len(b)), "machine": map[bool]string{false: "x86", true: "x64"}[wide], "subsystem": "console", "checksum": "right", "linker": 14.0, "aslr": 1.0, "dep": 0.0,
			"sections": 6.0, "section_names": ".text packed .data .idata .edata .rsrc", "odd_sections": 1.0, "executable_sections": 2.0, "writable_executable": 1.0,
			"cut_sections": 0.0, "overlapping_sections": 0.0, "packed_sections": 1.0, "expansion": 40960.0 / 4608, "entry_section": 2.0, "entry_writable": 1.0,
			"libraries": 2.0, "functions": 3.0, "by_number": 0.0, "imports": "kernel32!CreateFileA kernel32!WriteFile made-up!f", "exports": 2.0, "named_exports": 2.0,
			"resources": 3.0, "resource_bytes": 11.0, "resource_biggest": 5.0, "resource_types": 2.0, "icons": 2.0, "version_info": 1.0, "manifest": 0.0,
			"overlay": 13.0, "urls": 1.0, "registry_paths": 2.0, "addresses": 1.0, "file_paths": 1.0, "wide_texts": 1.0, "programs": 1.0, "library": 0.0,
		} {
			if r[name] != want {
				t.Errorf("wide %t: %s is %v, want %v", wide, name, r[name], want)
			}
		}
		if h := r["section_entropy"].(float64); h < 7.5 || h > 8 {
			t.Errorf("entropy of noise: %v", h)
		}
		if _, has := r["label"]; has {
			t.Error("a file by itself has no label")
		}
		b[len(b)-1]++
		if r := read(t, b)[0]; r["checksum"] != "wrong" {
			t.Errorf("the checksum of another file is %v", r["checksum"])
		}
	}
}

func TestEntropy(t *testing.T) {
	for want, b := range map[float64][]byte{0: {7, 7, 7}, 1: {1, 2, 1, 2}, 2: {0, 1, 2, 3}} {
		if got := entropy(b); math.Abs(got-want) > 1e-12 {
			t.Errorf("%v: %v, want %v", b, got, want)
		}
	}
}

func TestQuads(t *testing.T) {
	for s, want := range map[string]int{"10.0.0.1": 1, "a 1.2.3.4, 255.255.255.255": 2, "256.1.1.1": 0, "1.2.3": 0, "1.2.3.4.5": 0, "12345.0.0.1": 0, "v1.2.3.4": 1, "1..2.3.4": 0} {
		if got := quads([]byte(s)); got != want {
			t.Errorf("%q: %d, want %d", s, got, want)
		}
	}
}

// What is written is what the standard library reads.
func TestWrittenForDebugPE(t *testing.T) {
	for _, wide := range []bool{false, true} {
		f, err := pe.NewFile(bytes.NewReader(sample(wide).Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		imports, err := f.ImportedSymbols()
		if want := []string{"CreateFileA:KERNEL32.dll", "WriteFile:KERNEL32.dll", "f:made-up.dll"}; err != nil || !slices.Equal(imports, want) {
			t.Errorf("wide %t: %q, %v", wide, imports, err)
		}
	}
}

// Real files of the Go distribution and what debug/pe says of them.
func TestRealFiles(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(build.Default.GOROOT, "src", "debug", "pe", "testdata", "*-exec"))
	if len(files) == 0 {
		t.Skip("this Go distribution has no test data")
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		f, err := pe.NewFile(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		imports, _ := f.ImportedSymbols()
		r := read(t, b)[0]
		if r["functions"] != float64(len(imports)) || r["sections"] != float64(len(f.Sections)) || len(imports) == 0 || r["odd_sections"] != 0.0 || r["entry_section"] != 1.0 {
			t.Errorf("%s: %v functions, %v sections, of %d and %d; %v", filepath.Base(file), r["functions"], r["sections"], len(imports), len(f.Sections), r)
		}
	}
}

// archive zips files, given as names and contents by turns.
func archive(t testing.TB, files ...any) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i].(string))
		if err == nil {
			_, err = w.Write(files[i+1].([]byte))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestZip(t *testing.T) {
	b := archive(t, "set/benign/", []byte{}, "set/benign/x.exe", sample(true).Bytes(), "readme.txt", []byte("no program"), "evil/../packed/y.exe", sample(false).Bytes())
	r := NewReader(bytes.NewReader(b), "sample")
	var got []string
	for {
		var rec inkling.Record
		err := r.Read(&rec)
		if err == io.EOF {
			break
		}
		if err != nil {
			if !inkling.Skippable(err) || !strings.HasPrefix(err.Error(), `sample:3: "readme.txt": no DOS header`) {
				t.Fatal(err)
			}
			continue
		}
		m := rec.Map()
		got = append(got, rec.Origin.String()+" "+m["label"].(string)+" "+m["name"].(string))
	}
	if want := []string{"sample:2 benign set/benign/x.exe", "sample:4 packed evil/../packed/y.exe"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	readtest.Check(t, open, archive(t, "benign/x.exe", sample(true).Bytes(), "y.exe", sample(false).Bytes()))
}

func TestZipBomb(t *testing.T) {
	zeros := append([]byte("MZ"), make([]byte, 20<<20)...)
	r := NewReader(bytes.NewReader(archive(t, "a.exe", zeros, "b.exe", zeros)), "sample")
	var rec inkling.Record
	err := r.Read(&rec) // 20 MiB of 40 kB, where 24 MiB are allowed: no PE header in it
	if !inkling.Skippable(err) {
		t.Fatal(err)
	}
	if err = r.Read(&rec); err == nil || inkling.Skippable(err) || !strings.Contains(err.Error(), "times its size") {
		t.Fatalf("what unpacks to a thousand times its size: %v", err)
	}
}
