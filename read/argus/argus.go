// Package argus reads the tables of flows that Argus's ra writes, known as binetflow, in the fields of conn.log; see
// package conn for what is exact in that and what an estimate. Times are taken for UTC, as the tables have no zone.
// Protocols above IP other than TCP, UDP and ICMP are unknown_transport, as Zeek has it. What is no IP flow — ARP, other
// protocols of the link, management records — is passed over and counted.
package argus

import (
	"bytes"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/conn"
	"github.com/inkling-sec/inkling/read/line"
)

// Match reports whether a file that starts with head has the columns of ra.
func Match(head []byte) bool {
	first, _, _ := bytes.Cut(bytes.TrimPrefix(head, line.BOM), []byte("\n"))
	for _, column := range []string{"StartTime", "Dur", "SrcAddr", "DstAddr", "TotBytes"} {
		if !bytes.Contains(first, []byte(column)) {
			return false
		}
	}
	return true
}

// Columns.
const (
	aStart = iota
	aDur
	aProto
	aSource
	aSourcePort
	aDir
	aDestination
	aDestinationPort
	aState
	aPackets
	aBytes
	aSourceBytes
	aSourcePackets
	aLabel
	columns
)

var wanted = [columns]string{"StartTime", "Dur", "Proto", "SrcAddr", "Sport", "Dir", "DstAddr", "Dport", "State", "TotPkts", "TotBytes", "SrcBytes", "SrcPkts", "Label"}

var schema = conn.NewSchema("argus")

// Reader gives the flows of a table.
type Reader struct {
	Passed int // records that are no IP flows so far
	in     inkling.Reader
	raw    inkling.Record
	schema *inkling.Schema
	at     [columns]int
	frames conn.Frames
	room   []byte // addresses of the record last made
}

// NewReader reads the records of table, a CSV reader of the file.
func NewReader(table inkling.Reader) *Reader { return &Reader{in: table} }

// Close implements inkling.Reader; the file belongs to the caller.
func (*Reader) Close() error { return nil }

// Notes tells what was passed over.
func (a *Reader) Notes() []string {
	if a.Passed == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%d records are no IP flows, as those of ARP are none, and were passed over", a.Passed)}
}

// Read implements inkling.Reader. Text stays valid until the next Read.
func (a *Reader) Read(r *inkling.Record) error {
	for {
		if err := a.in.Read(&a.raw); err != nil {
			return err
		}
		if a.raw.Schema != a.schema {
			if err := a.bind(a.raw.Schema); err != nil {
				return err
			}
		}
		ok, err := a.fill(r)
		if ok || err != nil {
			return err
		}
		a.Passed++
	}
}

func (a *Reader) bind(s *inkling.Schema) error {
	for i, name := range wanted {
		if a.at[i] = s.Index(name); a.at[i] < 0 && i != aSourcePackets && i != aLabel {
			return &inkling.Error{Code: inkling.Invalid, Place: a.raw.Origin.File, What: "no column " + name, Remedy: "write it with: ra -Z b -c , -s stime dur proto saddr sport dir daddr dport state pkts bytes sbytes spkts"}
		}
	}
	a.schema = s
	return nil
}

func (a *Reader) text(column int) []byte {
	if at := a.at[column]; at >= 0 {
		return bytes.TrimSpace(a.raw.Text[at])
	}
	return nil
}

// number reads a column; ports of ICMP are in hexadecimal.
func (a *Reader) number(column int) float64 {
	b := a.text(column)
	if hex, ok := bytes.CutPrefix(b, []byte("0x")); ok {
		if v, err := strconv.ParseUint(string(hex), 16, 32); err == nil {
			return float64(v)
		}
		return math.NaN()
	}
	if v, ok := line.Number(b); ok {
		return v
	}
	return math.NaN()
}

// fill makes the record; ok is false where it is no IP flow.
func (a *Reader) fill(r *inkling.Record) (ok bool, err error) {
	name, source, destination := string(a.text(aProto)), a.text(aSource), a.text(aDestination)
	if name == "arp" || name == "rarp" || !isAddress(source) || !isAddress(destination) {
		return false, nil
	}
	proto, known := protocols[name]
	if !known {
		proto = isUnknown
	}
	start, good := line.Moment(a.text(aStart))
	if !good {
		return false, &inkling.Error{Code: inkling.Invalid, Place: a.raw.Origin.String(), What: "StartTime: " + line.Show(a.text(aStart)) + " is not a time", Remedy: "correct or remove the line", Skippable: true}
	}
	r.Reset(schema)
	r.Origin = a.raw.Origin
	r.Text[conn.Proto], r.Text[conn.Label] = proto, a.text(aLabel)
	r.Num[conn.TS], r.Num[conn.Duration], r.Num[conn.Missed] = start, a.number(aDur), 0
	a.frames.FlagsOut, a.frames.FlagsIn = state(a.text(aState))
	packets, bytesOf, sentBytes, sent := a.number(aPackets), a.number(aBytes), a.number(aSourceBytes), a.number(aSourcePackets)
	if math.IsNaN(sent) { // older tables do not tell: in proportion to the bytes, one at least on a side that has any
		sent = split(packets, bytesOf, sentBytes)
	}
	a.room = conn.Address(a.room[:0], source)
	n := len(a.room)
	a.room = conn.Address(a.room, destination)
	source, destination = a.room[:n:n], a.room[n:]
	from, to := a.ports(string(proto), source)
	sides := [2]side{{source, from, sent, sentBytes}, {destination, to, packets - sent, bytesOf - sentBytes}}
	if dir := a.text(aDir); bytes.HasPrefix(dir, []byte("<")) && !bytes.HasSuffix(dir, []byte(">")) { // the other side began
		sides[0], sides[1] = sides[1], sides[0]
		a.frames.FlagsOut, a.frames.FlagsIn = a.frames.FlagsIn, a.frames.FlagsOut
	}
	r.Text[conn.OrigHost], r.Num[conn.OrigPort], r.Num[conn.OrigPkts], a.frames.BytesOut = sides[0].host, sides[0].port, sides[0].packets, sides[0].bytes
	r.Text[conn.RespHost], r.Num[conn.RespPort], r.Num[conn.RespPkts], a.frames.BytesIn = sides[1].host, sides[1].port, sides[1].packets, sides[1].bytes
	a.frames.Settle(r)
	return true, nil
}

// ports gives those of a flow, or for ICMP what Zeek has in their place. There ra writes the type in the lower byte of
// the source's and the code above it; for IPv6 the one is the source's port, the other the destination's.
func (a *Reader) ports(proto string, source []byte) (from, to float64) {
	if proto == string(isUnknown) {
		return 0, 0
	}
	from, to = a.number(aSourcePort), a.number(aDestinationPort)
	if proto != "icmp" || math.IsNaN(from) {
		return from, to
	}
	if bytes.IndexByte(source, ':') >= 0 {
		return conn.ICMP(source, from, to)
	}
	return conn.ICMP(source, float64(int(from)&255), float64(int(from)>>8))
}

type side struct {
	host                 []byte
	port, packets, bytes float64
}

func split(packets, total, sent float64) float64 {
	if !(total > 0) || sent >= total {
		return packets
	}
	return max(min(math.Round(packets*sent/total), packets-1), min(1, packets))
}

// protocols are Zeek's names of those that ra writes; some it tells by what they carry.
var protocols = map[string][]byte{"tcp": []byte("tcp"), "udp": isUDP, "rtp": isUDP, "rtcp": isUDP, "udt": isUDP, "icmp": isICMP, "ipv6-icmp": isICMP, "icmp6": isICMP, "sctp": []byte("sctp")}

var isUDP, isICMP, isUnknown = []byte("udp"), []byte("icmp"), []byte("unknown_transport")

func isAddress(b []byte) bool { _, err := netip.ParseAddr(string(b)); return err == nil }

// state reads the flags of both sides, as of FSPA_FSPA, which ra writes with -Z b. Without that it has a word for how a
// connection went, of which the flags follow by and large.
func state(text []byte) (out, in int) {
	sent, got, both := bytes.Cut(text, []byte("_"))
	if both {
		return flags(sent), flags(got)
	}
	const open = conn.SYN | conn.ACK
	switch string(text) {
	case "REQ":
		return conn.SYN, 0
	case "ACC":
		return conn.SYN, open
	case "EST", "CON":
		return open, open
	case "FIN", "CLO", "LAS":
		return open | conn.FIN, open | conn.FIN
	case "RST":
		return open, open | conn.RST
	}
	return 0, 0 // INT, URP and other words tell of no flags
}

// flags reads the letters of one side.
func flags(letters []byte) (f int) {
	for i, c := range "FSRPA" {
		if strings.ContainsRune(string(letters), c) {
			f |= 1 << i
		}
	}
	return f
}
