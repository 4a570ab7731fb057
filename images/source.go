package images

import (
	"math/rand/v2"

	"github.com/inkling-sec/inkling/meta"
	"github.com/inkling-sec/inkling/tensor"
)

// Episodes says how tasks are drawn from a set.
type Episodes struct {
	Ways    int // classes of a task; 0 means 5
	Shots   int // images of a class to learn from; 0 means 1
	Queries int // other images of a class to judge; 0 means 15
	Seed    uint64
}

// Source gives the stream of tasks: classes by chance, then of each class images
// to learn from and others to judge, without replacement. Rows stand class by
// class. Task.Classes names the classes by number, see [Set.Name]. The error says
// what the set cannot give: so many classes, or so many images of a class.
func (s *Set) Source(e Episodes) (meta.Source, error) {
	if e.Ways < 0 || e.Shots < 0 || e.Queries < 0 {
		return nil, invalid("", "give numbers of 1 or more", "a task of %d ways, %d shots and %d queries", e.Ways, e.Shots, e.Queries)
	}
	e.Ways, e.Shots, e.Queries = or(e.Ways, 5), or(e.Shots, 1), or(e.Queries, 15)
	if err := s.check(e); err != nil {
		return nil, err
	}
	table := s.table()
	return func(n uint64) *meta.Task {
		rng := rand.New(rand.NewPCG(e.Seed, n))
		task := &meta.Task{Ways: e.Ways, Classes: s.draw(rng, e.Ways)}
		task.Support, task.Query = space(e.Ways*e.Shots, s.Columns()), space(e.Ways*e.Queries, s.Columns())
		for way, c := range task.Classes {
			class, turn := c, 0
			if s.Turns != Upright {
				class, turn = c/4, c%4
			}
			drawn := some(rng, s.Len(class), e.Shots+e.Queries)
			s.put(&task.Support, way, e.Shots, class, turn, drawn[:e.Shots], table)
			s.put(&task.Query, way, e.Queries, class, turn, drawn[e.Shots:], table)
		}
		return task
	}, nil
}

func (s *Set) check(e Episodes) error {
	distinct := len(s.Classes)
	if s.Turns == FourClasses {
		distinct *= 4
	}
	switch {
	case s.Height < 1 || s.Width < 1 || s.Channels < 1:
		return invalid("", "give height, width and channels", "images of %d x %d x %d", s.Height, s.Width, s.Channels)
	case s.Turns > OneOfFour:
		return invalid("", "choose Upright, FourClasses or OneOfFour", "no such turns: %d", s.Turns)
	case s.Turns != Upright && s.Height != s.Width:
		return invalid("", "draw them Upright", "images of %d x %d cannot be turned by a quarter", s.Height, s.Width)
	case e.Ways < 2:
		return invalid("", "give 2 or more", "%d-way tasks", e.Ways)
	case e.Ways > distinct:
		return invalid("", "ask for fewer ways", "%d-way tasks of %d classes", e.Ways, distinct)
	case s.Scale != nil && (len(s.Scale.Mean) != s.Channels || len(s.Scale.Deviation) != s.Channels):
		return invalid("", "give a mean and a deviation for each channel", "a scale of %d and %d numbers for %d channels", len(s.Scale.Mean), len(s.Scale.Deviation), s.Channels)
	}
	for i, c := range s.Classes {
		if len(c.Pixels)%s.Columns() != 0 {
			return invalid("class "+c.Name, "make it anew", "%d bytes are no whole number of images of %d", len(c.Pixels), s.Columns())
		}
		if n := s.Len(i); n < e.Shots || n-e.Shots < e.Queries {
			return invalid("class "+c.Name, "ask for fewer shots or queries, or leave the class out", "%d images, but %d to learn from and %d to judge are asked for", n, e.Shots, e.Queries)
		}
	}
	return nil
}

// draw gives the numbers of n classes, none twice.
func (s *Set) draw(rng *rand.Rand, n int) []int {
	if s.Turns != OneOfFour {
		return some(rng, s.Count(), n)
	}
	classes := some(rng, len(s.Classes), n)
	for i := range classes {
		classes[i] = 4*classes[i] + rng.IntN(4)
	}
	return classes
}

// some gives k of the numbers 0 to n-1 in random order, none twice.
func some(rng *rand.Rand, n, k int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	for i := range k {
		j := i + rng.IntN(n-i)
		all[i], all[j] = all[j], all[i]
	}
	return all[:k]
}

// put writes images of a class behind those of the ways before it.
func (s *Set) put(dst *meta.Set, way, each, class, turn int, drawn []int, table []levels) {
	for i, image := range drawn {
		row := way*each + i
		dst.Y[row] = way
		s.rowTo(dst.X.Row(row), class, image, turn, table)
	}
}

func space(n, columns int) meta.Set {
	return meta.Set{X: tensor.New(n, columns), Y: make([]int, n)}
}

// RowTo writes an image of s.Classes[class], turned counterclockwise by so many
// quarters, to dst, which has Columns() numbers.
func (s *Set) RowTo(dst []float32, class, image, turn int) {
	s.rowTo(dst, class, image, turn, s.table())
}

func (s *Set) rowTo(dst []float32, class, image, turn int, table []levels) {
	src := s.Classes[class].Pixels[image*s.Columns() : (image+1)*s.Columns()]
	dst = dst[:len(src)]
	if turn == 0 && s.Channels == 1 {
		t := &table[0]
		for i, b := range src {
			dst[i] = t[b]
		}
		return
	}
	at, down, right := steps(turn, s.Height, s.Width)
	ch := s.Channels
	for c := range ch {
		t := &table[c]
		for y := range s.Height {
			p := (at+y*down)*ch + c
			line := dst[y*s.Width*ch : (y+1)*s.Width*ch]
			for x := c; x < len(line); x += ch {
				line[x] = t[src[p]]
				p += right * ch
			}
		}
	}
}

// steps says which pixel of an image is the first of the turned one, and how many
// pixels further those below and to the right of one are.
func steps(turn, height, width int) (at, down, right int) {
	switch turn {
	case 1:
		return width - 1, -1, width
	case 2:
		return height*width - 1, -width, -1
	case 3:
		return (height - 1) * width, 1, -width
	}
	return 0, width, 1
}

func or[T comparable](v, zero T) T {
	var z T
	if v == z {
		return zero
	}
	return v
}
