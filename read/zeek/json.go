package zeek

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/line"
)

// MatchJSON reports whether a file that starts with head is a Zeek log written
// as JSON lines: an object with a ts or a _path.
func MatchJSON(head []byte) bool {
	head = bytes.TrimLeft(bytes.TrimPrefix(head, bom), " \t\r\n")
	if len(head) == 0 || head[0] != '{' {
		return false
	}
	if i := bytes.IndexByte(head, '\n'); i > 0 {
		head = head[:i]
	}
	for _, w := range []string{`"ts":`, `"ts" :`, `"_path"`} {
		if bytes.Contains(head, []byte(w)) {
			return true
		}
	}
	return false
}

// logs are those whose fields are known beforehand, so that all records of a file have them even where the first lack some:
// the fields by default, in Zeek's order. A mark is a member that every record of the log has and no other log's.
var logs = []struct {
	path, mark string
	fields     []string
}{
	{"conn", `"conn_state"`, slices.Concat(ends, []string{"proto", "service", "duration", "orig_bytes", "resp_bytes", "conn_state", "local_orig", "local_resp",
		"missed_bytes", "history", "orig_pkts", "orig_ip_bytes", "resp_pkts", "resp_ip_bytes"})},
	{"http", `"tags":[`, slices.Concat(ends, []string{"trans_depth", "method", "host", "uri", "referrer", "version", "user_agent",
		"request_body_len", "response_body_len", "status_code", "status_msg"})},
	{"dns", `"rejected"`, slices.Concat(ends, []string{"proto", "trans_id", "rtt", "query", "qclass", "qclass_name", "qtype", "qtype_name", "rcode", "rcode_name",
		"AA", "TC", "RD", "RA", "Z", "answers", "TTLs", "rejected"})},
}

// ends are the fields that these logs begin with.
var ends = []string{"ts", "uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p"}

// A JSON reads the JSON form, one object a line. A field that the schema does
// not have yet makes a new schema with it at the end; its kind is that of the
// first value. Objects inside objects are fields with dotted names.
type JSON struct {
	in     *line.Reader
	schema *inkling.Schema
	index  map[string]int
	text   []byte // unescaped strings of the record
	rec    *inkling.Record
	next   int // field expected next
	p      parser
	err    error
}

// NewJSON reads the log r; file names it in origins and errors.
func NewJSON(r io.Reader, file string) *JSON { return &JSON{in: line.NewReader(r, file)} }

// Close implements inkling.Reader; the file belongs to the caller.
func (z *JSON) Close() error { return nil }

// Read implements inkling.Reader. Text stays valid until the next Read.
func (z *JSON) Read(r *inkling.Record) error {
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
			b = bytes.TrimPrefix(b, bom)
		}
		if b = bytes.TrimSpace(b); len(b) > 0 && b[0] != '#' {
			return z.object(b, r)
		}
	}
	return z.err
}

func (z *JSON) object(b []byte, r *inkling.Record) error {
	if z.schema == nil {
		z.start(b)
	}
	r.Reset(z.schema)
	r.Origin = inkling.Origin{File: z.in.File, Line: z.in.No}
	z.rec, z.next, z.text = r, 0, z.text[:0]
	z.p = parser{b: b}
	err := z.members("", 0)
	if err == nil && z.p.space() < len(b) {
		err = errSyntax
	}
	switch {
	case err == errSyntax && z.in.Partial:
		return z.in.Bad("copy the file again", "the file ends in the middle of this line")
	case err == errSyntax:
		return z.in.Bad("correct or remove the line", "not a JSON object: it goes wrong at column %d", z.p.i+1)
	}
	return err
}

// start makes the first schema, with the fields of the log that the object looks like one of.
func (z *JSON) start(b []byte) {
	path := pathOf(b)
	z.schema = &inkling.Schema{Name: "zeek." + path}
	for _, l := range logs {
		if l.path == path {
			for _, f := range l.fields {
				z.schema.Fields = append(z.schema.Fields, inkling.Field{Name: f, Kind: known[f]})
			}
		}
	}
	z.reindex()
}

// pathOf tells which log an object is of: by its _path, or by a log's mark.
func pathOf(b []byte) string {
	if i := bytes.Index(b, []byte(`"_path":"`)); i >= 0 {
		rest := b[i+len(`"_path":"`):]
		if j := bytes.IndexByte(rest, '"'); j > 0 && j < 64 {
			return string(rest[:j])
		}
	}
	for _, l := range logs {
		if bytes.Contains(b, []byte(l.mark)) {
			return l.path
		}
	}
	return "log"
}

func (z *JSON) reindex() {
	z.index = make(map[string]int, len(z.schema.Fields))
	for i, f := range z.schema.Fields {
		z.index[f.Name] = i
	}
}

// field finds the place of a name, extending the schema when it is new.
func (z *JSON) field(name []byte, k inkling.Kind) (int, error) {
	fields := z.schema.Fields
	if z.next < len(fields) && fields[z.next].Name == string(name) {
		z.next++
		return z.next - 1, nil
	}
	if i, ok := z.index[string(name)]; ok {
		z.next = i + 1
		return i, nil
	}
	if len(fields) >= maxFields {
		return 0, z.in.Bad("is this a log?", "more than %d different fields", maxFields)
	}
	if kk, ok := known[string(name)]; ok {
		k = kk
	}
	z.schema = &inkling.Schema{Name: z.schema.Name, Fields: append(slices.Clip(fields), inkling.Field{Name: string(name), Kind: k})}
	z.index[string(name)] = len(fields)
	z.rec.Schema = z.schema
	z.rec.Num, z.rec.Text = append(z.rec.Num, math.NaN()), append(z.rec.Text, nil)
	z.next = len(fields) + 1
	return len(fields), nil
}

// maxDepth bounds objects and arrays inside each other.
const maxDepth = 8

// members reads an object's members into the record.
func (z *JSON) members(prefix string, depth int) error {
	p := &z.p
	if depth > maxDepth || !p.take('{') {
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

func (z *JSON) value(name []byte, depth int) error {
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
	case c == '[':
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
func (z *JSON) put(name, v []byte, k inkling.Kind) error {
	i, err := z.field(name, k)
	if err != nil {
		return err
	}
	f, ok := &z.schema.Fields[i], true
	switch f.Kind {
	case inkling.Text:
		z.rec.Text[i] = v[:len(v):len(v)]
	case inkling.Number:
		z.rec.Num[i], ok = number(v)
	case inkling.Time:
		z.rec.Num[i], ok = moment(v)
	}
	if !ok {
		z.rec.Num[i] = math.NaN()
		return z.in.Bad("correct or remove the line", "%s: %s is not a %s", f.Name, line.Show(v), noun(f.Kind))
	}
	return nil
}

// array reads an array as its values with commas between, as the
// tab-separated form has them.
func (z *JSON) array(depth int) ([]byte, error) {
	p := &z.p
	if depth > maxDepth || !p.take('[') {
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
		v, err := z.element(depth)
		if err != nil {
			return nil, err
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

func (z *JSON) element(depth int) ([]byte, error) {
	p := &z.p
	switch c := p.peek(); {
	case c == '"':
		return z.str()
	case c == '[':
		return z.array(depth + 1)
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

// str reads a string. Without escapes it is a part of the line.
func (z *JSON) str() ([]byte, error) {
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
	return rawBytes(z.text[n:]), nil
}

// A parser walks over one line of JSON. Its methods pass over white space first.
type parser struct {
	b []byte
	i int
}

var errSyntax = fmt.Errorf("not JSON")

func (p *parser) space() int {
	for p.i < len(p.b) && (p.b[p.i] == ' ' || p.b[p.i] == '\t') {
		p.i++
	}
	return p.i
}

func (p *parser) peek() byte {
	if p.space() < len(p.b) {
		return p.b[p.i]
	}
	return 0
}

func (p *parser) take(c byte) bool {
	if p.peek() != c {
		return false
	}
	p.i++
	return true
}

func (p *parser) word(w string) bool {
	if len(p.b)-p.i < len(w) || string(p.b[p.i:p.i+len(w)]) != w {
		return false
	}
	p.i += len(w)
	return true
}

func (p *parser) number() []byte {
	from := p.space()
	for p.i < len(p.b) {
		c := p.b[p.i]
		if (c < '0' || c > '9') && c != '-' && c != '+' && c != '.' && c != 'e' && c != 'E' {
			break
		}
		p.i++
	}
	return p.b[from:p.i]
}

// str passes over a string and gives what is between its quotes.
func (p *parser) str() (raw []byte, escaped, ok bool) {
	if !p.take('"') {
		return nil, false, false
	}
	from := p.i
	for {
		j := bytes.IndexByte(p.b[p.i:], '"')
		if j < 0 {
			return nil, false, false
		}
		k := bytes.IndexByte(p.b[p.i:p.i+j], '\\')
		if k < 0 {
			p.i += j + 1
			return p.b[from : p.i-1], escaped, true
		}
		escaped = true
		p.i += k + 2
		if p.i > len(p.b) {
			return nil, false, false
		}
	}
}

var escapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// rawBytes decodes, in place, the \xNN that Zeek writes for a byte that is not
// printable. Of a printable one it was in the text itself; JSON logs do not
// tell a \x0d of the text from its byte.
func rawBytes(b []byte) []byte {
	if bytes.IndexByte(b, '\\') < 0 {
		return b
	}
	out := b[:0]
	for i := 0; i < len(b); {
		if i+3 < len(b) && b[i] == '\\' && b[i+1] == 'x' && hex(b[i+2]) >= 0 && hex(b[i+3]) >= 0 {
			if c := byte(hex(b[i+2])<<4 | hex(b[i+3])); c < 0x20 || c >= 0x7f {
				out = append(out, c)
				i += 4
				continue
			}
		}
		out = append(out, b[i])
		i++
	}
	return out
}

// unquote appends s with its JSON escapes decoded.
func unquote(dst, s []byte) ([]byte, bool) {
	for i := 0; i < len(s); {
		if s[i] != '\\' {
			dst = append(dst, s[i])
			i++
			continue
		}
		if i+1 >= len(s) {
			return dst, false
		}
		if s[i+1] == 'u' {
			r, n := rune4(s[i:])
			if n == 0 {
				return dst, false
			}
			dst = utf8.AppendRune(dst, r)
			i += n
			continue
		}
		c := escapes[s[i+1]]
		if c == 0 {
			return dst, false
		}
		dst = append(dst, c)
		i += 2
	}
	return dst, true
}

// rune4 decodes \uXXXX, or a pair of surrogates, and gives its length.
func rune4(s []byte) (rune, int) {
	r := hex4(s)
	if r < 0 {
		return 0, 0
	}
	if utf16.IsSurrogate(r) {
		if r2 := hex4(s[6:]); r2 >= 0 {
			if d := utf16.DecodeRune(r, r2); d != utf8.RuneError {
				return d, 12
			}
		}
		return utf8.RuneError, 6
	}
	return r, 6
}

func hex4(s []byte) rune {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return -1
	}
	v, err := strconv.ParseUint(string(s[2:6]), 16, 32)
	if err != nil {
		return -1
	}
	return rune(v)
}
