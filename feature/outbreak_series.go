package feature

import "math"

func (s *seriesState) start(slot, year int) {
	s.met, s.year, s.now, s.lastCase = true, year, slot-1, slot
	for i := range s.past {
		s.past[i] = math.NaN()
	}
}

// advance makes room for the count of a slot; the slots that were passed over have none.
func (s *seriesState) advance(slot int) {
	for i := max(s.now+1, slot-historyWeeks+1); i <= slot; i++ {
		s.past[i%historyWeeks] = math.NaN()
	}
	if slot-s.now > 1 {
		s.run = 0
	}
}

// at gives the count so many slots before a slot that is the newest or not yet counted; NaN when there is none.
func (s *seriesState) at(slot, before int) float64 {
	if before >= historyWeeks || slot-before < 0 {
		return math.NaN()
	}
	return s.past[(slot-before)%historyWeeks]
}

// sample is a mean and spread of counts.
type sample struct{ n, sum, squares float64 }

func (a *sample) add(v float64) {
	if !math.IsNaN(v) {
		a.n, a.sum, a.squares = a.n+1, a.sum+v, a.squares+v*v
	}
}

// mean is never 0: half a case is added to what was seen.
func (a *sample) mean() float64 { return (a.sum + 0.5) / a.n }

// excess is how far count is above the mean, in standard deviations of its 2/3 power; the spread is at least Poisson's.
func (a *sample) excess(count float64) float64 {
	m := a.mean()
	overdispersed := 1.0
	if a.n > 1 {
		overdispersed = max(1, (a.squares-a.sum*a.sum/a.n)/(a.n-1)/m)
	}
	power := math.Pow(m, 2.0/3)
	return (math.Pow(count, 2.0/3) - power) / (2.0 / 3 * math.Pow(m, 1.0/6) * math.Sqrt(overdispersed*(1+1/a.n)))
}

// devianceOf is the signed Poisson deviance residual of count where m, above 0, is expected.
func devianceOf(count, m float64) float64 {
	d := m - count
	if count > 0 {
		d += count * math.Log(count/m)
	}
	return math.Copysign(math.Sqrt(max(2*d, 0)), count-m)
}

// row fills in what the counts before say of that of a slot.
func (s *seriesState) row(dst []float64, slot int, count float64) {
	for i := range dst {
		dst[i] = math.NaN()
	}
	dst[oCount], dst[oLast4] = count, count
	var recent, year sample
	most, zeros := 0.0, 0.0
	for back := 1; back <= s.year; back++ {
		v := s.at(slot, back)
		if math.IsNaN(v) {
			continue
		}
		year.add(v)
		if most = max(most, v); v == 0 {
			zeros++
		}
		if back <= 3 {
			dst[oLast4] += v
		}
		if back > 2 && back <= 28 {
			recent.add(v)
		}
	}
	dst[oQuiet] = float64(min(slot-s.lastCase, yearWeeks))
	s.lately(dst, count, &recent)
	if s.counts >= leastRecent {
		dst[oRecord], dst[oZeros] = 100*(count+1)/(most+1), 100*quotient(zeros, year.n)
		s.growth(dst, count, slot)
	}
	var season sample
	reach := seasonReach
	if s.year == yearMonths {
		reach = 1
	}
	for y := 1; y <= outbreakYears; y++ {
		for back := y*s.year - reach; back <= y*s.year+reach; back++ {
			season.add(s.at(slot, back))
		}
	}
	if season.n >= leastSeason {
		m := season.mean()
		dst[oSeasonMean], dst[oSeasonRatio] = m, 100*(count+0.5)/(m+0.5)
		dst[oFarrington], dst[oDeviance] = season.excess(count), devianceOf(count, m)
	}
}

// lately compares with the levels of the weeks before.
func (s *seriesState) lately(dst []float64, count float64, recent *sample) {
	dst[oRun], dst[oCusum] = 0, s.cusum
	if s.counts < leastRecent {
		return
	}
	level := s.expected()
	dst[oLevel8], dst[oLevel26] = s.level8.mean, s.level26.mean
	dst[oDevianceRecent], dst[oDevianceBefore] = devianceOf(count, level), s.before
	if recent.n >= 2 {
		dst[oFarringtonRecent] = recent.excess(count)
	}
	if count > level {
		dst[oRun] = min(s.run+1, yearWeeks)
	}
	dst[oCusum] = min(max(0, s.cusum+(count-level)/math.Sqrt(level)-0.5), 1000)
}

// expected is level_26, which is never 0: a series without cases may have a tenth of one.
func (s *seriesState) expected() float64 { return max(s.level26.mean, 0.1) }

// growth compares these weeks with those just before.
func (s *seriesState) growth(dst []float64, count float64, slot int) {
	var n, x, y, xx, xy, late, early float64
	for back := range 8 {
		v := count
		if back > 0 {
			v = s.at(slot, back)
		}
		if math.IsNaN(v) {
			continue
		}
		t, l := -float64(back), math.Log1p(v)
		n, x, y, xx, xy = n+1, x+t, y+l, xx+t*t, xy+t*l
		if back < 4 {
			late += v
		} else {
			early += v
		}
	}
	dst[oGrowth] = 100 * (late + 0.5) / (early + 0.5)
	if d := n*xx - x*x; d > 0 {
		dst[oTrend] = 100 * math.Expm1((n*xy-x*y)/d)
	}
}

// add counts what row was made of.
func (s *seriesState) add(slot int, count float64, row []float64) {
	s.run, s.cusum = row[oRun], row[oCusum]
	if s.before = row[oDevianceRecent]; count > 0 {
		s.lastCase = slot
	}
	s.level8.add(count, 8, slot-s.now)
	s.level26.add(count, 26, slot-s.now)
	s.past[slot%historyWeeks] = count
	s.now = slot
	s.counts++
}
