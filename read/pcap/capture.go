package pcap

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// maxPacket bounds one captured packet, like libpcap's own limit for the
// link types read here. A longer length in a file is a damaged file.
const maxPacket = 256 << 10

// A frame is one captured packet. Its data is overwritten by the next one.
type frame struct {
	t    int64 // nanoseconds since the epoch
	link uint32
	data []byte // as captured
	wire int    // length on the wire, at least len(data)
}

// A capture reads the packets of one file. next gives io.EOF at a clean end,
// io.ErrUnexpectedEOF where the file was cut, any other error for damage.
type capture interface {
	next(f *frame) error
}

var errMagic = errors.New("neither pcap nor pcapng")

// Match reports whether a file that starts with head is a capture: pcap with
// micro- or nanoseconds in either byte order, the Kuznetzov variant, or pcapng.
func Match(head []byte) bool {
	if len(head) < 4 {
		return false
	}
	switch binary.LittleEndian.Uint32(head) {
	case 0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1, 0xa1b2cd34, 0x34cdb2a1, blockSection:
		return true
	}
	return false
}

func newCapture(r *bufio.Reader) (capture, error) {
	head, err := r.Peek(4)
	if err != nil || !Match(head) {
		return nil, errMagic
	}
	if binary.LittleEndian.Uint32(head) == blockSection {
		return &ngCapture{r: r}, nil
	}
	return newClassic(r)
}

// A classic capture is a 24-byte header and packets, each after a header of 16
// bytes (24 in the Kuznetzov variant). We parse it ourselves rather than with
// pcapgo: a cut file must be told from a clean end, and files whose captured
// length exceeds the length on the wire are common enough to read.
type classic struct {
	r     *bufio.Reader
	order binary.ByteOrder
	nanos int64 // nanoseconds in one unit of the second timestamp word
	extra int   // bytes after the 16-byte packet header
	link  uint32
	head  [24]byte // of the packet
	buf   []byte
}

func newClassic(r *bufio.Reader) (*classic, error) {
	var h [24]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return nil, io.ErrUnexpectedEOF
	}
	c := &classic{r: r, order: binary.LittleEndian, nanos: 1000}
	if h[0] == 0xa1 {
		c.order = binary.BigEndian
	}
	switch c.order.Uint32(h[:]) {
	case 0xa1b23c4d:
		c.nanos = 1
	case 0xa1b2cd34:
		c.extra = 8
	}
	c.link = c.order.Uint32(h[20:]) & 0xffff // the upper bits tell of a frame check sequence
	return c, nil
}

func (c *classic) next(f *frame) error {
	h := c.head[:16+c.extra]
	switch n, err := io.ReadFull(c.r, h); {
	case n == 0 && err == io.EOF:
		return io.EOF
	case err != nil:
		return cut(err)
	}
	sec, frac := int64(c.order.Uint32(h[0:])), int64(c.order.Uint32(h[4:]))
	n, wire := c.order.Uint32(h[8:]), c.order.Uint32(h[12:])
	if n > maxPacket {
		return fmt.Errorf("captured length %d is over the limit of %d", n, maxPacket)
	}
	f.t, f.link, f.wire = sec*1e9+frac*c.nanos, c.link, max(int(n), clampInt(wire))
	var err error
	f.data, err = readInto(c.r, &c.buf, int(n))
	return err
}

// cut turns the end of a file in the middle of something into io.ErrUnexpectedEOF.
func cut(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

func clampInt(n uint32) int {
	if n > math.MaxInt32 {
		return math.MaxInt32
	}
	return int(n)
}

// readInto reads n bytes into *buf, growing it when needed.
func readInto(r *bufio.Reader, buf *[]byte, n int) ([]byte, error) {
	if cap(*buf) < n {
		*buf = make([]byte, max(n, 2048))
	}
	b := (*buf)[:n]
	_, err := io.ReadFull(r, b)
	return b, cut(err)
}

// Block types of pcapng (draft-ietf-opsawg-pcapng).
const (
	blockSection   = 0x0a0d0d0a
	blockInterface = 1
	blockPacket    = 2 // obsolete
	blockSimple    = 3
	blockEnhanced  = 6
)

// Bounds on what a pcapng file may ask for.
const (
	maxBlock      = 1 << 20
	maxInterfaces = 1 << 12
)

type ngInterface struct {
	link   uint32
	snap   uint32
	unit   float64 // seconds a tick, when not a whole number of nanoseconds
	nanos  int64   // nanoseconds a tick; 0 means use unit
	offset int64   // seconds
}

func (i *ngInterface) time(hi, lo uint32) int64 {
	ticks := uint64(hi)<<32 | uint64(lo)
	if i.nanos > 0 {
		return int64(ticks)*i.nanos + i.offset*1e9
	}
	whole, frac := math.Modf(float64(ticks) * i.unit)
	if whole > 1<<33 {
		return 0
	}
	return (int64(whole)+i.offset)*1e9 + int64(math.Round(frac*1e9))
}

// An ngCapture reads pcapng: sections, interfaces and three kinds of packet
// block; other blocks are passed over.
type ngCapture struct {
	r      *bufio.Reader
	order  binary.ByteOrder
	ifaces []ngInterface
	last   int64
	head   [12]byte // of the block
	buf    []byte
}

func (c *ngCapture) next(f *frame) error {
	for {
		typ, body, err := c.block()
		if err != nil {
			return err
		}
		ok := false
		switch typ {
		case blockInterface:
			err = c.addInterface(body)
		case blockEnhanced, blockPacket:
			ok, err = true, c.packet(f, typ, body)
		case blockSimple:
			ok, err = true, c.simple(f, body)
		}
		if ok || err != nil {
			return err
		}
	}
}

// block reads one block and gives its body without lengths.
func (c *ngCapture) block() (uint32, []byte, error) {
	h := c.head[:]
	switch n, err := io.ReadFull(c.r, h[:8]); {
	case n == 0 && err == io.EOF:
		return 0, nil, io.EOF
	case err != nil:
		return 0, nil, cut(err)
	}
	section := binary.LittleEndian.Uint32(h) == blockSection
	if section {
		if err := c.section(h); err != nil {
			return 0, nil, err
		}
	}
	if c.order == nil {
		return 0, nil, errors.New("no section header")
	}
	typ, n := c.order.Uint32(h), c.order.Uint32(h[4:])
	head := 8
	if section {
		head = 12
	}
	if n%4 != 0 || int64(n) < int64(head)+4 {
		return 0, nil, fmt.Errorf("block length %d is impossible", n)
	}
	if n > maxBlock {
		if typ == blockEnhanced || typ == blockSimple || typ == blockPacket || typ == blockInterface {
			return 0, nil, fmt.Errorf("block length %d is over the limit of %d", n, maxBlock)
		}
		_, err := io.CopyN(io.Discard, c.r, int64(n)-int64(head))
		return 0, nil, cut(err)
	}
	b, err := readInto(c.r, &c.buf, int(n)-head)
	if err != nil {
		return 0, nil, err
	}
	return typ, b[:len(b)-4], nil
}

// section takes the byte order of a new section; its interfaces start anew.
func (c *ngCapture) section(h []byte) error {
	if _, err := io.ReadFull(c.r, h[8:12]); err != nil {
		return cut(err)
	}
	switch {
	case binary.LittleEndian.Uint32(h[8:]) == 0x1a2b3c4d:
		c.order = binary.LittleEndian
	case binary.BigEndian.Uint32(h[8:]) == 0x1a2b3c4d:
		c.order = binary.BigEndian
	default:
		return errors.New("section header has no known byte order")
	}
	c.ifaces = c.ifaces[:0]
	return nil
}

func (c *ngCapture) addInterface(b []byte) error {
	if len(b) < 8 {
		return errors.New("interface description is too short")
	}
	if len(c.ifaces) >= maxInterfaces {
		return fmt.Errorf("more than %d interfaces", maxInterfaces)
	}
	i := ngInterface{link: uint32(c.order.Uint16(b)), snap: c.order.Uint32(b[4:]), nanos: 1000}
	for o := b[8:]; len(o) >= 4; {
		code, n := c.order.Uint16(o), int(c.order.Uint16(o[2:]))
		if code == 0 || 4+n > len(o) {
			break
		}
		v := o[4 : 4+n]
		switch {
		case code == 9 && n >= 1: // if_tsresol
			i.resolution(v[0])
		case code == 14 && n >= 8: // if_tsoffset
			i.offset = int64(c.order.Uint64(v))
			if i.offset > 1<<33 || i.offset < -1<<33 {
				i.offset = 0
			}
		}
		o = o[min(len(o), 4+(n+3)&^3):]
	}
	c.ifaces = append(c.ifaces, i)
	return nil
}

func (i *ngInterface) resolution(v byte) {
	if v&0x80 != 0 {
		i.nanos, i.unit = 0, math.Pow(2, -float64(v&0x7f))
		return
	}
	if v <= 9 {
		i.nanos = int64(math.Round(math.Pow(10, float64(9-v))))
		return
	}
	i.nanos, i.unit = 0, math.Pow(10, -float64(v))
}

func (c *ngCapture) packet(f *frame, typ uint32, b []byte) error {
	if len(b) < 20 {
		return errors.New("packet block is too short")
	}
	id := int(c.order.Uint32(b))
	if typ == blockPacket {
		id = int(c.order.Uint16(b))
	}
	if id >= len(c.ifaces) {
		return fmt.Errorf("packet of interface %d, the section describes %d", id, len(c.ifaces))
	}
	i := &c.ifaces[id]
	n := int64(c.order.Uint32(b[12:]))
	if n > int64(len(b)-20) || n > maxPacket {
		return fmt.Errorf("captured length %d does not fit its block", n)
	}
	c.last = i.time(c.order.Uint32(b[4:]), c.order.Uint32(b[8:]))
	f.t, f.link, f.data = c.last, i.link, b[20:20+n]
	f.wire = max(int(n), clampInt(c.order.Uint32(b[16:])))
	return nil
}

// simple reads a packet that has no time of its own: it gets the time of the
// packet before.
func (c *ngCapture) simple(f *frame, b []byte) error {
	if len(b) < 4 || len(c.ifaces) == 0 {
		return errors.New("simple packet without an interface")
	}
	wire := clampInt(c.order.Uint32(b))
	n := min(wire, len(b)-4, maxPacket)
	if s := c.ifaces[0].snap; s != 0 && uint32(n) > s {
		n = int(s)
	}
	f.t, f.link, f.data, f.wire = c.last, c.ifaces[0].link, b[4:4+n], max(n, wire)
	return nil
}
