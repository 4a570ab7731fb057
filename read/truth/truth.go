// Package truth labels flows by ground truth that stands in a file of its own, as it comes with captures and out of
// reports of incidents: a table of who did what when.
//
// Its columns are any of start, end, address, port, community_id, uid, and label; note is for people. A line labels the
// flows that begin from start to end, both included, have the address, which may be a network, at either end, the port
// at either end, and are of that Community ID and uid, as far as the line says any of it. The first line that holds
// for a flow labels it; a flow that none holds for is benign.
package truth

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/community"
	"github.com/inkling-sec/inkling/read/line"
)

// Columns of the table.
const (
	cStart = iota
	cEnd
	cAddress
	cPort
	cCommunity
	cUID
	cLabel
	cNote
	columns
)

var names = [columns]string{"start", "end", "address", "port", "community_id", "uid", "label", "note"}

// entry is a line.
type entry struct {
	start, end float64 // infinite where it says none
	network    netip.Prefix
	port       int // -1: any
	community  []byte
	uid        []byte
	label      []byte
	at         inkling.Origin
	used       bool
}

// Truth is a table. It counts which lines were of use, so that one goroutine at a time may ask.
type Truth struct {
	file    string
	entries []entry
	has     [columns]bool // that any line says something in it

	// Each entry is in one list: that of its uid, or its Community ID, or its one address, or of the others.
	uid, community map[string]*list
	address        map[netip.Addr]*list
	others         list
}

// Read reads the lines of table, whose file is named.
func Read(table inkling.Reader, file string) (*Truth, error) {
	t := &Truth{file: file, uid: map[string]*list{}, community: map[string]*list{}, address: map[netip.Addr]*list{}}
	var rec inkling.Record
	var at [columns]int
	var schema *inkling.Schema
	for {
		err := table.Read(&rec)
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil && rec.Schema != schema {
			schema = rec.Schema
			at, err = bind(schema, file)
		}
		if err != nil {
			return nil, err // a line of the truth that cannot be read is no matter of chance
		}
		e, err := t.parse(&rec, &at)
		if err != nil {
			return nil, err
		}
		t.entries = append(t.entries, e)
	}
	if len(t.entries) == 0 {
		return nil, &inkling.Error{Code: inkling.Invalid, Place: file, What: "no line that labels anything", Remedy: "give a table with a header: " + strings.Join(names[:], ",")}
	}
	t.index()
	return t, nil
}

func bind(s *inkling.Schema, file string) (at [columns]int, err error) {
	for i := range at {
		at[i] = -1
	}
	for i, f := range s.Fields {
		k := slices.Index(names[:], strings.ToLower(strings.TrimSpace(f.Name)))
		if k < 0 {
			return at, &inkling.Error{Code: inkling.Invalid, Place: file, What: fmt.Sprintf("no column of ground truth is called %q", f.Name), Remedy: "there are " + strings.Join(names[:], ", ")}
		}
		at[k] = i
	}
	if at[cLabel] < 0 {
		return at, &inkling.Error{Code: inkling.Invalid, Place: file, What: "no column label", Remedy: "name the column that says what happened label"}
	}
	return at, nil
}

func (t *Truth) parse(r *inkling.Record, at *[columns]int) (e entry, err error) {
	text := func(column int) []byte {
		i := at[column]
		switch {
		case i < 0:
			return nil
		case r.Schema.Fields[i].Kind != inkling.Text && math.IsNaN(r.Num[i]):
			return nil
		case r.Schema.Fields[i].Kind != inkling.Text:
			return strconv.AppendFloat(nil, r.Num[i], 'f', -1, 64)
		}
		b := bytes.TrimSpace(r.Text[i])
		if len(b) == 1 && b[0] == '-' {
			return nil
		}
		return bytes.Clone(b)
	}
	bad := func(what, remedy string) error {
		return &inkling.Error{Code: inkling.Invalid, Place: r.Origin.String(), What: what, Remedy: remedy}
	}
	e = entry{start: math.Inf(-1), end: math.Inf(1), port: -1, community: text(cCommunity), uid: text(cUID), label: text(cLabel), at: r.Origin}
	for column, to := range []*float64{&e.start, &e.end} {
		if b := text(column); len(b) > 0 {
			v, ok := line.Moment(b)
			if v > 1e11 { // in the year 5138 and later: milliseconds
				v /= 1000
			}
			if !ok || v > 1e11 {
				return e, bad(names[column]+": "+line.Show(b)+" is not a time", "write seconds or milliseconds since 1970, or a date as of ISO 8601")
			}
			*to = v
		}
	}
	if b := text(cAddress); len(b) > 0 {
		if e.network, err = network(string(b)); err != nil {
			return e, bad("address: "+line.Show(b)+" is neither an address nor a network", "write it as 10.0.0.1 or 10.0.0.0/8")
		}
	}
	if b := text(cPort); len(b) > 0 {
		port, err := strconv.ParseUint(string(b), 10, 16)
		if err != nil {
			return e, bad("port: "+line.Show(b)+" is not a port", "write a number up to 65535")
		}
		e.port = int(port)
	}
	says := [columns]bool{cStart: !math.IsInf(e.start, 0), cEnd: !math.IsInf(e.end, 0), cAddress: e.network.IsValid(), cPort: e.port >= 0, cCommunity: len(e.community) > 0, cUID: len(e.uid) > 0}
	switch {
	case len(e.label) == 0:
		return e, bad("no label", "say what happened, or remove the line")
	case e.start > e.end:
		return e, bad("it ends before it starts", "exchange start and end")
	case says == [columns]bool{}:
		return e, bad("it would label every flow: it says neither when nor whose", "fill one of start, end, address, port, community_id, uid")
	}
	for i, s := range says {
		t.has[i] = t.has[i] || s
	}
	return e, nil
}

func network(s string) (netip.Prefix, error) {
	if p, err := netip.ParsePrefix(s); err == nil {
		if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
			p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
		}
		return p.Masked(), nil
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, err
	}
	a = a.Unmap().WithZone("")
	return netip.PrefixFrom(a, a.BitLen()), nil
}

// index puts each entry in its list.
func (t *Truth) index() {
	for i := range t.entries {
		e := &t.entries[i]
		l := &t.others
		switch {
		case len(e.uid) > 0:
			l = of(t.uid, string(e.uid))
		case len(e.community) > 0:
			l = of(t.community, string(e.community))
		case e.network.IsSingleIP():
			l = of(t.address, e.network.Addr())
		}
		l.add(t.entries, i)
	}
	for _, l := range t.lists() {
		l.sort(t.entries)
	}
}

func (t *Truth) lists() []*list {
	all := []*list{&t.others}
	for _, m := range []map[string]*list{t.uid, t.community} {
		for _, l := range m {
			all = append(all, l)
		}
	}
	for _, l := range t.address {
		all = append(all, l)
	}
	return all
}

func of[K comparable](m map[K]*list, key K) *list {
	l := m[key]
	if l == nil {
		l = &list{}
		m[key] = l
	}
	return l
}

// list is entries that are found by the same key, so that those of a time are found without going through all.
type list struct {
	open    []int     // without start or end
	bounded []int     // by start
	latest  []float64 // end of bounded[:i+1]
}

func (l *list) add(all []entry, i int) {
	if math.IsInf(all[i].start, 0) || math.IsInf(all[i].end, 0) {
		l.open = append(l.open, i)
	} else {
		l.bounded = append(l.bounded, i)
	}
}

func (l *list) sort(all []entry) {
	slices.SortStableFunc(l.bounded, func(a, b int) int {
		switch {
		case all[a].start < all[b].start:
			return -1
		case all[a].start > all[b].start:
			return 1
		}
		return 0
	})
	end := math.Inf(-1)
	for _, i := range l.bounded {
		end = max(end, all[i].end)
		l.latest = append(l.latest, end)
	}
}

// first gives the first entry, before the one at best, that holds.
func (l *list) first(all []entry, f *flow, best int) int {
	if l == nil {
		return best
	}
	for _, i := range l.open {
		if i >= best {
			break
		}
		if f.is(&all[i]) {
			best = i
		}
	}
	n, _ := slices.BinarySearchFunc(l.bounded, f.ts, func(i int, ts float64) int {
		if all[i].start <= ts {
			return -1
		}
		return 1
	})
	for k := n - 1; k >= 0 && l.latest[k] >= f.ts; k-- {
		if i := l.bounded[k]; i < best && f.is(&all[i]) {
			best = i
		}
	}
	return best
}

// flow is what of a record decides.
type flow struct {
	ts             float64
	ends           [2]netip.Addr
	ports          [2]float64
	uid, community []byte
}

func (f *flow) is(e *entry) bool {
	switch {
	case (!math.IsInf(e.start, 0) || !math.IsInf(e.end, 0)) && !(e.start <= f.ts && f.ts <= e.end):
	case e.network.IsValid() && !e.network.Contains(f.ends[0]) && !e.network.Contains(f.ends[1]):
	case e.port >= 0 && f.ports[0] != float64(e.port) && f.ports[1] != float64(e.port):
	case len(e.uid) > 0 && !bytes.Equal(e.uid, f.uid):
	case len(e.community) > 0 && !bytes.Equal(e.community, f.community):
	default:
		return true
	}
	return false
}

func (t *Truth) find(f *flow) []byte {
	best := t.others.first(t.entries, f, len(t.entries))
	best = t.uid[string(f.uid)].first(t.entries, f, best)
	best = t.community[string(f.community)].first(t.entries, f, best)
	for i, a := range f.ends {
		if a.IsValid() && (i == 0 || a != f.ends[0]) {
			best = t.address[a].first(t.entries, f, best)
		}
	}
	if best == len(t.entries) {
		return nil
	}
	t.entries[best].used = true
	return t.entries[best].label
}

// Labels gives the labels in order of their first lines.
func (t *Truth) Labels() (labels []string) {
	seen := map[string]bool{}
	for i := range t.entries {
		if l := string(t.entries[i].label); !seen[l] {
			seen[l] = true
			labels = append(labels, l)
		}
	}
	return labels
}

// Notes tells which lines have labelled nothing so far.
func (t *Truth) Notes() []string {
	var unused []string
	n := 0
	for i := range t.entries {
		if e := &t.entries[i]; !e.used {
			if n++; n <= 5 {
				unused = append(unused, strconv.Itoa(e.at.Line))
			}
		}
	}
	if n == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%s: %d of %d lines label no record, lines %s among them", t.file, n, len(t.entries), strings.Join(unused, ", "))}
}

// Labelled gives the records of a reader with their labels.
type Labelled struct {
	in     inkling.Reader
	truth  *Truth
	name   string // of the field
	benign []byte

	raw          inkling.Record
	from, schema *inkling.Schema
	at           [fields]int
	label        int
}

// Label labels the records of r, which is closed with it, in a field of that name.
func (t *Truth) Label(r inkling.Reader, name, benign string) *Labelled {
	return &Labelled{in: r, truth: t, name: name, benign: []byte(benign)}
}

// Fields of a flow.
const (
	fSource = iota
	fDestination
	fSourcePort
	fDestinationPort
	fProto
	fUID
	fCommunity
	fTime
	fields
)

var fieldNames = [fields]string{"id.orig_h", "id.resp_h", "id.orig_p", "id.resp_p", "proto", "uid", "community_id", "ts"}

// Close implements inkling.Reader.
func (l *Labelled) Close() error { return l.in.Close() }

// Notes tells what the reader leaves out.
func (l *Labelled) Notes() []string { return inkling.NotesOf(l.in) }

// Read implements inkling.Reader. Text stays valid until the next Read.
func (l *Labelled) Read(r *inkling.Record) error {
	if err := l.in.Read(&l.raw); err != nil {
		return err
	}
	if l.raw.Schema != l.from {
		if err := l.bind(l.raw.Schema); err != nil {
			return err
		}
	}
	r.Reset(l.schema)
	r.Origin = l.raw.Origin
	copy(r.Num, l.raw.Num)
	copy(r.Text, l.raw.Text)
	f := l.flow()
	if r.Text[l.label] = l.truth.find(&f); r.Text[l.label] == nil {
		r.Text[l.label] = l.benign
	}
	return nil
}

func (l *Labelled) bind(s *inkling.Schema) error {
	for i, name := range fieldNames {
		l.at[i] = s.Index(name)
		if i == fTime && l.at[i] < 0 {
			l.at[i] = slices.IndexFunc(s.Fields, func(f inkling.Field) bool { return f.Kind == inkling.Time })
		}
	}
	has := func(all ...int) bool { return !slices.ContainsFunc(all, func(i int) bool { return l.at[i] < 0 }) }
	for column, ok := range []bool{
		cStart: has(fTime), cEnd: has(fTime), cAddress: has(fSource, fDestination), cPort: has(fSourcePort, fDestinationPort), cUID: has(fUID),
		cCommunity: has(fCommunity) || has(fSource, fDestination, fSourcePort, fDestinationPort, fProto),
	} {
		if l.truth.has[column] && !ok {
			return &inkling.Error{Code: inkling.Invalid, Place: l.raw.Origin.String(), What: "the record has nothing to hold the " + names[column] + " of " + l.truth.file + " to", Remedy: "label flows, or say in the ground truth what these records have"}
		}
	}
	l.schema = &inkling.Schema{Name: s.Name, Fields: slices.Clone(s.Fields)}
	if l.label = s.Index(l.name); l.label < 0 {
		l.label = len(s.Fields)
		l.schema.Fields = append(l.schema.Fields, inkling.Field{Name: l.name})
	}
	if l.schema.Fields[l.label].Kind != inkling.Text {
		return &inkling.Error{Code: inkling.Invalid, Place: l.raw.Origin.String(), What: fmt.Sprintf("the field %q is a number already", l.name), Remedy: "give the labels another name with --label"}
	}
	l.from = s
	return nil
}

// flow gives what of the record decides, without what no line asks for.
func (l *Labelled) flow() (f flow) {
	f.ts, f.ports = l.number(fTime), [2]float64{l.number(fSourcePort), l.number(fDestinationPort)}
	f.uid, f.community = l.text(fUID), l.text(fCommunity)
	if l.truth.has[cAddress] {
		for i := range f.ends {
			if a, err := netip.ParseAddr(string(l.text(fSource + i))); err == nil {
				f.ends[i] = a.Unmap().WithZone("")
			}
		}
	}
	if l.truth.has[cCommunity] && f.community == nil {
		f.community = []byte(community.Of(string(l.text(fProto)), string(l.text(fSource)), string(l.text(fDestination)), f.ports[0], f.ports[1]))
	}
	return f
}

func (l *Labelled) text(field int) []byte {
	if i := l.at[field]; i >= 0 {
		return bytes.TrimSpace(l.raw.Text[i])
	}
	return nil
}

func (l *Labelled) number(field int) float64 {
	i := l.at[field]
	switch {
	case i < 0:
		return math.NaN()
	case l.from.Fields[i].Kind != inkling.Text:
		return l.raw.Num[i]
	}
	if v, ok := line.Moment(bytes.TrimSpace(l.raw.Text[i])); ok {
		return v
	}
	return math.NaN()
}
