package feature

import (
	"fmt"
	"math"

	"github.com/inkling-sec/inkling"
)

// The contract of road windows: ten readings of a phone's motion sensors in a
// car, one window a record. Where the car heads and the magnetic field are never an
// input; how the phone lies is no feature either, it only says which way is down.

const (
	roadName    = "road"
	roadVersion = 1
	roadSteps   = 10
)

// Channels of a reading that are used, as column tT.C of the window: pitch and
// roll in radians, rotation in radians a second, gravity and acceleration in g.
const (
	roadRoll    = 0
	roadPitch   = 1
	roadTurn    = 3 // to 5
	roadGravity = 6 // to 8
	roadAccel   = 9 // to 11
)

var roadChannels = []int{roadRoll, roadPitch, roadTurn, roadTurn + 1, roadTurn + 2, roadGravity, roadGravity + 1, roadGravity + 2, roadAccel, roadAccel + 1, roadAccel + 2}

// roadSignals are the series that statistics are made of.
var roadSignals = []struct{ name, unit, doc string }{
	{"vertical", "g", "acceleration along gravity"},
	{"horizontal", "g", "acceleration across gravity, its size"},
	{"yaw", "rad/s", "rotation about the vertical"},
	{"sway", "rad/s", "rotation about horizontal axes, its size"},
	{"acc.x", "g", "acceleration along the phone's x"},
	{"acc.y", "g", "acceleration along the phone's y"},
	{"acc.z", "g", "acceleration along the phone's z"},
}

var roadStatistics = []struct{ name, doc string }{
	{"mean", "mean"},
	{"dev", "standard deviation"},
	{"range", "highest less lowest"},
	{"rough", "root mean square of the differences of neighbours"},
	{"jerk", "largest difference of neighbours"},
	{"crossings", "crossings of the mean"},
}

var roadPairs = []struct {
	a, b int // of roadSignals
	name string
}{{0, 1, "vertical_horizontal"}, {0, 3, "vertical_sway"}, {4, 5, "xy"}, {4, 6, "xz"}, {5, 6, "yz"}}

var roadContract = makeRoad()

func makeRoad() *Contract {
	c := &Contract{Name: roadName, Version: roadVersion}
	add := func(name, unit, doc string) {
		c.Features = append(c.Features, Feature{Name: name, Unit: unit, Doc: doc, Missing: true})
	}
	for _, s := range roadSignals {
		for _, t := range roadStatistics {
			unit := s.unit
			if t.name == "crossings" {
				unit = "times"
			}
			add(s.name+"."+t.name, unit, s.doc+": "+t.doc)
		}
	}
	for _, p := range roadPairs {
		add("corr."+p.name, "", "correlation of "+roadSignals[p.a].name+" and "+roadSignals[p.b].name)
	}
	add("updown", "%", "share of the vertical in the energy of acceleration")
	add("roll.range", "rad", "highest less lowest roll")
	add("pitch.range", "rad", "highest less lowest pitch")
	return c
}

// road extracts rows of road windows; it remembers nothing.
type road struct {
	schema *inkling.Schema
	at     []int // of roadChannels, step by step
}

func newRoad() Extractor { return &road{} }

func (*road) Contract() *Contract { return roadContract }

func (x *road) Extract(dst []float64, r *inkling.Record) error {
	if r.Schema != x.schema {
		var names []string
		for t := range roadSteps {
			for _, c := range roadChannels {
				names = append(names, fmt.Sprintf("t%d.%d", t, c))
			}
		}
		at, err := columns(roadContract, r.Schema, "give ten readings a record, channel c of reading t as column tT.C", names...)
		if err != nil {
			return err
		}
		x.schema, x.at = r.Schema, at
	}
	var ch [roadAccel + 3][]float64
	var store [roadAccel + 3][roadSteps]float64
	for i, c := range roadChannels {
		ch[c] = store[c][:]
		for t := range roadSteps {
			ch[c][t] = number(r, x.at[t*len(roadChannels)+i])
		}
	}
	vertical, horizontal := split(ch[roadAccel:], ch[roadGravity:])
	yaw, sway := split(ch[roadTurn:], ch[roadGravity:])
	signals := [][]float64{vertical, horizontal, yaw, sway, ch[roadAccel], ch[roadAccel+1], ch[roadAccel+2]}
	at := 0
	put := func(v float64) { dst[at], at = finite(v), at+1 }
	for _, s := range signals {
		w := windowOf(s)
		for _, v := range []float64{w.mean, w.dev, w.high - w.low, w.rough, w.jerk, w.crossings} {
			put(v)
		}
	}
	for _, p := range roadPairs {
		put(correlation(signals[p.a], signals[p.b]))
	}
	v, h := windowOf(vertical), windowOf(horizontal)
	up, across := v.mean*v.mean+v.dev*v.dev, h.mean*h.mean+h.dev*h.dev
	put(100 * up / max(up+across, 1e-12))
	for _, c := range []int{roadRoll, roadPitch} {
		w := windowOf(ch[c])
		put(w.high - w.low)
	}
	return nil
}

// split gives the part of vectors along the mean of down, and the size of the part across.
func split(vector, down [][]float64) (along, across []float64) {
	var g [3]float64
	size := 0.0
	for i := range g {
		g[i] = windowOf(down[i]).mean
		size += g[i] * g[i]
	}
	size = math.Sqrt(size) // 0 makes the parts NaN: nobody knows where down is
	for t := range vector[0] {
		all, a := 0.0, 0.0
		for i := range g {
			all += vector[i][t] * vector[i][t]
			a += vector[i][t] * g[i] / size
		}
		along, across = append(along, a), append(across, math.Sqrt(max(0, all-a*a)))
	}
	return along, across
}
