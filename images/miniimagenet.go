package images

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"image"
	"io"
	"math"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/inkling-sec/inkling"
)

const (
	miniSide      = 84
	miniMaxPixels = 1 << 26 // the largest of ILSVRC 2012 are about as large
	miniMaxRows   = 100_000 // of a list; the longest has 38,400
	bigPixels     = 1 << 22 // images above are decoded one at a time
)

// MiniImageNet loads the 60,000 images of 100 classes that Vinyals et al. 2016
// proposed, divided as Ravi and Larochelle 2017 did: 64 classes to train, 16 to
// validate, 20 to test, 600 images each. Finn et al. 2017, Snell et al. 2017 and
// the papers after them judge on this division.
//
// The lists train.csv, val.csv and test.csv (or .csv.gz; columns filename and label)
// are in Options.Lists or in path itself. The images lie anywhere under path, found by
// the names in the lists without their extension: jpg, png and gif are read. They
// become 84 x 84 x 3, whatever their shape, by Lanczos' filter, as in the papers' code;
// those of that size already are taken as they are. All parts are normalised by mean
// and deviation of each channel over the training images.
//
// All parts take 1.3 GB of memory. ImageNet's images may not be passed on, so they are not to be
// had here: get them from image-net.org.
func MiniImageNet(ctx context.Context, path string, o Options) (*Splits, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if o.Lists == "" {
		o.Lists = path
	}
	parts := []struct {
		name, list string
		rows       []miniRow
		set        *Set
	}{{name: Train, list: "train"}, {name: Validation, list: "val"}, {name: Test, list: "test"}}
	seen := map[string]string{}
	for i := range parts {
		var err error
		if parts[i].rows, err = readList(o.Lists, parts[i].list, seen); err != nil {
			return nil, err
		}
	}
	found, err := indexImages(path)
	if err != nil {
		return nil, err
	}
	for i := range parts {
		p := &parts[i]
		if !o.wants(p.name) && (p.name != Train || o.Scale != nil) {
			continue
		}
		if p.set, err = loadMini(ctx, p.rows, found); err != nil {
			return nil, err
		}
		if p.name == Train && o.Scale == nil {
			o.Scale = p.set.measure()
		}
		p.set.Scale = o.Scale
		if !o.wants(p.name) {
			p.set = nil
		}
	}
	out := &Splits{Train: parts[0].set, Validation: parts[1].set, Test: parts[2].set}
	out.Protocol = fmt.Sprintf("miniImageNet, divided by the lists of %s: %d, %d and %d images to train, validate and test", filepath.Base(filepath.Clean(o.Lists)), len(parts[0].rows), len(parts[1].rows), len(parts[2].rows))
	return out, nil
}

type miniRow struct{ place, image, label string }

// readList reads a list. No label may be in two lists and no image in any twice:
// what is tested on must not have been trained on.
func readList(dir, name string, seen map[string]string) ([]miniRow, error) {
	place, text, err := openList(filepath.Join(dir, name+".csv"))
	if err != nil {
		return nil, err
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord = 2
	var out []miniRow
	for {
		fields, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, unreadable(place, err)
		}
		line, _ := r.FieldPos(0)
		at := fmt.Sprintf("%s:%d", place, line)
		image, label := stem(fields[0]), fields[1]
		if out == nil {
			if fields[0] != "filename" || label != "label" {
				return nil, invalid(at, "give the lists of Ravi and Larochelle", "the columns are not filename and label")
			}
			out = []miniRow{}
			continue
		}
		switch first := seen["image "+image]; {
		case image == "" || label == "":
			return nil, invalid(at, "correct the list", "no name or no label")
		case first != "":
			return nil, invalid(at, "an image must be listed once", "%s is listed at %s too", fields[0], first)
		case seen["label "+label] != "" && seen["label "+label] != place:
			return nil, invalid(at, "a class must be in one list only", "class %s is in %s too", label, seen["label "+label])
		case len(out) == miniMaxRows:
			return nil, invalid(place, "give the lists of Ravi and Larochelle", "more than %d images", miniMaxRows)
		}
		seen["image "+image], seen["label "+label] = at, place
		out = append(out, miniRow{at, image, label})
	}
	if len(out) == 0 {
		return nil, invalid(place, "give the lists of Ravi and Larochelle", "the list is empty")
	}
	slices.SortStableFunc(out, func(a, b miniRow) int { return cmp.Compare(a.label, b.label) })
	return out, nil
}

// openList reads name or name.gz.
func openList(name string) (place string, text []byte, err error) {
	f, err := os.Open(name)
	if err != nil {
		if f, err = os.Open(name + ".gz"); err != nil {
			err := unreadable(name, err)
			var e *inkling.Error
			if errors.As(err, &e) && e.Code == inkling.NotFound {
				e.Remedy += ": lists train.csv, val.csv and test.csv stand with the images, or in the folder of --lists"
			}
			return "", nil, err
		}
		name += ".gz"
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(name, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			return "", nil, unreadable(name, err)
		}
	}
	text, err = readText(name, r)
	return name, text, err
}

func stem(name string) string {
	name = path.Base(filepath.ToSlash(name))
	return strings.TrimSuffix(name, path.Ext(name))
}

// indexImages finds images by name without extension, each with all files of that name.
func indexImages(root string) (map[string][]file, error) {
	files, err := inFolder(root, ".jpg", ".jpeg", ".png", ".gif")
	if err != nil {
		return nil, err
	}
	found := make(map[string][]file, len(files))
	for _, f := range files {
		found[stem(f.path)] = append(found[stem(f.path)], f)
	}
	return found, nil
}

// loadMini reads the images of rows, which are sorted by label.
func loadMini(ctx context.Context, rows []miniRow, found map[string][]file) (*Set, error) {
	var missing []miniRow
	for _, r := range rows {
		switch f := found[r.image]; {
		case len(f) == 0:
			missing = append(missing, r)
		case len(f) > 1:
			return nil, invalid(r.place, "leave one of them out", "the image %s is there twice: %s and %s", r.image, f[0].place, f[1].place)
		}
	}
	if len(missing) > 0 {
		return nil, invalid(missing[0].place, "put the images, named as in the list, anywhere under the folder", "the image %s is not there; %d of %d are missing", missing[0].image, len(missing), len(rows))
	}
	s := &Set{Height: miniSide, Width: miniSide, Channels: 3}
	dst := make([][]uint8, len(rows))
	for from := 0; from < len(rows); {
		to := from
		for to < len(rows) && rows[to].label == rows[from].label {
			to++
		}
		c := Class{rows[from].label, make([]uint8, (to-from)*s.Columns())}
		for i := range to - from {
			dst[from+i] = c.Pixels[i*s.Columns() : (i+1)*s.Columns()]
		}
		s.Classes = append(s.Classes, c)
		from = to
	}
	var big sync.Mutex
	return s, each(ctx, len(rows), func(i int) error { return readMini(dst[i], found[rows[i].image][0], &big) })
}

func readMini(dst []uint8, f file, big *sync.Mutex) error {
	b, err := f.read()
	if err != nil {
		return err
	}
	if c, _, err := image.DecodeConfig(bytes.NewReader(b)); err == nil && c.Width > bigPixels/max(c.Height, 1) {
		big.Lock()
		defer big.Unlock()
	}
	m, err := decode(b, miniMaxPixels)
	if err != nil {
		return unreadable(f.place, err)
	}
	resizeTo(dst, miniSide, miniSide, rgbOf(m), lanczos)
	return nil
}

// each calls f for 0 to n-1 on all cores and gives the error of the lowest number.
func each(ctx context.Context, n int, f func(int) error) error {
	var next, failed atomic.Int64
	failed.Store(math.MaxInt64)
	errs := make([]error, runtime.GOMAXPROCS(0))
	at := make([]int64, len(errs))
	var wg sync.WaitGroup
	for w := range errs {
		wg.Go(func() {
			for {
				i := next.Add(1) - 1
				if i >= int64(n) || failed.Load() < i {
					return
				}
				err := ctx.Err()
				if err == nil {
					err = f(int(i))
				}
				if err != nil {
					errs[w], at[w] = err, i
					failed.Store(min(failed.Load(), i))
					return
				}
			}
		})
	}
	wg.Wait()
	var first error
	best := int64(math.MaxInt64)
	for w, err := range errs {
		if err != nil && at[w] < best {
			first, best = err, at[w]
		}
	}
	return first
}
