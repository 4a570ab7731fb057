package feature

import (
	"bytes"
	"math"

	"github.com/inkling-sec/inkling"
)

// The contract of pedestrians: a record is a pedestrian's box in one frame of a
// video at 30 frames a second; the row tells of the trailing half second, and of
// the place where the record does. Video, pedestrian and frame say what belongs
// together and are never inputs.

const (
	pedestrianName    = "pedestrian"
	pedestrianVersion = 2
	pedestriansMost   = 1 << 12 // remembered at a time
	pictureWidth      = 1920    // px, where a record does not say
)

// TrackFrames is half a second.
const TrackFrames = 16

// TrackFrame is a pedestrian in one picture: pixels, and shares that are 0 to 1.
type TrackFrame struct {
	Number                   int // of the frame, rising
	Left, Top, Right, Bottom float64
	Occluded, Walks, Looks   float64
}

// TrackColumns name what [TrackRow] gives.
var TrackColumns = []string{
	"x", "bottom", "height", "width", "aspect",
	"dx", "dbottom", "dheight", "dx_late", "dheight_late", "speed", "speed_std", "growth", "sway",
	"occluded", "walks", "walks_now", "looks", "looks_now",
}

// TrackRow tells where a pedestrian is, how he moves, and what he does, by the frames of some time up to now.
func TrackRow(w []TrackFrame) []float64 {
	n := len(w)
	x := func(f TrackFrame) float64 { return (f.Left + f.Right) / 2 }
	height := func(f TrackFrame) float64 { return f.Bottom - f.Top }
	first, middle, last := w[0], w[n/2], w[n-1]
	var speed, square, sway, occluded, walks, looks float64
	for i, f := range w {
		occluded, walks, looks = occluded+f.Occluded/float64(n), walks+f.Walks/float64(n), looks+f.Looks/float64(n)
		if i > 0 {
			step := x(f) - x(w[i-1])
			speed += math.Abs(step) / float64(n-1)
			square += step * step / float64(n-1)
			sway += math.Abs(height(f) - height(w[i-1]))
		}
	}
	return []float64{
		x(last), last.Bottom, height(last), last.Right - last.Left, (last.Right - last.Left) / height(last),
		x(last) - x(first), last.Bottom - first.Bottom, height(last) - height(first), x(last) - x(middle), height(last) - height(middle),
		speed, math.Sqrt(max(0, square-speed*speed)), height(last) / height(first), sway,
		occluded, walks, last.Walks, looks, last.Looks,
	}
}

var pedestrianDocs = [][2]string{
	{"px", "middle of the box"}, {"px", "lower edge of the box, from the top of the picture: the lower the nearer"},
	{"px", "of the box"}, {"px", "of the box"}, {"", "width by height: legs apart, or seen from the side"},
	{"px", "way to the right in half a second"}, {"px", "way down"}, {"px", "growth of the box"},
	{"px", "way to the right in the later quarter second"}, {"px", "growth of the box in the later quarter second"},
	{"px/frame", "mean step sideways, either way"}, {"px/frame", "standard deviation of the size of steps"},
	{"", "height now by height half a second ago"}, {"px", "sum of the changes of height: the gait"},
	{"", "mean occlusion: 0 none, 1 full"}, {"", "share of frames walking"}, {"", "1 when walking now"},
	{"", "share of frames looking towards the car"}, {"", "1 when looking now"},
}

// pedestrianMore are features beside TrackColumns: what distance does not change. A box's height measures metres: how many
// heights someone is from the middle of the picture stays as it is while a car drives straight past who stands.
var pedestrianMore = []Feature{
	{Name: "dx_heights", Unit: "heights", Doc: "way to the right in half a second, by the box's height"},
	{Name: "speed_heights", Unit: "heights/s", Doc: "mean speed sideways, by the box's height"},
	{Name: "started", Doc: "walking in the later half less that in the earlier: 1 for who has just started"},
	{Name: "turned", Doc: "looking in the later half less that in the earlier"},
	{Name: "seen", Unit: "frames", Doc: "of the trailing half second that there are"},
	{Name: "aside", Unit: "heights", Doc: "from the middle of the picture, either way, by the box's height"},
	{Name: "closing", Unit: "heights/s", Doc: "how fast that becomes less: his speed towards the car's way"},
	{Name: "meets", Unit: "1/s", Doc: "closing by aside and a height: one over the time until he is in the car's way"},
	{Name: "nears", Unit: "1/s", Doc: "growth of the logarithm of the box's height: one over the time until the car is where he is"},
}

// pedestrianPlace are features of where he is, each the field of its name; a record may lack them.
var pedestrianPlace = []Feature{
	{Name: "crosswalk", Doc: "1 at a marked crossing"},
	{Name: "lights", Doc: "1 where traffic lights say who goes"},
	{Name: "junction", Doc: "1 where streets meet"},
	{Name: "lanes", Doc: "of the street"},
}

var pedestrianContract = makePedestrian()

func makePedestrian() *Contract {
	c := &Contract{Name: pedestrianName, Version: pedestrianVersion}
	for i, n := range TrackColumns {
		c.Features = append(c.Features, Feature{Name: n, Unit: pedestrianDocs[i][0], Doc: pedestrianDocs[i][1], Missing: true})
	}
	c.Features = append(c.Features, pedestrianMore...)
	for i := range c.Features {
		f := &c.Features[i]
		f.OverTime, f.Missing = i >= 5 && f.Name != "aside", f.Name != "seen" // the first five are of the frame itself
	}
	for _, f := range pedestrianPlace {
		f.Missing = true
		c.Features = append(c.Features, f)
	}
	return c
}

type pedestrian struct {
	schema  *inkling.Schema
	at      []int
	picture int   // -1 where records do not say how wide it is
	place   []int // fields of pedestrianPlace, -1 for those that are lacking
	tracks  *lru[track]
}

// track is a pedestrian's trailing half second, oldest first.
type track struct {
	n      int
	frames [TrackFrames]TrackFrame
}

// sound reports whether the frames rise, as add leaves them: so the next one has room.
func (t *track) sound() bool {
	for i := 1; i < min(t.n, TrackFrames); i++ {
		if t.frames[i].Number <= t.frames[i-1].Number {
			return false
		}
	}
	return t.n >= 0 && t.n <= TrackFrames
}

func newPedestrian() Extractor { return &pedestrian{tracks: newLRU[track](pedestriansMost)} }

func (*pedestrian) Contract() *Contract { return pedestrianContract }

func (x *pedestrian) memory() []any { return []any{x.tracks} }

func (x *pedestrian) Extract(dst []float64, r *inkling.Record) error {
	if r.Schema != x.schema {
		at, err := columns(pedestrianContract, r.Schema, "give a pedestrian's box a record: video, pedestrian, frame and corners", "video", "pedestrian", "frame", "xtl", "ytl", "xbr", "ybr", "occlusion", "action", "look")
		if err != nil {
			return err
		}
		x.schema, x.at, x.picture, x.place = r.Schema, at, r.Schema.Index("picture"), x.place[:0]
		for _, f := range pedestrianPlace {
			x.place = append(x.place, r.Schema.Index(f.Name))
		}
	}
	n, f := number(r, x.at[2]), TrackFrame{
		Left: number(r, x.at[3]), Top: number(r, x.at[4]), Right: number(r, x.at[5]), Bottom: number(r, x.at[6]),
		Occluded: occlusion(r.Written(x.at[7])),
	}
	if !(math.Abs(n) < 1<<40) || !(f.Right > f.Left && f.Bottom > f.Top) {
		return unusable(r, "no box or no number of a frame", "give frame, and xtl < xbr and ytl < ybr in pixels")
	}
	f.Number = int(n)
	if is(r.Written(x.at[8]), "walking") {
		f.Walks = 1
	}
	if is(r.Written(x.at[9]), "looking") {
		f.Looks = 1
	}
	video, _ := keyOf(r, x.at[0])
	who, _ := keyOf(r, x.at[1])
	t := x.tracks.get(video.with(who))
	t.add(f)
	w := t.frames[:t.n]
	middle := pictureWidth / 2.0
	if x.picture >= 0 {
		if v := number(r, x.picture); v > 0 {
			middle = v / 2
		}
	}
	row := append(TrackRow(w), t.more(middle)...)
	for i, v := range row {
		if dst[i] = finite(v); t.n < 2 && pedestrianContract.Features[i].OverTime && pedestrianContract.Features[i].Missing {
			dst[i] = math.NaN()
		}
	}
	for i, at := range x.place {
		dst[len(row)+i] = placeOf(r, at)
	}
	return nil
}

// placeOf gives what a field says of a place: a number, 1 and 0 for yes and no, NaN for anything else.
func placeOf(r *inkling.Record, at int) float64 {
	if at < 0 {
		return math.NaN()
	}
	if r.Schema.Fields[at].Kind == inkling.Text {
		switch string(bytes.ToLower(bytes.TrimSpace(r.Text[at]))) {
		case "yes", "true":
			return 1
		case "no", "false":
			return 0
		}
	}
	return finite(number(r, at))
}

// add forgets what is older than the trailing half second; a frame that does not come after the last one begins anew.
func (t *track) add(f TrackFrame) {
	if t.n > 0 && f.Number <= t.frames[t.n-1].Number {
		t.n = 0
	}
	old := 0
	for old < t.n && t.frames[old].Number <= f.Number-TrackFrames {
		old++
	}
	t.n = copy(t.frames[:], t.frames[old:t.n])
	t.frames[t.n] = f
	t.n++
}

// more gives pedestrianMore; middle is that of the picture, in pixels from its left.
func (t *track) more(middle float64) []float64 {
	w := t.frames[:t.n]
	first, last := w[0], w[t.n-1]
	height := last.Bottom - last.Top
	way, seconds := 0.0, float64(last.Number-first.Number)/30
	var walks, looks [2]float64 // in the halves
	var n [2]float64
	for i, f := range w {
		if i > 0 {
			way += math.Abs(f.Left+f.Right-w[i-1].Left-w[i-1].Right) / 2
		}
		h := 2 * i / t.n
		walks[h], looks[h], n[h] = walks[h]+f.Walks, looks[h]+f.Looks, n[h]+1
	}
	aside := func(f TrackFrame) float64 { return math.Abs((f.Left+f.Right)/2-middle) / (f.Bottom - f.Top) }
	closing := -slope(w, aside)
	return []float64{
		(last.Left + last.Right - first.Left - first.Right) / 2 / height, way / seconds / height,
		walks[1]/n[1] - walks[0]/n[0], looks[1]/n[1] - looks[0]/n[0], float64(t.n),
		aside(last), closing, closing / (1 + aside(last)), slope(w, func(f TrackFrame) float64 { return math.Log(f.Bottom - f.Top) }),
	}
}

// slope is how much what of tells rises in a second: of the line through all frames by least squares, 0 of a single one.
func slope(w []TrackFrame, of func(TrackFrame) float64) float64 {
	var number, mean, both, square float64
	for _, f := range w {
		number, mean = number+float64(f.Number)/float64(len(w)), mean+of(f)/float64(len(w))
	}
	for _, f := range w {
		d := float64(f.Number) - number
		both, square = both+d*(of(f)-mean), square+d*d
	}
	if square == 0 {
		return 0
	}
	return 30 * both / square
}

// is reports whether a value that may be written as 1 is meant.
func is(b []byte, what string) bool { return string(b) == "1" || bytes.EqualFold(b, []byte(what)) }

func occlusion(b []byte) float64 {
	switch string(bytes.ToLower(b)) {
	case "none", "0":
		return 0
	case "part", "1":
		return 0.5
	case "full", "2":
		return 1
	}
	return math.NaN()
}
