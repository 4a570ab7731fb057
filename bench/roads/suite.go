package main

import (
	"archive/tar"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/inkling-sec/inkling/read"
	"github.com/inkling-sec/inkling/read/zeek"
)

// suite is Zeek's test suite as far as flows are concerned.
type suite struct {
	captures map[string][]flow // ours of each capture; with " -C" to the name, those without a look at checksums
	logs     map[string][]flow // Zeek's of each test
	cut      int               // tests whose log was cut to some columns
}

func loadSuite(dir string) (*suite, error) {
	f, err := os.Open(filepath.Join(dir, "zeek-btest-traces", "testing.tar.zst"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := zstd.NewReader(f)
	if err != nil {
		return nil, err
	}
	defer z.Close()
	s := &suite{captures: map[string][]flow{}, logs: map[string][]flow{}}
	for t := tar.NewReader(z); ; {
		h, err := t.Next()
		if err == io.EOF {
			return s, nil
		}
		if err != nil {
			return nil, err
		}
		if err := s.take(h.Name, t); err != nil {
			return nil, err
		}
	}
}

func (s *suite) take(name string, r io.Reader) error {
	if base, ok := strings.CutPrefix(name, "testing/btest/Baseline/"); ok && filepath.Base(name) == "conn.log" {
		b, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		test := filepath.Dir(base)
		log := parseLog(b)
		if len(log) == 0 {
			s.cut++
			return nil
		}
		s.logs[test] = log
		return nil
	}
	trace, ok := strings.CutPrefix(name, "testing/btest/Traces/")
	if !ok {
		return nil
	}
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	for _, any := range []bool{false, true} {
		rr, format, err := read.New(bytes.NewReader(b), trace, read.Options{AnyChecksum: any})
		if err != nil || format != "pcap" {
			return nil
		}
		name := trace
		if any {
			name += " -C"
		}
		s.captures[name], _ = all(rr) // of a cut capture what was before the cut
	}
	return nil
}

// renamed are the columns that some tests of the logging framework rename.
var renamed = map[string]string{
	"src": "id.orig_h", "src_ip": "id.orig_h", "src_port": "id.orig_p", "dst": "id.resp_h", "dst_ip": "id.resp_h", "dst_port": "id.resp_p",
	"id_orig_h": "id.orig_h", "id_orig_p": "id.orig_p", "id_resp_h": "id.resp_h", "id_resp_p": "id.resp_p",
}

// parseLog reads a baseline, whose times are masked; it gives nothing for one that was cut to some columns.
func parseLog(b []byte) []flow {
	lines := strings.Split(string(b), "\n")
	for i, l := range lines {
		if !strings.HasPrefix(l, "#fields\t") {
			lines[i] = strings.ReplaceAll(l, "XXXXXXXXXX.XXXXXX", "-")
			continue
		}
		columns := strings.Split(l, "\t")
		for j, c := range columns {
			columns[j] = cmp.Or(renamed[c], c)
		}
		if !slices.Contains(columns, "orig_ip_bytes") || !slices.Contains(columns, "id.orig_h") {
			return nil
		}
		lines[i] = strings.Join(columns, "\t")
	}
	flows, err := all(zeek.NewTSV(strings.NewReader(strings.Join(lines, "\n")), "conn.log"))
	if err != nil {
		return nil
	}
	return flows
}

// judged is what came of a test: Zeek's flows, and those that only we have.
type judged struct {
	test, capture string
	flows         []verdict
	left          []flow
}

// judge holds our flows of the capture that a test was made of to Zeek's. The suite's scripts say which capture that
// is, and whether checksums are looked at. They are not here: it is the capture that has most of the log's endpoints,
// fits it best, and has the fewest flows besides.
func (s *suite) judge(test string) (best judged) {
	score := func(j judged) (n int) {
		for _, v := range j.flows {
			if v.ours != nil {
				n += 100 - len(v.differs)
			}
		}
		return n*1000 - len(j.left)
	}
	for _, name := range slices.Sorted(maps.Keys(s.captures)) {
		j := judged{test: test, capture: name}
		j.flows, j.left = match(s.logs[test], s.captures[name], tolerances{"duration": {absolute: 1e-6}})
		if best.flows == nil || score(j) > score(best) {
			best = j
		}
	}
	return best
}

func (s *suite) all() (judged []judged) {
	for _, test := range slices.Sorted(maps.Keys(s.logs)) {
		judged = append(judged, s.judge(test))
	}
	return judged
}

// groups are the table's columns.
var groups = []string{"TCP", "UDP", "ICMP", "other protocols", "in tests of tunnels", "changed by a script"}

const (
	others = iota + 3
	tunnels
	changed
)

// group tells in which column a test's flow counts.
func (j *judged) group(v verdict) int {
	if r, ok := reasons[j.test]; ok && r.script {
		return changed
	}
	tunnel := strings.HasPrefix(j.test, "core.tunnels.")
	for _, f := range j.flows {
		tunnel = tunnel || f.other["tunnel_parents"] != nil
	}
	if tunnel {
		return tunnels
	}
	if at := slices.Index([]string{"tcp", "udp", "icmp"}, fmt.Sprint(v.other["proto"])); at >= 0 {
		return at
	}
	return others
}

// compareSuite tells how our flows of the suite's captures agree with Zeek's.
func compareSuite(out io.Writer, data string, list bool) error {
	s, err := loadSuite(data)
	if err != nil {
		return err
	}
	columns := make([][]verdict, len(groups))
	for _, j := range s.all() {
		for _, v := range j.flows {
			columns[j.group(v)] = append(columns[j.group(v)], v)
		}
		if list {
			tell(out, j.test+", "+j.capture, j.flows, j.left)
		}
	}
	table(out, groups, columns)
	fmt.Fprintf(out, "\n%d tests' logs are cut to some columns and count nowhere.\n", s.cut)
	for _, test := range slices.Sorted(maps.Keys(reasons)) {
		fmt.Fprintf(out, "- %s: %s\n", test, reasons[test].why)
	}
	return nil
}
