package feature_test

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"io"
	"math"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/feature"
	"github.com/inkling-sec/inkling/read"
)

// talk is what the packets of some conversations are, in order: when, in seconds after the start, from whom to whom, what.
// The first is a web page, then a refused connection, a name looked up, a datagram nobody answers, a ping, and a login
// over IPv6 that goes on.
var talk = []struct {
	at       float64
	from, to string
	what     string // flags of TCP, udp, or a type of ICMP
	payload  string
}{
	{0, "10.0.0.1:51000", "10.0.0.2:80", "S", ""},
	{0.02, "10.0.0.2:80", "10.0.0.1:51000", "SA", ""},
	{0.04, "10.0.0.1:51000", "10.0.0.2:80", "A", ""},
	{0.05, "10.0.0.1:51000", "10.0.0.2:80", "PA", "GET / HTTP/1.1\r\nHost: a.example\r\nX: " + strings.Repeat("x", 160) + "\r\n\r\n"},
	{0.07, "10.0.0.2:80", "10.0.0.1:51000", "A", ""},
	{0.1, "10.0.0.2:80", "10.0.0.1:51000", "A", "HTTP/1.1 200 OK\r\nContent-Length: 1962\r\n\r\n" + strings.Repeat("y", 962)},
	{0.11, "10.0.0.2:80", "10.0.0.1:51000", "PA", strings.Repeat("y", 1000)},
	{0.13, "10.0.0.1:51000", "10.0.0.2:80", "A", ""},
	{1.4, "10.0.0.1:51000", "10.0.0.2:80", "FA", ""},
	{1.5, "10.0.0.2:80", "10.0.0.1:51000", "FA", ""},
	{1.5004, "10.0.0.1:51000", "10.0.0.2:80", "A", ""},
	{2, "10.0.0.1:51001", "10.0.0.2:23", "S", ""},
	{2.01, "10.0.0.2:23", "10.0.0.1:51001", "RA", ""},
	{3, "10.0.0.3:53000", "10.0.0.4:53", "udp", "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07example\x03com\x00\x00\x01\x00\x01"},
	{3.03, "10.0.0.4:53", "10.0.0.3:53000", "udp", "\x12\x34\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00\x07example\x03com\x00\x00\x01\x00\x01\xc0\x0c\x00\x01\x00\x01\x00\x00\x0e\x10\x00\x04\x0a\x00\x00\x02"},
	{4, "10.0.0.5:40000", "10.0.0.6:9999", "udp", strings.Repeat("z", 40)},
	{5, "10.0.0.5:0", "10.0.0.6:0", "8", strings.Repeat("p", 48)},
	{5.01, "10.0.0.6:0", "10.0.0.5:0", "0", strings.Repeat("p", 48)},
	{6, "[2001:db8::1]:40001", "[2001:db8::2]:22", "S", ""},
	{6.02, "[2001:db8::2]:22", "[2001:db8::1]:40001", "SA", ""},
	{6.04, "[2001:db8::1]:40001", "[2001:db8::2]:22", "A", ""},
	{6.1, "[2001:db8::2]:22", "[2001:db8::1]:40001", "PA", "SSH-2.0-OpenSSH_9.6\r\n"},
	{6.12, "[2001:db8::1]:40001", "[2001:db8::2]:22", "A", ""},
	{6.2, "[2001:db8::1]:40001", "[2001:db8::2]:22", "PA", "SSH-2.0-OpenSSH_9.2\r\n"},
	{6.22, "[2001:db8::2]:22", "[2001:db8::1]:40001", "A", ""},
}

var talkStart = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// capture writes the packets.
func capture(t *testing.T) []byte {
	var out bytes.Buffer
	w := pcapgo.NewWriter(&out)
	if err := w.WriteFileHeader(65535, layers.LinkTypeEthernet); err != nil {
		t.Fatal(err)
	}
	frames(t, func(at time.Time, data []byte) {
		if err := w.WritePacket(gopacket.CaptureInfo{Timestamp: at, CaptureLength: len(data), Length: len(data)}, data); err != nil {
			t.Fatal(err)
		}
	})
	return out.Bytes()
}

// export writes what a router tells of the packets of IPv4 by NetFlow v5: each direction by itself, in milliseconds.
func export(t *testing.T) []byte {
	const header, record = 24, 48
	at := map[string]int{}
	boot := talkStart.Add(-time.Hour)
	out := binary.BigEndian.AppendUint16(nil, 5)
	out = append(out, make([]byte, header-2)...)
	binary.BigEndian.PutUint32(out[4:], uint32(2*time.Hour/time.Millisecond))
	binary.BigEndian.PutUint32(out[8:], uint32(boot.Add(2*time.Hour).Unix()))
	frames(t, func(when time.Time, data []byte) {
		if data[12] != 8 { // not IPv4
			return
		}
		ip := data[14:]
		proto, ports, flags := ip[9], ip[20:24], byte(0)
		switch proto {
		case 1: // type and code in place of the destination's port
			ports = []byte{0, 0, ip[20], ip[21]}
		case 6:
			flags = ip[33]
		}
		key := string(ip[12:20]) + string(ports) + string(proto)
		o, known := at[key]
		ms := uint32(when.Sub(boot) / time.Millisecond)
		if !known {
			o = len(out)
			at[key] = o
			out = append(out, make([]byte, record)...)
			copy(out[o:], ip[12:20])
			copy(out[o+32:], ports)
			out[o+38] = proto
			binary.BigEndian.PutUint32(out[o+24:], ms)
		}
		r := out[o:]
		binary.BigEndian.PutUint32(r[16:], binary.BigEndian.Uint32(r[16:])+1)
		binary.BigEndian.PutUint32(r[20:], binary.BigEndian.Uint32(r[20:])+uint32(binary.BigEndian.Uint16(ip[2:])))
		binary.BigEndian.PutUint32(r[28:], ms)
		r[37] |= flags
	})
	binary.BigEndian.PutUint16(out[2:], uint16(len(at)))
	return out
}

// frames makes the packets, TCP with timestamps and the options of a Linux host.
func frames(t *testing.T, do func(at time.Time, data []byte)) {
	next, clock := map[string]uint32{}, map[string]uint32{}
	for _, p := range talk {
		clock[p.from] = 1000 + uint32(1000*p.at)
		stamps := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, clock[p.from]), clock[p.to])
		data := frame(t, netip.MustParseAddrPort(p.from), netip.MustParseAddrPort(p.to), p.what, p.payload, next[p.from], next[p.to], stamps)
		next[p.from] += uint32(len(p.payload)) + uint32(strings.Count(p.what, "S")+strings.Count(p.what, "F"))
		do(talkStart.Add(time.Duration(math.Round(p.at*1e6))*time.Microsecond), data)
	}
}

func frame(t *testing.T, from, to netip.AddrPort, what, payload string, seq, ack uint32, stamps []byte) []byte {
	eth := &layers.Ethernet{SrcMAC: []byte{2, 0, 0, 0, 0, 1}, DstMAC: []byte{2, 0, 0, 0, 0, 2}, EthernetType: layers.EthernetTypeIPv4}
	proto := layers.IPProtocolTCP
	switch what {
	case "udp":
		proto = layers.IPProtocolUDP
	case "8", "0":
		proto = layers.IPProtocolICMPv4
	}
	var network interface {
		gopacket.NetworkLayer
		gopacket.SerializableLayer
	} = &layers.IPv4{Version: 4, TTL: 64, Protocol: proto, SrcIP: from.Addr().AsSlice(), DstIP: to.Addr().AsSlice()}
	if from.Addr().Is6() {
		eth.EthernetType = layers.EthernetTypeIPv6
		network = &layers.IPv6{Version: 6, HopLimit: 64, NextHeader: proto, SrcIP: from.Addr().AsSlice(), DstIP: to.Addr().AsSlice()}
	}
	var transport gopacket.SerializableLayer
	switch proto {
	case layers.IPProtocolUDP:
		u := &layers.UDP{SrcPort: layers.UDPPort(from.Port()), DstPort: layers.UDPPort(to.Port())}
		_ = u.SetNetworkLayerForChecksum(network)
		transport = u
	case layers.IPProtocolICMPv4:
		transport = &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(what[0]-'0', 0), Id: 7, Seq: 1}
	default:
		s := &layers.TCP{SrcPort: layers.TCPPort(from.Port()), DstPort: layers.TCPPort(to.Port()), Seq: 1000 + seq, Window: 8192,
			SYN: strings.Contains(what, "S"), ACK: strings.Contains(what, "A"), FIN: strings.Contains(what, "F"), RST: strings.Contains(what, "R"), PSH: strings.Contains(what, "P")}
		if s.ACK {
			s.Ack = 1000 + ack
		}
		stamp := layers.TCPOption{OptionType: layers.TCPOptionKindTimestamps, OptionLength: 10, OptionData: stamps}
		switch {
		case s.SYN:
			s.Options = []layers.TCPOption{{OptionType: layers.TCPOptionKindMSS, OptionLength: 4, OptionData: []byte{5, 180}},
				{OptionType: layers.TCPOptionKindSACKPermitted, OptionLength: 2}, stamp, {OptionType: layers.TCPOptionKindNop},
				{OptionType: layers.TCPOptionKindWindowScale, OptionLength: 3, OptionData: []byte{7}}}
		case !s.RST:
			s.Options = []layers.TCPOption{{OptionType: layers.TCPOptionKindNop}, {OptionType: layers.TCPOptionKindNop}, stamp}
		}
		_ = s.SetNetworkLayerForChecksum(network)
		transport = s
	}
	buf := gopacket.NewSerializeBuffer()
	err := gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, eth, network, transport, gopacket.Payload(payload))
	if err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// conns is Zeek's conn.log of the talk, by its documented meaning.
const conns = `#separator \x09
#set_separator	,
#empty_field	(empty)
#unset_field	-
#path	conn
#fields	ts	uid	id.orig_h	id.orig_p	id.resp_h	id.resp_p	proto	service	duration	orig_bytes	resp_bytes	conn_state	missed_bytes	history	orig_pkts	orig_ip_bytes	resp_pkts	resp_ip_bytes
#types	time	string	addr	port	addr	port	enum	string	interval	count	count	string	count	string	count	count	count	count
1767323045.000000	C1	10.0.0.1	51000	10.0.0.2	80	tcp	http	1.500000	200	2003	SF	0	ShADadFf	6	520	5	2271
1767323047.000000	C2	10.0.0.1	51001	10.0.0.2	23	tcp	-	0.010000	0	0	REJ	0	Sr	1	60	1	40
1767323048.000000	C3	10.0.0.3	53000	10.0.0.4	53	udp	dns	0.030000	29	45	SF	0	Dd	1	57	1	73
1767323049.000000	C4	10.0.0.5	40000	10.0.0.6	9999	udp	-	-	-	-	S0	0	D	1	68	0	0
1767323050.000000	C5	10.0.0.5	8	10.0.0.6	0	icmp	-	0.010000	48	48	OTH	0	-	1	76	1	76
1767323051.000000	C6	2001:db8::1	40001	2001:db8::2	22	tcp	ssh	0.220000	21	21	S1	0	ShAdDa	4	317	3	245
`

const connsJSON = `{"ts":1767323045.0,"uid":"C1","id.orig_h":"10.0.0.1","id.orig_p":51000,"id.resp_h":"10.0.0.2","id.resp_p":80,"proto":"tcp","service":"http","duration":1.5,"orig_bytes":200,"resp_bytes":2003,"conn_state":"SF","missed_bytes":0,"history":"ShADadFf","orig_pkts":6,"orig_ip_bytes":520,"resp_pkts":5,"resp_ip_bytes":2271}
{"ts":1767323047.0,"uid":"C2","id.orig_h":"10.0.0.1","id.orig_p":51001,"id.resp_h":"10.0.0.2","id.resp_p":23,"proto":"tcp","duration":0.01,"orig_bytes":0,"resp_bytes":0,"conn_state":"REJ","missed_bytes":0,"history":"Sr","orig_pkts":1,"orig_ip_bytes":60,"resp_pkts":1,"resp_ip_bytes":40}
{"ts":"2026-01-02T03:04:08.000000Z","uid":"C3","id.orig_h":"10.0.0.3","id.orig_p":53000,"id.resp_h":"10.0.0.4","id.resp_p":53,"proto":"udp","service":"dns","duration":0.03,"orig_bytes":29,"resp_bytes":45,"conn_state":"SF","missed_bytes":0,"history":"Dd","orig_pkts":1,"orig_ip_bytes":57,"resp_pkts":1,"resp_ip_bytes":73}
{"ts":1767323049.0,"uid":"C4","id.orig_h":"10.0.0.5","id.orig_p":40000,"id.resp_h":"10.0.0.6","id.resp_p":9999,"proto":"udp","conn_state":"S0","missed_bytes":0,"history":"D","orig_pkts":1,"orig_ip_bytes":68,"resp_pkts":0,"resp_ip_bytes":0}
{"ts":1767323050.0,"uid":"C5","id.orig_h":"10.0.0.5","id.orig_p":8,"id.resp_h":"10.0.0.6","id.resp_p":0,"proto":"icmp","duration":0.01,"orig_bytes":48,"resp_bytes":48,"conn_state":"OTH","missed_bytes":0,"orig_pkts":1,"orig_ip_bytes":76,"resp_pkts":1,"resp_ip_bytes":76}
{"ts":1767323051.0,"uid":"C6","id.orig_h":"2001:db8::1","id.orig_p":40001,"id.resp_h":"2001:db8::2","id.resp_p":22,"proto":"tcp","service":"ssh","duration":0.22,"orig_bytes":21,"resp_bytes":21,"conn_state":"S1","missed_bytes":0,"history":"ShAdDa","orig_pkts":4,"orig_ip_bytes":317,"resp_pkts":3,"resp_ip_bytes":245}
`

// eve is what Suricata 7.0.10 wrote of the capture, but for members that are not read.
const eve = `{"timestamp":"2026-01-02T03:04:11.220000+0000","flow_id":562953296024184,"event_type":"flow","src_ip":"10.0.0.5","dest_ip":"10.0.0.6","proto":"ICMP","icmp_type":8,"icmp_code":0,"response_icmp_type":0,"response_icmp_code":0,"flow":{"pkts_toserver":1,"pkts_toclient":1,"bytes_toserver":90,"bytes_toclient":90,"start":"2026-01-02T03:04:10.000000+0000","end":"2026-01-02T03:04:10.010000+0000"}}
{"timestamp":"2026-01-02T03:04:11.220000+0000","flow_id":1407375651622004,"event_type":"flow","src_ip":"10.0.0.1","src_port":51000,"dest_ip":"10.0.0.2","dest_port":80,"proto":"TCP","app_proto":"http","flow":{"pkts_toserver":6,"pkts_toclient":5,"bytes_toserver":604,"bytes_toclient":2341,"start":"2026-01-02T03:04:05.000000+0000","end":"2026-01-02T03:04:06.500400+0000","alerted":false},"tcp":{"tcp_flags":"1b","tcp_flags_ts":"1b","tcp_flags_tc":"1b"}}
{"timestamp":"2026-01-02T03:04:11.220000+0000","flow_id":1970326910242870,"event_type":"flow","src_ip":"10.0.0.1","src_port":51001,"dest_ip":"10.0.0.2","dest_port":23,"proto":"TCP","flow":{"pkts_toserver":1,"pkts_toclient":1,"bytes_toserver":74,"bytes_toclient":60,"start":"2026-01-02T03:04:07.000000+0000","end":"2026-01-02T03:04:07.010000+0000","alerted":false},"tcp":{"tcp_flags":"16","tcp_flags_ts":"02","tcp_flags_tc":"14"}}
{"timestamp":"2026-01-02T03:04:11.220000+0000","flow_id":844427166506548,"event_type":"flow","src_ip":"2001:0db8:0000:0000:0000:0000:0000:0001","src_port":40001,"dest_ip":"2001:0db8:0000:0000:0000:0000:0000:0002","dest_port":22,"proto":"TCP","app_proto":"ssh","flow":{"pkts_toserver":4,"pkts_toclient":3,"bytes_toserver":373,"bytes_toclient":287,"start":"2026-01-02T03:04:11.000000+0000","end":"2026-01-02T03:04:11.220000+0000","alerted":false},"tcp":{"tcp_flags":"1a","tcp_flags_ts":"1a","tcp_flags_tc":"1a"}}
{"timestamp":"2026-01-02T03:04:11.220000+0000","flow_id":352642112,"event_type":"flow","src_ip":"10.0.0.3","src_port":53000,"dest_ip":"10.0.0.4","dest_port":53,"proto":"UDP","app_proto":"dns","flow":{"pkts_toserver":1,"pkts_toclient":1,"bytes_toserver":71,"bytes_toclient":87,"start":"2026-01-02T03:04:08.000000+0000","end":"2026-01-02T03:04:08.030000+0000","alerted":false}}
{"timestamp":"2026-01-02T03:04:11.220000+0000","flow_id":281477799146969,"event_type":"flow","src_ip":"10.0.0.5","src_port":40000,"dest_ip":"10.0.0.6","dest_port":9999,"proto":"UDP","app_proto":"failed","flow":{"pkts_toserver":1,"pkts_toclient":0,"bytes_toserver":82,"bytes_toclient":0,"start":"2026-01-02T03:04:09.000000+0000","end":"2026-01-02T03:04:09.000000+0000","alerted":false}}
`

// binetflow is what ra 3.0.8.2 wrote of the capture, with -Z b.
const binetflow = `StartTime,Dur,Proto,SrcAddr,Sport,Dir,DstAddr,Dport,State,TotPkts,TotBytes,SrcBytes,SrcPkts
1767323045.000000,1.500400,tcp,10.0.0.1,51000,   ->,10.0.0.2,80,FSPA_FSPA,11,2945,604,6
1767323047.000000,0.010000,tcp,10.0.0.1,51001,   ->,10.0.0.2,23,S_RA,2,134,74,1
1767323048.000000,0.030000,udp,10.0.0.3,53000,  <->,10.0.0.4,53,CON,2,158,71,1
1767323049.000000,0.000000,udp,10.0.0.5,40000,   ->,10.0.0.6,9999,INT,1,82,82,1
1767323050.000000,0.010000,icmp,10.0.0.5,0x0008,  <->,10.0.0.6,0x0700,ECO,2,180,90,1
1767323051.000000,0.220000,tcp,2001:db8::1,40001,   ->,2001:db8::2,22,SPA_SPA,7,660,373,4
1767323052.000000,1.627191,man,0,0,,27,1,STP,0,10940048,0,0
`

// The same conversations give the same rows by every road, within what a road can tell.
func TestRoads(t *testing.T) {
	want := rows(t, []byte(conns))
	for _, road := range []struct {
		format   string
		file     []byte
		relative float64  // how far numbers may lie apart, in proportion
		frames   bool     // it counts whole frames, of which the shortest is filled up from 54 to 60 bytes
		unknown  []string // what the road does not tell
	}{
		{"zeek", []byte(conns), 0, false, nil},
		{"zeek-json", []byte(connsJSON), 0, false, nil},
		{"pcap", capture(t), 1e-9, false, nil},
		{"eve", []byte(eve), 2e-3, true, nil},
		{"argus", []byte(binetflow), 2e-3, true, []string{"service"}},
		{"netflow", export(t), 2e-3, true, []string{"service"}},
	} {
		t.Run(road.format, func(t *testing.T) {
			if _, format, err := read.New(bytes.NewReader(road.file), "talk", read.Options{}); format != road.format {
				t.Fatalf("taken for %s, %v", format, err)
			}
			got := rows(t, road.file)
			if n := len(want); len(got) != n && (road.format != "netflow" || len(got) != n-1) { // v5 knows no IPv6, which is the last
				t.Fatalf("%d flows, want %d", len(got), n)
			}
			for i := range got {
				for j, f := range feature.Flow().Features {
					a, b := got[i][j], want[i][j]
					if slices.Contains(road.unknown, f.Name) || math.IsNaN(a) && math.IsNaN(b) {
						continue
					}
					most := road.relative * math.Abs(b)
					if road.frames && (f.Unit == "bytes" || f.Unit == "bytes/s" || f.Unit == "%") {
						most = max(7, 0.07*math.Abs(b))
					}
					if math.IsNaN(a) != math.IsNaN(b) || math.Abs(a-b) > most || f.Kind == feature.Category && a != b {
						t.Errorf("flow %d: %s is %v, want %v", i+1, f.Name, a, b)
					}
				}
			}
		})
	}
}

// rows gives those of a file's flows in order of their start.
func rows(t *testing.T, file []byte) (rows [][]float64) {
	t.Helper()
	r, _, err := read.New(bytes.NewReader(file), "talk", read.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var records []inkling.Record
	for {
		var rec inkling.Record
		if err := r.Read(&rec); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		records = append(records, rec.Clone())
	}
	start := func(r inkling.Record) float64 { return r.Num[r.Schema.Index("ts")] }
	slices.SortStableFunc(records, func(a, b inkling.Record) int { return cmp.Compare(start(a), start(b)) })
	x := feature.NewFlow(feature.FlowOptions{})
	for i := range records {
		row := make([]float64, len(x.Contract().Features))
		if err := x.Extract(row, &records[i]); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	return rows
}
