package pcap

// Bounds on datagrams that wait for their missing pieces.
const (
	maxDatagrams = 256
	maxDatagram  = 64 << 10
	fragTimeout  = 30 * second
)

type fragKey struct {
	src, dst [16]byte
	id       uint32
	proto    uint8
	v6       bool
}

// A datagram collects the pieces of one fragmented packet.
type datagram struct {
	buf   []byte
	have  stream // bytes seen, as of a stream
	total int    // length, once the last piece has come; 0 before
	start int64
	cut   bool // a piece was captured only in part
}

type datagrams map[fragKey]*datagram

// add takes a fragment. It reports whether p is now a whole packet, made of
// all its pieces.
func (d datagrams) add(p *packet) bool {
	end := p.frag.offset + p.bodyLen
	if end > maxDatagram || p.bodyLen == 0 {
		return false
	}
	k := fragKey{p.src, p.dst, p.frag.id, p.proto, p.v6}
	g := d[k]
	if g == nil {
		d.makeRoom(p.t)
		g = &datagram{start: p.t}
		d[k] = g
	}
	if len(g.buf) < end {
		g.buf = append(g.buf, make([]byte, end-len(g.buf))...)
	}
	copy(g.buf[p.frag.offset:], p.body)
	g.cut = g.cut || len(p.body) < p.bodyLen
	g.have.add(int64(p.frag.offset)+1, int64(end)+1, 0)
	if !p.frag.more {
		g.total = end
	}
	if g.have.lost {
		delete(d, k)
		return false
	}
	if g.total == 0 || g.have.done < int64(g.total) {
		return false
	}
	delete(d, k)
	p.body, p.bodyLen, p.ipLen = g.buf[:g.total], g.total, g.total+p.frag.header
	if g.cut {
		p.body = p.body[:min(len(p.body), 128)] // headers, but no bytes to check or read
	}
	p.frag = fragment{}
	return true
}

// whole goes on with a packet that was made of its pieces; a tunnel's packet may have been in them.
func (p *packet) whole() verdict {
	if p.v6 && !p.extensions() {
		return malformed
	}
	return p.inner(p.bodyLen, 0)
}

// makeRoom drops what has waited too long and, when that is not enough, the
// datagram that has waited longest.
func (d datagrams) makeRoom(now int64) {
	if len(d) < maxDatagrams {
		return
	}
	var oldest fragKey
	first := int64(-1)
	for k, g := range d {
		if g.start < now-fragTimeout {
			delete(d, k)
		} else if first < 0 || g.start < first {
			oldest, first = k, g.start
		}
	}
	if len(d) >= maxDatagrams {
		delete(d, oldest)
	}
}
