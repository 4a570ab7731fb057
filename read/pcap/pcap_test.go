package pcap

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket/layers"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/readtest"
)

func readAll(t testing.TB, file []byte, o Options) (recs []inkling.Record, stats Stats, err error) {
	t.Helper()
	r, err := NewReader(bytes.NewReader(file), "sample", o)
	if err != nil {
		return nil, Stats{}, err
	}
	var rec inkling.Record
	for {
		if err = r.Read(&rec); err == io.EOF {
			return recs, r.Stats(), nil
		} else if err != nil {
			return recs, r.Stats(), err
		}
		recs = append(recs, rec.Clone())
	}
}

// show writes what a test compares: endpoints, protocol, service, bytes, state,
// missed bytes, history, packets and IP bytes. A dash is missing.
func show(r *inkling.Record) string {
	var s []string
	for _, i := range []int{fOrigH, fOrigP, fRespH, fRespP, fProto, fService, fOrigBytes, fRespBytes, fState, fMissed, fHistory, fOrigPkts, fOrigIP, fRespPkts, fRespIP} {
		switch {
		case Schema.Fields[i].Kind != inkling.Text && math.IsNaN(r.Num[i]), Schema.Fields[i].Kind == inkling.Text && r.Text[i] == nil:
			s = append(s, "-")
		case Schema.Fields[i].Kind != inkling.Text:
			s = append(s, fmt.Sprint(r.Num[i]))
		default:
			s = append(s, string(r.Text[i]))
		}
	}
	return strings.Join(s, " ")
}

// dnsQuery is a question for example.com of type A.
const dnsQuery = "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07example\x03com\x00\x00\x01\x00\x01"
const dnsReply = "\x12\x34\x81\x80\x00\x01\x00\x00\x00\x00\x00\x00\x07example\x03com\x00\x00\x01\x00\x01"

// handshake opens a connection; both initial sequence numbers are round.
func handshake(a, z side) {
	a.tcp("S", 1000, 0, "")
	z.tcp("SA", 5000, 1001, "")
	a.tcp("A", 1001, 5001, "")
}

// TestFlows holds flows to answers worked out by hand from Zeek's documented
// meaning of states and history letters. An IPv4 header is 20 bytes, TCP 20,
// UDP and ICMP 8; so a bare TCP packet is 40 IP bytes.
func TestFlows(t *testing.T) {
	const ab = "10.0.0.1 40000 93.184.216.34 "
	tests := []struct {
		name  string
		build func(b *builder)
		want  []string
	}{
		{"handshake, data, both close", func(b *builder) {
			a, z := b.pair(40000, 80)
			handshake(a, z)
			a.tcp("PA", 1001, 5001, "GET / HTTP/1.1\r\n\r\n") // 18 bytes
			z.tcp("A", 5001, 1019, "")
			z.tcp("PA", 5001, 1019, "HTTP/1.1 200 OK\r\n\r\n") // 19 bytes
			a.tcp("A", 1019, 5020, "")
			a.tcp("FA", 1019, 5020, "")
			z.tcp("FA", 5020, 1020, "")
			a.tcp("A", 1020, 5021, "")
		}, []string{ab + "80 tcp http 18 19 SF 0 ShADadFf 6 258 4 179"}},
		{"SYN alone", func(b *builder) {
			a, _ := b.pair(40000, 81)
			a.tcp("S", 1000, 0, "")
		}, []string{ab + "81 tcp - - - S0 0 S 1 40 0 0"}},
		{"SYN again after the attempt was given up", func(b *builder) {
			a, _ := b.pair(40000, 81)
			a.tcp("S", 1000, 0, "")
			b.wait(3 * time.Second)
			a.tcp("S", 1000, 0, "")
			b.wait(4 * time.Second)
			a.tcp("S", 1000, 0, "")
		}, []string{ab + "81 tcp - 0 0 S0 0 S 2 80 0 0", ab + "81 tcp - - - S0 0 S 1 40 0 0"}},
		{"rejected", func(b *builder) {
			a, z := b.pair(40000, 23)
			a.tcp("S", 1000, 0, "")
			z.tcp("RA", 0, 1001, "")
		}, []string{ab + "23 tcp - 0 0 REJ 0 Sr 1 40 1 40"}},
		{"rejected twice is two attempts", func(b *builder) {
			a, z := b.pair(40000, 23)
			for range 2 {
				a.tcp("S", 1000, 0, "")
				z.tcp("RA", 0, 1001, "")
			}
		}, []string{ab + "23 tcp - 0 0 REJ 0 Sr 1 40 1 40", ab + "23 tcp - 0 0 REJ 0 Sr 1 40 1 40"}},
		{"originator gives up a half-open connection", func(b *builder) {
			a, _ := b.pair(40000, 23)
			a.tcp("S", 1000, 0, "")
			a.tcp("R", 1001, 0, "")
		}, []string{ab + "23 tcp - 0 0 RSTOS0 0 SR 2 80 0 0"}},
		{"SYN scan that finds an open port", func(b *builder) {
			a, z := b.pair(40000, 22)
			a.tcp("S", 1000, 0, "")
			z.tcp("SA", 5000, 1001, "")
			a.tcp("R", 1001, 0, "")
		}, []string{ab + "22 tcp - 0 0 RSTO 0 ShR 2 80 1 40"}},
		{"responder resets", func(b *builder) {
			a, z := b.pair(40000, 22)
			handshake(a, z)
			z.tcp("R", 5001, 0, "")
		}, []string{ab + "22 tcp - 0 0 RSTR 0 ShAr 2 80 2 80"}},
		{"originator closes, responder does not", func(b *builder) {
			a, z := b.pair(40000, 22)
			handshake(a, z)
			a.tcp("FA", 1001, 5001, "")
		}, []string{ab + "22 tcp - 0 0 S2 0 ShAF 3 120 1 40"}},
		{"established", func(b *builder) {
			a, z := b.pair(40000, 22)
			handshake(a, z)
		}, []string{ab + "22 tcp - 0 0 S1 0 ShA 2 80 1 40"}},
		{"SYN and FIN without an answer", func(b *builder) {
			a, _ := b.pair(40000, 22)
			a.tcp("S", 1000, 0, "")
			a.tcp("F", 1001, 0, "")
		}, []string{ab + "22 tcp - 0 0 SH 0 SF 2 80 0 0"}},
		{"retransmission", func(b *builder) {
			a, z := b.pair(40000, 9000)
			handshake(a, z)
			a.tcp("PA", 1001, 5001, "abcd")
			a.tcp("PA", 1001, 5001, "abcd")
			z.tcp("A", 5001, 1005, "")
		}, []string{ab + "9000 tcp - 4 0 S1 0 ShADTa 4 168 2 80"}},
		{"a gap that is acknowledged", func(b *builder) {
			a, z := b.pair(40000, 9000)
			handshake(a, z)
			a.tcp("PA", 1001, 5001, "abcd")
			a.tcp("PA", 1105, 5001, "efgh") // 100 bytes are not in the capture
			z.tcp("A", 5001, 1109, "")
		}, []string{ab + "9000 tcp - 108 0 S1 100 ShADaG 4 168 2 80"}},
		{"out of order is no gap", func(b *builder) {
			a, z := b.pair(40000, 9000)
			handshake(a, z)
			a.tcp("PA", 1005, 5001, "efgh")
			a.tcp("PA", 1001, 5001, "abcd")
			z.tcp("A", 5001, 1009, "")
		}, []string{ab + "9000 tcp - 8 0 S1 0 ShADTa 4 168 2 80"}},
		{"zero window", func(b *builder) {
			a, z := b.pair(40000, 9000)
			handshake(a, z)
			z.tcp("A0", 5001, 1001, "")
		}, []string{ab + "9000 tcp - 0 0 S1 0 ShAaw 2 80 2 80"}},
		{"midstream, the server's packet first", func(b *builder) {
			a, z := b.pair(40000, 443)
			z.tcp("PA", 5001, 1001, "data")
			a.tcp("A", 1001, 5005, "")
		}, []string{ab + "443 tcp - 0 4 OTH 0 ^dA 1 40 1 44"}},
		{"sequence numbers wrap", func(b *builder) {
			a, z := b.pair(40000, 9000)
			a.tcp("S", 0xfffffffe, 0, "")
			z.tcp("SA", 5000, 0xffffffff, "")
			a.tcp("A", 0xffffffff, 5001, "")
			a.tcp("PA", 0xffffffff, 5001, "abcd")
			a.tcp("PA", 3, 5001, "efgh")
			z.tcp("A", 5001, 7, "")
		}, []string{ab + "9000 tcp - 8 0 S1 0 ShADa 4 168 2 80"}},
		{"FIN with RST, SYN with FIN", func(b *builder) {
			a, _ := b.pair(40000, 9000)
			a.tcp("SF", 1000, 0, "")
			a.tcp("FR", 1000, 0, "")
		}, []string{ab + "9000 tcp - 0 0 OTH 0 QI 2 80 0 0"}},
		{"IPv6", func(b *builder) {
			a, z := b.pair6(40000, 22)
			handshake(a, z)
			z.tcp("PA", 5001, 1001, "SSH-2.0-x\r\n")
			a.tcp("PA", 1001, 5012, "SSH-2.0-y\r\n")
		}, []string{"fd00::1 40000 2606:2800::1 22 tcp ssh 11 11 S1 0 ShAdD 3 191 2 131"}},
		{"VLAN", func(b *builder) {
			a, z := b.pair(40000, 23)
			a.vlan, z.vlan = 7, 7
			a.tcp("S", 1000, 0, "")
			z.tcp("RA", 0, 1001, "")
		}, []string{ab + "23 tcp - 0 0 REJ 0 Sr 1 40 1 40"}},
		{"DNS", func(b *builder) {
			a, z := b.pair(40000, 53)
			a.udp(dnsQuery)
			z.udp(dnsReply)
		}, []string{ab + "53 udp dns 29 29 SF 0 Dd 1 57 1 57"}},
		{"DNS again after the timeout is a new flow", func(b *builder) {
			a, z := b.pair(40000, 53)
			a.udp(dnsQuery)
			z.udp(dnsReply)
			b.wait(15 * time.Second)
			a.udp(dnsQuery)
		}, []string{ab + "53 udp dns 29 29 SF 0 Dd 1 57 1 57", ab + "53 udp dns - - S0 0 D 1 57 0 0"}},
		{"UDP stays one flow within a minute", func(b *builder) {
			a, _ := b.pair(40000, 9999)
			a.udp("x")
			b.wait(59 * time.Second)
			a.udp("y")
			b.wait(61 * time.Second)
			a.udp("z")
		}, []string{ab + "9999 udp - 2 0 S0 0 D 2 58 0 0", ab + "9999 udp - - - S0 0 D 1 29 0 0"}},
		{"ping", func(b *builder) {
			a, z := b.pair(0, 0)
			for range 2 {
				a.icmp(8, 0, strings.Repeat("p", 56))
				z.icmp(0, 0, strings.Repeat("p", 56))
			}
		}, []string{"10.0.0.1 8 93.184.216.34 0 icmp - 112 112 OTH 0 - 2 168 2 168"}},
		{"unreachable", func(b *builder) {
			a, _ := b.pair(0, 0)
			a.icmp(3, 3, strings.Repeat("p", 28))
		}, []string{"10.0.0.1 3 93.184.216.34 3 icmp - - - OTH 0 - 1 56 0 0"}},
		{"FTP announces its data connection", func(b *builder) {
			a, z := b.pair(40000, 21)
			handshake(a, z)
			z.tcp("PA", 5001, 1001, "220 hi\r\n")
			a.tcp("PA", 1001, 5009, "USER x\r\n")
			z.tcp("PA", 5009, 1009, "227 Entering Passive Mode (93,184,216,34,200,1)\r\n")
			c, y := b.pair(40001, 200*256+1)
			handshake(c, y)
			y.tcp("PA", 5001, 1001, "file")
		}, []string{
			ab + "21 tcp ftp 8 57 S1 0 ShAdD 3 128 3 177",
			"10.0.0.1 40001 93.184.216.34 51201 tcp ftp-data 0 4 S1 0 ShAd 2 80 2 84",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := &builder{t: t}
			tt.build(b)
			for form, file := range map[string][]byte{"pcap": b.pcap(layers.LinkTypeEthernet), "pcapng": b.pcapng()} {
				recs, stats, err := readAll(t, file, Options{})
				if err != nil {
					t.Fatal(form, err)
				}
				var got []string
				for i := range recs {
					got = append(got, show(&recs[i]))
				}
				if g, w := strings.Join(got, "\n"), strings.Join(tt.want, "\n"); g != w {
					t.Errorf("%s:\n got %s\nwant %s", form, g, w)
				}
				if stats.Packets != uint64(len(b.packets)) || stats.Malformed+stats.BadSum+stats.NotIP != 0 {
					t.Errorf("%s: stats %+v of %d packets", form, stats, len(b.packets))
				}
			}
		})
	}
}

func TestTimesAndNames(t *testing.T) {
	b := &builder{t: t}
	a, z := b.pair(40000, 53)
	a.udp(dnsQuery)
	b.wait(123457 * time.Microsecond)
	z.udp(dnsReply)
	recs, _, err := readAll(t, b.pcapng(), Options{})
	if err != nil || len(recs) != 1 {
		t.Fatal(len(recs), err)
	}
	r := &recs[0]
	if r.Num[fTS] != 1_700_000_000 || r.Num[fDuration] != 0.123457 {
		t.Errorf("ts %v duration %v", r.Num[fTS], r.Num[fDuration])
	}
	if string(r.Text[fLocalOrig]) != "T" || string(r.Text[fLocalResp]) != "F" {
		t.Errorf("local_orig %s, local_resp %s: 10.0.0.1 is private, 93.184.216.34 is not", r.Text[fLocalOrig], r.Text[fLocalResp])
	}
	again, _, _ := readAll(t, b.pcap(layers.LinkTypeEthernet), Options{})
	if uid := string(r.Text[fUID]); len(uid) != 17 || uid[0] != 'C' || uid != string(again[0].Text[fUID]) {
		t.Errorf("uid %q is not the same name in pcap and pcapng: %q", uid, again[0].Text[fUID])
	}
	if r.Origin != (inkling.Origin{File: "sample", Line: 1}) {
		t.Errorf("origin %v", r.Origin)
	}
}

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

func TestSnapLength(t *testing.T) {
	b := &builder{t: t}
	a, z := b.pair(40000, 9000)
	handshake(a, z)
	z.tcp("PA", 5001, 1001, strings.Repeat("x", 1000))
	b.packets[3].data = b.packets[3].data[:14+20+20+10]
	recs, _, err := readAll(t, b.pcap(layers.LinkTypeEthernet), Options{})
	if err != nil || recs[0].Num[fRespBytes] != 1000 || recs[0].Num[fRespIP] != 1080 {
		t.Fatalf("%v %s", err, show(&recs[0]))
	}
}

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

func TestLinkTypes(t *testing.T) {
	b := &builder{t: t}
	a, _ := b.pair(40000, 81)
	a.tcp("S", 1000, 0, "")
	ip := b.packets[0].data[14:]
	prefix := func(p string) []byte { return append([]byte(p), ip...) }
	tests := []struct {
		name string
		link layers.LinkType
		data []byte
	}{
		{"raw", layers.LinkTypeRaw, ip},
		{"raw, as BSD writes it", 12, ip},
		{"loopback", layers.LinkTypeNull, prefix("\x02\x00\x00\x00")},
		{"Linux cooked", layers.LinkTypeLinuxSLL, prefix("\x00\x00\x00\x01\x00\x06abcdef\x00\x00\x08\x00")},
		{"Linux cooked 2", 276, prefix("\x08\x00\x00\x00\x00\x00\x00\x01\x00\x01\x00\x06abcdef\x00\x00")},
		{"two VLAN tags", layers.LinkTypeEthernet, prefix("abcdefghijkl\x88\xa8\x00\x01\x81\x00\x00\x02\x08\x00")},
		{"MPLS", layers.LinkTypeEthernet, prefix("abcdefghijkl\x88\x47\x00\x01\x00\x40\x00\x01\x01\x40")},
		{"PPPoE", layers.LinkTypeEthernet, prefix("abcdefghijkl\x88\x64\x11\x00\x00\x01\x00\x2a\x00\x21")},
		{"SNAP", layers.LinkTypeEthernet, prefix("abcdefghijkl\x00\x30\xaa\xaa\x03\x00\x00\x00\x08\x00")},
		{"PPP", 9, prefix("\xff\x03\x00\x21")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := &builder{t: t}
			b.raw(tt.data)
			recs, stats, err := readAll(t, b.pcap(tt.link), Options{})
			if err != nil || len(recs) != 1 {
				t.Fatalf("%d flows, %v, %+v", len(recs), err, stats)
			}
			if got, want := show(&recs[0]), "10.0.0.1 40000 93.184.216.34 81 tcp - - - S0 0 S 1 40 0 0"; got != want {
				t.Errorf("got %s", got)
			}
		})
	}
}

func TestTunnels(t *testing.T) {
	b := &builder{t: t}
	a, _ := b.pair(40000, 81)
	a.tcp("S", 1000, 0, "")
	inner := b.packets[0].data
	outer := func(proto byte, head string, body []byte) []byte {
		p := append([]byte("abcdefghijkl\x08\x00"), 0x45, 0, 0, 0, 0, 0, 0, 0, 64, proto, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2)
		p = append(append(p, head...), body...)
		binary.BigEndian.PutUint16(p[16:], uint16(len(p)-14))
		return p
	}
	for name, data := range map[string][]byte{
		"IP in IP":              outer(4, "", inner[14:]),
		"GRE":                   outer(47, "\x00\x00\x08\x00", inner[14:]),
		"GRE with key":          outer(47, "\x20\x00\x08\x00abcd", inner[14:]),
		"Ethernet over GRE":     outer(47, "\x00\x00\x65\x58", inner),
		"ERSPAN II":             outer(47, "\x10\x00\x88\xbeabcdefghijkl", inner),
		"GRE in GRE":            outer(47, "\x00\x00\x08\x00", outer(47, "\x00\x00\x08\x00", inner[14:])[14:]),
		"IP in IP in IP, VLANs": outer(4, "", outer(4, "", inner[14:])[14:]),
	} {
		b := &builder{t: t}
		b.raw(data)
		recs, stats, err := readAll(t, b.pcap(layers.LinkTypeEthernet), Options{})
		if err != nil || len(recs) != 1 || string(recs[0].Text[fOrigH]) != "10.0.0.1" {
			t.Errorf("%s: %d flows, %v, %+v", name, len(recs), err, stats)
		}
	}
}

func TestEviction(t *testing.T) {
	b := &builder{t: t}
	for i := range uint16(10) {
		a, _ := b.pair(40000+i, 9999)
		a.udp("x")
	}
	recs, stats, err := readAll(t, b.pcap(layers.LinkTypeEthernet), Options{MaxFlows: 4})
	if err != nil || len(recs) != 10 || stats.Evicted != 6 || stats.Flows != 10 {
		t.Fatalf("%d flows, %+v, %v", len(recs), stats, err)
	}
	for i, r := range recs {
		if r.Num[fOrigP] != float64(40000+i) || r.Origin.Line != i+1 {
			t.Errorf("flow %d is from port %v, line %d: the oldest goes first", i, r.Num[fOrigP], r.Origin.Line)
		}
	}
}

func TestOrder(t *testing.T) {
	b := &builder{t: t}
	long, _ := b.pair(1, 9999)
	long.udp("x")
	short, z := b.pair(2, 53)
	short.udp(dnsQuery)
	z.udp(dnsReply)
	b.wait(30 * time.Second) // DNS is over, the other flow is not
	long.udp("y")
	recs, _, err := readAll(t, b.pcap(layers.LinkTypeEthernet), Options{})
	if err != nil || len(recs) != 2 || recs[0].Num[fOrigP] != 2 || recs[1].Num[fOrigP] != 1 {
		t.Fatalf("flows do not come in order of their end: %v %v", recs, err)
	}
}

func TestCut(t *testing.T) {
	b := &builder{t: t}
	a, z := b.pair(40000, 53)
	a.udp(dnsQuery)
	z.udp(dnsReply)
	for form, file := range map[string][]byte{"pcap": b.pcap(layers.LinkTypeEthernet), "pcapng": b.pcapng()} {
		for _, drop := range []int{1, 10, 20} {
			recs, _, err := readAll(t, file[:len(file)-drop], Options{})
			var e *inkling.Error
			if !errors.As(err, &e) || e.Place != "sample: packet 2" || !strings.Contains(e.What, "truncated") || e.Skippable {
				t.Errorf("%s less %d bytes: error %v", form, drop, err)
			}
			if len(recs) != 1 || recs[0].Num[fOrigPkts] != 1 {
				t.Errorf("%s less %d bytes: %d flows", form, drop, len(recs))
			}
		}
	}
}

func TestDamagedPackets(t *testing.T) {
	b := &builder{t: t}
	a, _ := b.pair(40000, 81)
	a.tcp("S", 1000, 0, "")
	good := bytes.Clone(b.packets[0].data)
	for n := range good {
		b.raw(good[:n]) // every length of a packet that its IP header calls longer
	}
	b.raw([]byte("abcdefghijkl\x08\x06arp"))
	_, stats, err := readAll(t, b.pcap(layers.LinkTypeEthernet), Options{})
	if err != nil || stats.Packets != uint64(len(good)+2) || stats.NotIP != 1 || stats.Malformed == 0 {
		t.Fatalf("%+v, %v", stats, err)
	}
}

// sample is a small capture with several kinds of flow.
func sample(t testing.TB) *builder {
	b := &builder{t: t}
	a, z := b.pair(40000, 80)
	handshake(a, z)
	a.tcp("PA", 1001, 5001, "GET / HTTP/1.1\r\n\r\n")
	z.tcp("FPA", 5001, 1019, "HTTP/1.1 200 OK\r\n\r\n")
	a.tcp("FA", 1019, 5021, "")
	c, y := b.pair6(5353, 53)
	c.udp(dnsQuery)
	y.udp(dnsReply)
	p, _ := b.pair(0, 0)
	p.icmp(8, 0, "ping")
	return b
}

func open(r io.Reader, file string) (inkling.Reader, error) { return NewReader(r, file, Options{}) }

func TestBattery(t *testing.T) {
	t.Run("pcap", func(t *testing.T) { readtest.Check(t, open, sample(t).pcap(layers.LinkTypeEthernet)) })
	t.Run("pcapng", func(t *testing.T) { readtest.Check(t, open, sample(t).pcapng()) })
}

func FuzzRead(f *testing.F) {
	f.Add(sample(f).pcap(layers.LinkTypeEthernet))
	f.Add(sample(f).pcapng())
	f.Fuzz(func(t *testing.T, b []byte) { readtest.Drain(t, open, b) })
}

func BenchmarkRead(b *testing.B) {
	build := &builder{t: b}
	for i := range 200 {
		a, z := build.pair(uint16(20000+i), 80)
		handshake(a, z)
		for j := range uint32(20) {
			z.tcp("PA", 5001+j*1000, 1001, strings.Repeat("x", 1000))
			a.tcp("A", 1001, 5001+(j+1)*1000, "")
		}
	}
	file := build.pcap(layers.LinkTypeEthernet)
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	var rec inkling.Record
	for b.Loop() {
		r, err := NewReader(bytes.NewReader(file), "bench", Options{})
		if err != nil {
			b.Fatal(err)
		}
		for err == nil {
			err = r.Read(&rec)
		}
	}
	b.ReportMetric(float64(len(build.packets))*float64(b.N)/b.Elapsed().Seconds(), "packets/s")
}
