package feature

import (
	"encoding/binary"
	"math"
	"math/bits"
	"unsafe"
)

// Half-lives of the damped statistics, shortest first. Each is a whole multiple
// of the one before, which decayed relies on.
const (
	tenSeconds = iota
	twoMinutes
	twentyMinutes
	halfLives
)

// decay is what an old sum is worth after some time, by half-life.
type decay [halfLives]float64

func decayed(seconds float64) decay {
	long := math.Exp2(-seconds / 1200)
	two := long * long
	four := two * two
	middle := four * four * two // tenth power: 120 s
	m2 := middle * middle
	m4 := m2 * m2
	return decay{m4 * m4 * m4, middle, long} // twelfth power: 10 s
}

// activity is damped sums over the flows of one key.
type activity struct {
	at     float64 // time of the newest flow
	flows  decay
	failed decay
	orig   decay // payload bytes
	resp   decay
}

// add counts a flow that ended at now and gives the decay since the one before.
func (a *activity) add(now float64, failed bool, orig, resp float64) decay {
	d := decayed(max(now-a.at, 0))
	a.at = now
	fail := 0.0
	if failed {
		fail = 1
	}
	for h := range halfLives {
		a.flows[h] = a.flows[h]*d[h] + 1
		a.failed[h] = a.failed[h]*d[h] + fail
		a.orig[h] = a.orig[h]*d[h] + orig
		a.resp[h] = a.resp[h]*d[h] + resp
	}
	return d
}

func (a *activity) failedShare(h int) float64 { return 100 * (a.failed[h] / a.flows[h]) }

// slots of a spread. Its estimate is good to about 7 % at 50 things and 15 % at
// 300; it ends at 710.
const slots = 128

// spread estimates how many different things were seen of late: linear counting
// (Whang et al. 1990) over slots that fade with time. A slot's weight is
// 2^(-age/half-life); the sum of weights decays as a whole, so an update looks
// at one slot only.
type spread struct {
	filled decay
	last   [slots]uint32 // tick of the newest thing in the slot; 0 means none
}

// fade ages the sum by the decay since the key's flow before.
func (s *spread) fade(d decay) {
	for h := range halfLives {
		s.filled[h] *= d[h]
	}
}

// touch sees a thing at a tick that is never 0.
func (s *spread) touch(thing key, tick uint32) {
	slot := &s.last[thing[1]%slots]
	var left decay
	if *slot != 0 {
		left = decayed(float64(tick-*slot) / ticksPerSecond) // of a tick to come, as of a damaged time, nothing is left: it wraps
	}
	for h := range halfLives {
		s.filled[h] = min(s.filled[h]+1-left[h], slots)
	}
	*slot = tick
}

// fetch has the memory fetched that touching the thing looks at.
func (s *spread) fetch(thing key) {
	prefetch(unsafe.Pointer(&s.filled))
	prefetch(unsafe.Pointer(&s.last[thing[1]%slots]))
}

func (s *spread) estimate(h int) float64 {
	empty := max(1-s.filled[h]/slots, 0.5/slots)
	return -slots * math.Log(empty)
}

const ticksPerSecond = 4 // 2³² ticks are 34 years

// clock is the time of the newest record. It does not run back for a record that is late. But where one record after the
// other is far behind, it was wrong, by a record with a damaged time, and takes theirs.
type clock struct {
	now    float64
	start  float64 // of ticks; 0 before the first record
	behind int     // records in a row that are far behind
}

const (
	wrongAfter = 10        // records in a row, far behind, show that the clock is wrong
	farBehind  = 24 * 3600 // seconds; no sensor holds a record back as long
)

// advance gives the time, and its tick, once a record of time t is seen.
func (c *clock) advance(t float64) (now float64, tick uint32) {
	switch {
	case c.now-t <= farBehind:
		c.behind = 0
	case c.behind < wrongAfter-1:
		c.behind++
	default:
		c.now, c.start, c.behind = t, min(c.start, t), 0
	}
	c.now = max(c.now, t)
	if c.start == 0 {
		c.start = c.now
	}
	return c.now, uint32(min((c.now-c.start)*ticksPerSecond+1, math.MaxUint32))
}

// later gives the later of the time that a key was last seen and now, and now where the former is damaged.
func later(last, now float64) float64 {
	if last-now > farBehind {
		return now
	}
	return max(last, now)
}

// trend is the damped mean and spread of a series; a value's weight halves with
// every eight values after it.
type trend struct {
	weight, mean, squares float64
}

var fadePerValue = math.Exp2(-1.0 / 8)

func (t *trend) add(x float64) {
	t.weight = t.weight*fadePerValue + 1
	d := x - t.mean
	t.mean += d / t.weight
	t.squares = t.squares*fadePerValue + d*(x-t.mean)
}

// variation is the standard deviation in percent of the mean, NaN for fewer
// than two values.
func (t *trend) variation() float64 {
	if t.weight <= 1 {
		return math.NaN()
	}
	if t.mean <= 0 {
		return 0
	}
	return 100 * math.Sqrt(max(t.squares, 0)/t.weight) / t.mean
}

// hash128 mixes b to a key with the same result in every run.
func hash128(b []byte) key {
	x, y := uint64(len(b))+0x9e3779b97f4a7c15, uint64(0xd1b54a32d192ed03)
	for len(b) >= 8 {
		w := binary.LittleEndian.Uint64(b)
		x, y = mix(x^w, 0xa0761d6478bd642f), mix(y+w, 0xe7037ed1a0b428db)
		b = b[8:]
	}
	var w uint64
	for i, c := range b {
		w |= uint64(c) << (8 * i)
	}
	return key{spreadBits(mix(x^w, 0x8ebc6af09c88c6e3)), spreadBits(mix(y+w, 0x589965cc75374cc3))}
}

// with mixes two keys; the order counts.
func (k key) with(other key) key {
	return key{mix(k[0]^bits.RotateLeft64(other[0], 29), 0x1d8e4e27c47d124f), mix(k[1]+bits.RotateLeft64(other[1], 31), 0xeb44accab455d165)}
}

func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^0x2d358dccaa6c78a5, b)
	return hi ^ lo
}

// spreadBits makes every bit depend on every other, as counting by slots needs
// (the finish of MurmurHash3, by A. Appleby, in the public domain).
func spreadBits(x uint64) uint64 {
	x = (x ^ x>>33) * 0xff51afd7ed558ccd
	x = (x ^ x>>33) * 0xc4ceb9fe1a85ec53
	return x ^ x>>33
}
