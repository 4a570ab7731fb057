// Package read opens telemetry: logs, tables and captures become records.
//
// [Open] guesses the format from the first bytes, through gzip. Adding a
// format is a folder below this one and a line in [Formats].
package read

import (
	"io"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/argus"
	"github.com/inkling-sec/inkling/read/csv"
	"github.com/inkling-sec/inkling/read/eve"
	"github.com/inkling-sec/inkling/read/jsonl"
	"github.com/inkling-sec/inkling/read/pcap"
	"github.com/inkling-sec/inkling/read/pe"
	"github.com/inkling-sec/inkling/read/zeek"
)

// Options say how to read; the zero value guesses.
type Options struct {
	Format   string   // name of a format; empty means guess
	Names    []string // column names of a table without a header row
	MaxFlows int      // flows a capture may hold open at a time; 0 means pcap.DefaultMaxFlows

	// AnyChecksum takes packets with a wrong checksum too; for captures whose
	// addresses were changed.
	AnyChecksum bool

	// Live is for input that is being written: it is recognised by its first whole line, and
	// nothing waits for more than the next record. A table of JSON lines then has these Columns
	// from the start, and others as they turn up.
	Live    bool
	Columns []string
}

// A Format is one kind of file.
type Format struct {
	Name string
	Doc  string
	// Match sees the first 4 KiB or less, and no more of the file. nil: the format is had by its name alone.
	Match func(head []byte) bool
	// New reads r, which starts at the file's first byte. It does not close r.
	New func(r io.Reader, file string, o Options) (inkling.Reader, error)
}

// Formats are tried in this order; the first match wins.
var Formats = []Format{
	{"pcap", "captured packets, pcap or pcapng, read as flows", pcap.Match, func(r io.Reader, file string, o Options) (inkling.Reader, error) {
		return pcap.NewReader(r, file, pcap.Options{MaxFlows: o.MaxFlows, AnyChecksum: o.AnyChecksum})
	}},
	{"pe", "Windows program, library or driver, or a zip of them: a record of each file", pe.Match, func(r io.Reader, file string, _ Options) (inkling.Reader, error) {
		return pe.NewReader(r, file), nil
	}},
	{"zeek", "Zeek log, tab-separated with its header", zeek.MatchTSV, func(r io.Reader, file string, _ Options) (inkling.Reader, error) {
		return zeek.NewTSV(r, file), nil
	}},
	{"eve", "Suricata's EVE log, its flows; eve-alert, eve-dns, eve-http, eve-tls and eve-fileinfo give other events", eve.Match, events("flow")},
	{"zeek-json", "Zeek log, one JSON object a line", zeek.MatchJSON, func(r io.Reader, file string, _ Options) (inkling.Reader, error) {
		return zeek.NewJSON(r, file), nil
	}},
	{"eve-alert", "EVE log, alerts", nil, events("alert")},
	{"eve-dns", "EVE log, DNS", nil, events("dns")},
	{"eve-http", "EVE log, web requests", nil, events("http")},
	{"eve-tls", "EVE log, TLS handshakes", nil, events("tls")},
	{"eve-fileinfo", "EVE log, files", nil, events("fileinfo")},
	{"argus", "flows that Argus's ra wrote as a table (binetflow)", argus.Match, func(r io.Reader, file string, o Options) (inkling.Reader, error) {
		return argus.NewReader(csv.NewReader(r, file, o.Names)), nil
	}},
	{"json", "table of JSON lines, one object a line", jsonl.Match, func(r io.Reader, file string, o Options) (inkling.Reader, error) {
		if o.Live {
			return jsonl.NewLiveTable(r, file, o.Columns), nil
		}
		return jsonl.NewTable(r, file), nil
	}},
	{"csv", "table with a header row, or with names given; comma, tab, semicolon or bar", csv.Match, func(r io.Reader, file string, o Options) (inkling.Reader, error) {
		return csv.NewReader(r, file, o.Names), nil
	}},
}

func events(kind string) func(io.Reader, string, Options) (inkling.Reader, error) {
	return func(r io.Reader, file string, _ Options) (inkling.Reader, error) {
		return eve.NewReader(r, file, kind), nil
	}
}
