package pcap

import "encoding/binary"

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
	if p.trusting || len(p.body) < p.bodyLen || len(p.body) < at+2 {
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
