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
	want(map[string]float64{"seen": 1, "dx": math.NaN(), "closing": math.NaN(), "aside": 6.1, "crosswalk": math.NaN(), "lanes": math.NaN()})
}

// A car passes someone who stands, at 10 m/s; then someone who walks to the middle of the street at 1.5 m/s. The camera has 1000 px a radian.
func TestPedestrianBesideTheWay(t *testing.T) {
	s := schemaOf("video", "pedestrian", "frame", "xtl", "ytl", "xbr", "ybr", "occlusion", "action", "look", "picture", "crosswalk", "lights", "junction", "lanes")
	row := func(pictures string, speed float64) []float64 {
		x, dst := newPedestrian(), make([]float64, len(pedestrianContract.Features))
		width := 1920.0
		if pictures != "" {
			width = 1280
		}
		for n := range TrackFrames {
			seconds := float64(n) / 30
			far, aside, tall := 20-10*seconds, 4-speed*seconds, 1.7
			left, height := width/2-1000*aside/far-20, 1000*tall/far
			r := record(s, map[string]string{"video": "v", "pedestrian": "p", "frame": fmt.Sprint(n), "xtl": fmt.Sprint(left), "ytl": "100", "xbr": fmt.Sprint(left + 40), "ybr": fmt.Sprint(100 + height),
				"occlusion": "none", "action": "walking", "look": "looking", "picture": pictures, "crosswalk": "yes", "lights": "No", "junction": "1", "lanes": "3"})
			if err := x.Extract(dst, r); err != nil {
				t.Fatal(err)
			}
		}
		return dst
	}
	for _, c := range []struct {
		pictures       string
		speed          float64
		aside, closing float64
	}{{"", 0, 4 / 1.7, 0}, {"1280", 1.5, 3.25 / 1.7, 1.5 / 1.7}} {
		dst := row(c.pictures, c.speed)
		got := func(name string) float64 { return dst[pedestrianContract.Index(name)] }
		if math.Abs(got("aside")-c.aside) > 1e-9 || math.Abs(got("closing")-c.closing) > 1e-9 || math.Abs(got("meets")-c.closing/(1+c.aside)) > 1e-9 {
			t.Errorf("at %v m/s: aside %v, closing %v, meets %v", c.speed, got("aside"), got("closing"), got("meets"))
		}
		if nears := got("nears"); math.Abs(nears-10/17.5) > 0.01 {
			t.Errorf("nears %v: the car is there in %v s, not in 1.75", nears, 1/nears)
		}
		if got("crosswalk") != 1 || got("lights") != 0 || got("junction") != 1 || got("lanes") != 3 {
			t.Error("the place is told wrong", dst)
		}
	}
}
