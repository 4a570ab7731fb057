package community

import "testing"

// The specification's vectors, and of each flow the other direction.
func TestIDs(t *testing.T) {
	for _, row := range []struct {
		proto, source, destination string
		from, to                   float64
		want                       string
	}{
		{"tcp", "128.232.110.120", "66.35.250.204", 34855, 80, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
		{"tcp", "66.35.250.204", "128.232.110.120", 80, 34855, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
		{"udp", "192.168.1.52", "8.8.8.8", 54585, 53, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="},
		{"UDP", "8.8.8.8", "192.168.1.52", 53, 54585, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="},
		{"sctp", "192.168.170.8", "192.168.170.56", 7, 7, "1:MP2EtRCAUIZvTw6MxJHLV7N7JDs="},
		{"icmp", "192.168.0.89", "192.168.0.1", 8, 0, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="},
		{"icmp", "192.168.0.1", "192.168.0.89", 0, 8, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="},
		{"icmp6", "fe80::260:97ff:fe07:69ea", "ff02::1", 134, 0, "1:pkvHqCL88/tg1k4cPigmZXUtL00="},
		{"tcp", "2001:470:e5bf:dead:4957:2174:e82c:4887", "2607:f8b0:400c:c03::1a", 63943, 25, "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="},
		{"tcp", "::ffff:128.232.110.120", "66.35.250.204", 34855, 80, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
		{"tcp", "128.232.110.120", "2607::1a", 34855, 80, ""},
		{"tcp", "-", "66.35.250.204", 34855, 80, ""},
		{"gre", "128.232.110.120", "66.35.250.204", 0, 0, ""},
		{"tcp", "128.232.110.120", "66.35.250.204", -1, 80, ""},
	} {
		if got := Of(row.proto, row.source, row.destination, row.from, row.to); got != row.want {
			t.Errorf("%s %s:%v %s:%v: %q, want %q", row.proto, row.source, row.from, row.destination, row.to, got, row.want)
		}
	}
}
