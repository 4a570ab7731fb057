package conn

import (
	"bytes"
	"math"
	"net/netip"

	"github.com/inkling-sec/inkling"
	"github.com/inkling-sec/inkling/read/community"
)

// Settle is Fill for a tool that takes the sender of the first packet for the originator: where that is a server by its
// port, and no SYN says otherwise, the flow is turned, as Zeek does. A flow of one packet has neither duration nor bytes.
func (f *Frames) Settle(r *inkling.Record) {
	if f.isTurned(r) {
		for _, ends := range [][2]int{{OrigHost, RespHost}, {OrigPort, RespPort}, {OrigPkts, RespPkts}} {
			a, b := ends[0], ends[1]
			r.Text[a], r.Text[b], r.Num[a], r.Num[b] = r.Text[b], r.Text[a], r.Num[b], r.Num[a]
		}
		f.BytesOut, f.BytesIn, f.FlagsOut, f.FlagsIn = f.BytesIn, f.BytesOut, f.FlagsIn, f.FlagsOut
	}
	f.Fill(r)
	if r.Num[OrigPkts]+r.Num[RespPkts] == 1 {
		r.Num[Duration], r.Num[OrigBytes], r.Num[RespBytes] = math.NaN(), math.NaN(), math.NaN()
	}
}

func (f *Frames) isTurned(r *inkling.Record) bool {
	from, to := r.Num[OrigPort], r.Num[RespPort]
	if !(from >= 0 && from < 1<<16 && to >= 0 && to < 1<<16) {
		return false
	}
	source, destination := uint16(from), uint16(to)
	switch string(r.Text[Proto]) {
	case "tcp":
		return f.FlagsOut&SYN == 0 && IsServer(protoTCP, source) && (source < destination || !IsServer(protoTCP, destination))
	case "udp":
		return IsServer(protoUDP, source) && !IsServer(protoUDP, destination) && !isToMany(r.Text[RespHost])
	}
	return false
}

// isToMany reports whether an address is of a group or of everyone.
func isToMany(host []byte) bool {
	a, err := netip.ParseAddr(string(host))
	return err == nil && (a.IsMulticast() || a == everyone)
}

var everyone = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// ICMP gives for a message's type and code what Zeek has in place of ports: the type and that of its answer, or the
// code where none is foreseen.
func ICMP(host []byte, messageType, code float64) (orig, resp float64) {
	if !(messageType >= 0 && messageType < 256) {
		return math.NaN(), math.NaN()
	}
	source, _ := netip.ParseAddr(string(host))
	if answer, ok := community.Answer(community.Number("icmp", source), uint16(messageType)); ok {
		return messageType, float64(answer)
	}
	return messageType, code
}

// Address appends an address as Zeek writes it. IPv4 has one form; of IPv6 some tools write every digit.
func Address(room, host []byte) []byte {
	if bytes.IndexByte(host, ':') >= 0 {
		if a, err := netip.ParseAddr(string(host)); err == nil {
			return a.AppendTo(room)
		}
	}
	return append(room, host...)
}
