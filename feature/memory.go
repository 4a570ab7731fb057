package feature

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"reflect"
	"strings"
	"unsafe"

	"github.com/inkling-sec/inkling"
)

// rememberer is an extractor whose rows depend on the records before.
type rememberer interface {
	// memory gives pointers to all that depends on them: a [lru], or a value without pointers in it.
	memory() []any
}

// Remembers reports whether x's rows depend on the records before.
func Remembers(x Extractor) bool {
	_, ok := x.(rememberer)
	return ok
}

// timed is an extractor that goes by the time of its records.
type timed interface{ time() float64 }

// Time gives the time that x goes by, in seconds since 1970: of the newest record, but for one whose time was damaged
// where x finds that out. It is NaN where x goes by none.
func Time(x Extractor) float64 {
	if t, ok := x.(timed); ok {
		return t.time()
	}
	return math.NaN()
}

// Evictions counts what x put out of its memory for want of room. When it grows fast, statistics over time fall short.
func Evictions(x Extractor) (n uint64) {
	switch x := x.(type) {
	case interface{ Evictions() uint64 }:
		return x.Evictions()
	case rememberer:
		for _, part := range x.memory() {
			if l, ok := part.(lruMemory); ok {
				n += l.evicted()
			}
		}
	}
	return n
}

// SaveMemory gives what x remembers of the records it has seen: an extractor that loads it makes the same
// rows, to the bit. It is a copy of memory as this build lays it out, quick to take, and no format to keep: another
// build refuses it. It is nil where x remembers nothing.
func SaveMemory(x Extractor) []byte {
	m, ok := x.(rememberer)
	if !ok {
		return nil
	}
	size := 256
	for _, part := range m.memory() {
		if l, ok := part.(lruMemory); ok {
			size += l.size()
		}
	}
	b := binary.LittleEndian.AppendUint64(make([]byte, 0, size), 0) // the checksum
	b = append(b, layout(x, m)...)
	for _, part := range m.memory() {
		if l, ok := part.(lruMemory); ok {
			b = l.save(b)
		} else {
			b = append(b, raw(part)...)
		}
	}
	binary.LittleEndian.PutUint32(b, crc32.Checksum(b[8:], checksums))
	return b
}

// LoadMemory puts x, which has seen nothing yet, where the extractor was that SaveMemory was asked of.
func LoadMemory(x Extractor, saved []byte) error {
	m, ok := x.(rememberer)
	if !ok {
		if len(saved) == 0 {
			return nil
		}
		return inkling.Errorf(inkling.Conflict, "memory over time", "contract %s remembers nothing", x.Contract().Name)
	}
	if len(saved) < 8 || binary.LittleEndian.Uint32(saved) != crc32.Checksum(saved[8:], checksums) {
		return inkling.Errorf(inkling.Invalid, "memory over time", "the copy is damaged")
	}
	b, ok := bytes.CutPrefix(saved[8:], layout(x, m))
	if !ok {
		return inkling.Errorf(inkling.Conflict, "memory over time", "the copy is of another contract or build")
	}
	for _, part := range m.memory() {
		if l, is := part.(lruMemory); is {
			b, ok = l.load(b)
		} else if ok = len(b) >= len(raw(part)); ok {
			b = b[copy(raw(part), b):]
		}
		if !ok {
			return inkling.Errorf(inkling.Invalid, "memory over time", "the copy is cut short or damaged")
		}
	}
	if len(b) > 0 {
		return inkling.Errorf(inkling.Invalid, "memory over time", "the copy has %d bytes too many", len(b))
	}
	return nil
}

var checksums = crc32.MakeTable(crc32.Castagnoli)

// layout names the contract and how its memory is laid out, so that a copy is not taken for another.
func layout(x Extractor, m rememberer) []byte {
	var s strings.Builder
	fmt.Fprint(&s, x.Contract().Hash())
	for _, part := range m.memory() {
		t := reflect.TypeOf(part).Elem()
		if l, ok := part.(lruMemory); ok {
			t = l.nodeType()
		}
		describe(&s, t)
	}
	describe(&s, reflect.TypeFor[link]())
	order := binary.NativeEndian.Uint16([]byte{1, 0})
	return fmt.Appendf(nil, "%d %08x ", order, crc32.Checksum([]byte(s.String()), checksums))
}

// describe writes a type's parts with their places. A type with a pointer in it cannot be remembered.
func describe(s *strings.Builder, t reflect.Type) {
	switch t.Kind() {
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			fmt.Fprintf(s, " %s@%d", f.Name, f.Offset)
			describe(s, f.Type)
		}
	case reflect.Array:
		fmt.Fprintf(s, " %d×", t.Len())
		describe(s, t.Elem())
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int32, reflect.Uint32, reflect.Uint64, reflect.Float32, reflect.Float64:
		fmt.Fprintf(s, " %s/%d", t.Kind(), t.Size())
	default:
		panic("feature: a memory with a " + t.String() + " in it")
	}
	fmt.Fprintf(s, ";%d", t.Size())
}

// raw is the memory of what p points to. Its type has passed describe.
func raw(p any) []byte {
	v := reflect.ValueOf(p)
	return unsafe.Slice((*byte)(v.UnsafePointer()), v.Type().Elem().Size())
}

// lruMemory is what a [lru] of any values can do with its memory.
type lruMemory interface {
	nodeType() reflect.Type
	size() int // of what save appends
	save(b []byte) []byte
	load(b []byte) ([]byte, bool)
	evicted() uint64
}

func (l *lru[T]) evicted() uint64 { return l.evictions }

func (l *lru[T]) nodeType() reflect.Type { return reflect.TypeFor[node[T]]() }

const lruHead = 40

func (l *lru[T]) size() int { return lruHead + l.used*l.each() }

// each is how much is saved of one value.
func (l *lru[T]) each() int { return int(unsafe.Sizeof(node[T]{}) + unsafe.Sizeof(link{})) }

// save appends the values that are used, in their places.
func (l *lru[T]) save(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, uint64(l.used))
	b = binary.LittleEndian.AppendUint64(b, l.evictions)
	for _, q := range l.part {
		b = binary.LittleEndian.AppendUint32(b, uint32(q.newest))
		b = binary.LittleEndian.AppendUint32(b, uint32(q.oldest))
		b = binary.LittleEndian.AppendUint32(b, uint32(q.n))
	}
	for left := l.used; left > 0; left -= block {
		b = append(b, rawOf(l.blocks[(l.used-left)/block][:min(left, block)])...)
	}
	return append(b, rawOf(l.links)...)
}

func (l *lru[T]) load(b []byte) ([]byte, bool) {
	if len(b) < lruHead || binary.LittleEndian.Uint64(b) > uint64(min(l.most, (len(b)-lruHead)/l.each())) {
		return b, false
	}
	l.used = int(binary.LittleEndian.Uint64(b))
	l.evictions = binary.LittleEndian.Uint64(b[8:])
	for i := range l.part {
		at := b[16+12*i:]
		l.part[i] = queue{int32(binary.LittleEndian.Uint32(at)), int32(binary.LittleEndian.Uint32(at[4:])), int(binary.LittleEndian.Uint32(at[8:]))}
	}
	b = b[lruHead:]
	for at := 0; at < l.used; at += block {
		nodes := make([]node[T], min(block, l.most-at))
		b = b[copy(rawOf(nodes[:min(block, l.used-at)]), b):]
		l.blocks = append(l.blocks, nodes)
	}
	l.links = make([]link, l.used)
	b = b[copy(rawOf(l.links), b):]
	for i := range l.used {
		n := l.node(int32(i))
		if v, ok := any(&n.value).(placing); ok && !v.sound() {
			return b, false
		}
		tag := l.index.tag(n.key)
		if l.find(tag, n.key) >= 0 {
			return b, false
		}
		l.index.add(tag, int32(i))
	}
	return b, l.part[probation].n+l.part[proven].n == l.used && l.linked(probation) && l.linked(proven)
}

// placing is a value with places in itself: numbers that, from a copy another hand made, could point beyond it.
type placing interface{ sound() bool }

// linked reports whether a part's list holds as many nodes as it says, each with its neighbours.
func (l *lru[T]) linked(part int32) bool {
	q, newer := l.part[part], int32(-1)
	i := q.newest
	for range q.n {
		if i < 0 || int(i) >= l.used || l.links[i].part != part || l.links[i].newer != newer {
			return false
		}
		newer, i = i, l.links[i].older
	}
	return i == -1 && q.oldest == newer
}

// rawOf is the memory of some nodes or links.
func rawOf[T any](x []T) []byte {
	var one T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), len(x)*int(unsafe.Sizeof(one)))
}
