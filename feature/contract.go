// Package feature makes rows of numbers out of records.
//
// A [Contract] says which numbers, in which order; an [Extractor] fills one raw
// row a record, in units a person can read; a [Scaler], fitted on benign rows
// alone, turns raw rows into the columns a learner sees. Offline and live runs
// use the same three, and everything learned carries the contract's hash, so a
// model is never given rows of another making.
//
// There are the fixed contracts of [Families], such as that of flows with its statistics
// over time, and contracts of any table, made by [InspectTable].
package feature

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/inkling-sec/inkling"
)

// Kind says what a raw value of a feature is.
type Kind uint8

const (
	Numeric  Kind = iota // a number; NaN when missing
	Category             // an index into Feature.Levels; -1 for any other level
)

// String gives "numeric" or "category".
func (k Kind) String() string {
	if k == Category {
		return "category"
	}
	return "numeric"
}

// MarshalText writes the kind's name.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (k *Kind) UnmarshalText(b []byte) error {
	switch string(b) {
	case "numeric":
		*k = Numeric
	case "category":
		*k = Category
	default:
		return inkling.Errorf(inkling.Invalid, "", "unknown feature kind %q", b)
	}
	return nil
}

// Feature is one value of a row.
type Feature struct {
	Name     string   `json:"name"` // public and stable: explanations and stored contracts use it
	Unit     string   `json:"unit,omitempty"`
	Doc      string   `json:"doc,omitempty"`
	Kind     Kind     `json:"kind"`
	Levels   []string `json:"levels,omitempty"`    // of a Category, in order
	Missing  bool     `json:"missing,omitempty"`   // a Numeric that may be missing: it is given a column that says so
	Attacker bool     `json:"attacker,omitempty"`  // an attacker sets it at will
	OverTime bool     `json:"over_time,omitempty"` // depends on the records before
	From     []string `json:"from,omitempty"`      // fields of the record that it is made of; nil where that is not said
}

// Contract names the values of a row, in order. It is immutable once in use.
type Contract struct {
	Name     string    `json:"name"` // "flow", "table"
	Version  int       `json:"version"`
	Features []Feature `json:"features"`
}

// Hash gives the SHA-256, in hex, of all that decides what a row means: name,
// version, and the names, order, kinds, levels and possible absence of the
// features. Units and texts do not count.
func (c *Contract) Hash() string {
	h := sha256.New()
	fmt.Fprintf(h, "contract %q %d\n", c.Name, c.Version)
	for i := range c.Features {
		f := &c.Features[i]
		fmt.Fprintf(h, "%q %s %t %q\n", f.Name, f.Kind, f.Missing, f.Levels)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Check reports what is wrong with a contract that was read from a file.
func (c *Contract) Check() error {
	if len(c.Features) == 0 {
		return inkling.Errorf(inkling.Invalid, "contract "+c.Name, "has no features")
	}
	seen := map[string]bool{}
	for _, f := range c.Features {
		switch {
		case f.Name == "":
			return inkling.Errorf(inkling.Invalid, "contract "+c.Name, "a feature has no name")
		case seen[f.Name]:
			return inkling.Errorf(inkling.Invalid, "contract "+c.Name, "feature %q appears twice", f.Name)
		case f.Kind == Numeric && len(f.Levels) > 0:
			return inkling.Errorf(inkling.Invalid, "contract "+c.Name, "feature %q is numeric and has levels", f.Name)
		}
		seen[f.Name] = true
		levels := map[string]bool{}
		for _, l := range f.Levels {
			if levels[l] {
				return inkling.Errorf(inkling.Invalid, "contract "+c.Name, "feature %q has level %q twice", f.Name, l)
			}
			levels[l] = true
		}
	}
	return nil
}

// Index gives the position of the feature with that name, or -1.
func (c *Contract) Index(name string) int {
	for i := range c.Features {
		if c.Features[i].Name == name {
			return i
		}
	}
	return -1
}

// Value gives the raw value v of feature i for output: a float64 or a level's
// name; nil when missing.
func (c *Contract) Value(i int, v float64) any {
	f := &c.Features[i]
	if f.Kind == Category {
		return level(f, v)
	}
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return v
}

// Format gives the raw value v of feature i for people: "1460 bytes", "tcp",
// "missing".
func (c *Contract) Format(i int, v float64) string {
	f := &c.Features[i]
	switch {
	case f.Kind == Category:
		return level(f, v)
	case math.IsNaN(v) || math.IsInf(v, 0):
		return "missing"
	}
	return strings.TrimRight(digits(v)+" "+f.Unit, " ")
}

// digits writes whole numbers in full and others with four significant digits.
func digits(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	if a := math.Abs(v); a >= 1000 && a < 1e15 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

// other is the name of every level that a category does not list.
const other = "(other)"

func level(f *Feature, v float64) string {
	if !(v >= 0 && v < float64(len(f.Levels))) {
		return other
	}
	if l := f.Levels[int(v)]; l != "" {
		return l
	}
	return "(missing)"
}

// Extractor makes raw rows. One with features over time remembers the records
// it has seen, so the order of records matters and is all that matters: the
// same records in the same order give the same rows. One goroutine at a time.
type Extractor interface {
	Contract() *Contract
	// Extract writes one value for each feature to dst, which must be that
	// long. It keeps nothing of r. A record whose schema lacks what the
	// contract needs, or whose values cannot be used, is an *inkling.Error with
	// Code Invalid; such a record leaves no trace in the extractor.
	Extract(dst []float64, r *inkling.Record) error
}

// mostLacking is how many of the fields that a schema lacks are named: all that flows need, and few of the columns of a wide table.
const mostLacking = 16

// lacking is the error of a schema without the fields a contract needs.
func lacking(c *Contract, s *inkling.Schema, names []string, remedy string) error {
	word := "field "
	if len(names) > 1 {
		word = "fields "
	}
	if more := len(names) - mostLacking; more > 0 {
		names = append(slices.Clone(names[:mostLacking]), fmt.Sprintf("and %d more", more))
	}
	return &inkling.Error{Code: inkling.Invalid, Place: "schema " + s.Name,
		What:   "contract " + c.Name + " needs the " + word + strings.Join(names, ", "),
		Remedy: remedy}
}
