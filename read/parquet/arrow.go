package parquet

import (
	"encoding/base64"
	"encoding/binary"
)

// Parquet has no type for a span of time. Arrow, and so pandas and Polars, write one as a whole number and say what it counts in their
// own schema beside the file's: a base64 text of a message of Arrow's IPC, which is a flatbuffer (apache/arrow, format/Message.fbs and
// Schema.fbs).

// arrowKey is the name of that text in the footer.
const arrowKey = "ARROW:schema"

// What is read of the flatbuffer: numbers of fields in their tables, and of types in their union.
const (
	messageKind, messageHeader            = 1, 2
	schemaFields                          = 1
	fieldName, fieldKind, fieldType       = 0, 2, 3
	fieldChildren                         = 5
	spanUnit                              = 0
	kindSchema, kindStruct, kindSpan byte = 1, 13, 18
)

// arrowUnits are ours by Arrow's number.
var arrowUnits = [...]int{seconds, millis, micros, nanos}

// An arrow walks over a flatbuffer. A place that is not in it is 0, and what stands there 0 too.
type arrow struct {
	b       []byte
	units   map[string]int // of the columns that are spans
	left    int            // fields that may be looked at, as they may stand in themselves
	written int
}

// spans gives the units of columns that hold spans of time; damage leaves some out.
func spans(text []byte) map[string]int {
	b := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Decode(b, text)
	if err != nil {
		return nil
	}
	a := &arrow{b: b[:n], units: map[string]int{}, left: mostElements}
	if a.word(0) == 0xffffffff { // since Arrow 0.15
		a.b = a.b[4:]
	}
	if len(a.b) < 4 {
		return nil
	}
	a.b = a.b[4:] // its length
	message := a.to(0)
	if a.byte(a.field(message, messageKind)) == kindSchema {
		a.fields(a.to(a.field(message, messageHeader)), schemaFields, "", 0)
	}
	return a.units
}

// fields looks at those that a field of a table lists.
func (a *arrow) fields(table, list int, prefix string, depth int) {
	at := a.field(table, list)
	if at == 0 || depth > deepest {
		return
	}
	at = a.to(at)
	for n := a.word(at); n > 0; n-- {
		at += 4
		f := a.to(at)
		if a.left--; a.left < 0 || f == 0 {
			return
		}
		kind := a.byte(a.field(f, fieldKind))
		if kind != kindSpan && kind != kindStruct {
			continue
		}
		name := prefix + a.text(a.field(f, fieldName))
		if a.written += len(name); a.written > mostNames {
			return
		}
		if kind == kindStruct {
			a.fields(f, fieldChildren, name+".", depth+1)
			continue
		}
		unit := byte(1) // where it is left out
		if at := a.field(a.to(a.field(f, fieldType)), spanUnit); at > 0 {
			unit = a.byte(at)
		}
		if int(unit) < len(arrowUnits) {
			a.units[name] = arrowUnits[unit]
		}
	}
}

func (a *arrow) byte(at int) byte {
	if at < 0 || at >= len(a.b) {
		return 0
	}
	return a.b[at]
}

func (a *arrow) word(at int) uint32 {
	if at < 0 || at > len(a.b)-4 {
		return 0
	}
	return binary.LittleEndian.Uint32(a.b[at:])
}

// to follows an offset.
func (a *arrow) to(at int) int {
	if n := a.word(at); n > 0 && int(n) < len(a.b)-at {
		return at + int(n)
	}
	return 0
}

// field gives the place of a table's field, 0 where it has none.
func (a *arrow) field(table, number int) int {
	if table == 0 {
		return 0
	}
	index := table - int(int32(a.word(table)))
	half := func(at int) int { return int(a.byte(at)) | int(a.byte(at+1))<<8 }
	slot := 4 + 2*number
	if slot+2 > half(index) || half(index+slot) == 0 {
		return 0
	}
	return table + half(index+slot)
}

func (a *arrow) text(at int) string {
	at = a.to(at)
	n := int(a.word(at))
	if at == 0 || n > len(a.b)-at-4 {
		return ""
	}
	return string(a.b[at+4 : at+4+n])
}
