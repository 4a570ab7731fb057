package pcap

import (
	"bufio"
	"encoding/binary"
	"net/netip"

	"github.com/inkling-sec/inkling"
)

// Datagrams gives the UDP datagrams of a capture, one after the other, for readers of what they carry.
type Datagrams struct {
	file    string
	src     capture
	packets uint64
	fr      frame
	pkt     packet
	pieces  datagrams
}

// NewDatagrams reads the capture r; file names it in errors.
func NewDatagrams(r *bufio.Reader, file string, o Options) (*Datagrams, error) {
	c, err := openCapture(r, file)
	if err != nil {
		return nil, err
	}
	return &Datagrams{file: file, src: c, pkt: packet{trusting: o.AnyChecksum}, pieces: datagrams{}}, nil
}

// Next gives what the next datagram carries, who sent it, and when it was captured, in microseconds since the epoch. The
// bytes are valid until the next call. Packets that are no UDP, are damaged, or of which some was not captured are passed
// over. The error is io.EOF at a clean end.
func (d *Datagrams) Next() (payload []byte, from netip.Addr, at int64, err error) {
	for {
		if err := d.src.next(&d.fr); err != nil {
			return nil, netip.Addr{}, 0, ended(d.file, d.packets, err)
		}
		d.packets++
		p := &d.pkt
		if p.decode(&d.fr) != usable || p.proto != protoUDP || p.frag.on && !d.pieces.add(p) || len(p.body) < 8 {
			continue
		}
		n := int(binary.BigEndian.Uint16(p.body[4:]))
		if n < 8 || n > len(p.body) || !p.intact(6, !p.v6) {
			continue
		}
		return p.body[8:n], addrOf(&p.src, p.v6), p.t / 1000, nil
	}
}

// openCapture finds the kind of capture.
func openCapture(r *bufio.Reader, file string) (capture, error) {
	c, err := newCapture(r)
	if err != nil {
		return nil, &inkling.Error{Code: inkling.Invalid, Place: file, What: "not a capture", Err: err,
			Remedy: "give a pcap or pcapng file, whole from its first byte"}
	}
	return c, nil
}
