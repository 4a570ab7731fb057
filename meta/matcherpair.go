package meta

import "math"

// pairSides and knownSides are the numbers of a cell that compare it with the
// taught and with the known rows' cells of its column.
const (
	pairSides  = 12
	knownSides = 6
)

// marks are some rows' cells of one column, as far as others are compared with them.
type marks struct {
	lo, hi             []int32
	normal, scale, log []float32
	meanNormal         float32
	meanLog, devLog    float32
}

// newMarks takes cells [n, stride] with ranks lo and hi.
func newMarks(cells []float32, stride int, lo, hi []int32) marks {
	m := marks{lo: lo, hi: hi}
	for i := 0; i < len(cells); i += stride {
		m.normal = append(m.normal, cells[i+cellNormal])
		m.scale = append(m.scale, cells[i+cellScale])
		m.log = append(m.log, cells[i+cellLog])
	}
	mean, _ := spanOf(m.normal)
	m.meanNormal = float32(mean)
	mean, dev := spanOf(m.log)
	m.meanLog, m.devLog = float32(mean), float32(dev)
	return m
}

func abs32(x float32) float32 { return math.Float32frombits(math.Float32bits(x) &^ (1 << 31)) }

// between gives the number of benign values from one rank to another, both with their own.
func (m *marks) between(k, lo, hi, of int) int {
	return min(max(max(hi, int(m.hi[k]))-min(lo, int(m.lo[k])), 0), of)
}

// extent is the least of some numbers, and their sum.
type extent struct{ least, sum float32 }

func (e *extent) take(v float32) {
	if v < e.least {
		e.least = v
	}
	e.sum += v
}

// pairsTo compares a cell of that rank with all marks: of the benign mass
// between the two and of the differences of normal score, scale and logarithm
// the least and the mean; the share of equal ones; and where the mean lies.
func (m *marks) pairsTo(dst, cell []float32, lo, hi int, r *ranks) {
	dst = dst[:pairSides]
	normal, scale, log := cell[cellNormal], cell[cellScale], cell[cellLog]
	mass, off, far, apart := extent{least: 9}, extent{least: 9}, extent{least: 99}, extent{least: 99}
	equal := 0
	for k, n := range m.normal {
		s, l := abs32(scale-m.scale[k]), abs32(log-m.log[k])
		mass.take(r.log[m.between(k, lo, hi, r.m)])
		off.take(abs32(normal - n))
		far.take(s)
		apart.take(l)
		if s < 1e-6 && l < 1e-6 {
			equal++
		}
	}
	share := 1 / float32(len(m.normal))
	for i, e := range [...]extent{mass, off, far, apart} {
		dst[2*i], dst[2*i+1] = e.least, e.sum*share
	}
	dst[8] = float32(equal) * share
	dst[9] = normal - m.meanNormal
	dst[10] = log - m.meanLog
	dst[11] = min(abs32(log-m.meanLog)/(m.devLog+.1), 5) / 3
}

// knownTo compares a cell with the marks of known attacks: benign mass and
// difference of logarithm, least and mean, and where the mean lies.
func (m *marks) knownTo(dst, cell []float32, lo, hi int, r *ranks) {
	dst = dst[:knownSides]
	log := cell[cellLog]
	mass, off := float32(math.MaxFloat32), float32(math.MaxFloat32)
	var sumMass, sumOff float32
	for k, v := range m.log {
		a, b := r.log[m.between(k, lo, hi, r.m)], abs32(log-v)
		mass, off = min(mass, a), min(off, b)
		sumMass += a
		sumOff += b
	}
	share := 1 / float32(len(m.log))
	dst[0], dst[1], dst[2], dst[3] = mass, sumMass*share, off, sumOff*share
	dst[4], dst[5] = cell[cellNormal]-m.meanNormal, log-m.meanLog
}
