package cicflow

import (
	"io"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/csv"
	"github.com/inkling-sec/inkling/read/readtest"
)

// The same three flows and an ARP record under the names of each version; hosts, counts and labels are made up.
const (
	old = "Flow ID, Source IP, Source Port, Destination IP, Destination Port, Protocol, Timestamp, Flow Duration, Total Fwd Packets, Total Backward Packets,Total Length of Fwd Packets, Total Length of Bwd Packets,Flow Bytes/s, Flow Packets/s, Fwd Header Length, Bwd Header Length,FIN Flag Count, SYN Flag Count, RST Flag Count, Fwd Header Length, Label\n" +
		"a,10.0.0.1,51000,10.0.0.2,443,6,5/7/2017 8:59,1500000,10,8,1000,5000,4000,12,320,256,1,1,0,320,BENIGN\n" +
		"b,10.0.0.1,40000,10.0.0.2,22,6,5/7/2017 8:59,0,1,1,0,0,Infinity,Infinity,32,-20,0,0,1,32,PortScan\n" +
		"c,10.0.0.3,0,10.0.0.2,0,0,5/7/2017 8:59,3,1,1,0,0,NaN,NaN,0,0,0,0,0,0,BENIGN\n" +
		"d,10.0.0.3,53000,10.0.0.4,53,17,5/7/2017 8:59,30000,1,1,40,56,3200,66.7,8,8,0,0,0,8,BENIGN\n"
	later = "Flow ID,Src IP,Src Port,Dst IP,Dst Port,Protocol,Timestamp,Flow Duration,Total Fwd Packet,Total Bwd packets,Total Length of Fwd Packet,Total Length of Bwd Packet,Flow Packets/s,Fwd Header Length,Bwd Header Length,FIN Flag Count,SYN Flag Count,RST Flag Count,Label\n" +
		"a,10.0.0.1,51000,10.0.0.2,443,6,2017-07-05 08:59:00.000,1500000,10,8,1000,5000,12,320,256,2,2,0,BENIGN\n" +
		"b,10.0.0.1,40000,10.0.0.2,22,6,05/07/2017 08:59:00 AM,0,1,1,0,0,Infinity,32,20,0,1,1,PortScan\n" +
		"c,10.0.0.3,0,10.0.0.2,0,0,05/07/2017 08:59:00 AM,3,1,1,0,0,NaN,0,0,0,0,0,BENIGN\n" +
		"d,10.0.0.3,53000,10.0.0.4,53,17,05/07/2017 08:59:00,30000,1,1,40,56,66.7,8,8,0,0,0,BENIGN\n"
	short2018 = "Flow ID,Src IP,Src Port,Dst IP,Dst Port,Protocol,Timestamp,Flow Duration,Tot Fwd Pkts,Tot Bwd Pkts,TotLen Fwd Pkts,TotLen Bwd Pkts,Flow Pkts/s,Fwd Header Len,Bwd Header Len,FIN Flag Cnt,SYN Flag Cnt,RST Flag Cnt,Label\n" +
		"a,10.0.0.1,51000,10.0.0.2,443,6,05/07/2017 08:59:00,1500000,10,8,1000.0,5000.0,12,320,256,0,1,0,BENIGN\n"
	python = "src_ip,dst_ip,src_port,dst_port,protocol,timestamp,flow_duration,flow_byts_s,flow_pkts_s,tot_fwd_pkts,tot_bwd_pkts,totlen_fwd_pkts,totlen_bwd_pkts,fwd_header_len,bwd_header_len,fin_flag_cnt,syn_flag_cnt,rst_flag_cnt\n" +
		"10.0.0.1,10.0.0.2,51000,443,6,2017-07-05 08:59:00,1.5,0,12,10,8,1660,5528,0,0,2,2,0\n"
)

func open(r io.Reader, file string) (inkling.Reader, error) {
	return NewReader(csv.NewReader(r, file, nil)), nil
}

// Every version's table gives the flows that Zeek would log.
func TestFlowsAsZeekHasThem(t *testing.T) {
	first := map[string]any{
		"ts": 1499245140.0, "id.orig_h": "10.0.0.1", "id.orig_p": 51000.0, "id.resp_p": 443.0, "proto": "tcp", "duration": 1.5, "orig_pkts": 10.0, "resp_pkts": 8.0,
		"orig_bytes": 1000.0, "resp_bytes": 5000.0, "orig_ip_bytes": 1520.0, "resp_ip_bytes": 5416.0, "conn_state": "SF", "history": "ShADadFf",
	}
	scan := map[string]any{"ts": 1499245140.0, "id.resp_p": 22.0, "conn_state": "REJ", "duration": 0.0, "orig_bytes": 0.0, "label": "PortScan", "uid": "b", "orig_ip_bytes": 52.0}
	query := map[string]any{"proto": "udp", "conn_state": "SF", "history": "Dd", "orig_bytes": 40.0, "resp_bytes": 56.0, "orig_ip_bytes": 68.0, "label": "BENIGN"}
	for name, tt := range map[string]struct {
		table string
		want  []map[string]any
	}{
		"2017": {old, []map[string]any{first, scan, query}}, "later": {later, []map[string]any{first, scan, query}},
		"2018": {short2018, []map[string]any{with(first, "conn_state", "S1", "history", "ShADad")}}, "python": {python, []map[string]any{first}},
	} {
		t.Run(name, func(t *testing.T) {
			if !Match([]byte(tt.table)) || !Match([]byte("\xef\xbb\xbf"+strings.ReplaceAll(tt.table, ",", ";"))) {
				t.Error("not recognised")
			}
			r := NewReader(csv.NewReader(strings.NewReader(tt.table), "x", nil))
			var rec inkling.Record
			for _, w := range tt.want {
				if err := r.Read(&rec); err != nil {
					t.Fatal(err)
				}
				readtest.Fields(t, &rec, w)
			}
			if err := r.Read(&rec); err != io.EOF || (len(r.Notes()) == 1) != (len(tt.want) == 3) {
				t.Errorf("%v, notes %v", err, r.Notes())
			}
		})
	}
}

func with(m map[string]any, pairs ...string) map[string]any {
	out := map[string]any{}
	for k, v := range m {
		out[k] = v
	}
	for i := 0; i < len(pairs); i += 2 {
		out[pairs[i]] = pairs[i+1]
	}
	return out
}

// Tables without addresses, and those of other tools, are not taken for flows.
func TestMatchOthers(t *testing.T) {
	for _, head := range []string{"", "Destination Port,Flow Duration,Total Fwd Packets,Total Backward Packets,Label\n", "src_ip,dst_ip,bytes\n", "StartTime,Dur,Proto,SrcAddr,Sport,Dir,DstAddr,Dport,State,TotPkts,TotBytes\n"} {
		if Match([]byte(head)) {
			t.Errorf("%q is taken for CICFlowMeter's", head)
		}
	}
}

// A record that cannot be used is named, and the next one is read.
func TestBadRecords(t *testing.T) {
	head, rest, _ := strings.Cut(later, "\n")
	for _, tt := range []struct{ old, new, says string }{{"2017-07-05 08:59:00.000", "13/13/2017 1:01", "is not a time"}, {"10.0.0.1,51000", "host,51000", "is not an address"}} {
		says := tt.says
		r, _ := open(strings.NewReader(head+"\n"+strings.Replace(rest, tt.old, tt.new, 1)), "x")
		var rec inkling.Record
		if err := r.Read(&rec); !inkling.Skippable(err) || !strings.Contains(err.Error(), "x:2: ") || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, not %s", err, says)
		}
		if err := r.Read(&rec); err != nil || rec.Origin.Line != 3 {
			t.Errorf("after it: %v", err)
		}
	}
}

// Values as the versions write them, and those that are none.
func TestValues(t *testing.T) {
	head, rest, _ := strings.Cut(later, "\n")
	for _, tt := range []struct {
		old, new string
		want     map[string]any
	}{
		{"2017-07-05 08:59:00.000", "05/07/2017 12:00:01 AM", map[string]any{"ts": 1499212801.0}},
		{"2017-07-05 08:59:00.000", "05/07/2017 12:00:01 PM", map[string]any{"ts": 1499256001.0}},
		{"2017-07-05 08:59:00.000", "5/7/2017 1:02 PM", map[string]any{"ts": 1499259720.0}},
		{"2017-07-05 08:59:00.000", "05/07/2017 08:59:00.25", map[string]any{"ts": 1499245140.25}},
		{"2017-07-05 08:59:00.000", "5/7/3000 1:02", map[string]any{"ts": 32519667720.0}},
		{",6,", ",6.0,", map[string]any{"proto": "tcp"}},
		{",6,", ",TCP,", map[string]any{"proto": "tcp"}},
		{",6,", ",132,", map[string]any{"proto": "sctp", "conn_state": "OTH", "history": nil, "orig_bytes": 0.0, "resp_bytes": 0.0, "orig_ip_bytes": 1520.0, "resp_ip_bytes": 5416.0}},
		{"1500000", "-1", map[string]any{"duration": nil, "orig_pkts": 10.0}},
		{"1500000", "Infinity", map[string]any{"duration": nil}},
		{"1500000", "NaN", map[string]any{"duration": nil}},
		{",1000,", ",-1000,", map[string]any{"orig_bytes": nil, "orig_ip_bytes": nil, "resp_bytes": 5000.0}},
		{",12,", ",0,", map[string]any{"duration": 1.5}},
		{",320,256,", ",79,481,", map[string]any{"orig_ip_bytes": 1520.0, "resp_ip_bytes": 5416.0}}, // no headers of 10 and 8 packets
		{",320,256,", ",80,480,", map[string]any{"orig_ip_bytes": 1280.0, "resp_ip_bytes": 5640.0}},
		{"10,8,1000,5000,12,320,256,2,2,0", "2,2,0,0,12,64,64,0,1,1", map[string]any{"conn_state": "REJ"}},
		{"10,8,1000,5000,12,320,256,2,2,0", "3,2,0,0,12,64,64,0,1,1", map[string]any{"conn_state": "RSTO"}},
		{"10.0.0.1,51000", "10.0.0.1,51000.0", map[string]any{"id.orig_p": 51000.0}},
	} {
		r, _ := open(strings.NewReader(head+"\n"+strings.Replace(rest, tt.old, tt.new, 1)), "x")
		var rec inkling.Record
		if err := r.Read(&rec); err != nil || rec.Origin.Line != 2 {
			t.Errorf("%s: %v", tt.new, err)
			continue
		}
		readtest.Fields(t, &rec, tt.want)
	}
}

func TestBattery(t *testing.T) {
	readtest.Check(t, open, []byte(old))
	readtest.Check(t, open, []byte(python))
}

func FuzzRead(f *testing.F) {
	for _, table := range []string{old, later, short2018, python} {
		f.Add([]byte(table))
	}
	f.Fuzz(func(t *testing.T, b []byte) { readtest.Drain(t, open, b) })
}
