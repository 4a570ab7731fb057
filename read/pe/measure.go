package pe

import (
	"debug/pe"
	"math"
	"strings"
)

func machine(m uint16) string {
	switch m {
	case pe.IMAGE_FILE_MACHINE_I386:
		return "x86"
	case pe.IMAGE_FILE_MACHINE_AMD64:
		return "x64"
	case pe.IMAGE_FILE_MACHINE_ARM64, pe.IMAGE_FILE_MACHINE_ARM, pe.IMAGE_FILE_MACHINE_ARMNT:
		return "arm"
	}
	return "other"
}

func subsystem(s uint16) string {
	switch {
	case s == pe.IMAGE_SUBSYSTEM_NATIVE:
		return "native"
	case s == pe.IMAGE_SUBSYSTEM_WINDOWS_GUI:
		return "gui"
	case s == pe.IMAGE_SUBSYSTEM_WINDOWS_CUI:
		return "console"
	case s >= pe.IMAGE_SUBSYSTEM_EFI_APPLICATION && s <= pe.IMAGE_SUBSYSTEM_EFI_ROM:
		return "efi"
	}
	return "other"
}

// usual are the names that compilers and linkers give sections. Names with a slash are long ones, of debug sections.
var usual = func() map[string]bool {
	m := map[string]bool{}
	for _, n := range strings.Fields(".text .rdata .data .pdata .xdata .bss .idata .edata .rsrc .reloc .tls .CRT .symtab .gfids .didat .00cfg .debug .sdata .sxdata .buildid CODE DATA BSS INIT PAGE .orpc .code .const .eh_fram .voltbl") {
		m[n] = true
	}
	return m
}()

func executable(s *section) bool { return s.Characteristics&pe.IMAGE_SCN_MEM_EXECUTE != 0 }

func writableExecutable(s *section) bool {
	return executable(s) && s.Characteristics&pe.IMAGE_SCN_MEM_WRITE != 0
}

func (m *image) count(is func(*section) bool) (n float64) {
	for i := range m.sections {
		n += bit(is(&m.sections[i]))
	}
	return n
}

// most gives the greatest value of a section; NaN where there is none.
func (m *image) most(of func(*section) float64) float64 {
	most := math.NaN()
	for i := range m.sections {
		if v := of(&m.sections[i]); v == v && !(v <= most) {
			most = v
		}
	}
	return most
}

// overlapping counts sections that begin in the file before the one before them ends.
func overlapping(m *image) (n float64) {
	end := uint64(0)
	for i := range m.sections {
		s := &m.sections[i]
		if s.SizeOfRawData == 0 {
			continue
		}
		n += bit(uint64(s.PointerToRawData) < end)
		end = max(end, uint64(s.PointerToRawData)+uint64(s.SizeOfRawData))
	}
	return n
}

// packedShare is how much of the sections' bytes is in those that look packed.
func packedShare(m *image) float64 {
	all, packed := 0.0, 0.0
	for i := range m.sections {
		s := &m.sections[i]
		all += float64(len(s.data))
		packed += bit(s.entropy > 7) * float64(len(s.data))
	}
	return 100 * packed / all // 0/0 is NaN
}

func (m *image) entry() *section {
	if m.opt.AddressOfEntryPoint == 0 {
		return nil
	}
	return m.sectionOf(m.opt.AddressOfEntryPoint)
}

// overlay gives what follows the last section, without a signature.
func (m *image) overlay() []byte {
	end := int64(m.opt.SizeOfHeaders)
	for i := range m.sections {
		if s := &m.sections[i]; s.SizeOfRawData > 0 {
			end = max(end, int64(s.PointerToRawData)+int64(s.SizeOfRawData))
		}
	}
	rest := clip(m.b, end, int64(len(m.b)))
	if d := m.dir(dirSecurity); len(m.signature()) > 0 && int64(d.VirtualAddress) >= end {
		return clip(rest, 0, int64(d.VirtualAddress)-end)
	}
	return rest
}

// signature gives the table of certificates, which has its place in the file for an address.
func (m *image) signature() []byte {
	d := m.dir(dirSecurity)
	return clip(m.b, int64(d.VirtualAddress), int64(d.Size)*min(1, int64(d.VirtualAddress)))
}

// checksum holds the header's checksum against the file: "none", "right" or "wrong".
func (m *image) checksum() string {
	if m.opt.CheckSum == 0 {
		return "none"
	}
	if m.sum() == m.opt.CheckSum {
		return "right"
	}
	return "wrong"
}

// sum gives the checksum that the header should hold.
func (m *image) sum() uint32 {
	at, sum := m.base+64, uint32(0)
	for i := 0; i < len(m.b); i += 2 {
		word := uint32(m.b[i])
		if i+1 < len(m.b) {
			word = uint32(little.Uint16(m.b[i:]))
		}
		if i == at || i == at+2 {
			word = 0
		}
		sum += word
		sum = sum&0xffff + sum>>16
	}
	return sum + uint32(len(m.b))
}
