package pcap

// Link types (https://www.tcpdump.org/linktypes.html).
const (
	linkNull     = 0
	linkEthernet = 1
	linkPPP      = 9
	linkFDDI     = 10
	linkRawBSD   = 12
	linkRawOpen  = 14
	linkRaw      = 101
	linkWiFi     = 105
	linkLoop     = 108
	linkSLL      = 113
	linkRadiotap = 127
	linkIPv4     = 228
	linkIPv6     = 229
	linkNFLOG    = 239
	linkSLL2     = 276
)

const (
	protoICMP   = 1
	protoIPv4   = 4
	protoTCP    = 6
	protoUDP    = 17
	protoIPv6   = 41
	protoGRE    = 47
	protoNone   = 59
	protoICMPv6 = 58
)

// maxLayers bounds tags, labels and tunnels inside one packet.
const maxLayers = 16

// A packet is the network part of a frame: addresses and the transport bytes.
type packet struct {
	t        int64
	src, dst [16]byte // an IPv4 address is in the first four bytes
	v6       bool
	trusting bool // checksums are not looked at
	proto    uint8
	ipLen    int    // IP total length by its header: what Zeek counts as ip_bytes
	body     []byte // transport header and payload, as captured
	bodyLen  int    // their length by the IP header

	frag fragment
}

// A fragment says where body belongs in a larger datagram.
type fragment struct {
	on     bool
	more   bool
	offset int
	id     uint32
	header int // length of the IP header that a whole datagram would have
}

// A verdict says what became of a frame.
type verdict uint8

const (
	usable    verdict = iota
	other             // not IP: ARP, spanning tree and the like
	malformed         // damaged, cut short before the ports, or of an unknown link type
	badSum            // IPv4 header checksum is wrong
)
