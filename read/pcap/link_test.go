package pcap

import (
	"encoding/binary"
	"net/netip"
	"strings"
	"testing"

	"github.com/gopacket/gopacket/layers"
)

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
		{"PPP, one byte of protocol", 9, prefix("\x21")},
		{"VN-Tag", layers.LinkTypeEthernet, prefix("abcdefghijkl\x89\x26\x00\x01\x00\x02\x08\x00")},
		{"FDDI", 10, prefix("\x50abcdefghijkl\xaa\xaa\x03\x00\x00\x00\x08\x00")},
		{"IEEE 802.11", 105, prefix("\x08\x01\x00\x00abcdefghijklmnopqr\x00\x00\xaa\xaa\x03\x00\x00\x00\x08\x00")},
		{"IEEE 802.11, QoS, four addresses", 105, prefix("\x88\x03\x00\x00abcdefghijklmnopqr\x00\x00stuvwx\x00\x00\xaa\xaa\x03\x00\x00\x00\x08\x00")},
		{"radiotap", 127, prefix("\x00\x00\x0a\x00abcdef\x08\x02\x00\x00abcdefghijklmnopqr\x00\x00\xaa\xaa\x03\x00\x00\x00\x08\x00")},
		{"NFLOG", 239, prefix("\x02\x00\x00\x00\x05\x00\x0a\x00x\x00\x00\x00" + string([]byte{byte(4 + len(ip)), 0, 9, 0}))},
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
		"ERSPAN III":            outer(47, "\x10\x00\x22\xebabcdefghijklmno\x00", inner),
		"ERSPAN III, longer":    outer(47, "\x10\x00\x22\xebabcdefghijklmno\x01pqrstuvw", inner),
		"PPTP":                  outer(47, "\x30\x81\x88\x0babcdefghijkl\xff\x03\x00\x21", inner[14:]),
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

// A tunnel over UDP is a flow, and so is what flows within.
func TestTunnelsOverUDP(t *testing.T) {
	b := &builder{t: t}
	a, _ := b.pair(40000, 81)
	a.tcp("S", 1000, 0, "")
	inner := string(b.packets[0].data)
	const within, without = "10.0.0.1 40000 93.184.216.34 81 tcp - - - S0 0 S 1 40 0 0", "10.0.0.1 5 93.184.216.34 "
	vxlan := "\x08\x00\x00\x00\x00\x00\x07\x00" + inner
	for _, tt := range []struct {
		name, payload string
		port          uint16
		service       string
		flows         int
	}{
		{"VXLAN", vxlan, portVXLAN, "vxlan", 2},
		{"VXLAN on another port", vxlan, 4790, "-", 1},
		{"VXLAN without its flag", "\x00" + vxlan[1:], portVXLAN, "-", 1},
		{"VXLAN with ARP", "\x08\x00\x00\x00\x00\x00\x07\x00abcdefghijkl\x08\x06arp", portVXLAN, "vxlan", 1},
		{"Geneve with options", "\x01\x00\x65\x58\x00\x00\x07\x00abcd" + inner, portGeneve, "geneve", 2},
		{"Geneve of IPv4", "\x00\x00\x08\x00\x00\x00\x07\x00" + inner[14:], portGeneve, "geneve", 2},
		{"Geneve, cut", "\x3f\x00\x65\x58\x00\x00\x07\x00", portGeneve, "-", 1},
		{"GTP-U", "\x30\xff\x00\x28abcd" + inner[14:], portGTP, "gtpv1", 2},
		{"GTP-U with an extension", "\x34\xff\x00\x30abcd\x00\x00\x00\x85\x01\x00\x00\x00" + inner[14:], portGTP, "gtpv1", 2},
		{"GTP-U, its extension cut", "\x34\xff\x00\x30abcd\x00\x00\x00\x85\x00", portGTP, "-", 1},
		{"GRE", "\x00\x00\x08\x00" + inner[14:], portGRE, "-", 2},
		{"GRE of what is no packet", "\x00\x00\x08\x06" + inner[14:], portGRE, "-", 1},
		{"GRE, cut", "\x00\x00\x08", portGRE, "-", 1},
		{"GTP control", "\x30\x01\x00\x28abcd" + inner[14:], portGTP, "-", 1},
	} {
		b := &builder{t: t}
		o, _ := b.pair(5, tt.port)
		o.udp(tt.payload)
		recs, stats, err := readAll(t, b.pcap(layers.LinkTypeEthernet), Options{})
		if err != nil || len(recs) != tt.flows {
			t.Errorf("%s: %d flows, %v, %+v", tt.name, len(recs), err, stats)
			continue
		}
		if got := show(&recs[0]); !strings.HasPrefix(got, without) || strings.Fields(got)[5] != tt.service {
			t.Errorf("%s: %s", tt.name, got)
		}
		if tt.flows == 2 && show(&recs[1]) != within {
			t.Errorf("%s: within: %s", tt.name, show(&recs[1]))
		}
	}
}

// Teredo and AYIYA carry IPv6.
func TestTunnelsOfIPv6(t *testing.T) {
	const teredo, other, local = "\x20\x01\x00\x00abcdefghijkl", "\x20\x01\x0d\xb8abcdefghijkl", "\xfe\x80\x00\x00abcdefghijkl"
	const origin, auth = "\x00\x00\x12\x34abcd", "\x00\x01\x02\x03idaut12345678\x00"
	inner := func(source, destination string) string {
		return "\x60\x00\x00\x00\x00\x09\x11\x40" + source + destination + "\x9c\x40\x27\x0f\x00\x09\x00\x00x"
	}
	bubble := "\x60\x00\x00\x00\x00\x00\x3b\x40" + teredo + other
	ayiya := "\x42\x52\x11\x29\x00\x00\x00\x00" + strings.Repeat("i", 16) + strings.Repeat("s", 20)
	for _, tt := range []struct {
		name, payload string
		from, to      uint16
		service       string
		flows         int
	}{
		{"Teredo", inner(teredo, other), 5, portTeredo, "teredo", 2},
		{"Teredo from its server", inner(other, teredo), portTeredo, 5, "teredo", 2},
		{"Teredo, with where it came from", origin + inner(other, teredo), portTeredo, 5, "teredo", 2},
		{"Teredo, authenticated", auth + inner(local, other), 5, portTeredo, "teredo", 2},
		{"Teredo, both", auth + origin + inner(teredo, local), 5, portTeredo, "teredo", 2},
		{"Teredo with a trailer", inner(teredo, other) + "\x01\x04abcd", 5, portTeredo, "teredo", 2},
		{"Teredo between hosts", inner(teredo, teredo), 5, 6, "teredo", 2},
		{"Teredo between hosts with a trailer", inner(teredo, teredo) + "\x01\x04abcd", 5, 6, "-", 1},
		{"a bubble", bubble, 5, portTeredo, "teredo", 1},
		{"a bubble with a payload", strings.Replace(bubble, "\x00\x3b", "\x04\x3b", 1) + "abcd", 5, portTeredo, "teredo", 1},
		{"IPv6 to Teredo's port", inner(other, other), 5, portTeredo, "-", 1},
		{"IPv6 between hosts", inner(local, other), 5, 6, "-", 1},
		{"Teredo, cut", inner(teredo, other)[:39], 5, portTeredo, "-", 1},
		{"Teredo, headers alone", auth, 5, portTeredo, "-", 1},
		{"Teredo, longer than the datagram", strings.Replace(inner(teredo, other), "\x09", "\x0a", 1), 5, portTeredo, "-", 1},
		{"AYIYA", ayiya + inner(other, local), 5, portAYIYA, "ayiya", 2},
		{"AYIYA back", ayiya + inner(local, other), portAYIYA, 5, "ayiya", 2},
		{"AYIYA, no packet", strings.Replace(ayiya, "\x11", "\x10", 1) + inner(other, local), 5, portAYIYA, "-", 1},
		{"AYIYA of IPv4", strings.Replace(ayiya, "\x29", "\x04", 1) + inner(other, local), 5, portAYIYA, "-", 1},
		{"AYIYA, cut", ayiya[:30], 5, portAYIYA, "-", 1},
	} {
		b := &builder{t: t}
		o, _ := b.pair(tt.from, tt.to)
		o.udp(tt.payload)
		recs, stats, err := readAll(t, b.pcap(layers.LinkTypeEthernet), Options{AnyChecksum: true})
		if err != nil || len(recs) != tt.flows || strings.Fields(show(&recs[0]))[5] != tt.service {
			t.Errorf("%s: %d flows, %v, %+v, the first %s", tt.name, len(recs), err, stats, show(&recs[0]))
			continue
		}
		if tt.flows == 2 && (recs[1].Num[fRespP] != 9999 || recs[1].Num[fOrigIP] != 49) {
			t.Errorf("%s: within: %s", tt.name, show(&recs[1]))
		}
	}
}

// A tunnel in a tunnel without end is opened so far and no further.
func TestTunnelsWithoutEnd(t *testing.T) {
	b := &builder{t: t}
	payload := "x"
	for range 10 {
		b.packets = nil
		a, _ := b.pair(5, portVXLAN)
		a.udp(payload)
		payload = "\x08\x00\x00\x00\x00\x00\x07\x00" + string(b.packets[0].data)
	}
	recs, _, err := readAll(t, b.pcap(layers.LinkTypeEthernet), Options{})
	if err != nil || len(recs) != 1 || recs[0].Num[fOrigPkts] != 1+maxTunnels { // all of the same endpoints
		t.Errorf("%d flows, %v packets, %v", len(recs), recs[0].Num[fOrigPkts], err)
	}
}

// Tags, and packets in packets, are opened so far and no further.
func TestLayersWithoutEnd(t *testing.T) {
	b := &builder{t: t}
	a, _ := b.pair(40000, 81)
	a.tcp("S", 1000, 0, "")
	ip := b.packets[0].data[14:]
	tagged := func(n int) []byte {
		return []byte("abcdefghijkl" + strings.Repeat("\x81\x00\x00\x01", n) + "\x08\x00" + string(ip))
	}
	nested := func(n int) []byte {
		p := string(ip)
		for range n {
			p = "\x45\x00" + string(be16(20+len(p))) + "\x00\x00\x00\x00\x40\x04\x00\x00\x0a\x00\x00\x01\x0a\x00\x00\x02" + p
		}
		return []byte("abcdefghijkl\x08\x00" + p)
	}
	for name, make := range map[string]func(int) []byte{"tags": tagged, "packets": nested} {
		for n, whole := range map[int]bool{maxLayers - 1: true, maxLayers: false} {
			b := &builder{t: t}
			b.raw(make(n))
			recs, stats, err := readAll(t, b.pcap(layers.LinkTypeEthernet), Options{})
			if err != nil || (len(recs) == 1) != whole || (stats.Malformed == 1) == whole {
				t.Errorf("%d %s: %d flows, %v, %+v", n, name, len(recs), err, stats)
			}
		}
	}
}

func be16(n int) []byte { return []byte{byte(n >> 8), byte(n)} }

// A routing header and a home address tell the ends that the checksum is about.
func TestWaysBetween(t *testing.T) {
	stop := "0123456789abcdef"
	for name, header := range map[string]string{
		"routing header":    "\x2b\x11\x02\x00\x01\x00\x00\x00\x00" + stop,
		"segment routing":   "\x2b\x11\x02\x04\x01\x00\x00\x00\x00" + stop,
		"home address":      "\x3c\x11\x02\x01\x02\x00\x00\xc9\x10" + stop,
		"header at its end": "\x2b\x11\x02\x00\x00\x00\x00\x00\x00" + stop,
	} {
		p := append([]byte("abcdefghijkl\x86\xdd\x60\x00\x00\x00\x00\x21"), header[0], 64)
		p = append(append(p, ip6A...), ip6B...)
		p = append(p, header[1:]...)
		src, dst := []byte(ip6A), []byte(ip6B)
		switch name {
		case "home address":
			src = []byte(stop)
		case "routing header", "segment routing":
			dst = []byte(stop)
		}
		udp := []byte("\x9c\x40\x27\x0f\x00\x09\x00\x00x")
		binary.BigEndian.PutUint16(udp[6:], ^fold(sum(udp, sum(dst, sum(src, protoUDP+9)))))
		p = append(p, udp...)
		b := &builder{t: t}
		b.raw(p)
		recs, stats, err := readAll(t, b.pcap(layers.LinkTypeEthernet), Options{})
		if err != nil || len(recs) != 1 || stats.BadSum != 0 || string(recs[0].Text[fOrigH]) != netip.AddrFrom16([16]byte(src)).String() || string(recs[0].Text[fRespH]) != netip.AddrFrom16([16]byte(dst)).String() {
			t.Errorf("%s: %d flows, %+v, %v", name, len(recs), stats, err)
		}
	}
}
