package eve

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/readtest"
)

const log = `{"timestamp":"2026-01-02T03:04:15.000000+0000","flow_id":445348883402532,"event_type":"flow","src_ip":"10.0.0.1","src_port":51000,"dest_ip":"10.0.0.2","dest_port":443,"proto":"TCP","app_proto":"tls","flow":{"pkts_toserver":10,"pkts_toclient":8,"bytes_toserver":1660,"bytes_toclient":5528,"start":"2026-01-02T03:04:05.250000+0000","end":"2026-01-02T03:04:06.750000+0000","age":1,"state":"closed","reason":"timeout","alerted":true},"tcp":{"tcp_flags":"1b","tcp_flags_ts":"1b","tcp_flags_tc":"1b","syn":true}}
{"timestamp":"2026-01-02T03:04:15.000000+0000","event_type":"dns","src_ip":"10.0.0.1","dns":{"rrname":"a.example"}}
{"timestamp":"2026-01-02T03:04:16.000000+0200","flow_id":2,"event_type":"flow","src_ip":"10.0.0.1","src_port":51001,"dest_ip":"10.0.0.2","dest_port":22,"proto":"TCP","app_proto":"failed","flow":{"pkts_toserver":1,"pkts_toclient":1,"bytes_toserver":74,"bytes_toclient":60,"start":"2026-01-02T03:04:05+0200","end":"2026-01-02T03:04:05+0200"},"tcp":{"tcp_flags_ts":"02","tcp_flags_tc":"14"}}
{"timestamp":"2026-01-02T03:04:17.000000+0000","event_type":"flow","src_ip":"fe80::1","dest_ip":"ff02::2","proto":"IPv6-ICMP","icmp_type":133,"icmp_code":0,"flow":{"pkts_toserver":1,"pkts_toclient":0,"bytes_toserver":70,"bytes_toclient":0,"start":"2026-01-02T03:04:05+0000","end":"2026-01-02T03:04:05+0000"}}
{"timestamp":"2026-01-02T03:04:17.000000+0000","event_type":"flow","src_ip":"10.0.0.3","src_port":53000,"dest_ip":"10.0.0.4","dest_port":53,"proto":"UDP","app_proto":"dns","flow":{"pkts_toserver":1,"pkts_toclient":1,"bytes_toserver":82,"bytes_toclient":98,"start":"2026-01-02T03:04:05.1+0000","end":"2026-01-02T03:04:05.3+0000"}}
`

func open(kind string) readtest.Open {
	return func(r io.Reader, file string) (inkling.Reader, error) { return NewReader(r, file, kind), nil }
}

func TestFlowsAsZeekHasThem(t *testing.T) {
	r := NewReader(strings.NewReader(log), "eve.json", "flow")
	var rec inkling.Record
	want := []map[string]any{
		{"ts": 1767323045.25, "uid": "445348883402532", "id.orig_h": "10.0.0.1", "id.orig_p": 51000.0, "id.resp_p": 443.0, "proto": "tcp", "service": "ssl", "duration": 1.5,
			"orig_pkts": 10.0, "orig_ip_bytes": 1520.0, "orig_bytes": 992.0, "resp_ip_bytes": 5416.0, "resp_bytes": 4992.0, "conn_state": "SF", "history": "ShADadFf", "alerted": "T", "missed_bytes": 0.0},
		{"ts": 1767315845.0, "conn_state": "REJ", "history": "Sr", "orig_ip_bytes": 60.0, "orig_bytes": 0.0, "resp_ip_bytes": 46.0},
		{"proto": "icmp", "id.orig_p": 133.0, "id.resp_p": 134.0, "conn_state": "OTH", "orig_ip_bytes": 56.0, "orig_bytes": nil, "duration": nil}, // of one packet
		{"proto": "udp", "service": "dns", "conn_state": "SF", "history": "Dd", "duration": 0.2, "orig_bytes": 40.0, "resp_bytes": 56.0},
	}
	for _, w := range want {
		if err := r.Read(&rec); err != nil {
			t.Fatal(err)
		}
		readtest.Fields(t, &rec, w)
	}
	if err := r.Read(&rec); err != io.EOF || r.Passed != 1 {
		t.Errorf("%v, %d other events", err, r.Passed)
	}
}

// Statistics of a machine with many threads have more fields than a log may; events of other types add none, and no errors.
func TestManyFields(t *testing.T) {
	stats := []byte(`{"timestamp":"2026-01-02T03:04:05+0000","event_type":"stats","stats":{"x":0`)
	for i := range 5000 {
		stats = fmt.Appendf(stats, `,"c%d":1`, i)
	}
	lines := strings.SplitAfter(log, "\n")
	text := string(stats) + "}}\n" + strings.Replace(lines[0], `"proto"`, `"community_id":"1:X0snYXpgwiv9TZtqg64sgzUn6Dk=","metadata":{"flowints":{"n":1}},"label":3,"proto"`, 1) + strings.Replace(lines[0], `"proto"`, `"metadata":{"flowints":{"n":"many"}},"proto"`, 1) +
		`{"event_type":"alert","src_ip":"10.0.0.1","alert":{"gid":1}}` + "\n" + `{"event_type":"http","src_ip":5,"http":{` + "\n"
	r := NewReader(strings.NewReader(text), "eve.json", "flow")
	var rec inkling.Record
	for i, label := range []any{"3", nil} {
		if err := r.Read(&rec); err != nil {
			t.Fatal(err)
		}
		readtest.Fields(t, &rec, map[string]any{"uid": "445348883402532", "orig_pkts": 10.0, "label": label, "community_id": []any{"1:X0snYXpgwiv9TZtqg64sgzUn6Dk=", nil}[i]})
	}
	if err := r.Read(&rec); !inkling.Skippable(err) || !strings.HasPrefix(err.Error(), "eve.json:5: not a JSON object") {
		t.Errorf("a damaged event of another type: %v", err)
	}
	r = NewReader(strings.NewReader(text), "eve.json", "alert")
	if err := r.Read(&rec); err != nil || len(rec.Schema.Fields) != 3 || rec.Origin.Line != 4 {
		t.Errorf("an alert behind: %v, %d fields of line %d", err, len(rec.Schema.Fields), rec.Origin.Line)
	}
}

// Since version 8 the name asked for stands in a list.
func TestNewerDNS(t *testing.T) {
	const head, tail = `{"timestamp":"2026-01-02T03:04:05+0000","event_type":"dns","src_ip":"10.0.0.1","dns":{`, `}}` + "\n"
	text := head + `"version":2,"type":"query","id":1,"rrname":"a.example","rrtype":"A"` + tail +
		head + `"version":3,"type":"request","id":1,"queries":[{"rrname":"a.example","rrtype":"A"},{"rrname":"b.example"}]` + tail +
		head + `"version":3,"type":"response","id":1,"queries":[{"rrname":"a.example","rrtype":"A"}],"answers":[{"rrname":"a.example","ttl":5}],"grouped":{"A":["10.0.0.9","10.0.0.8"]}` + tail +
		head + `"version":3,"queries":[]` + tail + head + `"version":3,"queries":["x",{"rrname":"y"}]` + tail
	r := NewReader(strings.NewReader(text), "eve.json", "dns")
	for i, name := range []any{"a.example", "a.example", "a.example", nil, nil} {
		var rec inkling.Record
		if err := r.Read(&rec); err != nil || rec.Map()["dns.rrname"] != name {
			t.Errorf("%d: %v: %v", i, err, rec.Map())
		}
		if i == 2 {
			readtest.Fields(t, &rec, map[string]any{"dns.rrtype": "A", "dns.grouped.A": "10.0.0.9,10.0.0.8"})
		}
	}
}

// A log without an event of the type is not empty without a word.
func TestNoneOfTheType(t *testing.T) {
	alerts := strings.Repeat(`{"timestamp":"2026-01-02T03:04:05+0000","event_type":"stats"}`+"\n"+`{"timestamp":"2026-01-02T03:04:05+0000","event_type":"alert","src_ip":"10.0.0.1"}`+"\n", 3)
	for text, want := range map[string]string{alerts: `none of its 6 events is of type flow; there are ["stats" "alert"], which --format eve-alert reads`, log: "", "": ""} {
		r := NewReader(strings.NewReader(text), "eve.json", "flow")
		var rec inkling.Record
		err := error(nil)
		for err == nil {
			err = r.Read(&rec)
		}
		if got := strings.Join(r.Notes(), "\n"); err != io.EOF || got != want {
			t.Errorf("%v: %q, want %q", err, got, want)
		}
	}
}

func TestOtherEvents(t *testing.T) {
	var rec inkling.Record
	r := NewReader(strings.NewReader(log), "eve.json", "dns")
	if err := r.Read(&rec); err != nil || rec.Map()["dns.rrname"] != "a.example" || rec.Map()["id.orig_h"] != "10.0.0.1" || rec.Origin.Line != 2 {
		t.Errorf("%v: %v", err, rec.Map())
	}
}

// Events of one type have different members; the records of a log have the fields of all in its first part, unless it is being written.
func TestSameFields(t *testing.T) {
	event := func(more string) string {
		return `{"event_type":"dns","src_ip":"10.0.0.1","dns":{"rrname":"a.example"` + more + "}}\n"
	}
	text := `{"event_type":"stats","x":1}` + "\n" + strings.Repeat(event(""), 3) + event(`,"rcode":"NOERROR"`) + "{damaged\n" + event(`,"ttl":5`) + strings.Repeat(event(""), ahead/40) + event(`,"unseen":1`)
	r := NewReader(strings.NewReader(text), "eve.json", "dns")
	var rec inkling.Record
	var schema *inkling.Schema
	records, bad := 0, 0
	for {
		err := r.Read(&rec)
		if err == io.EOF {
			break
		}
		if err != nil {
			bad++
			continue
		}
		if records++; schema == nil {
			schema = rec.Schema
		}
		if rec.Schema != schema || len(rec.Num) != 5 {
			t.Fatalf("record %d has other fields: %v", records, rec.Schema.Fields)
		}
	}
	if notes := r.Notes(); records != ahead/40+6 || bad != 1 || len(notes) != 1 || notes[0] != "left out, as they are not in its first 2 MiB: dns.unseen" {
		t.Errorf("%d records, %d damaged, notes %q", records, bad, notes)
	}
	r = NewLiveReader(strings.NewReader(text), "eve.json", "dns", []string{"dns.rcode", "id.orig_h", "id.orig_p"})
	for i, rcode := range []any{nil, nil, nil, "NOERROR"} {
		if err := r.Read(&rec); err != nil || len(rec.Schema.Fields) != 5 || rec.Schema.Fields[2].Kind != inkling.Number {
			t.Errorf("%d of a log that is being written: %v, %v", i, err, rec.Schema.Fields)
		}
		readtest.Fields(t, &rec, map[string]any{"dns.rcode": rcode, "id.orig_h": "10.0.0.1"})
	}
}

// Services go by Zeek's names.
func TestServices(t *testing.T) {
	for app, want := range map[string]any{"tls": "ssl", "pgsql": "postgresql", "krb5": "krb", "dcerpc": "dce_rpc", "failed": nil, "unknown": nil, "ssh": "ssh"} {
		r := NewReader(strings.NewReader(`{"event_type":"flow","proto":"TCP","app_proto":"`+app+`"}`), "eve.json", "flow")
		var rec inkling.Record
		if err := r.Read(&rec); err != nil || rec.Map()["service"] != want {
			t.Errorf("%s: %v (%v), want %v", app, rec.Map()["service"], err, want)
		}
	}
}

// Suricata writes every digit of an IPv6 address, Zeek does not.
func TestAddresses(t *testing.T) {
	const long, short = "2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"
	for _, kind := range []string{"flow", "alert"} {
		var rec inkling.Record
		r := NewReader(strings.NewReader(`{"event_type":"`+kind+`","src_ip":"`+long+`","dest_ip":"fe80::2","proto":"UDP"}`+"\n"), "eve.json", kind)
		if err := r.Read(&rec); err != nil || rec.Map()["id.orig_h"] != short || rec.Map()["id.resp_h"] != "fe80::2" {
			t.Errorf("%s: %v: %v", kind, err, rec.Map())
		}
	}
}

func TestMatch(t *testing.T) {
	for head, want := range map[string]bool{log: true, "{\"ts\":1.5,\"uid\":\"C\"}": false, "": false, "a,b": false, "\xef\xbb\xbf" + log: true} {
		if Match([]byte(head)) != want {
			t.Errorf("%.30q", head)
		}
	}
}

func TestBattery(t *testing.T) {
	for _, kind := range []string{"flow", "dns"} {
		t.Run(kind, func(t *testing.T) { readtest.Check(t, open(kind), []byte(log)) })
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(log))
	f.Add([]byte(`{"event_type":"flow","flow":{"start":"x"},"tcp":{"tcp_flags_ts":"zz"}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		readtest.Drain(t, open("flow"), b)
		readtest.Drain(t, open("alert"), b)
	})
}

func BenchmarkFlows(b *testing.B) {
	text := strings.Repeat(strings.SplitAfter(log, "\n")[0], 1000)
	var rec inkling.Record
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		r := NewReader(strings.NewReader(text), "eve.json", "flow")
		for r.Read(&rec) == nil {
		}
	}
	b.ReportMetric(float64(b.N)*1000/b.Elapsed().Seconds(), "records/s")
}
