package netflow

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"testing"

	"github.com/inkling-sec/inkling"
)

// told gives the conversations that v9 packets of these flows make, one flow a packet, each sent as long after its end.
func told(t *testing.T, o Options, after uint64, flows ...one) ([]map[string]any, Stats) {
	t.Helper()
	src := packets{{v9Of(0, 1, templateOf(9, 256, modernNine)), netip.Addr{}, epoch * 1000}}
	for i, f := range flows {
		src = append(src, packet{v9Of(uint64(i)+1, 1, dataOf(256, modernNine, f)), netip.Addr{}, int64(f.end+after) * 1000})
	}
	got, errs, s := readAll(&src, o)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return got, s
}

// modernNine has times by the clock, which tests can put anywhere.
var modernNine = append([]field{}, modern4...)

func TestOriginator(t *testing.T) {
	a := one{src: "10.0.0.1", dst: "10.0.0.2", sp: 40000, dp: 40001, proto: tcp, flags: 0x1a, packets: 3, bytes: 300, start: epoch + 100, end: epoch + 200}
	b := a
	b.src, b.dst, b.sp, b.dp = a.dst, a.src, a.dp, a.sp
	change := func(o one, by func(*one)) one { by(&o); return o }
	for _, tt := range []struct {
		name  string
		flows []one
		want  string
	}{
		{"told of first", []one{change(b, func(o *one) { o.sp, o.dp = 123, 123 }), change(a, func(o *one) { o.sp, o.dp = 123, 123 })}, b.src},
		{"the higher port", []one{a, b}, b.src},
		{"not a group", []one{change(b, func(o *one) { o.src, o.proto = "239.1.1.1", udp }), change(a, func(o *one) { o.dst, o.proto = "239.1.1.1", udp })}, a.src},
		{"the lower start", []one{b, change(a, func(o *one) { o.start -= 50 })}, a.src},
		{"SYN without ACK", []one{change(b, func(o *one) { o.flags = 0x14 }), change(a, func(o *one) { o.flags = 2 })}, a.src},
		{"the other's server port", []one{change(b, func(o *one) { o.sp = 443 }), change(a, func(o *one) { o.dp = 443 })}, a.src},
		{"whose start was missed: the server port", []one{change(b, func(o *one) { o.sp, o.start, o.flags = 443, o.start-50, 0x18 }), change(a, func(o *one) { o.dp, o.flags = 443, 0x18 })}, a.src},
		{"one way, of a server", []one{change(b, func(o *one) { o.sp, o.proto, o.flags = 53, udp, 0 })}, a.src},
		{"one way, a SYN from a server's port", []one{change(b, func(o *one) { o.sp, o.flags = 53, 2 })}, b.src},
		{"one way, nothing known", []one{b}, b.src},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, _ := told(t, Options{}, 15_000, tt.flows...)
			if len(got) != 1 || got[0]["id.orig_h"] != tt.want {
				t.Errorf("%v, want %s", got, tt.want)
			}
		})
	}
}

func TestPiecesOfOneConversation(t *testing.T) {
	piece := func(minute uint64, reason uint8) one {
		return one{src: "10.0.0.1", dst: "10.0.0.2", sp: 40000, dp: 443, proto: tcp, flags: 0x1a, packets: 60, bytes: 6000, start: epoch + minute*60_000, end: epoch + minute*60_000 + 59_000, reason: reason}
	}
	for name, tt := range map[string]struct {
		flows []one
		after uint64
		want  int
	}{
		"active timeouts, told so":        {[]one{piece(0, 2), piece(1, 2), piece(2, 3)}, 20_000, 1},
		"active timeouts, told at once":   {[]one{piece(0, 0), piece(1, 0), piece(2, 0)}, 2_000, 1},
		"idle between, told late":         {[]one{piece(0, 1), piece(2, 1)}, 20_000, 2},
		"another hour":                    {[]one{piece(0, 2), piece(60, 2)}, 20_000, 2},
		"the port again, a new handshake": {[]one{{src: "10.0.0.1", dst: "10.0.0.2", sp: 1, dp: 2, proto: tcp, flags: 0x13, packets: 3, start: epoch, end: epoch + 10}, {src: "10.0.0.1", dst: "10.0.0.2", sp: 1, dp: 2, proto: tcp, flags: 0x13, packets: 3, start: epoch + 5000, end: epoch + 5010}}, 1000, 2},
	} {
		t.Run(name, func(t *testing.T) {
			got, _ := told(t, Options{}, tt.after, tt.flows...)
			if len(got) != tt.want || tt.want == 1 && (got[0]["orig_pkts"] != 180.0 || got[0]["duration"] != 179.0) {
				t.Errorf("%d conversations: %v", len(got), got)
			}
		})
	}
}

func TestTableIsBounded(t *testing.T) {
	var flows []one
	for i := range 100 {
		flows = append(flows, one{src: "10.0.0.1", dst: fmt.Sprintf("10.1.0.%d", i), sp: 1, dp: 2, proto: udp, packets: 1, bytes: 30, start: epoch, end: epoch})
	}
	got, s := told(t, Options{MaxFlows: 10}, 0, flows...)
	if len(got) != 100 || s.Evicted != 90 {
		t.Errorf("%d records, %d evicted", len(got), s.Evicted)
	}
	for i, r := range got {
		if r["id.resp_h"] != fmt.Sprintf("10.1.0.%d", i) {
			t.Fatalf("record %d is %v: not in order", i, r)
		}
	}
}

// TestClockMovesByPackets gives what is due as soon as the clock says so, also when no packet comes.
func TestClockMovesByPackets(t *testing.T) {
	src := packets{{everyVersion["v5"], netip.Addr{}, sent * 1000}, {nil, netip.Addr{}, sent*1000 + (halfWait-1)*second}, {nil, netip.Addr{}, sent*1000 + halfWait*second}, {nil, netip.Addr{}, sent*1000 + 1e6*second}}
	r, err := NewReader(&src, "x", Options{})
	if err != nil {
		t.Fatal(err)
	}
	var rec inkling.Record
	for i := range talked {
		if err := r.Read(&rec); err != nil || len(src) != 1 || r.Ready() != (i < len(talked)-1) {
			t.Fatalf("record %d: %v, %d packets left, ready %v", i, err, len(src), r.Ready())
		}
	}
}

// TestClockThatJumps takes any time a source may give.
func TestClockThatJumps(t *testing.T) {
	var src packets
	for _, at := range []int64{sent * 1000, -1 << 62, 1<<63 - 1, 5, sent * 1000} {
		src = append(src, packet{everyVersion["v5"], netip.Addr{}, at})
	}
	if got, errs, _ := readAll(&src, Options{}); len(errs) > 0 || len(got) < len(talked) {
		t.Errorf("%d records, %v", len(got), errs)
	}
	j := newJoiner(0)
	j.advance(100 * second)
	j.advance(50 * second)
	if j.second != 100 {
		t.Error("the clock went back")
	}
}

// A clock that was far ahead and is mended, or one damaged time, does not keep conversations back until the end.
func TestClockThatIsMended(t *testing.T) {
	const years = 5 * 365 * 86400 * second
	for name, ahead := range map[string]int{"from the start": 0, "once": 5} {
		var src packets
		for i := range 24 * 60 {
			at := sent*1000 + int64(i)*60*second
			if i == ahead {
				at += years
			}
			src = append(src, packet{everyVersion["v5"], netip.Addr{}, at})
		}
		r, err := NewReader(&src, "x", Options{})
		if err != nil {
			t.Fatal(err)
		}
		var rec inkling.Record
		for range 8 * len(talked) {
			if err := r.Read(&rec); err != nil {
				t.Fatal(err)
			}
		}
		if len(src) < 24*60-20 {
			t.Errorf("%s: only %d packets are left after %d records", name, len(src), 8*len(talked))
		}
	}
}

// NetFlow v9 tells the time of sending in whole seconds: when the exporter started, and with it the times of flows, is
// not taken anew from each packet, but where the clock was set.
func TestWholeSecondsOfV9(t *testing.T) {
	packetAt := func(at, turned uint64, half one) []byte {
		b := v9Of(0, 0, templateOf(9, 256, usual), dataOf(256, usual, half))
		binary.BigEndian.PutUint32(b[4:], uint32(uptime+at))
		binary.BigEndian.PutUint32(b[8:], uint32((sent+at-turned)/1000))
		return b
	}
	half := one{src: "10.0.0.1", dst: "10.0.0.2", sp: 4000, dp: 22, proto: tcp, flags: 0x1b, packets: 5, bytes: 500, start: epoch, end: epoch + 1000}
	back := half
	back.src, back.dst, back.sp, back.dp, back.start, back.end = half.dst, half.src, half.dp, half.sp, epoch+100, epoch+2000
	for turned, want := range map[uint64]map[string]any{ // milliseconds by which the clock was set back between the packets
		0:      {"ts": epoch / 1e3, "duration": 2.0},
		10_000: {"ts": epoch/1e3 - 10.8, "duration": 11.8},
	} {
		got, errs, _ := readAll(from("192.0.2.1", packetAt(1000, 0, half), packetAt(1900, turned, back)), Options{})
		if len(errs) > 0 || len(got) != 1 || got[0]["ts"] != want["ts"] || got[0]["duration"] != want["duration"] {
			t.Errorf("set back by %d: %v %v, want %v", turned, errs, got, want)
		}
	}
}

// TestTemplatesAreBounded floods a reader with templates and exporters.
func TestTemplatesAreBounded(t *testing.T) {
	s := newTemplates()
	big := make([]field, 1000)
	for i := range big {
		big[i] = field{uint16(300 + i), 4, 0}
	}
	for i := range 3 * maxDomains {
		d := s.domain(domainKey{id: uint32(i)}, int64(i))
		for id := range 10 {
			one, _, err := parseTemplate(9, false, templateOf(9, uint16(256+id), big)[4:])
			if err != nil {
				t.Fatal(err)
			}
			s.put(d, one, int64(i))
		}
	}
	if len(s.domains) > maxDomains || len(s.all) > maxTemplates || s.bytes > maxTemplateBytes || s.dropped == 0 {
		t.Errorf("%d domains, %d templates, %d bytes, %d dropped", len(s.domains), len(s.all), s.bytes, s.dropped)
	}
	if newest := s.edge.older; newest.domain.key.id != 3*maxDomains-1 || s.get(newest.domain, newest.id, 3*maxDomains) != newest {
		t.Error("the newest is gone")
	}
}
