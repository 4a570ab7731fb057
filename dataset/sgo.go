package dataset

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/inkling-sec/inkling/eval"
)

// sgoColumns are what is known of a crash before its outcome: the road, the light, the weather, who was there, what
// both did and where they touched. Left out are identifiers, makers, places, dates, texts, how the report came about, and what
// follows from severity: damage, air bags, tows, investigations.
var sgoColumns = slices.Concat([]string{
	"Roadway Type", "Roadway Surface", "Roadway Description", "Posted Speed Limit (MPH)", "Lighting",
	"Weather - Clear", "Weather - Snow", "Weather - Cloudy", "Weather - Fog/Smoke", "Weather - Rain", "Weather - Severe Wind",
	"Crash With", "CP Pre-Crash Movement", "SV Pre-Crash Movement", "SV Precrash Speed (MPH)",
}, contacts("CP"), contacts("SV"))

func contacts(of string) (names []string) {
	for _, where := range []string{"Rear Left", "Left", "Front Left", "Rear", "Top", "Front", "Rear Right", "Right", "Front Right", "Bottom"} {
		names = append(names, of+" Contact Area - "+where)
	}
	return names
}

// SGO reads NHTSA's reports of crashes of cars that drove themselves (part ads) and of cars that helped to drive (part adas), the
// last version of each incident that tells its severity: "none" and "injury". Who reported is not looked at, so that all are one group.
func SGO(ctx context.Context, folder string) (parts []Part, err error) {
	for _, kind := range []string{"ADS", "ADAS"} {
		d, err := incidents(ctx, folder, kind)
		if err != nil {
			return nil, err
		}
		parts = append(parts, Part{strings.ToLower(kind), d})
	}
	return parts, nil
}

func incidents(ctx context.Context, folder, kind string) (*eval.Data, error) {
	last, order := map[string]*incident{}, []string(nil)
	file := filepath.Join(folder, fmt.Sprintf("SGO-2021-01_Incident_Reports_%s.csv.gz", kind))
	err := Gunzip(file, func(r io.Reader) error {
		return Table(r, func(get func(string) string) error {
			id, class := get("Same Incident ID"), map[string]string{"No Injuries Reported": "none", "Minor": "injury", "Moderate": "injury", "Serious": "injury", "Fatality": "injury"}[get("Highest Injury Severity")]
			if last[id] == nil {
				last[id] = &incident{version: -1}
				order = append(order, id)
			}
			if v := number(get("Report Version")); class != "" && v >= last[id].version {
				row := make([]string, 0, len(sgoColumns))
				for _, c := range sgoColumns {
					row = append(row, strings.TrimSpace(get(c)))
				}
				*last[id] = incident{v, class, row}
			}
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	t := &Texts{Columns: sgoColumns}
	for _, id := range order {
		if r := last[id]; r.row != nil {
			t.Add(r.class, r.row...)
		}
	}
	return loadTexts(ctx, "sgo-"+strings.ToLower(kind), "table", "", t)
}

// incident is what the newest version of a report says that tells the severity.
type incident struct {
	version float64
	class   string
	row     []string
}
