package parquet

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"strings"

	"github.com/inkling-sec/inkling"
)

// Physical types.
const (
	typeBoolean = iota
	typeInt32
	typeInt64
	typeInt96
	typeFloat
	typeDouble
	typeBytes
	typeFixed
)

// Logical types, by the field of their union.
const (
	logicalString    = 1
	logicalMap       = 2
	logicalList      = 3
	logicalEnum      = 4
	logicalDecimal   = 5
	logicalDate      = 6
	logicalTime      = 7
	logicalTimestamp = 8
	logicalInteger   = 10
	logicalUnknown   = 11
	logicalJSON      = 12
	logicalBSON      = 13
	logicalUUID      = 14
	logicalFloat16   = 15
)

// Units of time, by the field of their union.
const (
	millis = 1
	micros = 2
	nanos  = 3

	seconds = -1 // of Arrow's spans alone
)

// converted maps the older ConvertedType to what stands for it now.
var converted = map[int]struct {
	logical, unit int
	unsigned      bool
}{
	0: {logicalString, 0, false}, 1: {logicalMap, 0, false}, 2: {logicalMap, 0, false}, 3: {logicalList, 0, false}, 4: {logicalEnum, 0, false}, 5: {logicalDecimal, 0, false},
	6: {logicalDate, 0, false}, 7: {logicalTime, millis, false}, 8: {logicalTime, micros, false}, 9: {logicalTimestamp, millis, false}, 10: {logicalTimestamp, micros, false},
	11: {logicalInteger, 0, true}, 12: {logicalInteger, 0, true}, 13: {logicalInteger, 0, true}, 14: {logicalInteger, 0, true},
	15: {logicalInteger, 0, false}, 16: {logicalInteger, 0, false}, 17: {logicalInteger, 0, false}, 18: {logicalInteger, 0, false},
	19: {logicalJSON, 0, false}, 20: {logicalBSON, 0, false}, 21: {logicalInterval, 0, false},
}

// logicalInterval is a span of months, days and milliseconds, which has a number of the older kind alone.
const logicalInterval = -2

// A column is one that is read.
type column struct {
	name     string
	leaf     int // its place in a row group
	physical int
	length   int // of a fixed-length value
	defined  int // the definition level of a value that is there
	kind     inkling.Kind
	texts    bool // values are texts in the file, whatever the kind
	counts   bool // it is a time and the file says only a number, of seconds or parts of them

	large   *bool                      // whether a whole number was beyond what a float64 tells apart; nil where there can be none
	integer func(int64) float64        // of a value that is stored as an integer
	number  func([]byte) float64       // of bytes that are a number
	text    func(dst, b []byte) []byte // of bytes that are written otherwise; nil where they are the text
}

// mostNames bounds the names of all columns and groups, each with those of the groups that it is in.
const mostNames = 16 << 20 // bytes

var errNames = errors.New("the names of its columns are longer than is read")

// columns finds the columns that can be read, and says of the others why not.
func columns(f *footer) (out []column, all []string, notes []string, err error) {
	next, leaf, written := 1, 0, 0
	var walk func(prefix, why string, defined, depth, children int) error
	walk = func(prefix, why string, defined, depth, children int) error {
		if depth > deepest {
			return errThrift
		}
		for range children {
			if next >= len(f.elements) {
				return errThrift
			}
			e := f.elements[next]
			next++
			name, level, not := prefix+strings.ToValidUTF8(e.name, "?"), defined, why
			if written += len(name); written > mostNames {
				return errNames
			}
			if e.logical < 0 {
				if c, ok := converted[e.converted]; ok {
					e.logical, e.unit, e.unsigned = c.logical, c.unit, c.unsigned
				}
			}
			if unit, ok := f.spans[name]; ok && e.physical == typeInt64 && (e.logical < 0 || e.logical == logicalInteger) {
				e.logical, e.unit = logicalTime, unit
			}
			if e.repetition != required {
				level++
			}
			if not == "" && (e.logical == logicalList || e.logical == logicalMap || e.repetition == repeated) {
				not = "a list"
				if e.logical == logicalMap {
					not = "a map"
				}
				notes = append(notes, name+" ("+not+")")
			}
			if !e.leaf {
				if err := walk(name+".", not, level, depth+1, e.children); err != nil {
					return err
				}
				continue
			}
			all = append(all, name)
			c := column{name: name, leaf: leaf, physical: e.physical, length: e.length, defined: level}
			leaf++
			if not != "" {
				continue
			}
			if not = c.bind(&e); not != "" {
				notes = append(notes, name+" ("+not+")")
				continue
			}
			out = append(out, c)
		}
		return nil
	}
	err = walk("", "", 0, 0, f.elements[0].children)
	if err == nil && next != len(f.elements) {
		err = errThrift
	}
	return out, all, notes, err
}

// bind says how values of the column are read, or why they cannot be.
func (c *column) bind(e *element) (not string) {
	if c.length < 0 || c.length > 1<<16 {
		return fmt.Sprintf("values of %d bytes", c.length)
	}
	c.kind = inkling.Number
	switch e.logical {
	case logicalDecimal:
		if e.scale < 0 || e.scale > 400 {
			return fmt.Sprintf("decimals with %d digits behind the point", e.scale)
		}
	case logicalBSON, logicalInterval:
		return map[int]string{logicalBSON: "BSON", logicalInterval: "intervals"}[e.logical]
	}
	if e.logical > logicalFloat16 {
		return "a type that is not known"
	}
	switch c.physical {
	case typeBoolean:
		c.kind = inkling.Text
	case typeInt32, typeInt64:
		return c.bindInteger(e)
	case typeInt96:
		c.kind, c.number = inkling.Time, oldTime
	case typeFloat, typeDouble:
	case typeBytes, typeFixed:
		c.bindBytes(e)
	default:
		return "a type that is not known"
	}
	return ""
}

// mostExact is the whole number up to which a float64 tells all apart.
const mostExact = 1 << 53

func (c *column) bindInteger(e *element) (not string) {
	large := new(bool)
	c.large, c.integer = large, func(v int64) float64 {
		*large = *large || v > mostExact || v < -mostExact
		return float64(v)
	}
	switch e.logical {
	case logicalDecimal:
		unit := math.Pow10(e.scale)
		c.integer = func(v int64) float64 { return float64(v) / unit }
	case logicalDate:
		c.kind, c.integer = inkling.Time, func(v int64) float64 { return float64(v) * 86400 }
	case logicalTime, logicalTimestamp:
		if e.logical == logicalTimestamp {
			c.kind = inkling.Time
		}
		per, ok := map[int]int64{seconds: 1, millis: 1e3, micros: 1e6, nanos: 1e9}[e.unit]
		if !ok {
			return "a unit of time that is not known"
		}
		c.integer = func(v int64) float64 { return float64(v/per) + float64(v%per)/float64(per) }
	case logicalInteger:
		if e.unsigned && c.physical == typeInt32 {
			c.integer = func(v int64) float64 { return float64(uint32(v)) }
		} else if e.unsigned {
			c.integer = func(v int64) float64 {
				*large = *large || uint64(v) > mostExact
				return float64(uint64(v))
			}
		}
	}
	return ""
}

func (c *column) bindBytes(e *element) {
	scale := e.scale
	switch {
	case e.logical == logicalDecimal:
		c.number = func(b []byte) float64 { return decimal(b, scale) }
	case e.logical == logicalFloat16 && c.physical == typeFixed && c.length == 2:
		c.number = func(b []byte) float64 { return half(binary.LittleEndian.Uint16(b)) }
	default:
		c.kind = inkling.Text
		if e.logical == logicalUUID && c.physical == typeFixed && c.length == 16 {
			c.text = uuid
		} else if c.physical == typeFixed {
			c.text = func(dst, b []byte) []byte { return hex.AppendEncode(dst, b) }
		}
	}
}

// width is the bits that a definition level takes.
func (c *column) width() int { return bits.Len(uint(c.defined)) }

// oldTime reads a moment as Impala and older Spark have it: nanoseconds of the day, and the Julian day.
func oldTime(b []byte) float64 {
	const epoch = 2440588 // Julian day of 1970-01-01
	return (float64(binary.LittleEndian.Uint32(b[8:]))-epoch)*86400 + float64(int64(binary.LittleEndian.Uint64(b)))/1e9
}

// decimal reads a whole number of any length in two's complement, the last scale digits behind the point.
func decimal(b []byte, scale int) float64 {
	v := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0] >= 0x80 {
		v.Sub(v, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	f, _ := new(big.Float).SetInt(v).Float64()
	return f / math.Pow10(scale)
}

// half reads a number of 16 bits, IEEE 754.
func half(v uint16) float64 {
	exponent, part := int(v>>10&31), float64(v&1023)
	f := math.Ldexp(part/1024, -14)
	switch {
	case exponent == 31:
		return math.NaN() // or infinite, which is no value either
	case exponent > 0:
		f = math.Ldexp(1+part/1024, exponent-15)
	}
	if v>>15 == 1 {
		return -f
	}
	return f
}

func uuid(dst, b []byte) []byte {
	for i, part := range [][]byte{b[:4], b[4:6], b[6:8], b[8:10], b[10:]} {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, part)
	}
	return dst
}
