package pack

import (
	"fmt"
	"math"

	"github.com/inkling-sec/inkling/dataset"
)

var road = Pack{
	Name: "road", Title: "Road anomalies, by a phone's motion sensors", Area: "driving",
	About:  "A record is a window of ten readings of a phone in a car: rotation, gravity and acceleration. Found are stretches like those that were taught: potholes, bumps, rough surface.",
	Schema: "road", Learner: "vote",
	Example: Example{File: "drive.csv", Attack: "pothole", Make: makeDrive},
	Judged: []Judged{{
		Name: "road-surface-accel", About: "2,591 windows of drives in Doha with five kinds of surface, whose meaning is not documented; the commonest is taken for the usual one. The two files are kept apart, but may hold windows of the same drives",
		Folder: "road-surface-accel", Load: dataset.RoadWindows, Benign: "0", Development: []string{"1", "3"}, Apart: true,
	}},
}

// makeDrive makes windows of a drive: most on asphalt of changing quality, a few over potholes and speed bumps. The phone lies
// otherwise in each of eight trips.
func makeDrive(seed uint64) ([]byte, error) {
	channels := []int{0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11}
	var header []string
	for t := range 10 {
		for _, c := range channels {
			header = append(header, fmt.Sprintf("t%d.%d", t, c))
		}
	}
	m := newMade(seed, append(header, "label")...)
	kinds := map[int]string{}
	for len(kinds) < 100 {
		kinds[m.IntN(1600)] = oneOf(m.Rand, "pothole", "bump")
	}
	var roll, pitch, rough, speed float64
	for i := range 1600 {
		if i%200 == 0 {
			roll, pitch = m.between(-0.8, 0.8), m.between(-0.3, 0.3)
		}
		if i%25 == 0 {
			rough, speed = 0.02*math.Exp(m.normal(0, 0.5)), m.between(3, 20)
		}
		m.drive(kinds[i], roll, pitch, rough, speed)
	}
	return m.bytes()
}

// drive makes a window.
func (m *made) drive(kind string, roll, pitch, rough, speed float64) {
	turn, brake := m.normal(0, 0.06), m.normal(0, 0.04)
	hit, force := m.IntN(7)+1, rough*3+0.02*speed*m.between(0.4, 1)
	down := [3]float64{-math.Sin(roll) * math.Cos(pitch), math.Sin(pitch), -math.Cos(roll) * math.Cos(pitch)}
	var cells []string
	for t := range 10 {
		up, tilt, side := m.normal(0, rough*(1+speed/10)), m.normal(0, rough), m.normal(0, rough)
		switch d := float64(t - hit); kind {
		case "pothole": // down and up within two readings, one wheel: it sways
			if d >= 0 && d < 3 {
				up += force * []float64{-1, 1.3, -0.4}[t-hit]
				side += force * []float64{0.5, -0.6, 0.2}[t-hit]
			}
		case "bump": // both wheels of an axle: a slower swing, which pitches
			swing := math.Exp(-d * d / 8)
			up += force * 0.7 * swing * math.Cos(d)
			tilt += force * swing * math.Sin(d)
		case "":
			if m.Float64() < 0.002*speed/10 { // a joint in the road
				up += rough * m.between(-6, 6)
			}
		}
		acc := [3]float64{m.normal(0, rough) - up*down[0], brake + m.normal(0, rough) - up*down[1], m.normal(0, rough) - up*down[2]}
		spin := [3]float64{tilt - turn*down[0], side - turn*down[1], m.normal(0, rough) - turn*down[2]}
		for _, v := range []float64{roll + tilt/10, pitch + side/10, spin[0], spin[1], spin[2], down[0], down[1], down[2], acc[0], acc[1], acc[2]} {
			cells = append(cells, short(v, 2))
		}
	}
	if kind == "" {
		kind = "benign"
	}
	m.row(append(cells, kind)...)
}
