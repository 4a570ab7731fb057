package dataset

import (
	"context"
	"io"
	"path/filepath"
	"strings"
)

// ClaMP reads the integrated table of headers of Windows programs: a group of each program, of which there may be several builds. The year of
// creation is left out, which tells how the set was collected, and so is the packer's name, which a list of
// signatures gives; whether there is a packer stays.
func ClaMP(ctx context.Context, folder string) ([]Part, error) {
	file := filepath.Join(folder, "ClaMP_Integrated-5184.csv.gz")
	programs := map[[3]string]*Sheet{} // by what builds of a program have in common
	var sheets []*Sheet
	err := Gunzip(file, func(r io.Reader) error {
		return Table(r, func(get func(string) string) error {
			key := [3]string{get("AddressOfEntryPoint"), get("SizeOfCode"), get("SizeOfImage")}
			s := programs[key]
			if s == nil {
				s = &Sheet{Columns: clampColumns}
				programs[key], sheets = s, append(sheets, s)
			}
			row := make([]float64, len(clampColumns))
			for i, c := range clampColumns {
				row[i] = number(get(c))
			}
			s.Add(map[string]string{"0": "benign", "1": "malware"}[get("class")], row...)
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	d, err := LoadSheets(ctx, "clamp", "table", sheets...)
	return []Part{{Data: d}}, err
}

var clampColumns = strings.Fields(`e_cblp e_cp e_cparhdr e_maxalloc e_sp e_lfanew NumberOfSections FH_char0 FH_char1 FH_char2 FH_char3 FH_char4 FH_char5 FH_char6 FH_char7 FH_char8
FH_char9 FH_char10 FH_char11 FH_char12 FH_char13 FH_char14 MajorLinkerVersion MinorLinkerVersion SizeOfCode SizeOfInitializedData
SizeOfUninitializedData AddressOfEntryPoint BaseOfCode BaseOfData ImageBase SectionAlignment FileAlignment MajorOperatingSystemVersion
MinorOperatingSystemVersion MajorImageVersion MinorImageVersion MajorSubsystemVersion MinorSubsystemVersion SizeOfImage SizeOfHeaders CheckSum
Subsystem OH_DLLchar0 OH_DLLchar1 OH_DLLchar2 OH_DLLchar3 OH_DLLchar4 OH_DLLchar5 OH_DLLchar6 OH_DLLchar7 OH_DLLchar8 OH_DLLchar9 OH_DLLchar10
SizeOfStackReserve SizeOfStackCommit SizeOfHeapReserve SizeOfHeapCommit LoaderFlags sus_sections non_sus_sections packer E_text E_data filesize E_file
fileinfo`)
