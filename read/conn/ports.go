package conn

const (
	protoTCP = 6
	protoUDP = 17
)

// serverPorts are ports that Zeek takes for a server's when the first packet
// of a flow does not tell which side opened it.
var serverPorts = func() (m map[uint32]bool) {
	m = map[uint32]bool{}
	for proto, ports := range map[uint8][]uint16{
		protoTCP: {20, 21, 22, 23, 25, 53, 80, 81, 88, 102, 110, 119, 139, 143, 389, 443, 445, 465, 502, 513, 514, 563, 585, 587, 614,
			631, 636, 989, 990, 992, 993, 994, 995, 1080, 1434, 1812, 1883, 2404, 2811, 3128, 3268, 3269, 3306, 3389, 5060, 5061,
			5222, 5223, 5269, 5432, 5900, 6379, 6666, 6667, 6668, 6669, 8000, 8080, 8443, 8883, 8888, 9001, 20000, 44818},
		protoUDP: {53, 67, 69, 88, 123, 137, 161, 162, 389, 443, 464, 514, 1434, 1812, 2123, 2152, 3389, 3544, 3702, 4011, 4789, 5060,
			5072, 5353, 5355, 6081, 20000, 44818},
	} {
		for _, p := range ports {
			m[uint32(proto)<<16|uint32(p)] = true
		}
	}
	return m
}()

// IsServer reports whether a port is such a one.
func IsServer(proto uint8, port uint16) bool { return serverPorts[uint32(proto)<<16|uint32(port)] }
