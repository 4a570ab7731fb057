package pcap

import (
	"encoding/binary"
	"slices"

	"github.com/inkling-sec/inkling/read/conn"
)

// DefaultMaxFlows bounds the flows followed at one time; each takes about 700 bytes.
const DefaultMaxFlows = 200_000

// Stats counts what a capture held.
type Stats struct {
	Packets   uint64 // in the file
	Bytes     uint64 // captured
	Flows     uint64 // records made
	Evicted   uint64 // flows ended early because the table was full
	NotIP     uint64 // packets of no flow: ARP and the like
	Malformed uint64 // packets that could not be decoded
	BadSum    uint64 // packets with a wrong checksum, which count in no flow
	Fragments uint64 // pieces of packets
}

// A table makes flows out of packets. Time moves by the packets alone.
type table struct {
	max      int
	now      int64
	behind   int // packets in a row that are far behind now
	flows    map[key]*flow
	queue    queue
	started  uint64
	done     []*flow // ended, in order
	free     []*flow
	pieces   datagrams
	expected expected
	stats    Stats
	pkts     [1 + maxTunnels]packet // that of a frame, and those within
	seg      segment
}

func newTable(o Options) *table {
	if o.MaxFlows <= 0 {
		o.MaxFlows = DefaultMaxFlows
	}
	t := &table{max: o.MaxFlows, flows: map[key]*flow{}, pieces: datagrams{}, expected: expected{}}
	t.pkts[0].trusting = o.AnyChecksum
	return t
}

// take puts one frame into its flow.
func (t *table) take(fr *frame) {
	t.stats.Packets++
	t.stats.Bytes += uint64(len(fr.data))
	t.expire(fr.t)
	p := &t.pkts[0]
	v := p.decode(fr)
	for layers := 0; v == usable && p.frag.on; layers++ {
		t.stats.Fragments++
		if layers == maxLayers || !t.pieces.add(p) {
			return
		}
		v = p.whole()
	}
	switch {
	case v == other:
		t.stats.NotIP++
	case v == badSum:
		t.stats.BadSum++
	case v == malformed || !t.transport(p, 0):
		t.stats.Malformed++
	}
}

// transport takes a packet into its flow, which is within so many tunnels over UDP. It is false for a damaged one.
func (t *table) transport(p *packet, tunnels int) bool {
	switch {
	case p.proto == protoTCP:
		return t.tcp(p)
	case p.proto == protoUDP:
		return t.udp(p, tunnels)
	case p.proto == protoICMP && !p.v6, p.proto == protoICMPv6 && p.v6:
		return t.icmp(p)
	}
	f, e := t.flow(p, newKey(p, 0, 0, false), 0, 0, false)
	e.count(p, 0)
	t.moved(f, p.t)
	return true
}

// Packets in a row that are longer behind the clock than any flow waits show that it was wrong, as by a packet with a
// damaged time or a capture put behind a later one.
const (
	wrongAfter = 2
	farBehind  = tcpIdle
)

// expire moves the clock and ends the flows whose time has come; all of them where the clock was wrong, and is set anew.
func (t *table) expire(now int64) {
	if t.now-now <= farBehind {
		t.behind = 0
	} else if t.behind++; t.behind >= wrongAfter {
		t.flush()
		t.now, t.behind = now, 0
	}
	t.now = max(t.now, now)
	for {
		f := t.queue.first()
		if f == nil || f.deadline > t.now {
			return
		}
		t.end(f)
	}
}

func (t *table) end(f *flow) {
	t.queue.remove(f)
	delete(t.flows, f.key)
	t.done = append(t.done, f)
	t.stats.Flows++
}

// flush ends all flows that are left, in order of their start.
func (t *table) flush() {
	rest := slices.Clone(t.queue)
	slices.SortFunc(rest, func(a, b *flow) int {
		if a.start != b.start {
			if a.start < b.start {
				return -1
			}
			return 1
		}
		return int(int64(a.seq) - int64(b.seq))
	})
	for _, f := range rest {
		t.end(f)
	}
}

// flow gives the flow of a packet and the end that sent it. A new flow starts
// with the packet's sender as originator, or its receiver when flip is true.
func (t *table) flow(p *packet, k key, sp, dp uint16, flip bool) (*flow, *endpoint) {
	f := t.flows[k]
	if f == nil {
		f = t.open(p, k, sp, dp)
		if flip {
			f.flip()
		}
	}
	if e := &f.ends[0]; e.port == sp && e.addr == p.src {
		return f, e
	}
	return f, &f.ends[1]
}

func (t *table) open(p *packet, k key, sp, dp uint16) *flow {
	if len(t.flows) >= t.max {
		t.end(t.queue.first())
		t.stats.Evicted++
	}
	var f *flow
	if n := len(t.free); n > 0 {
		f, t.free = t.free[n-1], t.free[:n-1]
	} else {
		f = &flow{}
	}
	f.reset()
	f.key, f.start, f.last, f.seq = k, p.t, p.t, t.started
	f.ends[0].addr, f.ends[0].port = p.src, sp
	f.ends[1].addr, f.ends[1].port = p.dst, dp
	t.started++
	f.dns = p.proto == protoUDP && (isDNSPort(sp) || isDNSPort(dp))
	f.deadline = f.expiry()
	t.flows[k] = f
	t.queue.push(f)
	return f
}

// reset makes a used flow new, keeping its memory.
func (f *flow) reset() {
	a, b := f.ends[0].stream.pieces[:0], f.ends[1].stream.pieces[:0]
	*f = flow{}
	f.ends[0].stream.pieces, f.ends[1].stream.pieces = a, b
	f.history = f.historySpace[:0]
}

// moved takes note that a packet moved the flow.
func (t *table) moved(f *flow, now int64) {
	f.touch(now)
	t.queue.set(f, f.expiry())
}

func (e *endpoint) count(p *packet, payload int) {
	e.pkts++
	e.ipBytes += uint64(p.ipLen)
	e.payload += uint64(payload)
	e.active = true
}

func (t *table) tcp(p *packet) bool {
	s := &t.seg
	if !s.parse(p) {
		return false
	}
	sp, dp := binary.BigEndian.Uint16(p.body), binary.BigEndian.Uint16(p.body[2:])
	k := newKey(p, sp, dp, false)
	if f := t.flows[k]; f != nil && f.reuses(s) {
		t.end(f)
	}
	f, e := t.flow(p, k, sp, dp, flipsTCP(s, sp, dp))
	if !p.intact(16, false) {
		t.corrupt(f, e, e.bad.hit())
		return true
	}
	e.count(p, 0)
	f.tcp(e, s)
	if s.n > 0 && !s.has(fRST) {
		t.content(f, e, s.data[:min(len(s.data), s.n)])
	}
	t.queue.set(f, f.expiry())
	return true
}

// flipsTCP guesses the originator of a connection whose start was missed, by
// its ports.
func flipsTCP(s *segment, sp, dp uint16) bool {
	if s.has(fSYN) && !s.has(fACK) || !conn.IsServer(protoTCP, sp) {
		return false
	}
	return s.has(fSYN) || sp < dp || !conn.IsServer(protoTCP, dp)
}

// corrupt notes a packet with a wrong checksum, which counts no further.
func (t *table) corrupt(f *flow, e *endpoint, note bool) {
	t.stats.BadSum++
	if note {
		f.letter(e, 'C')
	}
}

func (t *table) udp(p *packet, tunnels int) bool {
	if len(p.body) < 8 {
		return false
	}
	sp, dp := binary.BigEndian.Uint16(p.body), binary.BigEndian.Uint16(p.body[2:])
	flip := conn.IsServer(protoUDP, sp) && !conn.IsServer(protoUDP, dp) && !p.toMany()
	f, e := t.flow(p, newKey(p, sp, dp, false), sp, dp, flip)
	if !p.intact(6, !p.v6) {
		t.corrupt(f, e, false)
		f.once(e, sawBad, 'C')
		return true
	}
	n := max(int(binary.BigEndian.Uint16(p.body[4:]))-8, 0)
	e.count(p, n)
	f.once(e, sawData, 'D')
	if b := p.body[8:]; f.service == "" && e.looked < maxLook {
		e.looked++
		f.service = datagramService(sp, dp, b)
	}
	t.moved(f, p.t)
	if tunnels < maxTunnels {
		t.enter(f, p, sp, dp, tunnels+1)
	}
	return true
}

// enter takes the packet that a datagram of f carries, where it is one of a tunnel, into a flow of its own. Pieces of
// packets within are not put together.
func (t *table) enter(f *flow, p *packet, from, port uint16, tunnels int) {
	q := &t.pkts[tunnels]
	s, v := p.within(q, from, port)
	if s != "" && f.service == "" {
		f.service = s
	}
	if v == usable && !q.frag.on {
		t.transport(q, tunnels)
	}
}

func (t *table) icmp(p *packet) bool {
	if len(p.body) < 8 {
		return false
	}
	typ, code := p.body[0], p.body[1]
	reply, oneWay := counterpart(typ, code, p.v6)
	sp, dp := uint16(typ), uint16(reply)
	f, e := t.flow(p, newKey(p, sp, dp, oneWay), sp, dp, false)
	if !p.intact(2, false) {
		t.corrupt(f, e, false)
		return true
	}
	e.count(p, p.bodyLen-8)
	t.moved(f, p.t)
	return true
}

// toMany reports whether the packet goes to a multicast or broadcast address.
func (p *packet) toMany() bool {
	if p.v6 {
		return p.dst[0] == 0xff
	}
	return p.dst[0]>>4 == 14 || [4]byte(p.dst[:4]) == [4]byte{255, 255, 255, 255}
}

func isDNSPort(p uint16) bool { return p == 53 || p == 137 || p == 5353 || p == 5355 }

// counterpart gives the type that answers an ICMP type; a message without an
// answer carries its code there and is a flow of one direction.
func counterpart(typ, code uint8, v6 bool) (reply uint8, oneWay bool) {
	pairs := icmpPairs
	if v6 {
		pairs = icmp6Pairs
	}
	for _, p := range pairs {
		if typ == p[0] {
			return p[1], false
		}
		if typ == p[1] {
			return p[0], false
		}
	}
	return code, true
}

// Echo, timestamp, information, router and mask messages.
var icmpPairs = [][2]uint8{{8, 0}, {13, 14}, {15, 16}, {10, 9}, {17, 18}}

// Echo, router, neighbour, listener, node information and home agent messages.
var icmp6Pairs = [][2]uint8{{128, 129}, {133, 134}, {135, 136}, {130, 131}, {139, 140}, {144, 145}}
