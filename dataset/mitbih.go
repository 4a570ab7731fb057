package dataset

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// MITBIH makes a group of each patient.
func MITBIH(ctx context.Context, folder string) ([]Part, error) {
	const file = "beats_128x_int16.npz"
	b, err := os.ReadFile(filepath.Join(folder, file))
	if err != nil {
		return nil, err
	}
	arrays, err := ReadNPZ(b, file)
	if err != nil {
		return nil, err
	}
	x, label, record := arrays["x"], arrays["label"], arrays["record"]
	if x == nil || label == nil || record == nil || len(label.Text) != x.Shape[0] || len(record.Num) != x.Shape[0] {
		return nil, fmt.Errorf("%s: no x, label and record of as many rows", file)
	}
	patients := map[float64]*Sheet{}
	for i, class := range label.Text {
		p := patients[record.Num[i]]
		if p == nil {
			p = &Sheet{Columns: Numbered(x.Shape[1])}
			patients[record.Num[i]] = p
		}
		p.Add(class, x.Row(i)...)
	}
	d, err := LoadSheets(ctx, file, "table", inOrder(patients)...)
	return []Part{{"", d}}, err
}
