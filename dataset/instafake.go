package dataset

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// Instafake reads profiles of accounts of Instagram, fake and real, as eight numbers each.
func Instafake(ctx context.Context, folder string) ([]Part, error) {
	names := []string{"userFollowerCount", "userFollowingCount", "userBiographyLength", "userMediaCount", "userHasProfilPic", "userIsPrivate", "usernameDigitCount", "usernameLength"}
	s := &Sheet{Columns: names}
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
			s.Add(class, row...)
		}
	}
	d, err := LoadSheets(ctx, "instafake", "table", s)
	return []Part{{"", d}}, err
}
