package main

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// labFolder says that a set is in this repository, not in the data folder.
const labFolder = "lab/conn"

// errAbsent says that a set cannot be read here, though nothing is wrong with it.
var errAbsent = errors.New("left out")

func loadADBench(ctx context.Context, folder, file string) ([]part, error) {
	b, err := os.ReadFile(filepath.Join(folder, file))
	if err != nil {
		return nil, err
	}
	arrays, err := readNPZ(b, file)
	if err != nil {
		return nil, err
	}
	x, y := arrays["X"], arrays["y"]
	if x == nil || y == nil || len(x.shape) != 2 || len(y.num) != x.shape[0] {
		return nil, fmt.Errorf("%s: no X and y of as many rows", file)
	}
	s := &sheet{columns: numbered(x.shape[1])}
	for i, v := range y.num {
		s.add(strconv.Itoa(int(v)), x.row(i)...)
	}
	d, err := loadSheets(ctx, file, s)
	return []part{{"", d}}, err
}

// flows loads captures of labelled flows, each a part.
func flows(ctx context.Context, folder string, names []string, benign string, attacks func(class string) bool) (parts []part, err error) {
	for _, name := range names {
		d, err := files{names: []string{name}, schema: "flow", label: "label"}.load(ctx, folder, name)
		if err != nil {
			return nil, err
		}
		var keep []string
		for _, c := range d.Classes() {
			if c == benign || attacks(c) {
				keep = append(keep, c)
			}
		}
		short, _, _ := strings.Cut(name, "/")
		short, _, _ = strings.Cut(short, ".")
		parts = append(parts, part{short, only(d, keep...)})
	}
	return parts, nil
}

func loadLab(ctx context.Context, folder string) ([]part, error) {
	var names []string
	for day := range 6 {
		names = append(names, fmt.Sprintf("day%d.conn.log.gz", day+1))
	}
	return flows(ctx, folder, names, "benign", func(string) bool { return true })
}

func loadStratosphere(ctx context.Context, folder string) ([]part, error) {
	var names []string
	for _, capture := range []string{"008", "010", "011", "012"} {
		names = append(names, capture+"-zeek-mixed/data/conn.log.labeled.gz")
	}
	return flows(ctx, folder, names, "Benign", func(class string) bool { return class == "Malicious" })
}

// loadMalAPI counts how often each program calls each function. Families other
// than the part's are its benign rows.
func loadMalAPI(ctx context.Context, folder string) ([]part, error) {
	family, err := zipLines(filepath.Join(folder, "100_types.zip"), func(line string) (string, error) { return strings.TrimSpace(line), nil })
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
		return nil, fmt.Errorf("mal-api-2019: %d programs and %d families", len(counts), len(family))
	}
	s := &sheet{columns: []string{"calls"}}
	for k := range used {
		if used[k] {
			s.columns = append(s.columns, fmt.Sprintf("api%d", k))
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
		s.add(family[i], row...)
	}
	d, err := loadSheets(ctx, "mal-api-2019", s)
	if err != nil {
		return nil, err
	}
	var parts []part
	for _, c := range d.Classes() {
		parts = append(parts, part{c, d.Relabel(func(i int) string {
			if d.Label[i] == c {
				return c
			}
			return "other"
		})})
	}
	return parts, nil
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

// loadMITBIH makes a group of each patient.
func loadMITBIH(ctx context.Context, folder string) ([]part, error) {
	const file = "beats_128x_int16.npz"
	b, err := os.ReadFile(filepath.Join(folder, file))
	if err != nil {
		return nil, err
	}
	arrays, err := readNPZ(b, file)
	if err != nil {
		return nil, err
	}
	x, label, record := arrays["x"], arrays["label"], arrays["record"]
	if x == nil || label == nil || record == nil || len(label.text) != x.shape[0] || len(record.num) != x.shape[0] {
		return nil, fmt.Errorf("%s: no x, label and record of as many rows", file)
	}
	patients := map[float64]*sheet{}
	for i, class := range label.text {
		p := patients[record.num[i]]
		if p == nil {
			p = &sheet{columns: numbered(x.shape[1])}
			patients[record.num[i]] = p
		}
		p.add(class, x.row(i)...)
	}
	d, err := loadSheets(ctx, file, inOrder(patients)...)
	return []part{{"", d}}, err
}

// inOrder gives the values by rising key.
func inOrder[K interface{ ~string | ~float64 }, V any](m map[K]V) (out []V) {
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, m[k])
	}
	return out
}

// loadRoad reads the windows of both files with labels. The archive is of
// zstd, which Go's library does not have: the program of that name unpacks it.
func loadRoad(ctx context.Context, folder string) ([]part, error) {
	if _, err := exec.LookPath("zstd"); err != nil {
		return nil, fmt.Errorf("%w: no program zstd to unpack data.tar.zst with", errAbsent)
	}
	unpack := exec.CommandContext(ctx, "zstd", "-dcq", filepath.Join(folder, "data.tar.zst"))
	var diag bytes.Buffer
	unpack.Stderr = &diag
	b, err := unpack.Output()
	if err != nil {
		return nil, fmt.Errorf("data.tar.zst: zstd: %w: %s", err, diag.String())
	}
	found := map[string]*sheet{}
	for t := tar.NewReader(bytes.NewReader(b)); ; {
		h, err := t.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("data.tar.zst: %w", err)
		}
		if path.Ext(h.Name) != ".npz" {
			continue
		}
		npz, err := io.ReadAll(t)
		if err != nil {
			return nil, fmt.Errorf("data.tar.zst: %s: %w", h.Name, err)
		}
		if found[path.Base(h.Name)], err = roadWindows(npz, h.Name); err != nil {
			return nil, err
		}
	}
	if len(found) != 2 {
		return nil, fmt.Errorf("data.tar.zst: %d npz files, want test and valid", len(found))
	}
	d, err := loadSheets(ctx, "road-surface-accel", inOrder(found)...)
	return []part{{"", d}}, err
}

// roadWindows leaves out channel 2, the heading, and 12 to 14, the magnetic
// field: where the car went.
func roadWindows(npz []byte, name string) (*sheet, error) {
	const channels = 15
	arrays, err := readNPZ(npz, name)
	if err != nil {
		return nil, err
	}
	feat, target := arrays["feat"], arrays["target"]
	if feat == nil || target == nil || len(target.num) != feat.shape[0] {
		return nil, fmt.Errorf("%s: no feat and target of as many rows", name)
	}
	s := &sheet{}
	for i, class := range target.num {
		var row []float64
		for k, v := range feat.row(i) {
			if c := k % channels; c == 2 || c >= 12 {
				continue
			}
			if row = append(row, v); i == 0 {
				s.columns = append(s.columns, fmt.Sprintf("t%d.%d", k/channels, k%channels))
			}
		}
		s.add(strconv.Itoa(int(class)), row...)
	}
	return s, nil
}

func loadInstafake(ctx context.Context, folder string) ([]part, error) {
	names := []string{"userFollowerCount", "userFollowingCount", "userBiographyLength", "userMediaCount", "userHasProfilPic", "userIsPrivate", "usernameDigitCount", "usernameLength"}
	s := &sheet{columns: names}
	for _, class := range []string{"fake", "real"} {
		file := class + "AccountData.json"
		b, err := os.ReadFile(filepath.Join(folder, "data", "fake-v1.0", file))
		if err != nil {
			return nil, err
		}
		var accounts []map[string]float64
		if err := json.Unmarshal(b, &accounts); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		for _, a := range accounts {
			row := make([]float64, len(names))
			for i, n := range names {
				row[i] = a[n]
			}
			s.add(class, row...)
		}
	}
	d, err := loadSheets(ctx, "instafake", s)
	return []part{{"", d}}, err
}

func loadAMLSim(ctx context.Context, folder string) (parts []part, err error) {
	for _, name := range []string{"20K_cycle200", "20K_fanin200", "20K_fanin200cycle200"} {
		s, err := bank(filepath.Join(folder, "sample", name+".tgz"))
		if err != nil {
			return nil, err
		}
		d, err := loadSheets(ctx, name, s)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part{name, d})
	}
	return parts, nil
}

// table reads a gzipped or plain CSV file whose first line names the columns,
// and gives each row to f.
func table(r io.Reader, f func(get func(column string) string) error) error {
	c := csv.NewReader(r)
	c.ReuseRecord = true
	head, err := c.Read()
	if err != nil {
		return err
	}
	at := map[string]int{}
	for i, name := range head {
		at[name] = i
	}
	for {
		row, err := c.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		get := func(column string) string {
			if i, ok := at[column]; ok {
				return row[i]
			}
			return ""
		}
		if err := f(get); err != nil {
			return err
		}
	}
}

func gunzip(file string, f func(r io.Reader) error) error {
	h, err := os.Open(file)
	if err != nil {
		return err
	}
	defer h.Close()
	z, err := gzip.NewReader(h)
	if err == nil {
		err = f(z)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

// load reads a set and thins it.
func (s *set) parts(ctx context.Context, data, lab string) ([]part, error) {
	folder := filepath.Join(data, s.folder)
	if s.folder == labFolder {
		folder = lab
	}
	parts, err := s.load(ctx, folder)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.name, err)
	}
	for i := range parts {
		parts[i].data = thin(parts[i].data, s.benign)
	}
	return parts, nil
}
