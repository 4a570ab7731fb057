package dataset

import (
	"context"
	"io"
	"math"
	"path/filepath"
)

// A window is half a second at 30 frames a second. A pedestrian is about to
// cross in one that ends one to two seconds before the first frame of crossing;
// one who never crosses stays.
const (
	windowFrames = 16
	soonest      = 30
	latest       = 60
)

// frame is a pedestrian in one picture.
type frame struct {
	number                   int
	left, top, right, bottom float64
	occluded, walks, looks   float64
	crosses                  bool
}

// JAAD makes a group of each video.
func JAAD(ctx context.Context, folder string) ([]Part, error) {
	tracks := map[string]map[string][]frame{} // by video and pedestrian
	err := Gunzip(filepath.Join(folder, "jaad_tracks.csv.gz"), func(r io.Reader) error {
		return Table(r, func(get func(string) string) error {
			if get("track_label") != "pedestrian" {
				return nil // others have no behaviour
			}
			video := get("video")
			if tracks[video] == nil {
				tracks[video] = map[string][]frame{}
			}
			tracks[video][get("ped_id")] = append(tracks[video][get("ped_id")], frame{
				number: int(number(get("frame"))), left: number(get("xtl")), top: number(get("ytl")), right: number(get("xbr")), bottom: number(get("ybr")),
				occluded: map[string]float64{"none": 0, "part": 0.5, "full": 1}[get("occlusion")],
				walks:    bit(get("action") == "walking"), looks: bit(get("look") == "looking"), crosses: get("cross") == "crossing",
			})
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	var videos []*Sheet
	for _, pedestrians := range inOrder(tracks) {
		s := &Sheet{Columns: windowColumns}
		for _, track := range inOrder(pedestrians) {
			s.windows(track)
		}
		if len(s.Rows) > 0 {
			videos = append(videos, s)
		}
	}
	d, err := LoadSheets(ctx, "jaad", "table", videos...)
	return []Part{{"", d}}, err
}

func bit(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// windows adds the windows of one pedestrian's track, half overlapping.
func (s *Sheet) windows(track []frame) {
	start := -1
	for i, f := range track {
		if f.crosses {
			start = i
			break
		}
	}
	for end := windowFrames; end <= len(track); end += windowFrames / 2 {
		w := track[end-windowFrames : end]
		if w[len(w)-1].number-w[0].number != windowFrames-1 {
			continue // frames are missing
		}
		switch wait := track[max(start, 0)].number - w[len(w)-1].number; {
		case start < 0:
			s.Add("stays", windowRow(w)...)
		case wait >= soonest && wait <= latest:
			s.Add("crosses", windowRow(w)...)
		}
	}
}

var windowColumns = []string{
	"x", "bottom", "height", "width", "aspect",
	"dx", "dbottom", "dheight", "dx_late", "dheight_late", "speed", "speed_std", "growth", "sway",
	"occluded", "walks", "walks_now", "looks", "looks_now",
}

// windowRow tells where the pedestrian is, how he moves, and what he does.
func windowRow(w []frame) []float64 {
	n := len(w)
	x := func(f frame) float64 { return (f.left + f.right) / 2 }
	height := func(f frame) float64 { return f.bottom - f.top }
	first, middle, last := w[0], w[n/2], w[n-1]
	var speed, square, sway, occluded, walks, looks float64
	for i, f := range w {
		occluded, walks, looks = occluded+f.occluded/float64(n), walks+f.walks/float64(n), looks+f.looks/float64(n)
		if i > 0 {
			step := x(f) - x(w[i-1])
			speed += math.Abs(step) / float64(n-1)
			square += step * step / float64(n-1)
			sway += math.Abs(height(f) - height(w[i-1]))
		}
	}
	return []float64{
		x(last), last.bottom, height(last), last.right - last.left, (last.right - last.left) / height(last),
		x(last) - x(first), last.bottom - first.bottom, height(last) - height(first), x(last) - x(middle), height(last) - height(middle),
		speed, math.Sqrt(max(0, square-speed*speed)), height(last) / height(first), sway,
		occluded, walks, last.walks, looks, last.looks,
	}
}
