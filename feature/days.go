package feature

import "math"

// Half-lives of statistics over days, shortest first. Each is a whole multiple of the one before, which agedBy relies on.
const (
	oneHour = iota
	oneDay
	oneWeek
	fourWeeks
	ages
)

const day = 86400 // seconds

var ageNames = [ages]string{"1h", "1d", "7d", "28d"}

// aged is a value for each of these half-lives.
type aged [ages]float64

// agedBy is what an old sum is worth after some time.
func agedBy(seconds float64) aged {
	weeks := math.Exp2(-seconds / (28 * day))
	w2 := weeks * weeks
	w := w2 * w2 // a week's: fourth power
	w3 := w * w * w
	d := w3 * w3 * w // a day's: seventh power
	d3 := d * d * d
	d6 := d3 * d3
	d12 := d6 * d6
	return aged{d12 * d12, d, w, weeks} // an hour's: 24th power
}

// tally is damped counts and sums of one key.
type tally struct {
	at         float64 // time of the newest value
	count, sum aged
}

// fade brings the sums down to what they are worth at now.
func (t *tally) fade(now float64) {
	d := agedBy(max(now-t.at, 0))
	t.at = now
	for h := range ages {
		t.count[h] *= d[h]
		t.sum[h] *= d[h]
	}
}

// add counts a value at the time that the sums were brought to.
func (t *tally) add(x float64) {
	for h := range ages {
		t.count[h]++
		t.sum[h] += x
	}
}

// mean is NaN before the first value.
func (t *tally) mean(h int) float64 { return t.sum[h] / t.count[h] }

// recents is how many sightings a recent remembers.
const recents = 32

// recent is the last things seen at one key, with their times: how many different ones, and when each was seen before.
type recent struct {
	things [recents]uint64
	at     [recents]float64
	n, pos int
}

func (s *recent) add(thing key, now float64) {
	s.things[s.pos], s.at[s.pos] = thing[0], now
	s.pos = (s.pos + 1) % recents
	s.n = min(s.n+1, recents)
}

func (s *recent) sound() bool { return s.n >= 0 && s.n <= recents && s.pos >= 0 && s.pos < recents }

// since is how long ago the thing was last seen, NaN when it is not among those remembered.
func (s *recent) since(thing key, now float64) float64 {
	latest := math.Inf(-1)
	for i := range s.n {
		if s.things[i] == thing[0] {
			latest = max(latest, s.at[i])
		}
	}
	if math.IsInf(latest, -1) {
		return math.NaN()
	}
	return max(now-latest, 0)
}

// different counts the different things seen in the last seconds before now.
func (s *recent) different(now, seconds float64) float64 {
	n := 0.0
next:
	for i := range s.n {
		if now-s.at[i] > seconds {
			continue
		}
		for k := range i {
			if s.things[k] == s.things[i] && now-s.at[k] <= seconds {
				continue next
			}
		}
		n++
	}
	return n
}

// away is how many standard deviations x is from the mean of the values before; NaN before the second. Deviations under a twentieth of the mean count as that.
func (t *trend) away(x float64) float64 {
	if t.weight <= 1 {
		return math.NaN()
	}
	least := max(math.Abs(t.mean)/20, 1e-9)
	return (x - t.mean) / max(math.Sqrt(max(t.squares, 0)/t.weight), least)
}

// usual is the mean of the values before, NaN where there are none.
func (t *trend) usual() float64 {
	if t.weight == 0 {
		return math.NaN()
	}
	return t.mean
}

// against is x in percent of what is usual; NaN where nothing is.
func against(x, usual float64) float64 {
	if !(usual > 0) {
		return math.NaN()
	}
	return 100 * x / usual
}

// timeOfDay gives the time of day as a point on a circle, so that midnight has two sides.
func timeOfDay(t float64) (sin, cos float64) {
	return math.Sincos(2 * math.Pi * math.Mod(t, day) / day)
}

// weekdays in order; 1 January 1970 was a Thursday.
var weekdays = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

func weekday(t float64) float64 { return math.Mod(math.Floor(t/day)+3, 7) }
