package netflow

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"testing"

	"github.com/inkling-sec/inkling"
)

// traffic makes packets of about 30 flows each: web requests, half of them one way and half back, as many as n.
func traffic(version uint16, n int) (all [][]byte) {
	rng := rand.New(rand.NewPCG(7, uint64(version)))
	var flows []one
	for i := 0; i < n; i += 2 {
		start := epoch + uint64(i)*50_000/uint64(n)
		out := one{src: fmt.Sprintf("10.%d.%d.%d", rng.IntN(4), rng.IntN(256), rng.IntN(256)), dst: fmt.Sprintf("192.0.2.%d", rng.IntN(256)), sp: uint16(rng.UintN(1 << 16)), dp: 443,
			proto: tcp, flags: 0x1b, packets: 1 + rng.Uint64N(100), bytes: 5000, start: start, end: start + rng.Uint64N(5000), reason: 3}
		in := out
		in.src, in.dst, in.sp, in.dp = out.dst, out.src, out.dp, out.sp
		flows = append(flows, out, in)
	}
	switch version {
	case 9:
		all = append(all, v9Of(0, 1, templateOf(9, 256, usual)))
	case 10:
		all = append(all, ipfixOf(0, 1, templateOf(10, 256, modern4)))
	}
	for i := 0; i < n; i += 30 {
		some := flows[i:min(i+30, n)]
		switch version {
		case 5:
			all = append(all, v5Of(uint64(i), some...))
		case 9:
			all = append(all, v9Of(uint64(len(all)), 1, dataOf(256, usual, some...)))
		case 10:
			all = append(all, ipfixOf(uint64(i), 1, dataOf(256, modern4, some...)))
		}
	}
	return all
}

// BenchmarkRead decodes flows, joins them and lays records out, which are half as many.
func BenchmarkRead(b *testing.B) {
	for _, version := range []uint16{5, 9, 10} {
		b.Run(fmt.Sprintf("v%d", version), func(b *testing.B) {
			const flows = 100_000
			file := bytes.Join(traffic(version, flows), nil)
			if path := os.Getenv("INKLING_EXPORTS"); path != "" { // for other programs to read
				if err := os.WriteFile(fmt.Sprintf("%s.v%d", path, version), file, 0o644); err != nil {
					b.Fatal(err)
				}
			}
			var rec inkling.Record
			b.SetBytes(int64(len(file)))
			b.ReportAllocs()
			for b.Loop() {
				r, err := openFile(bytes.NewReader(file), "x")
				if err != nil {
					b.Fatal(err)
				}
				n := 0
				for err = r.Read(&rec); err == nil; err = r.Read(&rec) {
					n++
				}
				if err != io.EOF || n < flows*49/100 {
					b.Fatal(n, err)
				}
			}
			b.ReportMetric(float64(b.N)*flows/b.Elapsed().Seconds(), "flows/s")
		})
	}
}

// BenchmarkDecode decodes flows alone.
func BenchmarkDecode(b *testing.B) {
	for _, version := range []uint16{5, 9, 10} {
		b.Run(fmt.Sprintf("v%d", version), func(b *testing.B) {
			all := traffic(version, 3000)
			n := 0
			d := newDecoder("x", func(*flow) { n++ })
			b.ReportAllocs()
			for b.Loop() {
				for _, p := range all {
					d.packet(p, netip.Addr{}, 0)
				}
			}
			if len(d.bad) > 0 {
				b.Fatal(d.bad[0])
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "flows/s")
		})
	}
}
