package parquet

import (
	"encoding/binary"
	"errors"
)

// A thrift reads Thrift's compact protocol, in which Parquet writes what it says of itself. Once something is wrong
// every method gives zero and bad stays true; a list is never longer than the bytes that are left.
type thrift struct {
	b   []byte
	i   int
	bad bool
}

var errThrift = errors.New("what it says of itself is damaged")

// Types of fields.
const (
	isTrue   = 1
	isFalse  = 2
	isByte   = 3
	isInt64  = 6
	isDouble = 7
	isBinary = 8
	isList   = 9
	isSet    = 10
	isMap    = 11
	isStruct = 12
)

// deepest bounds structures inside each other.
const deepest = 32

func (t *thrift) fail() { t.bad, t.i = true, len(t.b) }

func (t *thrift) byte() byte {
	if t.i >= len(t.b) {
		t.fail()
		return 0
	}
	t.i++
	return t.b[t.i-1]
}

func (t *thrift) uvarint() uint64 {
	v, n := binary.Uvarint(t.b[t.i:])
	if n <= 0 {
		t.fail()
		return 0
	}
	t.i += n
	return v
}

func (t *thrift) zigzag() int64 { v := t.uvarint(); return int64(v>>1) ^ -int64(v&1) }

// int reads an integer of any width.
func (t *thrift) int(kind byte) int64 {
	switch {
	case kind == isByte:
		return int64(int8(t.byte()))
	case kind > isByte && kind <= isInt64:
		return t.zigzag()
	}
	t.fail()
	return 0
}

func (t *thrift) bytes(kind byte) []byte {
	n := t.uvarint()
	if kind != isBinary || n > uint64(len(t.b)-t.i) {
		t.fail()
		return nil
	}
	t.i += int(n)
	return t.b[t.i-int(n) : t.i]
}

// each calls f for each element of a list.
func (t *thrift) each(kind byte, f func(kind byte)) {
	if kind != isList && kind != isSet {
		t.fail()
		return
	}
	head := t.byte()
	n := uint64(head >> 4)
	if n == 15 {
		n = t.uvarint()
	}
	if n > uint64(len(t.b)-t.i) {
		t.fail()
	}
	for ; n > 0 && !t.bad; n-- {
		f(head & 15)
	}
}

// fields calls f for each field of a structure; f reads the field or gives false to pass over it.
func (t *thrift) fields(kind byte, f func(id int, kind byte) bool) {
	if kind != isStruct {
		t.fail()
	}
	for id := 0; !t.bad; {
		head := t.byte()
		if head == 0 {
			return
		}
		if delta := int(head >> 4); delta > 0 {
			id += delta
		} else {
			id = int(int16(t.zigzag()))
		}
		if !f(id, head&15) {
			t.skip(head&15, 0)
		}
	}
}

func (t *thrift) skip(kind byte, depth int) {
	if depth > deepest {
		t.fail()
	}
	if t.bad {
		return
	}
	switch kind {
	case isTrue, isFalse:
	case isByte:
		t.byte()
	case isByte + 1, isByte + 2, isInt64:
		t.uvarint()
	case isDouble:
		if t.i += 8; t.i > len(t.b) {
			t.fail()
		}
	case isBinary:
		t.bytes(isBinary)
	case isList, isSet:
		t.each(isList, func(k byte) { t.element(k, depth) })
	case isMap:
		n := t.uvarint()
		if n == 0 {
			return
		}
		for k := t.byte(); n > 0 && !t.bad; n-- {
			t.element(k>>4, depth)
			t.element(k&15, depth)
		}
	case isStruct:
		for !t.bad {
			head := t.byte()
			if head == 0 {
				return
			}
			if head>>4 == 0 {
				t.zigzag()
			}
			t.skip(head&15, depth+1)
		}
	default:
		t.fail()
	}
}

// element passes over an element of a list or map, where a truth value takes a byte.
func (t *thrift) element(kind byte, depth int) {
	if kind == isTrue || kind == isFalse {
		kind = isByte
	}
	t.skip(kind, depth+1)
}
