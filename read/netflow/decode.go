package netflow

import (
	"encoding/binary"
	"fmt"
	"math"
	"net/netip"

	"github.com/inkling-sec/inkling"
)

// A decoder makes flows of export packets.
type decoder struct {
	templates *templates
	give      func(*flow)
	stats     Stats
	bad       []error // about the packet last taken
	file      string
	records   uint32 // of the packet last taken
	head      header
	values    values
	flow      flow
}

// A header is what a packet tells of all its records.
type header struct {
	domain *domain
	at     int64 // when it came, or was sent, in microseconds
	sent   int64 // by its own words
	boot   int64 // when the exporter started; 0 when not known
}

func newDecoder(file string, give func(*flow)) *decoder {
	return &decoder{file: file, templates: newTemplates(), give: give}
}

// Sizes of headers, and of a record of v5.
const (
	v5Header    = 24
	v5Record    = 48
	v9Header    = 20
	ipfixHeader = 16
)

const isDamaged = "the exporter or the network damaged it; the flows before this were read"

// packet decodes one export packet. It gives the time at which it came: at, or, where that is 0, its own.
func (d *decoder) packet(b []byte, from netip.Addr, at int64) int64 {
	d.stats.Packets++
	d.head, d.records = header{at: at}, 0
	version := uint16(0)
	if len(b) >= 2 {
		version = binary.BigEndian.Uint16(b)
	}
	size, known := map[uint16]int{5: v5Header, 9: v9Header, 10: ipfixHeader}[version]
	switch {
	case !known:
		d.damaged("is this NetFlow v5, v9 or IPFIX? have the exporter send one of these", "a packet of version %d", version)
		return at
	case len(b) < size:
		d.damaged(isDamaged, "the packet ends in its header")
		return at
	}
	switch version {
	case 5:
		d.v5(b, from)
	case 9:
		d.v9(b, from)
	case 10:
		d.ipfix(b, from)
	}
	return d.head.at
}

// mostTold is how many errors about one packet are told; all are counted.
const mostTold = 8

// fail adds an error about the packet at hand; what follows it can be read.
func (d *decoder) fail(remedy, format string, a ...any) {
	if len(d.bad) >= mostTold {
		return
	}
	d.bad = append(d.bad, &inkling.Error{Code: inkling.Invalid, Place: fmt.Sprintf("%s: packet %d", d.file, d.stats.Packets),
		What: fmt.Sprintf(format, a...), Remedy: remedy, Skippable: true})
}

func (d *decoder) damaged(remedy, format string, a ...any) {
	d.stats.Damaged++
	d.fail(remedy, format, a...)
}

// open finds the stream of a packet.
func (d *decoder) open(version uint16, id uint32, from netip.Addr, sent int64) {
	h := &d.head
	if h.sent = sent; h.at == 0 {
		h.at = sent
	}
	h.domain = d.templates.domain(domainKey{from, id, version}, h.at)
}

// sequence counts what never came: by steps since the packet before, of which this one has n.
func (d *decoder) sequence(sequence, n uint32) {
	o := d.head.domain
	if gap := sequence - o.next; o.counted && gap < 1<<20 { // else the exporter began anew, or packets changed places
		d.stats.Lost += uint64(gap)
	}
	o.next, o.counted = sequence+n, true
}

func (d *decoder) v5(b []byte, from netip.Addr) {
	word := binary.BigEndian.Uint32
	sent := int64(word(b[8:]))*1e6 + int64(word(b[12:])%1e9)/1e3
	d.open(5, uint32(b[20])<<8|uint32(b[21]), from, sent)
	d.head.boot = (sent/1e3 - int64(word(b[4:]))) * 1e3
	count, rest := int(binary.BigEndian.Uint16(b[2:])), b[v5Header:]
	if have := len(rest) / v5Record; have < count {
		d.damaged(isDamaged, "the packet has room for %d flows and says %d", have, count)
		count = have
	}
	d.sequence(word(b[16:]), uint32(count))
	every := uint64(binary.BigEndian.Uint16(b[22:]) & 0x3fff)
	for range count {
		d.v5Flow(rest[:v5Record], every)
		rest = rest[v5Record:]
	}
}

func (d *decoder) v5Flow(b []byte, every uint64) {
	f := &d.flow
	*f = flow{icmp: -1}
	copy(f.src[:4], b)
	copy(f.dst[:4], b[4:])
	f.sp, f.dp, f.proto = binary.BigEndian.Uint16(b[32:]), binary.BigEndian.Uint16(b[34:]), b[38]
	f.ways[0] = way{packets: uint64(binary.BigEndian.Uint32(b[16:])), bytes: uint64(binary.BigEndian.Uint32(b[20:])), flags: b[37]}
	f.ways[0].start, f.ways[0].end = sane(d.uptime(binary.BigEndian.Uint32(b[24:]), d.head.boot)), sane(d.uptime(binary.BigEndian.Uint32(b[28:]), d.head.boot))
	d.finish(every)
}

func (d *decoder) v9(b []byte, from netip.Addr) {
	word := binary.BigEndian.Uint32
	d.open(9, word(b[16:]), from, int64(word(b[8:]))*1e6)
	// The header has whole seconds: the start that packets before tell of is kept as long as this one allows it.
	boot, o := d.head.sent-int64(word(b[4:]))*1e3, d.head.domain
	if boot > o.boot || boot <= o.boot-1e6 {
		o.boot = boot
	}
	d.head.boot = o.boot
	d.head.sent = o.boot + int64(word(b[4:]))*1e3
	d.sequence(word(b[12:]), 1)
	d.sets(9, b[v9Header:])
}

func (d *decoder) ipfix(b []byte, from netip.Addr) {
	length := int(binary.BigEndian.Uint16(b[2:]))
	d.open(10, binary.BigEndian.Uint32(b[12:]), from, int64(binary.BigEndian.Uint32(b[4:]))*1e6)
	switch {
	case length > len(b) || length < ipfixHeader:
		d.damaged(isDamaged, "the packet has %d bytes and says %d", len(b), length)
	case length < len(b):
		d.damaged(isDamaged, "%d bytes stand behind the packet's end", len(b)-length)
		b = b[:length]
	}
	d.head.boot = d.head.domain.boot
	unknown := d.stats.Unknown
	d.sets(10, b[ipfixHeader:])
	d.sequence(binary.BigEndian.Uint32(b[8:]), d.records)
	if d.stats.Unknown > unknown {
		d.head.domain.counted = false // who knows how many records those were
	}
}

// sets decodes the sets of a packet of v9 or IPFIX. The count in v9's header is not looked at: exporters differ in what
// they count, and each set has its length.
func (d *decoder) sets(version uint16, b []byte) {
	for len(b) >= 4 {
		id, n := binary.BigEndian.Uint16(b), int(binary.BigEndian.Uint16(b[2:]))
		if n < 4 || n > len(b) {
			d.damaged(isDamaged, "set %d has %d bytes, %d are left", id, n, len(b))
			return
		}
		switch body := b[4:n]; {
		case id >= 256:
			d.data(id, body)
		case isSet(version, int(id)):
			d.templateSet(version, id == 1 || id == 3, body)
		default:
			d.damaged("does the exporter keep to RFC 3954 or RFC 7011?", "there is no set %d", id)
		}
		b = b[n:]
	}
}

// templateSet learns templates.
func (d *decoder) templateSet(version uint16, options bool, b []byte) {
	for len(b) >= 4 {
		t, rest, err := parseTemplate(version, options, b)
		switch {
		case err != nil:
			d.damaged(isDamaged, "template %d: %v", binary.BigEndian.Uint16(b), err)
			return
		case t.least == 0 && version == 10 && t.id != 0:
			d.templates.withdraw(d.head.domain, t.id, options)
		case t.id < 256 && t.id == 0:
			return // padding
		case t.id < 256 || t.least == 0:
			d.damaged(isDamaged, "template %d with %d bytes a record", t.id, t.least)
		default:
			d.templates.put(d.head.domain, t, d.head.at)
		}
		b = rest
	}
}

// data decodes the records of a set.
func (d *decoder) data(id uint16, b []byte) {
	if len(b) == 0 {
		return
	}
	t := d.templates.get(d.head.domain, id, d.head.at)
	if t == nil {
		d.stats.Unknown++
		d.fail("exporters send templates again every few minutes; a listener that keeps them needs not wait",
			"%d bytes of data before their template %d", len(b), id)
		return
	}
	for ok := true; len(b) >= t.least && len(b) > 0; {
		if b, ok = t.read(&d.values, b); !ok {
			d.damaged(isDamaged, "a record of template %d ends in the middle", id)
			return
		}
		d.records++
		if t.options {
			d.option()
		} else {
			d.record()
		}
	}
}

// option takes from what an exporter tells of itself the sampling interval, and for IPFIX when it started.
func (d *decoder) option() {
	v, o := &d.values, d.head.domain
	if v.has(eBoot) {
		o.boot = clock(v.number[eBoot], 1e3)
		d.head.boot = o.boot
	}
	if every := v.every(); every > 0 {
		if o.samplers == nil {
			o.samplers = map[uint64]uint64{}
		}
		if id := v.first(eSampler, eSelector); (len(o.samplers) < maxSamplers || o.samplers[id] != 0) && o.samplers[id] != every {
			o.samplers[id] = every
			d.templates.changed = true
		}
	}
}

const maxSamplers = 64

// every gives the sampling interval that a record tells, 0 where it tells none: so many packets taken and so many passed over, so many
// of a population (RFC 5477), or the interval itself.
func (v *values) every() uint64 {
	if taken := v.first(ePacketInterval); taken > 0 {
		return (taken + v.first(ePacketSpace)) / taken
	}
	if taken := v.first(eSampleSize); taken > 0 && v.has(ePopulation) {
		return v.number[ePopulation] / taken
	}
	return v.first(eInterval, eRandomInterval)
}

// every gives the sampling interval of a sampler, by its number, or of the only one.
func (o *domain) every(id uint64) uint64 {
	if every, ok := o.samplers[id]; ok || len(o.samplers) != 1 {
		return every
	}
	for _, every := range o.samplers {
		return every
	}
	return 0
}

// record makes a flow of the values of a record.
func (d *decoder) record() {
	v, f := &d.values, &d.flow
	*f = flow{icmp: -1}
	switch v4, v6 := v.has(eSrc4) && v.has(eDst4), v.has(eSrc6) && v.has(eDst6); {
	case v4 && !(v6 && v.address[eSrc4] == v.address[eDst4] && v.address[eSrc4] == [16]byte{}): // a template of both has zeros for the one
		f.src, f.dst = v.address[eSrc4], v.address[eDst4]
	case v6:
		f.src, f.dst, f.v6 = v.address[eSrc6], v.address[eDst6], true
	default:
		d.stats.Flows++
		d.stats.NotIP++
		return
	}
	f.sp, f.dp, f.proto = uint16(v.first(eSrcPort)), uint16(v.first(eDstPort)), uint8(v.first(eProto))
	f.icmp = v.icmp()
	f.reason = uint8(v.first(eReason))
	f.turned = v.first(eDirection) == 2
	start, end := d.times()
	f.ways[0] = way{v.first(ePackets, ePacketsTotal, eInitiatorPackets, ePacketsOut), v.first(eBytes, eBytesTotal, eInitiatorBytes, eBytesOut), start, end, uint8(v.first(eFlags))}
	f.ways[1] = way{v.first(eBackPackets, eBackPacketsTotal, eResponderPackets), v.first(eBackBytes, eBackBytesTotal, eResponderBytes), start, end, uint8(v.first(eBackFlags))}
	if back := &f.ways[1]; back.packets > 0 || back.bytes > 0 {
		if start, end := sane(d.moment(v, 0, &backStarts)), sane(d.moment(v, 0, &backEnds)); start != 0 && end != 0 {
			back.start, back.end = start, end
		}
	}
	every := v.every()
	if every == 0 && len(d.head.domain.samplers) > 0 {
		every = d.head.domain.every(v.first(eSampler, eSelector))
	}
	d.finish(every)
}

// icmp gives type and code, -1 where there are none.
func (v *values) icmp() int32 {
	switch {
	case v.has(eType4) || v.has(eType6):
		return int32(uint8(v.first(eType4, eType6)))<<8 | int32(uint8(v.first(eCode4, eCode6)))
	case v.has(eICMP4) && v.number[eICMP4] != 0, v.has(eICMP6) && v.number[eICMP6] != 0:
		return int32(uint16(max(v.first(eICMP4), v.first(eICMP6))))
	}
	return -1
}

// finish gives a flow on, with its counts multiplied where packets were sampled.
func (d *decoder) finish(every uint64) {
	f := &d.flow
	d.stats.Flows++
	if every > 1 {
		d.stats.Sampled++
		for i := range f.ways {
			f.ways[i].packets, f.ways[i].bytes = scaled(f.ways[i].packets, every), scaled(f.ways[i].bytes, every)
		}
	}
	if f.isICMP() && f.icmp < 0 {
		f.icmp = int32(f.dp) // as Cisco began it
	}
	d.notAhead()
	f.exporter, f.at = d.head.domain.exporter, d.head.at
	d.give(f)
}

func scaled(n, by uint64) uint64 {
	if n > math.MaxUint64/by {
		return math.MaxUint64
	}
	return n * by
}
