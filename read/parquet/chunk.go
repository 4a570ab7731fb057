package parquet

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"slices"
)

// Bounds of what a page may hold.
const (
	mostPage   = 256 << 20 // bytes of a page, as it stands and unpacked
	mostHeader = 1 << 20   // bytes of its header, which may hold its least and greatest value
	mostValues = 16 << 20  // values
	mostHeld   = 1 << 30   // bytes of the pages of all columns that hold one row
)

var (
	errLarge = errors.New("it is larger than is read: 256 MiB or 16,777,216 values a page, 1 GiB for the pages of one row")
	errCut   = errors.New("the file ends before the values do")
	errSum   = errors.New("its checksum is wrong")
	errNone  = errors.New("it needs a dictionary and there is none")
)

// A chunk reads the values of one column in one row group, page by page.
type chunk struct {
	column *column
	at     io.ReaderAt
	codec  int
	off    int64 // of the next page
	until  int64 // where no page of the column begins any more
	end    int64 // of what may be pages
	left   int64 // values that are on no page so far
	held   *int64
	holds  [2]int64 // of it: of the dictionary and of the page at hand

	dictionary values
	named      bool // there is one
	page       values
	body, own  []byte // the page and the dictionary, unpacked
	packed     []byte
	levels     []uint32 // of each value; empty where all are there
	index      []uint32 // into the dictionary, of each value that is there; unused where used is false
	indexed    bool
	i, k, n    int // value at hand, those before it that are there, values of the page
}

// next goes to the next value and tells whether it is there; its number or text is at place j of v.
func (c *chunk) next() (v *values, j int, there bool, err error) {
	for c.i == c.n {
		if err := c.read(); err != nil {
			return nil, 0, false, err
		}
	}
	c.i++
	if len(c.levels) > 0 && int(c.levels[c.i-1]) != c.column.defined {
		return nil, 0, false, nil
	}
	c.k++
	if c.indexed {
		return &c.dictionary, int(c.index[c.k-1]), true, nil
	}
	return &c.page, c.k - 1, true, nil
}

// read reads pages up to the next one of values.
func (c *chunk) read() error {
	if c.left <= 0 || c.off >= c.until {
		return errCut
	}
	h, err := c.header()
	if err != nil {
		return err
	}
	if h.packed < 0 || h.size < 0 || h.values < 0 || h.packed > c.end-c.off {
		return errCut
	}
	if h.kind == indexPage {
		c.off += h.packed
		return nil
	}
	if !h.known || h.kind > dataPage2 || h.kind < 0 {
		return errDamaged
	}
	if h.size > mostPage || h.packed > mostPage || h.values > mostValues {
		return errLarge
	}
	if gain, ok := gains[c.codec]; ok && h.size > gain*h.packed {
		return errPacked
	}
	if err := c.hold(h); err != nil {
		return err
	}
	c.packed = slices.Grow(c.packed[:0], int(h.packed))[:h.packed]
	if err := c.readAt(c.packed); err != nil {
		return err
	}
	c.off += h.packed
	if h.summed && crc32.ChecksumIEEE(c.packed) != h.sum {
		return errSum
	}
	if h.kind == dictionaryPage {
		return c.readDictionary(h)
	}
	return c.readValues(h)
}

// hold counts what the page takes: itself twice, and each value's number or text, level and place.
func (c *chunk) hold(h pageHeader) error {
	which := 1
	if h.kind == dictionaryPage {
		which = 0
	}
	need := max(h.packed+h.size+32*h.values, c.holds[which]) // room that was made stays
	*c.held += need - c.holds[which]
	if c.holds[which] = need; *c.held > mostHeld {
		return errLarge
	}
	return nil
}

// readAt reads what comes next; that a file ends there, which was longer before, is no clean end.
func (c *chunk) readAt(b []byte) error {
	_, err := c.at.ReadAt(b, c.off)
	if err == io.EOF {
		return errCut
	}
	return err
}

// header reads a page's header and goes behind it.
func (c *chunk) header() (pageHeader, error) {
	for size := int64(512); ; size *= 8 {
		size = min(size, mostHeader, c.end-c.off)
		c.packed = slices.Grow(c.packed[:0], int(max(size, 0)))[:max(size, 0)]
		if err := c.readAt(c.packed); err != nil {
			return pageHeader{}, err
		}
		if h, n := parsePage(c.packed); n > 0 {
			c.off += int64(n)
			return h, nil
		}
		if size == c.end-c.off {
			return pageHeader{}, errCut
		}
		if size == mostHeader {
			return pageHeader{}, errThrift
		}
	}
}

func (c *chunk) readDictionary(h pageHeader) error {
	if c.named || h.encoding != encodingPlain && h.encoding != encodingPlainDictionary {
		return errDamaged
	}
	c.own = make([]byte, h.size)
	if err := unpacked(c.own, c.packed, c.codec); err != nil {
		return err
	}
	c.named = true
	return c.dictionary.decode(c.column, encodingPlain, int(h.values), c.own)
}

func (c *chunk) readValues(h pageHeader) error {
	if h.values > c.left {
		return errDamaged
	}
	b, err := c.unpack(h)
	if err != nil {
		return err
	}
	n := int(h.values)
	c.levels = c.levels[:0]
	there := n
	if c.column.defined > 0 {
		var levels []byte
		if levels, b, err = levelsOf(h, b); err != nil {
			return err
		}
		if c.levels, err = hybrid(c.levels, levels, c.column.width(), n); err != nil {
			return err
		}
		there = 0
		for _, l := range c.levels {
			if int(l) == c.column.defined {
				there++
			}
		}
	} else if h.kind == dataPage2 {
		b = b[h.defines:]
	}
	c.indexed = h.encoding == encodingDictionary || h.encoding == encodingPlainDictionary
	switch {
	case there == 0: // then there need be nothing of them
	case c.indexed:
		err = c.readIndex(b, there)
	default:
		*c.held -= c.page.made
		c.page.most = mostHeld - *c.held
		err = c.page.decode(c.column, h.encoding, there, b)
		*c.held += c.page.made
	}
	if err != nil {
		return err
	}
	c.left -= h.values
	c.i, c.k, c.n = 0, 0, n
	return nil
}

// unpack gives the page's levels of definition and values, without those of repetition, which are all 0.
func (c *chunk) unpack(h pageHeader) ([]byte, error) {
	levels := int64(0) // that stand before what is compressed
	if h.kind == dataPage2 {
		if h.repeats < 0 || h.defines < 0 || h.repeats > h.packed || h.defines > h.packed-h.repeats || h.repeats+h.defines > h.size {
			return nil, errDamaged
		}
		levels = h.repeats + h.defines
	}
	c.body = slices.Grow(c.body[:0], int(h.size))[:h.size]
	copy(c.body, c.packed[:levels])
	codec := c.codec
	if h.uncompressed || h.size == levels && h.packed == levels {
		codec = codecNone
	}
	if err := unpacked(c.body[levels:], c.packed[levels:], codec); err != nil {
		return nil, err
	}
	return c.body[h.repeats:], nil
}

// levelsOf cuts the levels of definition off a page.
func levelsOf(h pageHeader, b []byte) (levels, rest []byte, err error) {
	if h.kind == dataPage2 {
		return b[:h.defines], b[h.defines:], nil
	}
	if h.levels != encodingRLE {
		return nil, nil, errEncoding
	}
	if len(b) < 4 {
		return nil, nil, errShort
	}
	n := uint64(binary.LittleEndian.Uint32(b))
	if n > uint64(len(b)-4) {
		return nil, nil, errShort
	}
	return b[4 : 4+n], b[4+n:], nil
}

// readIndex reads the places of n values in the dictionary.
func (c *chunk) readIndex(b []byte, n int) (err error) {
	if !c.named {
		return errNone
	}
	c.index = c.index[:0]
	switch {
	case len(b) == 0:
		return errShort
	case b[0] == 0:
		c.index = repeat(c.index, 0, n)
	default:
		if c.index, err = hybrid(c.index, b[1:], int(b[0]), n); err != nil {
			return err
		}
	}
	most := uint32(max(len(c.dictionary.num), len(c.dictionary.text)))
	for _, i := range c.index {
		if i >= most {
			return errDamaged
		}
	}
	return nil
}
