package dataset

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

func ADBench(ctx context.Context, folder, file string) ([]Part, error) {
	b, err := os.ReadFile(filepath.Join(folder, file))
	if err != nil {
		return nil, err
	}
	arrays, err := ReadNPZ(b, file)
	if err != nil {
		return nil, err
	}
	x, y := arrays["X"], arrays["y"]
	if x == nil || y == nil || len(x.Shape) != 2 || len(y.Num) != x.Shape[0] {
		return nil, fmt.Errorf("%s: no X and y of as many rows", file)
	}
	s := &Sheet{Columns: Numbered(x.Shape[1])}
	for i, v := range y.Num {
		s.Add(strconv.Itoa(int(v)), x.Row(i)...)
	}
	d, err := LoadSheets(ctx, file, "table", s)
	return []Part{{"", d}}, err
}
