package read

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/zstd"
	pq "github.com/parquet-go/parquet-go"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/pe"
	"github.com/inkling-sec/inkling/read/readtest"
)

// samples holds one small whole file for each format.
var samples = map[string]string{
	"pcap": "\xd4\xc3\xb2\xa1\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\x00\x00\x65\x00\x00\x00" + // raw IP
		"\x00\x00\x00\x60\x00\x00\x00\x00\x1d\x00\x00\x00\x1d\x00\x00\x00" +
		"\x45\x00\x00\x1d\x00\x00\x00\x00\x40\x11\x00\x00\x0a\x00\x00\x01\x0a\x00\x00\x02\x9c\x40\x27\x0f\x00\x09\x00\x00x",
	"pe":        string((&pe.Program{Sections: []pe.Section{{Name: ".text", Data: []byte("text"), Flags: pe.Code}}}).Bytes()),
	"zeek":      "#separator \\x09\n#path\tconn\n#fields\tts\tuid\tduration\n#types\ttime\tstring\tinterval\n1.5\tCa\t2\n2.5\tCb\t-\n",
	"zeek-json": "{\"ts\":1.5,\"uid\":\"Ca\",\"duration\":2}\n{\"ts\":2.5,\"uid\":\"Cb\"}\n",
	"eve":       eveSample, "eve-alert": eveSample, "eve-dns": eveSample, "eve-http": eveSample, "eve-tls": eveSample, "eve-fileinfo": eveSample,
	"argus": "StartTime,Dur,Proto,SrcAddr,Sport,Dir,DstAddr,Dport,State,sTos,dTos,TotPkts,TotBytes,SrcBytes\n2026/01/02 03:04:05.25,1.5,tcp,10.0.0.1,51000,->,10.0.0.2,443,FSPA_FSPA,0,0,18,7188,1660\n",
	"netflow": "\x00\x05\x00\x01\x00\x00\x13\x88\x65\x53\xf1\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
		"\x0a\x00\x00\x01\x0a\x00\x00\x02\x00\x00\x00\x00\x00\x01\x00\x02\x00\x00\x00\x01\x00\x00\x00\x1d\x00\x00\x10\x00\x00\x00\x10\x00\x9c\x40\x27\x0f\x00\x00\x11\x00\x00\x00\x00\x00\x00\x00\x00\x00",
	"nfdump":  "ts,te,sa,da,sp,dp,pr,flg,ipkt,ibyt\n2026-01-02 03:04:05.250,2026-01-02 03:04:06.750,10.0.0.1,10.0.0.2,51000,443,TCP,...AP.SF,10,1520\nSummary\n",
	"parquet": parquetSample,
	"cicflow": "Src IP,Src Port,Dst IP,Dst Port,Protocol,Timestamp,Flow Duration,Tot Fwd Pkts,Tot Bwd Pkts,TotLen Fwd Pkts,TotLen Bwd Pkts\n10.0.0.1,51000,10.0.0.2,443,6,05/07/2017 08:59:00,1500000,10,8,1000,5000\n",
	"windows": `{"@timestamp":"2026-01-02T03:04:05.5Z","winlog":{"event_id":1,"event_data":{"Image":"C:\\\\a.exe"}}}` + "\n" + `{"winlog":{"event_id":3}}` + "\n",
	"json":    "{\"a\":1,\"b\":\"x\"}\n{\"b\":\"y\",\"c\":{\"d\":true}}\n",
	"csv":     "ts,uid\n1.5,Ca\n2.5,Cb\n",
}

// parquetSample has a number and a text.
var parquetSample = func() string {
	var b bytes.Buffer
	w := pq.NewGenericWriter[struct {
		N float64 `parquet:"n"`
		T string  `parquet:"t"`
	}](&b)
	for _, r := range []float64{1.5, 2.5} {
		if _, err := w.Write([]struct {
			N float64 `parquet:"n"`
			T string  `parquet:"t"`
		}{{r, "x"}}); err != nil {
			panic(err)
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.String()
}()

// eveSample has an event of each type.
const eveSample = `{"timestamp":"2026-01-02T03:04:05.5+0000","event_type":"flow","src_ip":"10.0.0.1","src_port":5,"dest_ip":"10.0.0.2","dest_port":6,"proto":"UDP","flow":{"pkts_toserver":1,"pkts_toclient":0,"bytes_toserver":60,"bytes_toclient":0,"start":"2026-01-02T03:04:05.25+0000","end":"2026-01-02T03:04:05.5+0000"}}
{"timestamp":"2026-01-02T03:04:05.5+0000","event_type":"alert","src_ip":"10.0.0.1","alert":{"signature":"x","metadata":{"tag":["a","b"]}}}
{"timestamp":"2026-01-02T03:04:05.5+0000","event_type":"dns","src_ip":"10.0.0.1","dns":{"rrname":"a.example","answers":[{"rrname":"a.example","ttl":5},{"rrname":"b"}]}}
{"timestamp":"2026-01-02T03:04:05.5+0000","event_type":"http","src_ip":"10.0.0.1","http":{"url":"/","status":200}}
{"timestamp":"2026-01-02T03:04:05.5+0000","event_type":"tls","src_ip":"10.0.0.1","tls":{"sni":"a.example"}}
{"timestamp":"2026-01-02T03:04:05.5+0000","event_type":"fileinfo","src_ip":"10.0.0.1","fileinfo":{"size":5,"sid":[]}}
`

func TestFormats(t *testing.T) {
	for _, f := range Formats {
		t.Run(f.Name, func(t *testing.T) {
			sample := []byte(samples[f.Name])
			if len(sample) == 0 {
				t.Fatal("a format needs a sample here")
			}
			if f.Doc == "" {
				t.Error("a format needs a line of documentation")
			}
			readtest.Check(t, func(r io.Reader, file string) (inkling.Reader, error) {
				o := Options{}
				if f.Match == nil {
					o.Format = f.Name
				}
				rr, got, err := New(r, file, o)
				if err == nil && len(sample) > 0 && got == "" {
					t.Error("no format named")
				}
				return rr, err
			}, sample)
			if f.Match == nil {
				return
			}
			if _, got, err := New(bytes.NewReader(sample), "sample", Options{}); got != f.Name || err != nil {
				t.Errorf("guessed %q, %v", got, err)
			}
			if _, got, err := New(bytes.NewReader(zipped(t, sample)), "sample", Options{}); got != f.Name || err != nil {
				t.Errorf("guessed %q through gzip, %v", got, err)
			}
			for _, other := range Formats { // any format may be forced on any file
				readtest.Drain(t, func(r io.Reader, file string) (inkling.Reader, error) {
					rr, _, err := New(r, file, Options{Format: other.Name})
					return rr, err
				}, sample)
			}
		})
	}
}

func zipped(t testing.TB, b []byte) []byte {
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return z.Bytes()
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	put := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	zip := zipped(t, []byte(samples["zeek"]))
	tests := []struct {
		name, path string
		o          Options
		code       inkling.Code
		want       string
	}{
		{"missing", filepath.Join(dir, "none"), Options{}, inkling.NotFound, "none: cannot open"},
		{"directory", dir, Options{}, inkling.Invalid, "is a directory"},
		{"empty", put("empty", nil), Options{}, inkling.Invalid, "the file is empty"},
		{"one byte", put("one", []byte("x")), Options{}, inkling.Invalid, "not recognised"},
		{"junk", put("junk", []byte("\x00\x01\x02\xff\xfe junk")), Options{}, inkling.Invalid, "not recognised"},
		{"nfdump", put("nfcapd.1", []byte("\x0c\xa5\x02\x00\x00\x17\x07\x01")), Options{}, inkling.Invalid, "with nfdump -r FILE -o csv"},
		{"event log", put("x.evtx", []byte("ElfFile\x00\x00\x00")), Options{}, inkling.Invalid, "as JSON lines first"},
		{"SQLite", put("x.db", []byte("SQLite format 3\x00\x10\x00")), Options{}, inkling.Invalid, "sqlite3 -header -csv"},
		{"sheet", put("x.xlsx", append(append([]byte("PK\x03\x04"), make([]byte, 26)...), "[Content_Types].xml"...)), Options{}, inkling.Invalid, "save the table as CSV"},
		{"UTF-16", put("utf16", []byte("\xff\xfe{\x00\"\x00a\x00")), Options{}, inkling.Invalid, "not recognised from the first bytes (it begins as UTF-16 does: write it as UTF-8"},
		{"gzip header cut", put("cut.gz", zip[:5]), Options{}, inkling.Invalid, "gzip header"},
		{"zstd header cut", put("cut.zst", zstdOf(t, []byte(samples["zeek"]))[:5]), Options{}, inkling.Invalid, "truncated"},
		{"gzip of nothing", put("nothing.gz", zipped(t, nil)), Options{}, inkling.Invalid, "the file is empty"},
		{"unknown format", put("x", []byte("a,b\n")), Options{Format: "xml"}, inkling.Invalid, `no format is called "xml" (known are pcap, pe, zeek`},
		{"not a capture", put("y", []byte("a,b\n")), Options{Format: "pcap"}, inkling.Invalid, "not a capture"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Open(tt.path, tt.o)
			var e *inkling.Error
			if !errors.As(err, &e) || e.Code != tt.code || !strings.Contains(err.Error(), tt.want) || e.Remedy == "" {
				t.Errorf("error %v, want %q with a remedy", err, tt.want)
			}
		})
	}
}

func zstdOf(t testing.TB, b []byte) []byte {
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll(b, nil)
}

// TestTruncated gives the records that the file held, then says that it was cut.
// Files that no --format would help with are told what to do about.
func TestUnread(t *testing.T) {
	table := "a,b\n1,2\n3,4\n"
	utf16 := "\xff\xfe"
	for _, c := range table {
		utf16 += string(byte(c)) + "\x00"
	}
	tar := append(make([]byte, 257), "ustar\x0000"...)
	copy(tar, "t.csv")
	for text, says := range map[string]string{
		"BZh91AY&SY\x00\x01": "bunzip2", "\xfd7zXZ\x00\x00\x04": "unxz", "\x04\x22\x4d\x18\x64": "unlz4", "7z\xbc\xaf\x27\x1c": "7z archive", string(tar): "tar -x", utf16: "UTF-8",
		"\x1f\x8b\x08\x00": "gunzip", "[{\"a\":1},{\"a\":2}]": "jq -c .[]", "{\n \"a\":1\n}\n": "jq -c .", "<html>\n<body>": "HTML", "x": "--format",
	} {
		packed := text
		if strings.HasPrefix(text, "\x1f\x8b") {
			var b bytes.Buffer
			z := gzip.NewWriter(&b)
			io.WriteString(z, text)
			z.Close()
			packed = b.String()
		}
		_, _, err := New(strings.NewReader(packed), "x", Options{})
		var e *inkling.Error
		if !errors.As(err, &e) || e.What != isUnknown || !strings.Contains(e.Remedy, says) {
			t.Errorf("%.12q: %v", text, err)
		}
	}
}

func TestTruncated(t *testing.T) {
	text := samples["zeek"] + strings.Repeat("1.5\tCa\t2\n", 10000)
	for _, format := range []string{"zeek", "pcap"} {
		b := []byte(text)
		if format == "pcap" {
			b = []byte(samples["pcap"])
			for range 1000 {
				b = append(b, samples["pcap"][24:]...)
			}
		}
		for name, z := range map[string][]byte{"gzip": zipped(t, b), "zstd": zstdOf(t, b)} {
			r, _, err := New(bytes.NewReader(z[:len(z)-9]), "sample", Options{})
			var rec inkling.Record
			n := 0
			for ; err == nil; err = r.Read(&rec) {
				n++
			}
			if name == "gzip" && n < 2 || inkling.Skippable(err) || !strings.Contains(err.Error(), "truncated") || !strings.HasPrefix(err.Error(), "sample:") {
				t.Errorf("%s of %s: %d records, %v", name, format, n, err)
			}
		}
	}
}

// A gzip file has as many members as it likes, empty ones too, and zeros behind the last; what else stands there is told.
func TestMembers(t *testing.T) {
	one, rest := samples["zeek"][:90], samples["zeek"][90:]
	nothing, zeros := string(zipped(t, nil)), strings.Repeat("\x00", 1000)
	whole := string(zipped(t, []byte(one))) + strings.Repeat(nothing, 1000) + string(zipped(t, []byte(rest)))
	for _, tt := range []struct{ file, want string }{
		{whole, ""}, {whole + zeros, ""}, {whole + "\x00", ""}, {whole + nothing, ""},
		{whole + "x", "truncated"}, {whole + "0123456789", "cannot read on"}, {whole + zeros + whole, "cannot read on"}, {whole[:len(whole)-8] + "12345678", "cannot read on"},
	} {
		r, _, err := New(strings.NewReader(tt.file), "sample", Options{})
		var rec inkling.Record
		n := -1
		for ; err == nil; err = r.Read(&rec) {
			n++
		}
		if n != 2 || (err == io.EOF) != (tt.want == "") || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%d bytes: %d records, %v, want %q", len(tt.file), n, err, tt.want)
		}
	}
}

func TestOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "conn.log")
	if err := os.WriteFile(path, []byte(samples["zeek"]), 0o600); err != nil {
		t.Fatal(err)
	}
	packed := path + ".zst"
	for _, before := range []string{"", "\x50\x2a\x4d\x18\x04\x00\x00\x00size"} { // as pzstd writes it
		if err := os.WriteFile(packed, append([]byte(before), zstdOf(t, []byte(samples["zeek"]))...), 0o600); err != nil {
			t.Fatal(err)
		}
		if z, err := Open(packed, Options{}); err != nil || z.Format != "zeek" {
			t.Errorf("zstd after %q: %v", before, err)
		}
	}
	f, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var rec inkling.Record
	if err := f.Read(&rec); err != nil {
		t.Fatal(err)
	}
	if f.Format != "zeek" || f.Size != int64(len(samples["zeek"])) || f.Done() != f.Size || rec.Origin.File != path || rec.Origin.Line != 5 {
		t.Errorf("format %s, size %d, done %d, origin %v", f.Format, f.Size, f.Done(), rec.Origin)
	}
}

// A format that needs a whole file is read from a stream too, through a temporary file that is gone afterwards.
func TestStreamOfParquet(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	read := func(b []byte, o Options) (n int, err error) {
		r, format, err := New(io.MultiReader(bytes.NewReader(b)), "sample", o)
		if err != nil || format != "parquet" {
			t.Fatal(format, err)
		}
		defer r.Close()
		var rec inkling.Record
		for err == nil {
			if err = r.Read(&rec); err == nil {
				n++
			}
		}
		return n, err
	}
	sample := []byte(parquetSample)
	for name, b := range map[string][]byte{"as it is": sample, "gzip": zipped(t, sample), "zstd": zstdOf(t, sample)} {
		if n, err := read(b, Options{}); n != 2 || err != io.EOF {
			t.Errorf("%s: %d rows, %v", name, n, err)
		}
	}
	for room, want := range map[int]int{len(sample): 2, len(sample) - 1: 0} {
		if n, _ := read(sample, Options{Spool: int64(room)}); n != want {
			t.Errorf("%d rows of %d bytes in a room of %d", n, len(sample), room)
		}
	}
	s := &spooled{in: iotest.TimeoutReader(iotest.OneByteReader(bytes.NewReader(sample))), file: "sample", most: 1 << 20}
	for range 2 {
		if err := s.Read(new(inkling.Record)); err == nil || !strings.Contains(err.Error(), "timeout") {
			t.Errorf("after an error: %v", err)
		}
	}
	s.Close()
	long := append(bytes.Clone(sample), make([]byte, 2<<20)...)
	for name, tt := range map[string]struct {
		b    []byte
		says string
	}{
		"long": {long, "more than the 1 MiB that are kept of a stream"}, "cut": {zipped(t, sample)[:200], "truncated"}, "cut inside": {sample[:len(sample)-9], "the file is cut"},
	} {
		if n, err := read(tt.b, Options{Spool: 1 << 20}); n != 0 || err == nil || !strings.Contains(err.Error(), tt.says) || !strings.HasPrefix(err.Error(), "sample: ") {
			t.Errorf("%s: %d rows, %v", name, n, err)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	t.Setenv("TMPDIR", filepath.Join(dir, "none"))
	if _, err := read(sample, Options{}); err == nil || !strings.Contains(err.Error(), "TMPDIR") {
		t.Errorf("nowhere to keep it: %v", err)
	}
}

// A pipe that has a name is a stream, though it is a file.
func TestPipeOfParquet(t *testing.T) {
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	go func() {
		io.WriteString(out, parquetSample)
		out.Close()
	}()
	path := fmt.Sprintf("/dev/fd/%d", in.Fd())
	if _, err := os.Stat(path); err != nil {
		t.Skip("a pipe has no name here: ", err)
	}
	f, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var rec inkling.Record
	if err := f.Read(&rec); err != nil || rec.Map()["n"] != 1.5 {
		t.Error(rec.Map(), err)
	}
}

// A zstd file gets no more memory than its longest window takes.
func TestZstdWindow(t *testing.T) {
	for window, ok := range map[byte]bool{17 << 3: true, 18 << 3: false} { // 2^27 and 2^28 bytes
		frame := "\x28\xb5\x2f\xfd\x00" + string([]byte{window}) + "\x41\x00\x00a,b\n1,2\n"
		if _, _, err := New(strings.NewReader(frame), "x", Options{}); (err == nil) != ok {
			t.Errorf("window %d: %v", window, err)
		}
	}
}

// Flows in Parquet are flows as those of JSON lines are: dotted or in a group, with the kinds and the fields of conn.log.
func TestFlowsInParquet(t *testing.T) {
	type flow struct {
		TS float64 `parquet:"ts"`
		ID struct {
			OrigHost string `parquet:"orig_h"`
			OrigPort int32  `parquet:"orig_p"`
			RespHost string `parquet:"resp_h"`
			RespPort int32  `parquet:"resp_p"`
		} `parquet:"id"`
		UID     string   `parquet:"uid"`
		Proto   string   `parquet:"proto"`
		State   string   `parquet:"conn_state"`
		Tunnels []string `parquet:"tunnel_parents,list"`
	}
	f := flow{TS: 1.5, UID: "Ca", Proto: "tcp", State: "S0"}
	f.ID.OrigHost, f.ID.RespHost, f.ID.RespPort = "10.0.0.1", "10.0.0.2", 443
	path := filepath.Join(t.TempDir(), "conn.parquet")
	if err := pq.WriteFile(path, []flow{f}); err != nil {
		t.Fatal(err)
	}
	r, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var rec inkling.Record
	if err := r.Read(&rec); err != nil {
		t.Fatal(err)
	}
	readtest.Fields(t, &rec, map[string]any{"ts": 1.5, "id.orig_h": "10.0.0.1", "id.resp_p": 443.0, "conn_state": "S0", "service": nil, "orig_bytes": nil})
	s := rec.Schema
	if s.Name != "zeek.conn" || s.Fields[s.Index("ts")].Kind != inkling.Time || s.Fields[s.Index("orig_bytes")].Kind != inkling.Number || s.Index("history") < 0 {
		t.Errorf("schema %v", s)
	}
	if notes := r.Notes(); len(notes) != 1 || !strings.Contains(notes[0], "tunnel_parents (a list)") {
		t.Errorf("notes %v", notes)
	}
}
