package argus

import (
	"io"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/csv"
	"github.com/inkling-sec/inkling/read/readtest"
)

const table = `StartTime,Dur,Proto,SrcAddr,Sport,Dir,DstAddr,Dport,State,sTos,dTos,TotPkts,TotBytes,SrcBytes,SrcPkts,Label
2026/01/02 03:04:05.250000,1.500000,tcp,10.0.0.1,51000,   ->,10.0.0.2,443,FSPA_FSPA,0,0,18,7188,1660,10,x
2026/01/02 03:04:05.250000,0.000000,arp,10.0.0.1,,  who,10.0.0.2,,INT,,,1,60,60,1,
2026/01/02 03:04:05.250000,0.100000,tcp,10.0.0.1,22,   <-,10.0.0.2,40000,RA_S,0,0,2,134,60,1,
2026/01/02 03:04:05.250000,0.030000,udp,10.0.0.3,53000,  <->,10.0.0.4,53,CON,0,0,2,180,82,1,
2026/01/02 03:04:05.250000,0.000000,icmp,10.0.0.3,0x0008,   ->,10.0.0.4,0x0000,ECO,0,,1,98,98,1,
2026/01/02 03:04:05.250000,9.500000,igmp,10.0.0.3,,   ->,224.0.0.22,,INT,0,,2,120,120,2,
2026/01/02 03:04:05.250000,9.500000,rtp,10.0.0.3,5004,  <->,10.0.0.4,6000,CON,0,,20,4280,2140,10,
`

func open(r io.Reader, file string) (inkling.Reader, error) {
	return NewReader(csv.NewReader(r, file, nil)), nil
}

func TestFlowsAsZeekHasThem(t *testing.T) {
	r := NewReader(csv.NewReader(strings.NewReader(table), "x", nil))
	want := []map[string]any{
		{"ts": 1767323045.25, "id.orig_h": "10.0.0.1", "id.resp_p": 443.0, "conn_state": "SF", "history": "ShADadFf", "orig_pkts": 10.0, "resp_pkts": 8.0, "orig_bytes": 992.0, "resp_bytes": 4992.0, "label": "x"},
		{"id.orig_h": "10.0.0.2", "id.orig_p": 40000.0, "id.resp_p": 22.0, "conn_state": "REJ", "orig_ip_bytes": 60.0, "resp_ip_bytes": 46.0},
		{"proto": "udp", "conn_state": "SF", "orig_bytes": 40.0, "resp_bytes": 56.0},
		{"proto": "icmp", "id.orig_p": 8.0, "id.resp_p": 0.0, "conn_state": "OTH", "duration": nil, "orig_bytes": nil},
		{"proto": "unknown_transport", "id.orig_p": 0.0, "id.resp_p": 0.0, "conn_state": "OTH", "history": nil, "orig_bytes": 0.0, "orig_ip_bytes": 92.0},
		{"proto": "udp", "conn_state": "SF", "orig_bytes": 1720.0},
	}
	var rec inkling.Record
	for _, w := range want {
		if err := r.Read(&rec); err != nil {
			t.Fatal(err)
		}
		readtest.Fields(t, &rec, w)
	}
	if err := r.Read(&rec); err != io.EOF || r.Passed != 1 || len(inkling.NotesOf(r)) != 1 {
		t.Errorf("%v, %d passed over, %q", err, r.Passed, inkling.NotesOf(r))
	}
}

// Without -Z b ra has words, for ICMP type and code in one number, or in two.
func TestWordsOfRa(t *testing.T) {
	const head = "StartTime,Dur,Proto,SrcAddr,Sport,Dir,DstAddr,Dport,State,TotPkts,TotBytes,SrcBytes,SrcPkts\n"
	for line, want := range map[string]map[string]any{
		"1.5,0,tcp,10.0.0.1,4000,->,10.0.0.2,22,REQ,1,60,60,1":                  {"conn_state": "S0", "history": "S", "duration": nil},
		"1.5,2,tcp,10.0.0.1,4000,->,10.0.0.2,22,CON,9,900,500,5":                {"conn_state": "S1", "duration": 2.0},
		"1.5,2,tcp,10.0.0.1,4000,->,10.0.0.2,22,CLO,9,900,500,5":                {"conn_state": "SF"},
		"1.5,2,tcp,10.0.0.1,4000,->,10.0.0.2,22,LAS,9,900,500,5":                {"conn_state": "SF"},
		"1.5,2,tcp,10.0.0.1,4000,->,10.0.0.2,22,FIN,9,900,500,5":                {"conn_state": "SF"},
		"1.5,2,tcp,10.0.0.1,4000,->,10.0.0.2,22,RST,9,900,500,5":                {"conn_state": "RSTR"},
		"1.5,2,tcp,10.0.0.1,4000,->,10.0.0.2,22,ACC,2,120,60,1":                 {"conn_state": "S1", "history": "Sh"},
		"1.5,2,tcp,10.0.0.1,4000,->,10.0.0.2,22,URP,2,120,60,1":                 {"conn_state": "OTH", "history": ""},
		"1.5,2,udp,10.0.0.1,53,->,10.0.0.2,4000,INT,2,200,200,2":                {"id.orig_h": "10.0.0.2", "id.resp_p": 53.0, "conn_state": "SHR", "resp_pkts": 2.0},
		"1.5,2,udp,10.0.0.1,5353,->,224.0.0.251,4000,INT,2,200,200,2":           {"id.orig_h": "10.0.0.1", "conn_state": "S0"},
		"1.5,2,tcp,10.0.0.1,443,<?>,10.0.0.2,4000,PA_A,9,900,500,5":             {"id.orig_h": "10.0.0.2", "id.resp_p": 443.0, "orig_pkts": 4.0, "conn_state": "OTH"},
		"1.5,0,icmp,10.0.0.1,0x0103,->,10.0.0.2,0x47e7,URH,1,70,70,1":           {"id.orig_p": 3.0, "id.resp_p": 1.0},
		"1.5,3,ipv6-icmp,2001:0db8::0001,128,<->,2001:db8::2,0,ECO,8,752,376,4": {"id.orig_h": "2001:db8::1", "id.orig_p": 128.0, "id.resp_p": 129.0},
	} {
		var rec inkling.Record
		if err := NewReader(csv.NewReader(strings.NewReader(head+line+"\n"), "x", nil)).Read(&rec); err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		readtest.Fields(t, &rec, want)
	}
}

func TestSplit(t *testing.T) {
	for _, row := range [][4]float64{{35, 3766, 1224, 11}, {2, 208, 72, 1}, {3, 126, 126, 3}, {0, 0, 0, 0}, {2, 1000, 1, 1}} {
		if got := split(row[0], row[1], row[2]); got != row[3] {
			t.Errorf("of %v packets the first side sent %v, want %v", row[0], got, row[3])
		}
	}
}

func TestBattery(t *testing.T) { readtest.Check(t, open, []byte(table)) }

func FuzzRead(f *testing.F) {
	f.Add([]byte(table))
	f.Fuzz(func(t *testing.T, b []byte) { readtest.Drain(t, open, b) })
}
