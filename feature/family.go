package feature

import (
	"bytes"
	"fmt"
	"math"

	"github.com/inkling-sec/inkling"
)

// Family is a contract with features of its own, as against one that [InspectTable] makes of any table.
type Family struct {
	Name string // of the contract, and of the schema that a user asks for
	Doc  string // what a record is, in a few words
	New  func() Extractor
	// Gather, where not nil, makes of the records that are read those that are judged, such as an
	// account of its payments. Origins count the records made, from 1. What it holds back until the
	// end of the input it holds in bounded memory.
	Gather func(inkling.Reader) inkling.Reader
}

// Families are all of them. Adding one is a file and a line here; TestFamilies runs over the list.
var Families = []Family{
	{Name: flowName, Doc: "flows: conn logs, pcap", New: func() Extractor { return NewFlow(FlowOptions{}) }},
	{Name: roadName, Doc: "windows of ten readings of a phone's motion in a car", New: newRoad},
	{Name: pedestrianName, Doc: "a pedestrian's box, frame by frame", New: newPedestrian},
	{Name: seriesName, Doc: "points of series, against the points before", New: newSeries},
}

// FamilyNames gives their names.
func FamilyNames() (names []string) {
	for _, f := range Families {
		names = append(names, f.Name)
	}
	return names
}

// Find gives the family of that name, or nil: a table's.
func Find(name string) *Family {
	for i := range Families {
		if Families[i].Name == name {
			return &Families[i]
		}
	}
	return nil
}

// Gather gives the records that are judged under the contract of that name.
func Gather(name string, r inkling.Reader) inkling.Reader {
	if f := Find(name); f != nil && f.Gather != nil {
		return f.Gather(r)
	}
	return r
}

// New gives the extractor of a contract that was stored. A family's contract of
// another version is a Conflict; any name that is no family's is a table's.
func New(c *Contract) (Extractor, error) {
	f := Find(c.Name)
	if f == nil {
		return NewTable(c)
	}
	x := f.New()
	if now := x.Contract(); c.Hash() != now.Hash() {
		return nil, &inkling.Error{Code: inkling.Conflict, Place: "contract " + c.Name,
			What:   fmt.Sprintf("version %d differs from this program's version %d", c.Version, now.Version),
			Remedy: "make the baseline and its detectors again, or use the program they were made with"}
	}
	return x, nil
}

// columns finds the fields of those names in s, for an extractor of contract c that needs them.
func columns(c *Contract, s *inkling.Schema, remedy string, names ...string) ([]int, error) {
	var missing []string
	at := make([]int, len(names))
	for i, n := range names {
		if at[i] = s.Index(n); at[i] < 0 {
			missing = append(missing, n)
		}
	}
	if missing != nil {
		return nil, lacking(c, s, missing, remedy)
	}
	return at, nil
}

// number gives field i of a record, whether the reader made a number of it or left it as text; NaN when it is none.
func number(r *inkling.Record, i int) float64 {
	if r.Schema.Fields[i].Kind != inkling.Text {
		return r.Num[i]
	}
	v, ok := parse(bytes.TrimSpace(r.Text[i]))
	if !ok {
		return math.NaN()
	}
	return v
}

// text gives field i of a record that holds text, without the spaces around it.
func text(r *inkling.Record, i int) []byte { return bytes.TrimSpace(r.Text[i]) }
