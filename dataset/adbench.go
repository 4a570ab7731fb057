package dataset

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
)

// ADBench reads a set of ADBench: class "1" is odd, "0" is not.
func ADBench(ctx context.Context, folder, file string) ([]Part, error) {
	s, err := adbenchSheet(folder, file)
	if err != nil {
		return nil, err
	}
	d, err := LoadSheets(ctx, file, "table", s)
	return []Part{{"", d}}, err
}

// ADBenchThin reads at most so many rows of each class, drawn with a fixed seed.
func ADBenchThin(ctx context.Context, folder, file string, most map[string]int) ([]Part, error) {
	s, err := adbenchSheet(folder, file)
	if err != nil {
		return nil, err
	}
	rng := rand.New(rand.NewPCG(0x616462656e6368, 0))
	rng.Shuffle(len(s.Rows), func(i, j int) {
		s.Rows[i], s.Rows[j] = s.Rows[j], s.Rows[i]
		s.Class[i], s.Class[j] = s.Class[j], s.Class[i]
	})
	thin, have := &Sheet{Columns: s.Columns}, map[string]int{}
	for i, c := range s.Class {
		if have[c]++; have[c] <= most[c] {
			thin.Add(c, s.Rows[i]...)
		}
	}
	d, err := LoadSheets(ctx, file, "table", thin)
	return []Part{{"", d}}, err
}

func adbenchSheet(folder, file string) (*Sheet, error) {
	b, err := os.ReadFile(filepath.Join(folder, file))
	if err != nil {
		return nil, err
	}
	arrays, err := ReadNPZ(b, file)
	if err != nil {
		return nil, err
	}
	x, y := arrays["X"], arrays["y"]
	if x == nil || y == nil || len(x.Shape) != 2 || len(x.Num) == 0 || len(y.Num) != x.Shape[0] {
		return nil, fmt.Errorf("%s: no X and y of as many rows", file)
	}
	s := &Sheet{Columns: Numbered(x.Shape[1])}
	for i, v := range y.Num {
		s.Add(strconv.Itoa(int(v)), x.Row(i)...)
	}
	return s, nil
}
