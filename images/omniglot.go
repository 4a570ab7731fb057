package images

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// The size of Omniglot as it is published.
const (
	omniglotSide       = 28
	omniglotClasses    = 1623
	omniglotTrain      = 1100
	omniglotValidation = 100
	omniglotMaxPixels  = 1 << 22

	omniglotForms = "the folder or zip of PNGs (alphabet/character/*.png), or the packed omniglot_28x28.u8.gz beside its .json"
)

// Omniglot loads the characters of Lake et al. 2015 at path, which is one of
//
//   - a folder of PNGs, alphabet/character/*.png at any depth; where there are
//     folders images_background and images_evaluation, only what is in these; links to folders are followed;
//   - a zip of such, or a folder that holds images_background.zip and images_evaluation.zip;
//   - the packed file, BASE.u8.gz with BASE.json beside it, or a folder that holds omniglot_28x28.u8.gz.
//
// PNGs are made 28 x 28 by the mean over the area of a pixel. A value is 1 where
// there is full ink and 0 on paper: the PNGs are black on white, the field inverts them too.
//
// The characters, sorted by name, are shuffled once by a fixed seed and cut: 1,100
// to train, 100 to validate, 423 to test. The seed is not the caller's, so that
// figures compare. That is the protocol of Finn et al. 2017 (MAML), whose
// code shuffles and cuts likewise, and of those who follow it; each paper drew another
// shuffle. Vinyals et al. 2016 (Matching Networks) train on 1,200 characters and
// test on the other 423. Snell et al. 2017 (ProtoNet) use Vinyals' own
// lists, 1,028, 172 and 423 characters. Which characters these are cannot be had from
// the data: Options.Lists names the folder of train.txt, val.txt and test.txt
// as published with ProtoNet, a line Alphabet/character01/rot000 or without
// the turn, and the split is that. Of fewer characters than 1,623 the same shares are cut, and Protocol says so.
//
// All parts have Turns FourClasses, so 4,400 classes to train and 1,692 to test:
// all three papers turn test classes too. Set Turns to OneOfFour for MAML's
// way of drawing, or to Upright to leave a part unturned.
func Omniglot(ctx context.Context, path string, o Options) (*Splits, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	all, err := openOmniglot(ctx, path)
	if err != nil {
		return nil, err
	}
	all.Turns, all.Scale = FourClasses, o.Scale
	slices.SortFunc(all.Classes, func(a, b Class) int { return cmp.Compare(a.Name, b.Name) })
	for i, c := range all.Classes {
		if c.Name == "" || i > 0 && c.Name == all.Classes[i-1].Name {
			return nil, invalid(path, "give each character once, by its name", "two characters are called %q", c.Name)
		}
	}
	var parts [3][]Class
	var protocol string
	if o.Lists == "" {
		parts, protocol, err = shuffled(path, all.Classes)
	} else {
		parts, protocol, err = listed(o.Lists, all.Classes)
	}
	if err != nil {
		return nil, err
	}
	part := func(name string, classes []Class) *Set {
		if !o.wants(name) {
			return nil
		}
		s := *all
		s.Classes = classes
		return &s
	}
	return &Splits{Protocol: protocol, Train: part(Train, parts[0]), Validation: part(Validation, parts[1]), Test: part(Test, parts[2])}, nil
}

func openOmniglot(ctx context.Context, path string) (*Set, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, unreadable(path, err)
	case strings.HasSuffix(path, ".u8.gz"), strings.HasSuffix(path, ".json"):
		return openPacked(path)
	case !info.IsDir() && strings.EqualFold(filepath.Ext(path), ".zip"):
		return fromZips(ctx, path, path)
	case !info.IsDir():
		return nil, invalid(path, "give "+omniglotForms, "not a form of Omniglot")
	}
	inside := func(name string) string { return filepath.Join(path, name) }
	if exists(inside("omniglot_28x28.u8.gz")) {
		return openPacked(inside("omniglot_28x28.u8.gz"))
	}
	if a, b := inside("images_background.zip"), inside("images_evaluation.zip"); exists(a) && exists(b) && !exists(inside("images_background")) {
		return fromZips(ctx, path, a, b)
	}
	files, err := inFolder(path, ".png")
	if err != nil {
		return nil, err
	}
	return fromPNGs(ctx, path, files)
}

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

func fromZips(ctx context.Context, place string, names ...string) (*Set, error) {
	var all []file
	for _, name := range names {
		files, closer, err := inZip(name, ".png")
		if err != nil {
			return nil, err
		}
		defer closer.Close()
		all = append(all, files...)
	}
	return fromPNGs(ctx, place, all)
}

// fromPNGs makes a class of each folder of PNGs, images in order of their names.
func fromPNGs(ctx context.Context, place string, files []file) (*Set, error) {
	official := func(f file) bool {
		return strings.Contains("/"+f.path, "/images_background/") || strings.Contains("/"+f.path, "/images_evaluation/")
	}
	if slices.ContainsFunc(files, official) {
		files = slices.DeleteFunc(files, func(f file) bool { return !official(f) })
	}
	if len(files) == 0 {
		return nil, invalid(place, "give the folder or zip that holds images_background and images_evaluation", "no PNG files in it")
	}
	slices.SortStableFunc(files, func(a, b file) int { return cmp.Compare(a.path, b.path) })
	s := &Set{Height: omniglotSide, Width: omniglotSide, Channels: 1}
	folder := ""
	for i, f := range files {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if i > 0 && f.path == files[i-1].path {
			return nil, invalid(f.place, "leave one of them out", "the same image twice")
		}
		if dir := path.Dir(f.path); dir != folder || i == 0 {
			alphabet := path.Base(path.Dir(dir))
			if alphabet == "." || alphabet == "/" {
				return nil, invalid(f.place, "give the folder that holds the alphabets, not one of them", "the image is not in a folder alphabet/character")
			}
			folder = dir
			s.Classes = append(s.Classes, Class{Name: alphabet + "/" + path.Base(dir)})
		}
		if err := appendPNG(&s.Classes[len(s.Classes)-1], f); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// appendPNG appends an image as ink: 255 less its brightness.
func appendPNG(c *Class, f file) error {
	b, err := f.read()
	if err != nil {
		return err
	}
	m, err := decode(b, omniglotMaxPixels)
	if err != nil {
		return unreadable(f.place, err)
	}
	from := len(c.Pixels)
	c.Pixels = append(c.Pixels, make([]uint8, omniglotSide*omniglotSide)...)
	image := c.Pixels[from:]
	gray := grayOf(m)
	for i, v := range gray.pix {
		gray.pix[i] = 255 - v
	}
	resizeTo(image, omniglotSide, omniglotSide, gray, area)
	return nil
}

// shuffled cuts sorted classes by the fixed seed.
func shuffled(place string, classes []Class) (parts [3][]Class, protocol string, err error) {
	n := len(classes)
	if n < 3 {
		return parts, "", invalid(place, "give the whole of Omniglot", "%d characters cannot be cut in three parts", n)
	}
	rng := rand.New(rand.NewPCG(2015, omniglotClasses))
	rng.Shuffle(n, func(i, j int) { classes[i], classes[j] = classes[j], classes[i] })
	train, validation := max(1, n*omniglotTrain/omniglotClasses), max(1, n*omniglotValidation/omniglotClasses)
	parts = [3][]Class{classes[:train:train], classes[train : train+validation : train+validation], classes[train+validation:]}
	protocol = "Omniglot, shuffled with a fixed seed: " + sizes(parts)
	if n != omniglotClasses {
		protocol += fmt.Sprintf("; the published data have %d, so figures do not compare", omniglotClasses)
	}
	return parts, protocol, nil
}

func sizes(parts [3][]Class) string {
	return fmt.Sprintf("%s to train, %d to validate, %d to test", counted(len(parts[0]), "characters"), len(parts[1]), len(parts[2]))
}

// listed divides classes by the lists of a folder.
func listed(dir string, classes []Class) (parts [3][]Class, protocol string, err error) {
	byName := map[string]Class{}
	for _, c := range classes {
		byName[c.Name] = c
	}
	taken := map[string]string{}
	for i, name := range []string{"train.txt", "val.txt", "test.txt"} {
		place := filepath.Join(dir, name)
		lines, err := readLines(place)
		if err != nil {
			return parts, "", err
		}
		for n, line := range lines {
			at := fmt.Sprintf("%s:%d", place, n+1)
			if line == "" {
				continue
			}
			if base := path.Base(line); len(base) == 6 && strings.HasPrefix(base, "rot") {
				line = path.Dir(line)
			}
			c, ok := byName[line]
			switch {
			case !ok:
				return parts, "", invalid(at, "give the whole of Omniglot, or the lists that belong to it", "no character %q in the data", line)
			case taken[line] == name:
				continue // another turn of it
			case taken[line] != "":
				return parts, "", invalid(at, "a character must be in one list only", "%q is in %s too", line, taken[line])
			}
			taken[line] = name
			parts[i] = append(parts[i], c)
		}
		if len(parts[i]) == 0 {
			return parts, "", invalid(place, "give a list of characters, one a line", "the list is empty")
		}
	}
	return parts, "Omniglot, divided by the lists of " + filepath.Base(filepath.Clean(dir)) + ": " + sizes(parts), nil
}

func readLines(name string) ([]string, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, unreadable(name, err)
	}
	defer f.Close()
	text, err := readText(name, io.Reader(f))
	if err != nil {
		return nil, err
	}
	lines := strings.Split(string(text), "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return lines, nil
}
