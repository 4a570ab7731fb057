package pe

import (
	"debug/pe"
	"encoding/binary"
	"slices"
)

// Program is a PE file to be written, for examples and tests. It is well-formed, as debug/pe and loaders have it, and inert:
// it begins with breakpoints, and what else there is of code is what the caller gives.
type Program struct {
	Wide      bool // 64-bit
	Library   bool
	Console   bool
	Flags     uint16 // pe.IMAGE_DLLCHARACTERISTICS_…
	Linker    uint8  // major version
	Checksum  bool
	Entry     int // number of the section where it begins, from 0
	Sections  []Section
	Imports   []Import
	Exports   []string // names, in order
	Resources []Resource
	Overlay   []byte
}

// Section is a section of a Program.
type Section struct {
	Name  string
	Data  []byte
	Size  int // in memory; 0 means that of Data
	Flags uint32
}

// Import is what is imported of a library.
type Import struct {
	Library   string // with its .dll
	Functions []string
}

// Resource is one resource; those of a type follow each other.
type Resource struct {
	Type uint32
	Data []byte
}

// Kinds of sections.
const (
	Code     = pe.IMAGE_SCN_CNT_CODE | pe.IMAGE_SCN_MEM_EXECUTE | pe.IMAGE_SCN_MEM_READ
	Constant = pe.IMAGE_SCN_CNT_INITIALIZED_DATA | pe.IMAGE_SCN_MEM_READ
	Data     = Constant | pe.IMAGE_SCN_MEM_WRITE
)

const (
	memoryAlignment = 0x1000
	fileAlignment   = 0x200
	headerOffset    = 0x80
	breakpoint      = 0xcc
)

var little = binary.LittleEndian

// Bytes writes the file.
func (p *Program) Bytes() []byte {
	sections, dirs := slices.Clone(p.Sections), [16]pe.DataDirectory{}
	if len(sections) > 0 {
		s := &sections[p.Entry]
		s.Data = append([]byte{breakpoint, breakpoint, breakpoint, breakpoint}, s.Data...)
	}
	// made appends a section whose content has to know its own address.
	made := func(dir int, name string, kind uint32, data func(rva uint32) []byte) {
		rva := uint32(memoryAlignment)
		for i := range sections {
			rva += uint32(sections[i].memory())
		}
		s := Section{Name: name, Data: data(rva), Flags: kind}
		dirs[dir] = pe.DataDirectory{VirtualAddress: rva, Size: uint32(len(s.Data))}
		sections = append(sections, s)
	}
	if len(p.Imports) > 0 {
		made(dirImport, ".idata", Data, p.imports)
	}
	if len(p.Exports) > 0 {
		made(dirExport, ".edata", Constant, p.exports)
	}
	if len(p.Resources) > 0 {
		made(dirResource, ".rsrc", Constant, p.resources)
	}
	b := p.headers(sections, dirs)
	for i := range sections {
		b = aligned(append(b, sections[i].Data...), fileAlignment)
	}
	if b = append(b, p.Overlay...); p.Checksum {
		p.sum(b)
	}
	return b
}

// memory gives how much of the memory a section takes up.
func (s *Section) memory() int { return up(max(s.Size, len(s.Data), 1), memoryAlignment) }

func up(n, to int) int { return (n + to - 1) / to * to }

func aligned(b []byte, to int) []byte { return append(b, make([]byte, up(len(b), to)-len(b))...) }

func (p *Program) headers(sections []Section, dirs [16]pe.DataDirectory) []byte {
	b := make([]byte, headerOffset)
	copy(b, "MZ")
	little.PutUint32(b[60:], headerOffset)
	copy(b[64:], "\x0e\x1f\xba\x0e\x00\xb4\x09\xcd\x21\xb8\x01\x4c\xcd\x21This program cannot be run in DOS mode.\r\r\n$")
	b = append(b, "PE\x00\x00"...)
	coff := pe.FileHeader{Machine: pe.IMAGE_FILE_MACHINE_I386, NumberOfSections: uint16(len(sections)), Characteristics: pe.IMAGE_FILE_EXECUTABLE_IMAGE}
	if p.Wide {
		coff.Machine = pe.IMAGE_FILE_MACHINE_AMD64
	}
	if p.Library {
		coff.Characteristics |= pe.IMAGE_FILE_DLL
	}
	optional := p.optional(sections, dirs)
	coff.SizeOfOptionalHeader = uint16(len(optional))
	b = append(encode(b, coff), optional...)
	rva, at := memoryAlignment, up(len(b)+40*len(sections), fileAlignment)
	for i := range sections {
		s := &sections[i]
		h := pe.SectionHeader32{VirtualSize: uint32(max(s.Size, len(s.Data))), VirtualAddress: uint32(rva), SizeOfRawData: uint32(up(len(s.Data), fileAlignment)), PointerToRawData: uint32(at), Characteristics: s.Flags}
		if len(s.Data) == 0 {
			h.PointerToRawData = 0
		}
		copy(h.Name[:], s.Name)
		b = encode(b, h)
		rva, at = rva+s.memory(), at+int(h.SizeOfRawData)
	}
	return aligned(b, fileAlignment)
}

func (p *Program) optional(sections []Section, dirs [16]pe.DataDirectory) []byte {
	o := pe.OptionalHeader64{
		Magic: 0x20b, MajorLinkerVersion: p.Linker, ImageBase: 0x140000000, SectionAlignment: memoryAlignment, FileAlignment: fileAlignment,
		MajorOperatingSystemVersion: 6, MajorSubsystemVersion: 6, Subsystem: pe.IMAGE_SUBSYSTEM_WINDOWS_GUI, DllCharacteristics: p.Flags,
		SizeOfStackReserve: 1 << 20, SizeOfStackCommit: 1 << 12, SizeOfHeapReserve: 1 << 20, SizeOfHeapCommit: 1 << 12, NumberOfRvaAndSizes: 16, DataDirectory: dirs,
	}
	if p.Console {
		o.Subsystem = pe.IMAGE_SUBSYSTEM_WINDOWS_CUI
	}
	rva := memoryAlignment
	for i := range sections {
		s := &sections[i]
		if i == p.Entry && !p.Library {
			o.AddressOfEntryPoint = uint32(rva)
		}
		if s.Flags&pe.IMAGE_SCN_CNT_CODE != 0 {
			o.SizeOfCode += uint32(up(len(s.Data), fileAlignment))
		} else {
			o.SizeOfInitializedData += uint32(up(len(s.Data), fileAlignment))
		}
		rva += s.memory()
	}
	o.BaseOfCode, o.SizeOfImage = memoryAlignment, uint32(rva)
	size := binary.Size(o)
	if !p.Wide {
		size -= 16 // four sizes are shorter by half, and there is a base of data
	}
	o.SizeOfHeaders = uint32(up(headerOffset+24+size+40*len(sections), fileAlignment))
	if p.Wide {
		return encode(nil, o)
	}
	return encode(nil, pe.OptionalHeader32{
		Magic: 0x10b, MajorLinkerVersion: o.MajorLinkerVersion, SizeOfCode: o.SizeOfCode, SizeOfInitializedData: o.SizeOfInitializedData,
		AddressOfEntryPoint: o.AddressOfEntryPoint, BaseOfCode: o.BaseOfCode, ImageBase: 0x400000, SectionAlignment: o.SectionAlignment, FileAlignment: o.FileAlignment,
		MajorOperatingSystemVersion: 6, MajorSubsystemVersion: 6, SizeOfImage: o.SizeOfImage, SizeOfHeaders: o.SizeOfHeaders, Subsystem: o.Subsystem, DllCharacteristics: o.DllCharacteristics,
		SizeOfStackReserve: 1 << 20, SizeOfStackCommit: 1 << 12, SizeOfHeapReserve: 1 << 20, SizeOfHeapCommit: 1 << 12, NumberOfRvaAndSizes: 16, DataDirectory: dirs,
	})
}

// encode appends a little-endian structure of fixed size.
func encode(b []byte, v any) []byte {
	b, err := binary.Append(b, little, v)
	if err != nil {
		panic(err) // a structure of debug/pe has a fixed size
	}
	return b
}

// sum writes the checksum.
func (p *Program) sum(b []byte) {
	m, wrong := parse(b)
	if wrong != nil {
		panic(wrong.what) // what was just written is well-formed
	}
	little.PutUint32(b[m.base+64:], m.sum())
}
