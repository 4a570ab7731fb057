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
	portVXLAN  = 4789
	portGeneve = 6081
)

// maxTunnels bounds tunnels over UDP within one another, each of which has a flow of its own.
const maxTunnels = 3

// within decodes into q the packet that the UDP datagram p to a tunnel's port carries, and names the tunnel, or "" where
// it is none. What it carries may be no IP packet, or damaged.
func (p *packet) within(q *packet, port uint16) (service, verdict) {
	b := p.body[8:]
	q.t, q.trusting, q.frag = p.t, p.trusting, fragment{}
	switch {
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
	}
	return "", other
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
