package netflow

import (
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/csv"
	"github.com/inkling-sec/inkling/read/readtest"
)

// tables are the talk of the other tests as versions of nfdump write it.
var tables = map[string]string{
	"1.6": `ts,te,td,sa,da,sp,dp,pr,flg,fwd,stos,ipkt,ibyt,opkt,obyt,in,out,sas,das,smk,dmk,dtos,dir,nh,nhb,svln,dvln,tr
2023-11-14 22:13:20.000,2023-11-14 22:13:21.500,1.500,10.0.0.1,10.0.0.2,51000,443,TCP,...AP.SF,0,0,10,1520,0,0,1,2,0,0,0,0,0,0,0.0.0.0,0.0.0.0,0,0,2023-11-14 22:14:20.000
2023-11-14 22:13:20.020,2023-11-14 22:13:21.490,1.470,10.0.0.2,10.0.0.1,443,51000,TCP,...AP.SF,0,0,8,5416,0,0,1,2,0,0,0,0,0,0,0.0.0.0,0.0.0.0,0,0,2023-11-14 22:14:20.000
2023-11-14 22:13:20.130,2023-11-14 22:13:20.130,0.000,10.0.0.4,10.0.0.3,53,53000,UDP,........,0,0,1,84,0,0,1,2,0,0,0,0,0,0,0.0.0.0,0.0.0.0,0,0,2023-11-14 22:14:20.000
2023-11-14 22:13:20.100,2023-11-14 22:13:20.100,0.000,10.0.0.3,10.0.0.4,53000,53,UDP,........,0,0,1,68,0,0,1,2,0,0,0,0,0,0,0.0.0.0,0.0.0.0,0,0,2023-11-14 22:14:20.000
2023-11-14 22:13:20.200,2023-11-14 22:13:20.200,0.000,10.0.0.1,10.0.0.2,51001,22,TCP,......S.,0,0,1,60,0,0,1,2,0,0,0,0,0,0,0.0.0.0,0.0.0.0,0,0,2023-11-14 22:14:20.000
2023-11-14 22:13:20.200,2023-11-14 22:13:20.200,0.000,10.0.0.2,10.0.0.1,22,51001,TCP,...A.R..,0,0,1,40,0,0,1,2,0,0,0,0,0,0,0.0.0.0,0.0.0.0,0,0,2023-11-14 22:14:20.000
2023-11-14 22:13:20.300,2023-11-14 22:13:21.300,1.000,10.0.0.5,10.0.0.6,0,8.0,ICMP,........,0,0,2,168,0,0,1,2,0,0,0,0,0,0,0.0.0.0,0.0.0.0,0,0,2023-11-14 22:14:20.000
2023-11-14 22:13:20.310,2023-11-14 22:13:21.310,1.000,10.0.0.6,10.0.0.5,0,0.0,ICMP,........,0,0,2,168,0,0,1,2,0,0,0,0,0,0,0.0.0.0,0.0.0.0,0,0,2023-11-14 22:14:20.000
2023-11-14 22:13:20.400,2023-11-14 22:13:20.400,0.000,10.0.0.7,10.0.0.8,40000,9999,UDP,........,0,0,1,29,0,0,1,2,0,0,0,0,0,0,0.0.0.0,0.0.0.0,0,0,2023-11-14 22:14:20.000
Summary
flows,bytes,packets,avg_bps,avg_pps,avg_bpp
9,7553,27,46123,20,279
`,
	"1.7.4, both ways": `firstSeen,lastSeen,proto,srcAddr,srcPort,dstAddr,dstPort,flags,packets,bytes,outPackets,outBytes
2023-11-14 22:13:20.000,2023-11-14 22:13:21.500,TCP,10.0.0.1,51000,10.0.0.2,443,...AP.SF,10,1520,0,0
2023-11-14 22:13:20.020,2023-11-14 22:13:21.490,TCP,10.0.0.2,443,10.0.0.1,51000,...AP.SF,8,5416,0,0
2023-11-14 22:13:20.100,2023-11-14 22:13:20.130,UDP,10.0.0.3,53000,10.0.0.4,53,........,1,68,1,84
2023-11-14 22:13:20.200,2023-11-14 22:13:20.200,TCP,10.0.0.1,51001,10.0.0.2,22,......S.,1,60,0,0
2023-11-14 22:13:20.200,2023-11-14 22:13:20.200,TCP,10.0.0.2,22,10.0.0.1,51001,...A.R..,1,40,0,0
2023-11-14 22:13:20.300,2023-11-14 22:13:21.310,ICMP,10.0.0.5,0,10.0.0.6,8.0,........,2,168,2,168
2023-11-14 22:13:20.400,2023-11-14 22:13:20.400,UDP,10.0.0.7,40000,10.0.0.8,9999,........,1,29,0,0
`,
	"csv-fast": `cnt,af,firstSeen,lastSeen,proto,srcAddr,srcPort,dstAddr,dstPort,srcAS,dstAS,input,output,flags,srcTos,packets,bytes
1,2,1700000000000,1700000001500,6,10.0.0.1,51000,10.0.0.2,443,0,0,1,2,...AP.SF,0,10,1520
2,2,1700000000020,1700000001490,6,10.0.0.2,443,10.0.0.1,51000,0,0,1,2,...AP.SF,0,8,5416
3,2,1700000000130,1700000000130,17,10.0.0.4,53,10.0.0.3,53000,0,0,1,2,........,0,1,84
4,2,1700000000100,1700000000100,17,10.0.0.3,53000,10.0.0.4,53,0,0,1,2,........,0,1,68
5,2,1700000000200,1700000000200,6,10.0.0.1,51001,10.0.0.2,22,0,0,1,2,0x2,0,1,60
6,2,1700000000200,1700000000200,6,10.0.0.2,22,10.0.0.1,51001,0,0,1,2,20,0,1,40
7,2,1700000000300,1700000001300,1,10.0.0.5,0,10.0.0.6,2048,0,0,1,2,........,0,2,168
8,2,1700000000310,1700000001310,1,10.0.0.6,0,10.0.0.5,0,0,0,1,2,........,0,2,168
9,2,1700000000400,1700000000400,17,10.0.0.7,40000,10.0.0.8,9999,0,0,1,2,........,0,1,29
`,
}

func openTable(r io.Reader, file string) (inkling.Reader, error) {
	return NewTable(csv.NewReader(Rows(r), file, nil), file, Options{}), nil
}

func TestTables(t *testing.T) {
	for name, text := range tables {
		t.Run(name, func(t *testing.T) {
			r, _ := openTable(strings.NewReader(text), "x")
			got, errs := drain(r)
			if len(errs) > 0 || !reflect.DeepEqual(got, talked) {
				t.Errorf("%v\n%v\nwant\n%v", errs, got, talked)
			}
			if !MatchTable([]byte(text)) {
				t.Error("is not recognised")
			}
			readtest.Check(t, openTable, []byte(text))
		})
	}
}

// nfdump 1.7.1 writes whole seconds, and how long a flow took to the millisecond.
func TestTableDuration(t *testing.T) {
	r, _ := openTable(strings.NewReader("ts,te,td,sa,da,sp,dp,pr,flg,fwd,stos,ipkt,ibyt,opkt,obyt,tr\n"+
		"2023-11-14 22:13:20,2023-11-14 22:13:20,0.463,10.0.0.2,10.0.0.1,443,51000,TCP,...AP.S.,0,0,3,230,0,0,2023-11-14 22:14:20.407\n"+
		"2023-11-14 22:13:20,2023-11-14 22:13:20,0.463,10.0.0.1,10.0.0.2,51000,443,TCP,...AP.S.,0,0,5,344,0,0,2023-11-14 22:14:20.407\n"), "x")
	got, errs := drain(r)
	if len(errs) > 0 || len(got) != 1 || got[0]["duration"] != 0.463 || got[0]["id.orig_h"] != "10.0.0.1" || got[0]["orig_pkts"] != 5.0 {
		t.Errorf("%v %v", got, errs)
	}
}

// A flow of an hour between the halves of another does not tear these apart, where a table does not tell when it was received.
func TestTableOfLongFlows(t *testing.T) {
	r, _ := openTable(strings.NewReader("ts,te,sa,da,sp,dp,pr,flg,ipkt,ibyt\n"+
		"2023-11-14 22:13:20.000,2023-11-14 22:13:21.500,10.0.0.1,10.0.0.2,51000,443,TCP,...AP.SF,10,1520\n"+
		"2023-11-14 22:13:20.010,2023-11-14 23:13:20.010,10.0.0.9,10.0.0.8,51000,22,TCP,...AP...,10,1520\n"+
		"2023-11-14 22:13:20.020,2023-11-14 22:13:21.490,10.0.0.2,10.0.0.1,443,51000,TCP,...AP.SF,8,5416\n"), "x")
	got, errs := drain(r)
	if len(errs) > 0 || len(got) != 2 || got[0]["orig_pkts"] != 10.0 || got[0]["resp_pkts"] != 8.0 || got[0]["conn_state"] != "SF" {
		t.Errorf("%v %v", got, errs)
	}
}

func TestTableErrors(t *testing.T) {
	const head = "ts,td,pr,sa,sp,da,dp,ipkt,ibyt\n"
	for _, tt := range []struct{ text, says string }{
		{"ts,td,sa,da\n1,1,10.0.0.1,10.0.0.2\n", "no column sp or srcPort"},
		{head + "soon,1,TCP,10.0.0.1,1,10.0.0.2,2,1,40\n", `x:2: ts: "soon"`},
		{head + "1,long,TCP,10.0.0.1,1,10.0.0.2,2,1,40\n", `x:2: td: "long"`},
		{head + "1,1,TCP,here,1,10.0.0.2,2,1,40\n", `x:2: sa: "here"`},
		{head + "1,1,TCP,10.0.0.1,1,::1,2,1,40\n", `x:2: da: "::1"`},
		{head + "1,1,999,10.0.0.1,1,10.0.0.2,2,1,40\n", `x:2: pr: "999"`},
		{head + "1,1,TCP,10.0.0.1,http,10.0.0.2,2,1,40\n", `x:2: sp: "http"`},
		{head + "1,1,TCP,10.0.0.1,1,10.0.0.2,443x,1,40\n", `x:2: dp: "443x"`},
		{head + "1,1,ICMP,10.0.0.1,1,10.0.0.2,8.256,1,40\n", `x:2: dp: "8.256"`},
		{head + "1,1,TCP,10.0.0.1,1,10.0.0.2,2,1.2 M,40\n", `x:2: ipkt: "1.2 M"`},
		{head + "1,1,TCP,10.0.0.1,1,10.0.0.2,2,1,lots\n", `x:2: ibyt: "lots"`},
		{head + "1,1,TCP\n", "x:2: the record has 3 columns"},
	} {
		r, _ := openTable(strings.NewReader(tt.text), "x")
		if got, errs := drain(r); len(got) > 0 || len(errs) != 1 || !strings.Contains(errs[0], tt.says) {
			t.Errorf("%q: %v %q", tt.text, got, errs)
		}
	}
}

// TestTableLines gives a record the line of its first flow.
func TestTableLines(t *testing.T) {
	r, _ := openTable(strings.NewReader(tables["1.6"]), "x")
	var rec inkling.Record
	for _, want := range []int{2, 4, 6, 8, 10} {
		if err := r.Read(&rec); err != nil || rec.Origin != (inkling.Origin{File: "x", Line: want}) {
			t.Errorf("%v at %v, want %d", err, rec.Origin, want)
		}
	}
}

func FuzzTable(f *testing.F) {
	for _, text := range tables {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) { readtest.Drain(t, openTable, b) })
}
