package zeek

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/line"
	"github.com/inkling-sec/inkling/read/readtest"
)

const head = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n#open\t2024-01-01-00-00-00\n" +
	"#fields\tts\tuid\tid.orig_h\tid.orig_p\tproto\tservice\tduration\torig_bytes\tlocal_orig\ttunnel_parents\tlabel\n" +
	"#types\ttime\tstring\taddr\tport\tenum\tstring\tinterval\tcount\tbool\tset[string]\tstring\n"

const conn = head +
	"1700000000.123456\tCabc\t10.0.0.1\t40000\ttcp\thttp\t0.5\t12\tT\t(empty)\tBenign\n" +
	"1700000001.000000\tCdef\tfd00::1\t53\tudp\t-\t-\t-\tF\ta,b\tcaf\\xc3\\xa9 \\\\ \\x09\n" +
	"#close\t2024-01-01-00-00-01\n"

const connJSON = `{"ts":1700000000.123456,"uid":"Cabc","id.orig_h":"10.0.0.1","id.orig_p":40000,"proto":"tcp","service":"http","duration":0.5,"orig_bytes":12,"local_orig":true,"tunnel_parents":[],"label":"Benign"}
{"ts":"2023-11-14T22:13:21.000000Z","uid":"Cdef","id.orig_h":"fd00::1","id.orig_p":53,"proto":"udp","local_orig":false,"tunnel_parents":["a","b"],"label":"caf\u00e9 \\ \t"}
`

func openTSV(r io.Reader, file string) (inkling.Reader, error)  { return NewTSV(r, file), nil }
func openJSON(r io.Reader, file string) (inkling.Reader, error) { return NewJSON(r, file), nil }

// readAll gives the records and the errors that could be passed over, then the final one.
func readAll(r inkling.Reader) (recs []inkling.Record, skipped []error, err error) {
	var rec inkling.Record
	for {
		switch err = r.Read(&rec); {
		case err == nil:
			recs = append(recs, rec.Clone())
		case inkling.Skippable(err):
			skipped = append(skipped, err)
		case err == io.EOF:
			return recs, skipped, nil
		default:
			return recs, skipped, err
		}
	}
}

func show(r inkling.Record) string {
	var s []string
	for i, f := range r.Schema.Fields {
		switch {
		case f.Kind != inkling.Text && !math.IsNaN(r.Num[i]):
			s = append(s, fmt.Sprintf("%s=%v", f.Name, r.Num[i]))
		case f.Kind == inkling.Text && r.Text[i] != nil:
			s = append(s, fmt.Sprintf("%s=%q", f.Name, r.Text[i]))
		}
	}
	return strings.Join(s, " ")
}

var wantConn = []string{
	`ts=1.700000000123456e+09 uid="Cabc" id.orig_h="10.0.0.1" id.orig_p=40000 proto="tcp" service="http" duration=0.5 orig_bytes=12 local_orig="T" tunnel_parents="" label="Benign"`,
	`ts=1.700000001e+09 uid="Cdef" id.orig_h="fd00::1" id.orig_p=53 proto="udp" local_orig="F" tunnel_parents="a,b" label="café \\ \t"`,
}

func TestBothForms(t *testing.T) {
	for form, r := range map[string]inkling.Reader{
		"tsv": NewTSV(strings.NewReader(conn), "conn.log"), "json": NewJSON(strings.NewReader(connJSON), "conn.log"),
		"tsv, BOM and CRLF":  NewTSV(strings.NewReader("\xef\xbb\xbf"+strings.ReplaceAll(conn, "\n", "\r\n")), "conn.log"),
		"tsv, lines before":  NewTSV(strings.NewReader("\n \t"+conn), "conn.log"),
		"tsv, blanks before": NewTSV(strings.NewReader("\t "+conn), "conn.log"),
		"bars in sets":       NewTSV(strings.NewReader(strings.NewReplacer("separator\t,", "separator\t|", "a,b", "\\x61|b").Replace(conn)), "conn.log"),
		"words between sets": NewTSV(strings.NewReader(strings.NewReplacer("separator\t,", "separator\t, and ", "a,b", "a, and b").Replace(conn)), "conn.log"),
		"unset by nothing":   NewTSV(strings.NewReader(strings.NewReplacer("unset_field\t-", "unset_field\t", "\t-", "\t").Replace(conn)), "conn.log"),
		"semicolons":         NewTSV(strings.NewReader(strings.ReplaceAll(strings.ReplaceAll(conn, "\\x09\n#set", "\\x3b\n#set"), "\t", ";")), "conn.log"),
	} {
		recs, skipped, err := readAll(r)
		if err != nil || len(skipped) > 0 || len(recs) != 2 {
			t.Errorf("%s: %d records, %v, %v", form, len(recs), skipped, err)
			continue
		}
		for i := range recs {
			if got := show(recs[i]); got != wantConn[i] {
				t.Errorf("%s:\n got %s\nwant %s", form, got, wantConn[i])
			}
		}
	}
}

func TestNames(t *testing.T) {
	for in, want := range map[string]string{
		conn: "zeek.conn", strings.Replace(conn, "#path\tconn", "#path\tdns", 1): "zeek.dns", strings.Replace(conn, "#path\tconn\n", "", 1): "zeek.log",
	} {
		if recs, _, _ := readAll(NewTSV(strings.NewReader(in), "x")); recs[0].Schema.Name != want {
			t.Errorf("schema %s, want %s", recs[0].Schema.Name, want)
		}
	}
	for in, want := range map[string]string{
		`{"_path":"dns","ts":1}`: "zeek.dns", `{"ts":1,"conn_state":"SF"}`: "zeek.conn", `{"ts":1,"trans_depth":1,"method":"REGISTER"}`: "zeek.log", `{"ts":1,"status_code":408,"tags":[]}`: "zeek.http", `{"ts":1,"query":"a","rejected":false}`: "zeek.dns",
		`{"ts":1}`: "zeek.log",
	} {
		if recs, _, _ := readAll(NewJSON(strings.NewReader(in), "x")); recs[0].Schema.Name != want {
			t.Errorf("schema %s, want %s", recs[0].Schema.Name, want)
		}
	}
}

// The three forms that Zeek writes times in are of one moment.
func TestTimestampsInJSON(t *testing.T) {
	for _, ts := range []string{"1700000001.123", "1700000001123", "1700000001123.0", `"2023-11-14T22:13:21.123000Z"`} {
		recs, _, err := readAll(NewJSON(strings.NewReader(`{"ts":`+ts+`}`+"\n"), "x"))
		if err != nil || len(recs) != 1 || recs[0].Num[0] != 1700000001.123 {
			t.Errorf("%s: %v, %v", ts, recs, err)
		}
	}
}

// Times of any log are known without #types; a name that is a time in one log and text in another is as it is written.
func TestTimesInJSON(t *testing.T) {
	recs, skipped, err := readAll(NewJSON(strings.NewReader(`{"ts":1,"till":"1970-01-01T00:00:05Z","from":"a@b.example","times.created":7.5}`+"\n"), "x"))
	if err != nil || len(skipped) > 0 || len(recs) != 1 {
		t.Fatal(len(recs), skipped, err)
	}
	for name, want := range map[string]any{"till": 5.0, "from": "a@b.example", "times.created": 7.5} {
		if got := recs[0].Map()[name]; got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// A record that lacks fields does not leave those after it, or itself, without them.
func TestFieldsOfAnHTTPLog(t *testing.T) {
	for _, log := range []string{
		`{"ts":1,"status_code":408,"tags":[]}` + "\n" + `{"ts":2,"uri":"/a","status_code":200,"tags":[]}`,
		`{"ts": 1, "user": "tags", "status_code" : 408, "tags": []}` + "\n" + `{"ts": 2, "uri": "/a", "status_code": 200, "tags": []}`, // as of Python's json
		`{"_path": "http", "ts": 1}` + "\n" + `{"_path": "http", "ts": 2, "uri": "/a"}`,
	} {
		recs, _, _ := readAll(NewJSON(strings.NewReader(log), "x"))
		for i, want := range []string{"", "/a"} {
			at := recs[i].Schema.Index("uri")
			if at < 0 || string(recs[i].Text[at]) != want || recs[i].Schema.Fields[recs[i].Schema.Index("status_code")].Kind != inkling.Number {
				t.Errorf("record %d: %v", i, recs[i].Map())
			}
		}
	}
}

func TestSchemaChanges(t *testing.T) {
	second := strings.Replace(conn, "\tlabel\n", "\ttag\n", 1)
	recs, skipped, err := readAll(NewTSV(strings.NewReader(conn+second), "conn.log"))
	if err != nil || len(skipped) > 0 || len(recs) != 4 {
		t.Fatalf("%d records, %v, %v", len(recs), skipped, err)
	}
	if recs[0].Schema != recs[1].Schema || recs[1].Schema == recs[2].Schema || recs[2].Schema.Index("tag") != 10 {
		t.Error("a new header makes a new schema, and only that")
	}
	const grows = `{"ts":1,"a":"x"}` + "\n" + `{"ts":2,"b":{"c":3}}` + "\n" + `{"ts":3}`
	recs, _, err = readAll(NewLiveJSON(strings.NewReader(grows), "x", nil))
	if err != nil || recs[0].Schema == recs[1].Schema || recs[1].Schema != recs[2].Schema || recs[1].Num[recs[1].Schema.Index("b.c")] != 3 {
		t.Error("a new field makes a new schema, and only that", err)
	}
	if len(recs[0].Num) != 2 || len(recs[0].Schema.Fields) != 2 {
		t.Error("an earlier record's schema changed")
	}
	// That of a whole file has the fields from the start, and those that turn up far behind.
	recs, _, err = readAll(NewJSON(strings.NewReader(grows+strings.Repeat("\n{}", 1<<20)+"\n"+`{"late":5}`), "x"))
	last := recs[len(recs)-1]
	if err != nil || len(recs[0].Num) != 3 || recs[0].Schema != recs[len(recs)-2].Schema || last.Num[3] != 5 || len(last.Num) != 4 {
		t.Errorf("a whole file: %v, %v, %v", err, recs[0].Schema, last.Schema)
	}
}

func TestErrors(t *testing.T) {
	row := strings.Split(conn, "\n")[8] + "\n"
	tests := []struct {
		name, in string
		json     bool
		records  int
		want     string // part of the first error
		final    bool
	}{
		{"no header", "a\tb\n", false, 0, "log:1: a record before any #fields header", true},
		{"no lines", "", false, 0, "log: the log has no #fields header", true},
		{"header only", head, false, 0, "", false},
		{"too few columns", head + "1\t2\n" + row, false, 1, "log:9: the line has 2 columns, the header 11", false},
		{"too many columns", head + strings.TrimSuffix(row, "\n") + "\tx\ty\n" + row, false, 1, "log:9: the line has 13 columns, the header 11", false},
		{"not a number", head + strings.Replace(row, "40000", "4x", 1) + row, false, 1, `log:9: id.orig_p: "4x" is not a finite number`, false},
		{"NaN", head + strings.Replace(row, "0.5", "NaN", 1) + row, false, 1, `log:9: duration: "NaN" is not a finite number`, false},
		{"too large", head + strings.Replace(row, "0.5", "1e400", 1) + row, false, 1, `log:9: duration: "1e400" is not a finite number`, false},
		{"not a time", head + strings.Replace(row, "1700000000.123456", "today", 1) + row, false, 1, `log:9: ts: "today" is not a time`, false},
		{"cut in the last line", head + row + row[:30], false, 1, "log:10: the file ends in the middle of this line", false},
		{"line too long", head + strings.Repeat("x", 10<<20) + "\n" + row, false, 1, "log:9: the line is longer than 1048576 bytes", false},
		{"types do not fit", strings.Replace(conn, "#types\ttime", "#types", 1), false, 0, "#fields but 10 #types", true},
		{"field twice", strings.Replace(conn, "\tuid", "\tts", 1), false, 0, `field "ts" is empty or named twice`, true},
		{"separator of two bytes", "#separator \\x09\\x09\n", false, 0, "is not one byte", true},
		{"JSON cut in the last line", connJSON + `{"ts":17`, true, 2, "log:3: the file ends in the middle of this line", false},
		{"JSON without newline at the end", strings.TrimSuffix(connJSON, "\n"), true, 2, "", false},
		{"not JSON", "{\"ts\":1}\nhello\n{\"ts\":2}\n", true, 2, "log:2: not a JSON object: it goes wrong at column 1", false},
		{"JSON, two objects", "{\"ts\":1}{\"ts\":2}\n", true, 0, "log:1: not a JSON object: it goes wrong at column 9", false},
		{"JSON, not a number", "{\"ts\":1,\"orig_bytes\":\"many\"}\n{\"ts\":2}\n", true, 1, `log:1: orig_bytes: "many" is not a finite number`, false},
		{"JSON, too large", "{\"ts\":1e400}\n{\"ts\":2}\n", true, 1, `log:1: ts: "1e400" is not a time`, false},
		{"JSON, too deep", strings.Repeat(`{"a":`, 20) + "1" + strings.Repeat("}", 20) + "\n", true, 0, "more than 8 deep", false},
		{"JSON, line too long", `{"a":"` + strings.Repeat("x", 10<<20) + "\"}\n" + connJSON, true, 2, "log:1: the line is longer", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var r inkling.Reader = NewTSV(strings.NewReader(tt.in), "log")
			if tt.json {
				r = NewJSON(strings.NewReader(tt.in), "log")
			}
			recs, errs, err := readAll(r)
			if err != nil {
				errs = append(errs, err)
			}
			if len(recs) != tt.records || (err != nil) != tt.final || (len(errs) > 0) != (tt.want != "") {
				t.Fatalf("%d records, errors %v", len(recs), errs)
			}
			if len(errs) > 0 && (len(errs) != 1 || !strings.Contains(errs[0].Error(), tt.want) || !strings.Contains(errs[0].Error(), "(")) {
				t.Errorf("errors %v, want %q with a remedy", errs, tt.want)
			}
		})
	}
}

func TestNumber(t *testing.T) {
	for in, want := range map[string]float64{
		"0": 0, "-1": -1, "1700000000.123456": 1700000000.123456, "0.1": 0.1, "1e3": 1000, "123456789012345678": 123456789012345678, "9007199254740993": 9007199254740993, ".5": .5, "5.": 5,
	} {
		if got, ok := line.Number([]byte(in)); !ok || got != want {
			t.Errorf("number(%s) = %v, %v", in, got, ok)
		}
	}
	for _, in := range []string{"", "-", ".", "1.2.3", "0x10", "inf", "NaN", "1e400", "1_0", "1 ", "one", strings.Repeat("1", 100)} {
		if got, ok := line.Number([]byte(in)); ok {
			t.Errorf("number(%q) = %v", in, got)
		}
	}
}

// TestWriters reads back what the writers write.
func TestWriters(t *testing.T) {
	recs, _, _ := readAll(NewTSV(strings.NewReader(conn), "conn.log"))
	dash := recs[0].Clone()
	dash.Text[5], dash.Text[10] = []byte("-"), []byte("(empty)")
	hash := recs[1].Clone()
	hash.Text[10] = []byte{0xff, '"', '\\', 'x', '4', '1', 0, '\\', 'x', 'f', 'f'}
	recs = append(recs, dash, hash)
	var tsv, js bytes.Buffer
	w, jw := NewWriter(&tsv), NewJSONWriter(&js)
	for i := range recs {
		if err := w.Write(&recs[i]); err != nil {
			t.Fatal(err)
		}
		if err := jw.Write(&recs[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for form, r := range map[string]inkling.Reader{"tsv": NewTSV(&tsv, "x"), "json": NewJSON(&js, "x")} {
		got, skipped, err := readAll(r)
		if err != nil || len(skipped) > 0 || len(got) != len(recs) {
			t.Fatalf("%s: %d records, %v, %v", form, len(got), skipped, err)
		}
		for i := range got {
			if form == "json" && i == 3 {
				continue // JSON cannot tell \xff in the text from its byte, as in Zeek
			}
			if show(got[i]) != show(recs[i]) {
				t.Errorf("%s: record %d\n got %s\nwant %s", form, i, show(got[i]), show(recs[i]))
			}
		}
	}
}

func TestBattery(t *testing.T) {
	t.Run("tsv", func(t *testing.T) { readtest.Check(t, openTSV, []byte(conn)) })
	t.Run("json", func(t *testing.T) { readtest.Check(t, openJSON, []byte(connJSON)) })
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(conn))
	f.Add([]byte(connJSON))
	f.Fuzz(func(t *testing.T, b []byte) {
		readtest.Drain(t, openTSV, b)
		readtest.Drain(t, openJSON, b)
	})
}

func benchmark(b *testing.B, text string, open func(io.Reader, string) (inkling.Reader, error)) {
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	var rec inkling.Record
	n := 0
	for b.Loop() {
		r, err := open(strings.NewReader(text), "bench")
		for err == nil {
			if err = r.Read(&rec); err == nil {
				n++
			}
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "records/s")
}

const benchRow = "1700000000.123456\tCHhAvVGS1DHFjwGM9\t141.142.228.5\t59856\t192.150.187.43\t80\ttcp\thttp\t0.211484\t136\t5007\tSF\tF\tF\t0\tShADadFf\t7\t512\t7\t5379\n"
const benchHead = "#separator \\x09\n#path\tconn\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state\tlocal_orig\tlocal_resp\tmissed_bytes\thistory\torig_pkts\torig_ip_bytes\tresp_pkts\tresp_ip_bytes\n"
const benchObject = `{"ts":1700000000.123456,"uid":"CHhAvVGS1DHFjwGM9","id.orig_h":"141.142.228.5","id.orig_p":59856,"id.resp_h":"192.150.187.43","id.resp_p":80,"proto":"tcp","service":"http","duration":0.211484,"orig_bytes":136,"resp_bytes":5007,"conn_state":"SF","local_orig":false,"local_resp":false,"missed_bytes":0,"history":"ShADadFf","orig_pkts":7,"orig_ip_bytes":512,"resp_pkts":7,"resp_ip_bytes":5379}` + "\n"

func BenchmarkTSV(b *testing.B)  { benchmark(b, benchHead+strings.Repeat(benchRow, 10000), openTSV) }
func BenchmarkJSON(b *testing.B) { benchmark(b, strings.Repeat(benchObject, 10000), openJSON) }
