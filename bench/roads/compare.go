package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read"
)

// ofTools are how far other tools' numbers may lie from ours. They count whole frames, with what fills a short one up to
// 60 bytes, the payload is estimated from those by headers of the usual size, packets after a close still move the
// end, and the order of flags is not kept.
var ofTools = tolerances{
	"history":       {letters: true},
	"duration":      {absolute: 1e-3, relative: 0.01},
	"orig_ip_bytes": {packet: 18}, "resp_ip_bytes": {packet: 18},
	"orig_bytes": {packet: 20}, "resp_bytes": {packet: 20},
}

// compare holds our flows of the captures in dir's folders to those of the file of that name beside each.
func compare(out io.Writer, dir, name string, list bool) error {
	folders, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	names := []string{"TCP", "UDP", "ICMP", "TCP, of as many packets", "UDP, of as many packets", "ICMP, of as many packets"}
	columns := make([][]verdict, len(names))
	captures, without, left := 0, 0, 0
	for _, f := range folders {
		path := filepath.Join(dir, f.Name(), name)
		if info, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0 {
			without++
			continue
		}
		other, err := flowsOf(path, read.Options{})
		if err != nil {
			return err
		}
		ours, err := flowsOf(filepath.Join(dir, f.Name(), "capture"), read.Options{AnyChecksum: true})
		if err != nil {
			return err
		}
		captures++
		all, rest := match(other, ours, ofTools)
		left += len(rest)
		for _, v := range all {
			if at := slices.Index([]any{"tcp", "udp", "icmp"}, v.other["proto"]); at >= 0 {
				columns[at] = append(columns[at], v)
				if v.differs["orig_pkts"] == "" && v.differs["resp_pkts"] == "" && v.ours != nil {
					columns[3+at] = append(columns[3+at], v)
				}
			}
		}
		if list {
			tell(out, f.Name(), all, rest)
		}
	}
	fmt.Fprintf(out, "%d captures; to %d others the tool has no %s. %d flows are only ours.\n\n", captures, without, name, left)
	table(out, names, columns)
	return nil
}

func flowsOf(path string, o read.Options) ([]flow, error) {
	f, err := read.Open(path, o)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return all(f)
}

func all(r inkling.Reader) (flows []flow, err error) {
	var rec inkling.Record
	for {
		switch err := r.Read(&rec); {
		case err == io.EOF:
			return flows, nil
		case inkling.Skippable(err):
		case err != nil:
			return flows, err
		default:
			flows = append(flows, flowOf(&rec))
		}
	}
}
