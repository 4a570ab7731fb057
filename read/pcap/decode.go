package pcap

import "encoding/binary"

// Link types (https://www.tcpdump.org/linktypes.html).
const (
	linkNull     = 0
	linkEthernet = 1
	linkPPP      = 9
	linkRawBSD   = 12
	linkRawOpen  = 14
	linkRaw      = 101
	linkLoop     = 108
	linkSLL      = 113
	linkIPv4     = 228
	linkIPv6     = 229
	linkSLL2     = 276
)

const (
	protoICMP   = 1
	protoIPv4   = 4
	protoTCP    = 6
	protoUDP    = 17
	protoIPv6   = 41
	protoGRE    = 47
	protoICMPv6 = 58
)

// maxLayers bounds tags, labels and tunnels inside one packet.
const maxLayers = 16

// A packet is the network part of a frame: addresses and the transport bytes.
type packet struct {
	t        int64
	src, dst [16]byte // an IPv4 address is in the first four bytes
	v6       bool
	proto    uint8
	ipLen    int    // IP total length by its header: what Zeek counts as ip_bytes
	body     []byte // transport header and payload, as captured
	bodyLen  int    // their length by the IP header

	frag fragment
}

// A fragment says where body belongs in a larger datagram.
type fragment struct {
	on     bool
	more   bool
	offset int
	id     uint32
	header int // length of the IP header that a whole datagram would have
}

// A verdict says what became of a frame.
type verdict uint8

const (
	usable    verdict = iota
	other             // not IP: ARP, spanning tree and the like
	malformed         // damaged, cut short before the ports, or of an unknown link type
	badSum            // IPv4 header checksum is wrong
)

// decode finds the IP packet of a frame, through tags, labels and tunnels.
func (p *packet) decode(f *frame) verdict {
	p.t, p.frag = f.t, fragment{}
	b, wire := f.data, f.wire
	skip := func(n int) bool {
		if len(b) < n {
			return false
		}
		b, wire = b[n:], wire-n
		return true
	}
	switch f.link {
	case linkEthernet:
		return p.ethernet(b, wire, 0)
	case linkSLL:
		if len(b) < 16 {
			return malformed
		}
		typ := binary.BigEndian.Uint16(b[14:])
		skip(16)
		return p.ether(typ, b, wire, 0)
	case linkSLL2:
		if len(b) < 20 {
			return malformed
		}
		typ := binary.BigEndian.Uint16(b)
		skip(20)
		return p.ether(typ, b, wire, 0)
	case linkNull, linkLoop:
		if !skip(4) {
			return malformed
		}
		return p.ip(b, wire, 0)
	case linkPPP:
		if len(b) >= 2 && b[0] == 0xff && b[1] == 0x03 {
			skip(2)
		}
		return p.ppp(b, wire, 0)
	case linkRaw, linkRawBSD, linkRawOpen, linkIPv4, linkIPv6:
		return p.ip(b, wire, 0)
	}
	return malformed
}

func (p *packet) ethernet(b []byte, wire, depth int) verdict {
	if len(b) < 14 {
		return malformed
	}
	return p.ether(binary.BigEndian.Uint16(b[12:]), b[14:], wire-14, depth)
}

// ether goes on from an Ethernet type.
func (p *packet) ether(typ uint16, b []byte, wire, depth int) verdict {
	for ; depth < maxLayers; depth++ {
		switch typ {
		case 0x0800, 0x86dd:
			return p.ip(b, wire, depth)
		case 0x8100, 0x88a8, 0x9100: // VLAN
			if len(b) < 4 {
				return malformed
			}
			typ, b, wire = binary.BigEndian.Uint16(b[2:]), b[4:], wire-4
		case 0x8847, 0x8848:
			return p.mpls(b, wire, depth)
		case 0x8864: // PPPoE session
			if len(b) < 6 {
				return malformed
			}
			return p.ppp(b[6:], wire-6, depth+1)
		case 0x8903: // Cisco FabricPath: a tag, then a whole frame
			if len(b) < 2 {
				return malformed
			}
			return p.ethernet(b[2:], wire-2, depth+1)
		case 0x88e7: // provider backbone bridge: a tag, then a whole frame
			if len(b) < 4 {
				return malformed
			}
			return p.ethernet(b[4:], wire-4, depth+1)
		default:
			if typ <= 1500 && len(b) >= 8 && b[0] == 0xaa && b[1] == 0xaa { // LLC with SNAP
				typ, b, wire = binary.BigEndian.Uint16(b[6:]), b[8:], wire-8
				continue
			}
			return other
		}
	}
	return malformed
}

func (p *packet) ppp(b []byte, wire, depth int) verdict {
	if len(b) < 2 {
		return malformed
	}
	switch binary.BigEndian.Uint16(b) {
	case 0x0021, 0x0057:
		return p.ip(b[2:], wire-2, depth)
	}
	return other
}

func (p *packet) mpls(b []byte, wire, depth int) verdict {
	for i := 0; i < maxLayers && len(b) >= 4; i++ {
		bottom := b[2]&1 != 0
		b, wire = b[4:], wire-4
		if !bottom {
			continue
		}
		if len(b) > 0 && b[0]>>4 == 0 { // pseudowire control word, then Ethernet
			if len(b) < 4 {
				return malformed
			}
			return p.ethernet(b[4:], wire-4, depth+1)
		}
		return p.ip(b, wire, depth+1)
	}
	return malformed
}

func (p *packet) ip(b []byte, wire, depth int) verdict {
	if len(b) == 0 || depth >= maxLayers {
		return malformed
	}
	switch b[0] >> 4 {
	case 4:
		return p.ipv4(b, wire, depth)
	case 6:
		return p.ipv6(b, wire, depth)
	}
	return malformed
}

func (p *packet) ipv4(b []byte, wire, depth int) verdict {
	if len(b) < 20 {
		return malformed
	}
	hl, total := int(b[0]&15)*4, int(binary.BigEndian.Uint16(b[2:]))
	if total == 0 {
		total = wire // a segment handed to the card whole
	}
	if hl < 20 || hl > len(b) || total < hl {
		return malformed
	}
	if binary.BigEndian.Uint16(b[10:]) != 0 && fold(sum(b[:hl], 0)) != 0xffff {
		return badSum
	}
	p.v6, p.proto, p.ipLen = false, b[9], total
	p.src, p.dst = [16]byte{}, [16]byte{}
	copy(p.src[:4], b[12:16])
	copy(p.dst[:4], b[16:20])
	if ff := binary.BigEndian.Uint16(b[6:]); ff&0x3fff != 0 {
		p.frag = fragment{on: true, more: ff&0x2000 != 0, offset: int(ff&0x1fff) * 8,
			id: uint32(binary.BigEndian.Uint16(b[4:])), header: hl}
	}
	p.body, p.bodyLen = b[hl:min(total, len(b))], total-hl
	return p.inner(wire-hl, depth)
}

func (p *packet) ipv6(b []byte, wire, depth int) verdict {
	if len(b) < 40 {
		return malformed
	}
	n := int(binary.BigEndian.Uint16(b[4:]))
	if n == 0 && wire > 1540 {
		n = wire - 40 // a segment handed to the card whole
	}
	p.v6, p.proto, p.ipLen = true, b[6], 40+n
	copy(p.src[:], b[8:24])
	copy(p.dst[:], b[24:40])
	p.body, p.bodyLen = b[40:min(40+n, len(b))], n
	if !p.extensions() {
		return malformed
	}
	return p.inner(wire-(p.ipLen-p.bodyLen), depth)
}

// extensions walks over the IPv6 extension headers.
func (p *packet) extensions() bool {
	for i := 0; i < maxLayers; i++ {
		n := 0
		switch p.proto {
		case 0, 43, 60, 135: // hop-by-hop, routing, destination, mobility
			if len(p.body) < 8 {
				return false
			}
			n = int(p.body[1])*8 + 8
		case 51: // authentication
			if len(p.body) < 8 {
				return false
			}
			n = int(p.body[1])*4 + 8
		case 44: // fragment
			if len(p.body) < 8 {
				return false
			}
			off := binary.BigEndian.Uint16(p.body[2:])
			p.frag = fragment{on: off&^6 != 0, more: off&1 != 0, offset: int(off &^ 7),
				id: binary.BigEndian.Uint32(p.body[4:]), header: p.ipLen - p.bodyLen}
			n = 8
		default:
			return true
		}
		if n > len(p.body) || n > p.bodyLen {
			return false
		}
		last := p.proto == 44 && p.frag.offset > 0
		p.proto, p.body, p.bodyLen = p.body[0], p.body[n:], p.bodyLen-n
		if last {
			return true // the rest is a piece from the middle
		}
	}
	return false
}

// inner goes into a tunnel: what flows inside is what is recorded.
func (p *packet) inner(wire, depth int) verdict {
	if p.frag.on {
		return usable
	}
	switch p.proto {
	case protoIPv4, protoIPv6:
		if len(p.body) == 0 {
			return malformed
		}
		return p.ip(p.body, wire, depth+1)
	case protoGRE:
		return p.gre(wire, depth)
	}
	return usable
}

// gre opens RFC 2784 and 2890 headers; a payload that is no network packet
// (PPP of PPTP, version 1) stays a flow of the outer addresses.
func (p *packet) gre(wire, depth int) verdict {
	b := p.body
	if len(b) < 4 || b[1]&7 != 0 {
		return usable
	}
	n, flags := 4, b[0]
	for _, f := range []byte{0x80, 0x20, 0x10} {
		if flags&f != 0 {
			n += 4
		}
	}
	if len(b) < n || flags&0x40 != 0 {
		return usable
	}
	switch typ := binary.BigEndian.Uint16(b[2:]); typ {
	case 0x0800, 0x86dd, 0x8847, 0x8848:
		return p.ether(typ, b[n:], wire-n, depth+1)
	case 0x6558:
		return p.ethernet(b[n:], wire-n, depth+1)
	case 0x88be: // ERSPAN: type I has no header, type II eight bytes
		if flags&0x10 != 0 {
			n += 8
		}
		if len(b) < n {
			return usable
		}
		return p.ethernet(b[n:], wire-n, depth+1)
	}
	return usable
}

// sum adds b to a ones' complement sum of 16-bit words (RFC 1071).
func sum(b []byte, s uint64) uint64 {
	for len(b) >= 8 {
		v := binary.BigEndian.Uint64(b)
		s += v>>32 + v&0xffffffff
		b = b[8:]
	}
	for len(b) >= 2 {
		s += uint64(binary.BigEndian.Uint16(b))
		b = b[2:]
	}
	if len(b) == 1 {
		s += uint64(b[0]) << 8
	}
	return s
}

func fold(s uint64) uint16 {
	s = s>>32 + s&0xffffffff
	for s > 0xffff {
		s = s>>16 + s&0xffff
	}
	return uint16(s)
}

// pseudo sums the pseudo header of TCP, UDP and ICMPv6.
func (p *packet) pseudo(n int) uint64 {
	s := uint64(p.proto) + uint64(n)
	if p.v6 {
		return sum(p.dst[:], sum(p.src[:], s))
	}
	return sum(p.dst[:4], sum(p.src[:4], s))
}

// intact checks the transport checksum at offset at of the body. A packet
// captured only in part passes, and so does one captured before the network
// card filled its checksum in: the field then holds the plain sum of the
// pseudo header. Zeek would need its option -C for such captures.
func (p *packet) intact(at int, optional bool) bool {
	if len(p.body) < p.bodyLen || len(p.body) < at+2 {
		return true
	}
	field := binary.BigEndian.Uint16(p.body[at:])
	if field == 0 && optional {
		return true
	}
	s := uint64(0)
	if p.proto != protoICMP {
		s = p.pseudo(p.bodyLen)
	}
	if fold(sum(p.body, s)) == 0xffff {
		return true
	}
	return p.proto != protoICMP && (field == fold(s) || field == fold(p.pseudo(0)))
}
