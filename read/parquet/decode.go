package parquet

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
)

// Encodings of values.
const (
	encodingPlain           = 0
	encodingPlainDictionary = 2
	encodingRLE             = 3
	encodingDelta           = 5
	encodingDeltaLength     = 6
	encodingDeltaBytes      = 7
	encodingDictionary      = 8
	encodingSplit           = 9
)

var (
	errShort    = errors.New("it ends before its values do")
	errDamaged  = errors.New("its values are damaged")
	errEncoding = errors.New("its encoding is not known")
)

// values are those of a page or a dictionary, numbers or texts.
type values struct {
	num  []float64
	text [][]byte
	room []byte // texts that are not a part of the page

	made, most int64 // bytes of texts that are put together of others, and how many there may be
}

func (v *values) reset() { v.num, v.text, v.room, v.made = v.num[:0], v.text[:0], v.room[:0], 0 }

// decode reads n values of column c.
func (v *values) decode(c *column, encoding, n int, b []byte) error {
	v.reset()
	switch {
	case encoding == encodingPlain:
		return v.plain(c, n, b)
	case encoding == encodingRLE && c.physical == typeBoolean:
		return v.runs(n, b)
	case encoding == encodingDelta && (c.physical == typeInt32 || c.physical == typeInt64):
		_, err := delta(b, n, func(d int64) error {
			if c.physical == typeInt32 {
				d = int64(int32(d))
			}
			v.num = append(v.num, c.integer(d))
			return nil
		})
		return err
	case encoding == encodingDeltaLength && c.physical == typeBytes:
		return v.deltaLength(c, n, b)
	case encoding == encodingDeltaBytes && (c.physical == typeBytes || c.physical == typeFixed):
		return v.deltaBytes(c, n, b)
	case encoding == encodingSplit:
		return v.split(c, n, b)
	}
	return errEncoding
}

// size is the bytes of a value, 0 where they differ.
func (c *column) size() int {
	return [...]int{typeInt32: 4, typeInt64: 8, typeInt96: 12, typeFloat: 4, typeDouble: 8, typeBytes: 0, typeFixed: c.length}[c.physical]
}

func (v *values) plain(c *column, n int, b []byte) error {
	switch c.physical {
	case typeBoolean:
		if len(b) < (n+7)/8 {
			return errShort
		}
		for i := range n {
			v.bool(b[i/8]>>(i%8)&1 == 1)
		}
		return nil
	case typeBytes:
		for range n {
			if len(b) < 4 {
				return errShort
			}
			size := binary.LittleEndian.Uint32(b)
			if b = b[4:]; uint64(size) > uint64(len(b)) {
				return errShort
			}
			v.bytes(c, b[:size:size])
			b = b[size:]
		}
		return nil
	}
	size := c.size()
	if int64(len(b)) < int64(n)*int64(size) {
		return errShort
	}
	v.num = slices.Grow(v.num, n)
	for i := range n {
		v.fixed(c, b[i*size:(i+1)*size:(i+1)*size])
	}
	return nil
}

// fixed adds a value of fixed size.
func (v *values) fixed(c *column, b []byte) {
	switch c.physical {
	case typeInt32:
		v.num = append(v.num, c.integer(int64(int32(binary.LittleEndian.Uint32(b)))))
	case typeInt64:
		v.num = append(v.num, c.integer(int64(binary.LittleEndian.Uint64(b))))
	case typeFloat:
		v.num = append(v.num, float64(math.Float32frombits(binary.LittleEndian.Uint32(b))))
	case typeDouble:
		v.num = append(v.num, math.Float64frombits(binary.LittleEndian.Uint64(b)))
	default:
		v.bytes(c, b)
	}
}

func (v *values) bytes(c *column, b []byte) {
	switch {
	case c.number != nil:
		v.num = append(v.num, c.number(b))
		return
	case c.text != nil:
		from := len(v.room)
		v.room = c.text(v.room, b)
		b = v.room[from:len(v.room):len(v.room)]
	}
	v.text = append(v.text, b)
}

var letterT, letterF = []byte("T"), []byte("F")

func (v *values) bool(b bool) {
	if b {
		v.text = append(v.text, letterT)
	} else {
		v.text = append(v.text, letterF)
	}
}

// runs reads truth values in runs.
func (v *values) runs(n int, b []byte) error {
	if len(b) < 4 {
		return errShort
	}
	bits, err := hybrid(nil, b[4:], 1, n)
	for _, b := range bits {
		v.bool(b == 1)
	}
	return err
}

// split reads values whose first bytes stand together, then their second bytes, and so on.
func (v *values) split(c *column, n int, b []byte) error {
	size := 0
	if c.physical != typeBoolean {
		size = c.size()
	}
	if size == 0 {
		return errEncoding
	}
	if len(b) != n*size {
		return errShort
	}
	whole := make([]byte, len(b))
	for i := range n {
		for k := range size {
			whole[i*size+k] = b[k*n+i]
		}
	}
	return v.plain(c, n, whole)
}

// hybrid appends n numbers of width bits, written as runs of one number and as packed groups of eight.
func hybrid(dst []uint32, b []byte, width, n int) ([]uint32, error) {
	if width > 32 {
		return dst, errDamaged
	}
	for n > 0 {
		head, k := binary.Uvarint(b)
		if k <= 0 {
			return dst, errShort
		}
		b = b[k:]
		if head&1 == 0 {
			size := (width + 7) / 8
			if len(b) < size || head == 0 {
				return dst, errShort
			}
			var word [4]byte
			copy(word[:], b[:size])
			b = b[size:]
			count := int(min(head>>1, uint64(n)))
			n -= count
			dst = repeat(dst, binary.LittleEndian.Uint32(word[:]), count)
			continue
		}
		count := int(min(head>>1, uint64(n+7)/8)) * 8 // of which the last may be padding
		size := min(count*width/8, len(b))
		take := min(count, n)
		if size*8 < take*width {
			return dst, errShort
		}
		dst = unpack(dst, b[:size], width, take)
		b = b[size:]
		n -= take
	}
	return dst, nil
}

func repeat(dst []uint32, v uint32, n int) []uint32 {
	from := len(dst)
	dst = slices.Grow(dst, n)[:from+n]
	for i := range dst[from:] {
		dst[from+i] = v
	}
	return dst
}

// unpack appends n numbers of width bits, the first in the lowest.
func unpack(dst []uint32, b []byte, width, n int) []uint32 {
	dst = slices.Grow(dst, n)
	mask := uint64(1)<<width - 1
	acc, have := uint64(0), 0
	for range n {
		for have < width {
			acc |= uint64(b[0]) << have
			b, have = b[1:], have+8
		}
		dst = append(dst, uint32(acc&mask))
		acc, have = acc>>width, have-width
	}
	return dst
}

// delta calls f with n numbers that are written as packed differences, and gives what follows them.
func delta(b []byte, n int, f func(int64) error) ([]byte, error) {
	ok := true
	next := func() uint64 {
		v, k := binary.Uvarint(b)
		if k <= 0 {
			ok = false
			return 0
		}
		b = b[k:]
		return v
	}
	signed := func() int64 { v := next(); return int64(v>>1) ^ -int64(v&1) }
	block, minis, total, value := next(), next(), next(), signed()
	if !ok || total != uint64(n) || minis == 0 || block > 1<<16 || minis > block || block%minis != 0 || block/minis%8 != 0 {
		return nil, errDamaged
	}
	if n == 0 {
		return b, nil
	}
	if err := f(value); err != nil {
		return nil, err
	}
	per := int(block / minis)
	for left := n - 1; left > 0; {
		least := signed()
		if !ok || uint64(len(b)) < minis {
			return nil, errShort
		}
		widths := b[:minis]
		b = b[minis:]
		for _, w := range widths {
			if left == 0 {
				break // the widths of what is not there may be anything
			}
			size := per / 8 * int(w)
			if w > 64 || len(b) < size {
				return nil, errShort
			}
			count := min(per, left)
			for i := range count {
				value += least + int64(bitsAt(b, i*int(w), int(w)))
				if err := f(value); err != nil {
					return nil, err
				}
			}
			left -= count
			b = b[size:]
		}
	}
	return b, nil
}

// bitsAt gives width bits of b, the first in the lowest.
func bitsAt(b []byte, at, width int) uint64 {
	v, have := uint64(0), 0
	for width > have {
		bit := at + have
		v |= uint64(b[bit/8]>>(bit%8)) << have
		have += 8 - bit%8
	}
	if width == 64 {
		return v
	}
	return v & (1<<width - 1)
}

// deltaLength reads texts whose lengths stand before them.
func (v *values) deltaLength(c *column, n int, b []byte) error {
	texts, err := deltaTexts(b, n)
	for _, t := range texts {
		v.bytes(c, t)
	}
	return err
}

func deltaTexts(b []byte, n int) ([][]byte, error) {
	sizes := make([]int64, 0, min(n, 1<<16))
	rest, err := delta(b, n, func(size int64) error { sizes = append(sizes, size); return nil })
	if err != nil {
		return nil, err
	}
	texts := make([][]byte, 0, n)
	for _, size := range sizes {
		if size < 0 || size > int64(len(rest)) {
			return nil, errShort
		}
		texts = append(texts, rest[:size:size])
		rest = rest[size:]
	}
	return texts, nil
}

// deltaBytes reads texts of which the beginning may be that of the text before.
func (v *values) deltaBytes(c *column, n int, b []byte) error {
	shared := make([]int64, 0, min(n, 1<<16))
	rest, err := delta(b, n, func(size int64) error { shared = append(shared, size); return nil })
	if err != nil {
		return err
	}
	ends, err := deltaTexts(rest, n)
	if err != nil {
		return err
	}
	var last []byte
	total := 0
	for i, end := range ends {
		if shared[i] < 0 || shared[i] > int64(len(last)) {
			return errDamaged
		}
		if total += int(shared[i]) + len(end); total > mostPage {
			return errLarge
		}
		if shared[i] == 0 {
			last = end
		} else {
			if v.made += shared[i] + int64(len(end)); v.made > v.most {
				return errLarge
			}
			last = slices.Concat(last[:shared[i]], end)
		}
		if c.physical == typeFixed && len(last) != c.length {
			return errDamaged
		}
		v.bytes(c, last)
	}
	return nil
}
