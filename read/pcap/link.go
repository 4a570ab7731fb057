package pcap

import "encoding/binary"

// decode finds the IP packet of a frame, through tags, labels and tunnels.
func (p *packet) decode(f *frame) verdict {
	p.t, p.frag = f.t, fragment{}
	b, wire := f.data, f.wire
	switch f.link {
	case linkEthernet:
		return p.ethernet(b, wire, 0)
	case linkFDDI:
		return p.snap(b, wire, 13)
	case linkWiFi:
		return p.wifi(b, wire)
	case linkRadiotap:
		if len(b) < 4 {
			return malformed
		}
		n := int(binary.LittleEndian.Uint16(b[2:]))
		if n > len(b) {
			return malformed
		}
		return p.wifi(b[n:], wire-n)
	case linkSLL:
		if len(b) < 16 {
			return malformed
		}
		return p.ether(binary.BigEndian.Uint16(b[14:]), b[16:], wire-16, 0)
	case linkSLL2:
		if len(b) < 20 {
			return malformed
		}
		return p.ether(binary.BigEndian.Uint16(b), b[20:], wire-20, 0)
	case linkNull, linkLoop:
		if len(b) < 4 {
			return malformed
		}
		return p.ip(b[4:], wire-4, 0)
	case linkPPP:
		return p.ppp(b, wire, 0)
	case linkNFLOG:
		return p.nflog(b, wire)
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
		case 0x8926: // VN-Tag
			if len(b) < 6 {
				return malformed
			}
			typ, b, wire = binary.BigEndian.Uint16(b[4:]), b[6:], wire-6
		case 0x6558: // a whole frame, in a tunnel
			return p.ethernet(b, wire, depth+1)
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

// ppp reads PPP, with its address and control bytes or without, and with a protocol number of one byte too.
func (p *packet) ppp(b []byte, wire, depth int) verdict {
	if len(b) >= 2 && b[0] == 0xff && b[1] == 0x03 {
		b, wire = b[2:], wire-2
	}
	if len(b) < 2 {
		return malformed
	}
	proto, n := binary.BigEndian.Uint16(b), 2
	if b[0]&1 != 0 {
		proto, n = uint16(b[0]), 1
	}
	switch proto {
	case 0x0021, 0x0057:
		return p.ip(b[n:], wire-n, depth)
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

// snap reads what follows a header of n bytes that knows no type: LLC with SNAP, which does.
func (p *packet) snap(b []byte, wire, n int) verdict {
	if len(b) < n+8 {
		return malformed
	}
	if b[n] != 0xaa || b[n+1] != 0xaa {
		return other
	}
	return p.ether(binary.BigEndian.Uint16(b[n+6:]), b[n+8:], wire-n-8, 0)
}

// wifi reads a frame of IEEE 802.11. Those that carry no data, several packets at once or encrypted ones are none of ours.
func (p *packet) wifi(b []byte, wire int) verdict {
	const (
		isData, noData, withQoS         = 0x08, 0x40, 0x80 // in the first byte
		toSystem, fromSystem, encrypted = 0x01, 0x02, 0x40 // in the second
		several                         = 0x80             // in the first of QoS
	)
	if len(b) < 24 {
		return malformed
	}
	if b[0]&0x0c != isData || b[0]&noData != 0 || b[1]&encrypted != 0 {
		return other
	}
	n := 24
	if b[1]&toSystem != 0 && b[1]&fromSystem != 0 {
		n += 6 // a fourth address
	}
	if b[0]&withQoS != 0 {
		if len(b) <= n {
			return malformed
		}
		if b[n]&several != 0 {
			return other
		}
		n += 2
	}
	return p.snap(b, wire, n)
}

// nflog reads what Linux's netfilter logs: values by type and length, one of them the packet.
func (p *packet) nflog(b []byte, wire int) verdict {
	const payload = 9
	if len(b) < 4 {
		return malformed
	}
	for b, wire = b[4:], wire-4; len(b) >= 4; {
		n, typ := int(binary.LittleEndian.Uint16(b)), binary.LittleEndian.Uint16(b[2:])
		if n < 4 {
			return malformed
		}
		if typ == payload {
			return p.ip(b[4:min(n, len(b))], min(n, wire)-4, 0)
		}
		n = (n + 3) &^ 3
		b, wire = b[min(n, len(b)):], wire-n
	}
	return malformed
}
