package pcap

import (
	"bytes"
	"net"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// A builder makes captures in code; one step of time is ten milliseconds.
type builder struct {
	t       testing.TB
	at      time.Duration
	packets []stamped
}

type stamped struct {
	at   time.Duration
	data []byte
	wire int
}

var epoch = time.Unix(1_700_000_000, 0).UTC()

const step = 10 * time.Millisecond

func (b *builder) add(ls ...gopacket.SerializableLayer) *builder {
	b.t.Helper()
	buf := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, ls...); err != nil {
		b.t.Fatal(err)
	}
	data := bytes.Clone(buf.Bytes())
	b.packets = append(b.packets, stamped{b.at, data, len(data)})
	b.at += step
	return b
}

// wait moves the clock without a packet.
func (b *builder) wait(d time.Duration) *builder {
	b.at += d - step
	return b
}

func (b *builder) raw(data []byte) *builder {
	b.packets = append(b.packets, stamped{b.at, data, len(data)})
	b.at += step
	return b
}

func (b *builder) pcap(link layers.LinkType) []byte {
	b.t.Helper()
	var out bytes.Buffer
	w := pcapgo.NewWriter(&out)
	if err := w.WriteFileHeader(65535, link); err != nil {
		b.t.Fatal(err)
	}
	for _, p := range b.packets {
		ci := gopacket.CaptureInfo{Timestamp: epoch.Add(p.at), CaptureLength: len(p.data), Length: p.wire}
		if err := w.WritePacket(ci, p.data); err != nil {
			b.t.Fatal(err)
		}
	}
	return out.Bytes()
}

func (b *builder) pcapng() []byte {
	b.t.Helper()
	var out bytes.Buffer
	w, err := pcapgo.NewNgWriter(&out, layers.LinkTypeEthernet)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, p := range b.packets {
		ci := gopacket.CaptureInfo{Timestamp: epoch.Add(p.at), CaptureLength: len(p.data), Length: p.wire}
		if err := w.WritePacket(ci, p.data); err != nil {
			b.t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		b.t.Fatal(err)
	}
	return out.Bytes()
}

var (
	macA = net.HardwareAddr{2, 0, 0, 0, 0, 1}
	macB = net.HardwareAddr{2, 0, 0, 0, 0, 2}
	ipA  = net.IP{10, 0, 0, 1}
	ipB  = net.IP{93, 184, 216, 34}
	ip6A = net.ParseIP("fd00::1")
	ip6B = net.ParseIP("2606:2800::1")
)

// A side sends packets of one direction.
type side struct {
	b            *builder
	src, dst     net.IP
	sport, dport uint16
	vlan         uint16
}

func (b *builder) pair(sport, dport uint16) (a, z side) {
	return side{b, ipA, ipB, sport, dport, 0}, side{b, ipB, ipA, dport, sport, 0}
}

func (b *builder) pair6(sport, dport uint16) (a, z side) {
	return side{b, ip6A, ip6B, sport, dport, 0}, side{b, ip6B, ip6A, dport, sport, 0}
}

func (s side) ip(proto layers.IPProtocol) (front []gopacket.SerializableLayer, network gopacket.NetworkLayer) {
	typ := layers.EthernetTypeIPv4
	if s.src.To4() == nil {
		typ = layers.EthernetTypeIPv6
	}
	eth := &layers.Ethernet{SrcMAC: macA, DstMAC: macB, EthernetType: typ}
	front = append(front, eth)
	if s.vlan != 0 {
		eth.EthernetType = layers.EthernetTypeDot1Q
		front = append(front, &layers.Dot1Q{VLANIdentifier: s.vlan, Type: typ})
	}
	if typ == layers.EthernetTypeIPv6 {
		ip := &layers.IPv6{Version: 6, HopLimit: 64, NextHeader: proto, SrcIP: s.src, DstIP: s.dst}
		return append(front, ip), ip
	}
	ip := &layers.IPv4{Version: 4, TTL: 64, Protocol: proto, SrcIP: s.src, DstIP: s.dst}
	return append(front, ip), ip
}

// tcp sends a segment; flags are letters of SAFRP.
func (s side) tcp(flags string, seq, ack uint32, payload string) side {
	front, ip := s.ip(layers.IPProtocolTCP)
	t := &layers.TCP{SrcPort: layers.TCPPort(s.sport), DstPort: layers.TCPPort(s.dport), Seq: seq, Ack: ack, Window: 8192}
	for _, f := range flags {
		switch f {
		case 'S':
			t.SYN = true
		case 'A':
			t.ACK = true
		case 'F':
			t.FIN = true
		case 'R':
			t.RST = true
		case 'P':
			t.PSH = true
		case '0':
			t.Window = 0
		}
	}
	if err := t.SetNetworkLayerForChecksum(ip); err != nil {
		s.b.t.Fatal(err)
	}
	s.b.add(append(front, t, gopacket.Payload(payload))...)
	return s
}

func (s side) udp(payload string) side {
	front, ip := s.ip(layers.IPProtocolUDP)
	u := &layers.UDP{SrcPort: layers.UDPPort(s.sport), DstPort: layers.UDPPort(s.dport)}
	if err := u.SetNetworkLayerForChecksum(ip); err != nil {
		s.b.t.Fatal(err)
	}
	s.b.add(append(front, u, gopacket.Payload(payload))...)
	return s
}

func (s side) icmp(typ, code uint8, payload string) side {
	front, _ := s.ip(layers.IPProtocolICMPv4)
	s.b.add(append(front, &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(typ, code), Id: 7}, gopacket.Payload(payload))...)
	return s
}
