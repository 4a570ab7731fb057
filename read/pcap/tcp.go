package pcap

import "encoding/binary"

// States of one end of a TCP connection, as Zeek names them.
const (
	inactive uint8 = iota
	synSent
	synAckSent
	partial
	established
	closed
	reset
)

// TCP flags.
const (
	fFIN = 1 << iota
	fSYN
	fRST
	fPSH
	fACK
)

// seqSlack is how far a SYN or RST may move the sequence before it is distrusted.
const seqSlack = 1 << 20

// An endpoint is one side of a flow.
type endpoint struct {
	addr          [16]byte
	port          uint16
	looked        uint8    // data packets looked at for the service
	maybe         services // what it may be speaking
	pkts, ipBytes uint64
	payload       uint64 // UDP and ICMP: bytes; TCP counts by sequence numbers
	active        bool   // UDP and ICMP: has sent

	state, prev     uint8
	shut            bool // its close has been taken note of
	eof             bool
	appeared        bool // a packet of it has been through the state machine
	spoke           bool // has sent data
	fins            uint32
	start           uint32 // sequence number of the SYN, or one before the first byte seen
	last, ack       uint32 // highest sequence number sent, and acknowledged by the peer
	lastWrap        uint32 // how often last passed 2³²
	ackWrap         uint32
	finAt           int64 // relative sequence number one past the FIN
	lastSYN         int64
	lastFIN         int64
	lastRST         int64
	resent, windows scaled
	bad, gaps       scaled
	stream          stream
}

func (e *endpoint) full(n, wraps uint32) int64 { return int64(wraps)<<32 + int64(n) - int64(e.start) }
func (e *endpoint) sent() int64                { return e.full(e.last, e.lastWrap) }
func (e *endpoint) acked() int64               { return e.full(e.ack, e.ackWrap) }

func (e *endpoint) clean() bool {
	return e.state == established || e.state == closed && e.prev == established
}

func (e *endpoint) init(start, last uint32) {
	e.start, e.ack, e.last = start, start, last
}

// size is the number of payload bytes sent, by sequence numbers: gaps count.
func (e *endpoint) size(peer *endpoint) uint64 {
	if e.prev == synSent && e.state == reset && peer.state == inactive && e.acked() > 1 {
		return 0 // the numbers belong to another connection
	}
	if e.state == reset && e.prev == inactive && !e.spoke {
		return 0 // resets alone, each with the number of the probe it answers
	}
	n := max(e.sent(), e.acked())
	if n > 0 {
		n-- // the SYN
	}
	if n > 0 && e.fins > 0 {
		n--
	}
	return uint64(max(n, 0))
}

func (f *flow) setState(e *endpoint, s uint8) {
	if e.state == s {
		return
	}
	e.prev, e.state = e.state, s
	if s > synAckSent {
		f.running = true
	}
}

// A segment is one TCP packet.
type segment struct {
	t        int64
	seq, ack uint32
	flags    uint8
	window   uint16
	n        int    // payload length by the IP header
	data     []byte // payload as captured
}

func (s *segment) has(f uint8) bool { return s.flags&f != 0 }

// span is the room it takes in the sequence: a SYN and a FIN take one each,
// the data of a RST none.
func (s *segment) span() uint32 {
	n := uint32(s.n)
	if s.has(fRST) {
		n = 0
	}
	if s.has(fSYN) {
		n++
	}
	if s.has(fFIN) {
		n++
	}
	return n
}

func (s *segment) parse(p *packet) bool {
	b := p.body
	if len(b) < 20 {
		return false
	}
	off := int(b[12]>>4) * 4
	if off < 20 || off > p.bodyLen {
		return false
	}
	*s = segment{t: p.t, seq: binary.BigEndian.Uint32(b[4:]), ack: binary.BigEndian.Uint32(b[8:]),
		flags: b[13], window: binary.BigEndian.Uint16(b[14:]), n: p.bodyLen - off}
	if off < len(b) {
		s.data = b[off:]
	}
	return true
}

// reuses reports whether a SYN opens a new connection on the flow's ports.
func (f *flow) reuses(s *segment) bool {
	if !s.has(fSYN) {
		return false
	}
	e := f.orig()
	if s.has(fACK) {
		if e.state != inactive {
			return false
		}
		e = f.resp()
	}
	if f.ends[0].shut || f.ends[1].shut {
		return true
	}
	reversed := !s.has(fACK) && e.state == synAckSent && f.resp().state == inactive && s.seq == f.resp().start
	return s.seq != e.start && !reversed
}

// tcp takes a segment that e sent into the flow.
func (f *flow) tcp(e *endpoint, s *segment) {
	peer := f.peer(e)
	f.markPartial(e, s)
	one := s.seq + s.span()
	e.enter(s, one)
	rel, under := e.relative(s.seq, e.last, e.lastWrap)
	f.note(e, s, rel)
	if s.window == 0 && !s.has(fRST) && peer.state != closed && e.state != reset && e.windows.hit() {
		f.letter(e, 'W')
	}
	if !e.shut || !peer.shut {
		f.touch(s.t)
	}
	if s.has(fFIN) {
		e.fins++
		e.finAt = rel + int64(s.span())
	}
	relAck := peer.acknowledge(s)
	f.advance(e, s, one)
	closes := f.step(e, s)
	if s.has(fACK) {
		f.delivered(peer, relAck)
	}
	e.appeared = true
	if s.n > 0 && len(s.data) >= s.n && !s.has(fRST) && !under {
		if s.has(fSYN) {
			rel++
		}
		e.stream.add(rel, rel+int64(s.n), e.acked())
	}
	f.checkEnd(e)
	if closes {
		f.shut(e)
	}
}

func (f *flow) markPartial(e *endpoint, s *segment) {
	switch {
	case e.appeared:
	case f.isOrig(e):
		f.partial = !s.has(fSYN) || s.has(fACK)
	case !f.partial:
		f.partial = !s.has(fSYN)
	}
}

// enter sets the sequence numbers of a side on its first packet, or when a
// SYN starts them anew.
func (e *endpoint) enter(s *segment, one uint32) {
	switch e.state {
	case inactive:
		if s.has(fSYN) {
			e.init(s.seq, one)
		} else {
			e.init(s.seq-1, s.seq) // as though a SYN had been seen
		}
	case synSent, synAckSent:
		if s.has(fSYN) && s.seq != e.start {
			e.init(s.seq, one)
		}
	case established, partial:
		if s.has(fSYN) {
			e.init(s.seq, one)
		}
	case reset:
		if s.has(fSYN) && e.prev == inactive {
			e.init(s.seq, one)
		}
	}
}

// relative gives n as an offset from the side's start, given a number nearby
// and how often that one wrapped. under is true for a number before the start.
func (e *endpoint) relative(n, near, wraps uint32) (rel int64, under bool) {
	switch d := int32(n - near); {
	case d < 0 && wraps > 0 && n > near:
		wraps--
	case d > 0 && n < near:
		wraps++
	}
	if wraps == 0 {
		d := int32(n - e.start)
		return int64(d), d < 0
	}
	return e.full(n, wraps), false
}

// note writes the history letters of the segment's flags.
func (f *flow) note(e *endpoint, s *segment, rel int64) {
	switch s.flags & (fSYN | fFIN | fRST) {
	case 0:
		if s.n > 0 {
			f.once(e, sawData, 'D')
		} else if s.has(fACK) {
			f.once(e, sawACK, 'A')
		}
	case fSYN:
		c := byte('S')
		if s.has(fACK) {
			c = 'H'
		}
		f.again(e, sawSYN, c, &e.lastSYN, rel)
	case fFIN:
		f.again(e, sawFIN, 'F', &e.lastFIN, rel+int64(s.n))
	case fRST:
		f.again(e, sawRST, 'R', &e.lastRST, rel)
	case fSYN | fRST, fSYN | fFIN:
		f.once(e, sawMulti, 'Q')
	default:
		f.once(e, sawFINRST, 'I')
	}
}

// again writes a letter each time its sequence number differs from the last.
func (f *flow) again(e *endpoint, bit uint32, c byte, last *int64, rel int64) {
	if f.once(e, bit, c) && rel != *last {
		f.letter(e, c)
	}
	*last = rel
}

// acknowledge moves what of e has been acknowledged, by a segment of its e.
func (e *endpoint) acknowledge(s *segment) int64 {
	if !s.has(fACK) {
		return 0
	}
	if e.state == inactive {
		e.init(s.ack-1, s.ack-1)
		return 1
	}
	rel, under := e.relative(s.ack, e.ack, e.ackWrap)
	if under {
		return 0
	}
	d := int32(s.ack - e.ack)
	if s.has(fRST) || d <= 0 || s.ack == 0 && d > seqSlack {
		return rel
	}
	if s.ack < e.ack {
		e.ackWrap++
	}
	e.ack = s.ack
	return rel
}

// advance moves the side's highest sequence number, or notes a retransmission.
func (f *flow) advance(e *endpoint, s *segment, one uint32) {
	e.spoke = e.spoke || s.n > 0
	d := int32(one - e.last)
	switch {
	case s.flags&(fSYN|fRST) != 0 && (d > seqSlack || d < -seqSlack):
	case s.has(fFIN) && e.last == e.start+1, e.state != reset && d > 0:
		if one < e.last {
			e.lastWrap++
		}
		e.last = one
	case e.state != reset && s.n > 0:
		if e.resent.hit() {
			f.letter(e, 'T')
		}
	}
}

// step moves the state machine and reports whether the side now closes.
func (f *flow) step(e *endpoint, s *segment) (closes bool) {
	peer := f.peer(e)
	fin, rst := s.has(fFIN), s.has(fRST)
	switch e.state {
	case inactive:
		return f.awake(e, s)
	case established, partial:
		if s.has(fSYN) && !s.has(fACK) && e.state == partial && peer.state == inactive {
			f.setState(e, synSent)
		}
		if fin && !rst && peer.state == reset && peer.prev == closed {
			f.setState(peer, closed) // it sent a FIN before its RST: a normal end
		}
		fin = fin && !rst
	case closed:
		if rst && peer.state != closed {
			f.setState(e, reset)
			return !e.shut
		}
		return false
	case reset:
		return false
	}
	return f.finish(e, fin, rst)
}

// finish takes a FIN or RST into a state that knows neither yet.
func (f *flow) finish(e *endpoint, fin, rst bool) bool {
	if fin {
		f.setState(e, closed)
	}
	if rst {
		f.setState(e, reset)
	}
	return fin || rst
}

// awake is the first packet of a side.
func (f *flow) awake(e *endpoint, s *segment) (closes bool) {
	peer, orig := f.peer(e), f.isOrig(e)
	if s.has(fSYN) {
		f.syn(e, peer, s)
	}
	closes = f.finish(e, s.has(fFIN), s.has(fRST))
	if e.state != inactive {
		return closes
	}
	switch {
	case !orig && s.n == 0 && peer.state == synSent:
		// some stacks acknowledge a SYN before they answer it
	case s.has(fACK) && peer.state == established: // only the SYN was missed
		f.setState(e, established)
		f.partial = false
	default:
		f.setState(e, partial)
	}
	return closes
}

func (f *flow) syn(e, peer *endpoint, s *segment) {
	if f.isOrig(e) {
		f.attempt = later(s.t, tcpAttempt)
		state := synSent
		if s.has(fACK) {
			state = synAckSent
		}
		f.setState(e, state)
		return
	}
	if !s.has(fACK) && peer.state == synAckSent && s.seq == e.start {
		f.partial = false // SYN and its answer came in the wrong order
		f.flip()
		f.setState(peer, established)
	}
	if peer.state == synSent {
		f.setState(peer, established)
	}
	f.setState(e, established)
}

// delivered takes note that the receiver acknowledged e's data up to ack: what
// was not seen by then is a gap.
func (f *flow) delivered(e *endpoint, ack int64) {
	if e.fins > 0 && ack >= e.finAt {
		ack = e.finAt - 1
	}
	st := &e.stream
	if ack <= st.acked() {
		return
	}
	if ack > st.next() && !(ack <= 2 && f.partial) {
		clean := e.clean() && f.peer(e).clean()
		st.skipTo(ack, func(n int64) {
			if !clean {
				return
			}
			f.missed += uint64(n)
			if e.gaps.hit() {
				f.letter(e, 'G')
			}
		})
	}
	st.trim = ack - 1
	f.checkEnd(e)
}

// pending reports whether data before the side's FIN is still missing.
func (e *endpoint) pending() bool {
	return !e.stream.lost && e.stream.next()+1 < e.sent()
}

// checkEnd completes a close that waited for data.
func (f *flow) checkEnd(e *endpoint) {
	if e.eof || e.fins == 0 && e.state != closed && e.state != reset || e.pending() {
		return
	}
	e.eof = true
	if f.waiting {
		f.shut(e)
		f.waiting = false
	}
}

// shut takes note that a side has closed.
func (f *flow) shut(e *endpoint) {
	if e.pending() {
		f.waiting = true
		return
	}
	f.waiting = false
	if e.shut {
		return
	}
	e.shut = true
	peer := f.peer(e)
	if e.state == reset || peer.shut || peer.state == inactive {
		f.closeAt = later(f.last, tcpLinger)
	}
}
