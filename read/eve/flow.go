package eve

import (
	"bytes"
	"math"
	"net/netip"
	"strconv"

	"github.com/inkling-sec/inkling"
)

// A flow event in the fields of conn.log. Times, packets, addresses and ports are exact. Suricata counts the bytes
// of whole frames: those with IP headers are without Ethernet's 14, those of the payload an estimate, without
// headers of the usual size. State and history follow from the TCP flags seen on each side, whose order Suricata
// does not keep.
var schema = &inkling.Schema{Name: "eve.flow", Fields: []inkling.Field{
	{Name: "ts", Kind: inkling.Time}, {Name: "uid"}, {Name: "id.orig_h"}, {Name: "id.orig_p", Kind: inkling.Number}, {Name: "id.resp_h"}, {Name: "id.resp_p", Kind: inkling.Number},
	{Name: "proto"}, {Name: "service"}, {Name: "duration", Kind: inkling.Number}, {Name: "orig_bytes", Kind: inkling.Number}, {Name: "resp_bytes", Kind: inkling.Number},
	{Name: "conn_state"}, {Name: "missed_bytes", Kind: inkling.Number}, {Name: "history"}, {Name: "orig_pkts", Kind: inkling.Number}, {Name: "orig_ip_bytes", Kind: inkling.Number},
	{Name: "resp_pkts", Kind: inkling.Number}, {Name: "resp_ip_bytes", Kind: inkling.Number}, {Name: "alerted"}, {Name: "label"},
}}

// Places in schema.
const (
	cTS = iota
	cUID
	cOrigHost
	cOrigPort
	cRespHost
	cRespPort
	cProto
	cService
	cDuration
	cOrigBytes
	cRespBytes
	cState
	cMissed
	cHistory
	cOrigPkts
	cOrigIPBytes
	cRespPkts
	cRespIPBytes
	cAlerted
	cLabel
)

// What is read of an event, by the names that fields have.
const (
	fID = iota
	fOrigHost
	fOrigPort
	fRespHost
	fRespPort
	fProto
	fApp
	fStart
	fEnd
	fPktsOut
	fPktsIn
	fBytesOut
	fBytesIn
	fAlerted
	fFlagsOut
	fFlagsIn
	fType
	fCode
	fLabel
	fields
)

var wanted = [fields]string{
	"flow_id", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "proto", "app_proto", "flow.start", "flow.end", "flow.pkts_toserver", "flow.pkts_toclient",
	"flow.bytes_toserver", "flow.bytes_toclient", "flow.alerted", "tcp.tcp_flags_ts", "tcp.tcp_flags_tc", "icmp_type", "icmp_code", "label",
}

// flow turns events into records of schema.
type flow struct {
	at   [fields]int
	room []byte // texts of the record last made
}

func (f *flow) bind(s *inkling.Schema) {
	for i, name := range wanted {
		f.at[i] = s.Index(name)
	}
}

func (f *flow) text(r *inkling.Record, field int) []byte {
	if at := f.at[field]; at >= 0 {
		return r.Text[at]
	}
	return nil
}

func (f *flow) number(r *inkling.Record, field int) float64 {
	if at := f.at[field]; at >= 0 {
		return r.Num[at]
	}
	return math.NaN()
}

// fill makes the record of an event.
func (f *flow) fill(to, e *inkling.Record) {
	to.Reset(schema)
	to.Origin = e.Origin
	f.room = append(f.room[:0], f.text(e, fProto)...)
	proto := lower(f.room)
	to.Num[cTS] = f.number(e, fStart)
	to.Num[cDuration] = f.number(e, fEnd) - f.number(e, fStart)
	to.Num[cMissed] = 0
	to.Text[cUID], to.Text[cAlerted], to.Text[cLabel] = f.text(e, fID), f.text(e, fAlerted), f.text(e, fLabel)
	to.Text[cOrigHost], to.Text[cRespHost] = f.text(e, fOrigHost), f.text(e, fRespHost)
	to.Num[cOrigPort], to.Num[cRespPort] = f.number(e, fOrigPort), f.number(e, fRespPort)
	icmp := bytes.HasPrefix(proto, []byte("icmp")) || bytes.Equal(proto, []byte("ipv6-icmp"))
	if icmp { // as Zeek has it
		proto, to.Num[cOrigPort], to.Num[cRespPort] = isICMP, f.number(e, fType), f.number(e, fCode)
	}
	to.Text[cProto], to.Text[cService] = proto, service(f.text(e, fApp))
	to.Num[cOrigPkts], to.Num[cRespPkts] = f.number(e, fPktsOut), f.number(e, fPktsIn)
	header := headerSize(proto, to.Text[cOrigHost])
	to.Num[cOrigIPBytes], to.Num[cOrigBytes] = sizes(f.number(e, fBytesOut), to.Num[cOrigPkts], header)
	to.Num[cRespIPBytes], to.Num[cRespBytes] = sizes(f.number(e, fBytesIn), to.Num[cRespPkts], header)
	switch {
	case icmp:
		to.Text[cState] = isOTH
	case string(proto) == "tcp":
		out, in := flags(f.text(e, fFlagsOut)), flags(f.text(e, fFlagsIn))
		to.Text[cState] = tcpState(out, in, to.Num[cRespPkts])
		to.Text[cHistory] = f.history(out, in, to.Num[cOrigBytes], to.Num[cRespBytes])
	default:
		to.Text[cState], to.Text[cHistory] = udpState(to.Num[cOrigPkts], to.Num[cRespPkts])
	}
}

func lower(b []byte) []byte {
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return b
}

// services are those that Zeek names otherwise; Suricata's word for none is nothing.
var services = map[string][]byte{"": nil, "failed": nil, "unknown": nil, "tls": []byte("ssl"), "dcerpc": []byte("dce_rpc"), "ftp-data": []byte("ftp-data"), "krb5": []byte("krb"), "ikev2": []byte("ipsec"), "ike": []byte("ipsec"), "http1": []byte("http")}

func service(app []byte) []byte {
	if s, ok := services[string(app)]; ok {
		return s
	}
	return app
}

const (
	ethernet  = 14
	ipv4      = 20
	ipv6      = 40
	tcpHeader = 32 // with timestamps, as most have it
	udpHeader = 8
)

func headerSize(proto, host []byte) float64 {
	size := float64(ipv4)
	if a, err := netip.ParseAddr(string(host)); err == nil && a.Is6() {
		size = ipv6
	}
	if string(proto) == "tcp" {
		return size + tcpHeader
	}
	return size + udpHeader
}

// sizes gives the bytes with IP headers and of the payload.
func sizes(frames, packets, header float64) (ip, payload float64) {
	ip = frames
	if frames >= (ethernet+ipv4)*packets {
		ip = frames - ethernet*packets
	}
	return ip, max(0, ip-header*packets)
}

// TCP's flags.
const (
	fin = 1 << iota
	syn
	rst
	psh
	ack
)

// flags reads them as Suricata writes them, in hexadecimal.
func flags(b []byte) int {
	v, err := strconv.ParseUint(string(b), 16, 8)
	if err != nil {
		return 0
	}
	return int(v)
}

// Zeek's words for how a connection went.
var (
	isOTH    = []byte("OTH")
	isREJ    = []byte("REJ")
	isRSTOS0 = []byte("RSTOS0")
	isSH     = []byte("SH")
	isS0     = []byte("S0")
	isSF     = []byte("SF")
	isRSTO   = []byte("RSTO")
	isRSTR   = []byte("RSTR")
	isS2     = []byte("S2")
	isS3     = []byte("S3")
	isS1     = []byte("S1")
	isSHR    = []byte("SHR")
	isICMP   = []byte("icmp")
)

// tcpState is Zeek's word for how a connection went, by the flags of both sides.
func tcpState(out, in int, answers float64) []byte {
	switch {
	case out&syn == 0:
		return isOTH // its beginning was not seen
	case in&syn == 0 && in&rst != 0:
		return isREJ
	case in&syn == 0 && out&rst != 0:
		return isRSTOS0
	case in&syn == 0 && out&fin != 0:
		return isSH
	case in&syn == 0 && !(answers > 0):
		return isS0
	case in&syn == 0:
		return isOTH
	case out&fin != 0 && in&fin != 0:
		return isSF
	case out&rst != 0:
		return isRSTO
	case in&rst != 0:
		return isRSTR
	case out&fin != 0:
		return isS2
	case in&fin != 0:
		return isS3
	}
	return isS1
}

// history gives Zeek's letters of what was seen, in the usual order.
func (f *flow) history(out, in int, sent, received float64) []byte {
	from := len(f.room)
	add := func(seen bool, letter byte) {
		if seen {
			f.room = append(f.room, letter)
		}
	}
	add(out&syn != 0, 'S')
	add(in&syn != 0, 'h')
	add(out&ack != 0, 'A')
	add(sent > 0 && out&psh != 0, 'D')
	add(in&ack != 0, 'a')
	add(received > 0 && in&psh != 0, 'd')
	add(out&fin != 0, 'F')
	add(in&fin != 0, 'f')
	add(out&rst != 0, 'R')
	add(in&rst != 0, 'r')
	return f.room[from:]
}

var lettersBoth, lettersIn, lettersOut = []byte("Dd"), []byte("d"), []byte("D")

func udpState(sent, received float64) (state, history []byte) {
	switch {
	case sent > 0 && received > 0:
		return isSF, lettersBoth
	case received > 0:
		return isSHR, lettersIn
	}
	return isS0, lettersOut
}
