package parquet

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	pq "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/readtest"
)

// row has a column of each type that is read, and of some that are not, in several encodings.
type row struct {
	Plain   int64     `parquet:"plain"`
	Delta   int64     `parquet:"delta,delta"`
	Delta32 int32     `parquet:"delta32,delta"`
	U32     uint32    `parquet:"u32"`
	U64     uint64    `parquet:"u64,dict"`
	F32     float32   `parquet:"f32,split"`
	F64     float64   `parquet:"f64,split"`
	Ok      bool      `parquet:"ok"`
	Word    string    `parquet:"word,dict"`
	Text    string    `parquet:"text,delta"`
	Long    []byte    `parquet:"long"`
	Maybe   *string   `parquet:"maybe,optional,dict"`
	Rare    *float64  `parquet:"rare,optional"`
	Day     int32     `parquet:"day,date"`
	Milli   time.Time `parquet:"milli,timestamp(millisecond)"`
	Micro   time.Time `parquet:"micro,timestamp(microsecond)"`
	Nano    time.Time `parquet:"nano,timestamp(nanosecond),delta"`
	Price   int32     `parquet:"price,decimal(2:9)"`
	ID      [16]byte  `parquet:"id,uuid"`
	Hash    [3]byte   `parquet:"hash"`
	In      struct {
		A int64   `parquet:"a"`
		B *string `parquet:"b,optional"`
	} `parquet:"in"`
	Out *struct {
		C *int64 `parquet:"c,optional"`
	} `parquet:"out,optional"`
	List []int64          `parquet:"list,list"`
	Map  map[string]int64 `parquet:"map"`
}

var start = time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC)

func rowOf(i int) (r row) {
	r.Plain, r.Delta, r.Delta32 = int64(i)-3, int64(i*i)*1e9-5, int32(7-i)<<(i%20)
	r.U32, r.U64 = math.MaxUint32-uint32(i), 1<<63+uint64(i%5)<<40
	r.F32, r.F64 = float32(i)/4, -float64(i)/8
	r.Ok, r.Word, r.Text = i%3 == 0, fmt.Sprint("w", i%7), strings.Repeat("text ", i%4)+fmt.Sprint(i)
	r.Long = bytes.Repeat([]byte{'a' + byte(i%26)}, i%50)
	if i%4 == 1 {
		s := fmt.Sprint("m", i%3)
		r.Maybe, r.In.B = &s, &s
	}
	if i%100 == 0 {
		v := float64(i) + 0.5
		r.Rare = &v
	}
	at := start.Add(time.Duration(i) * 1500 * time.Microsecond)
	r.Day, r.Milli, r.Micro, r.Nano = int32(20000+i), at, at, at
	r.Price, r.In.A = int32(i*101-5000), int64(i)
	r.ID[0], r.ID[15], r.Hash = byte(i), 0xff, [3]byte{1, byte(i), 0xab}
	if i%2 == 0 {
		r.Out = &struct {
			C *int64 `parquet:"c,optional"`
		}{}
		if c := int64(-i); i%6 == 0 {
			r.Out.C = &c
		}
	}
	r.List, r.Map = []int64{1, 2}, map[string]int64{"x": 1}
	return r
}

func want(i int) map[string]any {
	r := rowOf(i)
	at := func(unit time.Duration) float64 {
		u := r.Nano.Truncate(unit)
		return float64(u.Unix()) + float64(u.Nanosecond())/1e9
	}
	w := map[string]any{
		"plain": float64(r.Plain), "delta": float64(r.Delta), "delta32": float64(r.Delta32), "u32": float64(r.U32), "u64": float64(r.U64), "f32": float64(r.F32), "f64": r.F64,
		"ok": "F", "word": r.Word, "text": r.Text, "long": string(r.Long), "day": float64(r.Day) * 86400, "milli": at(time.Millisecond), "micro": at(time.Microsecond), "nano": at(1),
		"price": float64(r.Price) / 100, "id": fmt.Sprintf("%02x000000-0000-0000-0000-0000000000ff", r.ID[0]), "hash": fmt.Sprintf("01%02xab", r.Hash[1]), "in.a": float64(i),
		"maybe": nil, "in.b": nil, "rare": nil, "out.c": nil,
	}
	if r.Ok {
		w["ok"] = "T"
	}
	if r.Maybe != nil {
		w["maybe"], w["in.b"] = *r.Maybe, *r.Maybe
	}
	if r.Rare != nil {
		w["rare"] = *r.Rare
	}
	if r.Out != nil && r.Out.C != nil {
		w["out.c"] = float64(*r.Out.C)
	}
	return w
}

// file gives a file of rows, in groups and pages of few.
func file[T any](t testing.TB, rows []T, o ...pq.WriterOption) []byte {
	t.Helper()
	var b bytes.Buffer
	w := pq.NewGenericWriter[T](&b, append([]pq.WriterOption{pq.MaxRowsPerRowGroup(400), pq.PageBufferSize(1 << 10)}, o...)...)
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func rows(n int) (out []row) {
	for i := range n {
		out = append(out, rowOf(i))
	}
	return out
}

func open(r io.Reader, file string) (inkling.Reader, error) {
	b := r.(*bytes.Reader)
	p, err := NewReader(b, b.Size(), file, nil)
	if err != nil {
		return nil, err
	}
	return p, nil
}

// What another library writes is read to the value, in every codec and both forms of page.
func TestTypesAndEncodings(t *testing.T) {
	for name, codec := range map[string]compress.Codec{"none": &pq.Uncompressed, "snappy": &pq.Snappy, "gzip": &pq.Gzip, "zstd": &pq.Zstd, "lz4": &pq.Lz4Raw} {
		for version := 1; version <= 2; version++ {
			t.Run(fmt.Sprint(name, version), func(t *testing.T) {
				const n = 1000
				b := file(t, rows(n), pq.Compression(codec), pq.DataPageVersion(version))
				r, err := NewReader(bytes.NewReader(b), int64(len(b)), "x", nil)
				if err != nil {
					t.Fatal(err)
				}
				var rec inkling.Record
				for i := range n {
					if err := r.Read(&rec); err != nil {
						t.Fatal(i, err)
					}
					readtest.Fields(t, &rec, want(i))
					if rec.Origin.Line != i+1 {
						t.Errorf("row %d is called %v", i+1, rec.Origin)
					}
					if t.Failed() {
						return
					}
				}
				if err := r.Read(&rec); err != io.EOF {
					t.Errorf("after the last: %v", err)
				}
				if notes := strings.Join(r.Notes(), ""); !strings.Contains(notes, "list (a list), map (a map)") {
					t.Errorf("notes %q", notes)
				}
				if s := rec.Schema; s.Fields[s.Index("milli")].Kind != inkling.Time || s.Fields[s.Index("day")].Kind != inkling.Time || s.Index("list.list.element") >= 0 {
					t.Errorf("schema %v", s)
				}
			})
		}
	}
}

// The columns of a known log have its kinds, whatever the file has, and those that the file lacks are missing.
func TestKnownLog(t *testing.T) {
	type flow struct {
		TS   string  `parquet:"ts"`
		Port string  `parquet:"port"`
		More float64 `parquet:"more"`
	}
	log := &inkling.Schema{Name: "log", Fields: []inkling.Field{{Name: "ts", Kind: inkling.Time}, {Name: "port", Kind: inkling.Number}, {Name: "service"}}}
	b := file(t, []flow{{"2026-01-02T03:04:05.5Z", "443", 1}, {"yesterday", "1", 2}, {"1.5", "x", 3}, {"2.5", "7", math.Inf(1)}})
	r, err := NewReader(bytes.NewReader(b), int64(len(b)), "x", func(names []string) *inkling.Schema {
		if strings.Join(names, " ") != "ts port more" {
			t.Errorf("asked for %v", names)
		}
		return log
	})
	if err != nil {
		t.Fatal(err)
	}
	var rec inkling.Record
	if err := r.Read(&rec); err != nil || rec.Schema.Name != "log" {
		t.Fatal(rec.Schema, err)
	}
	readtest.Fields(t, &rec, map[string]any{"ts": 1767323045.5, "port": 443.0, "more": 1.0, "service": nil})
	for _, says := range []string{`x:2: ts: "yesterday" is not a time`, `x:3: port: "x" is not a finite number`} {
		if err := r.Read(&rec); !inkling.Skippable(err) || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, not %s", err, says)
		}
	}
	if err := r.Read(&rec); err != nil {
		t.Error(err)
	}
	readtest.Fields(t, &rec, map[string]any{"ts": 2.5, "port": 7.0, "more": nil})
	if v := rec.Num[2]; !math.IsNaN(v) {
		t.Errorf("what is infinite is %v", v)
	}
}

// A known log's time that the file has as a mere number counts seconds or parts of them; another column of numbers is left alone.
func TestTimesAsNumbers(t *testing.T) {
	type flow struct {
		TS   int64  `parquet:"ts"`
		Text string `parquet:"text"`
		N    int64  `parquet:"n"`
	}
	log := &inkling.Schema{Name: "log", Fields: []inkling.Field{{Name: "ts", Kind: inkling.Time}, {Name: "text", Kind: inkling.Time}}}
	var made []flow
	for _, ts := range []int64{1767323045, 1767323045000, 1767323045000000, 1767323045000000000} {
		made = append(made, flow{ts, fmt.Sprint(ts), ts})
	}
	b := file(t, made)
	r, err := NewReader(bytes.NewReader(b), int64(len(b)), "x", func([]string) *inkling.Schema { return log })
	if err != nil {
		t.Fatal(err)
	}
	var rec inkling.Record
	for _, f := range made {
		if err := r.Read(&rec); err != nil {
			t.Fatal(err)
		}
		readtest.Fields(t, &rec, map[string]any{"ts": 1767323045.0, "text": 1767323045.0, "n": float64(f.TS)})
	}
}

func TestBattery(t *testing.T) { readtest.Check(t, open, file(t, rows(40))) }

// A cut file says so, wherever it is cut.
func TestCut(t *testing.T) {
	b := file(t, rows(500))
	for n := 0; n < len(b); n += 1 + len(b)/97 {
		_, err := NewReader(bytes.NewReader(b[:n]), int64(n), "x", nil)
		if err == nil || !strings.Contains(err.Error(), "cut") || !strings.HasPrefix(err.Error(), "x: ") {
			t.Errorf("cut after %d of %d: %v", n, len(b), err)
		}
	}
}

// A file of few bytes that claims many asks for no more memory than it may.
func TestClaims(t *testing.T) {
	foot := func(f ...byte) []byte {
		b := append([]byte(magic), f...)
		return append(binary.LittleEndian.AppendUint32(b, uint32(len(f))), magic...)
	}
	for name, b := range map[string][]byte{
		"columns":       foot(0x15, 0x02, 0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07),
		"no columns":    foot(0),
		"a long footer": append([]byte(magic), 0xff, 0xff, 0xff, 0x7f, 'P', 'A', 'R', '1'),
		"empty columns": foot(append([]byte{0x29, 0xfc, 0xff, 0xff, 0x3f}, make([]byte, 1<<20)...)...),
		"encrypted":     append([]byte(magic), 0, 0, 0, 0, 'P', 'A', 'R', 'E'),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := NewReader(bytes.NewReader(b), int64(len(b)), "x", nil)
		runtime.ReadMemStats(&after)
		if inkling.CodeOf(err) != inkling.Invalid {
			t.Errorf("%s: %v", name, err)
		}
		if got := after.TotalAlloc - before.TotalAlloc; got > 64<<20 {
			t.Errorf("%s: %d bytes allocated", name, got)
		}
	}
	// Pages whose headers claim what is not in them.
	whole := file(t, rows(3), pq.Compression(&pq.Zstd))
	for i := 4; i < len(whole)-8; i++ {
		b := bytes.Clone(whole)
		copy(b[i:], []byte{0xfe, 0xff, 0xff, 0xff, 0x0f})
		drain(t, b)
	}
}

// drain reads a file that may be damaged as far as it goes, up to a bound: few bytes may be many rows.
func drain(t testing.TB, b []byte) {
	r, err := NewReader(bytes.NewReader(b), int64(len(b)), "sample", nil)
	var rec inkling.Record
	for n := 0; n < 1e5; n++ {
		if err == nil {
			err = r.Read(&rec)
		}
		if err == io.EOF {
			return
		}
		if e, ok := err.(*inkling.Error); err != nil && (!ok || e.Remedy == "" || !strings.HasPrefix(e.Place, "sample")) {
			t.Fatalf("error without words: %#v", err)
		}
		if err != nil && !inkling.Skippable(err) {
			return
		}
		err = nil
	}
}

func FuzzRead(f *testing.F) {
	f.Add(file(f, rows(3)))
	f.Add(file(f, rows(20), pq.Compression(&pq.Snappy), pq.DataPageVersion(1)))
	f.Add(file(f, rows(5), pq.Compression(&pq.Gzip)))
	f.Fuzz(func(t *testing.T, b []byte) { drain(t, b) })
}

// BenchmarkRead reads flows as another library writes them: 18 columns, Snappy.
func BenchmarkRead(b *testing.B) {
	type flow struct {
		TS        time.Time `parquet:"ts,timestamp(microsecond)"`
		UID       string    `parquet:"uid"`
		OrigHost  string    `parquet:"id.orig_h,dict"`
		OrigPort  int32     `parquet:"id.orig_p"`
		RespHost  string    `parquet:"id.resp_h,dict"`
		RespPort  int32     `parquet:"id.resp_p,dict"`
		Proto     string    `parquet:"proto,dict"`
		Service   *string   `parquet:"service,optional,dict"`
		Duration  *float64  `parquet:"duration,optional"`
		OrigBytes *int64    `parquet:"orig_bytes,optional"`
		RespBytes *int64    `parquet:"resp_bytes,optional"`
		State     string    `parquet:"conn_state,dict"`
		Missed    int64     `parquet:"missed_bytes"`
		History   string    `parquet:"history,dict"`
		OrigPkts  int64     `parquet:"orig_pkts"`
		OrigIP    int64     `parquet:"orig_ip_bytes"`
		RespPkts  int64     `parquet:"resp_pkts"`
		RespIP    int64     `parquet:"resp_ip_bytes"`
	}
	const n = 100000
	flows := make([]flow, n)
	for i := range flows {
		size, took, service := int64(i*7919%100000), float64(i%977)/100, "dns"
		flows[i] = flow{TS: start.Add(time.Duration(i) * time.Millisecond), UID: fmt.Sprintf("C%015d", i*104729), OrigHost: fmt.Sprintf("10.0.%d.%d", i%7, i%250), OrigPort: int32(1024 + i*31%60000),
			RespHost: fmt.Sprintf("192.0.2.%d", i%200), RespPort: 443, Proto: "tcp", Service: &service, Duration: &took, OrigBytes: &size, RespBytes: &size, State: "SF", History: "ShADadFf", OrigPkts: size / 100, OrigIP: size, RespPkts: size / 80, RespIP: size}
		if i%3 == 0 {
			flows[i].Service, flows[i].Duration, flows[i].OrigBytes, flows[i].RespBytes = nil, nil, nil, nil
		}
	}
	data := file(b, flows, pq.MaxRowsPerRowGroup(n), pq.PageBufferSize(1<<20), pq.Compression(&pq.Snappy))
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	var rec inkling.Record
	for b.Loop() {
		r, err := NewReader(bytes.NewReader(data), int64(len(data)), "x", nil)
		for err == nil {
			err = r.Read(&rec)
		}
		if err != io.EOF {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
