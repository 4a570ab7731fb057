package dataset

import (
	"context"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// diseases are the outbreaks of the labelled series, by the first letter of their names.
var diseases = map[byte]string{'m': "measles", 's': "salmonella", 'h': "other diseases", 'k': "other diseases", 'n': "other diseases", 'q': "other diseases"}

// labelledSeries are those whose outbreaks are known; ha.sts is ha again.
var labelledSeries = []string{"h1_nrwrp", "ha", "k1", "m1", "m2", "m3", "m4", "m5", "n1", "n2", "q1_nrwh", "q2", "s1", "s2", "s3"}

const usualWeek = "usual"

// Outbreaks reads the labelled series of RKI's weekly counts, each a group. Weeks of an outbreak have the disease for a class; salmonella of
// 1, 2 and 3 are serotypes; other diseases are hepatitis A, cryptosporidiosis, norovirus and Q fever. The districts of Berlin (ha)
// are summed, for they are labelled as one. Series without labels are left out.
func Outbreaks(ctx context.Context, folder string) ([]Part, error) {
	type week struct {
		count float64
		class string
	}
	series := map[string]map[float64]*week{}
	err := Gunzip(filepath.Join(folder, "outbreak_series_long.csv.gz"), func(in io.Reader) error {
		return Table(in, func(get func(string) string) error {
			name, t, n := strings.Clone(get("series")), number(get("t")), number(get("observed"))
			if !slices.Contains(labelledSeries, name) {
				return nil
			}
			if !(t >= 0) || !(n >= 0) {
				return fmt.Errorf("%s: week %q, count %q", name, get("t"), get("observed"))
			}
			if series[name] == nil {
				series[name] = map[float64]*week{}
			}
			w := series[name][t]
			if w == nil {
				w = &week{class: usualWeek}
				series[name][t] = w
			}
			if w.count += n; get("state") == "1" {
				w.class = diseases[name[0]]
			}
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	var sheets []*Sheet
	for i, weeks := range inOrder(series) {
		s := &Sheet{Columns: []string{"series", "time", "count"}}
		for _, t := range slices.Sorted(maps.Keys(weeks)) {
			s.Add(weeks[t].class, float64(i), t, weeks[t].count)
		}
		sheets = append(sheets, s)
	}
	if len(sheets) != len(labelledSeries) {
		return nil, fmt.Errorf("outbreak_series_long.csv.gz: %d labelled series, want %d", len(sheets), len(labelledSeries))
	}
	d, err := LoadSheets(ctx, "outbreaks", "outbreak", sheets...)
	return []Part{{"", d}}, err
}
