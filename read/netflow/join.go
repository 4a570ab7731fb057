package netflow

import (
	"cmp"
	"math"
	"slices"

	"github.com/inkling-sec/inkling/read/community"
	"github.com/inkling-sec/inkling/read/conn"
)

// A flow is one record of an exporter: what went one way, and, where it tells that too, what came back.
type flow struct {
	src, dst [16]byte // an IPv4 address is in the first four bytes
	sp, dp   uint16
	v6       bool
	turned   bool // the destination began the conversation
	proto    uint8
	reason   uint8 // why it ended (IPFIX flowEndReason); 0 when not told
	icmp     int32 // type and code, -1 when not told
	exporter uint32
	ways     [2]way
	at       int64 // when it was told of, in microseconds
	line     int   // where it stands, of a table
}

// A way is what went in one direction; times are microseconds since the epoch.
type way struct {
	packets, bytes uint64
	start, end     int64
	flags          uint8 // of TCP, all that were seen
}

const (
	icmp   = 1
	tcp    = 6
	udp    = 17
	icmpv6 = 58
	sctp   = 132
)

func (f *flow) isICMP() bool { return f.proto == icmp && !f.v6 || f.proto == icmpv6 && f.v6 }

// activeTimeout is the flowEndReason of a flow that goes on.
const activeTimeout = 2

// DefaultMaxFlows bounds the conversations that wait for their other half; each takes about 300 bytes.
const DefaultMaxFlows = 200_000

// A key is the pair of endpoints in one order, so that both directions have the same. It has no padding.
type key struct {
	a, b     [16]byte
	ap, bp   uint16
	exporter uint32
	what     uint32 // protocol, family, and whether it is a message without an answer
}

// key gives the flow's key, and which of its ends the source is. ICMP has type and type of the answer for ports, as Zeek
// has it.
func (f *flow) key() (k key, end int) {
	sp, dp, oneWay := f.sp, f.dp, uint32(0)
	if f.isICMP() {
		sp, dp = uint16(f.icmp)>>8, uint16(f.icmp)&255
		if answer, ok := community.Answer(int(f.proto), sp); ok {
			dp = answer
		} else {
			oneWay = 1 << 9
		}
	}
	k = key{f.src, f.dst, sp, dp, f.exporter, uint32(f.proto) | oneWay}
	if f.v6 {
		k.what |= 1 << 8
	}
	if order := slices.Compare(k.a[:], k.b[:]); oneWay == 0 && (order > 0 || order == 0 && sp > dp) {
		k.a, k.b, k.ap, k.bp, end = k.b, k.a, dp, sp, 1
	}
	return k, end
}

// A conv is a conversation under way: both directions of it and all pieces.
type conv struct {
	key        key
	ways       [2]way // sent by end a, by end b
	first      int8   // end whose record came first
	began      int8   // end that began it as the exporter says; -1 when it does not
	uncounted  bool   // some of its records tell bytes and no packets
	due        int64  // second in which it ends
	prev, next int32  // of those due in the same second; 0 is none
	line       int
}

func (c *conv) start() int64 {
	a, b := &c.ways[c.first], &c.ways[1-c.first]
	if b.packets > 0 {
		return min(a.start, b.start)
	}
	return a.start
}

func (c *conv) end() int64 { return max(c.ways[0].end, c.ways[1].end) }

// Times of the joiner.
const (
	second = 1_000_000
	// halfWait is how long a conversation waits for more records of it: exporters give idle flows up after 15 s mostly, and
	// are late by some.
	halfWait = 30
	// stillGoing is how long after its last packet a flow is told of at most, when the reason is that it goes on.
	stillGoing = 10 * second
	wheel      = 4096 // seconds that a conversation may wait, at most
)

// quiet is the pause after which packets are of another conversation, as Zeek has it.
func quiet(proto uint32) int64 {
	if proto&255 == tcp {
		return 300 * second
	}
	return 60 * second
}

// A joiner makes conversations of flows. Its clock are the packets; its memory is bounded.
type joiner struct {
	max     int
	second  int64 // of the clock
	index   map[key]int32
	convs   []conv // 0 is none
	free    []int32
	slots   [wheel]struct{ head, tail int32 } // by the second in which they end
	done    []int32
	at      int // of done
	evicted uint64
}

func newJoiner(most int) *joiner {
	if most <= 0 {
		most = DefaultMaxFlows
	}
	return &joiner{max: most, index: map[key]int32{}, convs: make([]conv, 1, 64)}
}

// add takes a flow into its conversation.
func (j *joiner) add(f *flow) {
	j.advance(f.at)
	for i := range f.ways {
		f.ways[i].end = max(f.ways[i].end, f.ways[i].start)
	}
	uncounted := f.uncounted()
	k, end := f.key()
	n, ok := j.index[k]
	if ok && !j.convs[n].fits(f, end) {
		j.finish(n)
		ok = false
	}
	if !ok {
		n = j.open(k, end, f)
	} else {
		j.unlink(n)
	}
	c := &j.convs[n]
	c.uncounted = c.uncounted || uncounted
	c.ways[end].add(&f.ways[0])
	if f.ways[1].packets > 0 {
		c.ways[1-end].add(&f.ways[1])
		c.began = int8(end)
	}
	if f.turned {
		c.began = int8(1 - end)
	}
	c.due = j.second + min(f.wait(), wheel-1)
	j.link(n)
}

// uncounted reports whether a flow tells bytes and no packets, as those of firewalls do. Then each way that has bytes gets one packet,
// by which a way is known to be there; the conversation's packets are missing.
func (f *flow) uncounted() bool {
	out, in := &f.ways[0], &f.ways[1]
	if out.packets|in.packets != 0 || out.bytes|in.bytes == 0 {
		return false
	}
	out.packets, in.packets = min(1, out.bytes), min(1, in.bytes)
	return true
}

func (w *way) add(more *way) {
	if w.packets == 0 {
		w.start, w.end = more.start, more.end
	}
	w.packets, w.bytes = plus(w.packets, more.packets), plus(w.bytes, more.bytes)
	w.start, w.end = min(w.start, more.start), max(w.end, more.end)
	w.flags |= more.flags
}

func plus(a, b uint64) uint64 {
	if a > math.MaxUint64-b {
		return math.MaxUint64
	}
	return a + b
}

// fits reports whether a flow, sent by that end, is of the conversation.
func (c *conv) fits(f *flow, end int) bool {
	w := &f.ways[0]
	if pause := quiet(c.key.what); w.start-c.end() > pause || c.start()-w.end > pause {
		return false
	}
	// A port that is used again: a new handshake after the end of this one.
	mine := &c.ways[end]
	return f.proto != tcp || w.flags&conn.SYN == 0 || mine.flags&(conn.FIN|conn.RST) == 0 || w.start <= c.end()
}

// wait gives the seconds in which more of a conversation may come. One that goes on is told of again after as long.
func (f *flow) wait() int64 {
	w := &f.ways[0]
	late := f.at - w.end
	if f.reason == activeTimeout || f.reason == 0 && w.flags&(conn.FIN|conn.RST) == 0 && late < stillGoing {
		return halfWait + max(0, (w.end-w.start)/second)
	}
	return halfWait
}

func (j *joiner) open(k key, end int, f *flow) int32 {
	if len(j.index) >= j.max {
		j.evict()
	}
	n := int32(len(j.convs))
	if last := len(j.free) - 1; last >= 0 {
		n, j.free = j.free[last], j.free[:last]
	} else {
		j.convs = append(j.convs, conv{})
	}
	j.convs[n] = conv{key: k, first: int8(end), began: -1, line: f.line}
	j.index[k] = n
	return n
}

// evict ends the conversation that is due first.
func (j *joiner) evict() {
	for s := j.second; ; s++ {
		if n := j.slots[s%wheel].head; n != 0 {
			j.finish(n)
			j.evicted++
			return
		}
	}
}

func (j *joiner) link(n int32) {
	slot, c := &j.slots[j.convs[n].due%wheel], &j.convs[n]
	c.prev, c.next = slot.tail, 0
	if slot.tail != 0 {
		j.convs[slot.tail].next = n
	} else {
		slot.head = n
	}
	slot.tail = n
}

func (j *joiner) unlink(n int32) {
	c := &j.convs[n]
	slot := &j.slots[c.due%wheel]
	if c.prev != 0 {
		j.convs[c.prev].next = c.next
	} else {
		slot.head = c.next
	}
	if c.next != 0 {
		j.convs[c.next].prev = c.prev
	} else {
		slot.tail = c.prev
	}
}

// finish ends a conversation; it waits to be read.
func (j *joiner) finish(n int32) {
	j.unlink(n)
	delete(j.index, j.convs[n].key)
	j.done = append(j.done, n)
}

// advance moves the clock to a time in microseconds, and ends what is due. It does not go back, but where it has been
// wrong by more than anything waits: then all that waits is ended, and it begins anew.
func (j *joiner) advance(at int64) {
	now := max(0, at/second)
	switch {
	case j.second == 0:
		j.second = now
	case now <= j.second-wheel:
		j.flush()
		j.second = now
	}
	if now <= j.second {
		return
	}
	for s := j.second; s <= now && s < j.second+wheel; s++ {
		for n := j.slots[s%wheel].head; n != 0; n = j.slots[s%wheel].head {
			j.finish(n)
		}
	}
	j.second = now
}

// flush ends all conversations, in order of their start.
func (j *joiner) flush() {
	from := len(j.done)
	for s := j.second; s < j.second+wheel; s++ {
		for n := j.slots[s%wheel].head; n != 0; n = j.slots[s%wheel].head {
			j.finish(n)
		}
	}
	slices.SortStableFunc(j.done[from:], func(a, b int32) int { return cmp.Compare(j.convs[a].start(), j.convs[b].start()) })
}

func (j *joiner) ready() bool { return j.at < len(j.done) }

// next gives a conversation that has ended; it is valid until release.
func (j *joiner) next() *conv { return &j.convs[j.done[j.at]] }

func (j *joiner) release() {
	j.free = append(j.free, j.done[j.at])
	if j.at++; j.at == len(j.done) {
		j.done, j.at = j.done[:0], 0
	}
}
