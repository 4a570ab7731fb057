package pcap

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/gopacket/gopacket/layers"
)

func TestFragments(t *testing.T) {
	b := &builder{t: t}
	a, _ := b.pair(40000, 9999)
	a.udp(strings.Repeat("x", 1000)) // 1008 bytes of UDP
	whole := b.packets[0].data
	b.packets, b.at = nil, 0
	piece := func(from, to int, more bool) {
		p := append(bytes.Clone(whole[:34]), whole[34+from:34+to]...)
		binary.BigEndian.PutUint16(p[16:], uint16(20+to-from))
		off := uint16(from / 8)
		if more {
			off |= 0x2000
		}
		binary.BigEndian.PutUint16(p[18:], 77)
		binary.BigEndian.PutUint16(p[20:], off)
		binary.BigEndian.PutUint16(p[24:], 0)
		binary.BigEndian.PutUint16(p[24:], ^fold(sum(p[14:34], 0)))
		b.raw(p)
	}
	piece(504, 1008, false) // the last piece first
	piece(0, 504, true)
	recs, stats, err := readAll(t, b.pcap(layers.LinkTypeEthernet), Options{})
	if err != nil || len(recs) != 1 {
		t.Fatalf("%d flows, %v, %+v", len(recs), err, stats)
	}
	if got, want := show(&recs[0]), "10.0.0.1 40000 93.184.216.34 9999 udp - - - S0 0 D 1 1028 0 0"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// The headers behind IPv6's fragment header are those of the whole datagram.
func TestFragmentsWithOptions(t *testing.T) {
	b := &builder{t: t}
	udp := append([]byte{0x9c, 0x40, 0x27, 0x0f, 0x03, 0xf0, 0, 0}, strings.Repeat("x", 1000)...)
	whole := append([]byte("\x11\x00\x01\x04\x00\x00\x00\x00"), udp...) // destination options, padding alone
	piece := func(from, to int, more byte) {
		p := append([]byte("abcdefghijkl\x86\xdd\x60\x00\x00\x00"), byte((8+to-from)>>8), byte(8+to-from), 44, 64)
		p = append(append(p, ip6A...), ip6B...)
		p = append(p, 60, 0, byte(from>>8), byte(from)|more, 0, 0, 0, 77)
		b.raw(append(p, whole[from:to]...))
	}
	piece(0, 512, 1)
	piece(512, len(whole), 0)
	recs, stats, err := readAll(t, b.pcap(layers.LinkTypeEthernet), Options{AnyChecksum: true})
	if err != nil || len(recs) != 1 || recs[0].Num[fOrigPkts] != 1 || recs[0].Num[fOrigIP] != 40+16+1000 {
		t.Errorf("%d flows, %v, %+v", len(recs), err, stats)
	}
}

// A tunnel's packet that came in pieces is opened too.
func TestFragmentsOfATunnel(t *testing.T) {
	b := &builder{t: t}
	a, _ := b.pair(40000, 9999)
	a.udp(strings.Repeat("x", 1000))
	inner := b.packets[0].data[14:]
	b.packets = nil
	piece := func(from, to int, more uint16) {
		p := append([]byte("abcdefghijkl\x08\x00"), 0x45, 0, 0, 0, 0, 77, 0, 0, 64, 4, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2)
		p = append(p, inner[from:to]...)
		binary.BigEndian.PutUint16(p[16:], uint16(20+to-from))
		binary.BigEndian.PutUint16(p[20:], uint16(from/8)|more)
		b.raw(p)
	}
	piece(0, 512, 0x2000)
	piece(512, len(inner), 0)
	recs, stats, err := readAll(t, b.pcap(layers.LinkTypeEthernet), Options{})
	if err != nil || len(recs) != 1 || string(recs[0].Text[fOrigH]) != "10.0.0.1" || recs[0].Num[fOrigIP] != 1028 {
		t.Errorf("%d flows, %v, %+v", len(recs), err, stats)
	}
}
