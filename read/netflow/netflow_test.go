package netflow

import (
	"bytes"
	"maps"
	"net/netip"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/readtest"
)

// talk is a web request and its answer, a name looked up, a port without a listener, a ping, and a flow without an answer.
var talk = []one{
	{src: "10.0.0.1", dst: "10.0.0.2", sp: 51000, dp: 443, proto: tcp, flags: 0x1b, packets: 10, bytes: 1520, start: epoch, end: epoch + 1500, reason: 3},
	{src: "10.0.0.2", dst: "10.0.0.1", sp: 443, dp: 51000, proto: tcp, flags: 0x1b, packets: 8, bytes: 5416, start: epoch + 20, end: epoch + 1490, reason: 3},
	{src: "10.0.0.4", dst: "10.0.0.3", sp: 53, dp: 53000, proto: udp, packets: 1, bytes: 84, start: epoch + 130, end: epoch + 130},
	{src: "10.0.0.3", dst: "10.0.0.4", sp: 53000, dp: 53, proto: udp, packets: 1, bytes: 68, start: epoch + 100, end: epoch + 100},
	{src: "10.0.0.1", dst: "10.0.0.2", sp: 51001, dp: 22, proto: tcp, flags: 0x02, packets: 1, bytes: 60, start: epoch + 200, end: epoch + 200},
	{src: "10.0.0.2", dst: "10.0.0.1", sp: 22, dp: 51001, proto: tcp, flags: 0x14, packets: 1, bytes: 40, start: epoch + 200, end: epoch + 200},
	{src: "10.0.0.5", dst: "10.0.0.6", dp: 8 << 8, proto: icmp, packets: 2, bytes: 168, start: epoch + 300, end: epoch + 1300},
	{src: "10.0.0.6", dst: "10.0.0.5", dp: 0, proto: icmp, packets: 2, bytes: 168, start: epoch + 310, end: epoch + 1310},
	{src: "10.0.0.7", dst: "10.0.0.8", sp: 40000, dp: 9999, proto: udp, packets: 1, bytes: 29, start: epoch + 400, end: epoch + 400},
}

// talked is what Zeek would say of it.
var talked = []map[string]any{
	{"ts": 1.7e9, "id.orig_h": "10.0.0.1", "id.orig_p": 51000.0, "id.resp_h": "10.0.0.2", "id.resp_p": 443.0, "proto": "tcp", "duration": 1.5, "conn_state": "SF", "history": "ShADadFf",
		"missed_bytes": 0.0, "orig_pkts": 10.0, "orig_ip_bytes": 1520.0, "orig_bytes": 992.0, "resp_pkts": 8.0, "resp_ip_bytes": 5416.0, "resp_bytes": 4992.0},
	{"ts": 1.7e9 + 0.1, "id.orig_h": "10.0.0.3", "id.orig_p": 53000.0, "id.resp_h": "10.0.0.4", "id.resp_p": 53.0, "proto": "udp", "duration": 0.03, "conn_state": "SF", "history": "Dd",
		"missed_bytes": 0.0, "orig_pkts": 1.0, "orig_ip_bytes": 68.0, "orig_bytes": 40.0, "resp_pkts": 1.0, "resp_ip_bytes": 84.0, "resp_bytes": 56.0},
	{"ts": 1.7e9 + 0.2, "id.orig_h": "10.0.0.1", "id.orig_p": 51001.0, "id.resp_h": "10.0.0.2", "id.resp_p": 22.0, "proto": "tcp", "duration": 0.0, "conn_state": "REJ", "history": "Sr",
		"missed_bytes": 0.0, "orig_pkts": 1.0, "orig_ip_bytes": 60.0, "orig_bytes": 0.0, "resp_pkts": 1.0, "resp_ip_bytes": 40.0, "resp_bytes": 0.0},
	{"ts": 1.7e9 + 0.3, "id.orig_h": "10.0.0.5", "id.orig_p": 8.0, "id.resp_h": "10.0.0.6", "id.resp_p": 0.0, "proto": "icmp", "duration": 1.01, "conn_state": "OTH",
		"missed_bytes": 0.0, "orig_pkts": 2.0, "orig_ip_bytes": 168.0, "orig_bytes": 112.0, "resp_pkts": 2.0, "resp_ip_bytes": 168.0, "resp_bytes": 112.0},
	{"ts": 1.7e9 + 0.4, "id.orig_h": "10.0.0.7", "id.orig_p": 40000.0, "id.resp_h": "10.0.0.8", "id.resp_p": 9999.0, "proto": "udp", "conn_state": "S0", "history": "D",
		"missed_bytes": 0.0, "orig_pkts": 1.0, "orig_ip_bytes": 29.0, "resp_pkts": 0.0, "resp_ip_bytes": 0.0},
}

// everyVersion is the same talk by three protocols.
var everyVersion = map[string][]byte{
	"v5":    v5Of(0, talk...),
	"v9":    append(v9Of(0, 1, templateOf(9, 256, usual)), v9Of(1, 1, dataOf(256, usual, talk...))...),
	"ipfix": append(ipfixOf(0, 1, templateOf(10, 300, modern4)), ipfixOf(0, 1, dataOf(300, modern4, talk...))...),
}

func TestSameFlowsByEveryVersion(t *testing.T) {
	for name, file := range everyVersion {
		t.Run(name, func(t *testing.T) {
			r, err := openFile(bytes.NewReader(file), "x")
			if err != nil {
				t.Fatal(err)
			}
			got, errs := drain(r)
			if len(errs) > 0 || !reflect.DeepEqual(got, talked) {
				t.Errorf("%v\n%v\nwant\n%v", errs, got, talked)
			}
			if s := r.(*Reader).Stats(); s.Flows != uint64(len(talk)) || s.Lost+s.Damaged+s.Unknown+s.NotIP+s.Evicted > 0 {
				t.Errorf("counted %+v", s)
			}
			if !Match(file) || Match(file[:4]) {
				t.Error("is not recognised")
			}
		})
	}
}

func TestClocksAndWidths(t *testing.T) {
	for name, fields := range map[string][]field{
		"milliseconds":   {{152, 8, 0}, {153, 8, 0}},
		"microseconds":   {{154, 8, 0}, {155, 8, 0}},
		"nanoseconds":    {{156, 8, 0}, {157, 8, 0}, {150, 4, 0}},
		"before export":  {{158, 4, 0}, {159, 4, 0}},
		"since start":    {{22, 4, 0}, {21, 4, 0}, {160, 8, 0}},
		"and how long":   {{152, 8, 0}, {161, 4, 0}},
		"until when":     {{153, 8, 0}, {161, 4, 0}},
		"varying":        {{210, varies, 0}, {152, 8, 0}, {33002 & 0x7fff, varies, 9}, {153, 8, 0}},
		"much else":      {{58, 2, 0}, {152, 8, 0}, {70, 3, 0}, {153, 8, 0}, {5, 1, 0}, {40000 & 0x7fff, 600, 4711}},
		"reduced counts": {{152, 8, 0}, {153, 8, 0}, {86, 3, 0}},
		"one told twice": {{152, 8, 0}, {153, 8, 0}, {7, 0, 0}, {8, 4, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			fields := slices.Concat(modern4[:8], fields)
			got, errs, _ := readAll(from("192.0.2.1", ipfixOf(0, 0, templateOf(10, 256, fields), dataOf(256, fields, talk...))), Options{})
			if len(errs) > 0 || !reflect.DeepEqual(got, talked) {
				t.Errorf("%v\n%v\nwant\n%v", errs, got, talked)
			}
		})
	}
}

func TestIPv6AndBothWays(t *testing.T) {
	fields := append([]field{{1, 8, reverse}, {2, 8, reverse}, {6, 1, reverse}, {239, 1, 0}}, modern...)
	flow := one{src: "2001:db8::1", dst: "2001:db8::2", sp: 50000, dp: 80, proto: tcp, flags: 0x1b, packets: 5, bytes: 1 << 40, start: epoch, end: epoch + 10,
		backPackets: 4, backBytes: 1000, backFlags: 0x1a}
	body := flow.record(fields)
	body[17] = 2 // the reverse direction began
	got, errs, _ := readAll(from("192.0.2.1", ipfixOf(0, 0, templateOf(10, 256, fields), dataOf(256, fields, flow), set(256, body, 0))), Options{})
	if len(errs) > 0 || len(got) != 1 {
		t.Fatalf("%v %v", errs, got)
	}
	if got[0]["id.orig_h"] != "2001:db8::2" || got[0]["resp_pkts"] != 10.0 || got[0]["resp_ip_bytes"] != float64(1<<41) || got[0]["orig_ip_bytes"] != 2000.0 || got[0]["conn_state"] != "S3" {
		t.Errorf("%v", got[0])
	}
}

// What came back has times of its own, in whatever unit (RFC 5103).
func TestTimesOfTheReverse(t *testing.T) {
	for name, of := range map[string]struct {
		start, length uint16
		began, ended  uint64
	}{
		"seconds":      {150, 4, epoch/1000 + 1, epoch/1000 + 3},
		"milliseconds": {152, 8, epoch + 1000, epoch + 3000},
		"microseconds": {154, 8, (epoch/1000 + 1 + 2208988800) << 32, (epoch/1000 + 3 + 2208988800) << 32},
		"nanoseconds":  {156, 8, (epoch/1000 + 1 + 2208988800) << 32, (epoch/1000 + 3 + 2208988800) << 32},
		"back from":    {158, 4, (sent - epoch - 1000) * 1000, (sent - epoch - 3000) * 1000},
	} {
		fields := append([]field{{1, 8, reverse}, {2, 8, reverse}, {of.start, of.length, reverse}, {of.start + 1, of.length, reverse}}, modern4...)
		flow := one{src: "192.0.2.1", dst: "192.0.2.2", sp: 50000, dp: 80, proto: tcp, packets: 5, bytes: 500, start: epoch, end: epoch + 10, backPackets: 4, backBytes: 1000}
		body := flow.record(fields)
		copy(body[16:], be(nil, uint64(of.length), of.began, uint64(of.length), of.ended))
		got, errs, _ := readAll(from("192.0.2.1", ipfixOf(0, 0, templateOf(10, 256, fields), set(256, body, 0))), Options{})
		if len(errs) > 0 || len(got) != 1 || got[0]["duration"] != 3.0 {
			t.Errorf("%s: %v %v", name, errs, got)
		}
	}
}

// A firewall tells bytes both ways and no packets: they are missing, not none.
func TestBytesWithoutPackets(t *testing.T) {
	fields := []field{{8, 4, 0}, {12, 4, 0}, {7, 2, 0}, {11, 2, 0}, {4, 1, 0}, {231, 4, 0}, {232, 4, 0}, {152, 8, 0}, {153, 8, 0}}
	body := be([]byte{192, 0, 2, 1, 192, 0, 2, 2}, 2, 50000, 2, 53, 1, udp, 4, 40, 4, 300, 8, epoch, 8, epoch+10)
	got, errs, _ := readAll(from("192.0.2.1", v9Of(0, 0, templateOf(9, 256, fields), set(256, body, 0))), Options{})
	if len(errs) > 0 || len(got) != 1 {
		t.Fatalf("%v %v", errs, got)
	}
	later := be([]byte{192, 0, 2, 1, 192, 0, 2, 2}, 2, 50000, 2, 53, 1, udp, 4, 0, 4, 0, 8, epoch, 8, epoch+20) // an event without bytes
	both, errs, _ := readAll(from("192.0.2.1", v9Of(0, 0, templateOf(9, 256, fields), set(256, slices.Concat(body, later), 0))), Options{})
	if len(errs) > 0 || len(both) != 1 || both[0]["orig_pkts"] != nil || both[0]["orig_ip_bytes"] != 40.0 {
		t.Errorf("%v %v", errs, both)
	}
	back := append([]field{{299, 4, 0}}, fields...) // packets that came back alone
	one, errs, _ := readAll(from("192.0.2.1", v9Of(0, 0, templateOf(9, 256, back), set(256, slices.Concat([]byte{0, 0, 0, 7}, body), 0))), Options{})
	if len(errs) > 0 || len(one) != 1 || one[0]["resp_pkts"] != 7.0 || one[0]["orig_pkts"] != 0.0 {
		t.Errorf("%v %v", errs, one)
	}
	r := got[0]
	if r["orig_pkts"] != nil || r["resp_pkts"] != nil || r["orig_ip_bytes"] != 40.0 || r["resp_ip_bytes"] != 300.0 || r["conn_state"] != "SF" {
		t.Errorf("%v", r)
	}
}

func TestTemplates(t *testing.T) {
	web := talk[:2]
	v9, data := templateOf(9, 256, usual), dataOf(256, usual, web...)
	short := []field{{8, 4, 0}, {12, 4, 0}, {7, 2, 0}, {11, 2, 0}, {4, 1, 0}}
	mixed := append(*from("192.0.2.1", v9Of(0, 1, v9)), *from("192.0.2.2", v9Of(0, 1, templateOf(9, 256, short)))...)
	mixed = append(append(mixed, *from("192.0.2.1", v9Of(1, 1, data))...), *from("192.0.2.2", v9Of(1, 1, dataOf(256, short, web...)))...)
	for _, tt := range []struct {
		name    string
		src     *packets
		records int
		says    string
	}{
		{"before the data", from("192.0.2.1", v9Of(0, 1, v9), v9Of(1, 1, data)), 1, ""},
		{"in one packet", from("192.0.2.1", v9Of(0, 1, v9, data)), 1, ""},
		{"after the data", from("192.0.2.1", v9Of(0, 1, data), v9Of(1, 1, v9)), 0, "before their template 256"},
		{"of another source", from("192.0.2.1", v9Of(0, 1, v9), v9Of(0, 2, data)), 0, "before their template 256"},
		{"of another exporter", &packets{{v9Of(0, 1, v9), netip.MustParseAddr("192.0.2.1"), 1e15}, {v9Of(0, 1, data), netip.MustParseAddr("192.0.2.2"), 1e15}}, 0, "before their template"},
		{"of two exporters", &mixed, 2, ""},
		{"withdrawn", from("192.0.2.1", ipfixOf(0, 1, templateOf(10, 256, modern4)), ipfixOf(0, 1, set(2, be(nil, 2, 256, 2, 0), 0), dataOf(256, modern4, web...))), 0, "before their template 256"},
		{"all withdrawn", from("192.0.2.1", ipfixOf(0, 1, templateOf(10, 256, modern4)), ipfixOf(0, 1, set(2, be(nil, 2, 2, 2, 0), 0), dataOf(256, modern4, web...))), 0, "before their template 256"},
		{"changed", from("192.0.2.1", v9Of(0, 1, v9, data), v9Of(1, 1, templateOf(9, 256, usual[:10])), v9Of(2, 1, dataOf(256, usual[:10], talk[2:4]...))), 2, ""},
		{"a day old", &packets{{v9Of(0, 1, v9), netip.Addr{}, 1e15}, {v9Of(1, 1, data), netip.Addr{}, 1e15 + templateLife + 1}}, 0, "before their template 256"},
		{"padded", from("192.0.2.1", v9Of(0, 1, set(0, slices.Concat(v9[4:], []byte{0, 0}), 0), set(256, data[4:], 3))), 1, ""},
		{"without bytes", from("192.0.2.1", v9Of(0, 1, templateOf(9, 256, []field{{1, 0, 0}, {2, 0, 0}}), data)), 0, "no bytes"},
		{"too long", from("192.0.2.1", v9Of(0, 1, templateOf(9, 256, []field{{1, 65535, 0}, {2, 65535, 0}}))), 0, "longer than a packet"},
		{"of a low number", from("192.0.2.1", v9Of(0, 1, templateOf(9, 255, usual))), 0, "template 255"},
		{"that lies", from("192.0.2.1", v9Of(0, 1, set(0, be(nil, 2, 256, 2, 9, 2, 1, 2, 4), 0))), 0, "template 256: it ends in the middle"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, errs, s := readAll(tt.src, Options{})
			if len(got) != tt.records || (tt.says == "") != (len(errs) == 0) || tt.says != "" && !strings.Contains(errs[0], tt.says) {
				t.Errorf("%d records, %q; %+v", len(got), errs, s)
			}
		})
	}
}

func TestDamage(t *testing.T) {
	v5, v9 := v5Of(0, talk...), v9Of(0, 1, templateOf(9, 256, usual), dataOf(256, usual, talk...))
	ipfix := ipfixOf(0, 1, templateOf(10, 256, modern4), dataOf(256, modern4, talk...))
	vary := []field{{8, 4, 0}, {12, 4, 0}, {210, varies, 0}}
	with := func(b []byte, at int, v ...byte) []byte { b = bytes.Clone(b); copy(b[at:], v); return b }
	for _, tt := range []struct {
		name    string
		b       []byte
		records int
		says    string
	}{
		{"nothing", []byte{}, 0, "version 0"},
		{"another protocol", []byte("GET / HTTP/1.1"), 0, "version 18245"},
		{"v8", with(v5, 0, 0, 8), 0, "version 8"},
		{"half a header", v5[:12], 0, "ends in its header"},
		{"v5 cut", v5[:24+48*2+7], 1, "room for 2 flows and says 9"},
		{"v5 says less", with(v5, 2, 0, 2), 1, ""},
		{"v9 cut", v9[:len(v9)-5], 0, "set 256 has"},
		{"v9's count lies", with(v9, 2, 0xff, 0xff), 5, ""},
		{"a set of no length", with(v9, 22, 0, 0), 0, "set 0 has 0 bytes"},
		{"a set that is none", with(v9, 20, 0, 77), 0, "there is no set 77"},
		{"ipfix cut", ipfix[:len(ipfix)-5], 0, "says"},
		{"ipfix with more behind", append(bytes.Clone(ipfix), 1, 2, 3), 5, "3 bytes stand behind"},
		{"ipfix says nothing", with(ipfix, 2, 0, 0), 5, "says 0"},
		{"a value past the end", ipfixOf(0, 1, templateOf(10, 256, vary), set(256, append(talk[0].record(vary[:2]), 200, 1), 0)), 0, "ends in the middle"},
		{"a length past the end", ipfixOf(0, 1, templateOf(10, 256, vary), set(256, append(talk[0].record(vary[:2]), 255, 1), 0)), 0, "ends in the middle"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, errs, _ := readAll(from("192.0.2.1", tt.b), Options{})
			if len(got) != tt.records || (tt.says == "") != (len(errs) == 0) || tt.says != "" && (!strings.HasPrefix(errs[0], "x: packet 1: ") || !strings.Contains(errs[0], tt.says)) {
				t.Errorf("%d records, %q", len(got), errs)
			}
		})
	}
}

// A packet full of data without a template is told of some times and counted; headers from whomever do not put out templates.
func TestStrangers(t *testing.T) {
	var sets []byte
	for range 5000 {
		sets = append(sets, set(300, []byte{1, 2, 3, 4}, 0)...)
	}
	good := netip.MustParseAddr("192.0.2.1")
	src := packets{{v9Of(0, 1, templateOf(9, 256, usual)), good, sent * 1000}, {v9Of(0, 7, sets), netip.MustParseAddr("203.0.113.1"), sent * 1000}}
	for i := range 2 * maxDomains {
		src = append(src, packet{v9Of(0, uint64(i)), netip.MustParseAddr("203.0.113.1"), sent*1000 + 1})
	}
	src = append(src, packet{v9Of(1, 1, dataOf(256, usual, talk...)), good, sent*1000 + 2})
	got, errs, s := readAll(&src, Options{})
	if len(got) != len(talked) || len(errs) != mostTold || s.Unknown != 5000 {
		t.Errorf("%d records, %d errors, %+v", len(got), len(errs), s)
	}
}

// Times before 1970 are none.
func TestTimesThatAreNone(t *testing.T) {
	fields := append(append([]field{}, modern4[:8]...), field{154, 8, 0}, field{155, 8, 0})
	body := talk[0].record(fields)
	clear(body[len(body)-16 : len(body)-8]) // the start
	got, errs, _ := readAll(from("192.0.2.1", ipfixOf(0, 0, templateOf(10, 256, fields), set(256, body, 0))), Options{})
	if len(errs) > 0 || got[0]["ts"].(float64) < 1.6e9 || got[0]["duration"].(float64) > 1e5 {
		t.Errorf("%v %v", got, errs)
	}
	b := bytes.Clone(everyVersion["v5"])
	clear(b[8:16]) // when it was sent
	if got, errs, _ := readAll(from("192.0.2.1", b), Options{}); len(errs) > 0 || got[0]["ts"].(float64) < 0 {
		t.Errorf("%v %v", got, errs)
	}
}

func TestSampling(t *testing.T) {
	web := talk[:2]
	v9, data := templateOf(9, 256, usual), dataOf(256, usual, web...)
	// An options template has the lengths of its fields for counts in v9, and numbers of them in IPFIX.
	option9 := set(1, be(nil, 2, 257, 2, 4, 2, 8, 2, 1, 2, 4, 2, 34, 2, 4, 2, 35, 2, 1), 2)
	option10 := set(3, be(nil, 2, 257, 2, 3, 2, 1, 2, 302, 2, 2, 2, 305, 2, 4, 2, 306, 2, 4), 0)
	with := append(append([]field{}, modern4...), field{302, 2, 0})
	of7 := append(talk[0].record(modern4), 0, 7)
	population := set(3, be(nil, 2, 257, 2, 4, 2, 1, 2, 302, 2, 2, 2, 304, 2, 2, 2, 309, 2, 4, 2, 310, 2, 4), 0)
	v5 := v5Of(0, web...)
	v5[22], v5[23] = 0x40, 100
	for _, tt := range []struct {
		name string
		b    []byte
		want float64
	}{
		{"v5's header", v5, 1000},
		{"an option of v9", v9Of(0, 1, v9, option9, set(257, be(nil, 4, 1, 4, 50, 1, 1), 0), data), 500},
		{"an option for another sampler", ipfixOf(0, 1, templateOf(10, 256, with), option10, set(257, be(nil, 2, 6, 4, 1, 4, 1, 2, 8, 4, 1, 4, 1), 0), set(256, of7, 0)), 10},
		{"so many of a population", ipfixOf(0, 1, templateOf(10, 256, with), population, set(257, be(nil, 2, 7, 2, 3, 4, 2, 4, 512), 0), set(256, of7, 0)), 2560},
		{"an option for this sampler", ipfixOf(0, 1, templateOf(10, 256, with), option10, set(257, be(nil, 2, 6, 4, 1, 4, 1, 2, 7, 4, 1, 4, 9), 0), set(256, of7, 0)), 100},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, errs, _ := readAll(from("192.0.2.1", tt.b), Options{})
			if len(errs) > 0 || len(got) != 1 || got[0]["orig_pkts"] != tt.want || got[0]["orig_ip_bytes"] != tt.want*152 {
				t.Errorf("%v %v", got, errs)
			}
		})
	}
}

// Exporters tell the interval of sampling rarely: it is known after a restart.
func TestSamplingIsKept(t *testing.T) {
	keep := filepath.Join(t.TempDir(), "templates.json")
	option := set(1, be(nil, 2, 257, 2, 4, 2, 8, 2, 1, 2, 4, 2, 48, 2, 4, 2, 34, 2, 4), 2)
	readAll(from("192.0.2.1", v9Of(0, 1, templateOf(9, 256, usual)), v9Of(1, 1, option, set(257, be(nil, 4, 1, 4, 3, 4, 50), 0))), Options{Templates: keep})
	for range 2 { // what was loaded is kept too
		got, errs, _ := readAll(from("192.0.2.1", v9Of(2, 1, templateOf(9, 258, usual[:9]), dataOf(256, usual, talk[:2]...))), Options{Templates: keep})
		if len(errs) > 0 || len(got) != 1 || got[0]["orig_pkts"] != 500.0 {
			t.Errorf("%v %v", got, errs)
		}
	}
}

// A template that has fields for both families leaves those of the other zero.
func TestBothFamilies(t *testing.T) {
	fields := append([]field{{8, 4, 0}, {12, 4, 0}, {27, 16, 0}, {28, 16, 0}}, modern[2:]...)
	six := talk[len(talk)-1]
	six.src, six.dst = "2001:db8::1", "2001:db8::2"
	body := append(make([]byte, 8), six.record(modern)...)
	four := talk[0].record(modern4)
	body = append(append(append(body, four[:8]...), make([]byte, 32)...), four[8:]...)
	got, errs, _ := readAll(from("192.0.2.1", ipfixOf(0, 1, templateOf(10, 256, fields), set(256, body, 0))), Options{})
	hosts := map[any]bool{}
	for _, r := range got {
		hosts[r["id.orig_h"]], hosts[r["id.resp_h"]] = true, true
	}
	if !hosts["2001:db8::1"] || !hosts["2001:db8::2"] || !hosts[talk[0].src] || !hosts[talk[0].dst] || len(errs) > 0 {
		t.Errorf("%v %v", got, errs)
	}
}

func TestLost(t *testing.T) {
	v9, data := templateOf(9, 256, usual), dataOf(256, usual, talk[0])
	for name, tt := range map[string]struct {
		src  *packets
		want uint64
	}{
		"v5":       {from("192.0.2.1", v5Of(7, talk...), v5Of(7+uint64(len(talk))+30, talk...)), 30},
		"v9":       {from("192.0.2.1", v9Of(1<<32-1, 1, v9), v9Of(3, 1, data), v9Of(4, 1, data)), 3},
		"ipfix":    {from("192.0.2.1", ipfixOf(5, 1, templateOf(10, 256, modern4), dataOf(256, modern4, talk...)), ipfixOf(5+uint64(len(talk))+2, 1)), 2},
		"restart":  {from("192.0.2.1", v9Of(100, 1, v9), v9Of(0, 1, data)), 0},
		"no order": {from("192.0.2.1", v9Of(1, 1, v9), v9Of(3, 1, data), v9Of(2, 1, data)), 1},
	} {
		if _, _, s := readAll(tt.src, Options{}); s.Lost != tt.want {
			t.Errorf("%s: %d lost, want %d", name, s.Lost, tt.want)
		}
	}
}

func TestBattery(t *testing.T) {
	for name, file := range everyVersion {
		t.Run(name, func(t *testing.T) { readtest.Check(t, openFile, file) })
	}
}

func TestFileErrors(t *testing.T) {
	v9 := everyVersion["v9"]
	for name, tt := range map[string]struct {
		b       []byte
		records int
		says    string
	}{
		"cut":     {v9[:len(v9)-3], 0, "packet 2: the file is truncated"},
		"damaged": {append(bytes.Clone(everyVersion["v5"]), "junk!"...), 5, "packet 2: the file is damaged here: no packet begins with 6a 75 6e 6b"},
		"endless": {append(bytes.Clone(v9), slices.Repeat(set(256, make([]byte, 60000), 0), 2)...), 0, "more than 65535 bytes"},
	} {
		r, err := openFile(bytes.NewReader(tt.b), "x")
		if err != nil {
			t.Fatal(err)
		}
		got, errs := drain(r)
		if len(got) != tt.records || len(errs) != 1 || !strings.HasPrefix(errs[0], "x: ") || !strings.Contains(errs[0], tt.says) {
			t.Errorf("%s: %d records, %q", name, len(got), errs)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range slices.Sorted(maps.Keys(everyVersion)) {
		f.Add(everyVersion[name])
	}
	vary := []field{{8, varies, 0}, {12, 4, 0}, {210, varies, 9}}
	f.Add(ipfixOf(0, 1, templateOf(10, 256, vary), dataOf(256, vary, talk...), set(3, be(nil, 2, 257, 2, 2, 2, 1, 2, 302, 2, 2, 2, 305, 2, 4), 0), set(257, be(nil, 2, 6, 4, 1), 0)))
	f.Fuzz(func(t *testing.T, b []byte) {
		readtest.Drain(t, openFile, b)
		var rec inkling.Record
		r, _ := NewReader(from("192.0.2.1", b, b), "x", Options{MaxFlows: 8}) // as two datagrams
		for n := 0; ; n++ {
			if err := r.Read(&rec); err != nil && !inkling.Skippable(err) {
				break
			}
			if n > 2*len(b)+16 {
				t.Fatal("no end")
			}
		}
	})
}
