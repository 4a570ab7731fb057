package netflow

import (
	"bufio"
	"bytes"
	"io"
	"math"
	"net/netip"
	"strconv"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/line"
)

// Columns of nfdump's tables.
const (
	cStart = iota
	cEnd
	cDuration
	cSource
	cDestination
	cSourcePort
	cDestinationPort
	cProto
	cFlags
	cPackets
	cBytes
	cPacketsBack
	cBytesBack
	cReceived
	columns
)

// columnNames are what nfdump calls them: with -o csv up to 1.7.3, after it, and other words for the same.
var columnNames = [columns][]string{
	{"ts", "firstSeen"}, {"te", "lastSeen"}, {"td", "duration"}, {"sa", "srcAddr"}, {"da", "dstAddr"}, {"sp", "srcPort"}, {"dp", "dstPort"},
	{"pr", "proto"}, {"flg", "flags"}, {"ipkt", "packets", "inPackets"}, {"ibyt", "bytes", "inBytes"}, {"opkt", "outPackets"}, {"obyt", "outBytes"}, {"tr", "received"},
}

// needed are those without which there is no flow; of end and duration one will do.
var needed = []int{cStart, cSource, cDestination, cSourcePort, cDestinationPort, cProto, cPackets, cBytes}

// MatchTable reports whether a file that starts with head is a table of nfdump.
func MatchTable(head []byte) bool {
	first, _, _ := bytes.Cut(bytes.TrimPrefix(head, line.BOM), []byte("\n"))
	have := map[string]bool{}
	for name := range bytes.SplitSeq(bytes.TrimRight(first, "\r"), []byte(",")) {
		have[string(name)] = true
	}
	for _, c := range needed {
		if !anyOf(have, columnNames[c]) {
			return false
		}
	}
	return true
}

func anyOf(have map[string]bool, names []string) bool {
	for _, n := range names {
		if have[n] {
			return true
		}
	}
	return false
}

// A Table gives the conversations of a table of nfdump. A record's line is that of its first flow. Times are taken for UTC,
// as the table has no zone.
type Table struct {
	file  string
	in    inkling.Reader
	raw   inkling.Record
	bound *inkling.Schema // that at is for
	at    [columns]int
	join  *joiner
	lines lines
	err   error

	line, part int // that ended the conversation last given, and how many of those it ended came before that
}

// NewTable reads the records of table, a CSV reader of the file; file names it in errors.
func NewTable(table inkling.Reader, file string, o Options) *Table {
	return &Table{file: file, in: table, join: newJoiner(o.MaxFlows)}
}

// Close implements inkling.Reader; the file belongs to the caller.
func (*Table) Close() error { return nil }

// Read implements inkling.Reader. Text stays valid until the next Read.
func (t *Table) Read(r *inkling.Record) error {
	for !t.join.ready() {
		if t.err != nil {
			return t.err
		}
		if err := t.fill(); err != nil {
			return err
		}
	}
	c := t.join.next()
	t.lines.record(r, c)
	r.Origin = inkling.Origin{File: t.file, Line: c.line}
	t.join.release()
	t.part++
	return nil
}

// Ended implements follow.Joined: conversations end in another order than they begin in.
func (t *Table) Ended() (line, part int) { return t.line, t.part }

// reach notes the line that ends conversations from here on.
func (t *Table) reach(line int) { t.line, t.part = line, -1 }

// fill takes the next row. It gives an error of this row alone.
func (t *Table) fill() error {
	err := t.in.Read(&t.raw)
	if err == nil {
		t.reach(t.raw.Origin.Line)
	}
	if err == nil && t.raw.Schema != t.bound {
		err = t.bind()
	}
	if err == nil {
		err = t.row()
	}
	if err == nil || inkling.Skippable(err) {
		return err
	}
	t.reach(t.line + 1) // the end is after the last line
	t.join.flush()
	t.err = err
	return nil
}

func (t *Table) bind() error {
	for c, names := range columnNames {
		t.at[c] = -1
		for _, n := range names {
			if at := t.raw.Schema.Index(n); at >= 0 {
				t.at[c] = at
			}
		}
	}
	for _, c := range needed {
		if t.at[c] < 0 {
			return &inkling.Error{Code: inkling.Invalid, Place: t.file, What: "no column " + columnNames[c][0] + " or " + columnNames[c][1],
				Remedy: "write it with: TZ=UTC nfdump -r FILE -o csv"}
		}
	}
	t.bound = t.raw.Schema
	return nil
}

func (t *Table) text(column int) []byte {
	if at := t.at[column]; at >= 0 {
		return bytes.TrimSpace(t.raw.Text[at])
	}
	return nil
}

func (t *Table) row() error {
	f := flow{icmp: -1, line: t.raw.Origin.Line}
	bad := func(column int) error {
		return &inkling.Error{Code: inkling.Invalid, Place: t.raw.Origin.String(), What: columnNames[column][0] + ": " + line.Show(t.text(column)) + " is none", Remedy: "correct or remove the line", Skippable: true}
	}
	w := &f.ways[0]
	var ok bool
	if w.start, ok = moment(t.text(cStart)); !ok {
		return bad(cStart)
	}
	if seconds, ok := line.Number(t.text(cDuration)); ok && seconds >= 0 && seconds <= 1e9 { // finer than the end, which may be of whole seconds
		w.end = w.start + int64(math.Round(seconds*second))
	} else if t.at[cEnd] < 0 {
		return bad(cDuration)
	} else if w.end, ok = moment(t.text(cEnd)); !ok {
		return bad(cEnd)
	}
	src, err := netip.ParseAddr(string(t.text(cSource)))
	if err != nil {
		return bad(cSource)
	}
	dst, err := netip.ParseAddr(string(t.text(cDestination)))
	if err != nil || src.Is4() != dst.Is4() {
		return bad(cDestination)
	}
	f.src, f.dst, f.v6 = bytesOf(src), bytesOf(dst), src.Is6()
	if f.proto, ok = protocol(t.text(cProto)); !ok {
		return bad(cProto)
	}
	if column, ok := t.ports(&f); !ok {
		return bad(column)
	}
	f.ways[1].start, f.ways[1].end, w.flags = w.start, w.end, flags(t.text(cFlags))
	for _, c := range []struct {
		column int
		to     *uint64
	}{{cPackets, &w.packets}, {cBytes, &w.bytes}, {cPacketsBack, &f.ways[1].packets}, {cBytesBack, &f.ways[1].bytes}} {
		if *c.to, ok = t.count(c.column); !ok {
			return bad(c.column)
		}
	}
	f.at = w.start // tables are in order of this, mostly
	if received, ok := moment(t.text(cReceived)); ok && received > 0 {
		f.at = received
	}
	t.join.add(&f)
	return nil
}

// Rows gives a table of nfdump without the totals that follow it.
func Rows(r io.Reader) io.Reader {
	br, ok := r.(*bufio.Reader)
	if !ok {
		br = bufio.NewReaderSize(r, 64<<10)
	}
	return &rows{r: br, fresh: true}
}

type rows struct {
	r     *bufio.Reader
	rest  []byte
	fresh bool // rest begins a line
	err   error
}

func (f *rows) Read(b []byte) (int, error) {
	for len(f.rest) == 0 {
		if f.err != nil {
			return 0, f.err
		}
		fresh := f.fresh
		f.rest, f.err = f.r.ReadSlice('\n')
		if f.fresh = f.err == nil; f.err == bufio.ErrBufferFull {
			f.err = nil
		}
		if fresh && string(bytes.TrimRight(f.rest, "\r\n")) == "Summary" {
			f.rest, f.err = nil, io.EOF
		}
	}
	n := copy(b, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}

// moment reads a date, or a count of seconds or milliseconds since the epoch, as microseconds.
func moment(b []byte) (int64, bool) {
	v, ok := line.Moment(b)
	if v > 1e11 {
		v /= 1e3
	}
	if !ok || v < 0 || v > latest/second {
		return 0, false
	}
	return int64(math.Round(v * second)), true
}

// bytesOf gives an address as flows have it.
func bytesOf(a netip.Addr) (b [16]byte) {
	if a.Is4() {
		v4 := a.As4()
		copy(b[:], v4[:])
		return b
	}
	return a.As16()
}

// ports reads them; for ICMP the second is type and code, as 8.0 or as a number. Where it is not ok column is the one to blame.
func (t *Table) ports(f *flow) (column int, ok bool) {
	port := func(b []byte, most uint64) uint16 {
		n, err := strconv.ParseUint(string(b), 10, 16)
		ok = ok && err == nil && n <= most
		return uint16(n)
	}
	ok = true
	if f.sp = port(t.text(cSourcePort), math.MaxUint16); !ok {
		return cSourcePort, false
	}
	if kind, code, dotted := bytes.Cut(t.text(cDestinationPort), []byte(".")); dotted {
		f.dp = port(kind, 255)<<8 | port(code, 255)
	} else {
		f.dp = port(kind, math.MaxUint16)
	}
	if f.isICMP() {
		f.icmp = int32(f.dp)
	}
	return cDestinationPort, ok
}

// count reads a number of packets or bytes; a column that is not there counts none.
func (t *Table) count(column int) (uint64, bool) {
	if t.at[column] < 0 {
		return 0, true
	}
	n, ok := line.Number(t.text(column))
	return uint64(max(n, 0)), ok && n >= 0 && n <= 1e18
}

var protocols = map[string]uint8{"TCP": tcp, "UDP": udp, "ICMP": icmp, "ICMP6": icmpv6, "ICMPv6": icmpv6, "SCTP": sctp, "GRE": 47, "ESP": 50, "AH": 51, "IGMP": 2, "IPIP": 4, "IPv6": 41, "OSPF": 89, "OSPFIGP": 89, "PIM": 103, "VRRP": 112}

// protocol reads a name or a number; other names are of protocols that are not told apart.
func protocol(b []byte) (uint8, bool) {
	if p, ok := protocols[string(b)]; ok {
		return p, true
	}
	n, err := strconv.ParseUint(string(b), 10, 8)
	if err != nil && len(b) > 0 && (b[0] < '0' || b[0] > '9') {
		return 255, true
	}
	return uint8(n), err == nil
}

// flags reads the letters of ...AP.SF, or a number.
func flags(b []byte) (f uint8) {
	if n, err := strconv.ParseUint(string(b), 0, 8); err == nil {
		return uint8(n)
	}
	for i, c := range []byte("FSRPAUEC") {
		if bytes.IndexByte(b, c) >= 0 {
			f |= 1 << i
		}
	}
	return f
}
