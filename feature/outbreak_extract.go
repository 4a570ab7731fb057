package feature

import (
	"bytes"
	"math"
	"strconv"
	"time"

	"github.com/inkling-sec/inkling"
)

const (
	outbreakSeries = 1 << 14 // remembered, 2.5 KB each; the one not seen for longest makes room
	outbreakMost   = 1e12    // a count beyond is damaged
	outbreakYears  = 5
	seasonReach    = 3                                         // weeks to either side of this one, in years before; one month
	historyWeeks   = outbreakYears*yearWeeks + seasonReach + 1 // kept of a series
	yearWeeks      = 52
	yearMonths     = 12
	leastSeason    = 7 // counts of the season
	leastRecent    = 4 // counts before
	outbreakRemedy = "give a table with a week a line, those of a series in order: columns series, count, and time, such as 2026-W07, 2026-M02 or the week's number"
)

// outbreakExtractor makes rows of the outbreak contract. A series that misses a week goes on with a hole.
type outbreakExtractor struct {
	schema                          *inkling.Schema // that the positions are for
	series, count, time, population int             // the last two -1 without
	known                           *lru[seriesState]
}

// seriesState is what is remembered of a series.
type seriesState struct {
	met                bool
	year               int                   // slots of a year: weeks or months
	now                int                   // slot of the newest count
	past               [historyWeeks]float64 // by slot; NaN is none
	level8, level26    damped
	run, cusum, before float64 // before: deviance of the newest count
	counts             int
	lastCase           int // slot; that of the first count when there was none
}

func (s *seriesState) sound() bool {
	return !s.met || s.now >= 0 && s.now < math.MaxInt && (s.year == yearWeeks || s.year == yearMonths)
}

// damped is a mean whose values halve in weight with every few slots after them.
type damped struct{ weight, mean float64 }

func (d *damped) add(v, halfLife float64, slots int) {
	d.weight = d.weight*math.Exp2(-float64(slots)/halfLife) + 1
	d.mean += (v - d.mean) / d.weight
}

func newOutbreak() Extractor { return &outbreakExtractor{known: newLRU[seriesState](outbreakSeries)} }

func (*outbreakExtractor) Contract() *Contract { return outbreakContract }

func (x *outbreakExtractor) memory() []any { return []any{x.known} }

func (x *outbreakExtractor) Extract(dst []float64, r *inkling.Record) error {
	if r.Schema != x.schema {
		at, err := columns(outbreakContract, r.Schema, outbreakRemedy, "series", "count")
		if err != nil {
			return err
		}
		x.schema, x.series, x.count = r.Schema, at[0], at[1]
		x.time, x.population = r.Schema.Index("time"), r.Schema.Index("population")
	}
	bad := func(what string) error {
		return unusable(r, what, outbreakRemedy)
	}
	k, ok := keyOf(r, x.series)
	if !ok {
		return bad("no series")
	}
	count := number(r, x.count)
	if !(count >= 0 && count <= outbreakMost) {
		return bad("count: not a count")
	}
	slot, year := -1, yearWeeks
	if x.time >= 0 {
		if slot, year = slotOf(r, x.time); slot < 0 {
			return bad("time: not a week or month")
		}
	}
	s := x.known.get(k)
	switch {
	case x.time < 0 && !s.met:
		slot = 0
	case x.time < 0:
		slot = s.now + 1
	case s.met && s.year != year:
		return bad("time: weeks and months in one series")
	case s.met && slot <= s.now:
		return bad("time: not after the series's count before")
	}
	if !s.met {
		s.start(slot, year)
	}
	s.advance(slot)
	population := math.NaN()
	if x.population >= 0 {
		population = number(r, x.population)
	}
	s.row(dst, slot, count)
	if dst[oIncidence] = math.NaN(); population > 0 && !math.IsInf(population, 0) {
		dst[oIncidence] = min(1e5*count/population, outbreakMost)
	}
	s.add(slot, count, dst)
	return nil
}

// slotOf reads a time: weeks or months since some year, and how many of them a year has; -1 when it is none.
func slotOf(r *inkling.Record, i int) (slot, year int) {
	switch r.Schema.Fields[i].Kind {
	case inkling.Number:
		return wholeSlot(r.Num[i]), yearWeeks
	case inkling.Time:
		return wholeSlot(r.Num[i] / (7 * 86400)), yearWeeks
	}
	y, p, dated := bytes.Cut(text(r, i), []byte("-"))
	if !dated {
		return wholeSlot(number(r, i)), yearWeeks
	}
	a, errYear := strconv.Atoi(string(y))
	b, errPeriod := strconv.Atoi(string(bytes.TrimLeft(p, "WM")))
	switch {
	case errYear != nil || errPeriod != nil || a < 1 || a > 9999 || b < 1:
		return -1, yearWeeks
	case p[0] != 'M':
		return isoWeek(a, b), yearWeeks
	case b > yearMonths:
		return -1, yearMonths
	}
	return a*yearMonths + b - 1, yearMonths
}

// isoWeek numbers the weeks of all years, from 1 January of year 1; -1 when the year has no such week.
func isoWeek(year, week int) int {
	fourth := time.Date(year, time.January, 4, 0, 0, 0, 0, time.UTC) // is in week 1
	monday := fourth.AddDate(0, 0, -(int(fourth.Weekday())+6)%7+7*(week-1))
	if y, w := monday.ISOWeek(); y != year || w != week {
		return -1
	}
	return int(monday.Unix()/86400+719162) / 7 // days from then to 1970
}

func wholeSlot(v float64) int {
	if !(v >= 0 && v < 1e9) {
		return -1
	}
	return int(v)
}
