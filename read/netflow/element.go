package netflow

import "encoding/binary"

// What is read of a record, by a small number of its own.
const (
	eNone uint8 = iota
	eSrc4
	eDst4
	eSrc6
	eDst6
	addresses // what stands below is an address, above a number
	eSrcPort
	eDstPort
	eProto
	eFlags
	eBytes
	ePackets
	eBytesTotal
	ePacketsTotal
	eBytesOut
	ePacketsOut
	eInitiatorBytes
	eInitiatorPackets
	eResponderBytes
	eResponderPackets
	eBackBytes
	eBackPackets
	eBackBytesTotal
	eBackPacketsTotal
	eBackFlags
	eBackStartMilli
	eBackEndMilli
	eStartUptime
	eEndUptime
	eStartSecond
	eEndSecond
	eStartMilli
	eEndMilli
	eStartMicro
	eEndMicro
	eStartNano
	eEndNano
	eStartDelta
	eEndDelta
	eEventMilli
	eBoot
	eDurationMilli
	eDurationMicro
	eReason
	eDirection
	eICMP4
	eICMP6
	eType4
	eCode4
	eType6
	eCode6
	eSampler
	eSelector
	eInterval
	eRandomInterval
	ePacketInterval
	ePacketSpace
	eSampleSize
	ePopulation
	eBackStartSecond
	eBackEndSecond
	eBackStartMicro
	eBackEndMicro
	eBackStartNano
	eBackEndNano
	eBackStartDelta
	eBackEndDelta
	elements
)

// plain are elements of IANA's registry (https://www.iana.org/assignments/ipfix), which NetFlow v9 shares below 128.
var plain = [512]uint8{
	1: eBytes, 2: ePackets, 4: eProto, 6: eFlags, 7: eSrcPort, 8: eSrc4, 11: eDstPort, 12: eDst4, 21: eEndUptime, 22: eStartUptime,
	23: eBytesOut, 24: ePacketsOut, 27: eSrc6, 28: eDst6, 32: eICMP4, 34: eInterval, 48: eSampler, 50: eRandomInterval,
	85: eBytesTotal, 86: ePacketsTotal, 136: eReason, 139: eICMP6, 150: eStartSecond, 151: eEndSecond, 152: eStartMilli, 153: eEndMilli,
	154: eStartMicro, 155: eEndMicro, 156: eStartNano, 157: eEndNano, 158: eStartDelta, 159: eEndDelta, 160: eBoot, 161: eDurationMilli,
	162: eDurationMicro, 176: eType4, 177: eCode4, 178: eType6, 179: eCode6, 180: eSrcPort, 181: eDstPort, 182: eSrcPort, 183: eDstPort,
	231: eInitiatorBytes, 232: eResponderBytes, 239: eDirection, 298: eInitiatorPackets, 299: eResponderPackets, 302: eSelector,
	305: ePacketInterval, 306: ePacketSpace, 309: eSampleSize, 310: ePopulation, 323: eEventMilli,
}

// reverse is the enterprise under which an element tells of the other direction (RFC 5103).
const reverse = 29305

func elementOf(id uint16, enterprise uint32) uint8 {
	if enterprise == reverse {
		switch id {
		case 1:
			return eBackBytes
		case 2:
			return eBackPackets
		case 85:
			return eBackBytesTotal
		case 86:
			return eBackPacketsTotal
		case 6:
			return eBackFlags
		case 152:
			return eBackStartMilli
		case 153:
			return eBackEndMilli
		case 150, 151:
			return eBackStartSecond + uint8(id-150)
		case 154, 155, 156, 157, 158, 159:
			return eBackStartMicro + uint8(id-154)
		}
	}
	if enterprise != 0 || int(id) >= len(plain) {
		return eNone
	}
	return plain[id]
}

// values are what one record holds of them.
type values struct {
	seen    elementSet
	number  [elements]uint64
	address [addresses][16]byte
}

// An elementSet has a bit for each of up to 128 elements.
type elementSet [2]uint64

func (s *elementSet) has(e uint8) bool { return s[e>>6&1]&(1<<(e&63)) != 0 }

func (s *elementSet) add(e uint8) { s[e>>6&1] |= 1 << (e & 63) }

func (v *values) has(e uint8) bool { return v.seen.has(e) }

// first gives the first of some elements that the record has; 0 where it has none.
func (v *values) first(of ...uint8) uint64 {
	for _, e := range of {
		if v.has(e) {
			return v.number[e]
		}
	}
	return 0
}

// set takes the bytes of an element. Integers may be shorter than their type (RFC 7011, 6.2); a size that is none of the
// element's leaves it missing.
func (v *values) set(e uint8, b []byte) {
	if e < addresses {
		if e <= eDst4 && len(b) != 4 || e > eDst4 && len(b) != 16 {
			return
		}
		v.address[e] = [16]byte{}
		copy(v.address[e][:], b)
	} else {
		n, ok := integer(b)
		if !ok {
			return
		}
		v.number[e] = n
	}
	v.seen.add(e)
}

func integer(b []byte) (uint64, bool) {
	switch len(b) {
	case 1:
		return uint64(b[0]), true
	case 2:
		return uint64(binary.BigEndian.Uint16(b)), true
	case 4:
		return uint64(binary.BigEndian.Uint32(b)), true
	case 8:
		return binary.BigEndian.Uint64(b), true
	case 3, 5, 6, 7:
		n := uint64(0)
		for _, c := range b {
			n = n<<8 | uint64(c)
		}
		return n, true
	}
	return 0, false
}
