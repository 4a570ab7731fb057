package dataset

import (
	"context"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

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

// Classes of JAADFrames: someone about to cross. Half of the videos are for development.
const (
	Crosses       = "crosses"
	CrossesTuning = "crosses, development videos"
)

// frame is a pedestrian in one picture.
type frame struct {
	feature.TrackFrame
	crosses bool
}

// street is where a video was made: 1 is yes.
type street struct{ crosswalk, lights, junction, lanes float64 }

// JAAD makes a group of each video, and a row of each window.
func JAAD(ctx context.Context, folder string) ([]Part, error) {
	videos, err := jaadAs(folder, feature.TrackColumns, func(s *Sheet, _ string, _ int, track []frame) {
		windows(track, Crosses, func(end int, class string) {
			var w []feature.TrackFrame
			for _, f := range track[end-windowFrames : end] {
				w = append(w, f.TrackFrame)
			}
			s.Add(class, feature.TrackRow(w)...)
		})
	})
	if err != nil {
		return nil, err
	}
	d, err := LoadSheets(ctx, jaad, "table", videos...)
	return []Part{{"", d}}, err
}

// JAADFrames makes a group of each video, and a record of schema "pedestrian" of each frame; only the last frame of a
// window is judged. Every other video is of part "development"; the others of "test".
func JAADFrames(ctx context.Context, folder string) ([]Part, error) {
	streets, err := jaadStreets(folder)
	if err != nil {
		return nil, err
	}
	names := []string{"video", "pedestrian", "frame", "xtl", "ytl", "xbr", "ybr", "occlusion", "action", "look", "crosswalk", "lights", "junction", "lanes"}
	var parts []Part
	for at, name := range []string{"development", "test"} {
		videos, err := jaadAs(folder, names, func(s *Sheet, video string, pedestrian int, track []frame) {
			class := make([]string, len(track))
			for i := range class {
				class[i] = eval.Unjudged
			}
			windows(track, [2]string{CrossesTuning, Crosses}[at], func(end int, c string) { class[end-1] = c })
			where := streets[video]
			for i, f := range track {
				s.Add(class[i], 0, float64(pedestrian), float64(f.Number), f.Left, f.Top, f.Right, f.Bottom, 2*f.Occluded, f.Walks, f.Looks,
					where.crosswalk, where.lights, where.junction, where.lanes)
			}
		})
		if err != nil {
			return nil, err
		}
		var half []*Sheet
		for i := at; i < len(videos); i += 2 {
			half = append(half, videos[i])
		}
		d, err := LoadSheets(ctx, jaad, "pedestrian", half...)
		if err != nil {
			return nil, err
		}
		parts = append(parts, Part{name, d})
	}
	return parts, nil
}

const jaad = "jaad"

// jaadStreets gives each video's street. They are noted by pedestrian, by who saw what he did: whether there is a crossing is
// taken from all of a video's pedestrians, as a map would tell it of the place, not of the person.
func jaadStreets(folder string) (map[string]street, error) {
	streets := map[string]street{}
	err := Gunzip(filepath.Join(folder, "jaad_attributes.csv.gz"), func(r io.Reader) error {
		return Table(r, func(get func(string) string) error {
			video := strings.Clone(get("video"))
			s := streets[video]
			streets[video] = street{
				max(s.crosswalk, bit(get("designated") == "D")), max(s.lights, bit(get("signalized") == "S")),
				max(s.junction, bit(get("intersection") == "yes")), max(s.lanes, number(get("num_lanes"))),
			}
			return nil
		})
	})
	return streets, err
}

// jaadAs makes a sheet of each video, by what add makes of each pedestrian's track.
func jaadAs(folder string, names []string, add func(s *Sheet, video string, pedestrian int, track []frame)) ([]*Sheet, error) {
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
	for _, video := range slices.Sorted(maps.Keys(tracks)) {
		s := &Sheet{Columns: names}
		for i, track := range inOrder(tracks[video]) {
			add(s, video, i, track)
		}
		if len(s.Rows) > 0 {
			videos = append(videos, s)
		}
	}
	return videos, nil
}

func bit(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// windows tells of the windows of one pedestrian's track, half overlapping: whether he stays or is about to cross, as the class of that name.
func windows(track []frame, crosses string, tell func(end int, class string)) {
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
			tell(end, crosses)
		}
	}
}
