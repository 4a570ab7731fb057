package windows

import (
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/readtest"
)

// Events that were made up, as three programs write them.
const (
	beat = `{"@timestamp":"2026-01-02T03:04:06.000Z","event":{"code":"1","created":"2026-01-02T03:05:00Z"},"winlog":{"channel":"Microsoft-Windows-Sysmon/Operational","event_id":1,"process":{"pid":2344},"event_data":{"UtcTime":"2026-01-02 03:04:05.250","Image":"C:\\Windows\\System32\\cmd.exe","ParentImage":"C:\\Windows\\explorer.exe","ProcessId":"4711"}},"tags":["a","b"]}
{"@timestamp":"2026-01-02T03:04:07.500Z","winlog":{"event_id":3,"event_data":{"DestinationPort":"443","Initiated":"true"}}}
{"winlog":{"event_id":7}}
`
	evtx = `{"Event":{"System":{"Provider":{"#attributes":{"Name":"Microsoft-Windows-Security-Auditing"}},"EventID":4625,"TimeCreated":{"#attributes":{"SystemTime":"2026-01-02T03:04:05.250000Z"}},"Channel":"Security"},"EventData":{"TargetUserName":"Administrator","LogonType":3,"IpAddress":"10.0.0.9"}}}
`
	listed = `{"Event":{"System":{"EventID":"1","Channel":"Microsoft-Windows-Sysmon/Operational","Keywords":["a","b"]},"EventData":{"Data":[{"@Name":"UtcTime","#text":"2026-01-02 03:04:05.250"},{"@Name":"Image","#text":"C:\\a.exe"},{"@Name":"User"},{"@Name":"Hash","#text":null},{"#text":4711,"@Name":"ProcessId"}]}}}
{"Event":{"System":{"EventID":"7036","Channel":"System"},"EventData":{"Data":["text",{"@Name":"x","#text":"y"}],"More":[{"Name":"a","Value":[1,2]}],"None":[],"Same":[{"a":"b"}]}}}
`
	flat = `{"EventID":11,"Channel":"Microsoft-Windows-Sysmon/Operational","UtcTime":"2026-01-02 03:04:05.250","CreationUtcTime":"2020-01-01 00:00:00.000","TargetFilename":"C:\\x","EventTime":1767323045000,"ts":"mine"}
`
)

func open(r io.Reader, file string) (inkling.Reader, error) { return NewReader(r, file), nil }

func TestEvents(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		want []map[string]any
	}{
		"winlogbeat": {beat, []map[string]any{
			{"ts": 1767323045.25, "winlog.event_id": "1", "winlog.event_data.Image": `C:\Windows\System32\cmd.exe`, "winlog.event_data.ProcessId": "4711", "tags": "a,b", "event.created": 1767323100.0, "@timestamp": 1767323046.0},
			{"ts": 1767323047.5, "winlog.event_id": "3", "winlog.event_data.DestinationPort": "443", "winlog.event_data.Image": nil},
			{"ts": nil, "winlog.event_id": "7"},
		}},
		"evtx": {evtx, []map[string]any{{"ts": 1767323045.25, "Event.System.EventID": "4625", "Event.EventData.IpAddress": "10.0.0.9", "Event.System.Channel": "Security"}}},
		"listed": {listed, []map[string]any{
			{"ts": 1767323045.25, "Event.EventData.Image": `C:\a.exe`, "Event.EventData.ProcessId": "4711", "Event.EventData.User": nil, "Event.EventData.Hash": nil, "Event.EventData.Data": nil, "Event.System.Keywords": "a,b"},
			{"ts": nil, "Event.EventData.Data": "text,", "Event.EventData.More.a": "1,2", "Event.EventData.None": "", "Event.EventData.Same": "", "Event.EventData.Image": nil},
		}},
		"flat": {flat, []map[string]any{{"ts": 1767323045.25, "EventID": "11", "TargetFilename": `C:\x`, "CreationUtcTime": 1577836800.0, "EventTime": 1767323045.0, "ts.1": "mine"}}},
	} {
		t.Run(name, func(t *testing.T) {
			if !Match([]byte(tt.text)) {
				t.Error("not recognised")
			}
			r := NewReader(strings.NewReader(tt.text), "x")
			var rec inkling.Record
			for _, w := range tt.want {
				if err := r.Read(&rec); err != nil {
					t.Fatal(err)
				}
				readtest.Fields(t, &rec, w)
			}
			if err := r.Read(&rec); err != io.EOF {
				t.Error(err)
			}
		})
	}
	for _, other := range []string{"", `{"a":1}`, `{"event_id":7}`, `{"ts":1.5,"uid":"C"}`, "a,b\n", `{"winlog":"x"}`} {
		if Match([]byte(other)) {
			t.Errorf("%s is taken for events of Windows", other)
		}
	}
}

// A log that is being written has the fields of the one that was read as a whole.
func TestLive(t *testing.T) {
	for _, text := range []string{beat, evtx, listed, flat} {
		r := NewReader(strings.NewReader(text), "x")
		var rec inkling.Record
		if err := r.Read(&rec); err != nil {
			t.Fatal(err)
		}
		want := rec.Clone()
		var columns []string
		for _, f := range want.Schema.Fields {
			columns = append(columns, f.Name)
		}
		for _, known := range [][]string{columns, nil} {
			r = NewLiveReader(strings.NewReader(text), "x", known)
			if err := r.Read(&rec); err != nil {
				t.Fatal(err)
			}
			readtest.Fields(t, &rec, want.Map())
			if len(rec.Map()) != len(want.Map()) || known != nil && !slices.Equal(rec.Schema.Fields, want.Schema.Fields) {
				t.Errorf("%v of columns %v", rec.Map(), known)
			}
			whole := NewReader(strings.NewReader(text), "x")
			var other inkling.Record
			for whole.Read(&other); whole.Read(&other) == nil; {
				if err := r.Read(&rec); err != nil || !maps.Equal(rec.Map(), other.Map()) {
					t.Errorf("%v, %v; want %v", rec.Map(), err, other.Map())
				}
			}
		}
	}
}

// Of two members that would be one field neither is lost, and what is no time is none.
func TestOddMembers(t *testing.T) {
	r := NewReader(strings.NewReader(`{"EventID":1,"Channel":"x","ts":"a","ts.1":"b","EventTime":133800000000000000,"timestamp":1767323045}`+"\n"), "x")
	var rec inkling.Record
	if err := r.Read(&rec); err != nil {
		t.Fatal(err)
	}
	readtest.Fields(t, &rec, map[string]any{"ts.1": "b", "ts.1.1": "a", "EventTime": nil, "ts": 1767323045.0})
}

// Times as programs write them.
func TestTimes(t *testing.T) {
	for _, tt := range []struct {
		member string
		want   any
	}{
		{`"TimeCreated":"\/Date(1767323045250)\/"`, 1767323045.25}, {`"TimeCreated":"/Date(1767323045250+0100)/"`, 1767323045.25}, {`"TimeCreated":"/Date(x)/"`, nil}, {`"TimeCreated":"/Date(1767323045250"`, 1767323045.25},
		{`"Timestamp":"2026-01-02 04:04:05.250 +01:00"`, 1767323045.25}, {`"SystemTime":"2026-01-02 03:04:05.250000 UTC"`, 1767323045.25}, {`"SystemTime":"2026-01-02 03:04:05.250 CET"`, nil},
		{`"System":{"TimeCreated":{"@SystemTime":"2026-01-02 03:04:05.250000"}}`, 1767323045.25}, {`"@Timestamp":"2026-01-02T03:04:05.25Z","EventTime":"2026-01-02 03:04:06"`, 1767323046.0},
		{`"TimeCreated":"2026-01-02T03:04:05.2500000+00:00"`, 1767323045.25}, {`"TimeCreated":"1/2/2026 3:04:05 AM"`, nil}, {`"TimeCreated":" UTC"`, nil},
	} {
		r := NewReader(strings.NewReader(`{"EventID":1,"Channel":"x",`+tt.member+"}\n"), "x")
		var rec inkling.Record
		if err := r.Read(&rec); err != nil || rec.Map()["ts"] != tt.want {
			t.Errorf("%s: %v, %v", tt.member, err, rec.Map())
		}
		if at := rec.Schema.Fields[len(rec.Schema.Fields)-1]; at.Kind != inkling.Time {
			t.Errorf("%s: %v would be learned from", tt.member, at)
		}
	}
}

func TestBattery(t *testing.T) { readtest.Check(t, open, []byte(beat)) }

func FuzzRead(f *testing.F) {
	for _, text := range []string{beat, evtx, listed, flat} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) { readtest.Drain(t, open, b) })
}
