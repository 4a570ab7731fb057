package zeek

import (
	"bytes"
	"io"

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

// connFields are the fields of a conn.log by default, in Zeek's order.
var connFields = []string{"ts", "uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "proto", "service", "duration",
	"orig_bytes", "resp_bytes", "conn_state", "local_orig", "local_resp", "missed_bytes", "history",
	"orig_pkts", "orig_ip_bytes", "resp_pkts", "resp_ip_bytes"}

// NewJSON reads the JSON form of a log, one object a line; file names it in origins and errors.
func NewJSON(r io.Reader, file string) *jsonl.Reader {
	return jsonl.NewReader(r, file, jsonl.Options{Start: start, Kinds: known, Text: rawBytes})
}

// start makes the first schema: that of conn.log when the object looks like one.
func start(b []byte) *inkling.Schema {
	path := pathOf(b)
	s := &inkling.Schema{Name: "zeek." + path}
	if path == "conn" {
		for _, f := range connFields {
			s.Fields = append(s.Fields, inkling.Field{Name: f, Kind: known[f]})
		}
	}
	return s
}

// pathOf tells which log an object is of: by its _path, or by conn_state.
func pathOf(b []byte) string {
	if i := bytes.Index(b, []byte(`"_path":"`)); i >= 0 {
		rest := b[i+len(`"_path":"`):]
		if j := bytes.IndexByte(rest, '"'); j > 0 && j < 64 {
			return string(rest[:j])
		}
	}
	if bytes.Contains(b, []byte(`"conn_state"`)) {
		return "conn"
	}
	return "log"
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
