package feature

import (
	"fmt"
	"math"
	"testing"

	"github.com/inkling-sec/inkling"
)

// feed gives the row of the last of some points, an hour apart.
func feed(t *testing.T, x Extractor, values ...float64) map[string]float64 {
	t.Helper()
	s := schemaOf("series", "time", "value")
	dst := make([]float64, sWidth)
	for i, v := range values {
		r := record(s, map[string]string{"series": "s", "time": fmt.Sprint(3600 * i), "value": fmt.Sprint(v)})
		if err := x.Extract(dst, r); err != nil {
			t.Fatal(err)
		}
	}
	out := map[string]float64{}
	for i, f := range seriesContract.Features {
		out[f.Name] = dst[i]
	}
	return out
}

func TestSeries(t *testing.T) {
	var square []float64 // 0, 2, 0, 2, …
	for i := range 100 {
		square = append(square, float64(2*(i%2)))
	}
	row := feed(t, newSeries(), append(square, 10)...)
	// the last value is 10: above all 100 before it; the range ends at 2, and the deviation is 1
	for name, want := range map[string]float64{"rank": 100, "beyond": 8, "same": 1} {
		if math.Abs(row[name]-want) > 0.01 {
			t.Errorf("%s = %v, want %v", name, row[name], want)
		}
	}
	if calm := feed(t, newSeries(), square...); math.Abs(calm["off.forecast"]) > 2 || calm["beyond"] != 0 || calm["like"] > 1e-6 || row["off.forecast"] < 8 || row["like"] < 1 {
		t.Errorf("calm %v, jump %v", calm, row)
	}
	// the same in another unit, and elsewhere
	for i := range square {
		square[i] = 1000 + 50*square[i]
	}
	for name, v := range feed(t, newSeries(), append(square, 1500)...) {
		if math.Abs(v-row[name]) > 0.02*math.Abs(row[name])+0.01 {
			t.Errorf("%s = %v in another unit, was %v", name, v, row[name])
		}
	}
	flat := make([]float64, 50)
	if row := feed(t, newSeries(), flat...); row["same"] != 50 || row["off.mean_4"] != 0 || row["rank"] != 0 {
		t.Errorf("flat: %v", row)
	}
	if row := feed(t, newSeries(), 1, 2, 3); !math.IsNaN(row["off.mean_4"]) {
		t.Error("three points are enough for a row")
	}
}

// A value that is usual at its time of day stands out at another.
func TestSeriesOfDays(t *testing.T) {
	x := newSeries()
	var days []float64
	for i := range 24*14 + 12 {
		days = append(days, 10+float64(i%24)+float64(i%5))
	}
	usual := feed(t, x, append(days, 10+12)...) // noon
	odd := feed(t, newSeries(), append(days, 10+2)...)
	if math.Abs(usual["off.day"]) > 3 || odd["off.day"] > -4 || odd["off.week"] > -3 {
		t.Errorf("off.day %v and %v, off.week %v", usual["off.day"], odd["off.day"], odd["off.week"])
	}
}

func TestSeriesTimes(t *testing.T) {
	s := schemaOf("time", "value")
	x := newSeries()
	dst := make([]float64, sWidth)
	for i, now := range []string{"2014-07-01 00:00:00", "2014-07-01T00:05:00Z", "2014-07-01 00:10", "1404174000"} {
		if err := x.Extract(dst, record(s, map[string]string{"time": now, "value": "1"})); err != nil {
			t.Error(i, err)
		}
	}
	for _, bad := range []map[string]string{{"time": "noon", "value": "1"}, {"time": "1"}, {"time": "1", "value": "1e200"}} {
		if err := x.Extract(dst, record(s, bad)); inkling.CodeOf(err) != inkling.Invalid {
			t.Errorf("%v: %v", bad, err)
		}
	}
}
