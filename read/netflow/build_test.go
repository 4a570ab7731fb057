package netflow

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"net/netip"

	"github.com/inkling-sec/inkling"
)

// be appends integers of the widths given: be(b, 2, 5, 4, 7) appends a 5 of two bytes and a 7 of four.
func be(b []byte, widthsAndValues ...uint64) []byte {
	for i := 0; i < len(widthsAndValues); i += 2 {
		var room [8]byte
		binary.BigEndian.PutUint64(room[:], widthsAndValues[i+1])
		b = append(b, room[8-widthsAndValues[i]:]...)
	}
	return b
}

// one is a flow as a test tells it; times are milliseconds.
type one struct {
	src, dst       string
	sp, dp         uint16
	proto, flags   uint8
	packets, bytes uint64
	start, end     uint64
	reason         uint8
	backPackets    uint64
	backBytes      uint64
	backFlags      uint8
}

const (
	epoch  = 1_700_000_000_000 // when flows start, in milliseconds
	uptime = 5_000_000         // of the exporter, at the time sent
	sent   = epoch + 60_000
)

// field is one of a template; length varies makes it one of varying length.
type field struct {
	id, length uint16
	enterprise uint32
}

// usual are the fields of most templates of IPv4; times are of the uptime.
var usual = []field{{8, 4, 0}, {12, 4, 0}, {7, 2, 0}, {11, 2, 0}, {4, 1, 0}, {6, 1, 0}, {2, 4, 0}, {1, 4, 0}, {22, 4, 0}, {21, 4, 0}, {136, 1, 0}}

// modern are those of IPFIX: counts of eight bytes, times in milliseconds.
var modern = []field{{27, 16, 0}, {28, 16, 0}, {7, 2, 0}, {11, 2, 0}, {4, 1, 0}, {6, 2, 0}, {2, 8, 0}, {1, 8, 0}, {152, 8, 0}, {153, 8, 0}, {136, 1, 0}}

// modern4 are those for IPv4.
var modern4 = append([]field{{8, 4, 0}, {12, 4, 0}}, modern[2:]...)

// value gives what a flow has for a field, in as many bytes as it takes.
func (o *one) value(f field, length int) []byte {
	addr := func(s string) []byte { return netip.MustParseAddr(s).AsSlice() }
	boot := uint64(sent - uptime)
	v := uint64(0)
	switch {
	case f.enterprise == reverse:
		v = map[uint16]uint64{1: o.backBytes, 2: o.backPackets, 6: uint64(o.backFlags)}[f.id]
	case f.enterprise != 0:
	case f.id == 8 || f.id == 27:
		return addr(o.src)
	case f.id == 12 || f.id == 28:
		return addr(o.dst)
	default:
		v = map[uint16]uint64{7: uint64(o.sp), 11: uint64(o.dp), 4: uint64(o.proto), 6: uint64(o.flags), 2: o.packets, 1: o.bytes, 86: o.packets, 85: o.bytes,
			22: o.start - boot, 21: o.end - boot, 152: o.start, 153: o.end, 150: o.start / 1000, 151: o.end / 1000, 136: uint64(o.reason),
			154: (o.start/1000+2208988800)<<32 | (o.start%1000)<<32/1000 + 1, 155: (o.end/1000+2208988800)<<32 | (o.end%1000)<<32/1000 + 1,
			156: (o.start/1000+2208988800)<<32 | (o.start%1000)<<32/1000 + 1, 157: (o.end/1000+2208988800)<<32 | (o.end%1000)<<32/1000 + 1,
			158: (sent - o.start) * 1000, 159: (sent - o.end) * 1000, 161: o.end - o.start, 160: boot, 34: 1}[f.id]
	}
	if length > 8 {
		return append(make([]byte, length-8), be(nil, 8, v)...)
	}
	return be(nil, uint64(length), v)
}

// record encodes a flow by fields.
func (o *one) record(fields []field) (b []byte) {
	for _, f := range fields {
		n := int(f.length)
		if f.length == varies {
			if n = 4; f.id == 27 || f.id == 28 {
				n = 16
			}
			if f.id%2 == 0 {
				b = append(b, byte(n))
			} else {
				b = append(b, 255, 0, byte(n))
			}
		}
		b = append(b, o.value(f, n)...)
	}
	return b
}

// set makes a set of a body, with padding.
func set(id uint16, body []byte, padding int) []byte {
	body = append(body, make([]byte, padding)...)
	return append(be(nil, 2, uint64(id), 2, uint64(len(body)+4)), body...)
}

// templateOf makes a set of one template.
func templateOf(version, id uint16, fields []field) []byte {
	body := be(nil, 2, uint64(id), 2, uint64(len(fields)))
	for _, f := range fields {
		if f.enterprise != 0 {
			body = be(body, 2, uint64(f.id|0x8000), 2, uint64(f.length), 4, uint64(f.enterprise))
		} else {
			body = be(body, 2, uint64(f.id), 2, uint64(f.length))
		}
	}
	return set(map[uint16]uint16{9: 0, 10: 2}[version], body, 0)
}

func dataOf(id uint16, fields []field, flows ...one) []byte {
	var body []byte
	for _, f := range flows {
		body = append(body, f.record(fields)...)
	}
	return set(id, body, 0)
}

func v5Of(sequence uint64, flows ...one) []byte {
	b := be(nil, 2, 5, 2, uint64(len(flows)), 4, uptime, 4, sent/1000, 4, sent%1000*1e6, 4, sequence, 1, 0, 1, 0, 2, 0)
	for _, o := range flows {
		b = append(b, o.value(field{id: 8}, 4)...)
		b = append(b, o.value(field{id: 12}, 4)...)
		b = be(b, 4, 0, 2, 1, 2, 2, 4, o.packets, 4, o.bytes, 4, o.start-(sent-uptime), 4, o.end-(sent-uptime), 2, uint64(o.sp), 2, uint64(o.dp), 1, 0, 1, uint64(o.flags), 1, uint64(o.proto), 1, 0, 4, 0, 4, 0)
	}
	return b
}

func v9Of(sequence, source uint64, sets ...[]byte) []byte {
	b := be(nil, 2, 9, 2, uint64(len(sets)), 4, uptime, 4, sent/1000, 4, sequence, 4, source)
	return append(b, bytes.Join(sets, nil)...)
}

func ipfixOf(sequence, domain uint64, sets ...[]byte) []byte {
	body := bytes.Join(sets, nil)
	return append(be(nil, 2, 10, 2, uint64(len(body)+16), 4, sent/1000, 4, sequence, 4, domain), body...)
}

// packets is a source of packets that a test has made.
type packets []packet

type packet struct {
	b    []byte
	from netip.Addr
	at   int64
}

func (p *packets) Next() ([]byte, netip.Addr, int64, error) {
	if len(*p) == 0 {
		return nil, netip.Addr{}, 0, io.EOF
	}
	one := (*p)[0]
	*p = (*p)[1:]
	return one.b, one.from, one.at, nil
}

// from makes a source of packets of one exporter, a second apart.
func from(exporter string, all ...[]byte) *packets {
	p := packets{}
	for i, b := range all {
		p = append(p, packet{b, netip.MustParseAddr(exporter), sent*1000 + int64(i)*second})
	}
	return &p
}

// openFile reads a file of packets.
func openFile(r io.Reader, file string) (inkling.Reader, error) {
	return NewReader(NewFile(bufio.NewReader(r), file), file, Options{})
}

// drain gives all records, and the texts of all errors but the clean end.
func drain(r inkling.Reader) (records []map[string]any, errs []string) {
	var rec inkling.Record
	for {
		err := r.Read(&rec)
		switch {
		case err == io.EOF:
			return records, errs
		case err == nil:
			records = append(records, rec.Map())
		default:
			if errs = append(errs, err.Error()); !inkling.Skippable(err) {
				return records, errs
			}
		}
	}
}

func readAll(src Packets, o Options) (records []map[string]any, errs []string, s Stats) {
	r, err := NewReader(src, "x", o)
	if err != nil {
		return nil, []string{err.Error()}, s
	}
	records, errs = drain(r)
	return records, errs, r.Stats()
}
