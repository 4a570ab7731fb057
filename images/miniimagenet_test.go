package images

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// photo is of one colour, height x width.
func photo(height, width int, r, g, b uint8) image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			m.Set(x, y, color.NRGBA{r, g, b, 255})
		}
	}
	return m
}

// mini makes lists of 2, 1 and 1 classes with 3 images each, of forms and shapes that differ.
func mini(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for list, classes := range map[string]int{"train": 2, "val": 1, "test": 1} {
		text := "filename,label\n"
		for i := range 3 { // images of classes in turn, as no list should be trusted to be sorted
			for k := range classes {
				label := fmt.Sprintf("%s%d", list, k)
				text += fmt.Sprintf("%s_%d.jpg,%s\n", label, i, label)
				form := []string{"jpg", "png"}[i%2]
				name := filepath.Join(dir, "images", label, fmt.Sprintf("%s_%d.%s", label, i, form))
				write(t, name, encode(t, photo(60+50*i, 84+30*k, uint8(100*k), uint8(50*i), 200), form))
			}
		}
		if list == "train" {
			write(t, filepath.Join(dir, list+".csv.gz"), zipped(t, []byte(text)))
		} else {
			write(t, filepath.Join(dir, list+".csv"), []byte(text))
		}
	}
	return dir
}

func TestMiniImageNet(t *testing.T) {
	dir := mini(t)
	s, err := MiniImageNet(t.Context(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if s.Train.Columns() != 84*84*3 || len(s.Train.Classes) != 2 || s.Train.Len(1) != 3 || len(s.Validation.Classes) != 1 || s.Test.Classes[0].Name != "test0" || s.Train.Turns != Upright {
		t.Fatalf("%s", s.Protocol)
	}
	// red is 0 in one class of the training images and 100 in the other, green 0, 50 and 100 in both, blue 200
	want := Scale{Mean: []float32{50. / 255, 50. / 255, 200. / 255}, Deviation: []float32{50. / 255, float32(50. / 255 * math.Sqrt(2./3)), 0}}
	for c := range 3 {
		if math.Abs(float64(s.Test.Scale.Mean[c]-want.Mean[c])) > .01 || math.Abs(float64(s.Test.Scale.Deviation[c]-want.Deviation[c])) > .01 {
			t.Errorf("scale %v, want %v", s.Test.Scale, want)
		}
	}
	src, err := s.Train.Source(Episodes{Ways: 2, Shots: 1, Queries: 2})
	if err != nil {
		t.Fatal(err)
	}
	task := src(0)
	for i, y := range task.Query.Y {
		red := task.Query.X.Row(i)[:3][0]
		if want := float32(2*task.Classes[y] - 1); math.Abs(float64(red-want)) > .1 {
			t.Errorf("a row of class %d has red %v, want %v", task.Classes[y], red, want)
		}
	}

	// the test part alone, by the scale of the training run, is the same and needs no training image
	if err := os.RemoveAll(filepath.Join(dir, "images", "train0")); err != nil {
		t.Fatal(err)
	}
	test, err := MiniImageNet(t.Context(), dir, Options{Parts: []string{Test}, Scale: s.Train.Scale})
	if err != nil {
		t.Fatal(err)
	}
	if test.Train != nil || test.Validation != nil || !slices.Equal(test.Test.Classes[0].Pixels, s.Test.Classes[0].Pixels) || test.Test.Scale.Mean[0] != s.Test.Scale.Mean[0] {
		t.Error("the test part alone differs")
	}
	_, err = MiniImageNet(t.Context(), dir, Options{Parts: []string{Test}})
	wantError(t, err, "train.csv.gz:2", "the image train0_0 is not there; 3 of 6 are missing", "anywhere under the folder")
}

func TestImagesOfTheSizeAreTakenAsTheyAre(t *testing.T) {
	m := image.NewNRGBA(image.Rect(0, 0, 84, 84))
	for i := range m.Pix {
		m.Pix[i] = uint8(i * i)
	}
	for i := 3; i < len(m.Pix); i += 4 {
		m.Pix[i] = 255
	}
	dst := make([]uint8, 84*84*3)
	resizeTo(dst, 84, 84, rgbOf(m), lanczos)
	for p := range 84 * 84 {
		if !slices.Equal(dst[p*3:p*3+3], m.Pix[p*4:p*4+3]) {
			t.Fatalf("pixel %d is %v, was %v", p, dst[p*3:p*3+3], m.Pix[p*4:])
		}
	}
}

func TestMiniImageNetRefuses(t *testing.T) {
	tests := []struct {
		name, file, text string
		want             []string
	}{
		{"other columns", "val.csv", "label,filename\n", []string{"val.csv:1", "not filename and label", "Ravi and Larochelle"}},
		{"an empty list", "val.csv", "filename,label\n", []string{"val.csv: the list is empty"}},
		{"nothing", "test.csv", "", []string{"test.csv: the list is empty"}},
		{"one column", "test.csv", "filename,label\nx\n", []string{"test.csv", "cannot be read", "wrong number of fields"}},
		{"no label", "test.csv", "filename,label\nx.jpg,\n", []string{"test.csv:2: no name or no label"}},
		{"a class in two lists", "test.csv", "filename,label\nx.jpg,val0\n", []string{"test.csv:2", "class val0 is in", "val.csv too"}},
		{"an image in two lists", "test.csv", "filename,label\nval0_1.jpg,x\n", []string{"test.csv:2", "val0_1.jpg is listed at", "val.csv:3 too"}},
		{"a cut gzip", "train.csv.gz", "\x1f\x8b\x08", []string{"train.csv.gz: cannot be read", "cut or damaged"}},
		{"an image that is none", "images/val0/val0_0.jpg", "hello", []string{"val0_0.jpg: cannot be read: image: unknown format"}},
		{"a huge image", "images/val0/val0_1.png", string(hugePNG()), []string{"val0_1.png", "100000 x 100000"}},
		{"an image twice", "images/again/test0_0.png", "x", []string{"test.csv:2", "test0_0 is there twice", "leave one of them out"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := mini(t)
			write(t, filepath.Join(dir, tt.file), []byte(tt.text))
			_, err := MiniImageNet(t.Context(), dir, Options{})
			wantError(t, err, tt.want...)
		})
	}
	dir := mini(t)
	if err := os.Remove(filepath.Join(dir, "val.csv")); err != nil {
		t.Fatal(err)
	}
	_, err := MiniImageNet(t.Context(), dir, Options{})
	wantError(t, err, "val.csv: cannot be read", "correct the path", "the folder of --lists")
}

// TestTheFirstErrorIsTold of two broken images, on any number of cores.
func TestTheFirstErrorIsTold(t *testing.T) {
	dir := mini(t)
	write(t, filepath.Join(dir, "images/train0/train0_1.png"), []byte("x"))
	write(t, filepath.Join(dir, "images/train1/train1_2.jpg"), []byte("x"))
	for range 20 {
		_, err := MiniImageNet(t.Context(), dir, Options{})
		wantError(t, err, "train0_1.png")
	}
}

// TestListsThemselves reads the lists of Ravi and Larochelle: 64, 16 and 20 classes of 600 images.
func TestListsThemselves(t *testing.T) {
	dir := filepath.Join(dataDir(), "miniimagenet-splits", "datas", "miniImagenet")
	if !exists(filepath.Join(dir, "val.csv")) {
		t.Skip("miniimagenet-splits is not there; set INKLING_DATA to the folder that holds it")
	}
	seen := map[string]string{}
	for list, classes := range map[string]int{"train": 64, "val": 16, "test": 20} {
		rows, err := readList(dir, list, seen)
		if err != nil {
			t.Fatal(err)
		}
		counts := map[string]int{}
		for _, r := range rows {
			counts[r.label]++
			if !strings.HasPrefix(r.image, r.label) {
				t.Fatalf("%s: %s of %s", r.place, r.image, r.label)
			}
		}
		if len(counts) != classes || len(rows) != 600*classes || counts[rows[0].label] != 600 {
			t.Errorf("%s: %d classes, %d images", list, len(counts), len(rows))
		}
	}
	_, err := MiniImageNet(t.Context(), t.TempDir(), Options{Lists: dir})
	wantError(t, err, "train.csv.gz:2", "n0153282900000005 is not there; 38400 of 38400 are missing")
}
