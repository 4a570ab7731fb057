package feature

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling"
)

var update = flag.Bool("update", false, "write the golden files anew")

// connSchema is the flow contract's need and one field more.
var connSchema = &inkling.Schema{Name: "zeek.conn", Fields: []inkling.Field{
	{Name: "ts", Kind: inkling.Time}, {Name: "uid"},
	{Name: "id.orig_h"}, {Name: "id.orig_p", Kind: inkling.Number}, {Name: "id.resp_h"}, {Name: "id.resp_p", Kind: inkling.Number},
	{Name: "proto"}, {Name: "service"}, {Name: "duration", Kind: inkling.Number},
	{Name: "orig_bytes", Kind: inkling.Number}, {Name: "resp_bytes", Kind: inkling.Number}, {Name: "conn_state"},
	{Name: "missed_bytes", Kind: inkling.Number}, {Name: "history"},
	{Name: "orig_pkts", Kind: inkling.Number}, {Name: "orig_ip_bytes", Kind: inkling.Number},
	{Name: "resp_pkts", Kind: inkling.Number}, {Name: "resp_ip_bytes", Kind: inkling.Number},
}}

// conn makes a record from a line of conn.log; fields in the order of connSchema.
func conn(t testing.TB, line string) inkling.Record {
	t.Helper()
	var r inkling.Record
	r.Reset(connSchema)
	r.Origin = inkling.Origin{File: "conn.log", Line: 1}
	words := strings.Fields(line)
	if len(words) != len(connSchema.Fields) {
		t.Fatalf("%d fields in %q, not %d", len(words), line, len(connSchema.Fields))
	}
	for i, w := range words {
		if w == "-" {
			continue
		}
		if connSchema.Fields[i].Kind == inkling.Text {
			r.Text[i] = []byte(w)
			continue
		}
		v, err := strconv.ParseFloat(w, 64)
		if err != nil {
			t.Fatal(err)
		}
		r.Num[i] = v
	}
	return r
}

// probe is a refused or answered small TCP flow.
func probe(t testing.TB, ts float64, from, to string, port int, state string) inkling.Record {
	return conn(t, fmt.Sprintf("%f C1 %s 40000 %s %d tcp - 0.01 0 0 %s 0 Sr 1 44 1 40", ts, from, to, port, state))
}

func extract(t testing.TB, x Extractor, r *inkling.Record) []float64 {
	t.Helper()
	dst := make([]float64, len(x.Contract().Features))
	if err := x.Extract(dst, r); err != nil {
		t.Fatal(err)
	}
	return dst
}

// value gives a feature of the flow contract by name.
func value(t testing.TB, row []float64, name string) float64 {
	t.Helper()
	i := Flow().Index(name)
	if i < 0 {
		t.Fatalf("no feature %s", name)
	}
	return row[i]
}

// ts uid orig_h orig_p resp_h resp_p proto service duration orig_bytes resp_bytes state missed history opkts oip rpkts rip
var goldenConns = []string{
	"100.0 C1 10.0.0.1 50001 10.0.0.9 80 tcp http 0.5 300 5000 SF 0 ShADadFf 8 700 9 5400",
	"101.0 C2 10.0.0.1 50002 10.0.0.53 53 udp dns 0.02 40 120 SF 0 Dd 1 68 1 148",
	"102.0 C3 10.0.0.1 50003 10.0.0.9 443 tcp ssl 12 900 40000 S1 0 ShADad 20 2000 40 42000",
	"103.0 C4 10.0.0.2 50004 10.0.0.9 22 tcp ssh 3 2000 2500 SF 0 ShAdDaFf 20 3000 22 3700",
	"104.0 C5 10.0.0.3 50005 10.0.0.9 23 tcp - - - - S0 0 S 1 44 0 0",
	"104.1 C6 10.0.0.3 50005 10.0.0.9 3389 tcp - 0.001 0 0 REJ 0 Sr 1 44 1 40",
	"104.2 C7 10.0.0.3 8 10.0.0.9 0 icmp - 1 56 56 OTH 0 - 1 84 1 84",
	"110.0 C8 fe80::1 50006 fe80::2 49999 tcp ntlm,krb_tcp 0 10 0 RSTO 5 ShADTTTTCR 9 500 4 200",
	"100.0 C9 10.0.0.1 50007 10.0.0.9 80 tcp http 0.5 300 5000 SF 0 ShADadFf 8 700 9 5400",
	"160.0 C10 10.0.0.1 50008 10.0.0.9 80 tcp http 0.5 310 5100 SF 0 ShADadFf 8 710 9 5500",
	"1500.0 C11 10.0.0.1 50009 10.0.0.9 80 tcp http 0.5 300 5000 SF 0 ShADadFf 8 700 9 5400",
	"1501.0 C12 10.0.0.4 50010 10.0.0.9 60000 sctp weird - - - OTH 0 - 1 52 0 0",
}

func TestFlowGolden(t *testing.T) {
	x := NewFlow(FlowOptions{})
	var got []map[string]any
	for _, line := range goldenConns {
		r := conn(t, line)
		row := extract(t, x, &r)
		m := map[string]any{}
		for i, f := range Flow().Features {
			v := x.Contract().Value(i, row[i])
			if n, ok := v.(float64); ok {
				v = float64(float32(n)) // other machines may differ in the last digits
			}
			m[f.Name] = v
		}
		got = append(got, m)
	}
	golden(t, "flow.json", got)
}

// golden compares got, written as JSON, with a file of testdata; numbers may
// differ by a millionth.
func golden(t *testing.T, name string, got []map[string]any) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		b, err := json.MarshalIndent(got, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, append(b, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var want []map[string]any
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	if len(want) != len(got) {
		t.Fatalf("%d rows, want %d", len(got), len(want))
	}
	for i := range want {
		if len(want[i]) != len(got[i]) {
			t.Errorf("row %d: %d features, want %d", i, len(got[i]), len(want[i]))
		}
		for k, w := range want[i] {
			g := got[i][k]
			a, ok := g.(float64)
			b, also := w.(float64)
			if ok && also && math.Abs(a-b) <= 1e-6*max(1, math.Abs(b)) {
				continue
			}
			if g != w {
				t.Errorf("row %d: %s is %v, want %v", i, k, g, w)
			}
		}
	}
}

// The hash is in every stored detector: when it changes, version has to change too.
func TestFlowHashIsFrozen(t *testing.T) {
	const version, want = 1, "5591a90e343d7739d1bde673a8a0a380ac095b5ffeeb6f6cd843ed267c84c371"
	if Flow().Version != version || Flow().Hash() != want {
		t.Errorf("version %d, hash %s; want %d, %s", Flow().Version, Flow().Hash(), version, want)
	}
	if err := Flow().Check(); err != nil {
		t.Error(err)
	}
}

func TestFlowByHand(t *testing.T) {
	x := NewFlow(FlowOptions{})
	first := conn(t, goldenConns[0])
	row := extract(t, x, &first)
	for _, c := range []struct {
		name string
		want float64
	}{
		{"duration", 0.5}, {"orig.bytes", 300}, {"resp.pkts", 9}, {"orig.mean_pkt", 700.0 / 8}, {"resp.mean_pkt", 600},
		{"asymmetry", 100 * (700.0 - 5400) / 6100}, {"bytes_rate", 12200}, {"pkts_rate", 34},
		{"history.S", 1}, {"history.h", 1}, {"history.F", 1}, {"history.f", 1}, {"history.R", 0},
		{"src.flows_10s", 1}, {"src.failed_2m", 0}, {"src.orig_bytes_2m", 300}, {"pair.resp_bytes_20m", 5000},
		{"pair_port.gap", math.NaN()}, {"pair_port.gap_cv", math.NaN()}, {"pair_port.size_change", math.NaN()},
	} {
		if got := value(t, row, c.name); !same(got, c.want) {
			t.Errorf("%s is %v, want %v", c.name, got, c.want)
		}
	}
	for name, want := range map[string]string{"proto": "tcp", "service": "http", "conn_state": "SF", "port": "http", "duration": "0.5 s", "pair_port.gap": "missing"} {
		i := Flow().Index(name)
		if got := Flow().Format(i, row[i]); got != want {
			t.Errorf("%s is written %q, want %q", name, got, want)
		}
	}
	// Ten seconds after the first one's end, one half-life: 1/2 + 1. At two minutes: 2^(-1/12) + 1.
	second := conn(t, strings.Replace(goldenConns[0], "100.0 ", "110.0 ", 1))
	row = extract(t, x, &second)
	for name, want := range map[string]float64{
		"src.flows_10s": 1.5, "dst.flows_10s": 1.5, "pair_port.flows_10s": 1.5, "src.flows_2m": 1 + math.Exp2(-1.0/12),
		"pair.flows_20m": 1 + math.Exp2(-1.0/120), "pair_port.gap": 10, "pair_port.gap_mean": 10, "pair_port.size_change": 0, "pair_port.size_cv": 0,
	} {
		if got := value(t, row, name); math.Abs(got-want) > 1e-9 {
			t.Errorf("second flow: %s is %v, want %v", name, got, want)
		}
	}
}

func same(a, b float64) bool {
	return a == b || math.Abs(a-b) < 1e-9 || math.IsNaN(a) && math.IsNaN(b)
}

func TestScanIsCounted(t *testing.T) {
	for _, n := range []int{5, 20, 50, 200} {
		x := NewFlow(FlowOptions{})
		var row []float64
		for i := range n {
			r := probe(t, 1000+0.01*float64(i), "10.0.0.3", "10.0.0.9", 1000+7*i, "REJ")
			row = extract(t, x, &r)
		}
		for _, name := range []string{"src.ports_2m", "src.ports_20m", "dst.ports_2m", "pair.ports_2m"} {
			if got := value(t, row, name); math.Abs(got-float64(n)) > 0.15*float64(n) {
				t.Errorf("%d ports: %s is %.1f", n, name, got)
			}
		}
		if got := value(t, row, "src.failed_2m"); !same(got, 100) {
			t.Errorf("failed share %v, want 100", got)
		}
		if got := value(t, row, "src.hosts_2m"); math.Abs(got-1) > 0.05 {
			t.Errorf("%d ports of one host: src.hosts_2m is %v", n, got)
		}
	}
}

// Mean over many disjoint sweeps: the estimate has no bias worth the name.
func TestHostsEstimateIsUnbiased(t *testing.T) {
	var sum float64
	const sweeps, hosts = 40, 50
	for s := range sweeps {
		x := NewFlow(FlowOptions{})
		var row []float64
		for i := range hosts {
			r := probe(t, 1000+0.01*float64(i), "10.9.9.9", fmt.Sprintf("10.%d.0.%d", s, i), 445, "S0")
			row = extract(t, x, &r)
		}
		sum += value(t, row, "src.hosts_2m")
	}
	if mean := sum / sweeps; math.Abs(mean-hosts) > 2 {
		t.Errorf("mean estimate of %d hosts is %.2f", hosts, mean)
	}
}

// Twenty ports, then one port again and again: after two half-lives about five are left.
func TestPortsFade(t *testing.T) {
	x := NewFlow(FlowOptions{})
	var row []float64
	for i := range 20 {
		r := probe(t, 1.7e9, "10.0.0.3", "10.0.0.9", 1000+i, "REJ")
		row = extract(t, x, &r)
	}
	start := value(t, row, "src.ports_2m")
	for s := 1; s <= 240; s++ {
		r := probe(t, 1.7e9+float64(s), "10.0.0.3", "10.0.0.9", 1000, "REJ")
		row = extract(t, x, &r)
	}
	got, want := value(t, row, "src.ports_2m"), 1+(start-1)/4
	if math.Abs(got-want) > 0.5 {
		t.Errorf("ports after two half-lives: %.2f, want about %.2f", got, want)
	}
}

func TestBeaconIsRegular(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	beacon, person := NewFlow(FlowOptions{}), NewFlow(FlowOptions{})
	var b, p []float64
	ts := 0.0
	for i := range 60 {
		r := probe(t, 1000+10*float64(i), "10.0.0.5", "192.0.2.1", 443, "SF")
		b = extract(t, beacon, &r)
		ts += 10 * rng.ExpFloat64()
		r = probe(t, 1000+ts, "10.0.0.5", "192.0.2.1", 443, "SF")
		r.Num[connSchema.Index("orig_ip_bytes")] = 100 + 5000*rng.Float64()
		p = extract(t, person, &r)
	}
	if cv, mean := value(t, b, "pair_port.gap_cv"), value(t, b, "pair_port.gap_mean"); cv > 0.01 || math.Abs(mean-10) > 1e-6 {
		t.Errorf("beacon of 10 s: gap_cv %v %%, gap_mean %v s", cv, mean)
	}
	if size, change := value(t, b, "pair_port.size_cv"), value(t, b, "pair_port.size_change"); size > 1e-6 || change > 1e-6 {
		t.Errorf("beacon: size_cv %v %%, size_change %v %%", size, change)
	}
	if cv := value(t, p, "pair_port.gap_cv"); cv < 50 || cv > 150 { // exponential gaps: 100 %
		t.Errorf("random gaps: gap_cv %v %%", cv)
	}
}

// A log is in order of ends, so starts may run back: a gap is since the latest start.
func TestGapsOfOverlappingFlows(t *testing.T) {
	x := NewFlow(FlowOptions{})
	for i, c := range []struct{ ts, gap float64 }{{100, math.NaN()}, {90, 0}, {105, 5}} {
		r := probe(t, c.ts, "10.0.0.1", "10.0.0.2", 80, "SF")
		if got := value(t, extract(t, x, &r), "pair_port.gap"); !same(got, c.gap) {
			t.Errorf("flow %d: gap %v, want %v", i, got, c.gap)
		}
	}
}

func TestFlowFailures(t *testing.T) {
	x := NewFlow(FlowOptions{})
	dst := make([]float64, len(Flow().Features))
	var r inkling.Record
	r.Reset(&inkling.Schema{Name: "table", Fields: []inkling.Field{{Name: "ts", Kind: inkling.Time}}})
	err := x.Extract(dst, &r)
	var e *inkling.Error
	if !errors.As(err, &e) || e.Code != inkling.Invalid || !strings.Contains(err.Error(), "id.orig_h") || strings.Contains(err.Error(), " ts,") || e.Remedy == "" {
		t.Errorf("schema without fields: %v", err)
	}
	text := &inkling.Schema{Name: "zeek.conn", Fields: slices.Clone(connSchema.Fields)}
	text.Fields[connSchema.Index("duration")].Kind = inkling.Text
	r.Reset(text)
	if err := x.Extract(dst, &r); inkling.CodeOf(err) != inkling.Invalid || err == nil {
		t.Errorf("duration as text: %v", err)
	}
	for _, ts := range []float64{math.NaN(), math.Inf(1), -1, 1e18} {
		r = conn(t, goldenConns[0])
		r.Num[0] = ts
		if err := x.Extract(dst, &r); err == nil || !inkling.Skippable(err) || !strings.Contains(err.Error(), "conn.log:1") {
			t.Errorf("ts %v: %v", ts, err)
		}
	}
	r = conn(t, goldenConns[0])
	if row := extract(t, x, &r); value(t, row, "src.flows_20m") != 1 {
		t.Error("a refused record left a trace")
	}
}

func TestFlowMemoryIsBounded(t *testing.T) {
	const keys = 50
	x := NewFlow(FlowOptions{Keys: keys})
	always := probe(t, 0, "10.0.0.1", "10.0.0.2", 80, "SF")
	for i := range 1000 {
		r := probe(t, float64(i), fmt.Sprintf("10.1.%d.%d", i/250, i%250), fmt.Sprintf("10.2.%d.%d", i/250, i%250), 80, "SF")
		extract(t, x, &r)
		always.Num[0] = float64(i)
		extract(t, x, &always)
	}
	for name, n := range map[string]int{
		"sources": x.sources.index.n, "destinations": x.destinations.index.n, "pairs": x.pairs.index.n, "services": x.services.index.n,
		"source nodes": x.sources.used,
	} {
		if n != keys {
			t.Errorf("%d %s, want %d", n, name, keys)
		}
	}
	if got, want := x.Evictions(), uint64(4*(1001-keys)); got != want {
		t.Errorf("%d evictions, want %d", got, want)
	}
	if row := extract(t, x, &always); value(t, row, "src.flows_20m") < 500 {
		t.Error("the key seen all the time was put out")
	}
	seen := 0
	for _, part := range x.sources.part {
		for i := part.newest; i >= 0; i = x.sources.links[i].older {
			seen++
		}
	}
	if seen != keys {
		t.Errorf("list of %d, want %d", seen, keys)
	}
}

// A beacon with a regular past is seen as one, to the bit, while two million sources that come once each flood the
// tables between its calls; and that there was no room is told.
func TestFloodDoesNotBlind(t *testing.T) {
	const sources, every = 2_000_000, 20_000 // a flood of that many between two calls, more than there is room for
	beacon := probe(t, 0, "10.0.0.1", "10.9.9.9", 443, "SF")
	flood := probe(t, 0, "one", "10.0.0.2", 80, "S0")
	quiet, loud := NewFlow(FlowOptions{}), NewFlow(FlowOptions{Keys: every / 2})
	from := flood.Schema.Index("id.orig_h")
	row := make([]float64, len(Flow().Features))
	ip := make([]byte, 0, 20)
	for i := range sources + every {
		ts := 1e9 + float64(i)/every*60
		if i >= every { // the beacon is known by then
			flood.Num[0] = ts
			ip = fmt.Appendf(ip[:0], "172.%d.%d.%d", i>>16, i>>8&255, i&255)
			flood.Text[from] = ip
			if err := loud.Extract(row, &flood); err != nil {
				t.Fatal(err)
			}
		}
		if calls := i%every == 0 || i < every && i%(every/20) == 0; calls {
			beacon.Num[0] = ts
			want, got := extract(t, quiet, &beacon), extract(t, loud, &beacon)
			for k, f := range Flow().Features {
				if math.Float64bits(got[k]) != math.Float64bits(want[k]) {
					t.Fatalf("after %d sources %s of the beacon is %v, %v without the flood", i-every, f.Name, got[k], want[k])
				}
			}
		}
	}
	if got := loud.Evictions(); got < sources {
		t.Errorf("%d evictions are told of", got)
	}
	if n := loud.sources.index.n; n != every/2 {
		t.Errorf("%d sources are kept", n)
	}
}

// stream makes records with many sources, out of order at times.
func stream(t testing.TB, n int) []inkling.Record {
	rng := rand.New(rand.NewPCG(7, 7))
	states := []string{"SF", "S0", "REJ", "RSTO", "OTH"}
	rows := make([]inkling.Record, n)
	for i := range rows {
		rows[i] = conn(t, fmt.Sprintf("%f C1 10.0.%d.%d 40000 10.1.0.%d %d tcp http,ssl %f %d %d %s 0 ShADadFf %d %d %d %d",
			1e9+float64(i)/10+5*rng.Float64(), rng.IntN(4), rng.IntN(200), rng.IntN(100), rng.IntN(2000), rng.ExpFloat64(),
			rng.IntN(1000), rng.IntN(100000), states[rng.IntN(len(states))], rng.IntN(10), rng.IntN(2000), rng.IntN(100), rng.IntN(100000)))
	}
	return rows
}

// A replay, through a record whose memory is reused and whose schema is another copy, gives the same rows.
func TestReplayEqualsLive(t *testing.T) {
	rows := stream(t, 3000)
	live, replay := NewFlow(FlowOptions{Keys: 300}), NewFlow(FlowOptions{Keys: 300})
	other := &inkling.Schema{Name: connSchema.Name, Fields: connSchema.Fields}
	var again inkling.Record
	for i := range rows {
		a := extract(t, live, &rows[i])
		schema := connSchema
		if i%2 == 1 {
			schema = other
		}
		again.Reset(schema)
		copy(again.Num, rows[i].Num)
		for k, b := range rows[i].Text {
			if b != nil {
				again.Text[k] = append(again.Text[k], b...)
			}
		}
		b := extract(t, replay, &again)
		for k := range a {
			if math.Float64bits(a[k]) != math.Float64bits(b[k]) {
				t.Fatalf("record %d: %s is %v live and %v in the replay", i, Flow().Features[k].Name, a[k], b[k])
			}
		}
	}
	if live.Evictions() == 0 {
		t.Error("the replay did not reach eviction")
	}
}

func BenchmarkFlowExtract(b *testing.B) {
	rows := stream(b, 20000)
	for _, keys := range []int{1 << 16, 1000} { // all remembered; always evicting
		b.Run(fmt.Sprint("keys=", keys), func(b *testing.B) {
			x := NewFlow(FlowOptions{Keys: keys})
			dst := make([]float64, len(Flow().Features))
			for i := range rows {
				_ = x.Extract(dst, &rows[i])
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if err := x.Extract(dst, &rows[i%len(rows)]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
