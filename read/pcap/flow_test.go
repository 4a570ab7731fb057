package pcap

import (
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket/layers"
)

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
