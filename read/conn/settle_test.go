package conn

import (
	"math"
	"testing"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/readtest"
)

// A flow that a tool tells of as it saw it becomes Zeek's.
func TestSettle(t *testing.T) {
	for name, tt := range map[string]struct {
		proto             string
		from, to          string
		fromPort, toPort  float64
		packets, answers  float64
		out, in           int // flags
		bytesOut, bytesIn float64
		want              map[string]any
	}{
		"a SYN that is refused": {proto: "tcp", from: "10.0.0.1", to: "10.0.0.2", fromPort: 4000, toPort: 22, packets: 1, answers: 1, out: SYN, in: RST | ACK, bytesOut: 74, bytesIn: 54,
			want: map[string]any{"conn_state": "REJ", "history": "Sr", "orig_bytes": 0.0, "resp_bytes": 0.0}},
		"a SYN alone": {proto: "tcp", from: "10.0.0.1", to: "10.0.0.2", fromPort: 4000, toPort: 22, packets: 1, out: SYN, bytesOut: 74,
			want: map[string]any{"conn_state": "S0", "history": "S", "orig_bytes": nil, "duration": nil}},
		"handshake alone": {proto: "tcp", from: "10.0.0.1", to: "10.0.0.2", fromPort: 4000, toPort: 22, packets: 2, answers: 1, out: SYN | ACK, in: SYN | ACK, bytesOut: 140, bytesIn: 74,
			want: map[string]any{"conn_state": "S1", "history": "ShA", "duration": 1.5}},
		"from the middle, the server first": {proto: "tcp", from: "10.0.0.2", to: "10.0.0.1", fromPort: 443, toPort: 4000, packets: 3, answers: 2, out: PSH | ACK, in: ACK, bytesOut: 1000, bytesIn: 132,
			want: map[string]any{"id.orig_h": "10.0.0.1", "id.resp_p": 443.0, "orig_pkts": 2.0, "conn_state": "OTH", "history": "Aad"}},
		"between two servers' ports": {proto: "udp", from: "10.0.0.2", to: "10.0.0.1", fromPort: 123, toPort: 123, packets: 1, answers: 1, bytesOut: 90, bytesIn: 90,
			want: map[string]any{"id.orig_h": "10.0.0.2", "conn_state": "SF"}},
		"from the middle, the server first, by a high port": {proto: "tcp", from: "10.0.0.2", to: "10.0.0.1", fromPort: 8080, toPort: 4000, packets: 3, answers: 2, out: PSH | ACK, in: ACK, bytesOut: 1000, bytesIn: 132,
			want: map[string]any{"id.orig_h": "10.0.0.1", "id.resp_p": 8080.0}},
		"from the middle, of two servers' ports the higher first": {proto: "tcp", from: "10.0.0.2", to: "10.0.0.1", fromPort: 443, toPort: 22, packets: 3, answers: 2, out: PSH | ACK, in: ACK, bytesOut: 1000, bytesIn: 132,
			want: map[string]any{"id.orig_h": "10.0.0.2", "id.resp_p": 22.0, "orig_pkts": 3.0}},
		"from the middle, of two servers' ports the lower first": {proto: "tcp", from: "10.0.0.2", to: "10.0.0.1", fromPort: 22, toPort: 443, packets: 3, answers: 2, out: PSH | ACK, in: ACK, bytesOut: 1000, bytesIn: 132,
			want: map[string]any{"id.orig_h": "10.0.0.1", "id.resp_p": 22.0, "orig_pkts": 2.0}},
		"to everyone": {proto: "udp", from: "10.0.0.2", to: "255.255.255.255", fromPort: 67, toPort: 4000, packets: 2, bytesOut: 700,
			want: map[string]any{"id.orig_h": "10.0.0.2", "conn_state": "S0"}},
		"of a protocol that is not taken apart": {proto: "unknown_transport", from: "10.0.0.2", to: "10.0.0.1", packets: 2, answers: 1, bytesOut: 200, bytesIn: 100,
			want: map[string]any{"conn_state": "OTH", "history": nil, "orig_bytes": 0.0, "resp_bytes": 0.0, "orig_ip_bytes": 172.0}},
		"an answer alone": {proto: "udp", from: "10.0.0.2", to: "10.0.0.1", fromPort: 53, toPort: 4000, packets: 2, bytesOut: 200,
			want: map[string]any{"id.orig_h": "10.0.0.1", "conn_state": "SHR", "history": "d", "resp_ip_bytes": 172.0}},
	} {
		t.Run(name, func(t *testing.T) {
			var r inkling.Record
			r.Reset(NewSchema("x"))
			r.Origin = inkling.Origin{File: "x", Line: 1}
			r.Text[Proto], r.Text[OrigHost], r.Text[RespHost] = []byte(tt.proto), []byte(tt.from), []byte(tt.to)
			r.Num[OrigPort], r.Num[RespPort], r.Num[OrigPkts], r.Num[RespPkts], r.Num[Duration] = tt.fromPort, tt.toPort, tt.packets, tt.answers, 1.5
			f := Frames{BytesOut: tt.bytesOut, BytesIn: tt.bytesIn, FlagsOut: tt.out, FlagsIn: tt.in}
			f.Settle(&r)
			readtest.Fields(t, &r, tt.want)
		})
	}
}

func TestICMP(t *testing.T) {
	for _, tt := range []struct {
		host       string
		typ, code  float64
		orig, resp float64
	}{
		{"10.0.0.1", 8, 0, 8, 0}, {"10.0.0.1", 0, 0, 0, 8}, {"10.0.0.1", 3, 1, 3, 1}, {"fe80::1", 128, 0, 128, 129}, {"fe80::1", 1, 4, 1, 4},
	} {
		if orig, resp := ICMP([]byte(tt.host), tt.typ, tt.code); orig != tt.orig || resp != tt.resp {
			t.Errorf("%+v: %v, %v", tt, orig, resp)
		}
	}
	if orig, resp := ICMP([]byte("10.0.0.1"), math.NaN(), 0); !math.IsNaN(orig) || !math.IsNaN(resp) {
		t.Errorf("of no type %v, %v", orig, resp)
	}
}

func TestAddress(t *testing.T) {
	for in, want := range map[string]string{"10.0.0.1": "10.0.0.1", "2001:0db8:0000:0000:0000:0000:0000:0001": "2001:db8::1", "a:b": "a:b", "": ""} {
		if got := string(Address(nil, []byte(in))); got != want {
			t.Errorf("%q is written %q, want %q", in, got, want)
		}
	}
}
