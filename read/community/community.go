// Package community gives flows the identifier that Zeek, Suricata and other monitors give them: Community ID,
// version 1 (github.com/corelight/community-id-spec). It depends on addresses, protocol and ports alone and is the
// same in both directions, so that a flow in one tool's log is found in another's.
package community

import (
	"crypto/sha1" // as the specification has it
	"encoding/base64"
	"encoding/binary"
	"net/netip"
	"strings"
)

// Protocols by their numbers.
const (
	icmp   = 1
	tcp    = 6
	udp    = 17
	icmpv6 = 58
	sctp   = 132
)

// Number gives the number of a protocol as logs name it, or -1 where it is none that has an identifier. The address
// tells ICMP's two versions apart, which Zeek's logs do not.
func Number(proto string, source netip.Addr) int {
	switch strings.ToLower(proto) {
	case "tcp":
		return tcp
	case "udp":
		return udp
	case "sctp":
		return sctp
	case "icmp", "icmp6", "icmpv6", "ipv6-icmp":
		if source.Unmap().Is4() {
			return icmp
		}
		return icmpv6
	}
	return -1
}

// ID gives the identifier of a flow, for ICMP with its type and code for ports, as Zeek logs them. seed is 0 unless
// all tools at a site agree on another. It gives "" where an address is none or the two are of different families.
func ID(seed uint16, proto int, source, destination netip.Addr, sourcePort, destinationPort uint16) string {
	source, destination = source.Unmap(), destination.Unmap()
	if !source.IsValid() || !destination.IsValid() || source.Is4() != destination.Is4() {
		return ""
	}
	oneWay := false
	if proto == icmp || proto == icmpv6 {
		if back, both := Answer(proto, sourcePort); both {
			destinationPort = back
		} else {
			oneWay = true
		}
	}
	if by := source.Compare(destination); !oneWay && (by > 0 || by == 0 && sourcePort > destinationPort) {
		source, destination, sourcePort, destinationPort = destination, source, destinationPort, sourcePort
	}
	var room [40]byte
	b := binary.BigEndian.AppendUint16(room[:0], seed)
	b = append(b, source.AsSlice()...)
	b = append(b, destination.AsSlice()...)
	b = append(b, byte(proto), 0)
	b = binary.BigEndian.AppendUint16(b, sourcePort)
	b = binary.BigEndian.AppendUint16(b, destinationPort)
	sum := sha1.Sum(b)
	return "1:" + base64.StdEncoding.EncodeToString(sum[:])
}

// icmpPairs gives for a type of message the type of its answer; other types have none, and one direction.
var icmpPairs = map[int]map[uint16]uint16{
	icmp:   both(8, 0, 13, 14, 15, 16, 10, 9, 17, 18),
	icmpv6: both(128, 129, 133, 134, 135, 136, 130, 131, 139, 140, 144, 145),
}

// Answer gives the type of message that answers a type of ICMP, whose protocol number tells its version; false where
// none does.
func Answer(proto int, messageType uint16) (uint16, bool) {
	back, ok := icmpPairs[proto][messageType]
	return back, ok
}

func both(pairs ...uint16) map[uint16]uint16 {
	m := map[uint16]uint16{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]], m[pairs[i+1]] = pairs[i+1], pairs[i]
	}
	return m
}

// Of gives the identifier of a flow by the words of a log, or "" where they are none of a flow.
func Of(proto, source, destination string, sourcePort, destinationPort float64) string {
	from, err := netip.ParseAddr(source)
	to, err2 := netip.ParseAddr(destination)
	if err != nil || err2 != nil || !(sourcePort >= 0 && sourcePort < 1<<16 && destinationPort >= 0 && destinationPort < 1<<16) {
		return ""
	}
	n := Number(proto, from)
	if n < 0 {
		return ""
	}
	return ID(0, n, from.WithZone(""), to.WithZone(""), uint16(sourcePort), uint16(destinationPort))
}
