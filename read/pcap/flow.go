package pcap

import "math"

// A key is the pair of endpoints in one fixed order, so that both directions
// of a flow have the same key.
type key struct {
	a, b   [16]byte
	ap, bp uint16
	proto  uint8
	v6     bool
	oneWay bool // an ICMP message that has no counterpart
}

func less(a, b *[16]byte, ap, bp uint16) bool {
	for i := range a {
		if a[i] != b[i] {
			return a[i] < b[i]
		}
	}
	return ap < bp
}

func newKey(p *packet, sp, dp uint16, oneWay bool) key {
	if !oneWay && less(&p.dst, &p.src, dp, sp) {
		return key{p.dst, p.src, dp, sp, p.proto, p.v6, false}
	}
	return key{p.src, p.dst, sp, dp, p.proto, p.v6, oneWay}
}

// A flow is one connection under way.
type flow struct {
	key          key
	ends         [2]endpoint
	o            uint8  // which of ends is the originator
	seq          uint64 // number in order of start
	start, last  int64
	deadline     int64 // when it ends if no packet comes
	due          int64 // the time the heap knows, at most deadline
	slot         int   // place in the heap
	attempt      int64 // end of the wait for an answer to a first SYN; 0 is none
	closeAt      int64 // end of the linger after a full close; 0 is none
	missed       uint64
	seen         uint32 // letters that come once, end 0 below bit 16
	partial      bool
	running      bool // has left the handshake: the long inactivity timeout counts
	waiting      bool // a close waits for missing data
	dns          bool // UDP on a port of DNS, which ends sooner
	service      service
	history      []byte
	historySpace [24]byte
}

func (f *flow) orig() *endpoint         { return &f.ends[f.o] }
func (f *flow) resp() *endpoint         { return &f.ends[1-f.o] }
func (f *flow) isOrig(e *endpoint) bool { return e == &f.ends[f.o] }
func (f *flow) peer(e *endpoint) *endpoint {
	if e == &f.ends[0] {
		return &f.ends[1]
	}
	return &f.ends[0]
}

// maxHistory bounds the history of a flow that keeps repeating flags.
const maxHistory = 200

// A scaled counter writes its letter at 1, 10, 100, … events.
type scaled struct{ n, next uint64 }

func (c *scaled) hit() bool {
	if c.next == 0 {
		c.next = 1
	}
	c.n++
	if c.n < c.next {
		return false
	}
	c.next *= 10
	return true
}

func (f *flow) letter(e *endpoint, c byte) {
	if len(f.history) >= maxHistory {
		return
	}
	if !f.isOrig(e) {
		c |= 0x20
	}
	f.history = append(f.history, c)
}

// once writes a letter unless the side has had it; it reports whether it had.
func (f *flow) once(e *endpoint, bit uint32, c byte) bool {
	if e == &f.ends[1] {
		bit <<= 16
	}
	if f.seen&bit != 0 {
		return true
	}
	f.seen |= bit
	f.letter(e, c)
	return false
}

// Letters that are written once a side.
const (
	sawSYN uint32 = 1 << iota
	sawFIN
	sawRST
	sawFINRST
	sawMulti
	sawData
	sawACK
	sawBad
)

// flip swaps originator and responder. Like Zeek, it leaves the letters that
// are written already.
func (f *flow) flip() {
	f.o = 1 - f.o
	f.history = append(f.history, '^')
}

// touch moves the flow's last time; packets out of order do not move it back.
func (f *flow) touch(t int64) { f.last = max(f.last, t) }

// Timeouts, which are Zeek's defaults.
const (
	second        = int64(1e9)
	udpIdle       = 60 * second
	dnsIdle       = 10 * second
	icmpIdle      = 60 * second
	handshakeIdle = 60 * second
	tcpIdle       = 300 * second
	tcpLinger     = 5 * second // after a full close
	tcpAttempt    = 5 * second // for an answer to a first SYN
	tcpHalf       = 6 * second // after a close that will not become full
)

// expiry says when the flow ends if no packet comes. It is never in reach of
// overflow: a time from a damaged file is clamped.
func (f *flow) expiry() int64 {
	switch {
	case f.key.proto == protoTCP:
		return f.tcpExpiry()
	case f.key.proto == protoICMP || f.key.proto == protoICMPv6:
		return later(f.last, icmpIdle)
	case f.dns:
		// Zeek looks every ten seconds whether nine have been quiet.
		quiet := f.last - f.start + dnsIdle - second
		return later(f.start, (quiet+dnsIdle-1)/dnsIdle*dnsIdle)
	}
	return later(f.last, udpIdle)
}

func (f *flow) tcpExpiry() int64 {
	o, r := f.orig(), f.resp()
	switch {
	case f.closeAt != 0:
		return f.closeAt
	case f.attempt != 0 && r.state == inactive && (o.state == synSent || o.state == synAckSent):
		return f.attempt
	case o.state == inactive && r.state == inactive:
		return later(f.last, tcpHalf)
	case (o.shut || r.shut) && (o.state == reset || r.state == reset || o.state == inactive || r.state == inactive):
		return later(f.last, tcpHalf)
	case f.running:
		return later(f.last, tcpIdle)
	}
	return later(f.last, handshakeIdle)
}

func later(t, d int64) int64 {
	if t > math.MaxInt64-d {
		return math.MaxInt64
	}
	return t + d
}

// A queue is a heap of flows by the time they are due, then by start. A flow's
// deadline mostly moves later with each packet; that is only noticed when the
// flow comes to the top, so a packet costs no heap work.
type queue []*flow

func (q queue) before(i, j int) bool {
	return q[i].due < q[j].due || q[i].due == q[j].due && q[i].seq < q[j].seq
}

func (q queue) swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].slot, q[j].slot = i, j
}

func (q queue) up(i int) {
	for i > 0 && q.before(i, (i-1)/2) {
		q.swap(i, (i-1)/2)
		i = (i - 1) / 2
	}
}

func (q queue) down(i int) {
	for {
		c := 2*i + 1
		if c >= len(q) {
			return
		}
		if c+1 < len(q) && q.before(c+1, c) {
			c++
		}
		if !q.before(c, i) {
			return
		}
		q.swap(i, c)
		i = c
	}
}

func (q *queue) push(f *flow) {
	f.due, f.slot = f.deadline, len(*q)
	*q = append(*q, f)
	q.up(f.slot)
}

func (q *queue) remove(f *flow) {
	i, n := f.slot, len(*q)-1
	q.swap(i, n)
	(*q)[n] = nil
	*q = (*q)[:n]
	if i < n {
		q.down(i)
		q.up(i)
	}
}

// set moves a flow's deadline. An earlier one is put in place at once.
func (q queue) set(f *flow, deadline int64) {
	f.deadline = deadline
	if deadline < f.due {
		f.due = deadline
		q.up(f.slot)
	}
}

// first gives the flow whose deadline is earliest, or nil.
func (q queue) first() *flow {
	for len(q) > 0 && q[0].due < q[0].deadline {
		q[0].due = q[0].deadline
		q.down(0)
	}
	if len(q) == 0 {
		return nil
	}
	return q[0]
}
