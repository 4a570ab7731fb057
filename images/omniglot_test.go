package images

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/tensor"
)

// character is a 105 x 105 drawing, black on white, that tells its number by its
// mean: one stroke from the left edge, 15 pixels wide, n+1 pixels high.
func character(t testing.TB, n int) []byte {
	m := image.NewPaletted(image.Rect(0, 0, 105, 105), color.Palette{color.White, color.Black})
	for y := range n + 1 {
		for x := range 15 {
			m.SetColorIndex(x, y, 1)
		}
	}
	return encode(t, m, "png")
}

// tree makes files of 3 alphabets of 4 characters of 2 images under the two official folders.
func tree(t testing.TB) map[string][]byte {
	out := map[string][]byte{"images_background/._x.png": []byte("no image"), "README.md": []byte("x"), "other/a/b/1.png": []byte("no image")}
	for a := range 3 {
		for c := range 4 {
			top := []string{"images_background", "images_evaluation"}[a%2]
			for i := range 2 {
				out[fmt.Sprintf("%s/Alphabet%d/character%02d/%04d_%02d.png", top, a, c, a, i)] = character(t, a*8+c*2+i)
			}
		}
	}
	return out
}

func unpack(t *testing.T, dir string, files map[string][]byte) string {
	t.Helper()
	for name, b := range files {
		write(t, filepath.Join(dir, filepath.FromSlash(name)), b)
	}
	return dir
}

func zipOf(t *testing.T, name string, files map[string][]byte) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	names := slices.Sorted(maps.Keys(files))
	slices.Reverse(names) // order in a zip is of no matter
	for _, n := range names {
		w, err := z.Create(n)
		if err != nil {
			t.Fatal(err)
		}
		w.Write(files[n])
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, name, b.Bytes())
	return name
}

func under(files map[string][]byte, top string) map[string][]byte {
	out := map[string][]byte{}
	for n, b := range files {
		if strings.HasPrefix(n, top) {
			out[n] = b
		}
	}
	return out
}

// all gives the classes of all parts by name.
func all(s *Splits) map[string][]uint8 {
	out := map[string][]uint8{}
	for _, part := range []*Set{s.Train, s.Validation, s.Test} {
		for _, c := range part.Classes {
			out[c.Name] = c.Pixels
		}
	}
	return out
}

func TestOmniglotForms(t *testing.T) {
	files, dir := tree(t), t.TempDir()
	zips := filepath.Join(dir, "zips")
	zipOf(t, filepath.Join(zips, "images_background.zip"), under(files, "images_background"))
	zipOf(t, filepath.Join(zips, "images_evaluation.zip"), under(files, "images_evaluation"))
	plain := map[string][]byte{}
	for n, b := range files {
		if _, rest, _ := strings.Cut(n, "/"); strings.HasPrefix(rest, "Alphabet") {
			plain["omniglot/"+rest] = b
		}
	}
	forms := map[string]string{
		"folders": unpack(t, filepath.Join(dir, "folders"), files), "zip": zipOf(t, filepath.Join(dir, "o.ZIP"), files),
		"two zips": zips, "one root": unpack(t, filepath.Join(dir, "plain"), plain),
	}
	first, err := Omniglot(t.Context(), forms["folders"], Options{})
	if err != nil {
		t.Fatal(err)
	}
	// the same classes in one packed file
	names := slices.Sorted(maps.Keys(all(first)))
	slices.Reverse(names) // nor in a packed file
	var pixels []byte
	for _, n := range names {
		pixels = append(pixels, all(first)[n]...)
	}
	packed := filepath.Join(dir, "packed")
	write(t, filepath.Join(packed, "omniglot_28x28.json"), header(t, func(h map[string]any) { h["shape"], h["names"] = []int{12, 2, 28, 28}, names }))
	write(t, filepath.Join(packed, "omniglot_28x28.u8.gz"), zipped(t, pixels))
	forms["packed"] = packed
	linked := filepath.Join(dir, "linked")
	write(t, filepath.Join(linked, "elsewhere", "README.md"), nil)
	for link, to := range map[string]string{
		"images_background": filepath.Join(forms["folders"], "images_background"), "images_evaluation": filepath.Join(forms["folders"], "images_evaluation"),
		"round": ".", "up": "..", "other": filepath.Join(forms["folders"], "other"), "elsewhere/back": linked, "nowhere": "none",
	} {
		if err := os.Symlink(to, filepath.Join(linked, link)); err != nil {
			t.Fatal(err)
		}
	}
	forms["links to folders"] = linked
	for name, path := range forms {
		s, err := Omniglot(t.Context(), path, Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !maps.EqualFunc(all(s), all(first), bytes.Equal) || len(all(s)) != 12 {
			t.Errorf("%s: classes differ", name)
		}
		if !slices.EqualFunc(s.Train.Classes, first.Train.Classes, func(a, b Class) bool { return a.Name == b.Name }) {
			t.Errorf("%s: another split", name)
		}
		if len(s.Train.Classes) != 8 || len(s.Validation.Classes) != 1 || len(s.Test.Classes) != 3 || !strings.Contains(s.Protocol, "do not compare") {
			t.Errorf("%s: %s", name, s.Protocol)
		}
		if s.Train.Count() != 32 || s.TrainAndValidation().Count() != 36 {
			t.Errorf("%s: %d classes to train, %d with validation", name, s.Train.Count(), s.TrainAndValidation().Count())
		}
	}
}

func TestOmniglotPixels(t *testing.T) {
	s, err := Omniglot(t.Context(), unpack(t, t.TempDir(), tree(t)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	// Image 1 of character 02 of alphabet 1 is number 13: 14 rows and 15 columns of ink, which are
	// 14/3.75 = 3.73 rows and 4 columns of 28 x 28.
	pixels := all(s)["Alphabet1/character02"][784:]
	for y := range 6 {
		want := [6]uint8{255, 255, 255, 187, 0, 0}[y] // .7333 of 255
		for x := range 6 {
			if w := map[bool]uint8{true: want}[x < 4]; pixels[y*28+x] != w {
				t.Errorf("pixel (%d, %d) is %d, want %d", y, x, pixels[y*28+x], w)
			}
		}
	}
}

func TestOmniglotLists(t *testing.T) {
	data, dir := unpack(t, t.TempDir(), tree(t)), t.TempDir()
	load := func(train, val, test string) (*Splits, error) {
		write(t, filepath.Join(dir, "train.txt"), []byte(train))
		write(t, filepath.Join(dir, "val.txt"), []byte(val))
		write(t, filepath.Join(dir, "test.txt"), []byte(test))
		return Omniglot(t.Context(), data, Options{Lists: dir, Parts: []string{Train, Test}})
	}
	s, err := load("Alphabet0/character00/rot000\r\nAlphabet0/character00/rot090\nAlphabet1/character03\n", "Alphabet0/character01", "\nAlphabet2/character00/rot270\n")
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Train.Classes) != 2 || s.Train.Classes[1].Name != "Alphabet1/character03" || s.Validation != nil || s.Test.Classes[0].Name != "Alphabet2/character00" {
		t.Errorf("%+v", s)
	}
	_, err = load("A/character00\n", "", "")
	wantError(t, err, "train.txt:1", `no character "A/character00"`)
	_, err = load("Alphabet0/character00\n", "Alphabet0/character01\nAlphabet0/character00/rot180\n", "")
	wantError(t, err, "val.txt:2", "is in train.txt too")
	_, err = load("Alphabet0/character00\n", "Alphabet0/character01\n", "\n")
	wantError(t, err, "test.txt: the list is empty")
	_, err = Omniglot(t.Context(), data, Options{Lists: filepath.Join(dir, "none")})
	wantError(t, err, "train.txt: cannot be read", "correct the path")
}

func TestOmniglotRefuses(t *testing.T) {
	good := tree(t)
	with := func(name string, b []byte) map[string][]byte {
		m := maps.Clone(good)
		m[name] = b
		return m
	}
	one := character(t, 1)
	tests := []struct {
		name  string
		files map[string][]byte
		want  []string
	}{
		{"nothing", map[string][]byte{"a.txt": nil}, []string{"no PNG files"}},
		{"an empty PNG", with("images_background/A/c/1.png", nil), []string{"1.png", "cannot be read", "get it again"}},
		{"a cut PNG", with("images_background/A/c/1.png", one[:len(one)-20]), []string{"1.png", "cannot be read"}},
		{"a huge PNG", with("images_background/A/c/1.png", hugePNG()), []string{"1.png", "100000 x 100000"}},
		{"one alphabet", map[string][]byte{"c1/1.png": one, "c2/1.png": one}, []string{"1.png", "alphabet/character", "holds the alphabets"}},
		{"an image at the top", map[string][]byte{"1.png": one}, []string{"1.png", "alphabet/character"}},
		{"a character twice", map[string][]byte{"x/A/c/1.png": one, "y/A/c/1.png": one, "y/B/c/1.png": one}, []string{`two characters are called "A/c"`}},
		{"two characters", map[string][]byte{"A/c/1.png": one, "B/c/1.png": one}, []string{"2 characters cannot be cut"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			_, err := Omniglot(t.Context(), unpack(t, filepath.Join(dir, "f"), tt.files), Options{})
			wantError(t, err, tt.want...)
			_, err = Omniglot(t.Context(), zipOf(t, filepath.Join(dir, "f.zip"), tt.files), Options{})
			wantError(t, err, tt.want...)
		})
	}
	dir := t.TempDir()
	name := zipOf(t, filepath.Join(dir, "o.zip"), good)
	b, _ := os.ReadFile(name)
	write(t, name, b[:len(b)/2])
	_, err := Omniglot(t.Context(), name, Options{})
	wantError(t, err, "o.zip: cannot be read")
	write(t, filepath.Join(dir, "o.npz"), b)
	_, err = Omniglot(t.Context(), filepath.Join(dir, "o.npz"), Options{})
	wantError(t, err, "o.npz: not a form of Omniglot", "omniglot_28x28.u8.gz")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Omniglot(ctx, unpack(t, dir, good), Options{}); err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
}

func TestLargeFileIsRefused(t *testing.T) {
	bomb := zipOf(t, filepath.Join(t.TempDir(), "o.zip"), map[string][]byte{"A/c/1.png": make([]byte, maxFile+1)})
	_, err := Omniglot(t.Context(), bomb, Options{})
	wantError(t, err, "1.png: the file is larger than")
}

func realOmniglot(t *testing.T) *Splits {
	t.Helper()
	path := filepath.Join(dataDir(), "omniglot", "omniglot_28x28.u8.gz")
	if !exists(path) {
		t.Skip("omniglot is not there; set INKLING_DATA to the folder that holds it")
	}
	s, err := Omniglot(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestOmniglotItself pins the split: a figure of yesterday must be of the same characters as one of tomorrow.
func TestOmniglotItself(t *testing.T) {
	s := realOmniglot(t)
	if want := "Omniglot, shuffled with a fixed seed: 1,100 characters to train, 100 to validate, 423 to test"; s.Protocol != want {
		t.Errorf("protocol %q", s.Protocol)
	}
	if s.Train.Count() != 4400 || s.Validation.Count() != 400 || s.Test.Count() != 1692 || len(all(s)) != 1623 || s.Train.Images() != 22000 {
		t.Errorf("%d, %d, %d classes, %d characters", s.Train.Count(), s.Validation.Count(), s.Test.Count(), len(all(s)))
	}
	h := sha256.New()
	ink, n := 0, 0
	for _, part := range []*Set{s.Train, s.Validation, s.Test} {
		for _, c := range part.Classes {
			fmt.Fprintln(h, c.Name)
			for _, p := range c.Pixels {
				ink += int(p)
				n++
			}
		}
	}
	if got, want := hex.EncodeToString(h.Sum(nil)[:8]), "dd28f4c01a50e470"; got != want {
		t.Errorf("split %s, want %s", got, want)
	}
	// 1 where there is ink, and that is little of the paper
	if mean := float64(ink) / float64(n) / 255; mean < .06 || mean > .1 {
		t.Errorf("mean ink %.4f", mean)
	}
}

// TestPixelsAreHardToTellApart holds tasks to what nearest neighbours by the cosine of raw
// pixels reach in Vinyals et al. 2016, table 1: 41.7 % at 5-way 1-shot, 26.7 % at
// 20-way 1-shot. The mean over an area makes strokes broader than they have them, which
// alone makes pixels easier to match (0.52; of bytes from 190 on only, 0.43), so
// ours may be above, but neither far above, as when a query stood in its support set, nor below.
func TestPixelsAreHardToTellApart(t *testing.T) {
	s := realOmniglot(t)
	for ways, published := range map[int]float64{5: .417, 20: .267} {
		src, err := s.Test.Source(Episodes{Ways: ways, Shots: 1, Queries: 5, Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		right, all := 0, 0
		for n := range uint64(1500 / ways) {
			r, a := nearest(src(n))
			right, all = right+r, all+a
		}
		got := float64(right) / float64(all)
		t.Logf("%d-way: %.3f, published %.3f", ways, got, published)
		if got < published || got > published+.15 {
			t.Errorf("%d-way: %.3f, published %.3f", ways, got, published)
		}
	}
}

func nearest(task *meta.Task) (right, all int) {
	for i, y := range task.Query.Y {
		best, at := -1.0, 0
		for j := range task.Support.Y {
			if c := cosine(task.Query.X, i, task.Support.X, j); c > best {
				best, at = c, task.Support.Y[j]
			}
		}
		all++
		if at == y {
			right++
		}
	}
	return right, all
}

func cosine(a *tensor.Tensor, i int, b *tensor.Tensor, j int) float64 {
	var ab, bb float32
	x := a.Row(i)
	for k, v := range b.Row(j) {
		ab += x[k] * v
		bb += v * v
	}
	return float64(ab) * float64(ab) / float64(bb)
}
