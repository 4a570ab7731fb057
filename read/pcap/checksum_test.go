package pcap

import (
	"encoding/binary"
	"testing"

	"github.com/gopacket/gopacket/layers"
)

// TestChecksum tells a corrupt packet, which counts in no flow, from one that
// was captured before the card filled its checksum in.
func TestChecksum(t *testing.T) {
	build := func(field func(good, partial uint16) uint16) []byte {
		b := &builder{t: t}
		a, z := b.pair(40000, 22)
		handshake(a, z)
		z.tcp("PA", 5001, 1001, "SSH-2.0-x\r\n")
		last := b.packets[len(b.packets)-1].data
		var p packet
		if v := p.decode(&frame{link: linkEthernet, data: last, wire: len(last)}); v != usable {
			t.Fatal(v)
		}
		sum := last[14+20+16:]
		binary.BigEndian.PutUint16(sum, field(binary.BigEndian.Uint16(sum), fold(p.pseudo(p.bodyLen))))
		return b.pcap(layers.LinkTypeEthernet)
	}
	tests := []struct {
		name  string
		field func(good, partial uint16) uint16
		any   bool
		want  string
		bad   uint64
	}{
		{"good", func(g, _ uint16) uint16 { return g }, false, "ShAd", 0},
		{"offloaded", func(_, p uint16) uint16 { return p }, false, "ShAd", 0},
		{"corrupt", func(g, _ uint16) uint16 { return g + 1 }, false, "ShAc", 1},
		{"corrupt, taken all the same", func(g, _ uint16) uint16 { return g + 1 }, true, "ShAd", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			recs, stats, err := readAll(t, build(tt.field), Options{AnyChecksum: tt.any})
			if err != nil || len(recs) != 1 || string(recs[0].Text[fHistory]) != tt.want || stats.BadSum != tt.bad {
				t.Errorf("history %s, %d bad, %v; want %s, %d", recs[0].Text[fHistory], stats.BadSum, err, tt.want, tt.bad)
			}
		})
	}
}

// A packet whose IP header has a wrong checksum is of no flow either, unless all are taken.
func TestChecksumOfTheIPHeader(t *testing.T) {
	b := &builder{t: t}
	a, _ := b.pair(40000, 81)
	a.tcp("S", 1000, 0, "")
	b.packets[0].data[14+10]++
	file := b.pcap(layers.LinkTypeEthernet)
	if recs, stats, err := readAll(t, file, Options{}); len(recs) != 0 || stats.BadSum != 1 || err != nil {
		t.Errorf("%d flows, %+v, %v", len(recs), stats, err)
	}
	if recs, stats, err := readAll(t, file, Options{AnyChecksum: true}); len(recs) != 1 || stats.BadSum != 0 || err != nil {
		t.Errorf("taken all the same: %d flows, %+v, %v", len(recs), stats, err)
	}
}
