package pcap

import "encoding/binary"

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
	if !p.trusting && binary.BigEndian.Uint16(b[10:]) != 0 && fold(sum(b[:hl], 0)) != 0xffff {
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
		p.travels(n)
		piece := p.proto == 44 && p.frag.on
		p.proto, p.body, p.bodyLen = p.body[0], p.body[n:], p.bodyLen-n
		if piece {
			return true // what follows is for the whole datagram to tell
		}
	}
	return false
}

// travels takes the addresses of a packet's two ends from its headers of n bytes that tell of a way between: the last
// stop of a routing header (RFC 8200, 6275, 8754), the home address of a mobile sender (RFC 6275).
func (p *packet) travels(n int) {
	h := p.body[:n]
	switch {
	case p.proto == 43 && n >= 24 && h[3] > 0 && (h[2] == 0 || h[2] == 2):
		copy(p.dst[:], h[8+(n-8)/16*16-16:])
	case p.proto == 43 && n >= 24 && h[3] > 0 && h[2] == 4: // segments in reverse
		copy(p.dst[:], h[8:24])
	case p.proto == 60:
		for o := h[2:]; len(o) >= 2; {
			size := 2 + int(o[1])
			if o[0] == 0 { // one byte of padding
				size = 1
			}
			if size > len(o) {
				return
			}
			if o[0] == 0xc9 && size == 18 {
				copy(p.src[:], o[2:18])
			}
			o = o[size:]
		}
	}
}
