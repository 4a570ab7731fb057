// Package jsonl reads JSON lines: logs with one object a line, as Zeek and Suricata write them. An object's members
// are fields, those of an object inside with dotted names. What a format knows of its fields it says in [Options].
package jsonl

import (
	"bytes"
	"io"
	"math"
	"slices"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/line"
)

// Match reports whether a file that starts with head is JSON lines.
func Match(head []byte) bool {
	head = bytes.TrimLeft(bytes.TrimPrefix(head, line.BOM), " \t\r\n")
	if len(head) < 2 || head[0] != '{' {
		return false
	}
	c := bytes.TrimLeft(head[1:], " \t")
	return len(c) > 0 && (c[0] == '"' || c[0] == '}')
}

// Options say what is known of the objects; the zero value knows nothing.
type Options struct {
	// Start gives the schema of a log that begins with that line; nil starts with an empty one called "log".
	Start func(line []byte) *inkling.Schema
	Names map[string]string             // of members that go by another name as fields; Kinds takes the latter
	Kinds map[string]inkling.Kind       // of fields whose first value may not tell it
	Text  func(unescaped []byte) []byte // of a string that had escapes, in place; may be nil
	Time  func([]byte) (float64, bool)  // reads a value of kind Time; nil reads seconds
	Apart bool                          // a comma in a string of an array is written as Comma
	Fixed bool                          // there are no fields but those of Start
	First map[string]string             // of arrays of objects: the name under which the members of the first one are fields
	Pairs bool                          // objects in arrays that hold a name and a value are fields (see pairs.go)
	Also  []string                      // of a table, or of a log by NewLog: columns that it has even where no object has such a member
	// Passes tells by the text of the member Type whether an object is passed over, which then adds no fields; it is nil where there is no such.
	Type   string
	Passes func(text []byte) bool
}

// Comma stands for one inside a value of a list, which has commas between its values.
const Comma = `\x2c`

// A Reader reads one object a line. A field that the schema does
// not have yet makes a new schema with it at the end; its kind is that of the
// first value. Objects inside objects are fields with dotted names; arrays are their values with commas between, and
// objects in arrays are left out.
type Reader struct {
	o       Options
	words   bool // all values are text
	fixed   bool // no field is added
	missed  []string
	ahead   int      // bytes that were looked at for them
	lacking []string // those of Also that no object in the first part has
	in      *line.Reader
	schema  *inkling.Schema
	index   map[string]int
	text    []byte // unescaped strings of the record
	rec     *inkling.Record
	next    int // field expected next
	p       parser
	err     error
}

// NewReader reads the log r; file names it in origins and errors.
func NewReader(r io.Reader, file string, o Options) *Reader {
	if o.Start == nil {
		o.Start = func([]byte) *inkling.Schema { return &inkling.Schema{Name: "log"} }
	}
	if o.Time == nil {
		o.Time = line.Moment
	}
	return &Reader{in: line.NewReader(r, file), o: o, fixed: o.Fixed}
}

// Close implements inkling.Reader; the file belongs to the caller.
func (z *Reader) Close() error { return nil }

// Read implements inkling.Reader. Text stays valid until the next Read.
func (z *Reader) Read(r *inkling.Record) error {
	for z.err == nil {
		b, err := z.in.Next()
		if err != nil {
			err = z.in.Failed(err)
			if !inkling.Skippable(err) {
				z.err = err
			}
			return err
		}
		if z.in.No == 1 {
			b = bytes.TrimPrefix(b, line.BOM)
		}
		if b = bytes.TrimSpace(b); len(b) > 0 && b[0] != '#' {
			if passed, err := z.object(b, r); !passed || err != nil {
				return err
			}
		}
	}
	return z.err
}

// object reads one, or passes over it.
func (z *Reader) object(b []byte, r *inkling.Record) (passed bool, err error) {
	if z.schema == nil {
		z.schema = z.o.Start(b)
		z.reindex()
	}
	z.text, z.p = z.text[:0], parser{b: b}
	if z.o.Passes != nil {
		passed = z.o.Passes(z.typeOf())
		z.text, z.p.i = z.text[:0], 0
	}
	if passed {
		err = z.pass(0)
	} else {
		r.Reset(z.schema)
		r.Origin = inkling.Origin{File: z.in.File, Line: z.in.No}
		z.rec, z.next = r, 0
		err = z.members("", 0)
	}
	if err == nil && z.p.space() < len(b) {
		err = errSyntax
	}
	return passed, z.told(err)
}

// typeOf looks for the text of the member that tells an object's type; nil where there is none or the line is damaged before it.
func (z *Reader) typeOf() []byte {
	p := &z.p
	for before := byte('{'); p.take(before); before = ',' {
		name, _, ok := p.str()
		if !ok || !p.take(':') {
			return nil
		}
		is := string(name) == z.o.Type && p.peek() == '"'
		v, err := z.element(0)
		if err != nil {
			return nil
		}
		if is {
			return v
		}
	}
	return nil
}

// told says in words that a line is no object.
func (z *Reader) told(err error) error {
	switch {
	case err == errSyntax && z.in.Partial:
		return z.in.Bad("copy the file again", "the file ends in the middle of this line")
	case err == errSyntax:
		return z.in.Bad("correct or remove the line", "not a JSON object: it goes wrong at column %d", z.p.i+1)
	}
	return err
}

func (z *Reader) reindex() {
	z.index = make(map[string]int, len(z.schema.Fields))
	for i, f := range z.schema.Fields {
		z.index[f.Name] = i
	}
}

// field finds the place of a name, extending the schema when it is new.
func (z *Reader) field(name []byte, k inkling.Kind) (int, error) {
	if n, ok := z.o.Names[string(name)]; ok {
		name = []byte(n)
	}
	fields := z.schema.Fields
	if z.next < len(fields) && fields[z.next].Name == string(name) {
		z.next++
		return z.next - 1, nil
	}
	if i, ok := z.index[string(name)]; ok {
		z.next = i + 1
		return i, nil
	}
	if z.fixed {
		z.miss(name)
		return -1, nil
	}
	if len(fields) >= maxFields {
		return 0, z.in.Bad("is this a log?", "more than %d different fields", maxFields)
	}
	if kk, ok := z.o.Kinds[string(name)]; ok {
		k = kk
	}
	if z.words {
		k = inkling.Text
	}
	z.schema = &inkling.Schema{Name: z.schema.Name, Fields: append(slices.Clip(fields), inkling.Field{Name: string(name), Kind: k}), Open: z.schema.Open}
	z.index[string(name)] = len(fields)
	z.rec.Schema = z.schema
	z.rec.Num, z.rec.Text = append(z.rec.Num, math.NaN()), append(z.rec.Text, nil)
	z.next = len(fields) + 1
	return len(fields), nil
}

// miss keeps the names of the first few members that are left out.
func (z *Reader) miss(name []byte) {
	if len(z.missed) < 5 && !slices.Contains(z.missed, string(name)) {
		z.missed = append(z.missed, string(name))
	}
}

// Missed gives the names of the first few members that are no fields of a log whose fields are fixed.
func (z *Reader) Missed() []string { return z.missed }

// maxFields bounds the fields of a log.
const maxFields = 4096

// maxDepth bounds objects and arrays inside each other.
const maxDepth = 8

func (z *Reader) tooDeep() error {
	return z.in.Bad("flatten it", "objects and arrays are more than %d deep", maxDepth)
}

// maxName bounds the bytes of a field's name, which may stand before those of many others.
const maxName = 4 << 10

// members reads an object's members into the record.
func (z *Reader) members(prefix string, depth int) error {
	p := &z.p
	if depth > maxDepth {
		return z.tooDeep()
	}
	if !p.take('{') {
		return errSyntax
	}
	if p.take('}') {
		return nil
	}
	for {
		name, err := z.str()
		if err != nil {
			return err
		}
		if !p.take(':') {
			return errSyntax
		}
		if len(prefix)+len(name) > maxName {
			return z.in.Bad("shorten it", "the name of a member is longer than %d bytes", maxName)
		}
		if prefix != "" {
			name = append([]byte(prefix), name...)
		}
		if err := z.value(name, depth); err != nil {
			return err
		}
		if p.take('}') {
			return nil
		}
		if !p.take(',') {
			return errSyntax
		}
	}
}

func (z *Reader) value(name []byte, depth int) error {
	p := &z.p
	switch c := p.peek(); {
	case c == '"':
		s, err := z.str()
		if err != nil {
			return err
		}
		return z.put(name, s, inkling.Text)
	case c == '{':
		return z.members(string(name)+".", depth+1)
	case c == '[' && z.o.First[string(name)] != "":
		return z.first(z.o.First[string(name)]+".", depth+1)
	case c == '[':
		if z.o.Pairs {
			if is, err := z.pairs(name, depth+1); is {
				return err
			}
		}
		s, err := z.array(depth + 1)
		if err != nil {
			return err
		}
		return z.put(name, s, inkling.Text)
	case c == 'n' && p.word("null"):
		return nil
	case c == 't' && p.word("true"):
		return z.put(name, letterT, inkling.Text)
	case c == 'f' && p.word("false"):
		return z.put(name, letterF, inkling.Text)
	}
	n := p.number()
	if len(n) == 0 {
		return errSyntax
	}
	return z.put(name, n, inkling.Number)
}

var letterT, letterF = []byte("T"), []byte("F")

// put stores a value in its field. k is the kind a new field gets.
func (z *Reader) put(name, v []byte, k inkling.Kind) error {
	i, err := z.field(name, k)
	if err != nil || i < 0 {
		return err
	}
	f, ok := &z.schema.Fields[i], true
	if f.Kind != inkling.Text && (len(v) == 0 || string(v) == "-") { // a text that stands for nothing, as in the tab-separated form
		z.rec.Num[i] = math.NaN()
		return nil
	}
	switch f.Kind {
	case inkling.Text:
		z.rec.Text[i] = v[:len(v):len(v)]
	case inkling.Number:
		z.rec.Num[i], ok = line.Number(v)
	case inkling.Time:
		z.rec.Num[i], ok = z.o.Time(v)
	}
	if !ok {
		z.rec.Num[i] = math.NaN()
		return z.in.Bad("correct or remove the line", "%s: %s is not a %s", f.Name, line.Show(v), line.Noun(f.Kind))
	}
	return nil
}

// array reads an array as its values with commas between, as the
// tab-separated form has them.
func (z *Reader) array(depth int) ([]byte, error) {
	p := &z.p
	if depth > maxDepth {
		return nil, z.tooDeep()
	}
	if !p.take('[') {
		return nil, errSyntax
	}
	out := []byte{}
	if p.take(']') {
		return out, nil
	}
	for n := 0; ; n++ {
		if n > 0 {
			out = append(out, ',')
		}
		text := p.peek() == '"'
		v, err := z.element(depth)
		if err != nil {
			return nil, err
		}
		if text && z.o.Apart && bytes.IndexByte(v, ',') >= 0 {
			v = bytes.ReplaceAll(v, []byte(","), []byte(Comma))
		}
		out = append(out, v...)
		if p.take(']') {
			return out, nil
		}
		if !p.take(',') {
			return nil, errSyntax
		}
	}
}

// first reads an array of which the first object's members are fields.
func (z *Reader) first(prefix string, depth int) error {
	p := &z.p
	if depth > maxDepth {
		return z.tooDeep()
	}
	if p.take('['); p.take(']') {
		return nil
	}
	for n := 0; ; n++ {
		err := error(nil)
		if n == 0 && p.peek() == '{' {
			err = z.members(prefix, depth+1)
		} else {
			_, err = z.element(depth)
		}
		if err != nil || p.take(']') {
			return err
		}
		if !p.take(',') {
			return errSyntax
		}
	}
}

func (z *Reader) element(depth int) ([]byte, error) {
	p := &z.p
	switch c := p.peek(); {
	case c == '"':
		return z.str()
	case c == '[':
		return z.array(depth + 1)
	case c == '{':
		return nil, z.pass(depth + 1)
	case c == 't' && p.word("true"):
		return letterT, nil
	case c == 'f' && p.word("false"):
		return letterF, nil
	case c == 'n' && p.word("null"):
		return []byte("-"), nil
	}
	if n := p.number(); len(n) > 0 {
		return n, nil
	}
	return nil, errSyntax
}

// pass goes over an object.
func (z *Reader) pass(depth int) error {
	p := &z.p
	if depth > maxDepth {
		return z.tooDeep()
	}
	if !p.take('{') {
		return errSyntax
	}
	for first := true; !p.take('}'); first = false {
		if !first && !p.take(',') {
			return errSyntax
		}
		if _, _, ok := p.str(); !ok || !p.take(':') {
			return errSyntax
		}
		if _, err := z.element(depth); err != nil {
			return err
		}
	}
	return nil
}

// str reads a string. Without escapes it is a part of the line.
func (z *Reader) str() ([]byte, error) {
	raw, escaped, ok := z.p.str()
	if !ok {
		return nil, errSyntax
	}
	if !escaped {
		return raw, nil
	}
	n := len(z.text)
	z.text, ok = unquote(z.text, raw)
	if !ok {
		return nil, errSyntax
	}
	if z.o.Text != nil {
		return z.o.Text(z.text[n:]), nil
	}
	return z.text[n:], nil
}
