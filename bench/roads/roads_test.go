package main

import (
	"bytes"
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Our flows of the captures in Zeek's test suite are Zeek's own, but for what has a reason.
func TestZeeksSuite(t *testing.T) {
	s, err := loadSuite(cmp.Or(os.Getenv("INKLING_DATA"), "../../../shared/data"))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("zeek-btest-traces is not there; set INKLING_DATA to the folder that holds it")
	}
	if err != nil {
		t.Fatal(err)
	}
	if len(s.captures) < 1500 || len(s.logs) < 120 {
		t.Fatalf("%d captures, %d logs", len(s.captures), len(s.logs))
	}
	columns := make([][]verdict, len(groups))
	for _, j := range s.all() {
		differ := len(j.left) > 0
		for _, v := range j.flows {
			columns[j.group(v)] = append(columns[j.group(v)], v)
			delete(v.differs, "service")
			differ = differ || v.ours == nil || len(v.differs) > 0
			if _, known := reasons[j.test]; differ && !known {
				t.Errorf("%s, %s: %v differs without a reason: %v", j.test, j.capture, v.other, v.differs)
			}
		}
		if _, known := reasons[j.test]; known && !differ {
			t.Errorf("%s agrees: it needs no reason", j.test)
		}
		if _, known := reasons[j.test]; !known && len(j.left) > 0 {
			t.Errorf("%s, %s: flows that Zeek has not: %v", j.test, j.capture, j.left)
		}
	}
	for group, flows := range columns[:tunnels] {
		total, _ := count(flows)
		for _, name := range fields[:11] {
			if share := total.share(name); share < 0.95 {
				t.Errorf("%s: of %d %s flows %.1f %% agree", name, len(flows), groups[group], 100*share)
			}
		}
	}
}

func TestMatch(t *testing.T) {
	ours := []flow{
		{"proto": "udp", "id.orig_h": "a", "id.orig_p": 1.0, "id.resp_h": "b", "id.resp_p": 2.0, "ts": 10.0, "orig_pkts": 5.0, "resp_pkts": 6.0, "history": "ShA^Dd", "service": "dns"},
		{"proto": "udp", "id.orig_h": "a", "id.orig_p": 1.0, "id.resp_h": "b", "id.resp_p": 2.0, "ts": 90.0, "orig_pkts": 7.0, "resp_pkts": 8.0},
		{"proto": "udp", "id.orig_h": "a", "id.orig_p": 1.0, "id.resp_h": "c", "id.resp_p": 2.0, "ts": 95.0},
	}
	tests := []struct {
		name  string
		other flow
		want  string // fields that differ
	}{
		{"the same", flow{"ts": 10.0, "id.orig_h": "a", "id.orig_p": 1.0, "id.resp_h": "b", "id.resp_p": 2.0, "orig_pkts": 5.0, "resp_pkts": 6.0, "service": nil}, ""},
		{"turned", flow{"ts": 10.0, "id.orig_h": "b", "id.orig_p": 2.0, "id.resp_h": "a", "id.resp_p": 1.0, "orig_pkts": 6.0, "resp_pkts": 5.0}, "direction"},
		{"nearest in time", flow{"ts": 80.0, "id.orig_h": "a", "id.orig_p": 1.0, "id.resp_h": "b", "id.resp_p": 2.0, "orig_pkts": 5.0, "resp_pkts": 6.0}, "orig_pkts resp_pkts"},
		{"without a time, nearest in fields", flow{"id.orig_h": "a", "id.orig_p": 1.0, "id.resp_h": "b", "id.resp_p": 2.0, "orig_pkts": 7.0, "resp_pkts": 9.0}, "resp_pkts"},
		{"within tolerance", flow{"ts": 10.0, "id.orig_h": "a", "id.orig_p": 1.0, "id.resp_h": "b", "id.resp_p": 2.0, "orig_pkts": 6.0, "resp_pkts": 7.5}, "resp_pkts"},
		{"letters in another order", flow{"ts": 10.0, "id.orig_h": "a", "id.orig_p": 1.0, "id.resp_h": "b", "id.resp_p": 2.0, "history": "SAhdD"}, ""},
		{"one of several services", flow{"ts": 10.0, "id.orig_h": "a", "id.orig_p": 1.0, "id.resp_h": "b", "id.resp_p": 2.0, "service": "x,dns"}, ""},
		{"another service", flow{"ts": 10.0, "id.orig_h": "a", "id.orig_p": 1.0, "id.resp_h": "b", "id.resp_p": 2.0, "service": "x"}, "service"},
		{"nowhere", flow{"id.orig_h": "a", "id.orig_p": 1.0, "id.resp_h": "d", "id.resp_p": 2.0}, "not found"},
	}
	for _, tt := range tests {
		tt.other["proto"] = "udp"
		all, left := match([]flow{tt.other}, ours, tolerances{"orig_pkts": {absolute: 1}, "resp_pkts": {relative: 0.1}, "history": {letters: true}})
		var got []string
		for _, name := range fields {
			if _, ok := all[0].differs[name]; ok {
				got = append(got, name)
			}
		}
		if all[0].ours == nil {
			got = []string{"not found"}
		}
		if s := strings.Join(got, " "); s != tt.want || len(left) != 2 && tt.want != "not found" {
			t.Errorf("%s: %q differ, want %q; %d left", tt.name, s, tt.want, len(left))
		}
	}
}

// A capture of one datagram, and what a tool may have made of it.
func TestCompare(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "one")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	const capture = "\xd4\xc3\xb2\xa1\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\x00\x00\x65\x00\x00\x00" +
		"\x00\x00\x00\x60\x00\x00\x00\x00\x1d\x00\x00\x00\x1d\x00\x00\x00" +
		"\x45\x00\x00\x1d\x00\x00\x00\x00\x40\x11\x00\x00\x0a\x00\x00\x01\x0a\x00\x00\x02\x9c\x40\x27\x0f\x00\x09\x00\x00x"
	const binetflow = "StartTime,Dur,Proto,SrcAddr,Sport,Dir,DstAddr,Dport,State,TotPkts,TotBytes,SrcBytes,SrcPkts\n" +
		"1610612736.0,0,udp,10.0.0.1,40000,->,10.0.0.2,9999,INT,1,60,60,1\n1610612736.0,0,udp,10.0.0.1,40001,->,10.0.0.2,9999,INT,1,60,60,1\n"
	for name, text := range map[string]string{"capture": capture, "argus.binetflow": binetflow} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if err := run([]string{"compare", "--list", filepath.Dir(dir), "argus.binetflow"}, &out, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"10.0.0.1:40001 > 10.0.0.2:9999: not found", "1 captures; to 0 others", "| flows | 0 | 2 | 0 | 0 | 1 | 0 |", "| orig_ip_bytes | - | 50.0 % | - | - | 100.0 % | - |"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, &out)
		}
	}
}
