package feature

import (
	"bytes"
	"math"
	"slices"
	"strconv"

	"github.com/inkling-sec/inkling"
)

// The contract of Windows programs: what is learned of a PE file without running it. Never an input: names of files, dates,
// hashes, and the checksum itself, which tell one build from another.

const (
	peName    = "pe"
	peVersion = 1
)

// peNumber is a number that the reader of PE files gives, or a table that was made of them.
type peNumber struct{ name, unit, doc string }

var peNumbers = []peNumber{
	{"size", "bytes", "of the file"},
	{"entropy", "bits", "a byte of the file; 8 is noise, as of packed or encrypted content"},
	{"image_size", "bytes", "in memory, as the header says"},
	{"code_size", "bytes", "of code, as the header says"},
	{"data_size", "bytes", "of initialised data, as the header says"},
	{"zero_data_size", "bytes", "of uninitialised data, as the header says"},
	{"header_size", "bytes", "of all headers, as they say"},
	{"header_offset", "bytes", "before the PE header: how much there is of a DOS program"},
	{"section_alignment", "bytes", "of sections in memory"},
	{"file_alignment", "bytes", "of sections in the file"},
	{"linker", "", "major version of the linker"},
	{"stack", "bytes", "reserved for the stack"},
	{"symbols", "symbols", "in the table of symbols"},
	{"directories", "directories", "that the header has room for; 16 in nearly all files"},
	{"library", "", "1 for a DLL"},
	{"aslr", "", "1 when the file may be loaded at any address"},
	{"dep", "", "1 when data may not be executed"},
	{"flow_guard", "", "1 when jumps are guarded"},
	{"relocations", "", "1 when there are some"},
	{"debug", "", "1 when there is debug information"},
	{"tls", "", "1 when there is thread-local storage, whose functions run before the entry point"},
	{"dotnet", "", "1 for a .NET program"},
	{"exceptions", "", "1 when there is a table of exception handlers"},
	{"delayed_imports", "", "1 when libraries are loaded at first use"},
	{"signature", "bytes", "of the table of certificates; it is not verified"},
	{"rich", "", "1 when Microsoft's linker has left its header"},
	{"overlay", "bytes", "after the last section, signature left out"},
	{"overlay_entropy", "bits", "a byte of what follows the last section"},
	{"sections", "sections", "as the header says"},
	{"odd_sections", "sections", "with names that compilers do not give"},
	{"unnamed_sections", "sections", "without a name"},
	{"executable_sections", "sections", "that may be executed"},
	{"writable_executable", "sections", "that may be written and executed"},
	{"unfilled_sections", "sections", "that are empty in the file and are not .bss: room to unpack to"},
	{"cut_sections", "sections", "that the file ends before"},
	{"overlapping_sections", "sections", "that share bytes with one before them"},
	{"packed_sections", "sections", "of over 7 bits a byte"},
	{"packed_share", "%", "of the sections' bytes in such sections"},
	{"section_entropy", "bits", "a byte of the section that has most"},
	{"code_entropy", "bits", "a byte of the executable section that has most"},
	{"expansion", "times", "by which a section is larger in memory than in the file, at most; empty ones left out"},
	{"entry_section", "", "number of the section where the program begins; 0 when it is in none"},
	{"entry_entropy", "bits", "a byte of the section where the program begins"},
	{"entry_writable", "", "1 when that section may be written"},
	{"libraries", "libraries", "that functions are imported of"},
	{"functions", "functions", "that are imported"},
	{"by_number", "functions", "that are imported by number, without a name"},
	{"exports", "functions", "that are exported"},
	{"named_exports", "functions", "that are exported with a name"},
	{"resources", "resources", "in the tree of resources"},
	{"resource_bytes", "bytes", "of resources"},
	{"resource_biggest", "bytes", "of the biggest resource"},
	{"resource_entropy", "bits", "a byte of the resource that has most"},
	{"resource_types", "types", "of resources"},
	{"icons", "icons", "among the resources"},
	{"dialogs", "dialogs", "among the resources"},
	{"version_info", "", "1 when there is a version resource"},
	{"manifest", "", "1 when there is a manifest"},
	{"printable", "%", "of the bytes are visible characters"},
	{"texts", "texts", "of five visible characters or more, of ASCII and UTF-16"},
	{"wide_texts", "texts", "of UTF-16"},
	{"text_length", "characters", "of a text, on average"},
	{"longest_text", "characters", "of the longest text"},
	{"urls", "times", "http://, https:// or ftp:// in texts"},
	{"registry_paths", "times", "parts of paths of the registry in texts"},
	{"addresses", "times", "dotted quads in texts: IP addresses, and versions"},
	{"file_paths", "texts", "with a drive and a path"},
	{"encoded_texts", "texts", "of 40 characters or more that may be Base64"},
	{"programs", "times", "the text of DOS headers: more than once where files are carried inside"},
}

// peGroups count imported functions whose names begin so, in lower case, by what they are for.
var peGroups = []struct {
	name, doc string
	prefixes  []string
}{
	{"inject", "that write to other processes or run code there", []string{"writeprocessmemory", "createremotethread", "virtualallocex", "queueuserapc", "setthreadcontext", "ntunmapviewofsection", "zwunmapviewofsection", "ntmapviewofsection", "ntwritevirtualmemory", "ntcreatethreadex", "rtlcreateuserthread", "resumethread", "ntresumethread"}},
	{"resolve", "that find other functions at run time", []string{"loadlibrary", "getprocaddress", "ldrloaddll", "ldrgetprocedureaddress"}},
	{"memory", "that make memory executable or share it", []string{"virtualalloc", "virtualprotect", "createfilemapping", "mapviewoffile"}},
	{"process", "that start, open, list or end processes", []string{"createprocess", "shellexecute", "winexec", "openprocess", "terminateprocess", "createtoolhelp32snapshot", "process32", "enumprocess"}},
	{"file", "that make, change and find files", []string{"createfile", "writefile", "deletefile", "copyfile", "movefile", "findfirstfile", "findnextfile", "setfileattributes"}},
	{"registry", "of the registry", []string{"regopenkey", "regsetvalue", "regcreatekey", "regqueryvalue", "regdeletekey", "regdeletevalue", "regenum"}},
	{"network", "of networks", []string{"internet", "http", "socket", "wsa", "connect", "send", "recv", "urldownload", "winhttp", "dnsquery", "gethostbyname", "getaddrinfo", "ftp"}},
	{"crypto", "of cryptography", []string{"crypt", "bcrypt", "ncrypt"}},
	{"service", "of services and drivers", []string{"openscmanager", "createservice", "openservice", "startservice", "ntloaddriver"}},
	{"watch", "that see keys, windows, the clipboard and the screen", []string{"setwindowshook", "getasynckeystate", "getkeystate", "getforegroundwindow", "getclipboarddata", "bitblt", "registerrawinput"}},
	{"evade", "that look for debuggers and pass time", []string{"isdebuggerpresent", "checkremotedebugger", "outputdebugstring", "ntqueryinformationprocess", "gettickcount", "sleep", "queryperformancecounter"}},
	{"privilege", "of privileges and tokens", []string{"adjusttokenprivileges", "openprocesstoken", "lookupprivilegevalue", "duplicatetoken", "impersonate"}},
	{"window", "of windows and messages", []string{"createwindow", "defwindowproc", "getmessage", "dispatchmessage", "dialogbox", "registerclass", "messagebox"}},
}

// peBuckets is how many buckets imported functions are hashed into.
const peBuckets = 32

var (
	peMachines   = []string{"x86", "x64", "arm"}
	peSubsystems = []string{"gui", "console", "native", "efi"}
	peChecksums  = []string{"none", "right", "wrong"}
)

var peContract = func() *Contract {
	var f []Feature
	add := func(x Feature) { x.Attacker = true; f = append(f, x) }
	for _, n := range peNumbers {
		add(Feature{Name: n.name, Unit: n.unit, Doc: n.doc, Missing: peMissing[n.name]})
	}
	add(Feature{Name: "machine", Doc: "processor that the file is for", Kind: Category, Levels: peMachines})
	add(Feature{Name: "subsystem", Doc: "what the program runs in", Kind: Category, Levels: peSubsystems})
	add(Feature{Name: "checksum", Doc: "whether the header's checksum is that of the file", Kind: Category, Levels: peChecksums})
	for _, g := range peGroups {
		add(Feature{Name: "import." + g.name, Unit: "functions", Doc: "imported functions " + g.doc})
	}
	for b := range peBuckets {
		add(Feature{Name: "import." + strconv.Itoa(b), Unit: "functions", Doc: "imported functions whose names, library left out, hash to this bucket"})
	}
	return &Contract{Name: peName, Version: peVersion, Features: f}
}()

// peMissing are the numbers that a file may lack.
var peMissing = map[string]bool{"overlay_entropy": true, "packed_share": true, "section_entropy": true, "code_entropy": true, "expansion": true, "entry_entropy": true, "resource_entropy": true, "text_length": true}

// peFields are the texts among the fields, after those of peNumbers.
var peFields = []string{"machine", "subsystem", "checksum", "imports"}

// peExtractor makes rows of PE files.
type peExtractor struct {
	schema *inkling.Schema
	at     []int
}

func newPE() Extractor { return &peExtractor{} }

func (*peExtractor) Contract() *Contract { return peContract }

func (x *peExtractor) Extract(dst []float64, r *inkling.Record) error {
	if r.Schema != x.schema {
		names := make([]string, 0, len(peNumbers)+len(peFields))
		for _, n := range peNumbers {
			names = append(names, n.name)
		}
		at, err := columns(peContract, r.Schema, "give Windows programs, a zip of them, or a table with the fields that reading them gives", append(names, peFields...)...)
		if err != nil {
			return err
		}
		x.schema, x.at = r.Schema, at
	}
	n := len(peNumbers)
	for i := range peNumbers {
		dst[i] = number(r, x.at[i])
		if math.IsNaN(dst[i]) && !peContract.Features[i].Missing {
			return unusable(r, peNumbers[i].name+": not a number", "make the table from the programs, or leave this one out")
		}
	}
	for i, levels := range [][]string{peMachines, peSubsystems, peChecksums} {
		dst[n+i] = float64(slices.Index(levels, string(text(r, x.at[n+i]))))
	}
	peImports(dst[n+3:], text(r, x.at[n+3]))
	return nil
}

// peImports counts functions, each written library!name, by group and by bucket.
func peImports(dst []float64, list []byte) {
	clear(dst)
	for f := range bytes.FieldsSeq(list) {
		_, name, has := bytes.Cut(f, []byte("!"))
		if !has {
			name = f
		}
		name = bytes.ToLower(name)
		for g := range peGroups {
			for _, p := range peGroups[g].prefixes {
				if bytes.HasPrefix(name, []byte(p)) {
					dst[g]++
					break
				}
			}
		}
		h := uint64(fnvOffset)
		for _, c := range name {
			h = (h ^ uint64(c)) * fnvPrime
		}
		dst[len(peGroups)+bucket(h, peBuckets)]++
	}
}
