package conn

import "testing"

func TestStateOfFlags(t *testing.T) {
	for _, tt := range []struct {
		out, in int
		answers float64
		want    string
	}{
		{SYN | ACK | FIN, SYN | ACK | FIN, 3, "SF"},
		{SYN | ACK, SYN | ACK, 3, "S1"},
		{SYN, 0, 0, "S0"},
		{SYN, RST | ACK, 1, "REJ"},
		{SYN | RST, 0, 0, "RSTOS0"},
		{SYN | FIN, 0, 0, "SH"},
		{SYN | ACK | PSH, 0, 0, "OTH"}, // there were answers, that nobody saw
		{SYN, ACK, 1, "OTH"},
		{ACK, ACK, 1, "OTH"}, // and from here on the beginning is missing
		{ACK | FIN, ACK | FIN, 1, "SF"},
		{ACK | FIN, ACK, 1, "SH"},
		{0, SYN | ACK | FIN, 1, "SHR"},
		{0, RST, 1, "RSTRH"},
		{ACK | FIN, RST, 1, "RSTR"},
		{RST | ACK, ACK, 1, "OTH"},
		{SYN | ACK | RST, SYN | ACK, 1, "RSTO"},
		{SYN | ACK, SYN | ACK | RST, 1, "RSTR"},
		{SYN | ACK | FIN, SYN | ACK, 1, "S2"},
		{SYN | ACK, SYN | ACK | FIN, 1, "S3"},
	} {
		if got := string(tcpState(tt.out, tt.in, tt.answers)); got != tt.want {
			t.Errorf("%#x, %#x: %s, want %s", tt.out, tt.in, got, tt.want)
		}
	}
}

func TestSizes(t *testing.T) {
	for _, tt := range []struct{ bytes, packets, link, header, ip, payload float64 }{
		{1660, 10, ethernet, ipv4 + tcpHeader, 1520, 1000},
		{1520, 10, 0, ipv4 + tcpHeader, 1520, 1000},
		{20, 1, ethernet, ipv4 + udpHeader, 20, 0}, // less than its headers: taken as it is
	} {
		if ip, payload := sizes(tt.bytes, tt.packets, tt.link, tt.header); ip != tt.ip || payload != tt.payload {
			t.Errorf("%+v: %v, %v", tt, ip, payload)
		}
	}
}
