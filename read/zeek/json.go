package zeek

import (
	"bufio"
	"bytes"
	"io"
	"slices"
	"strings"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/jsonl"
	"github.com/inkling-sec/inkling/read/line"
)

// MatchJSON reports whether a file that starts with head is a Zeek log written
// as JSON lines: an object with a ts or a _path.
func MatchJSON(head []byte) bool {
	head = bytes.TrimLeft(bytes.TrimPrefix(head, line.BOM), " \t\r\n")
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
// the fields by default, in Zeek's order. A mark is a member that every record of the log has and no other log's, with what its value begins with.
var logs = []struct {
	path, mark, begins string
	fields             []string
}{
	{"conn", "conn_state", "", slices.Concat(ends, []string{"proto", "service", "duration", "orig_bytes", "resp_bytes", "conn_state", "local_orig", "local_resp",
		"missed_bytes", "history", "orig_pkts", "orig_ip_bytes", "resp_pkts", "resp_ip_bytes"})},
	{"http", "tags", "[", slices.Concat(ends, []string{"trans_depth", "method", "host", "uri", "referrer", "version", "user_agent",
		"request_body_len", "response_body_len", "status_code", "status_msg"})},
	{"dns", "rejected", "", slices.Concat(ends, []string{"proto", "trans_id", "rtt", "query", "qclass", "qclass_name", "qtype", "qtype_name", "rcode", "rcode_name",
		"AA", "TC", "RD", "RA", "Z", "answers", "TTLs", "rejected"})},
}

// ends are the fields that these logs begin with.
var ends = []string{"ts", "uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p"}

func options() jsonl.Options {
	return jsonl.Options{Start: start, Kinds: known, Text: rawBytes, Time: moment, Apart: true}
}

// NewJSON reads the JSON form of a log, one object a line; file names it in origins and errors. Records of a log whose fields are not known
// beforehand have those of the first part of the file and the columns from the start, so that they are alike; others are added as they turn up.
func NewJSON(r io.Reader, file string, columns ...string) *jsonl.Reader {
	br, ok := r.(*bufio.Reader)
	if !ok {
		br = bufio.NewReaderSize(r, headSize)
	}
	o := options()
	if head, _ := br.Peek(headSize); len(start(head).Fields) > 0 {
		return jsonl.NewReader(br, file, o)
	}
	o.Also = columns
	return jsonl.NewLog(br, file, o)
}

// headSize is what a log is known by.
const headSize = 4 << 10

// NewLiveJSON reads a log that is being written and cannot be looked at beforehand: one whose fields are not known has the columns, which are those
// of records that NewJSON gave, and others as they turn up.
func NewLiveJSON(r io.Reader, file string, columns []string) *jsonl.Reader {
	o := options()
	o.Start = func(b []byte) *inkling.Schema {
		s := start(b)
		if len(s.Fields) == 0 {
			s, _ = jsonl.With(s, columns, known)
		}
		return s
	}
	return jsonl.NewReader(r, file, o)
}

// moment reads a time as one of JSON::TimestampFormat: seconds, a date, or milliseconds, which would be seconds of the year 5138 and later.
func moment(b []byte) (float64, bool) {
	v, ok := line.Moment(b)
	if v > 1e11 {
		v /= 1000
	}
	return v, ok
}

// start makes the first schema, with the fields of the log that the object looks like one of.
func start(b []byte) *inkling.Schema {
	path := pathOf(b)
	for _, l := range logs {
		if l.path == path {
			return schemaOf(path, l.fields)
		}
	}
	return schemaOf(path, nil)
}

func schemaOf(path string, fields []string) *inkling.Schema {
	s := &inkling.Schema{Name: "zeek." + path}
	for _, f := range fields {
		s.Fields = append(s.Fields, inkling.Field{Name: f, Kind: known[f]})
	}
	return s
}

// Known gives the schema of the log that a table with columns of those names is of, nil where it is none's.
func Known(names []string) *inkling.Schema {
	have := map[string]bool{}
	for _, n := range names {
		have[n] = true
		have[strings.TrimSuffix(n, ".list.element")] = true
	}
	for _, n := range ends {
		if !have[n] {
			return nil
		}
	}
	for _, l := range logs {
		if have[l.mark] {
			return schemaOf(l.path, l.fields)
		}
	}
	return nil
}

// pathOf tells which log an object is of: by its _path, or by a log's mark.
func pathOf(b []byte) string {
	if rest, ok := bytes.CutPrefix(valueOf(b, "_path"), []byte{'"'}); ok {
		if j := bytes.IndexByte(rest, '"'); j > 0 && j < 64 {
			return string(rest[:j])
		}
	}
	for _, l := range logs {
		if v := valueOf(b, l.mark); v != nil && bytes.HasPrefix(v, []byte(l.begins)) {
			return l.path
		}
	}
	return "log"
}

// valueOf gives an object from the value of a member on, nil where there is none; other programs write blanks around the colon.
func valueOf(b []byte, name string) []byte {
	for found := true; found; {
		_, b, found = bytes.Cut(b, []byte(`"`+name+`"`))
		if v, ok := bytes.CutPrefix(bytes.TrimLeft(b, " \t"), []byte{':'}); ok {
			return bytes.TrimLeft(v, " \t")
		}
	}
	return nil
}

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
