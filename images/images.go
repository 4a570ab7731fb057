// Package images holds the image benchmarks of the few-shot papers, Omniglot and
// miniImageNet, read into memory and drawn as N-way K-shot tasks.
//
// A [Benchmark] loads [Splits]: classes to train on, to validate on and to test
// on, no class in two of them. [Set.Source] draws tasks from one of them as a
// [meta.Source]. An image is one row, height x width x channels with channels
// last: pixel (y, x) of channel c stands at (y*Width+x)*Channels+c. Rows are
// float32; the images behind them stay bytes, and turned copies of a class are
// made only when they are drawn.
package images

import (
	"context"
	"fmt"
	"strings"

	"github.com/inkling-sec/inkling"
)

// Benchmark is a data set with the protocol that the papers judge on.
type Benchmark struct {
	Name  string
	About string // what path is to hold, for help texts
	// Load reads the data at path. Errors name the file, the problem and the remedy.
	Load func(ctx context.Context, path string, o Options) (*Splits, error)
}

// Benchmarks are all there are. Adding one is a file and a line here.
var Benchmarks = []Benchmark{
	{"omniglot", omniglotForms, Omniglot},
	{"miniimagenet", "a folder of images under the names of train.csv, val.csv and test.csv of Ravi and Larochelle", MiniImageNet},
}

// Find gives the benchmark of that name.
func Find(name string) (Benchmark, error) {
	var names []string
	for _, b := range Benchmarks {
		if b.Name == name {
			return b, nil
		}
		names = append(names, b.Name)
	}
	return Benchmark{}, &inkling.Error{Code: inkling.Invalid, What: fmt.Sprintf("no image benchmark %q", name), Remedy: "choose from " + strings.Join(names, ", ")}
}

// The parts of a benchmark.
const (
	Train      = "train"
	Validation = "validation"
	Test       = "test"
)

// Options are what a benchmark may be told. The zero value is the papers' protocol.
type Options struct {
	Parts []string // which of Train, Validation and Test to load; nil means all
	// Lists is a folder of lists that say which class or image is of which part. For
	// Omniglot "" means the shuffled split, for miniImageNet the folder of the images.
	Lists string
	// Scale is how to normalise; nil means as the benchmark does. For miniImageNet
	// that needs the training images: give the scale of the training run to test without them.
	Scale *Scale
}

func (o Options) wants(part string) bool {
	for _, p := range o.Parts {
		if p == part {
			return true
		}
	}
	return o.Parts == nil
}

func (o Options) check() error {
	for _, p := range o.Parts {
		if p != Train && p != Validation && p != Test {
			return &inkling.Error{Code: inkling.Invalid, What: fmt.Sprintf("no part %q of a benchmark", p), Remedy: "choose from " + strings.Join([]string{Train, Validation, Test}, ", ")}
		}
	}
	return nil
}

// Splits are the disjoint parts of a benchmark; one that was not asked for is nil.
type Splits struct {
	Protocol                string // how classes were divided, in words: to be told beside every figure
	Train, Validation, Test *Set
}

// TrainAndValidation gives the classes of both, what final models of the papers
// are often trained on (ProtoNet's trainval; the 1,200 characters of Omniglot).
func (s *Splits) TrainAndValidation() *Set {
	out := *s.Train
	out.Classes = append(append([]Class(nil), s.Train.Classes...), s.Validation.Classes...)
	return &out
}

// Set is classes of images of one size. It must not change while a source draws from it.
type Set struct {
	Height, Width, Channels int
	Classes                 []Class
	Turns                   Turns  // how quarter turns make further classes
	Scale                   *Scale // nil means bytes divided by 255
}

// Class is the images of one thing.
type Class struct {
	Name   string
	Pixels []uint8 // Height x Width x Channels of each image, one image after the other
}

// Turns says how images turned by quarters make further classes.
type Turns uint8

// The ways to turn. Under the last two a class of a task is numbered 4*class + quarter turns.
const (
	// Upright takes images as they are.
	Upright Turns = iota
	// FourClasses makes each of the four turns of a class a class of its own, as
	// Vinyals et al. 2016 and Snell et al. 2017 do: two turns of one character can
	// meet in a task, and of a character that is its own turn they cannot be told apart.
	FourClasses
	// OneOfFour gives each class of a task one of the four turns by chance, so no
	// character is in a task twice, as the code of Finn et al. 2017 does.
	OneOfFour
)

// Count gives the number of classes, turned ones among them.
func (s *Set) Count() int {
	if s.Turns == Upright {
		return len(s.Classes)
	}
	return 4 * len(s.Classes)
}

// Name gives the name of class c of a task of this set, like
// Latin/character03/rot090: degrees are counterclockwise.
func (s *Set) Name(c int) string {
	if s.Turns == Upright {
		return s.Classes[c].Name
	}
	return fmt.Sprintf("%s/rot%03d", s.Classes[c/4].Name, 90*(c%4))
}

// Columns gives the width of a row.
func (s *Set) Columns() int { return s.Height * s.Width * s.Channels }

// Len gives the number of images of class i of s.Classes.
func (s *Set) Len(i int) int { return len(s.Classes[i].Pixels) / s.Columns() }

// Images gives the number of images, turned ones not counted.
func (s *Set) Images() (n int) {
	for i := range s.Classes {
		n += s.Len(i)
	}
	return n
}

func invalid(place, remedy, what string, a ...any) error {
	return &inkling.Error{Code: inkling.Invalid, Place: place, What: fmt.Sprintf(what, a...), Remedy: remedy}
}
