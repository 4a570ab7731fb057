package main

// A reason is why flows of a test differ where it is not for us to mend.
type reason struct {
	script bool // the test's script, or an option, changes what flows Zeek sees
	why    string
}

const (
	filter  = "packets are filtered"
	noPorts = "Zeek runs bare (-b), without its list of servers' ports, and does not turn a flow that begins with the server's packet"
	whole   = "segments handed to the card whole say no length in their IP header: Zeek counts no IP bytes of them, we those on the wire"
	noSums  = "the capture was made before the card filled checksums in: we take such packets, Zeek needs -C"
	gaveUp  = "X in the history is an analyzer that gave up, of which we have none"
)

// reasons are those of all tests with a flow that differs, other than in its service, or is found on one side only.
var reasons = map[string]reason{
	"core.pcap.dynamic-filter":                                     {true, filter + " from the second one on"},
	"core.pcap.read-trace-with-filter":                             {true, filter},
	"core.print-bpf-filters":                                       {true, filter},
	"scripts.base.frameworks.netcontrol.packetfilter":              {true, "the packets of an address are dropped once it has a connection"},
	"scripts.base.frameworks.analyzer.request-analyzer":            {true, filter + ", and the analyzer that counts packets and bytes is off"},
	"plugins.pktsrc":                                               {true, "the packets are a plugin's, not a capture's"},
	"scripts.base.frameworks.logging.field-extension":              {true, noPorts},
	"scripts.base.frameworks.logging.field-extension-complex":      {true, noPorts},
	"scripts.base.frameworks.logging.field-extension-optional":     {true, noPorts},
	"scripts.base.frameworks.logging.field-name-map":               {true, noPorts},
	"scripts.base.frameworks.logging.scope_sep":                    {true, noPorts},
	"scripts.base.frameworks.logging.scope_sep_and_field_name_map": {true, noPorts},
	"scripts.base.protocols.ftp.gridftp":                           {true, "a bulk transfer is no longer looked at beyond a size"},

	"scripts.base.frameworks.logging.field-name-map2":   {false, noSums},
	"core.tunnels.vxlan-unknown-internal-packet":        {false, noSums},
	"scripts.base.protocols.ldap.sasl-signed-clear":     {false, whole},
	"scripts.base.protocols.ldap.sasl-signed-clear-2":   {false, whole},
	"core.vntag-in-vlan":                                {false, "the capture cuts the TCP header's options off: we count the packet, Zeek does not"},
	"scripts.base.protocols.ntp.misordered-ntp":         {false, "the answer comes before the question: Zeek's NTP analyzer turns the flow, and counts both packets as the client's"},
	"scripts.base.protocols.ftp.ftp-max-command-length": {false, gaveUp},
	"core.tunnels.gtp.different_dl_and_ul":              {false, gaveUp},
	"core.tunnels.vxlan":                                {false, gaveUp},
	"core.tunnels.gre-aruba-amsdu":                      {false, "several packets in one frame of IEEE 802.11, in GRE as of Aruba's access points, are not opened"},
}
