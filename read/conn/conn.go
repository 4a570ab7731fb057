// Package conn puts flows of other tools into the fields of Zeek's conn.log, so that what is taught on the one is
// found in the other. Times, packets, addresses and ports are what the tool says. Where it counts the bytes of whole
// frames, those with IP headers are without Ethernet's 14; those of the payload are an estimate always: without headers
// of the usual size. State and history follow from the TCP flags that were seen on each side, whose order tools do not keep.
package conn

import (
	"bytes"

	"github.com/inkling-sec/inkling"
)

var fields = []inkling.Field{
	{Name: "ts", Kind: inkling.Time}, {Name: "uid"}, {Name: "id.orig_h"}, {Name: "id.orig_p", Kind: inkling.Number}, {Name: "id.resp_h"}, {Name: "id.resp_p", Kind: inkling.Number},
	{Name: "proto"}, {Name: "service"}, {Name: "duration", Kind: inkling.Number}, {Name: "orig_bytes", Kind: inkling.Number}, {Name: "resp_bytes", Kind: inkling.Number},
	{Name: "conn_state"}, {Name: "missed_bytes", Kind: inkling.Number}, {Name: "history"}, {Name: "orig_pkts", Kind: inkling.Number}, {Name: "orig_ip_bytes", Kind: inkling.Number},
	{Name: "resp_pkts", Kind: inkling.Number}, {Name: "resp_ip_bytes", Kind: inkling.Number}, {Name: "alerted"}, {Name: "label"},
}

// NewSchema gives a schema of those fields, in the order of the places below.
func NewSchema(name string) *inkling.Schema { return &inkling.Schema{Name: name, Fields: fields} }

// Places of fields.
const (
	TS = iota
	UID
	OrigHost
	OrigPort
	RespHost
	RespPort
	Proto
	Service
	Duration
	OrigBytes
	RespBytes
	State
	Missed
	History
	OrigPkts
	OrigIPBytes
	RespPkts
	RespIPBytes
	Alerted
	Label
)

// Frames is what a tool counts of a flow's packets, both ways.
type Frames struct {
	BytesOut, BytesIn float64 // of whole frames
	IP                bool    // bytes are those of IP packets, without the link's header
	FlagsOut, FlagsIn int     // of TCP
	room              [10]byte
}

// Fill writes what follows from frames: bytes, state and history. Protocol, addresses and packets are in r already.
// Text is valid as long as f is not used again.
func (f *Frames) Fill(r *inkling.Record) {
	f.Bytes(r)
	f.Outcome(r)
}

// Bytes writes the bytes alone.
func (f *Frames) Bytes(r *inkling.Record) {
	proto := string(r.Text[Proto])
	link, header := float64(ethernet), headerSize(proto, r.Text[OrigHost])
	if f.IP {
		link = 0
	}
	r.Num[OrigIPBytes], r.Num[OrigBytes] = sizes(f.BytesOut, r.Num[OrigPkts], link, header)
	r.Num[RespIPBytes], r.Num[RespBytes] = sizes(f.BytesIn, r.Num[RespPkts], link, header)
	switch proto {
	case "udp", "icmp":
	case "tcp":
		r.Num[OrigBytes] = withoutOptions(f.FlagsOut, r.Num[OrigPkts], r.Num[OrigBytes])
		r.Num[RespBytes] = withoutOptions(f.FlagsIn, r.Num[RespPkts], r.Num[RespBytes])
	default: // Zeek counts no payload of a protocol that it does not take apart
		r.Num[OrigBytes], r.Num[RespBytes] = 0, 0
	}
}

// Outcome writes state and history alone.
func (f *Frames) Outcome(r *inkling.Record) {
	switch string(r.Text[Proto]) {
	case "tcp":
		r.Text[State] = tcpState(f.FlagsOut, f.FlagsIn, r.Num[RespPkts])
		r.Text[History] = history(f.room[:0], way{f.FlagsOut, r.Num[OrigPkts]}, way{f.FlagsIn, r.Num[RespPkts]})
	case "udp":
		r.Text[State], r.Text[History] = udpState(r.Num[OrigPkts], r.Num[RespPkts])
	default: // ICMP, and what Zeek does not take apart
		r.Text[State] = isOTH
	}
}

const (
	ethernet  = 14
	ipv4      = 20
	ipv6      = 40
	tcpHeader = 32 // with timestamps, as most have it
	udpHeader = 8
)

// Headers gives the usual size of an IP packet's headers, of IP alone and with those of the protocol.
func Headers(proto string, host []byte) (ip, all float64) {
	ip = headerSize("", host) - udpHeader
	return ip, headerSize(proto, host)
}

func headerSize(proto string, host []byte) float64 {
	size := float64(ipv4)
	if bytes.IndexByte(host, ':') >= 0 {
		size = ipv6
	}
	if proto == "tcp" {
		return size + tcpHeader
	}
	return size + udpHeader
}

// sizes gives the bytes with IP headers and of the payload.
func sizes(frames, packets, link, header float64) (ip, payload float64) {
	ip = frames
	if frames >= (link+ipv4)*packets {
		ip = frames - link*packets
	}
	return ip, max(0, ip-header*packets)
}

// TCP's flags.
const (
	FIN = 1 << iota
	SYN
	RST
	PSH
	ACK
)

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
	isRSTRH  = []byte("RSTRH")
	isS2     = []byte("S2")
	isS3     = []byte("S3")
	isS1     = []byte("S1")
	isSHR    = []byte("SHR")
)

// tcpState is Zeek's word for how a connection went, by the flags of both sides.
func tcpState(out, in int, answers float64) []byte {
	switch {
	case out&SYN == 0:
		return middleState(out, in)
	case in&SYN == 0 && in&RST != 0:
		return isREJ
	case in&SYN == 0 && out&RST != 0:
		return isRSTOS0
	case in&SYN == 0 && out&FIN != 0:
		return isSH
	case in&SYN == 0 && out&ACK == 0 && !(answers > 0):
		return isS0
	case in&SYN == 0:
		return isOTH
	case out&FIN != 0 && in&FIN != 0:
		return isSF
	case out&RST != 0:
		return isRSTO
	case in&RST != 0:
		return isRSTR
	case out&FIN != 0:
		return isS2
	case in&FIN != 0:
		return isS3
	}
	return isS1
}

// middleState is the word where the beginning was not seen.
func middleState(out, in int) []byte {
	switch {
	case in&RST != 0 && out&FIN != 0:
		return isRSTR
	case in&RST != 0:
		return isRSTRH
	case out&RST != 0:
		return isOTH
	case out&FIN != 0 && in&FIN != 0:
		return isSF
	case out&FIN != 0:
		return isSH
	case in&FIN != 0:
		return isSHR
	}
	return isOTH
}

// withoutOptions takes the options of a SYN off the payload, and what little is left of packets that push nothing.
func withoutOptions(flags int, packets, payload float64) float64 {
	const options = 8 // of a SYN, beyond the usual header
	if flags&SYN != 0 {
		payload = max(0, payload-options)
	}
	if flags != 0 && flags&PSH == 0 && payload <= options*packets {
		return 0
	}
	return payload
}

// A way is what is known of one direction of a TCP flow.
type way struct {
	flags   int
	packets float64
}

// sent reports whether there was data, that is pushed even where the estimate finds none.
func (w *way) sent() bool { return w.flags&PSH != 0 }

// acked reports whether there was a packet that only acknowledges: one more than those with another flag or data.
func (w *way) acked() bool {
	others := 0.0
	for _, seen := range []bool{w.flags&SYN != 0, w.flags&FIN != 0, w.flags&RST != 0, w.sent()} {
		if seen {
			others++
		}
	}
	return w.flags&ACK != 0 && !(w.packets <= others)
}

// history gives Zeek's letters of what was seen, in the usual order.
func history(room []byte, out, in way) []byte {
	add := func(seen bool, letter byte) {
		if seen {
			room = append(room, letter)
		}
	}
	add(out.flags&SYN != 0, 'S')
	add(in.flags&SYN != 0, 'h')
	add(out.acked(), 'A')
	add(out.sent(), 'D')
	add(in.acked(), 'a')
	add(in.sent(), 'd')
	add(out.flags&FIN != 0, 'F')
	add(in.flags&FIN != 0, 'f')
	add(out.flags&RST != 0, 'R')
	add(in.flags&RST != 0, 'r')
	return room
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
