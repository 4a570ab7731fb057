package images

import (
	"bytes"
	"context"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/inkling-sec/inkling/meta"
)

// dataDir is the folder of real data; a test that needs it skips where it is not.
func dataDir() string {
	if dir := os.Getenv("INKLING_DATA"); dir != "" {
		return dir
	}
	return filepath.Join("..", "..", "shared", "data")
}

// numbered makes a set in which the byte at p of image i of class c is told by the three.
func numbered(classes, images, side, channels int) *Set {
	s := &Set{Height: side, Width: side, Channels: channels}
	for c := range classes {
		k := Class{Name: string(rune('a'+c/26)) + string(rune('a'+c%26))}
		for i := range images {
			for p := range s.Columns() {
				k.Pixels = append(k.Pixels, uint8(c*31+i*7+p))
			}
		}
		s.Classes = append(s.Classes, k)
	}
	return s
}

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", parts)
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("error %q does not say %q", err, p)
		}
	}
}

func write(t *testing.T, name string, b []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

func encode(t testing.TB, m image.Image, form string) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	if form == "jpg" {
		err = jpeg.Encode(&b, m, &jpeg.Options{Quality: 95})
	} else {
		err = png.Encode(&b, m)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// hugePNG is a valid header of an image of 100,000 x 100,000 pixels and nothing else.
func hugePNG() []byte {
	b := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d")
	h := append([]byte("IHDR"), 0, 1, 0x86, 0xa0, 0, 1, 0x86, 0xa0, 8, 0, 0, 0, 0)
	return binary.BigEndian.AppendUint32(append(b, h...), crc32.ChecksumIEEE(h))
}

func TestTurns(t *testing.T) {
	s := &Set{Height: 2, Width: 2, Channels: 1, Classes: []Class{{"x", []uint8{0, 51, 102, 255}}}}
	// counterclockwise: what was on the right comes up
	want := [][]float32{{0, .2, .4, 1}, {.2, 1, 0, .4}, {1, .4, .2, 0}, {.4, 0, 1, .2}}
	for turn, w := range want {
		got := make([]float32, 4)
		s.RowTo(got, 0, 0, turn)
		if !slices.Equal(got, w) {
			t.Errorf("turn %d: %v, want %v", turn, got, w)
		}
	}
	// channels stay together, and four quarters are none
	c := numbered(1, 2, 5, 3)
	upright, turned := make([]float32, 75), make([]float32, 75)
	c.RowTo(upright, 0, 1, 0)
	for turn := range 4 {
		c.RowTo(turned, 0, 1, turn)
		for range (4 - turn) % 4 {
			before := slices.Clone(turned)
			for y := range 5 {
				for x := range 5 {
					copy(turned[(y*5+x)*3:][:3], before[(x*5+4-y)*3:][:3])
				}
			}
		}
		if !slices.Equal(turned, upright) {
			t.Errorf("turn %d and back is another image", turn)
		}
	}
}

func TestSourceDrawsWithoutReplacement(t *testing.T) {
	for _, turns := range []Turns{Upright, FourClasses, OneOfFour} {
		s := numbered(6, 5, 4, 1)
		s.Turns = turns
		src, err := s.Source(Episodes{Ways: 4, Shots: 2, Queries: 3, Seed: 7})
		if err != nil {
			t.Fatal(err)
		}
		counts := make([]int, s.Count())
		both := 0 // tasks with two turns of one character
		for n := range uint64(600) {
			task := src(n)
			if task.Ways != 4 || task.Support.Len() != 8 || task.Query.Len() != 12 || !reflect.DeepEqual(task.Support.X.Shape, []int{8, 16}) {
				t.Fatalf("task of %d ways, %d to learn from, %d to judge", task.Ways, task.Support.Len(), task.Query.Len())
			}
			characters := map[int]bool{}
			for way, c := range task.Classes {
				counts[c]++
				class, turn := c, 0
				if turns != Upright {
					class, turn = c/4, c%4
				}
				characters[class] = true
				if seen := images(t, s, task, way, class, turn); len(seen) != 5 {
					t.Fatalf("task %d draws images %v of 5", n, seen)
				}
			}
			if len(characters) < 4 {
				both++
			}
		}
		for c, n := range counts {
			if mean := 600 * 4 / s.Count(); n < mean/2 || n > mean*3/2 {
				t.Errorf("turns %d: class %s is in %d tasks, mean %d", turns, s.Name(c), n, mean)
			}
		}
		if (both > 0) != (turns == FourClasses) {
			t.Errorf("turns %d: %d tasks hold a character twice", turns, both)
		}
	}
}

// images gives the distinct images of a way, each found again among those of the class.
func images(t *testing.T, s *Set, task *meta.Task, way, class, turn int) map[int]bool {
	t.Helper()
	seen := map[int]bool{}
	row := make([]float32, s.Columns())
	for _, part := range []meta.Set{task.Support, task.Query} {
		for r, y := range part.Y {
			if y != way {
				continue
			}
			for i := range s.Len(class) {
				if s.RowTo(row, class, i, turn); slices.Equal(row, part.X.Row(r)) {
					seen[i] = true
				}
			}
		}
	}
	return seen
}

func TestSourceIsAFunctionOfN(t *testing.T) {
	s := numbered(6, 5, 4, 3)
	s.Turns, s.Scale = FourClasses, &Scale{Mean: []float32{.5, .4, .3}, Deviation: []float32{.2, .3, 0}}
	source := func(seed uint64) meta.Source {
		src, err := s.Source(Episodes{Ways: 5, Shots: 1, Queries: 2, Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		return src
	}
	a, b := source(1), source(1)
	want := make([]*meta.Task, 50)
	for n := range want {
		want[n] = a(uint64(n))
	}
	var wg sync.WaitGroup
	for n := range want {
		wg.Go(func() {
			if !reflect.DeepEqual(b(uint64(n)), want[n]) {
				t.Errorf("task %d differs", n)
			}
		})
	}
	wg.Wait()
	if reflect.DeepEqual(source(2)(0), want[0]) {
		t.Error("another seed gives the same task")
	}
}

func TestSourceRefuses(t *testing.T) {
	small := numbered(4, 5, 2, 1)
	small.Classes[2].Pixels = small.Classes[2].Pixels[:4*3]
	flat := numbered(4, 5, 2, 1)
	flat.Height, flat.Width, flat.Turns = 1, 4, FourClasses
	torn := numbered(4, 5, 2, 1)
	torn.Classes[1].Pixels = torn.Classes[1].Pixels[:19]
	turned := numbered(2, 5, 2, 1)
	turned.Turns = OneOfFour
	scaled := numbered(4, 5, 2, 3)
	scaled.Scale = &Scale{Mean: []float32{0}, Deviation: []float32{1}}
	tests := []struct {
		name string
		set  *Set
		e    Episodes
		want string
	}{
		{"too many ways", numbered(4, 5, 2, 1), Episodes{Ways: 5, Queries: 1}, "5-way tasks of 4 classes (ask for fewer ways)"},
		{"too many ways for one turn each", turned, Episodes{Ways: 3, Queries: 1}, "3-way tasks of 2 classes"},
		{"one way", numbered(4, 5, 2, 1), Episodes{Ways: 1}, "1-way"},
		{"below 0", numbered(4, 5, 2, 1), Episodes{Shots: -1}, "-1 shots"},
		{"a small class", small, Episodes{Ways: 2, Shots: 2, Queries: 2}, "class ac: 3 images, but 2 to learn from and 2 to judge are asked for (ask for fewer"},
		{"a sum beyond int", numbered(4, 5, 2, 1), Episodes{Ways: 2, Shots: 5, Queries: math.MaxInt}, "5 images, but"},
		{"not square", flat, Episodes{Ways: 2, Queries: 1}, "1 x 4 cannot be turned"},
		{"half an image", torn, Episodes{Ways: 2, Queries: 1}, "class ab: 19 bytes"},
		{"a scale of other channels", scaled, Episodes{Ways: 2, Queries: 1}, "for 3 channels"},
		{"no size", &Set{}, Episodes{}, "0 x 0 x 0"},
		{"no such turns", &Set{Height: 1, Width: 1, Channels: 1, Turns: 9}, Episodes{}, "turns: 9"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tt.set.Source(tt.e)
			wantError(t, err, tt.want)
		})
	}
}

func TestScale(t *testing.T) {
	s := &Set{Height: 1, Width: 2, Channels: 2, Classes: []Class{{"a", []uint8{0, 255, 51, 255}}, {"b", []uint8{102, 255, 255, 255}}}}
	s.Scale = s.measure()
	// bytes of channel 0 are 0, .2, .4 and 1: mean .4, variance (.16+.04+0+.36)/4 = .14
	if m, d := s.Scale.Mean[0], s.Scale.Deviation[0]; math.Abs(float64(m)-.4) > 1e-6 || math.Abs(float64(d)-math.Sqrt(.14)) > 1e-6 {
		t.Errorf("mean %v, deviation %v", m, d)
	}
	row := make([]float32, 4)
	s.RowTo(row, 0, 0, 0)
	if want := float32(-.4 / math.Sqrt(.14)); math.Abs(float64(row[0]-want)) > 1e-6 || row[1] != 0 {
		t.Errorf("row %v, want %v and, for a channel that is constant, 0", row, want)
	}
}

func TestArea(t *testing.T) {
	// 3 pixels to 2: each is one and a half, (2*0 + 1*90)/3 and (1*90 + 2*240)/3
	dst := make([]uint8, 2)
	resizeTo(dst, 1, 2, raster{1, 3, 1, []uint8{0, 90, 240}}, area)
	if dst[0] != 30 || dst[1] != 190 {
		t.Errorf("%v, want 30 and 190", dst)
	}
	// 105 to 28, Omniglot's own: the mean is kept, and a white image stays white
	src := raster{105, 105, 1, make([]uint8, 105*105)}
	sum := 0
	for i := range src.pix {
		src.pix[i] = uint8(i * i)
		sum += int(src.pix[i])
	}
	small := make([]uint8, 28*28)
	resizeTo(small, 28, 28, src, area)
	got := 0
	for _, v := range small {
		got += int(v)
	}
	if a, b := float64(sum)/105/105, float64(got)/28/28; math.Abs(a-b) > .1 {
		t.Errorf("mean %v became %v", a, b)
	}
	for i := range src.pix {
		src.pix[i] = 255
	}
	if resizeTo(small, 28, 28, src, area); slices.Min(small) != 255 {
		t.Errorf("white became %d", slices.Min(small))
	}
}

func TestFiltersAgreeOnSmoothImages(t *testing.T) {
	for _, size := range [][2]int{{300, 200}, {84, 200}, {50, 40}} {
		h, w := size[0], size[1]
		src := raster{h, w, 3, make([]uint8, h*w*3)}
		for y := range h {
			for x := range w {
				copy(src.pix[(y*w+x)*3:], []uint8{uint8(255 * x / w), uint8(255 * y / h), 77})
			}
		}
		dst := make([]uint8, 84*84*3)
		resizeTo(dst, 84, 84, src, lanczos)
		for y := 4; y < 80; y++ { // at the border Lanczos sees one side only
			for x := 4; x < 80; x++ {
				p := dst[(y*84+x)*3:]
				wantX, wantY := 255*((float64(x)+.5)/84-.5/float64(w)), 255*((float64(y)+.5)/84-.5/float64(h))
				if math.Abs(float64(p[0])-wantX) > 3 || math.Abs(float64(p[1])-wantY) > 3 || p[2] != 77 {
					t.Fatalf("%v: pixel (%d, %d) is %v, want about %.0f %.0f 77", size, y, x, p[:3], wantX, wantY)
				}
			}
		}
	}
}

// TestLanczosWeights holds the weights to those that PIL's definition gives by hand: 4
// pixels to 2, the first pixel's centre at 1, sinc(x)*sinc(x/3) at x = -.25, .25, .75 and 1.25.
func TestLanczosWeights(t *testing.T) {
	w := lanczos(4, 2)[0].weights
	var raw [4]float64
	sum := 0.0
	for i, x := range []float64{-.25, .25, .75, 1.25} {
		raw[i] = math.Sin(math.Pi*x) / (math.Pi * x) * math.Sin(math.Pi*x/3) / (math.Pi * x / 3)
		sum += raw[i]
	}
	for i := range raw {
		if math.Abs(float64(w[i])-raw[i]/sum) > 1e-6 {
			t.Errorf("weight %d is %v, want %v", i, w[i], raw[i]/sum)
		}
	}
}

func TestDecodeIsBounded(t *testing.T) {
	_, err := decode(hugePNG(), omniglotMaxPixels)
	wantError(t, err, "100000 x 100000 pixels")
	if _, err := decode([]byte("no image"), 1); err == nil {
		t.Error("text is decoded")
	}
}

func TestTransparentIsPaper(t *testing.T) {
	m := image.NewNRGBA(image.Rect(0, 0, 2, 1))
	m.Set(1, 0, color.NRGBA{0, 0, 0, 255})
	if g := grayOf(m); g.pix[0] != 255 || g.pix[1] != 0 {
		t.Errorf("gray %v", g.pix)
	}
	if c := rgbOf(m); !slices.Equal(c.pix, []uint8{255, 255, 255, 0, 0, 0}) {
		t.Errorf("rgb %v", c.pix)
	}
}

func TestFind(t *testing.T) {
	for _, b := range Benchmarks {
		if got, err := Find(b.Name); err != nil || got.Name != b.Name {
			t.Errorf("%s: %v", b.Name, err)
		}
		dir := t.TempDir()
		_, err := b.Load(context.Background(), filepath.Join(dir, "none"), Options{})
		wantError(t, err, "none", "cannot be read", "correct the path")
		_, err = b.Load(context.Background(), dir, Options{Parts: []string{"all"}})
		wantError(t, err, `no part "all"`, "train, validation, test")
	}
	_, err := Find("cifar")
	wantError(t, err, "cifar", "omniglot, miniimagenet")
}

func BenchmarkSource(b *testing.B) {
	s := numbered(1100, 20, 28, 1)
	s.Turns = FourClasses
	src, err := s.Source(Episodes{Ways: 60, Shots: 1, Queries: 5, Seed: 1})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for n := range uint64(b.N) {
		src(n)
	}
}
