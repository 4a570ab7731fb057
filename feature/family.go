package feature

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/line"
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
	// About are the fields that tell people what a judged record is about, the first one whom; nil where there are none, and for flows.
	About []string
}

// Families are all of them. Adding one is a file and a line here; TestFamilies runs over the list.
var Families = []Family{
	{Name: flowName, Doc: "flows: conn logs, EVE, binetflow, pcap", New: func() Extractor { return NewFlow(FlowOptions{}) }},
	{Name: dnsName, Doc: "queries for names: Zeek's dns.log, or a table with a column query", New: newDNS, About: []string{"id.orig_h", "query"}},
	{Name: webName, Doc: "web requests: Zeek's http.log, or a table with a column uri", New: newWeb, About: []string{"id.orig_h", "host", "uri"}},
	{Name: hostName, Doc: "traces of system calls: a table with a column calls", New: newHost},
	{Name: apiName, Doc: "programs: the API calls that each made", New: newAPI},
	{Name: paymentName, Doc: "card payments: time, customer, terminal, amount", New: newPayment, About: []string{"customer", "terminal", "amount"}},
	{Name: identityName, Doc: "sessions at accounts: time, account, device, network, country", New: newIdentity, About: []string{"account", "device"}},
	{Name: launderingName, Doc: "accounts, made of transactions: time, from, to, amount", New: newLaundering, Gather: newAccounts, About: []string{"account"}},
	{Name: ecgName, Doc: "heart beats: 128 samples at 180 Hz around each", New: newECG, About: []string{"patient"}},
	{Name: drugName, Doc: "drugs and events of reports of side effects", New: newDrug, Gather: gatherDrug, About: []string{"drug", "event"}},
	{Name: peName, Doc: "Windows programs, libraries and drivers: PE files", New: newPE, About: []string{"name"}},
	{Name: outbreakName, Doc: "weekly counts of series, such as cases of a disease", New: newOutbreak, About: []string{"series", "time", "count"}},
	{Name: roadName, Doc: "windows of ten readings of a phone's motion in a car", New: newRoad},
	{Name: pedestrianName, Doc: "a pedestrian's box, frame by frame", New: newPedestrian, About: []string{"pedestrian", "video", "frame"}},
	{Name: seriesName, Doc: "points of series, against the points before", New: newSeries, About: []string{"series", "value"}},
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

// suiting names the families, flows aside, that records of a schema have the fields for as they are read.
func suiting(s *inkling.Schema) (names []string) {
	var r inkling.Record
	r.Reset(s)
	for i := range Families {
		f := &Families[i]
		if f.Name == flowName || f.Gather != nil {
			continue
		}
		x := f.New()
		var e *inkling.Error
		err := x.Extract(make([]float64, len(x.Contract().Features)), &r)
		if err == nil || errors.As(err, &e) && e.Skippable { // this record is of no use, others may be
			names = append(names, f.Name)
		}
	}
	return names
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
		if s.Name == tableName {
			remedy += "; where a CSV has other names for them, write these into its header line, or leave that out and name all columns in order with --names"
		}
		return nil, lacking(c, s, missing, remedy)
	}
	return at, nil
}

// optional finds fields that may be lacking: -1 for those that do. All have to be text but those of numbers, which may be.
func optional(c *Contract, s *inkling.Schema, names []string, numbers ...int) ([]int, error) {
	at := make([]int, len(names))
	for i, n := range names {
		if at[i] = s.Index(n); at[i] >= 0 && !slices.Contains(numbers, i) && s.Fields[at[i]].Kind != inkling.Text {
			return nil, inkling.Errorf(inkling.Invalid, "schema "+s.Name, "contract %s needs field %s to be text", c.Name, n)
		}
	}
	return at, nil
}

// clientOf gives a record's time and whose it is; not ok where either is lacking or damaged.
func clientOf(r *inkling.Record, time, client int) (ts float64, whose key, ok bool) {
	if time < 0 || client < 0 {
		return 0, whose, false
	}
	ts = Moment(r, time)
	name := text(r, client)
	return ts, hash128(name), !math.IsNaN(ts) && len(name) > 0
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

// keyOf hashes the name in field i; false when it is missing.
func keyOf(r *inkling.Record, i int) (key, bool) {
	n := r.Written(i)
	return hash128(n), len(n) > 0
}

// Moment gives field i as seconds since 1970, whether written so, in milliseconds, or as a date and time, UTC where no zone is said; NaN when it
// is none of these.
func Moment(r *inkling.Record, i int) float64 {
	v, ok := 0.0, true
	if r.Schema.Fields[i].Kind != inkling.Text {
		v = r.Num[i]
	} else {
		v, ok = line.Moment(text(r, i))
	}
	if r.Schema.Fields[i].Kind != inkling.Time && v >= latest && v < 1e14 { // from 1978 on, as JavaScript and Java count
		v /= 1000
	}
	if ok && v >= 0 && v < latest {
		return v
	}
	return math.NaN()
}

// unusable is the error of a record whose field cannot be used; it is left out.
func unusable(r *inkling.Record, what, remedy string) error {
	return &inkling.Error{Code: inkling.Invalid, Place: r.Origin.String(), What: what, Remedy: remedy, Skippable: true}
}
