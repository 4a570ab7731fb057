package pe

import (
	"bytes"
	"debug/pe"
	"math"
	"strings"

	"github.com/inkling-sec/inkling"
)

// texts of a record, before its numbers.
const (
	fLabel = iota
	fName
	fMachine
	fSubsystem
	fChecksum
	fSections
	fImports
	fixed
)

// numbers are the fields of a record that hold numbers. Dates are none of them.
var numbers = []struct {
	name string
	of   func(m *image) float64
}{
	{"size", func(m *image) float64 { return float64(len(m.b)) }},
	{"entropy", func(m *image) float64 { return entropy(m.b) }},
	{"image_size", func(m *image) float64 { return float64(m.opt.SizeOfImage) }},
	{"code_size", func(m *image) float64 { return float64(m.opt.SizeOfCode) }},
	{"data_size", func(m *image) float64 { return float64(m.opt.SizeOfInitializedData) }},
	{"zero_data_size", func(m *image) float64 { return float64(m.opt.SizeOfUninitializedData) }},
	{"header_size", func(m *image) float64 { return float64(m.opt.SizeOfHeaders) }},
	{"header_offset", func(m *image) float64 { return float64(m.base - 24) }},
	{"section_alignment", func(m *image) float64 { return float64(m.opt.SectionAlignment) }},
	{"file_alignment", func(m *image) float64 { return float64(m.opt.FileAlignment) }},
	{"linker", func(m *image) float64 { return float64(m.opt.MajorLinkerVersion) }},
	{"stack", func(m *image) float64 { return float64(m.opt.SizeOfStackReserve) }},
	{"symbols", func(m *image) float64 { return float64(m.coff.NumberOfSymbols) }},
	{"directories", func(m *image) float64 { return float64(len(m.dirs)) }},
	{"library", func(m *image) float64 { return bit(m.coff.Characteristics&pe.IMAGE_FILE_DLL != 0) }},
	{"aslr", func(m *image) float64 {
		return bit(m.opt.DllCharacteristics&pe.IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE != 0)
	}},
	{"dep", func(m *image) float64 {
		return bit(m.opt.DllCharacteristics&pe.IMAGE_DLLCHARACTERISTICS_NX_COMPAT != 0)
	}},
	{"flow_guard", func(m *image) float64 { return bit(m.opt.DllCharacteristics&pe.IMAGE_DLLCHARACTERISTICS_GUARD_CF != 0) }},
	{"relocations", func(m *image) float64 { return bit(m.has(dirRelocation)) }},
	{"debug", func(m *image) float64 { return bit(m.has(dirDebug)) }},
	{"tls", func(m *image) float64 { return bit(m.has(dirTLS)) }},
	{"dotnet", func(m *image) float64 { return bit(m.has(dirCLR)) }},
	{"exceptions", func(m *image) float64 { return bit(m.has(dirException)) }},
	{"delayed_imports", func(m *image) float64 { return bit(m.has(dirDelayImport)) }},
	{"signature", func(m *image) float64 { return float64(len(m.signature())) }},
	{"rich", func(m *image) float64 { return bit(bytes.Contains(m.b[:m.base-24], []byte("Rich"))) }},
	{"overlay", func(m *image) float64 { return float64(len(m.overlay())) }},
	{"overlay_entropy", func(m *image) float64 { return m.entropyOf(m.overlay()) }},

	{"sections", func(m *image) float64 { return float64(m.coff.NumberOfSections) }},
	{"odd_sections", func(m *image) float64 {
		return m.count(func(s *section) bool { return !usual[s.name] && !strings.HasPrefix(s.name, "/") })
	}},
	{"unnamed_sections", func(m *image) float64 { return m.count(func(s *section) bool { return s.name == "" }) }},
	{"executable_sections", func(m *image) float64 { return m.count(executable) }},
	{"writable_executable", func(m *image) float64 { return m.count(writableExecutable) }},
	{"unfilled_sections", func(m *image) float64 {
		return m.count(func(s *section) bool { return s.SizeOfRawData == 0 && s.VirtualSize > 0 && s.name != ".bss" })
	}},
	{"cut_sections", func(m *image) float64 {
		return m.count(func(s *section) bool { return len(s.data) < int(s.SizeOfRawData) })
	}},
	{"overlapping_sections", overlapping},
	{"packed_sections", func(m *image) float64 { return m.count(func(s *section) bool { return s.entropy > 7 }) }},
	{"packed_share", packedShare},
	{"section_entropy", func(m *image) float64 { return m.most(func(s *section) float64 { return s.entropy }) }},
	{"code_entropy", func(m *image) float64 {
		return m.most(func(s *section) float64 {
			if !executable(s) {
				return math.NaN()
			}
			return s.entropy
		})
	}},
	{"expansion", func(m *image) float64 {
		return m.most(func(s *section) float64 {
			if s.SizeOfRawData == 0 {
				return math.NaN()
			}
			return float64(s.VirtualSize) / float64(s.SizeOfRawData)
		})
	}},
	{"entry_section", func(m *image) float64 {
		for i := range m.sections {
			if m.entry() == &m.sections[i] {
				return float64(i + 1)
			}
		}
		return 0
	}},
	{"entry_entropy", func(m *image) float64 {
		if s := m.entry(); s != nil {
			return s.entropy
		}
		return math.NaN()
	}},
	{"entry_writable", func(m *image) float64 { s := m.entry(); return bit(s != nil && writableExecutable(s)) }},

	{"libraries", func(m *image) float64 { return float64(m.libraries) }},
	{"functions", func(m *image) float64 { return float64(len(m.imported) + m.ordinals) }},
	{"by_number", func(m *image) float64 { return float64(m.ordinals) }},
	{"exports", func(m *image) float64 { return m.exported }},
	{"named_exports", func(m *image) float64 { return m.exports }},

	{"resources", func(m *image) float64 { return m.res.leaves }},
	{"resource_bytes", func(m *image) float64 { return m.res.bytes }},
	{"resource_biggest", func(m *image) float64 { return m.res.biggest }},
	{"resource_entropy", func(m *image) float64 { return m.res.entropy }},
	{"resource_types", func(m *image) float64 { return float64(len(m.res.types)) }},
	{"icons", func(m *image) float64 { return float64(m.res.types[resIcon]) }},
	{"dialogs", func(m *image) float64 { return float64(m.res.types[resDialog]) }},
	{"version_info", func(m *image) float64 { return bit(m.res.types[resVersion] > 0) }},
	{"manifest", func(m *image) float64 { return bit(m.res.types[resManifest] > 0) }},

	{"printable", func(m *image) float64 { return 100 * m.text.printable / float64(len(m.b)) }},
	{"texts", func(m *image) float64 { return m.text.n }},
	{"wide_texts", func(m *image) float64 { return m.text.wide }},
	{"text_length", func(m *image) float64 { return m.text.length / m.text.n }}, // 0/0 is NaN
	{"longest_text", func(m *image) float64 { return m.text.longest }},
	{"urls", func(m *image) float64 { return m.text.urls }},
	{"registry_paths", func(m *image) float64 { return m.text.registry }},
	{"addresses", func(m *image) float64 { return m.text.addresses }},
	{"file_paths", func(m *image) float64 { return m.text.paths }},
	{"encoded_texts", func(m *image) float64 { return m.text.encoded }},
	{"programs", func(m *image) float64 { return m.text.programs }},
}

var schema = func() *inkling.Schema {
	s := &inkling.Schema{Name: "pe", Fields: []inkling.Field{
		fLabel: {Name: "label"}, fName: {Name: "name"}, fMachine: {Name: "machine"}, fSubsystem: {Name: "subsystem"},
		fChecksum: {Name: "checksum"}, fSections: {Name: "section_names"}, fImports: {Name: "imports"},
	}}
	for _, n := range numbers {
		s.Fields = append(s.Fields, inkling.Field{Name: n.name, Kind: inkling.Number})
	}
	return s
}()

// fill lays the file out as a record.
func (m *image) fill(r *inkling.Record) {
	r.Reset(schema)
	for i, n := range numbers {
		r.Num[fixed+i] = n.of(m)
	}
	r.Text[fMachine], r.Text[fSubsystem], r.Text[fChecksum] = []byte(machine(m.coff.Machine)), []byte(subsystem(m.opt.Subsystem)), []byte(m.checksum())
	var names, imports []string
	for i := range m.sections {
		names = append(names, m.sections[i].name)
	}
	for _, f := range m.imported {
		if f.name != "" {
			imports = append(imports, f.dll+"!"+f.name)
		}
	}
	r.Text[fSections], r.Text[fImports] = []byte(strings.Join(names, " ")), []byte(strings.Join(imports, " "))
}

func bit(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
