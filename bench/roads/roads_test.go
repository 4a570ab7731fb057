package main

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
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
