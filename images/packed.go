package images

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"strings"
)

const packedRemedy = "make it anew, as SOURCE.md beside it says"

// packedHeader is the .json beside packed images.
type packedHeader struct {
	Shape []int    `json:"shape"` // classes, images of a class, height, width
	Type  string   `json:"dtype"`
	Order string   `json:"order"`
	Ink   int      `json:"ink"` // the byte of full ink
	Names []string `json:"names"`
}

// openPacked reads BASE.u8.gz and BASE.json, given either.
func openPacked(path string) (*Set, error) {
	base := strings.TrimSuffix(strings.TrimSuffix(path, ".json"), ".u8.gz")
	header, err := os.Open(base + ".json")
	if err != nil {
		return nil, unreadable(base+".json", err)
	}
	defer header.Close()
	pixels, err := os.Open(base + ".u8.gz")
	if err != nil {
		return nil, unreadable(base+".u8.gz", err)
	}
	defer pixels.Close()
	return readPacked(base, header, pixels)
}

// readPacked reads packed images: gzip-ed bytes, and a header that says their
// shape and names. Memory grows with what is there, not with what the header says.
func readPacked(base string, header, pixels io.Reader) (*Set, error) {
	h, err := readHeader(base+".json", header)
	if err != nil {
		return nil, err
	}
	place := base + ".u8.gz"
	z, err := gzip.NewReader(pixels)
	if err != nil {
		return nil, unreadable(place, err)
	}
	each := h.Shape[1] * h.Shape[2] * h.Shape[3]
	want := h.Shape[0] * each
	var all bytes.Buffer
	if _, err := all.ReadFrom(io.LimitReader(z, int64(want)+1)); err != nil {
		return nil, unreadable(place, err)
	}
	if all.Len() != want {
		more := ""
		if all.Len() > want {
			more = " or more"
		}
		return nil, invalid(place, packedRemedy, "%d bytes%s, but the shape %v needs %d", all.Len(), more, h.Shape, want)
	}
	s := &Set{Height: h.Shape[2], Width: h.Shape[3], Channels: 1}
	for i, name := range h.Names {
		s.Classes = append(s.Classes, Class{name, all.Bytes()[i*each : (i+1)*each : (i+1)*each]})
	}
	return s, nil
}

func readHeader(place string, r io.Reader) (h packedHeader, err error) {
	text, err := readText(place, r)
	if err != nil {
		return h, err
	}
	if err := json.Unmarshal(text, &h); err != nil {
		return h, unreadable(place, err)
	}
	if len(h.Shape) != 4 {
		return h, invalid(place, packedRemedy, "a shape of %d numbers, not of classes, images, height and width", len(h.Shape))
	}
	total := 1
	for _, n := range h.Shape {
		if n < 1 || n > maxPacked/total {
			return h, invalid(place, packedRemedy, "the shape %v; %d bytes at most are read", h.Shape, maxPacked)
		}
		total *= n
	}
	switch {
	case h.Type != "uint8":
		return h, invalid(place, packedRemedy, "dtype %q, not uint8", h.Type)
	case h.Order != "class,drawer,row,col":
		return h, invalid(place, packedRemedy, "order %q, not class,drawer,row,col", h.Order)
	case h.Ink != 255:
		return h, invalid(place, packedRemedy, "ink is %d, not 255", h.Ink)
	case len(h.Names) != h.Shape[0]:
		return h, invalid(place, packedRemedy, "%d names for %d classes", len(h.Names), h.Shape[0])
	}
	return h, nil
}
