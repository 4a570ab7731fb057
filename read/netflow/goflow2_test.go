package netflow

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"testing"

	peer "github.com/netsampler/goflow2/v2/decoders/netflow"
	"github.com/netsampler/goflow2/v2/decoders/netflowlegacy"
)

// seen is what both decoders must agree on.
type seen struct {
	src, dst       string
	sp, dp         uint16
	proto, flags   uint8
	packets, bytes uint64
	start, end     int64 // milliseconds
}

// ours decodes packets with the decoder of this package.
func ours(t *testing.T, all ...[]byte) (out []seen) {
	d := newDecoder("x", func(f *flow) {
		a, b := netip.AddrFrom16(f.src), netip.AddrFrom16(f.dst)
		if !f.v6 {
			a, b = netip.AddrFrom4([4]byte(f.src[:4])), netip.AddrFrom4([4]byte(f.dst[:4]))
		}
		w := f.ways[0]
		out = append(out, seen{a.String(), b.String(), f.sp, f.dp, f.proto, w.flags, w.packets, w.bytes, w.start / 1000, w.end / 1000})
	})
	for _, b := range all {
		if d.packet(b, netip.Addr{}, 0); len(d.bad) > 0 {
			t.Fatal(d.bad)
		}
	}
	return out
}

// theirs decodes packets of v9 or IPFIX with goflow2.
func theirs(t *testing.T, all ...[]byte) (out []seen) {
	known := peer.CreateTemplateSystem()
	for _, b := range all {
		var v9 peer.NFv9Packet
		var ipfix peer.IPFIXPacket
		if err := peer.DecodeMessageVersion(bytes.NewBuffer(b), known, &v9, &ipfix); err != nil {
			t.Fatal(err)
		}
		for _, s := range append(v9.FlowSets, ipfix.FlowSets...) {
			if data, ok := s.(peer.DataFlowSet); ok {
				for _, r := range data.Records {
					out = append(out, seenBy(r.Values))
				}
			}
		}
	}
	return out
}

func seenBy(values []peer.DataField) (s seen) {
	for _, v := range slices.Backward(values) { // of several the first
		b, ok := v.Value.([]byte)
		if !ok || v.PenProvided {
			continue
		}
		n := uint64(0)
		for _, c := range b {
			n = n<<8 | uint64(c)
		}
		switch v.Type {
		case 8, 27:
			a, _ := netip.AddrFromSlice(b)
			s.src = a.String()
		case 12, 28:
			a, _ := netip.AddrFromSlice(b)
			s.dst = a.String()
		case 7:
			s.sp = uint16(n)
		case 11:
			s.dp = uint16(n)
		case 4:
			s.proto = uint8(n)
		case 6:
			s.flags = uint8(n)
		case 1:
			s.bytes = n
		case 2:
			s.packets = n
		case 22:
			s.start = sent - uptime + int64(n)
		case 21:
			s.end = sent - uptime + int64(n)
		case 152:
			s.start = int64(n)
		case 153:
			s.end = int64(n)
		}
	}
	return s
}

// random makes a flow, of IPv6 or not.
func random(rng *rand.Rand, v6 bool) one {
	addr := func() string {
		var b [16]byte
		binary.BigEndian.PutUint64(b[:], rng.Uint64())
		binary.BigEndian.PutUint64(b[8:], rng.Uint64())
		if v6 {
			return netip.AddrFrom16(b).String()
		}
		return netip.AddrFrom4([4]byte(b[:4])).String()
	}
	start := epoch + rng.Uint64N(50_000)
	return one{src: addr(), dst: addr(), sp: uint16(rng.Uint32()), dp: uint16(rng.Uint32()), proto: []uint8{tcp, udp, 47, 255}[rng.IntN(4)], flags: uint8(rng.Uint32()) & 0x3f,
		packets: rng.Uint64N(1 << 20), bytes: rng.Uint64N(1 << 30), start: start, end: start + rng.Uint64N(5_000)}
}

// TestAgainstGoflow2 has both decode the same random templates, of the fields above in any order, width and company.
func TestAgainstGoflow2(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 1))
		v6, version := rng.IntN(2) == 0, []uint16{9, 10}[rng.IntN(2)]
		fields := slices.Clone(usual)
		if version == 10 {
			fields = slices.Clone(modern4)
		}
		if v6 {
			fields[0], fields[1] = modern[0], modern[1]
		}
		for range rng.IntN(8) { // what nobody reads
			f := field{id: 200 + uint16(rng.IntN(20)), length: uint16(rng.IntN(40))}
			if version == 10 && rng.IntN(2) == 0 {
				f.enterprise = 1 + rng.Uint32N(1000)
			}
			if version == 10 && rng.IntN(4) == 0 {
				f.length = varies
			}
			fields = append(fields, f)
		}
		rng.Shuffle(len(fields), func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
		var flows []one
		for range 1 + rng.IntN(20) {
			flows = append(flows, random(rng, v6))
		}
		sets := [][]byte{templateOf(version, 256, fields), dataOf(256, fields, flows...)}
		b := v9Of(0, seed, sets...)
		if version == 10 {
			b = ipfixOf(0, seed, sets...)
		}
		a, z := ours(t, b), theirs(t, b)
		if !reflect.DeepEqual(a, z) || len(a) != len(flows) {
			t.Fatalf("seed %d, version %d, fields %v:\n%v\nhere, by goflow2\n%v", seed, version, fields, a, z)
		}
	}
}

func TestAgainstGoflow2v5(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	var flows []one
	for range 30 {
		flows = append(flows, random(rng, false))
	}
	b := v5Of(0, flows...)
	var p netflowlegacy.PacketNetFlowV5
	if err := netflowlegacy.DecodeMessageVersion(bytes.NewBuffer(b), &p); err != nil {
		t.Fatal(err)
	}
	var z []seen
	for _, r := range p.Records {
		addr := func(a netflowlegacy.IPAddress) string {
			return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, uint32(a)))).String()
		}
		z = append(z, seen{addr(r.SrcAddr), addr(r.DstAddr), r.SrcPort, r.DstPort, r.Proto, r.TCPFlags, uint64(r.DPkts), uint64(r.DOctets),
			int64(p.UnixSecs)*1000 - int64(p.SysUptime) + int64(r.First), int64(p.UnixSecs)*1000 - int64(p.SysUptime) + int64(r.Last)})
	}
	if a := ours(t, b); !reflect.DeepEqual(a, z) {
		t.Fatalf("%v\nhere, by goflow2\n%v", a, z)
	}
}
