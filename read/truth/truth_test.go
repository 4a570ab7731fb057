package truth

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/community"
	"github.com/inkling-sec/inkling/read/conn"
	"github.com/inkling-sec/inkling/read/csv"
)

func parse(text string) (*Truth, error) {
	return Read(csv.NewReader(strings.NewReader(text), "t.csv", nil), "t.csv")
}

// flows are some, each by its parts.
type flows []struct {
	ts             float64
	uid, from, to  string
	port, fromPort float64
}

// reader yields flows.
type reader struct {
	flows  flows
	schema *inkling.Schema
	n      int
}

func (r *reader) Read(rec *inkling.Record) error {
	if r.n == len(r.flows) {
		return io.EOF
	}
	f := r.flows[r.n]
	r.n++
	rec.Reset(r.schema)
	rec.Origin = inkling.Origin{File: "x", Line: r.n}
	rec.Num[conn.TS], rec.Text[conn.UID], rec.Text[conn.Proto] = f.ts, []byte(f.uid), []byte("tcp")
	rec.Text[conn.OrigHost], rec.Text[conn.RespHost], rec.Num[conn.OrigPort], rec.Num[conn.RespPort] = []byte(f.from), []byte(f.to), f.fromPort, f.port
	return nil
}

func (*reader) Close() error { return nil }

func labels(t *testing.T, truth *Truth, f flows) string {
	t.Helper()
	l := truth.Label(&reader{flows: f, schema: conn.NewSchema("flow")}, "label", "benign")
	var rec inkling.Record
	var out []string
	for {
		err := l.Read(&rec)
		if err == io.EOF {
			return strings.Join(out, " ")
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(rec.Text[rec.Schema.Index("label")]))
	}
}

var some = flows{
	{ts: 100, uid: "Ca", from: "10.0.0.1", to: "10.0.0.2", port: 22, fromPort: 5000},
	{ts: 150.5, uid: "Cb", from: "10.0.0.2", to: "10.0.0.9", port: 80, fromPort: 5001},
	{ts: 200, uid: "Cc", from: "::ffff:10.0.0.1", to: "192.0.2.1", port: 443, fromPort: 5002},
	{ts: 300, uid: "Cd", from: "fe80::1%eth0", to: "fe80::2", port: 22, fromPort: 5003},
}

func TestLabels(t *testing.T) {
	id := community.Of("tcp", "10.0.0.9", "10.0.0.2", 80, 5001) // of the second flow, from its other end
	for name, tt := range map[string]struct{ table, want string }{
		"interval, both ends in it": {"start,end,label\n100,150.5,x\n", "x x benign benign"},
		"as dates":                  {"start,end,label\n1970-01-01T00:02:00Z,1970-01-01 00:03:20,x\n", "benign x x benign"},
		"open interval":             {"start,end,label\n200,,x\n,100,y\n", "y benign x x"},
		"address at either end":     {"address,label\n10.0.0.2,x\n", "x x benign benign"},
		"address, other form":       {"address,label\n::ffff:10.0.0.1,x\nfe80::2,y\n", "x benign x y"},
		"network":                   {"address,label\n10.0.0.8/29,x\n192.0.0.0/8,y\n", "benign x y benign"},
		"network, other form":       {"address,label\n::ffff:10.0.0.8/125,x\n::ffff:192.0.2.0/120,y\n", "benign x y benign"},
		"port":                      {"port,label\n22,x\n5002,y\n", "x benign y x"},
		"address and port":          {"address,port,label\n10.0.0.1,22,x\n", "x benign benign benign"},
		"uid":                       {"uid,label\nCc,x\nCa,y\n", "y benign x benign"},
		"community":                 {"community_id,label\n" + id + ",x\n", "benign x benign benign"},
		"first line wins":           {"start,end,address,uid,label\n,,,Cb,a\n0,1000,10.0.0.2,,b\n0,1000,,,c\n,,,Ca,d\n", "b a c c"},
		"first of the overlapping":  {"start,end,label\n140,160,a\n0,120,b\n90,310,c\n150,150.5,d\n", "b a c c"},
		"all parts must hold":       {"start,end,address,port,uid,label\n100,100,10.0.0.1,22,Ca,x\n100,100,10.0.0.1,22,Cb,y\n", "x benign benign benign"},
		"a dash is nothing":         {"start,end,address,port,label,note\n-,-,10.0.0.9,-,x,seen by eye\n", "benign x benign benign"},
	} {
		truth, err := parse(tt.table)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := labels(t, truth, some); got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
	truth, _ := parse("uid,label\nCa,x\nnone,y\n")
	labels(t, truth, some)
	if n := truth.Notes(); len(n) != 1 || n[0] != "t.csv: 1 of 2 lines label no record, lines 3 among them" {
		t.Errorf("notes %q", n)
	}
}

// The lists find what going through all lines finds.
func TestAgainstAllLines(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	host := func() string { return fmt.Sprintf("10.0.0.%d", rng.IntN(6)) }
	for range 50 {
		var b strings.Builder
		b.WriteString("start,end,address,port,uid,label\n")
		for i := range 1 + rng.IntN(40) {
			part := func(s string) string {
				if rng.IntN(2) == 0 {
					return ""
				}
				return s
			}
			start := rng.IntN(100)
			fmt.Fprintf(&b, "%s,%d,%s,%s,%s,l%d\n", part(fmt.Sprint(start)), start+rng.IntN(60), part(host()), part(fmt.Sprint(rng.IntN(3))), []string{"", "", fmt.Sprint("C", rng.IntN(9))}[rng.IntN(3)], i)
		}
		truth, err := parse(b.String())
		if err != nil {
			t.Fatal(err)
		}
		for range 200 {
			f := flow{ts: float64(rng.IntN(140)), uid: fmt.Append(nil, "C", rng.IntN(9)), ports: [2]float64{float64(rng.IntN(3)), float64(rng.IntN(3))}}
			for i := range f.ends {
				p, _ := network(host())
				f.ends[i] = p.Addr()
			}
			want := ""
			for i := range truth.entries {
				if f.is(&truth.entries[i]) {
					want = string(truth.entries[i].label)
					break
				}
			}
			if got := string(truth.find(&f)); got != want {
				t.Fatalf("%s, not %s, for %+v in\n%s", got, want, f, b.String())
			}
		}
	}
}

func TestBadTruth(t *testing.T) {
	for table, says := range map[string]string{
		"start,label\nyesterday,x\n":        `t.csv:2: start: "yesterday" is not a time`,
		"address,label\n10.0.0.300,x\n":     `t.csv:2: address: "10.0.0.300" is neither`,
		"port,label\n70000,x\n":             `t.csv:2: port: "70000" is not a port`,
		"start,label\n1767323045250000,x\n": `t.csv:2: start: "1767323045250000" is not a time`,
		"start,end,label\n5,4,x\n":          "t.csv:2: it ends before it starts",
		"uid,label\nCa,\n":                  "t.csv:2: no label",
		"uid,label\n,x\n":                   "t.csv:2: it would label every flow",
		"uid,label\n":                       "t.csv: no line that labels anything",
		"uid,start\nCa,1\n":                 "t.csv: no column label",
		"adress,label\n10.0.0.1,x\n":        `t.csv: no column of ground truth is called "adress"`,
		"uid,label\nCa,x,y\n":               "t.csv:2: the record has 3 columns, the header 2",
	} {
		_, err := parse(table)
		if inkling.CodeOf(err) != inkling.Invalid || !strings.HasPrefix(err.Error(), says) || !strings.HasSuffix(err.Error(), ")") {
			t.Errorf("%q: %v, not %s", table, err, says)
		}
	}
	// Records that have nothing to hold it to.
	truth, _ := parse("address,label\n10.0.0.1,x\n")
	l := truth.Label(csv.NewReader(strings.NewReader("a,b\n1,2\n"), "x", nil), "label", "benign")
	if err := l.Read(&inkling.Record{}); err == nil || !strings.Contains(err.Error(), "x:2: the record has nothing to hold the address of t.csv to") {
		t.Errorf("%v", err)
	}
}

// Times may be milliseconds, as in Zeek's JSON::TS_MILLIS.
func TestMilliseconds(t *testing.T) {
	truth, err := parse("start,end,label\n1767323045250,1767323046,x\n")
	if err != nil || truth.entries[0].start != 1767323045.25 || truth.entries[0].end != 1767323046 {
		t.Errorf("%+v, %v", truth, err)
	}
}

// A record's own Community ID is what counts, and its time whatever it is called.
func TestLabelsOfOtherRecords(t *testing.T) {
	truth, err := parse("start,end,community_id,label\n100,200,,x\n,,1:own,y\n")
	if err != nil {
		t.Fatal(err)
	}
	s := &inkling.Schema{Name: "table", Fields: []inkling.Field{{Name: "community_id"}, {Name: "when", Kind: inkling.Time}}}
	in := &fixed{}
	for _, v := range []struct {
		id   string
		when float64
	}{{"1:own", 0}, {"1:other", 150}, {"1:other", 201}} {
		var r inkling.Record
		r.Reset(s)
		r.Text[0], r.Num[1] = []byte(v.id), v.when
		in.rows = append(in.rows, r)
	}
	l := truth.Label(in, "label", "benign")
	for i, want := range []string{"y", "x", "benign"} {
		var r inkling.Record
		if err := l.Read(&r); err != nil || string(r.Text[2]) != want {
			t.Errorf("record %d: %q (%v), want %s", i, r.Text, err, want)
		}
	}
}

// fixed yields records that are there.
type fixed struct{ rows []inkling.Record }

func (f *fixed) Read(r *inkling.Record) error {
	if len(f.rows) == 0 {
		return io.EOF
	}
	*r, f.rows = f.rows[0], f.rows[1:]
	return nil
}

func (*fixed) Close() error { return nil }

func FuzzRead(f *testing.F) {
	f.Add("start,end,address,port,community_id,uid,label\n1,2,10.0.0.1,80,1:x,C,x\n,,10.0.0.0/8,,,,y\n")
	f.Fuzz(func(t *testing.T, text string) {
		if truth, err := parse(text); err == nil {
			labels(t, truth, some)
		}
	})
}

// BenchmarkLabel labels flows by 100,000 lines of one attacker.
func BenchmarkLabel(b *testing.B) {
	var text strings.Builder
	text.WriteString("start,end,address,label\n")
	for i := range 100000 {
		fmt.Fprintf(&text, "%d,%d,10.0.0.1,x\n", i*10, i*10+5)
	}
	truth, err := parse(text.String())
	if err != nil {
		b.Fatal(err)
	}
	l := truth.Label(&reader{schema: conn.NewSchema("flow")}, "label", "benign")
	in := l.in.(*reader)
	in.flows = make(flows, 1)
	in.flows[0] = some[0]
	var rec inkling.Record
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		in.n, in.flows[0].ts = 0, float64(n%1000000)
		if err := l.Read(&rec); err != nil {
			b.Fatal(err)
		}
	}
}
