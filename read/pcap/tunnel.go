package pcap

import "encoding/binary"

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

// gre opens RFC 2784 and 2890 headers, and PPTP's; a payload that is no
// network packet, as encrypted PPP, stays a flow of the outer addresses.
func (p *packet) gre(wire, depth int) verdict {
	b := p.body
	if len(b) < 4 || b[1]&7 > 1 {
		return usable
	}
	n, flags, typ := 4, b[0], binary.BigEndian.Uint16(b[2:])
	for _, f := range []byte{0x80, 0x20, 0x10} { // checksum, key, sequence number
		if flags&f != 0 {
			n += 4
		}
	}
	if b[1]&7 == 1 && b[1]&0x80 != 0 { // acknowledgement
		n += 4
	}
	if len(b) < n || flags&0x40 != 0 {
		return usable
	}
	if b[1]&7 == 1 {
		return p.pptp(b[n:], wire-n, depth+1)
	}
	switch typ {
	case 0x0800, 0x86dd, 0x8847, 0x8848, 0x6558:
		return p.ether(typ, b[n:], wire-n, depth+1)
	case 0x88be: // ERSPAN: type I has no header, type II eight bytes
		if flags&0x10 != 0 {
			n += 8
		}
	case 0x22eb: // type III: 12 bytes, and 8 more where it says so
		n += 12
		if len(b) >= n && b[n-1]&1 != 0 {
			n += 8
		}
	default:
		return usable
	}
	if len(b) < n {
		return usable
	}
	return p.ethernet(b[n:], wire-n, depth+1)
}

// pptp opens PPP that carries a network packet, and leaves p alone otherwise.
func (p *packet) pptp(b []byte, wire, depth int) verdict {
	outer := *p
	if v := p.ppp(b, wire, depth); v != other && v != malformed {
		return v
	}
	*p = outer
	return usable
}

// Ports of tunnels over UDP.
const (
	portGTP    = 2152
	portTeredo = 3544
	portGRE    = 4754
	portVXLAN  = 4789
	portAYIYA  = 5072
	portGeneve = 6081
)

// maxTunnels bounds tunnels over UDP within one another, each of which has a flow of its own.
const maxTunnels = 3

// within decodes into q the packet that the UDP datagram p carries, where it is one of a tunnel, and names the service,
// as far as Zeek does. What a tunnel carries may be no IP packet, or damaged.
func (p *packet) within(q *packet, from, port uint16) (service, verdict) {
	b := p.body[8:]
	q.t, q.trusting, q.frag = p.t, p.trusting, fragment{}
	switch {
	case port == portGRE && len(b) >= 4: // RFC 8086
		q.proto, q.body = protoGRE, b
		if v := q.gre(p.bodyLen-8, 1); v != usable || q.proto != protoGRE {
			return "", v
		}
	case from == portAYIYA || port == portAYIYA:
		return p.ayiya(q, b)
	case port == portVXLAN && len(b) >= 8 && b[0]&0x08 != 0: // RFC 7348
		return "vxlan", q.ethernet(b[8:], p.bodyLen-16, 1)
	case port == portGeneve && len(b) >= 8 && b[0]>>6 == 0: // RFC 8926
		if n := 8 + 4*int(b[0]&0x3f); len(b) >= n {
			return "geneve", q.ether(binary.BigEndian.Uint16(b[2:]), b[n:], p.bodyLen-8-n, 1)
		}
	case port == portGTP && len(b) >= 8 && b[0]>>5 == 1 && b[0]&0x10 != 0 && b[1] == 0xff: // 3GPP TS 29.281
		if n := sizeGTP(b); n > 0 {
			return "gtpv1", q.ip(b[n:], p.bodyLen-8-n, 1)
		}
	default:
		return p.teredo(q, b, from == portTeredo || port == portTeredo)
	}
	return "", other
}

// teredo opens RFC 4380: an IPv6 packet, behind an authentication or the place a packet came from, or both. Hosts talk to
// servers at a port of its own, and to each other at any. One end at least has an address of Teredo's, or none yet.
func (p *packet) teredo(q *packet, b []byte, known bool) (service, verdict) {
	n := 0
	if known {
		n = teredoHeaders(b)
	}
	left := -1
	if len(b) >= n+40 && b[n]>>4 == 6 {
		left = p.bodyLen - 8 - n - sizeOfIPv6(b[n:]) // for trailers (RFC 6081)
	}
	if left < 0 || left > 0 && !known {
		return "", other
	}
	isTeredo := func(address []byte) bool { return binary.BigEndian.Uint32(address) == 0x20010000 }
	hasNone := known && b[n+8] == 0xfe && b[n+9] == 0x80
	if source, destination := b[n+8:], b[n+24:]; !hasNone && !isTeredo(source) && !isTeredo(destination) {
		return "", other
	}
	v := q.ip(b[n:], p.bodyLen-8-n, 1)
	if q.proto == protoNone { // a bubble keeps a way open
		v = other
	}
	return "teredo", v
}

func sizeOfIPv6(header []byte) int { return 40 + int(binary.BigEndian.Uint16(header[4:])) }

func teredoHeaders(b []byte) (n int) {
	for range 2 {
		switch {
		case len(b) >= n+8 && b[n] == 0 && b[n+1] == 0: // origin
			n += 8
		case len(b) >= n+4 && b[n] == 0 && b[n+1] == 1: // authentication
			n += 13 + int(b[n+2]) + int(b[n+3])
		}
	}
	return n
}

// ayiya opens "anything in anything" (Massar 2004), as far as it is IPv6.
func (p *packet) ayiya(q *packet, b []byte) (service, verdict) {
	if len(b) < 8 {
		return "", other
	}
	n := 8 + 1<<(b[0]>>4) + 4*int(b[1]>>4)
	if isForward, next := b[2]&15 == 1, b[3]; !isForward || next != protoIPv6 || len(b) < n+40 || sizeOfIPv6(b[n:]) != p.bodyLen-8-n {
		return "", other
	}
	return "ayiya", q.ip(b[n:], p.bodyLen-8-n, 1)
}

// sizeGTP is the length of a GTP-U header with its extensions, or 0 where it is cut.
func sizeGTP(b []byte) int {
	if b[0]&7 == 0 {
		return 8
	}
	n := 12
	for more := b[0]&4 != 0; more; more = b[n-1] != 0 {
		if len(b) < n || b[n-1] == 0 {
			break
		}
		if len(b) <= n || b[n] == 0 || len(b) < n+4*int(b[n]) {
			return 0
		}
		n += 4 * int(b[n])
	}
	if len(b) < n {
		return 0
	}
	return n
}
