package feature

import (
	"math"

	"github.com/inkling-sec/inkling"
)

const (
	seriesWindow  = 512 // trailing points
	seriesPattern = 16
	seriesLags    = 8
	warm          = 8 // points before there is a row
)

// points is what is remembered of a series.
type points struct {
	n               int
	time, value     float64
	step            float64 // usual time between points
	same            float64
	mean, vary      [len(seriesLives)]float64 // of values
	steps           [len(seriesLives)]float64 // mean square
	drift           [len(seriesLives)]float64 // mean of the forecast's errors
	errors          float64                   // mean square
	forecast        recursive
	lags            [seriesLags]float64 // the newest first, around the long mean
	ring            [seriesWindow]float32
	days, weeks     [168]usually
	offDay, offWeek float64 // mean square of the distance to the usual
}

func (p *points) sound() bool { return p.n >= 0 && p.n < math.MaxInt }

// usually is the damped mean of the values at a time of day or week.
type usually struct {
	n, mean float32
}

type series struct {
	schema *inkling.Schema
	at     [3]int // series (-1 for none), time, value
	known  *lru[points]
}

func newSeries() Extractor { return &series{known: newLRU[points](seriesMost)} }

func (*series) Contract() *Contract { return seriesContract }

func (x *series) memory() []any { return []any{x.known} }

func (x *series) Extract(dst []float64, r *inkling.Record) error {
	if r.Schema != x.schema {
		at, err := columns(seriesContract, r.Schema, "give a point a record: time and value, and series where there are several", "time", "value")
		if err != nil {
			return err
		}
		x.schema, x.at = r.Schema, [3]int{r.Schema.Index("series"), at[0], at[1]}
	}
	now := Moment(r, x.at[1])
	v := number(r, x.at[2])
	if math.IsNaN(now) || !(math.Abs(v) < 1e100) {
		return unusable(r, "no time or no value", "give time in seconds or as 2006-01-02 15:04:05, and value as a number")
	}
	var k key
	if x.at[0] >= 0 {
		k, _ = keyOf(r, x.at[0])
	}
	x.known.get(k).row(dst, now, v)
	return nil
}

// row tells of a point and remembers it.
func (p *points) row(dst []float64, now, v float64) {
	for i := range dst {
		dst[i] = math.NaN()
	}
	if p.n == 0 {
		p.mean, p.same = [len(seriesLives)]float64{v, v, v}, 1
	}
	const long = len(seriesLives) - 1
	scale := math.Sqrt(p.vary[long])
	floor := 1e-9 * (1 + math.Abs(p.mean[long])) // of a deviation: what does not change has none
	per := func(v, dev float64) float64 { return min(max(v/max(dev, scale/100, floor), -1e6), 1e6) }
	change, wait := v-p.value, now-p.time
	told := p.forecast.tell(p.lags[:]) + p.mean[long]
	miss := v - told
	ready := p.n >= warm
	if ready {
		for i := range seriesLives {
			dst[sLife+i] = per(v-p.mean[i], math.Sqrt(p.vary[i]))
			dst[sChange+i] = per(change, math.Sqrt(p.steps[i]))
		}
		dst[sForecast] = per(miss, math.Sqrt(p.errors))
		p.past(dst, v, max(scale, floor))
	}
	p.season(dst, now, v, ready, per)
	p.learn(now, v, change, wait, miss)
	if ready {
		dst[sSame] = p.same
		deviation := math.Sqrt(p.vary[long])
		for i := range seriesLives {
			dst[sForecast+1+i] = per(p.drift[i], math.Sqrt(p.errors))
			if i < long {
				dst[sShift+i] = per(p.mean[i]-p.mean[long], deviation)
			}
		}
	}
}

// learn remembers a point.
func (p *points) learn(now, v, change, wait, miss float64) {
	p.n++
	if p.n > 1 {
		if p.same++; change != 0 {
			p.same = 1
		}
		if wait > 0 && wait < 1e9 {
			rate := max(1/float64(p.n), 0.02)
			p.step += rate * (wait - p.step)
		}
	}
	const long = len(seriesLives) - 1
	square := miss * miss
	if p.n > 4*warm { // one wild error must not hide the next ones
		square = min(square, 25*p.errors+1e-12*p.vary[long])
	}
	for i, l := range seriesLives {
		a := max(1-math.Exp2(-1/l), 1/float64(p.n))
		d := v - p.mean[i]
		p.mean[i] += a * d
		p.vary[i] = (1 - a) * (p.vary[i] + a*d*d)
		if p.n > 1 {
			p.steps[i] += a * (change*change - p.steps[i])
			p.drift[i] += a * (miss - p.drift[i])
		}
		if i == long {
			p.errors += a * (square - p.errors)
		}
	}
	p.forecast.learn(p.lags[:], v-p.mean[long], math.Sqrt(p.vary[long]))
	copy(p.lags[1:], p.lags[:])
	p.lags[0] = v - p.mean[long]
	p.ring[(p.n-1)%seriesWindow] = float32(max(min(v, math.MaxFloat32), -math.MaxFloat32))
	p.time, p.value = now, v
}

// season tells how a point stands to those at the same time of day and week. A slot's mean halves its memory with every four visits.
func (p *points) season(dst []float64, now, v float64, ready bool, per func(v, dev float64) float64) {
	if p.step > day/4 {
		return
	}
	of := func(at int, slots *[168]usually, long float64, off *float64) {
		_, part := math.Modf(now / long)
		if part < 0 {
			part++
		}
		u := &slots[min(int(part*168), 167)]
		d := v - float64(u.mean)
		if u.n >= 1 {
			if ready {
				dst[at] = per(d, math.Sqrt(*off))
			}
			*off += 0.005 * (d*d - *off)
			if *off == 0 {
				*off = d * d
			}
		}
		u.n++
		u.mean += float32(d) / min(u.n, 6)
	}
	of(sDay, &p.days, day, &p.offDay)
	of(sWeek, &p.weeks, 7*day, &p.offWeek)
}

// past compares with the trailing window.
func (p *points) past(dst []float64, v, scale float64) {
	n := min(p.n, seriesWindow)
	x := float32(v)
	low, high, below, above := p.ring[0], p.ring[0], 0, 0
	for _, w := range p.ring[:n] {
		low, high = min(low, w), max(high, w)
		if w < x {
			below++
		} else if w > x {
			above++
		}
	}
	dst[sRank] = 100 * float64(below-above) / float64(n)
	dst[sBeyond] = min(max(float64(x-high), float64(low-x), 0)/scale, 1e6)
	if n < 4*seriesPattern {
		return
	}
	// the last points and v, against all patterns that end before they begin
	var line [seriesWindow + 1]float32
	start := p.n - n
	for i := range n {
		line[i] = p.ring[(start+i)%seriesWindow]
	}
	line[n] = x
	now := line[n+1-seriesPattern : n+1]
	least, leastShape := float32(math.Inf(1)), float32(math.Inf(1))
	for i := 0; i+2*seriesPattern <= n+1; i++ {
		sum, square := float32(0), float32(0)
		for j, w := range line[i : i+seriesPattern] {
			d := now[j] - w
			sum += d
			square += d * d
		}
		least = min(least, square)
		leastShape = min(leastShape, square-sum*sum/seriesPattern)
	}
	dst[sShape] = min(math.Sqrt(max(float64(leastShape), 0)/seriesPattern)/scale, 1e6)
	dst[sLevel] = min(math.Sqrt(max(float64(least), 0)/seriesPattern)/scale, 1e6)
	if math.IsNaN(dst[sShape]) || math.IsNaN(dst[sLevel]) { // sizes beyond float32
		dst[sShape], dst[sLevel] = math.NaN(), math.NaN()
	}
}
