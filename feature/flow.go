package feature

// The flow contract: what is learned of a network flow. Never an input:
// addresses, absolute time, the source port, identifiers, TTL and initial
// window, which tell one recording from another.

const (
	flowName    = "flow"
	flowVersion = 1
)

// Positions in a row. Their order is part of the contract.
const (
	fDuration = iota
	fOrigBytes
	fRespBytes
	fOrigPkts
	fRespPkts
	fOrigMeanPkt
	fRespMeanPkt
	fAsymmetry
	fBytesRate
	fPktsRate
	fMissedBytes
	fProto
	fService
	fState
	fPort
	fHistory          // the letters of historyLetters, in order
	fHistoryRetrans   = fHistory + len(historyLetters)
	fHistoryOdd       = fHistoryRetrans + 1
	fSrcFlows         = fHistoryOdd + 1 // one a half-life, as all Flows
	fSrcHosts2m       = fSrcFlows + halfLives
	fSrcHosts20m      = fSrcHosts2m + 1
	fSrcPorts2m       = fSrcHosts20m + 1
	fSrcPorts20m      = fSrcPorts2m + 1
	fSrcFailed2m      = fSrcPorts20m + 1
	fSrcFailed20m     = fSrcFailed2m + 1
	fSrcOrigMean      = fSrcFailed20m + 1
	fSrcRespMean      = fSrcOrigMean + 1
	fDstFlows         = fSrcRespMean + 1
	fDstSources2m     = fDstFlows + halfLives
	fDstSources20m    = fDstSources2m + 1
	fDstPorts2m       = fDstSources20m + 1
	fDstFailed2m      = fDstPorts2m + 1
	fPairFlows        = fDstFailed2m + 1
	fPairPorts2m      = fPairFlows + halfLives
	fPairOrigSum      = fPairPorts2m + 1
	fPairRespSum      = fPairOrigSum + 1
	fServiceFlows     = fPairRespSum + 1
	fServiceFailed2m  = fServiceFlows + halfLives
	fServiceFailed20m = fServiceFailed2m + 1
	fServiceOrigMean  = fServiceFailed20m + 1
	fServiceRespMean  = fServiceOrigMean + 1
	fGap              = fServiceRespMean + 1
	fGapMean          = fGap + 1
	fGapCV            = fGapMean + 1
	fSizeChange       = fGapCV + 1
	fSizeCV           = fSizeChange + 1
	flowWidth         = fSizeCV + 1
)

// historyLetters are counted one by one: capitals are sent by the originator.
const historyLetters = "ShAaDdFfRr"

// historyMost caps a count of history letters.
const historyMost = 3

var flowContract = makeFlow()

// Flow gives the contract of network flows. It is shared: do not change it.
func Flow() *Contract { return flowContract }

func makeFlow() *Contract {
	f := make([]Feature, flowWidth)
	number := func(at int, name, unit, doc string) *Feature {
		f[at] = Feature{Name: name, Unit: unit, Doc: doc, OverTime: at >= fSrcFlows}
		return &f[at]
	}
	category := func(at int, name, doc string, levels []string) *Feature {
		f[at] = Feature{Name: name, Doc: doc, Kind: Category, Levels: levels}
		return &f[at]
	}
	flowOwn(number, category)
	flowPeers(number)
	flowService(number)
	for i := range f {
		f[i].From = fieldsOf(f[i].Name)
	}
	return &Contract{Name: flowName, Version: flowVersion, Features: f}
}

type numberFunc func(at int, name, unit, doc string) *Feature

// flowOwn names what a single record tells.
func flowOwn(number numberFunc, category func(at int, name, doc string, levels []string) *Feature) {
	attacker := func(f *Feature) *Feature { f.Attacker = true; return f }
	attacker(number(fDuration, "duration", "s", "first to last packet")).Missing = true
	attacker(number(fOrigBytes, "orig.bytes", "bytes", "payload sent by the originator")).Missing = true
	number(fRespBytes, "resp.bytes", "bytes", "payload sent by the responder").Missing = true
	attacker(number(fOrigPkts, "orig.pkts", "packets", "sent by the originator"))
	number(fRespPkts, "resp.pkts", "packets", "sent by the responder")
	attacker(number(fOrigMeanPkt, "orig.mean_pkt", "bytes", "mean size of the originator's packets, with IP headers"))
	number(fRespMeanPkt, "resp.mean_pkt", "bytes", "mean size of the responder's packets, with IP headers")
	number(fAsymmetry, "asymmetry", "%", "100 when all bytes come from the originator, -100 when all come from the responder")
	attacker(number(fBytesRate, "bytes_rate", "bytes/s", "both ways, over at least a millisecond"))
	attacker(number(fPktsRate, "pkts_rate", "packets/s", "both ways, over at least a millisecond"))
	number(fMissedBytes, "missed_bytes", "bytes", "content gaps: lost by the sensor or never sent")
	category(fProto, "proto", "transport protocol", protoLevels)
	attacker(category(fService, "service", "application protocol that the sensor recognised", serviceLevels))
	category(fState, "conn_state", "how the connection went, in Zeek's words", stateLevels)
	attacker(category(fPort, "port", "what the responder's port is for", portLevels))
	for i, c := range historyLetters {
		h := number(fHistory+i, "history."+string(c), "times", "letter in Zeek's history; at most 3")
		h.Attacker = c >= 'A' && c <= 'Z'
	}
	number(fHistoryRetrans, "history.retrans", "times", "retransmissions (T, t) in Zeek's history; at most 3")
	attacker(number(fHistoryOdd, "history.odd", "times", "bad checksums, gaps, inconsistent or contradicting flags (C, G, I, Q) in Zeek's history; at most 3"))
}

var windows = [halfLives]string{"10s", "2m", "20m"}

func flowCounts(number numberFunc, at int, name, doc string) {
	for h, w := range windows {
		number(at+h, name+".flows_"+w, "flows", doc+", damped with a half-life of "+w)
	}
}

// flowPeers names what the flows before tell of the source, the destination and the pair.
func flowPeers(number numberFunc) {
	flowCounts(number, fSrcFlows, "src", "flows of this source")
	number(fSrcHosts2m, "src.hosts_2m", "hosts", "different destinations of this source")
	number(fSrcHosts20m, "src.hosts_20m", "hosts", "different destinations of this source")
	number(fSrcPorts2m, "src.ports_2m", "ports", "different responder ports this source touched")
	number(fSrcPorts20m, "src.ports_20m", "ports", "different responder ports this source touched")
	number(fSrcFailed2m, "src.failed_2m", "%", "share of this source's flows that were refused or went unanswered")
	number(fSrcFailed20m, "src.failed_20m", "%", "share of this source's flows that were refused or went unanswered")
	number(fSrcOrigMean, "src.orig_bytes_2m", "bytes", "mean payload that this source sent in a flow")
	number(fSrcRespMean, "src.resp_bytes_2m", "bytes", "mean payload that this source got in a flow")
	flowCounts(number, fDstFlows, "dst", "flows to this destination")
	number(fDstSources2m, "dst.sources_2m", "hosts", "different sources of this destination")
	number(fDstSources20m, "dst.sources_20m", "hosts", "different sources of this destination")
	number(fDstPorts2m, "dst.ports_2m", "ports", "different ports touched on this destination")
	number(fDstFailed2m, "dst.failed_2m", "%", "share of flows to this destination that were refused or went unanswered")
	flowCounts(number, fPairFlows, "pair", "flows from this source to this destination")
	number(fPairPorts2m, "pair.ports_2m", "ports", "different ports this source touched on this destination")
	number(fPairOrigSum, "pair.orig_bytes_20m", "bytes", "damped sum of the payload this source sent to this destination")
	number(fPairRespSum, "pair.resp_bytes_20m", "bytes", "damped sum of the payload this source got from this destination")
}

// flowService names what the flows before tell of this pair and responder port.
func flowService(number numberFunc) {
	flowCounts(number, fServiceFlows, "pair_port", "flows from this source to this port of this destination")
	number(fServiceFailed2m, "pair_port.failed_2m", "%", "share of those flows that were refused or went unanswered")
	number(fServiceFailed20m, "pair_port.failed_20m", "%", "share of those flows that were refused or went unanswered")
	number(fServiceOrigMean, "pair_port.orig_bytes_20m", "bytes", "mean payload sent in those flows")
	number(fServiceRespMean, "pair_port.resp_bytes_20m", "bytes", "mean payload got in those flows")
	late := func(at int, name, unit, doc string, attacker bool) {
		f := number(at, name, unit, doc)
		f.Missing, f.Attacker = true, attacker
	}
	late(fGap, "pair_port.gap", "s", "since the flow before started; missing for the first", true)
	late(fGapMean, "pair_port.gap_mean", "s", "mean gap; a gap's weight halves with every eight after it", true)
	late(fGapCV, "pair_port.gap_cv", "%", "standard deviation of the gaps against their mean: near 0 for a beacon; missing before the third flow", true)
	late(fSizeChange, "pair_port.size_change", "%", "how far this flow's bytes are from the mean of the flows before; missing for the first", true)
	late(fSizeCV, "pair_port.size_cv", "%", "standard deviation of the flows' bytes against their mean; missing for the first", true)
}

var protoLevels = []string{"tcp", "udp", "icmp"}

var stateLevels = []string{"S0", "S1", "SF", "REJ", "S2", "S3", "RSTO", "RSTR", "RSTOS0", "RSTRH", "SH", "SHR", "OTH"}

// failedStates are attempts that were refused or went unanswered; OTH counts as
// one when it carried no data.
var failedStates = []string{"S0", "REJ", "RSTOS0", "RSTRH", "SH"}

var serviceLevels = []string{
	"none", "dns", "http", "ssl", "quic", "ssh", "ftp", "ftp-data", "smtp", "pop3", "imap", "dhcp", "ntp", "snmp", "sip",
	"rdp", "rfb", "smb", "dce_rpc", "krb", "ldap", "gssapi", "mysql", "postgresql", "irc", "syslog", "radius", "socks",
	"mqtt", "modbus",
}

// serviceNames gives the level of each name that sensors write.
var serviceNames = levelsOf(serviceLevels, map[string]string{
	"krb_tcp": "krb", "ldap_tcp": "ldap", "ldap_udp": "ldap", "tls": "ssl", "ntlm": "gssapi", "vnc": "rfb",
})

var (
	protoNames = levelsOf(protoLevels, map[string]string{"icmp6": "icmp", "ipv6-icmp": "icmp"})
	stateNames = levelsOf(stateLevels, nil)
)

func levelsOf(levels []string, alias map[string]string) map[string]int {
	m := map[string]int{}
	for i, l := range levels {
		m[l] = i
	}
	for name, l := range alias {
		m[name] = m[l]
	}
	return m
}

var portLevels = []string{
	"ssh", "telnet", "ftp", "smtp", "dns", "http", "https", "mail-fetch", "smb", "remote-desktop", "database", "ntp",
	"other-system", "registered", "dynamic", "none",
}

// portGroups lists the well-known ports of the levels that have some.
var portGroups = map[string][]int{
	"ssh":            {22},
	"telnet":         {23, 2323},
	"ftp":            {20, 21},
	"smtp":           {25, 465, 587},
	"dns":            {53, 853, 5353},
	"http":           {80, 8000, 8008, 8080, 8888},
	"https":          {443, 8443},
	"mail-fetch":     {110, 143, 993, 995},
	"smb":            {135, 137, 138, 139, 445},
	"remote-desktop": {3389, 5900, 5901},
	"database":       {1433, 1521, 3306, 5432, 6379, 9042, 9200, 11211, 27017},
	"ntp":            {123},
}

// portClass gives the level of every port.
var portClass = func() (class [1 << 16]int8) {
	level := levelsOf(portLevels, nil)
	for p := range class {
		switch {
		case p < 1024:
			class[p] = int8(level["other-system"])
		case p < 49152:
			class[p] = int8(level["registered"])
		default:
			class[p] = int8(level["dynamic"])
		}
	}
	for name, ports := range portGroups {
		for _, p := range ports {
			class[p] = int8(level[name])
		}
	}
	return class
}()
