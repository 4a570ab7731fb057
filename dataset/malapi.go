package dataset

import (
	"archive/zip"
	"bufio"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/inkling-sec/inkling/eval"
)

// MalAPI counts how often each program calls each function. Families other
// than the part's are its benign rows.
func MalAPI(ctx context.Context, folder string) ([]Part, error) {
	family, err := malAPIFamilies(folder)
	if err != nil {
		return nil, err
	}
	const functions = 350 // numbers of ApiIndex.txt stay below
	used := make([]bool, functions)
	counts, err := zipLines(filepath.Join(folder, "100_calls.zip"), func(line string) ([]float64, error) {
		n := make([]float64, functions)
		for call := range strings.FieldsFuncSeq(line, func(r rune) bool { return r < '0' || r > '9' }) {
			k, err := strconv.Atoi(call)
			if err != nil || k >= functions {
				return nil, fmt.Errorf("call %q is no function's number", call)
			}
			n[k]++
			used[k] = true
		}
		return n, nil
	})
	if err != nil {
		return nil, err
	}
	if len(counts) != len(family) {
		return nil, familiesDiffer(len(counts), len(family))
	}
	s := &Sheet{Columns: []string{"calls"}}
	for k := range used {
		if used[k] {
			s.Columns = append(s.Columns, fmt.Sprintf("api%d", k))
		}
	}
	for i, n := range counts {
		row := []float64{0}
		for k, v := range n {
			row[0] += v
			if used[k] {
				row = append(row, v)
			}
		}
		s.Add(family[i], row...)
	}
	d, err := LoadSheets(ctx, "mal-api-2019", "table", s)
	if err != nil {
		return nil, err
	}
	return oneFamily(d), nil
}

// MalAPICalls gives each program's sequence of calls to the family of features of schema api. Families
// other than the part's are its benign rows.
func MalAPICalls(ctx context.Context, folder string) ([]Part, error) {
	d, err := malAPIPrograms(ctx, folder)
	if err != nil {
		return nil, err
	}
	return oneFamily(d), nil
}

// malAPIPrograms reads the programs with their families.
func malAPIPrograms(ctx context.Context, folder string) (*eval.Data, error) {
	family, err := malAPIFamilies(folder)
	if err != nil {
		return nil, err
	}
	calls, err := zipLines(filepath.Join(folder, "100_calls.zip"), func(line string) (string, error) { return line, nil })
	if err != nil {
		return nil, err
	}
	if len(calls) != len(family) {
		return nil, familiesDiffer(len(calls), len(family))
	}
	t := &Texts{Columns: []string{"calls"}}
	for i, c := range calls {
		t.Add(family[i], c)
	}
	return loadTexts(ctx, "mal-api-2019", "api", "", t)
}

func familiesDiffer(programs, families int) error {
	return fmt.Errorf("mal-api-2019: %d programs and %d families", programs, families)
}

func malAPIFamilies(folder string) ([]string, error) {
	return zipLines(filepath.Join(folder, "100_types.zip"), func(line string) (string, error) { return strings.TrimSpace(line), nil })
}

// oneFamily makes a part of each class, with all others as benign.
func oneFamily(d *eval.Data) (parts []Part) {
	for _, c := range d.Classes() {
		parts = append(parts, Part{c, d.Relabel(func(i int) string {
			if d.Label[i] == c {
				return c
			}
			return "other"
		})})
	}
	return parts
}

// zipLines turns each line of the first file of a zip into a value; lines have any length.
func zipLines[T any](file string, of func(line string) (T, error)) (out []T, err error) {
	z, err := zip.OpenReader(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	defer z.Close()
	r, err := z.File[0].Open()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	defer r.Close()
	in := bufio.NewReader(r)
	for {
		line, err := in.ReadString('\n')
		if strings.TrimSpace(line) != "" {
			v, bad := of(line)
			if bad != nil {
				return nil, fmt.Errorf("%s, line %d: %w", file, len(out)+1, bad)
			}
			out = append(out, v)
		}
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
}
