package dataset

import (
	"context"
	"io"
	"path/filepath"

	"github.com/inkling-sec/inkling/eval"
	"github.com/inkling-sec/inkling/feature"
)

// A window is half a second at 30 frames a second. A pedestrian is about to
// cross in one that ends one to two seconds before the first frame of crossing;
// one who never crosses stays.
const (
	windowFrames = feature.TrackFrames
	soonest      = 30
	latest       = 60
)

// frame is a pedestrian in one picture.
type frame struct {
	feature.TrackFrame
	crosses bool
}

// JAAD makes a group of each video, and a row of each window.
func JAAD(ctx context.Context, folder string) ([]Part, error) {
	return jaadAs(ctx, folder, "table", feature.TrackColumns, func(s *Sheet, _ int, track []frame) {
		windows(track, func(end int, class string) {
			var w []feature.TrackFrame
			for _, f := range track[end-windowFrames : end] {
				w = append(w, f.TrackFrame)
			}
			s.Add(class, feature.TrackRow(w)...)
		})
	})
}

// JAADFrames makes a group of each video, and a record of schema "pedestrian" of each frame; only the last frame of a
// window is judged.
func JAADFrames(ctx context.Context, folder string) ([]Part, error) {
	names := []string{"video", "pedestrian", "frame", "xtl", "ytl", "xbr", "ybr", "occlusion", "action", "look"}
	return jaadAs(ctx, folder, "pedestrian", names, func(s *Sheet, pedestrian int, track []frame) {
		class := make([]string, len(track))
		for i := range class {
			class[i] = eval.Unjudged
		}
		windows(track, func(end int, c string) { class[end-1] = c })
		for i, f := range track {
			s.Add(class[i], 0, float64(pedestrian), float64(f.Number), f.Left, f.Top, f.Right, f.Bottom, 2*f.Occluded, f.Walks, f.Looks)
		}
	})
}

// jaadAs makes a sheet of each video, by what add makes of each pedestrian's track.
func jaadAs(ctx context.Context, folder, schema string, names []string, add func(s *Sheet, pedestrian int, track []frame)) ([]Part, error) {
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
			tracks[video][get("ped_id")] = append(tracks[video][get("ped_id")], frame{feature.TrackFrame{
				Number: int(number(get("frame"))), Left: number(get("xtl")), Top: number(get("ytl")), Right: number(get("xbr")), Bottom: number(get("ybr")),
				Occluded: map[string]float64{"none": 0, "part": 0.5, "full": 1}[get("occlusion")],
				Walks:    bit(get("action") == "walking"), Looks: bit(get("look") == "looking"),
			}, get("cross") == "crossing"})
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	var videos []*Sheet
	for _, pedestrians := range inOrder(tracks) {
		s := &Sheet{Columns: names}
		for i, track := range inOrder(pedestrians) {
			add(s, i, track)
		}
		if len(s.Rows) > 0 {
			videos = append(videos, s)
		}
	}
	d, err := LoadSheets(ctx, "jaad", schema, videos...)
	return []Part{{"", d}}, err
}

func bit(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// windows tells of the windows of one pedestrian's track, half overlapping.
func windows(track []frame, tell func(end int, class string)) {
	start := -1
	for i, f := range track {
		if f.crosses {
			start = i
			break
		}
	}
	for end := windowFrames; end <= len(track); end += windowFrames / 2 {
		w := track[end-windowFrames : end]
		if w[len(w)-1].Number-w[0].Number != windowFrames-1 {
			continue // frames are missing
		}
		switch wait := track[max(start, 0)].Number - w[len(w)-1].Number; {
		case start < 0:
			tell(end, "stays")
		case wait >= soonest && wait <= latest:
			tell(end, "crosses")
		}
	}
}
