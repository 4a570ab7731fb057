package feature

import (
	"fmt"
	"math"
	"testing"
)

func TestPedestrian(t *testing.T) {
	s := schemaOf("video", "pedestrian", "frame", "xtl", "ytl", "xbr", "ybr", "occlusion", "action", "look")
	x := newPedestrian()
	dst := make([]float64, len(pedestrianContract.Features))
	frame := func(who string, n int, left float64, action string) {
		t.Helper()
		err := x.Extract(dst, record(s, map[string]string{"video": "v", "pedestrian": who, "frame": fmt.Sprint(n), "xtl": fmt.Sprint(left), "ytl": "100", "xbr": fmt.Sprint(left + 40), "ybr": "200", "occlusion": "part", "action": action, "look": "looking"}))
		if err != nil {
			t.Fatal(err)
		}
	}
	want := func(values map[string]float64) {
		t.Helper()
		for name, v := range values {
			if got := dst[pedestrianContract.Index(name)]; math.Abs(got-v) > 1e-9 || math.IsNaN(got) != math.IsNaN(v) {
				t.Errorf("%s = %v, want %v", name, got, v)
			}
		}
	}
	frame("a", 1, 300, "standing")
	want(map[string]float64{"x": 320, "height": 100, "aspect": 0.4, "occluded": math.NaN(), "dx": math.NaN(), "seen": 1})
	for n := 2; n <= 20; n++ { // stands until 12, then 2 px a frame
		frame("b", n, 900, "walking") // another one does not disturb
		frame("a", n, 300+2*max(0, float64(n-12)), map[bool]string{true: "walking", false: "standing"}[n > 12])
	}
	want(map[string]float64{"seen": 16, "x": 336, "dx": 16, "dx_late": 14, "dheight": 0, "speed": 16.0 / 15, "walks": 0.5, "walks_now": 1, "looks": 1, "occluded": 0.5,
		"started": 1, "turned": 0, "dx_heights": 0.16, "speed_heights": 16 / 0.5 / 100, "growth": 1})
	frame("a", 60, 330, "standing") // 5 to 20 are long past
	want(map[string]float64{"seen": 1, "dx": math.NaN()})
}
