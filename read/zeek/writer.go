package zeek

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/inkling-sec/inkling"
)

// A Writer writes records as a Zeek log. Each change of schema writes a new
// header.
type Writer struct {
	w      io.Writer
	schema *inkling.Schema
	buf    []byte
}

// NewWriter writes to w, which should be buffered: each record is one Write.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Write writes one record. The record is not kept.
func (w *Writer) Write(r *inkling.Record) error {
	w.buf = w.buf[:0]
	if r.Schema != w.schema && !same(r.Schema, w.schema) {
		w.buf = appendHeader(w.buf, r.Schema)
	}
	w.schema = r.Schema
	for i := range r.Schema.Fields {
		if i > 0 {
			w.buf = append(w.buf, '\t')
		}
		w.buf = appendCell(w.buf, r, i)
	}
	w.buf = append(w.buf, '\n')
	_, err := w.w.Write(w.buf)
	return err
}

func same(a, b *inkling.Schema) bool {
	return a != nil && b != nil && a.Name == b.Name && slices.Equal(a.Fields, b.Fields)
}

// Header writes the header of s ahead of any record, so that a log without
// records still says what it would hold.
func (w *Writer) Header(s *inkling.Schema) error {
	w.schema = s
	_, err := w.w.Write(appendHeader(w.buf[:0], s))
	return err
}

// Close writes the closing line. It does not close the underlying writer.
func (w *Writer) Close() error {
	_, err := io.WriteString(w.w, "#close\n")
	return err
}

func appendHeader(b []byte, s *inkling.Schema) []byte {
	path := s.Name
	if len(path) > 5 && path[:5] == "zeek." {
		path = path[5:]
	}
	b = fmt.Appendf(b, "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\t%s\n#fields", path)
	for _, f := range s.Fields {
		b = appendText(append(b, '\t'), []byte(f.Name))
	}
	b = append(b, "\n#types"...)
	for _, f := range s.Fields {
		b = append(append(b, '\t'), typeOf(f)...)
	}
	return append(b, '\n')
}

var typeNames = map[string]string{
	"id.orig_h": "addr", "id.resp_h": "addr", "id.orig_p": "port", "id.resp_p": "port", "proto": "enum", "duration": "interval",
	"local_orig": "bool", "local_resp": "bool", "tunnel_parents": "set[string]",
	"orig_bytes": "count", "resp_bytes": "count", "missed_bytes": "count", "orig_pkts": "count", "orig_ip_bytes": "count",
	"resp_pkts": "count", "resp_ip_bytes": "count", "ip_proto": "count",
}

func typeOf(f inkling.Field) string {
	if t, ok := typeNames[f.Name]; ok && (kindOf(t) == f.Kind) {
		return t
	}
	return [...]string{inkling.Text: "string", inkling.Number: "double", inkling.Time: "time"}[f.Kind]
}

func appendCell(b []byte, r *inkling.Record, i int) []byte {
	f := r.Schema.Fields[i]
	if f.Kind == inkling.Text {
		switch t := r.Text[i]; {
		case t == nil:
			return append(b, '-')
		case len(t) == 0:
			return append(b, "(empty)"...)
		default:
			return appendText(b, t)
		}
	}
	v := r.Num[i]
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return append(b, '-')
	case f.Kind == inkling.Time || f.Name == "duration":
		return strconv.AppendFloat(b, v, 'f', 6, 64)
	case v == math.Trunc(v) && math.Abs(v) < 1<<53:
		return strconv.AppendInt(b, int64(v), 10)
	}
	return strconv.AppendFloat(b, v, 'g', -1, 64)
}

// appendText escapes what would break the line, and texts that would read as
// missing or empty.
func appendText(b, t []byte) []byte {
	if len(t) == 1 && t[0] == '-' || string(t) == "(empty)" || len(b) == 0 && t[0] == '#' {
		b = fmt.Appendf(b, "\\x%02x", t[0])
		t = t[1:]
	}
	for _, c := range t {
		switch {
		case c == '\\':
			b = append(b, '\\', '\\')
		case c < 0x20 || c == 0x7f:
			b = fmt.Appendf(b, "\\x%02x", c)
		default:
			b = append(b, c)
		}
	}
	return b
}

// A JSONWriter writes records as JSON lines, as Zeek does with
// LogAscii::use_json: missing fields are left out.
type JSONWriter struct {
	w   io.Writer
	buf []byte
}

// NewJSONWriter writes to w, which should be buffered: each record is one Write.
func NewJSONWriter(w io.Writer) *JSONWriter { return &JSONWriter{w: w} }

// Write writes one record. The record is not kept.
func (w *JSONWriter) Write(r *inkling.Record) error {
	b := append(w.buf[:0], '{')
	for i, f := range r.Schema.Fields {
		if f.Kind == inkling.Text && r.Text[i] == nil || f.Kind != inkling.Text && (math.IsNaN(r.Num[i]) || math.IsInf(r.Num[i], 0)) {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(appendJSON(b, []byte(f.Name)), ':')
		switch {
		case f.Kind != inkling.Text:
			b = appendCell(b, r, i)
		case typeOf(f) == "bool" && len(r.Text[i]) == 1:
			b = strconv.AppendBool(b, r.Text[i][0] == 'T')
		default:
			b = appendJSON(b, r.Text[i])
		}
	}
	w.buf = append(b, '}', '\n')
	_, err := w.w.Write(w.buf)
	return err
}

// Close implements what Writer has; JSON lines have no end.
func (w *JSONWriter) Close() error { return nil }

// appendJSON quotes t. Bytes that are not UTF-8 are written \\xNN, as Zeek does.
func appendJSON(b, t []byte) []byte {
	b = append(b, '"')
	for len(t) > 0 {
		c := t[0]
		r, n := utf8.DecodeRune(t)
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < 0x20 || c == 0x7f:
			b = fmt.Appendf(b, "\\u%04x", c)
		case r == utf8.RuneError && n == 1:
			b = fmt.Appendf(b, "\\\\x%02x", c)
		default:
			b = append(b, t[:n]...)
		}
		t = t[n:]
	}
	return append(b, '"')
}
