package netflow

import (
	"math"
	"net/netip"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/conn"
)

// lines lays conversations out as records.
type lines struct {
	n      int // records so far
	frames conn.Frames
	text   []byte
}

var (
	isTCP, isUDP, isICMP, isSCTP = []byte("tcp"), []byte("udp"), []byte("icmp"), []byte("sctp")
	isUnknown                    = []byte("unknown_transport") // Zeek's word
)

func nameOf(proto uint8) []byte {
	switch proto {
	case tcp:
		return isTCP
	case udp:
		return isUDP
	case icmp, icmpv6:
		return isICMP
	case sctp:
		return isSCTP
	}
	return isUnknown
}

func (l *lines) record(r *inkling.Record, c *conv) {
	l.n++
	r.Reset(schema)
	o := c.originator()
	hosts, ports := [2][16]byte{c.key.a, c.key.b}, [2]uint16{c.key.ap, c.key.bp}
	out, in := &c.ways[o], &c.ways[1-o]
	v6 := c.key.what>>8&1 == 1
	l.text = appendAddr(l.text[:0], &hosts[o], v6)
	n := len(l.text)
	l.text = appendAddr(l.text, &hosts[1-o], v6)
	r.Text[conn.OrigHost], r.Text[conn.RespHost] = l.text[:n:n], l.text[n:]
	r.Text[conn.Proto] = nameOf(uint8(c.key.what))
	r.Num[conn.OrigPort], r.Num[conn.RespPort] = float64(ports[o]), float64(ports[1-o])
	r.Num[conn.TS], r.Num[conn.Duration] = float64(c.start())/second, float64(c.end()-c.start())/second
	r.Num[conn.Missed] = 0
	r.Num[conn.OrigPkts], r.Num[conn.RespPkts] = float64(out.packets), float64(in.packets)
	l.frames.BytesOut, l.frames.BytesIn, l.frames.IP = float64(out.bytes), float64(in.bytes), true
	l.frames.FlagsOut, l.frames.FlagsIn = int(out.flags), int(in.flags)
	if c.uncounted {
		l.uncounted(r)
		return
	}
	l.frames.Fill(r)
	if out.packets+in.packets == 1 { // as Zeek has it
		r.Num[conn.Duration], r.Num[conn.OrigBytes], r.Num[conn.RespBytes] = math.NaN(), math.NaN(), math.NaN()
	}
}

// uncounted fills a record whose packets are not known: they are missing, and what headers take of the bytes is not taken off.
func (l *lines) uncounted(r *inkling.Record) {
	l.frames.Outcome(r)
	r.Num[conn.OrigPkts], r.Num[conn.RespPkts] = 0, 0
	l.frames.Bytes(r)
	r.Num[conn.OrigPkts], r.Num[conn.RespPkts] = math.NaN(), math.NaN()
}

func appendAddr(b []byte, a *[16]byte, v6 bool) []byte {
	if v6 {
		return netip.AddrFrom16(*a).AppendTo(b)
	}
	return netip.AddrFrom4([4]byte(a[:4])).AppendTo(b)
}

// originator gives the end that began the conversation: what the exporter says; no group nor everyone; of a connection whose start was seen
// the end that sent first; else the end whose port is not a server's; else the end that sent first, a handshake's SYN
// telling equal times apart; else, where an exporter gives both ends one time, that of the higher port: servers' are
// low; else the end that was told of first.
func (c *conv) originator() int {
	if c.began >= 0 {
		return int(c.began)
	}
	first, other := int(c.first), 1-int(c.first)
	for _, end := range []int{first, other} {
		if c.isToMany(end) {
			return 1 - end
		}
	}
	a, b := &c.ways[first], &c.ways[other]
	if c.key.what>>9&1 == 1 { // an ICMP message without an answer
		return first
	}
	if uint8(c.key.what) == tcp && (a.flags|b.flags)&conn.SYN == 0 || b.packets == 0 && !opens(uint8(c.key.what), a.flags) || a.start == b.start && opens(tcp, a.flags) == opens(tcp, b.flags) {
		if o, ok := c.byPort(first); ok {
			return o
		}
	}
	switch {
	case b.packets == 0:
		return first
	case a.start != b.start:
		if a.start < b.start {
			return first
		}
		return other
	case opens(tcp, b.flags) && !opens(tcp, a.flags):
		return other
	case opens(tcp, a.flags) && !opens(tcp, b.flags):
		return first
	}
	ports, proto := [2]uint16{c.key.ap, c.key.bp}, uint8(c.key.what)
	if (proto == tcp || proto == udp) && ports[other] > ports[first] {
		return other
	}
	return first
}

func (c *conv) isToMany(end int) bool {
	a := [2][16]byte{c.key.a, c.key.b}[end]
	if c.key.what>>8&1 == 1 {
		return netip.AddrFrom16(a).IsMulticast()
	}
	v4 := netip.AddrFrom4([4]byte(a[:4]))
	return v4.IsMulticast() || v4 == everyone
}

var everyone = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// opens reports whether a side sent a SYN and never an ACK.
func opens(proto, flags uint8) bool {
	return proto == tcp && flags&(conn.SYN|conn.ACK) == conn.SYN
}

// byPort tells the originator by the ports, where one of them alone is a server's.
func (c *conv) byPort(first int) (int, bool) {
	ports := [2]uint16{c.key.ap, c.key.bp}
	proto := uint8(c.key.what)
	server := [2]bool{conn.IsServer(proto, ports[0]), conn.IsServer(proto, ports[1])}
	switch {
	case proto != tcp && proto != udp || server[0] == server[1]:
		return 0, false
	case server[first]:
		return 1 - first, true
	}
	return first, true
}
