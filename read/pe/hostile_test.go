package pe

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/inkling-sec/inkling/read/readtest"
)

// patched gives a sample with a value of four bytes at an offset from its optional header, or from the table of sections.
func patched(at int, v uint32) []byte {
	b := sample(true).Bytes()
	little.PutUint32(b[headerOffset+24+at:], v)
	return b
}

// Files whose headers lie give a record without what they lie about, and soon.
func TestHostile(t *testing.T) {
	const dirs, sections = 112, 240
	for name, b := range map[string][]byte{
		"sections beyond the end":       patched(sections+20, 1<<31),
		"a section of four gigabytes":   patched(sections+16, 1<<32-1),
		"imports beyond the end":        patched(dirs+8*dirImport, 1<<31),
		"imports in the header":         patched(dirs+8*dirImport, 0x10),
		"resources that are the header": patched(dirs+8*dirResource, 1),
		"more directories than any":     patched(108, 1<<32-1),
		"no directories":                patched(108, 0),
		"signature beyond the end":      patched(dirs+8*dirSecurity, 1<<32-1),
		"header of all the file":        patched(60, 1<<32-1),
	} {
		if n, errs := readtest.Drain(t, open, b); n != 1 || len(errs) > 0 {
			t.Errorf("%s: %d records, %v", name, n, errs)
		}
	}
	for name, want := range map[string]struct {
		b    []byte
		text string
	}{
		"DOS":     {append([]byte("MZ"), make([]byte, 100)...), "no PE header"},
		"short":   {[]byte("MZ"), "no DOS header"},
		"cut":     {sample(true).Bytes()[:headerOffset+60], "ends in its optional header"},
		"machine": {patched(0, 0x107), "neither of 32 nor of 64 bits"},
	} {
		if n, errs := readtest.Drain(t, open, want.b); n != 0 || len(errs) != 1 || !strings.Contains(errs[0].Error(), want.text) {
			t.Errorf("%s: %d records, %v", name, n, errs)
		}
	}
}

// A file of eight megabytes in which everything points at everything is read in no more time and memory than another.
func TestLoops(t *testing.T) {
	body := bytes.Repeat([]byte{0x10, 0x10, 0, 0x80, 0x10, 0x10, 0, 0x80}, 1<<20) // resources: tables that hold each other
	p := Program{Sections: []Section{{Name: ".text", Data: body, Flags: Code}}}
	for range 90 {
		p.Sections = append(p.Sections, Section{Name: "again"})
	}
	b := p.Bytes()
	table := headerOffset + 24 + 224
	for i := range p.Sections { // all hold the same bytes
		copy(b[table+40*i+8:table+40*i+24], b[table+8:table+24])
	}
	for dir := range 16 {
		little.PutUint32(b[headerOffset+24+96+8*dir:], 0x1000)
		little.PutUint32(b[headerOffset+24+96+8*dir+4:], 1<<31)
	}
	began := time.Now()
	if n, _ := readtest.Drain(t, open, b); n != 1 {
		t.Errorf("%d records", n)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("took %v", took)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(sample(true).Bytes())
	f.Add(sample(false).Bytes())
	f.Add((&Program{Library: true}).Bytes())
	f.Add(archive(f, "benign/x.exe", (&Program{Sections: []Section{{Name: "UPX0", Size: 4096, Flags: Code}}}).Bytes(), "y", []byte("MZ")))
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, b []byte) { readtest.Drain(t, open, b) })
}
