package feature

import (
	"fmt"
	"math"
	"testing"
)

func roadNames() (names []string) {
	for t := range roadSteps {
		for _, c := range roadChannels {
			names = append(names, fmt.Sprintf("t%d.%d", t, c))
		}
	}
	return names
}

// A jolt along gravity is vertical however the phone lies.
func TestRoad(t *testing.T) {
	s := schemaOf(roadNames()...)
	for name, down := range map[string]int{"on its back": 2, "upright": 1} {
		values := map[string]string{}
		for _, n := range roadNames() {
			values[n] = "0"
		}
		for step := range roadSteps {
			values[fmt.Sprintf("t%d.%d", step, roadGravity+down)] = "-1"
			values[fmt.Sprintf("t%d.%d", step, roadAccel)] = "0.3"                   // across
			values[fmt.Sprintf("t%d.%d", step, roadTurn+down)] = "-0.2"              // about the vertical
			values[fmt.Sprintf("t%d.%d", step, roadRoll)] = fmt.Sprint(step / 9 * 2) // 0 but for the last
		}
		values[fmt.Sprintf("t4.%d", roadAccel+down)] = "-0.5" // down: the way gravity points
		x := newRoad()
		dst := make([]float64, len(roadContract.Features))
		if err := x.Extract(dst, record(s, values)); err != nil {
			t.Fatal(err)
		}
		for feature, want := range map[string]float64{
			"vertical.mean": 0.05, "vertical.range": 0.5, "vertical.jerk": 0.5, "vertical.crossings": 2, "vertical.rough": math.Sqrt(2 * 0.25 / 9),
			"horizontal.mean": 0.3, "horizontal.dev": 0, "yaw.mean": 0.2, "sway.mean": 0, "acc.x.mean": 0.3,
			"updown": 100 * 0.025 / (0.025 + 0.09), "roll.range": 2, "pitch.range": 0, "corr.vertical_horizontal": 0,
		} {
			if got := dst[roadContract.Index(feature)]; math.Abs(got-want) > 1e-6 {
				t.Errorf("%s: %s = %v, want %v", name, feature, got, want)
			}
		}
	}
}
