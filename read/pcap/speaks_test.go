package pcap

import (
	"testing"

	"github.com/gopacket/gopacket/layers"
)

// Redis and POP3 both answer +OK; only who speaks first tells them apart. HTTP is told by its version.
func TestWhoSpeaks(t *testing.T) {
	for _, row := range []struct {
		name  string
		talk  func(a, z side)
		wants string
	}{
		{"redis, inline", func(a, z side) {
			a.tcp("PA", 1001, 5001, "AUTH secret\r\n") // 13 bytes
			z.tcp("PA", 5001, 1014, "+OK\r\n")
		}, "redis"},
		{"pop3", func(a, z side) {
			z.tcp("PA", 5001, 1001, "+OK ready\r\n") // 11 bytes
			a.tcp("PA", 1001, 5012, "CAPA\r\n")
		}, "pop3"},
		{"a request elsewhere, not answered", func(a, z side) {
			a.tcp("PA", 1001, 5001, "GET / HTTP/1.1\r\nX: ")
		}, ""},
		{"http, a method of its own", func(a, z side) {
			a.tcp("PA", 1001, 5001, "BREW /pot HTTP/1.1\r\n") // 20 bytes
			z.tcp("PA", 5001, 1021, "HTTP/1.1 418 No\r\n")
		}, "http"},
	} {
		b := &builder{t: t}
		a, z := b.pair(40000, 6379)
		handshake(a, z)
		row.talk(a, z)
		recs, _, err := readAll(t, b.pcap(layers.LinkTypeEthernet), Options{})
		if err != nil || len(recs) != 1 || string(recs[0].Text[fService]) != row.wants {
			t.Errorf("%s: %d records, %v: %q", row.name, len(recs), err, recs[0].Text[fService])
		}
	}
}

// On a port of HTTP a request is enough, as when a slow one never gets an answer.
func TestRequestWithoutAnswer(t *testing.T) {
	b := &builder{t: t}
	a, z := b.pair(40000, 80)
	handshake(a, z)
	a.tcp("PA", 1001, 5001, "GET / HTTP/1.1\r\nX: ")
	recs, _, err := readAll(t, b.pcap(layers.LinkTypeEthernet), Options{})
	if err != nil || len(recs) != 1 || string(recs[0].Text[fService]) != "http" {
		t.Errorf("%d records, %v: %s", len(recs), err, show(&recs[0]))
	}
}

// Two ACK probes, each answered by a reset with the probe's own number: no byte
// was sent, though the numbers lie far apart.
func TestResetsAloneSendNothing(t *testing.T) {
	b := &builder{t: t}
	a, z := b.pair(40000, 66)
	a.tcp("A", 7, 1_000, "")
	z.tcp("R", 1_000, 0, "")
	a.tcp("A", 7, 700_001_000, "")
	z.tcp("R", 700_001_000, 0, "")
	recs, _, err := readAll(t, b.pcap(layers.LinkTypeEthernet), Options{})
	if err != nil || len(recs) != 1 {
		t.Fatalf("%d records, %v", len(recs), err)
	}
	if r := recs[0]; r.Num[fRespBytes] != 0 || r.Num[fOrigBytes] != 0 {
		t.Errorf("%v and %v bytes: %s", r.Num[fOrigBytes], r.Num[fRespBytes], show(&r))
	}
}
