package pack

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"debug/pe"
	"io"
	"strings"
	"testing"
)

// What the example holds are files that debug/pe reads, and nothing that could run: they begin with breakpoints and want a
// library that there is not. The same seed gives the same files.
func TestExampleProgramsAreInert(t *testing.T) {
	b, err := makePrograms(2)
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := makePrograms(2); !bytes.Equal(b, again) {
		t.Error("the same seed gives other files")
	}
	g, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if b, err = io.ReadAll(g); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(z.File); i += 7 {
		e := z.File[i]
		r, err := e.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		f, err := pe.NewFile(bytes.NewReader(b))
		if err != nil {
			t.Fatalf("%s: %v", e.Name, err)
		}
		libraries, _ := f.ImportedSymbols()
		entry := uint32(0)
		switch o := f.OptionalHeader.(type) {
		case *pe.OptionalHeader64:
			entry = o.AddressOfEntryPoint
		case *pe.OptionalHeader32:
			entry = o.AddressOfEntryPoint
		}
		begins := entry == 0 // a library without a function that is called at its start
		for _, s := range f.Sections {
			if data, _ := s.Data(); s.VirtualAddress == entry {
				begins = bytes.HasPrefix(data, []byte{0xcc, 0xcc, 0xcc, 0xcc})
			}
		}
		if !begins || len(libraries) == 0 || !strings.HasSuffix(libraries[0], ":no-such-library.dll") {
			t.Fatalf("%s begins at %#x, imports %v", e.Name, entry, libraries)
		}
	}
}
