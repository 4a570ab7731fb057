package picture_test

import (
	"bytes"
	"flag"
	"image/png"
	"os"
	"testing"

	"github.com/inkling-sec/inkling/prior"
	"github.com/inkling-sec/inkling/prior/picture"
)

var update = flag.Bool("update", false, "write docs/prior.png")

// The picture has something in every panel, and -update writes it to docs.
func TestPicture(t *testing.T) {
	var b bytes.Buffer
	if err := picture.Write(&b, prior.Config{Seed: 1}); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	colours := map[[3]uint32]bool{}
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			r, g, b, _ := img.At(x, y).RGBA()
			colours[[3]uint32{r, g, b}] = true
		}
	}
	if s := img.Bounds().Size(); s.X < 900 || s.Y < 900 || len(colours) < 100 {
		t.Errorf("a picture of %v with %d colours", s, len(colours))
	}
	if *update {
		if err := os.WriteFile("../../docs/prior.png", b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPictureOfAFew(t *testing.T) {
	var b bytes.Buffer
	if err := picture.Write(&b, prior.Config{Worlds: []string{"tree"}, Attacks: []string{"volume"}, Marginals: []string{"category"}, Relations: []string{"overlap"}}); err != nil {
		t.Error(err)
	}
	if err := picture.Write(&b, prior.Config{Attacks: []string{"x"}}); err == nil {
		t.Error("an attack that does not exist was drawn")
	}
}
