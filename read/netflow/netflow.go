// Package netflow reads what routers and probes export of flows — NetFlow v5 and v9, IPFIX, and nfdump's tables — in
// the fields of conn.log; see package conn for what is exact in that and what an estimate.
//
// An exporter tells each direction of a conversation by itself, and a long one piece by piece. They are joined again:
// same endpoints and protocol, from one exporter, close in time. What exporters do not tell stays missing: there is no
// service, TCP flags come without their order, and where packets were sampled, counts are multiplied by the interval.
//
// The decoder of packets is our own: no allocation a record, no template that makes it hang, exact errors. The tests hold it to
// that of goflow2.
package netflow

import (
	"encoding/binary"
	"fmt"
	"io"
	"net/netip"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/conn"
)

// Packets is a source of export packets. Next gives one, who sent it and when it came, in microseconds since the epoch; 0
// for the time means that of its header. A nil packet only moves the clock. The bytes are valid until the next call. The
// error is io.EOF at a clean end.
type Packets interface {
	Next() (packet []byte, from netip.Addr, at int64, err error)
}

// Options of a reader; the zero value works.
type Options struct {
	MaxFlows  int    // conversations that wait for their other half at a time; 0 means DefaultMaxFlows
	Templates string // file that keeps templates from one run to the next; empty means none
}

var schema = conn.NewSchema("netflow")

// A Reader gives the conversations of a source.
type Reader struct {
	file   string
	src    Packets
	decode *decoder
	join   *joiner
	keep   keeper
	lines  lines
	err    error
}

// NewReader reads the packets of src; file names it in origins and errors.
func NewReader(src Packets, file string, o Options) (*Reader, error) {
	r := &Reader{file: file, src: src, join: newJoiner(o.MaxFlows), keep: keeper{path: o.Templates}}
	r.decode = newDecoder(file, r.join.add)
	return r, r.keep.load(r.decode.templates)
}

// Stats tells what has been counted so far.
func (r *Reader) Stats() Stats {
	s := r.decode.stats
	s.Evicted, s.Dropped = r.join.evicted, r.decode.templates.dropped
	return s
}

// Notes tells what was lost or left out.
func (r *Reader) Notes() (notes []string) {
	s := r.Stats()
	for _, n := range []struct {
		count uint64
		what  string
	}{
		{s.Lost, "export packets or flows never came, by the sequence numbers"},
		{s.Unknown, "sets came before their template"},
		{s.NotIP, "flows have no addresses"},
		{s.Evicted, "conversations were ended early, as the table was full"},
		{s.Dropped, "templates made room for others or grew old"},
		{s.Ahead, "flows end more than a day after they were told of, by a wrong clock; they were given the time they came"},
		{s.Sampled, "flows were sampled, and their counts multiplied"},
	} {
		if n.count > 0 {
			notes = append(notes, fmt.Sprintf("%d %s", n.count, n.what))
		}
	}
	return notes
}

// Stats counts what a source held.
type Stats struct {
	Packets uint64 // export packets
	Flows   uint64 // flow records in them, mostly one a direction
	Lost    uint64 // packets (v9) or flow records (v5, IPFIX) that never came, by the sequence numbers
	Unknown uint64 // data sets that came before their template
	Damaged uint64 // packets or sets that could not be read to their end
	NotIP   uint64 // flow records without addresses
	Evicted uint64 // conversations ended early because the table was full
	Ahead   uint64 // flow records that end more than a day after their packet came
	Sampled uint64 // flow records whose counts were multiplied
	Dropped uint64 // templates that made room for others, or had not been heard of for a day
}

// Ready reports whether the next Read returns at once.
func (r *Reader) Ready() bool { return r.join.ready() || len(r.decode.bad) > 0 || r.err != nil }

// Close implements inkling.Reader; the source belongs to the caller.
func (r *Reader) Close() error { return nil }

// Read implements inkling.Reader. Text stays valid until the next Read.
func (r *Reader) Read(rec *inkling.Record) error {
	for !r.join.ready() {
		if bad := r.decode.bad; len(bad) > 0 {
			r.decode.bad = bad[1:]
			return bad[0]
		}
		if r.err != nil {
			return r.err
		}
		r.fill()
	}
	c := r.join.next()
	r.lines.record(rec, c)
	rec.Origin = inkling.Origin{File: r.file, Line: r.lines.n}
	r.join.release()
	return nil
}

// fill takes the next packet.
func (r *Reader) fill() {
	b, from, at, err := r.src.Next()
	d := r.decode
	if err == nil {
		d.bad = d.bad[:0]
		if b != nil {
			at = d.packet(b, from, at)
		}
		r.join.advance(at)
		if unkept := r.keep.due(d.templates, at); unkept != nil {
			d.bad = append(d.bad, unkept)
		}
	} else {
		r.join.flush()
		if e := r.keep.save(d.templates); e != nil && err == io.EOF {
			err = e
		}
	}
	r.err = err
}

// Match reports whether a file that starts with head holds export packets, one after the other.
func Match(head []byte) bool {
	if len(head) < 20 {
		return false
	}
	word := func(at int) int { return int(binary.BigEndian.Uint16(head[at:])) }
	switch word(0) {
	case 5:
		return len(head) >= v5Header && word(2) >= 1 && word(2) <= 30
	case 9:
		return len(head) >= v9Header+4 && word(2) >= 1 && isSet(9, word(v9Header)) && word(v9Header+2) >= 4
	case 10:
		return word(2) >= ipfixHeader && (word(2) == ipfixHeader || isSet(10, word(ipfixHeader)) && word(ipfixHeader+2) >= 4)
	}
	return false
}

// isSet reports whether a set may have that number: templates, options templates and data.
func isSet(version uint16, id int) bool {
	if version == 9 {
		return id <= 1 || id >= 256
	}
	return id == 2 || id == 3 || id >= 256
}
