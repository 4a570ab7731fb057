package pack

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/inkling-sec/inkling/read/pe"
)

// makePrograms writes a gzipped zip of small PE files, in a folder for each kind. They cannot do anything: where code would be, there is noise after
// breakpoints, and each wants a library that there is not, so that no Windows loads it. Harmless ones are packed or carry programs
// too, and debuggers write to other processes.
func makePrograms(seed uint64) ([]byte, error) {
	rng := rand.New(rand.NewPCG(seed, 0x70656578616d70))
	var kinds []int
	for k := range shapes {
		kinds = append(kinds, slices.Repeat([]int{k}, shapes[k].n)...)
	}
	rng.Shuffle(len(kinds), func(i, j int) { kinds[i], kinds[j] = kinds[j], kinds[i] })
	var b bytes.Buffer
	g := gzip.NewWriter(&b) // over the whole: the files have much in common
	z := zip.NewWriter(g)
	for i, k := range kinds {
		w, err := z.CreateHeader(&zip.FileHeader{Name: fmt.Sprintf("%s/%04d.exe", shapes[k].label, i+1), Method: zip.Store})
		if err == nil {
			_, err = w.Write(shapes[k].program(rng).Bytes())
		}
		if err != nil {
			return nil, err
		}
	}
	err := errors.Join(z.Close(), g.Close())
	return b.Bytes(), err
}

// shape is a kind of program. Shares are probabilities.
type shape struct {
	label                              string
	n                                  int
	imports                            string // groups of functions, of each some
	dll, console, icons, version       float64
	packed, carries, overlay, oddNames float64
	texts, exports                     int
}

var shapes = []shape{
	{label: "benign", n: 500, imports: "base window file registry", icons: 0.9, version: 0.9, packed: 0.02, overlay: 0.05, texts: 12},
	{label: "benign", n: 350, imports: "base file process resolve", console: 1, icons: 0.2, version: 0.6, packed: 0.03, overlay: 0.1, texts: 8},
	{label: "benign", n: 350, imports: "base file network crypto", dll: 1, version: 0.8, packed: 0.01, oddNames: 0.1, texts: 6, exports: 6},
	{label: "benign", n: 150, imports: "base window file registry process", icons: 1, version: 0.8, packed: 0.2, carries: 0.5, overlay: 0.8, texts: 8},
	{label: "benign", n: 100, imports: "resolve", icons: 0.8, version: 0.8, packed: 1, overlay: 0.3, oddNames: 0.5, texts: 5},
	{label: "benign", n: 80, imports: "base process inject privilege evade resolve", console: 0.5, icons: 0.4, version: 0.7, texts: 8},
	{label: "packed", n: 70, imports: "resolve", console: 0.3, icons: 0.4, version: 0.15, packed: 1, overlay: 0.3, oddNames: 0.8, texts: 2},
	{label: "injector", n: 70, imports: "base process inject resolve evade network", console: 0.2, icons: 0.2, version: 0.2, packed: 0.25, carries: 0.15, oddNames: 0.2, texts: 5},
	{label: "dropper", n: 60, imports: "base file process registry", icons: 0.5, version: 0.25, packed: 0.3, carries: 0.9, overlay: 0.3, texts: 5},
}

func (s *shape) program(rng *rand.Rand) *pe.Program {
	is := func(share float64) bool { return rng.Float64() < share }
	name := func(usual string) string {
		if is(s.oddNames) {
			return "." + string(rune('a'+rng.IntN(26))) + usual[1:3]
		}
		return usual
	}
	p := &pe.Program{Wide: is(0.6), Library: is(s.dll), Console: is(s.console), Linker: []uint8{6, 9, 10, 11, 14, 14}[rng.IntN(6)], Checksum: is(0.4)}
	p.Flags = []uint16{0, 0x40, 0x140, 0x8140, 0xc140}[rng.IntN(5)]
	code := pe.Section{Name: name(".text"), Data: filling(rng, 512+rng.IntN(2048), 20+rng.IntN(30)), Flags: pe.Code}
	p.Sections = []pe.Section{code}
	if is(s.packed) {
		p.Sections[0].Data, p.Sections[0].Size, p.Sections[0].Flags = nil, 1<<(13+rng.IntN(5)), pe.Code|pe.Data
		p.Sections = append(p.Sections, pe.Section{Name: name(".data"), Data: filling(rng, 1024+rng.IntN(2048), 150+rng.IntN(106)), Flags: pe.Code | pe.Data})
		p.Entry = 1
	}
	texts := strings.Join(some(rng, strings.Fields(exampleTexts), rng.IntN(2*s.texts+1)), "\x00")
	p.Sections = append(p.Sections, pe.Section{Name: name(".rdata"), Data: []byte(texts + "\x00"), Flags: pe.Constant})
	if is(0.7) {
		p.Sections = append(p.Sections, pe.Section{Name: ".data", Data: filling(rng, 64+rng.IntN(512), 4), Size: rng.IntN(20000), Flags: pe.Data})
	}
	s.adorn(rng, p, is)
	return p
}

// adorn adds imports, exports, resources and what follows the last section.
func (s *shape) adorn(rng *rand.Rand, p *pe.Program, is func(float64) bool) {
	p.Imports = []pe.Import{{Library: "no-such-library.dll", Functions: []string{"never"}}}
	groups := strings.Fields(s.imports)
	for i, g := range groups {
		if i > 0 && is(0.4) {
			continue
		}
		library, all, _ := strings.Cut(exampleFunctions[g], ": ")
		functions := strings.Fields(all)
		p.Imports = append(p.Imports, pe.Import{Library: library, Functions: some(rng, functions, 1+rng.IntN(len(functions)))})
	}
	for i := range rng.IntN(2*s.exports + 1) {
		p.Exports = append(p.Exports, fmt.Sprintf("call_%d", i))
	}
	if is(s.icons) {
		for range 1 + rng.IntN(2) {
			p.Resources = append(p.Resources, pe.Resource{Type: 3, Data: filling(rng, 200+rng.IntN(400), 4+rng.IntN(12))})
		}
	}
	if is(s.carries) {
		inside := (&pe.Program{Sections: []pe.Section{{Name: ".text", Data: filling(rng, 1024+rng.IntN(1024), 150+rng.IntN(106))}}}).Bytes()
		if is(0.5) {
			inside = filling(rng, len(inside), 256) // encrypted
		}
		p.Resources = append(p.Resources, pe.Resource{Type: 10, Data: inside})
	}
	if is(s.version) {
		p.Resources = append(p.Resources, pe.Resource{Type: 16, Data: []byte("F\x00i\x00l\x00e\x00V\x00e\x00r\x00s\x00i\x00o\x00n\x00")})
	}
	if is(s.overlay) {
		p.Overlay = filling(rng, 256+rng.IntN(2048), 20+rng.IntN(200))
	}
}

// filling gives n bytes of so many different ones, each as often as any other: a row of them over and over, which packs well.
func filling(rng *rand.Rand, n, different int) []byte {
	row := make([]byte, different)
	for i, c := range rng.Perm(256)[:different] {
		row[i] = byte(c)
	}
	return bytes.Repeat(row, n/different+1)[:n]
}

// some gives n of all, or all of them, in their order.
func some(rng *rand.Rand, all []string, n int) (out []string) {
	at := rng.Perm(len(all))[:min(n, len(all))]
	slices.Sort(at)
	for _, i := range at {
		out = append(out, all[i])
	}
	return out
}

// exampleFunctions are functions of Windows by what they are for, and the library that has them.
var exampleFunctions = map[string]string{
	"base":      "KERNEL32.dll: GetModuleHandleA GetCommandLineA ExitProcess HeapAlloc HeapFree GetLastError SetLastError GetStdHandle TlsGetValue TlsSetValue EnterCriticalSection LeaveCriticalSection MultiByteToWideChar GetTickCount GetSystemTime Sleep LoadLibraryA GetProcAddress VirtualAlloc",
	"window":    "USER32.dll: CreateWindowExA DefWindowProcA GetMessageA DispatchMessageA TranslateMessage ShowWindow RegisterClassA DialogBoxParamA MessageBoxA LoadIconA LoadCursorA SetTimer GetDC GetKeyState",
	"file":      "KERNEL32.dll: CreateFileA ReadFile WriteFile CloseHandle DeleteFileA CopyFileA MoveFileA FindFirstFileA FindNextFileA FindClose GetFileSize SetFilePointer GetTempPathA SetFileAttributesA",
	"registry":  "ADVAPI32.dll: RegOpenKeyExA RegQueryValueExA RegSetValueExA RegCreateKeyExA RegCloseKey RegDeleteValueA RegEnumKeyExA",
	"network":   "WS2_32.dll: WSAStartup socket connect send recv closesocket gethostbyname select bind listen",
	"crypto":    "ADVAPI32.dll: CryptAcquireContextA CryptGenRandom CryptCreateHash CryptHashData CryptEncrypt CryptDecrypt",
	"process":   "KERNEL32.dll: CreateProcessA OpenProcess TerminateProcess WaitForSingleObject CreateToolhelp32Snapshot Process32First Process32Next GetExitCodeProcess",
	"inject":    "KERNEL32.dll: WriteProcessMemory VirtualAllocEx CreateRemoteThread QueueUserAPC SetThreadContext ResumeThread ReadProcessMemory VirtualProtectEx",
	"resolve":   "KERNEL32.dll: LoadLibraryA GetProcAddress VirtualProtect VirtualAlloc ExitProcess",
	"privilege": "ADVAPI32.dll: OpenProcessToken LookupPrivilegeValueA AdjustTokenPrivileges",
	"evade":     "KERNEL32.dll: IsDebuggerPresent CheckRemoteDebuggerPresent OutputDebugStringA QueryPerformanceCounter GetTickCount",
}

const exampleTexts = `Error Warning Cannot Options Settings License Copyright Version Button Cancel Window Document Printing Language Keyboard
http://www.example.com/help https://example.org/update Software\Example\Settings HKEY_CURRENT_USER\Software\Example C:\Example\data.ini 192.0.2.7 198.51.100.23
unknown-option missing-file out-of-memory invalid-handle access-denied file-not-found usage: --help --verbose --output --quiet
january february march april monday tuesday wednesday thursday friday connected disconnected timeout retrying finished
QWxsIG9mIHRoaXMgaXMgYW4gZXhhbXBsZSBhbmQgbm90aGluZyBlbHNlMTIz Software\Microsoft\Windows\CurrentVersion\Run http://203.0.113.9/a`
