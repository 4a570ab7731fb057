package pe

import (
	"bytes"
	"debug/pe"
	"encoding/binary"
	"slices"
)

// Bounds of what is looked at in a file. A file that says it has more is read up to here.
const (
	mostSections  = 1024
	mostLibraries = 1024
	mostFunctions = 1 << 14 // imported or exported, by name or number
	mostResources = 4096    // nodes of the tree
	mostName      = 256     // bytes of a name
	mostText      = 64 << 10
	mostScans     = 3 // how often the file's length is scanned for entropies, sections and resources that overlap all counted
)

// image is a PE file taken apart. Everything in it is a part of b, or bounded.
type image struct {
	b         []byte
	coff      pe.FileHeader
	opt       pe.OptionalHeader64 // of a 32-bit image too
	wide      bool                // 64-bit
	base      int                 // of the optional header
	dirs      []pe.DataDirectory
	sections  []section
	scanned   int
	libraries int
	imported  []function
	ordinals  int
	exported  float64 // as the header says
	exports   float64 // with names
	res       resources
	text      texts
}

type section struct {
	name string
	pe.SectionHeader32
	data    []byte // in the file; short where the file ends before
	entropy float64
}

type function struct{ dll, name string }

// fault says what is wrong with a file and what to do about it.
type fault struct{ what, remedy string }

const (
	noPE = "programs for DOS, drivers of old Windows and the like are not read"
	cut  = "copy the file again"
)

// parse takes a file apart; it keeps b.
func parse(b []byte) (*image, *fault) {
	if len(b) < 64 || b[0] != 'M' || b[1] != 'Z' {
		return nil, &fault{"no DOS header: not a PE file", "give Windows programs, libraries or drivers, or a zip of them"}
	}
	at := int64(little.Uint32(b[60:]))
	if at+4 > int64(len(b)) || !bytes.Equal(b[at:at+4], []byte("PE\x00\x00")) {
		return nil, &fault{"no PE header where the DOS header says", noPE}
	}
	m := &image{b: b}
	p := b[at+4:]
	if !decode(p, &m.coff) {
		return nil, &fault{"the file ends in its COFF header", cut}
	}
	m.base = int(at) + 4 + binary.Size(m.coff)
	if f := m.optional(b[m.base:]); f != nil {
		return nil, f
	}
	m.readSections()
	m.readImports()
	m.readExports()
	m.readResources()
	m.text.scan(b)
	return m, nil
}

// decode reads a little-endian structure where b is long enough.
func decode(b []byte, to any) bool {
	_, err := binary.Decode(b, little, to)
	return err == nil
}

// optional reads the optional header, whatever size the COFF header gives it: loaders do so too.
func (m *image) optional(p []byte) *fault {
	if len(p) < 2 {
		return &fault{"the file ends before its optional header", cut}
	}
	const directories = 16 * 8
	switch little.Uint16(p) {
	case 0x20b:
		m.wide = true
		size := binary.Size(m.opt) - directories
		if !decode(slices.Concat(p[:min(size, len(p))], make([]byte, directories)), &m.opt) {
			return &fault{"the file ends in its optional header", cut}
		}
		p = p[size:]
	case 0x10b:
		var o pe.OptionalHeader32
		size := binary.Size(o) - directories
		if !decode(slices.Concat(p[:min(size, len(p))], make([]byte, directories)), &o) {
			return &fault{"the file ends in its optional header", cut}
		}
		m.opt = widened(&o)
		p = p[size:]
	default:
		return &fault{"the optional header is neither of 32 nor of 64 bits", noPE}
	}
	for range min(m.opt.NumberOfRvaAndSizes, 16) {
		var d pe.DataDirectory
		if !decode(p, &d) {
			break
		}
		m.dirs, p = append(m.dirs, d), p[8:]
	}
	return nil
}

func widened(o *pe.OptionalHeader32) pe.OptionalHeader64 {
	return pe.OptionalHeader64{
		MajorLinkerVersion: o.MajorLinkerVersion, SizeOfCode: o.SizeOfCode, SizeOfInitializedData: o.SizeOfInitializedData,
		SizeOfUninitializedData: o.SizeOfUninitializedData, AddressOfEntryPoint: o.AddressOfEntryPoint, ImageBase: uint64(o.ImageBase),
		SectionAlignment: o.SectionAlignment, FileAlignment: o.FileAlignment, MajorSubsystemVersion: o.MajorSubsystemVersion,
		SizeOfImage: o.SizeOfImage, SizeOfHeaders: o.SizeOfHeaders, CheckSum: o.CheckSum, Subsystem: o.Subsystem,
		DllCharacteristics: o.DllCharacteristics, SizeOfStackReserve: uint64(o.SizeOfStackReserve), SizeOfHeapReserve: uint64(o.SizeOfHeapReserve),
		LoaderFlags: o.LoaderFlags, NumberOfRvaAndSizes: o.NumberOfRvaAndSizes,
	}
}

func (m *image) readSections() {
	at := m.base + int(m.coff.SizeOfOptionalHeader)
	for range min(int(m.coff.NumberOfSections), mostSections) {
		var h pe.SectionHeader32
		if at >= len(m.b) || !decode(m.b[at:], &h) {
			return
		}
		at += binary.Size(h)
		s := section{SectionHeader32: h, name: printable(bytes.TrimRight(h.Name[:], "\x00"))}
		s.data = clip(m.b, int64(h.PointerToRawData), int64(h.SizeOfRawData))
		s.entropy = m.entropyOf(s.data)
		m.sections = append(m.sections, s)
	}
}

// clip gives n bytes of b from at on, or as many as there are.
func clip(b []byte, at, n int64) []byte {
	at = min(max(at, 0), int64(len(b)))
	return b[at:min(at+max(n, 0), int64(len(b)))]
}

// at gives the bytes from an address on to the end of its section's data, or none.
func (m *image) at(rva uint32) []byte {
	if s := m.sectionOf(rva); s != nil {
		return clip(s.data, int64(rva)-int64(s.VirtualAddress), int64(len(s.data)))
	}
	if rva < m.opt.SizeOfHeaders {
		return clip(m.b, int64(rva), int64(m.opt.SizeOfHeaders-rva))
	}
	return nil
}

func (m *image) sectionOf(rva uint32) *section {
	for i := range m.sections {
		s := &m.sections[i]
		if size := max(s.VirtualSize, s.SizeOfRawData); rva >= s.VirtualAddress && rva-s.VirtualAddress < size {
			return s
		}
	}
	return nil
}

// Data directories by number.
const (
	dirExport = iota
	dirImport
	dirResource
	dirException
	dirSecurity
	dirRelocation
	dirDebug
	dirTLS         = 9
	dirDelayImport = 13
	dirCLR         = 14
)

func (m *image) dir(n int) pe.DataDirectory {
	if n < len(m.dirs) {
		return m.dirs[n]
	}
	return pe.DataDirectory{}
}

func (m *image) has(n int) bool { d := m.dir(n); return d.VirtualAddress != 0 && d.Size != 0 }

// name gives the text at an address, up to its zero byte.
func (m *image) name(rva uint32) string {
	b := m.at(rva)
	b = b[:min(len(b), mostName)]
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return printable(b)
}

// printable puts a question mark for what is no visible ASCII character.
func printable(b []byte) string {
	out := bytes.Clone(b)
	for i, c := range out {
		if c <= ' ' || c > '~' {
			out[i] = '?'
		}
	}
	return string(out)
}
