package dataset

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/inkling-sec/inkling/eval"
	"github.com/inkling-sec/inkling/read/line"
)

// NABFile is a series of the Numenta Anomaly Benchmark.
type NABFile struct {
	Name        string // "realTraffic/speed_6005.csv"
	Time, Value []float64
	Windows     [][2]int // of anomalies: first and last point
}

// NABFiles reads the series whose folder is one of those, in order of name; all of them without any.
func NABFiles(folder string, folders ...string) ([]NABFile, error) {
	b, err := os.ReadFile(filepath.Join(folder, "labels", "combined_windows.json"))
	if err != nil {
		return nil, err
	}
	windows := map[string][][2]string{}
	if err := json.Unmarshal(b, &windows); err != nil {
		return nil, fmt.Errorf("combined_windows.json: %w", err)
	}
	var out []NABFile
	for name, w := range windows {
		if len(folders) > 0 && !slices.Contains(folders, path.Dir(name)) {
			continue
		}
		f, err := nabFile(filepath.Join(folder, "data", name), name, w)
		if err != nil {
			return nil, err
		}
		out = append(out, *f)
	}
	slices.SortFunc(out, func(a, b NABFile) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

func nabFile(file, name string, windows [][2]string) (*NABFile, error) {
	f, at := &NABFile{Name: name}, map[string]int{}
	read := func(get func(string) string) error {
		t, ok := line.Moment([]byte(get("timestamp")))
		if !ok {
			return fmt.Errorf("timestamp: %q is not a time", get("timestamp"))
		}
		if _, seen := at[get("timestamp")]; !seen { // an hour comes twice when clocks go back: the first counts
			at[get("timestamp")] = len(f.Time)
		}
		f.Time, f.Value = append(f.Time, t), append(f.Value, number(get("value")))
		return nil
	}
	h, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) { // a long one is packed
		err = Gunzip(file+".gz", func(r io.Reader) error { return Table(r, read) })
	} else if err == nil {
		err = Table(h, read)
		h.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for _, w := range windows {
		var ends [2]int
		for i, t := range w {
			k, ok := at[strings.TrimSuffix(t, ".000000")]
			if !ok {
				return nil, fmt.Errorf("%s: no point at %s", name, t)
			}
			ends[i] = k
		}
		f.Windows = append(f.Windows, ends)
	}
	return f, nil
}

// NAB gives the points of series in those folders as records of schema "series", a group a series: class "anomaly" in a window, else
// "usual"; those of the probation are only seen.
func NAB(ctx context.Context, folder string, folders ...string) ([]Part, error) {
	files, err := NABFiles(folder, folders...)
	if err != nil {
		return nil, err
	}
	var sheets []*Sheet
	for k, f := range files {
		s := &Sheet{Columns: []string{"series", "time", "value"}}
		for i, v := range f.Value {
			class := "usual"
			if slices.ContainsFunc(f.Windows, func(w [2]int) bool { return i >= w[0] && i <= w[1] }) {
				class = "anomaly"
			}
			if i < eval.NABProbation(len(f.Value)) {
				class = eval.Unjudged
			}
			s.Add(class, float64(k), f.Time[i], v)
		}
		sheets = append(sheets, s)
	}
	d, err := LoadSheets(ctx, "nab", "series", sheets...)
	return []Part{{"", d}}, err
}
