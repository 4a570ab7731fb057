package pcap

import "net/netip"

// private holds the networks Zeek calls local unless told otherwise
// (Site::private_address_space).
var private = func() (nets []netip.Prefix) {
	for _, s := range []string{
		"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16", "100.64.0.0/10",
		"0.0.0.0/8", "224.0.0.0/24", "239.0.0.0/8", "192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
		"240.0.0.0/4", "255.255.255.255/32",
		"::/128", "::1/128", "fe80::/10", "fc00::/7", "2001:db8::/32", "2001::/23", "100::/64",
	} {
		nets = append(nets, netip.MustParsePrefix(s))
	}
	return nets
}()

func addrOf(a *[16]byte, v6 bool) netip.Addr {
	if v6 {
		return netip.AddrFrom16(*a)
	}
	return netip.AddrFrom4([4]byte(a[:4]))
}

func isPrivate(a netip.Addr) bool {
	for _, n := range private {
		if n.Contains(a) {
			return true
		}
	}
	return false
}

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

func isServer(proto uint8, port uint16) bool { return serverPorts[uint32(proto)<<16|uint32(port)] }
