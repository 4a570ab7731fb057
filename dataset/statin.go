package dataset

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// Classes of Statins: an event of muscle or kidney that the FDA holds for significant.
const (
	Significant       = "muscle and kidney"
	SignificantTuning = "muscle and kidney, development drugs"
)

// Statins reads how often each of 6,039 events was reported with each of six statins and with all other drugs (FAERS, 2014 Q3 to 2020 Q4).
// Pairs reported three times or more are judged, each event a group. Three statins are of part "development"; the others of "test".
func Statins(ctx context.Context, folder string) ([]Part, error) {
	significant := map[string]bool{}
	if err := statinTable(filepath.Join(folder, "statin46.csv"), func(event string, _ []float64) { significant[event] = event != "Other Pt" }); err != nil {
		return nil, err
	}
	var events []string
	var counts [][]float64
	if err := statinTable(filepath.Join(folder, "statin.csv"), func(event string, n []float64) {
		events, counts = append(events, event), append(counts, n)
	}); err != nil {
		return nil, err
	}
	total := make([]float64, len(statins))
	all := 0.0
	for _, n := range counts {
		for i, v := range n {
			total[i], all = total[i]+v, all+v
		}
	}
	var parts []Part
	for at, name := range []string{"development", "test"} {
		class := [2]string{SignificantTuning, Significant}[at]
		var sheets []*Sheet
		for e, n := range counts {
			s, sum := &Sheet{Columns: []string{"reports", "drug.reports", "event.reports", "all.reports"}}, 0.0
			for _, v := range n {
				sum += v
			}
			for i := 3 * at; i < 3*at+3; i++ {
				if n[i] < leastReports {
					continue
				}
				c := Unlisted
				if significant[events[e]] {
					c = class
				}
				s.Add(c, n[i], total[i], sum, all)
			}
			sheets = append(sheets, s)
		}
		d, err := LoadSheets(ctx, "statins", "drug", sheets...)
		if err != nil {
			return nil, err
		}
		parts = append(parts, Part{name, d})
	}
	return parts, nil
}

// statins are the columns of the tables.
var statins = []string{"Atorvastatin", "Fluvastatin", "Lovastatin", "Pravastatin", "Rosuvastatin", "Simvastatin", "Other"}

func statinTable(file string, f func(event string, n []float64)) error {
	return plain(file, func(in io.Reader) error {
		return Table(in, func(get func(string) string) error {
			n := make([]float64, len(statins))
			for i, s := range statins {
				if n[i] = number(get(s)); !(n[i] >= 0) {
					return fmt.Errorf("%s: %q reports of %s", get("AE"), get(s), s)
				}
			}
			f(strings.Clone(get("AE")), n)
			return nil
		})
	})
}
