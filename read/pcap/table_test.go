package pcap

import (
	"testing"
	"time"

	"github.com/gopacket/gopacket/layers"

	"github.com/inkling-sec/inkling"
)

func TestTimesAndNames(t *testing.T) {
	b := &builder{t: t}
	a, z := b.pair(40000, 53)
	a.udp(dnsQuery)
	b.wait(123457 * time.Microsecond)
	z.udp(dnsReply)
	recs, _, err := readAll(t, b.pcapng(), Options{})
	if err != nil || len(recs) != 1 {
		t.Fatal(len(recs), err)
	}
	r := &recs[0]
	if r.Num[fTS] != 1_700_000_000 || r.Num[fDuration] != 0.123457 {
		t.Errorf("ts %v duration %v", r.Num[fTS], r.Num[fDuration])
	}
	if string(r.Text[fLocalOrig]) != "T" || string(r.Text[fLocalResp]) != "F" {
		t.Errorf("local_orig %s, local_resp %s: 10.0.0.1 is private, 93.184.216.34 is not", r.Text[fLocalOrig], r.Text[fLocalResp])
	}
	again, _, _ := readAll(t, b.pcap(layers.LinkTypeEthernet), Options{})
	if uid := string(r.Text[fUID]); len(uid) != 17 || uid[0] != 'C' || uid != string(again[0].Text[fUID]) {
		t.Errorf("uid %q is not the same name in pcap and pcapng: %q", uid, again[0].Text[fUID])
	}
	if r.Origin != (inkling.Origin{File: "sample", Line: 1}) {
		t.Errorf("origin %v", r.Origin)
	}
}

func TestEviction(t *testing.T) {
	b := &builder{t: t}
	for i := range uint16(10) {
		a, _ := b.pair(40000+i, 9999)
		a.udp("x")
	}
	recs, stats, err := readAll(t, b.pcap(layers.LinkTypeEthernet), Options{MaxFlows: 4})
	if err != nil || len(recs) != 10 || stats.Evicted != 6 || stats.Flows != 10 {
		t.Fatalf("%d flows, %+v, %v", len(recs), stats, err)
	}
	for i, r := range recs {
		if r.Num[fOrigP] != float64(40000+i) || r.Origin.Line != i+1 {
			t.Errorf("flow %d is from port %v, line %d: the oldest goes first", i, r.Num[fOrigP], r.Origin.Line)
		}
	}
}

func TestOrder(t *testing.T) {
	b := &builder{t: t}
	long, _ := b.pair(1, 9999)
	long.udp("x")
	short, z := b.pair(2, 53)
	short.udp(dnsQuery)
	z.udp(dnsReply)
	b.wait(30 * time.Second) // DNS is over, the other flow is not
	long.udp("y")
	recs, _, err := readAll(t, b.pcap(layers.LinkTypeEthernet), Options{})
	if err != nil || len(recs) != 2 || recs[0].Num[fOrigP] != 2 || recs[1].Num[fOrigP] != 1 {
		t.Fatalf("flows do not come in order of their end: %v %v", recs, err)
	}
}

// One packet with a damaged time does not make a flow of each packet that follows; a flow is cut where that packet stands.
func TestDamagedTime(t *testing.T) {
	for name, by := range map[string]time.Duration{"years ahead": 1e5 * time.Hour, "years behind": -1e5 * time.Hour} {
		b := &builder{t: t}
		a, z := b.pair(40000, 9999)
		other, _ := b.pair(40001, 9999)
		for i := range 100 {
			if i == 50 {
				b.wait(by)
				other.udp("damaged")
				b.wait(-by)
			}
			b.wait(time.Second)
			a.udp("x")
			z.udp("y")
		}
		recs, stats, err := readAll(t, b.pcap(layers.LinkTypeEthernet), Options{})
		if err != nil || len(recs) > 4 || stats.Packets != 201 {
			t.Errorf("%s: %d flows of %d packets, %v", name, len(recs), stats.Packets, err)
		}
		packets := 0.0
		for _, r := range recs {
			packets += r.Num[fOrigPkts] + r.Num[fRespPkts]
		}
		if packets != 201 {
			t.Errorf("%s: %v packets in flows, 201 were captured", name, packets)
		}
	}
}
