package dataset

import (
	"archive/tar"
	"context"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strconv"

	"github.com/klauspost/compress/zstd"
)

// Road reads the windows of both files with labels as plain columns.
func Road(ctx context.Context, folder string) ([]Part, error) {
	return roadAs(ctx, folder, "table")
}

// RoadWindows reads them as records of schema "road".
func RoadWindows(ctx context.Context, folder string) ([]Part, error) {
	return roadAs(ctx, folder, "road")
}

func roadAs(ctx context.Context, folder, schema string) ([]Part, error) {
	f, err := os.Open(filepath.Join(folder, "data.tar.zst"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	unpacked, err := zstd.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("data.tar.zst: %w", err)
	}
	defer unpacked.Close()
	found := map[string]*Sheet{}
	for t := tar.NewReader(unpacked); ; {
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
	d, err := LoadSheets(ctx, "road-surface-accel", schema, inOrder(found)...)
	return []Part{{"", d}}, err
}

// roadWindows leaves out channel 2, the heading, and 12 to 14, the magnetic
// field: where the car went.
func roadWindows(npz []byte, name string) (*Sheet, error) {
	const channels = 15
	arrays, err := ReadNPZ(npz, name)
	if err != nil {
		return nil, err
	}
	feat, target := arrays["feat"], arrays["target"]
	if feat == nil || target == nil || len(feat.Shape) == 0 || len(feat.Num) == 0 || len(target.Num) != feat.Shape[0] {
		return nil, fmt.Errorf("%s: no feat and target of as many rows", name)
	}
	s := &Sheet{}
	for i, class := range target.Num {
		var row []float64
		for k, v := range feat.Row(i) {
			if c := k % channels; c == 2 || c >= 12 {
				continue
			}
			if row = append(row, v); i == 0 {
				s.Columns = append(s.Columns, fmt.Sprintf("t%d.%d", k/channels, k%channels))
			}
		}
		s.Add(strconv.Itoa(int(class)), row...)
	}
	return s, nil
}
