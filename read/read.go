// Package read opens telemetry: logs, tables and captures become records.
//
// [Open] guesses the format from the first bytes, through gzip. Adding a
// format is a folder below this one and a line in [Formats].
package read

import (
	"bufio"
	"io"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/argus"
	"github.com/inkling-sec/inkling/read/cicflow"
	"github.com/inkling-sec/inkling/read/csv"
	"github.com/inkling-sec/inkling/read/eve"
	"github.com/inkling-sec/inkling/read/jsonl"
	"github.com/inkling-sec/inkling/read/netflow"
	"github.com/inkling-sec/inkling/read/parquet"
	"github.com/inkling-sec/inkling/read/pcap"
	"github.com/inkling-sec/inkling/read/pe"
	"github.com/inkling-sec/inkling/read/windows"
	"github.com/inkling-sec/inkling/read/zeek"
)

// Options say how to read; the zero value guesses.
type Options struct {
	Format   string   // name of a format; empty means guess
	Names    []string // column names of a table without a header row
	MaxFlows int      // flows a capture or an exporter may hold open at a time; 0 means the reader's default, 200,000
	Spool    int64    // bytes of a stream that are kept in a temporary file for a format that is not read from first to last; 0 means DefaultSpool

	// Templates is the file in which a listener keeps what exporters tell of their records; empty means none.
	Templates string

	// AnyChecksum takes packets with a wrong checksum too; for captures whose
	// addresses were changed.
	AnyChecksum bool

	whole whole // the file, where it is no stream
	// Live is for input that is being written: it is recognised by its first whole line, and
	// nothing waits for more than the next record. A table of JSON lines then has Columns
	// from the start, and others as they turn up.
	Live bool
	// Columns are those that a table of JSON lines has even where none of its objects has such a member: there a
	// field without a value is mostly left out. Other formats tell all their columns.
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
	{"parquet", "Parquet file, as a table; with the columns of a Zeek log, as that log", parquet.Match, inWhole(func(at io.ReaderAt, size int64, file string) (inkling.Reader, error) {
		r, err := parquet.NewReader(at, size, file, zeek.Known)
		if err != nil {
			return nil, err
		}
		return r, nil
	})},
	{"eve", "Suricata's EVE log, its flows; eve-alert, eve-dns, eve-http, eve-tls and eve-fileinfo give other events", eve.Match, events("flow")},
	{"windows", "events of Windows and Sysmon as JSON lines, as Winlogbeat and others write them", windows.Match, func(r io.Reader, file string, o Options) (inkling.Reader, error) {
		if o.Live {
			return windows.NewLiveReader(r, file, o.Columns), nil
		}
		return windows.NewReader(r, file, o.Columns...), nil
	}},
	{"zeek-json", "Zeek log, one JSON object a line", zeek.MatchJSON, func(r io.Reader, file string, o Options) (inkling.Reader, error) {
		if o.Live {
			return zeek.NewLiveJSON(r, file, o.Columns), nil
		}
		return zeek.NewJSON(r, file, o.Columns...), nil
	}},
	{"eve-alert", "EVE log, alerts", nil, events("alert")},
	{"eve-dns", "EVE log, DNS", nil, events("dns")},
	{"eve-http", "EVE log, web requests", nil, events("http")},
	{"eve-tls", "EVE log, TLS handshakes", nil, events("tls")},
	{"eve-fileinfo", "EVE log, files", nil, events("fileinfo")},
	{"argus", "flows that Argus's ra wrote as a table (binetflow)", argus.Match, func(r io.Reader, file string, o Options) (inkling.Reader, error) {
		return argus.NewReader(csv.NewReader(r, file, o.Names).Live(o.Live)), nil
	}},
	{"netflow", "export packets of NetFlow v5, v9 and IPFIX, one after the other; by this name also those in a capture", netflow.Match, exports},
	{"nfdump", "flows that nfdump -o csv wrote as a table", netflow.MatchTable, func(r io.Reader, file string, o Options) (inkling.Reader, error) {
		return netflow.NewTable(csv.NewReader(netflow.Rows(r), file, o.Names).Live(o.Live), file, netflow.Options{MaxFlows: o.MaxFlows}), nil
	}},
	{"cicflow", "flows that CICFlowMeter wrote as a table, with addresses", cicflow.Match, func(r io.Reader, file string, o Options) (inkling.Reader, error) {
		return cicflow.NewReader(csv.NewReader(r, file, o.Names).Live(o.Live)), nil
	}},
	{"json", "table of JSON lines, one object a line", jsonl.Match, func(r io.Reader, file string, o Options) (inkling.Reader, error) {
		if o.Live {
			return jsonl.NewLiveTable(r, file, o.Columns, jsonl.Options{}), nil
		}
		return jsonl.NewTable(r, file, jsonl.Options{Also: o.Columns}), nil
	}},
	{"csv", "table with a header row, or with names given; comma, tab, semicolon or bar", csv.Match, func(r io.Reader, file string, o Options) (inkling.Reader, error) {
		return csv.NewReader(r, file, o.Names).Live(o.Live), nil
	}},
}

func events(kind string) func(io.Reader, string, Options) (inkling.Reader, error) {
	return func(r io.Reader, file string, o Options) (inkling.Reader, error) {
		if o.Live {
			return eve.NewLiveReader(r, file, kind, o.Columns), nil
		}
		return eve.NewReader(r, file, kind, o.Columns...), nil
	}
}

// exports reads export packets: those of a file, or those in a capture.
func exports(r io.Reader, file string, o Options) (inkling.Reader, error) {
	br, ok := r.(*bufio.Reader)
	if !ok {
		br = bufio.NewReaderSize(r, 256<<10)
	}
	var src netflow.Packets = netflow.NewFile(br, file)
	if head, _ := br.Peek(4); pcap.Match(head) {
		packets, err := pcap.NewDatagrams(br, file, pcap.Options{AnyChecksum: o.AnyChecksum})
		if err != nil {
			return nil, err
		}
		src = packets
	}
	return netflow.NewReader(src, file, netflow.Options{MaxFlows: o.MaxFlows})
}
