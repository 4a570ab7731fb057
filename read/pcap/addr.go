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
