// Package zeek reads and writes Zeek logs: conn.log and any other, as
// tab-separated values with their header and as JSON lines.
//
// Both forms of one log give the same records. Zeek's time is Time; interval,
// count, int, port and double are Number; everything else is Text, a bool as T
// or F, a set or vector as its values with commas between. An unset value is
// missing, an empty one is an empty Text.
package zeek

import (
	"bytes"
	"io"
	"math"
	"strings"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/jsonl"
	"github.com/inkling-sec/inkling/read/line"
)

// maxFields bounds the columns of a log.
const maxFields = 4096

// MatchTSV reports whether a file that starts with head is a Zeek log in its
// tab-separated form.
func MatchTSV(head []byte) bool {
	head = beginning(head)
	for _, w := range []string{"#separator", "#fields", "#path", "#set_separator", "#empty_field", "#unset_field"} {
		if bytes.HasPrefix(head, []byte(w)) {
			return true
		}
	}
	return bytes.HasPrefix(head, []byte("###")) && bytes.Contains(head, []byte("\n#fields"))
}

// beginning takes off what editors put before a log's header.
func beginning(b []byte) []byte { return bytes.TrimLeft(bytes.TrimPrefix(b, line.BOM), " \t\r\n") }

// A TSV reads the tab-separated form. A header in the middle of the file
// starts a new schema.
type TSV struct {
	in     *line.Reader
	sep    byte
	set    []byte
	empty  []byte
	unset  []byte
	path   string
	fields []string
	types  []string
	schema *inkling.Schema
	room   []byte // sets and vectors of the row, with commas
	err    error
}

// NewTSV reads the log r; file names it in origins and errors.
func NewTSV(r io.Reader, file string) *TSV {
	return &TSV{in: line.NewReader(r, file), sep: '\t', set: []byte(","), empty: []byte("(empty)"), unset: []byte("-")}
}

// Close implements inkling.Reader; the file belongs to the caller.
func (z *TSV) Close() error { return nil }

// Read implements inkling.Reader. Text stays valid until the next Read.
func (z *TSV) Read(r *inkling.Record) error {
	if z.err != nil {
		return z.err
	}
	for {
		b, err := z.in.Next()
		if err != nil {
			err = z.end(z.in.Failed(err))
			if !inkling.Skippable(err) {
				z.err = err
			}
			return err
		}
		if z.fields == nil {
			b = beginning(b)
		}
		switch {
		case len(b) == 0:
			continue
		case b[0] == '#':
			if z.err = z.header(b); z.err != nil {
				return z.err
			}
			continue
		case z.in.Partial:
			return z.in.Bad("copy the file again, or add a newline if the line is whole", "the file ends in the middle of this line")
		}
		return z.row(b, r)
	}
}

// end makes a clean end out of io.EOF only when there was a header.
func (z *TSV) end(err error) error {
	if err == io.EOF && z.fields == nil {
		return &inkling.Error{Code: inkling.Invalid, Place: z.in.File, What: "the log has no #fields header",
			Remedy: "give a Zeek log from its first line, or name the format with --format"}
	}
	return err
}

// header takes one line of a header.
func (z *TSV) header(b []byte) error {
	word, rest := b, []byte(nil)
	if i := bytes.IndexAny(b, " \t"); i > 0 {
		word, rest = b[:i], b[i+1:]
	}
	if i := bytes.IndexByte(b, z.sep); i > 0 {
		word, rest = b[:i], b[i+1:]
	}
	switch string(word) {
	case "#separator":
		s := unescape(nil, bytes.TrimSpace(b[len("#separator"):]))
		if len(s) == 0 && bytes.HasSuffix(b, []byte("\t")) {
			s = []byte("\t")
		}
		if len(s) != 1 || s[0] == '\n' {
			return z.in.Fatal("write the log with a separator of one byte", "separator %s is not one byte", line.Show(s))
		}
		z.sep = s[0]
	case "#set_separator":
		z.set = unescape(nil, rest)
	case "#empty_field":
		z.empty = append([]byte(nil), rest...)
	case "#unset_field":
		z.unset = append([]byte(nil), rest...)
	case "#path":
		z.path, z.schema = string(rest), nil
	case "#fields":
		return z.setFields(rest)
	case "#types":
		z.types, z.schema = split(rest, z.sep), nil
	}
	return nil
}

func (z *TSV) setFields(b []byte) error {
	z.fields, z.types, z.schema = split(b, z.sep), nil, nil
	if len(z.fields) > maxFields {
		return z.in.Fatal("is this a Zeek log?", "the header names %d fields, over the limit of %d", len(z.fields), maxFields)
	}
	seen := map[string]bool{}
	for _, f := range z.fields {
		if f == "" || seen[f] {
			return z.in.Fatal("correct the #fields line", "field %q is empty or named twice", f)
		}
		seen[f] = true
	}
	return nil
}

func split(b []byte, sep byte) (s []string) {
	for _, f := range bytes.Split(b, []byte{sep}) {
		s = append(s, string(f))
	}
	return s
}

// bind makes the schema of the header read last.
func (z *TSV) bind() error {
	if z.fields == nil {
		return z.in.Fatal("give a Zeek log from its first line", "a record before any #fields header")
	}
	if z.types != nil && len(z.types) != len(z.fields) {
		return z.in.Fatal("correct the header above this line", "the header has %d #fields but %d #types", len(z.fields), len(z.types))
	}
	s := &inkling.Schema{Name: "zeek." + z.path}
	if z.path == "" {
		s.Name = "zeek.log"
	}
	for i, name := range z.fields {
		k := known[name]
		if z.types != nil {
			k = kindOf(z.types[i])
		}
		s.Fields = append(s.Fields, inkling.Field{Name: name, Kind: k})
	}
	z.schema = s
	return nil
}

// kindOf maps a Zeek type.
func kindOf(t string) inkling.Kind {
	switch t {
	case "time":
		return inkling.Time
	case "interval", "count", "int", "port", "double", "counter":
		return inkling.Number
	}
	return inkling.Text
}

// known holds the kinds of the fields of conn.log, http.log and dns.log that are not Text, and those of all logs that are
// Time, for logs that do not tell types.
var known = map[string]inkling.Kind{
	"ts": inkling.Time, "id.orig_p": inkling.Number, "id.resp_p": inkling.Number, "duration": inkling.Number,
	"orig_bytes": inkling.Number, "resp_bytes": inkling.Number, "missed_bytes": inkling.Number,
	"orig_pkts": inkling.Number, "orig_ip_bytes": inkling.Number, "resp_pkts": inkling.Number, "resp_ip_bytes": inkling.Number,
	"trans_depth": inkling.Number, "request_body_len": inkling.Number, "response_body_len": inkling.Number, "status_code": inkling.Number,
	"trans_id": inkling.Number, "rtt": inkling.Number, "qclass": inkling.Number, "qtype": inkling.Number, "rcode": inkling.Number,
	"Z": inkling.Number, "ip_proto": inkling.Number, "vlan": inkling.Number, "inner_vlan": inkling.Number,
	"_write_ts": inkling.Time, "till": inkling.Time, // Kerberos, whose from is text in smtp.log
	"ref_time": inkling.Time, "org_time": inkling.Time, "rec_time": inkling.Time, "xmt_time": inkling.Time, // NTP
	"revoketime": inkling.Time, "thisUpdate": inkling.Time, "nextUpdate": inkling.Time, // OCSP
	"compile_ts": inkling.Time, "up_since": inkling.Time, "certificate.not_valid_before": inkling.Time, "certificate.not_valid_after": inkling.Time,
	"times.modified": inkling.Time, "times.accessed": inkling.Time, "times.created": inkling.Time, "times.changed": inkling.Time, // SMB
}

func (z *TSV) row(b []byte, r *inkling.Record) error {
	if z.schema == nil {
		if z.err = z.bind(); z.err != nil {
			return z.err
		}
	}
	fields := z.schema.Fields
	r.Reset(z.schema)
	r.Origin, z.room = inkling.Origin{File: z.in.File, Line: z.in.No}, z.room[:0]
	for i := range fields {
		j := bytes.IndexByte(b, z.sep)
		cell := b
		if j >= 0 {
			cell, b = b[:j], b[j+1:]
		}
		if last := i == len(fields)-1; last != (j < 0) {
			return z.columns(i, j >= 0, b)
		}
		if err := z.cell(r, i, cell); err != nil {
			return err
		}
	}
	return nil
}

func (z *TSV) columns(i int, more bool, rest []byte) error {
	got := i + 1
	if more {
		got += 1 + bytes.Count(rest, []byte{z.sep})
	}
	return z.in.Bad("correct or remove the line", "the line has %d columns, the header %d", got, len(z.fields))
}

func (z *TSV) cell(r *inkling.Record, i int, cell []byte) error {
	if bytes.Equal(cell, z.unset) {
		return nil
	}
	f := &z.schema.Fields[i]
	ok := true
	switch f.Kind {
	case inkling.Text:
		switch {
		case bytes.Equal(cell, z.empty):
			r.Text[i] = cell[:0]
		case z.many(i) && (string(z.set) != "," || bytes.IndexByte(cell, '\\') >= 0):
			r.Text[i] = z.values(cell)
		default:
			r.Text[i] = unescape(cell[:0], cell)
		}
	case inkling.Number:
		r.Num[i], ok = line.Number(cell)
	case inkling.Time:
		r.Num[i], ok = line.Moment(cell)
	}
	if !ok {
		r.Num[i] = math.NaN()
		return z.in.Bad("correct or remove the line", "%s: %s is not a %s", f.Name, line.Show(cell), line.Noun(f.Kind))
	}
	return nil
}

// many reports whether a field may be a set or vector; without types one is known by the commas alone.
func (z *TSV) many(i int) bool {
	if z.types == nil {
		return string(z.set) == ","
	}
	return len(z.set) > 0 && (strings.HasPrefix(z.types[i], "set[") || strings.HasPrefix(z.types[i], "vector["))
}

// values gives those of a set or vector with commas between, whatever the log has there.
func (z *TSV) values(cell []byte) []byte {
	from := len(z.room)
	for first := true; ; first = false {
		value, rest, more := bytes.Cut(cell, z.set)
		if !first {
			z.room = append(z.room, ',')
		}
		n := len(z.room)
		if z.room = unescape(z.room, value); bytes.IndexByte(z.room[n:], ',') >= 0 {
			z.room = append(z.room[:n], bytes.ReplaceAll(z.room[n:], []byte(","), []byte(jsonl.Comma))...)
		}
		if !more {
			return z.room[from:len(z.room):len(z.room)]
		}
		cell = rest
	}
}

// unescape appends b to dst with \xNN and \\ decoded; dst may be b[:0].
func unescape(dst, b []byte) []byte {
	i := bytes.IndexByte(b, '\\')
	if i < 0 {
		if len(dst) == 0 && cap(dst) > 0 && len(b) > 0 && &dst[:1][0] == &b[0] {
			return b
		}
		return append(dst, b...)
	}
	for len(b) > 0 {
		switch {
		case b[0] == '\\' && len(b) >= 4 && b[1] == 'x' && hex(b[2]) >= 0 && hex(b[3]) >= 0:
			dst = append(dst, byte(hex(b[2])<<4|hex(b[3])))
			b = b[4:]
		case b[0] == '\\' && len(b) >= 2 && b[1] == '\\':
			dst = append(dst, '\\')
			b = b[2:]
		default:
			dst = append(dst, b[0])
			b = b[1:]
		}
	}
	return dst
}

func hex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
