package pcap

import (
	"encoding/binary"
	"slices"
	"testing"

	"github.com/inkling-sec/inkling"
)

// FuzzFlows drives the assembler with packets that decode, twelve bytes of input each: few hosts and ports, so that they
// meet, any flags, numbers and times. Each packet counts in one flow, and flows end in an order that the queue foretold.
func FuzzFlows(f *testing.F) {
	const syn, answer, data, close = "\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01", "\x01\x12\x00\x00\x00\x00\x00\x01\x00\x00\x00\x01",
		"\x00\x18\x00\x00\x00\x01\x00\x01\x00\x09\x00\x01", "\x00\x11\x00\x00\x00\x0a\x00\x01\x00\x00\x00\x01"
	f.Add([]byte(syn + answer + data + close))
	f.Add([]byte("\x40\x00\x00\x00\x00\x00\x00\x00\x00\x09\x00\x01" + "\x80\x08\x00\x00\x00\x00\x00\x00\x00\x09\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		tab := newTable(Options{AnyChecksum: true, MaxFlows: 3})
		now := int64(1e18)
		var sent float64
		for ; len(b) >= 12; b = b[12:] {
			now += int64(int16(binary.BigEndian.Uint16(b[10:]))) * 1e7 // up to five minutes on, and back
			ip := fuzzed(b)
			tab.take(&frame{t: now, link: linkRaw, data: ip, wire: len(ip) + int(b[9]&3)})
			sent++
			if len(tab.flows) > 3 || len(tab.flows) != len(tab.queue) {
				t.Fatalf("%d flows, %d in the queue", len(tab.flows), len(tab.queue))
			}
		}
		tab.flush()
		if len(tab.flows) != 0 || int(tab.stats.Flows) != len(tab.done) || tab.started != tab.stats.Flows {
			t.Fatalf("%d flows left, %d started, %d ended: %+v", len(tab.flows), tab.started, len(tab.done), tab.stats)
		}
		r := Reader{file: "sample", table: tab}
		var rec inkling.Record
		got := float64(tab.stats.Malformed + tab.stats.BadSum + tab.stats.NotIP)
		for _, ended := range tab.done {
			r.record(&rec, ended)
			got += rec.Num[fOrigPkts] + rec.Num[fRespPkts]
			if s := string(rec.Text[fState]); !slices.Contains(states, s) || len(ended.history) > maxHistory+1 || rec.Num[fDuration] < 0 || rec.Num[fMissed] < 0 {
				t.Fatalf("%s", show(&rec))
			}
			for _, n := range []int{fOrigBytes, fRespBytes, fMissed} {
				if rec.Num[n] > 1<<33*sent {
					t.Fatalf("more bytes than sequence numbers can tell: %s", show(&rec))
				}
			}
		}
		if got != sent {
			t.Fatalf("%v packets sent, %v counted", sent, got)
		}
	})
}

var states = []string{"S0", "S1", "SF", "REJ", "S2", "S3", "RSTO", "RSTR", "RSTOS0", "RSTRH", "SH", "SHR", "OTH"}

// fuzzed makes an IPv4 packet: the first byte tells direction, port and protocol, the second flags or type, then come
// sequence number, acknowledgement and the payload's length.
func fuzzed(b []byte) []byte {
	proto := [...]byte{protoTCP, protoUDP, protoICMP, 132}[b[0]>>6]
	from, to := byte(1), byte(2)
	ports := [2]uint16{40000, [...]uint16{80, 53, 21, 9999}[b[0]>>1&3]}
	if b[0]&1 != 0 {
		from, to, ports[0], ports[1] = to, from, ports[1], ports[0]
	}
	n := int(binary.BigEndian.Uint16(b[8:]) % 1400)
	p := []byte{0x45, 0, 0, 0, 0, 0, 0, 0, 64, proto, 0, 0, 10, 0, 0, from, 10, 0, 0, to}
	switch proto {
	case protoTCP:
		p = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(p, ports[0]), ports[1])
		p = binary.BigEndian.AppendUint32(p, 1<<32-5+uint32(int32(int16(binary.BigEndian.Uint16(b[4:])))<<(b[2]&15)))
		p = binary.BigEndian.AppendUint32(p, uint32(int32(int16(binary.BigEndian.Uint16(b[6:])))<<(b[3]&15)))
		p = append(p, 0x50, b[1], b[2], b[3], 0, 0, 0, 0)
	case protoUDP:
		p = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(p, ports[0]), ports[1])
		p = append(p, byte((n+8)>>8), byte(n+8), 0, 0)
	case protoICMP:
		p = append(p, b[1], b[2], 0, 0, 0, 0, 0, 0)
	}
	p = append(p, make([]byte, n)...)
	binary.BigEndian.PutUint16(p[2:], uint16(len(p)))
	return p
}
