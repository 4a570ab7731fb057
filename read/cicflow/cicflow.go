// Package cicflow reads the tables of flows that CICFlowMeter writes, in the fields of conn.log, under the names of
// 2017 ("Source IP", with or without a space before), of later versions ("Src IP") and of the Python one ("src_ip").
// A table without addresses, ports and times, as they are published for machine learning, is a table like another.
//
// Exact are times, addresses, ports, packets and, except of the Python version, which counts whole frames, bytes of
// the payload. Flags are counted for both sides together, so that state and history are the usual ones of a connection
// that had them. Times are taken for UTC; of a date with slashes the day comes first, and where the tool wrote hours
// up to twelve without AM or PM, as in 2017, afternoons are mornings. What is neither TCP, UDP, ICMP nor SCTP is
// passed over and counted.
package cicflow

import (
	"bytes"
	"fmt"
	"math"
	"net/netip"
	"strings"
	"time"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/conn"
	"github.com/inkling-sec/inkling/read/line"
)

// Columns, by their short names.
const (
	cSource = iota
	cSourcePort
	cDestination
	cDestinationPort
	cProto
	cTime
	cDuration
	cPackets
	cPacketsBack
	cBytes
	cBytesBack
	cHeader
	cHeaderBack
	cRate
	cFIN
	cSYN
	cRST
	cID
	cLabel
	columns
)

var wanted = [columns]string{
	"srcip", "srcport", "dstip", "dstport", "protocol", "timestamp", "flowduration", "totfwdpkts", "totbwdpkts", "totlenfwdpkts", "totlenbwdpkts",
	"fwdheaderlen", "bwdheaderlen", "flowpktss", "finflagcnt", "synflagcnt", "rstflagcnt", "flowid", "label",
}

// needed is how many of them every table has.
const needed = cHeader

var shorter = strings.NewReplacer("source", "src", "destination", "dst", "total", "tot", "length", "len", "count", "cnt", "packets", "pkts", "packet", "pkts", "backward", "bwd", " of ", " ")

// short gives the name that a column has in every version.
func short(name string) string {
	return strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			return c
		}
		return -1
	}, shorter.Replace(strings.ToLower(name)))
}

// Match reports whether a file that starts with head has the columns of CICFlowMeter, those of addresses among them.
func Match(head []byte) bool {
	first, _, _ := bytes.Cut(bytes.TrimPrefix(head, line.BOM), []byte("\n"))
	have := map[string]bool{}
	for _, name := range strings.FieldsFunc(string(first), func(c rune) bool { return c == ',' || c == ';' || c == '\t' }) {
		have[short(name)] = true
	}
	for _, name := range wanted[:needed] {
		if !have[name] {
			return false
		}
	}
	return true
}

var schema = conn.NewSchema("cicflow")

// Reader gives the flows of a table.
type Reader struct {
	in     inkling.Reader
	raw    inkling.Record
	schema *inkling.Schema
	at     [columns]int
	whole  bool // bytes are those of frames
	passed int
	frames conn.Frames
}

// NewReader reads the records of table, a CSV reader of the file.
func NewReader(table inkling.Reader) *Reader { return &Reader{in: table} }

// Close implements inkling.Reader; the file belongs to the caller.
func (*Reader) Close() error { return nil }

// Notes tells what was passed over.
func (c *Reader) Notes() []string {
	if c.passed == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%d records are of no protocol that has flows, and were passed over", c.passed)}
}

// Read implements inkling.Reader. Text stays valid until the next Read.
func (c *Reader) Read(r *inkling.Record) error {
	for {
		if err := c.in.Read(&c.raw); err != nil {
			return err
		}
		if c.raw.Schema != c.schema {
			if err := c.bind(c.raw.Schema); err != nil {
				return err
			}
		}
		name := strings.ToLower(string(c.text(cProto)))
		proto, ok := protocols[strings.TrimSuffix(name, ".0")] // as pandas writes whole numbers of a column with a gap
		if ok {
			return c.fill(r, proto)
		}
		c.passed++
	}
}

func (c *Reader) bind(s *inkling.Schema) error {
	for i, name := range wanted {
		c.at[i] = -1
		for k, f := range s.Fields {
			if c.at[i] < 0 && short(f.Name) == name {
				c.at[i] = k
			}
		}
		if c.at[i] < 0 && i < needed {
			return &inkling.Error{Code: inkling.Invalid, Place: c.raw.Origin.String(), What: "no column that could be CICFlowMeter's " + name, Remedy: "read it as a table: --format csv"}
		}
	}
	c.schema, c.whole = s, s.Fields[c.at[cSource]].Name == "src_ip"
	return nil
}

func (c *Reader) text(column int) []byte {
	if at := c.at[column]; at >= 0 {
		return bytes.TrimSpace(c.raw.Text[at])
	}
	return nil
}

// number reads a column; what is infinite, negative as the tool's numbers are that were too large for it, or none is missing.
func (c *Reader) number(column int) float64 {
	if v, ok := line.Number(c.text(column)); ok && v >= 0 {
		return v
	}
	return math.NaN()
}

func (c *Reader) fill(r *inkling.Record, proto []byte) error {
	start, ok := moment(c.text(cTime))
	if !ok {
		return c.bad("Timestamp: "+line.Show(c.text(cTime))+" is not a time", "write times as day/month/year hours:minutes:seconds, or as ISO 8601")
	}
	for _, column := range []int{cSource, cDestination} {
		if _, err := netip.ParseAddr(string(c.text(column))); err != nil {
			return c.bad(line.Show(c.text(column))+" is not an address", "correct or remove the line")
		}
	}
	r.Reset(schema)
	r.Origin = c.raw.Origin
	r.Text[conn.Proto], r.Text[conn.UID], r.Text[conn.Label] = proto, c.text(cID), c.text(cLabel)
	r.Text[conn.OrigHost], r.Num[conn.OrigPort] = c.text(cSource), c.number(cSourcePort)
	r.Text[conn.RespHost], r.Num[conn.RespPort] = c.text(cDestination), c.number(cDestinationPort)
	r.Num[conn.OrigPkts], r.Num[conn.RespPkts] = c.number(cPackets), c.number(cPacketsBack)
	r.Num[conn.TS], r.Num[conn.Duration], r.Num[conn.Missed] = start, c.duration(r.Num[conn.OrigPkts]+r.Num[conn.RespPkts]), 0
	if c.whole {
		c.frames.BytesOut, c.frames.BytesIn = c.number(cBytes), c.number(cBytesBack)
		c.frames.Bytes(r)
	} else {
		r.Num[conn.OrigBytes], r.Num[conn.RespBytes] = c.number(cBytes), c.number(cBytesBack)
		r.Num[conn.OrigIPBytes] = r.Num[conn.OrigBytes] + c.headers(r, cHeader, r.Num[conn.OrigPkts])
		r.Num[conn.RespIPBytes] = r.Num[conn.RespBytes] + c.headers(r, cHeaderBack, r.Num[conn.RespPkts])
		if string(proto) == "sctp" { // of which Zeek counts no payload
			r.Num[conn.OrigBytes], r.Num[conn.RespBytes] = 0, 0
		}
	}
	c.flags(r)
	c.frames.Outcome(r)
	return nil
}

// duration is in microseconds but for some Python versions, which the rate of packets gives away.
func (c *Reader) duration(packets float64) float64 {
	d := c.number(cDuration)
	if rate := c.number(cRate); rate*d > 0 && rate*d < 1000*packets {
		return d
	}
	return d / 1e6
}

// headers gives the bytes of a side's headers. The tool counts those above IP, in old versions beyond what its number holds.
func (c *Reader) headers(r *inkling.Record, column int, packets float64) float64 {
	ip, all := conn.Headers(string(r.Text[conn.Proto]), r.Text[conn.OrigHost])
	if above := c.number(column); above >= 8*packets && above <= 60*packets {
		return above + ip*packets
	}
	return all * packets
}

// flags deals the flags out to the sides as they usually are. A handshake is taken for granted unless a reset without
// any data answered.
func (c *Reader) flags(r *inkling.Record) {
	out, in := conn.SYN, 0
	fin, rst := c.number(cFIN) > 0, c.number(cRST) > 0
	data := r.Num[conn.OrigBytes]+r.Num[conn.RespBytes] > 0
	switch {
	case !(r.Num[conn.RespPkts] > 0):
	case rst && !fin && !data && r.Num[conn.RespPkts] <= r.Num[conn.OrigPkts] && r.Num[conn.OrigPkts] <= 2:
		in, rst = conn.RST|conn.ACK, false
	default:
		out, in = out|conn.ACK, conn.SYN|conn.ACK
		if fin {
			in |= conn.FIN
		}
	}
	if fin {
		out |= conn.FIN
	}
	if rst {
		out |= conn.RST
	}
	if r.Num[conn.OrigBytes] > 0 {
		out |= conn.PSH
	}
	if r.Num[conn.RespBytes] > 0 {
		in |= conn.PSH
	}
	c.frames.FlagsOut, c.frames.FlagsIn = out, in
}

func (c *Reader) bad(what, remedy string) error {
	return &inkling.Error{Code: inkling.Invalid, Place: c.raw.Origin.String(), What: what, Remedy: remedy, Skippable: true}
}

var (
	tcp, udp, icmp, sctp = []byte("tcp"), []byte("udp"), []byte("icmp"), []byte("sctp")
	protocols            = map[string][]byte{"6": tcp, "17": udp, "1": icmp, "58": icmp, "132": sctp, "tcp": tcp, "udp": udp, "icmp": icmp, "sctp": sctp}
)

// moment reads a time as one of the versions writes it.
func moment(b []byte) (float64, bool) {
	if bytes.IndexByte(b, '/') < 0 {
		return line.Moment(b)
	}
	for _, layout := range []string{"2/1/2006 15:04:05", "2/1/2006 15:04", "2/1/2006 3:04:05 PM", "2/1/2006 3:04 PM"} {
		if t, err := time.Parse(layout, string(b)); err == nil {
			return float64(t.Unix()) + float64(t.Nanosecond())/1e9, true
		}
	}
	return 0, false
}
