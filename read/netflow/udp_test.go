package netflow

import (
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/inkling-sec/inkling"
)

// send sends packets to a listener, and gives the listener's records after it was closed.
func send(t *testing.T, o Options, wait func(*Reader) bool, all ...[]byte) []map[string]any {
	t.Helper()
	u, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewReader(u, "udp", o)
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("udp", u.Address().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, b := range all {
		if _, err := c.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	go func() { // the counts belong to the reader: what it wrote tells that it is done
		for range 500 {
			if wait(r) {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		u.Close()
	}()
	got, errs := drain(r)
	if len(errs) > 0 {
		t.Error(errs)
	}
	return got
}

func TestListener(t *testing.T) {
	keep := filepath.Join(t.TempDir(), "templates.json")
	written := func(*Reader) bool { b, _ := os.ReadFile(keep); return len(b) > 10 }
	later := func(*Reader) bool { time.Sleep(200 * time.Millisecond); return true }
	if got := send(t, Options{Templates: keep}, written, v9Of(0, 1, templateOf(9, 256, usual))); len(got) != 0 {
		t.Errorf("%v of a template", got)
	}
	if got := send(t, Options{Templates: keep}, later, v9Of(1, 1, dataOf(256, usual, talk...))); !reflect.DeepEqual(got, talked) {
		t.Errorf("after a restart: %v", got)
	}
}

// A flow of the year 2286 is given the time its packet came: it must not set the time of what is remembered. One whose exporter's
// clock is hours off is left as it is, and so is one of long ago.
func TestFlowsAheadOfTheirPacket(t *testing.T) {
	exporter, flow := netip.MustParseAddr("192.0.2.1"), talk[0]
	at := func(start uint64) one { f := flow; f.start, f.end = start, start+1500; return f }
	const hours = 3600_000
	src := packets{{ipfixOf(0, 1, templateOf(10, 256, modern4), dataOf(256, modern4, at(9_999_999_999_000), at(sent+20*hours), at(sent-9000*hours))), exporter, sent * 1000}}
	got, errs, stats := readAll(&src, Options{})
	if len(got) != 3 || len(errs) > 0 || stats.Ahead != 1 {
		t.Fatalf("%v, %v, %+v", got, errs, stats)
	}
	var starts []float64
	for _, r := range got {
		starts = append(starts, r["ts"].(float64))
		if r["duration"] != 1.5 {
			t.Errorf("duration %v", r["duration"])
		}
	}
	slices.Sort(starts)
	if want := []float64{sent/1000 - 9000*3600, sent/1000 - 1.5, sent/1000 + 20*3600}; !slices.Equal(starts, want) {
		t.Errorf("flows start at %v, want %v", starts, want)
	}
}

// Templates that are sent and used for days stay in the file; after a restart data needs none before it.
func TestTemplatesAreKeptForDays(t *testing.T) {
	keep, exporter := filepath.Join(t.TempDir(), "templates.json"), netip.MustParseAddr("192.0.2.1")
	var src packets
	for i := range int64(6) {
		src = append(src, packet{v9Of(uint64(i), 1, templateOf(9, 256, usual)), exporter, sent*1000 + i*12*3600*second})
	}
	readAll(&src, Options{Templates: keep})
	again := packets{{v9Of(6, 1, dataOf(256, usual, talk...)), exporter, sent*1000 + 61*3600*second}}
	if got, errs, _ := readAll(&again, Options{Templates: keep}); len(errs) > 0 || len(got) != len(talked) {
		t.Errorf("%d records, %v", len(got), errs)
	}
}

// Where templates cannot be kept flows go on; it is told once.
func TestTemplatesThatCannotBeKept(t *testing.T) {
	gone := filepath.Join(t.TempDir(), "gone", "templates.json")
	var src packets
	for i := range int64(3) {
		src = append(src, packet{v9Of(uint64(i), 1, templateOf(9, uint16(256+i), usual), dataOf(uint16(256+i), usual, talk...)), netip.MustParseAddr("192.0.2.1"), sent*1000 + i*3600*second})
	}
	r, err := NewReader(&src, "x", Options{Templates: gone})
	if err != nil {
		t.Fatal(err)
	}
	got, errs := drain(r)
	if len(got) != 3*len(talked) || len(errs) != 2 || !strings.Contains(errs[0], "cannot be kept for the next run") { // and at the end, which is final
		t.Errorf("%d records, %v", len(got), errs)
	}
}

func TestKeptTemplatesDamaged(t *testing.T) {
	for _, text := range []string{"[", `[{"version":9,"template":"AAA="}]`, `[{"version":9,"template":"AQAAAA=="}]`} {
		path := filepath.Join(t.TempDir(), "templates.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := NewReader(&packets{}, "x", Options{Templates: path}); err == nil || !strings.Contains(err.Error(), "templates.json: the templates that were kept") || inkling.CodeOf(err) != inkling.Invalid {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestListenErrors(t *testing.T) {
	u, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	for _, at := range []string{"", ":", "2055", ":port", "127.0.0.1:99999", u.Address().String()} {
		if _, err := Listen(at); err == nil || !strings.Contains(err.Error(), "udp://"+at) || inkling.CodeOf(err) != inkling.Invalid {
			t.Errorf("%q: %v", at, err)
		}
	}
}
