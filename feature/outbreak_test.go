package feature

import (
	"errors"
	"fmt"
	"io"
	"math"
	"testing"

	"github.com/inkling-sec/inkling"
)

// countRows gives the rows of counts in a series and the lines that were refused.
func countRows(t *testing.T, table string) (rows [][]float64, refused []int) {
	t.Helper()
	in, x := readText(table), newOutbreak()
	for {
		var r inkling.Record
		if err := in.Read(&r); errors.Is(err, io.EOF) {
			return rows, refused
		}
		row := make([]float64, outbreakWidth)
		switch err := x.Extract(row, &r); {
		case inkling.Skippable(err):
			refused = append(refused, r.Origin.Line)
		case err != nil:
			t.Fatal(err)
		default:
			rows = append(rows, row)
		}
	}
}

func wantFeatures(t *testing.T, row []float64, want map[int]float64) {
	t.Helper()
	for at, v := range want {
		if got := row[at]; math.Abs(got-v) > 1e-9 || math.IsNaN(got) != math.IsNaN(v) {
			t.Errorf("%s = %v, want %v", outbreakContract.Features[at].Name, got, v)
		}
	}
}

// Four years of four a week, then 9.
func TestOutbreakOfASeason(t *testing.T) {
	table := "series,time,count,population\n"
	for i := range 4 * yearWeeks {
		table += fmt.Sprintf("a,%d,4,\n", i+7)
	}
	rows, refused := countRows(t, table+fmt.Sprintf("a,%d,9,100000\n", 4*yearWeeks+7))
	if refused != nil {
		t.Fatalf("refused %v", refused)
	}
	wantFeatures(t, rows[3], map[int]float64{oLevel26: math.NaN(), oRun: 0, oIncidence: math.NaN()})
	wantFeatures(t, rows[4], map[int]float64{oLevel26: 4, oDevianceRecent: 0, oSeasonMean: math.NaN(), oGrowth: 100 * 16.5 / 4.5, oTrend: 0})
	m := (4*25 + 0.5) / 25.0 // weeks 3 before to 3 after in the four years before: of the earliest, three are not there
	power := func(v float64) float64 { return math.Pow(v, 2.0/3) }
	wantFeatures(t, rows[len(rows)-1], map[int]float64{
		oCount: 9, oIncidence: 9, oLast4: 21, oLevel8: 4, oLevel26: 4, oSeasonMean: m, oSeasonRatio: 100 * 9.5 / (m + 0.5),
		oFarrington:     (power(9) - power(m)) / (2.0 / 3 * math.Pow(m, 1.0/6) * math.Sqrt(1+1.0/25)),
		oDeviance:       math.Sqrt(2 * (9*math.Log(9/m) - (9 - m))),
		oDevianceRecent: math.Sqrt(2 * (9*math.Log(9.0/4) - 5)),
		oDevianceBefore: 0, oGrowth: 100 * 21.5 / 16.5, oRun: 1, oCusum: 5.0/2 - 0.5, oRecord: 200, oQuiet: 1, oZeros: 0,
	})
}

func TestOutbreakOfATimeThatLeaps(t *testing.T) {
	rows, refused := countRows(t, "series,time,count\n"+
		"a,2020-W52,1\na,2020-W53,2\na,2021-W01,3\nb,2020-M12,1\n"+ // 2020 has 53 weeks
		"a,2021-W53,1\na,2021-W01,9\na,2021-M03,9\na,x,9\na,2021-W03,-1\na,2021-W03,oops\n,2021-W03,1\nb,2020-M13,1\na,-,1\na,1-,1\n"+
		"a,2021-W03,4\na,9999-W52,0\nb,2021-M01,5\n")
	if fmt.Sprint(refused) != "[6 7 8 9 10 11 12 13 14 15]" {
		t.Errorf("refused %v", refused)
	}
	wantFeatures(t, rows[2], map[int]float64{oCount: 3, oLast4: 6, oQuiet: 1})
	wantFeatures(t, rows[4], map[int]float64{oCount: 4, oLast4: 9}) // week 2 is not there, and what was refused left no trace
	wantFeatures(t, rows[5], map[int]float64{oLast4: 0, oQuiet: yearWeeks, oZeros: math.NaN()})
	wantFeatures(t, rows[6], map[int]float64{oLast4: 6, oQuiet: 1})
}

func TestOutbreakWithoutTime(t *testing.T) {
	rows, refused := countRows(t, "series,count\na,1\nb,7\na,2\na,1e308\na,3\n")
	if len(refused) != 1 || rows[3][oLast4] != 6 {
		t.Errorf("refused %v, rows %v", refused, rows)
	}
	for _, row := range rows {
		for i, v := range row {
			if math.IsInf(v, 0) {
				t.Errorf("%s is infinite", outbreakContract.Features[i].Name)
			}
		}
	}
}
