package pcap

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/gopacket/gopacket/layers"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/readtest"
)

func readAll(t testing.TB, file []byte, o Options) (recs []inkling.Record, stats Stats, err error) {
	t.Helper()
	r, err := NewReader(bytes.NewReader(file), "sample", o)
	if err != nil {
		return nil, Stats{}, err
	}
	var rec inkling.Record
	for {
		if err = r.Read(&rec); err == io.EOF {
			return recs, r.Stats(), nil
		} else if err != nil {
			return recs, r.Stats(), err
		}
		recs = append(recs, rec.Clone())
	}
}

// show writes what a test compares: endpoints, protocol, service, bytes, state,
// missed bytes, history, packets and IP bytes. A dash is missing.
func show(r *inkling.Record) string {
	var s []string
	for _, i := range []int{fOrigH, fOrigP, fRespH, fRespP, fProto, fService, fOrigBytes, fRespBytes, fState, fMissed, fHistory, fOrigPkts, fOrigIP, fRespPkts, fRespIP} {
		switch {
		case Schema.Fields[i].Kind != inkling.Text && math.IsNaN(r.Num[i]), Schema.Fields[i].Kind == inkling.Text && r.Text[i] == nil:
			s = append(s, "-")
		case Schema.Fields[i].Kind != inkling.Text:
			s = append(s, fmt.Sprint(r.Num[i]))
		default:
			s = append(s, string(r.Text[i]))
		}
	}
	return strings.Join(s, " ")
}

func TestCut(t *testing.T) {
	b := &builder{t: t}
	a, z := b.pair(40000, 53)
	a.udp(dnsQuery)
	z.udp(dnsReply)
	for form, file := range map[string][]byte{"pcap": b.pcap(layers.LinkTypeEthernet), "pcapng": b.pcapng()} {
		for _, drop := range []int{1, 10, 20} {
			recs, _, err := readAll(t, file[:len(file)-drop], Options{})
			var e *inkling.Error
			if !errors.As(err, &e) || e.Place != "sample: packet 2" || !strings.Contains(e.What, "truncated") || e.Skippable {
				t.Errorf("%s less %d bytes: error %v", form, drop, err)
			}
			if len(recs) != 1 || recs[0].Num[fOrigPkts] != 1 {
				t.Errorf("%s less %d bytes: %d flows", form, drop, len(recs))
			}
		}
	}
}

func TestDamagedPackets(t *testing.T) {
	b := &builder{t: t}
	a, _ := b.pair(40000, 81)
	a.tcp("S", 1000, 0, "")
	good := bytes.Clone(b.packets[0].data)
	for n := range good {
		b.raw(good[:n]) // every length of a packet that its IP header calls longer
	}
	b.raw([]byte("abcdefghijkl\x08\x06arp"))
	_, stats, err := readAll(t, b.pcap(layers.LinkTypeEthernet), Options{})
	if err != nil || stats.Packets != uint64(len(good)+2) || stats.NotIP != 1 || stats.Malformed == 0 {
		t.Fatalf("%+v, %v", stats, err)
	}
}

// sample is a small capture with several kinds of flow.
func sample(t testing.TB) *builder {
	b := &builder{t: t}
	a, z := b.pair(40000, 80)
	handshake(a, z)
	a.tcp("PA", 1001, 5001, "GET / HTTP/1.1\r\n\r\n")
	z.tcp("FPA", 5001, 1019, "HTTP/1.1 200 OK\r\n\r\n")
	a.tcp("FA", 1019, 5021, "")
	c, y := b.pair6(5353, 53)
	c.udp(dnsQuery)
	y.udp(dnsReply)
	p, _ := b.pair(0, 0)
	p.icmp(8, 0, "ping")
	return b
}

func open(r io.Reader, file string) (inkling.Reader, error) { return NewReader(r, file, Options{}) }

func TestBattery(t *testing.T) {
	t.Run("pcap", func(t *testing.T) { readtest.Check(t, open, sample(t).pcap(layers.LinkTypeEthernet)) })
	t.Run("pcapng", func(t *testing.T) { readtest.Check(t, open, sample(t).pcapng()) })
}

func FuzzRead(f *testing.F) {
	f.Add(sample(f).pcap(layers.LinkTypeEthernet))
	f.Add(sample(f).pcapng())
	b := &builder{t: f}
	for _, p := range sample(f).packets { // within a tunnel
		a, _ := b.pair(5, portVXLAN)
		a.udp("\x08\x00\x00\x00\x00\x00\x07\x00" + string(p.data))
	}
	f.Add(b.pcap(layers.LinkTypeEthernet))
	f.Fuzz(func(t *testing.T, b []byte) { readtest.Drain(t, open, b) })
}

// A packet costs no memory: many of one flow no more than few.
func TestNoAllocationAPacket(t *testing.T) {
	b := &builder{t: t}
	a, _ := b.pair(40000, 9999)
	for range 2000 {
		a.udp("x")
	}
	for form, file := range map[string][]byte{"pcap": b.pcap(layers.LinkTypeEthernet), "pcapng": b.pcapng()} {
		got := testing.AllocsPerRun(3, func() {
			if _, _, err := readAll(t, file, Options{}); err != nil {
				t.Fatal(err)
			}
		})
		if got > 200 {
			t.Errorf("%s: %v allocations for %d packets", form, got, len(b.packets))
		}
	}
}

func BenchmarkRead(b *testing.B) {
	build := &builder{t: b}
	for i := range 200 {
		a, z := build.pair(uint16(20000+i), 80)
		handshake(a, z)
		for j := range uint32(20) {
			z.tcp("PA", 5001+j*1000, 1001, strings.Repeat("x", 1000))
			a.tcp("A", 1001, 5001+(j+1)*1000, "")
		}
	}
	file := build.pcap(layers.LinkTypeEthernet)
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	var rec inkling.Record
	for b.Loop() {
		r, err := NewReader(bytes.NewReader(file), "bench", Options{})
		if err != nil {
			b.Fatal(err)
		}
		for err == nil {
			err = r.Read(&rec)
		}
	}
	b.ReportMetric(float64(len(build.packets))*float64(b.N)/b.Elapsed().Seconds(), "packets/s")
}
